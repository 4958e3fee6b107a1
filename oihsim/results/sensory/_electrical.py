"""Current: the noise of its tolerance, and how little hyperalgesia shows in either test."""

from oihsim.model.parameter import Parameter

NOISE = Parameter("noise", 0.194, "1",
    "of the same subject tested again; residual error of electrical pain at 100 ng/mL of "
    "alfentanil",
    "luginbuhl2001", "measured", low=0.1, high=0.3)  # fmt: skip
HYPERALGESIA = Parameter("hyperalgesia_gain", 0.289, "1",
    "exponent below naive: as above; the read-out itself hardly falls, since opioid use changes "
    "no electrical test (higgins2019, hay2009, luginbuhl2003)",
    low=0.0, high=1.0)  # fmt: skip
