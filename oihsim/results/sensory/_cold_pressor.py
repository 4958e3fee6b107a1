"""The cold pressor: the clock of threshold and tolerance, and the noise of the tolerance."""

from oihsim.model.parameter import Parameter

CUT_OFF = Parameter("cut_off", 180.0, "s", "commonest limit of 331 trials",
    "fanninger2023", "measured", low=120.0, high=300.0)  # fmt: skip
NOISE = Parameter("noise", 0.13, "1",
    "of the same subject tested again; residual error of ice-water pain at 100 ng/mL of alfentanil",
    "luginbuhl2001", "measured", low=0.08, high=0.4)  # fmt: skip
