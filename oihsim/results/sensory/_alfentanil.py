"""How much an opioid lengthens three tests: the gains that luginbuhl2001 gives.

At 100 ng/mL of alfentanil in plasma, 240.1 nM, the model's thresholds are 3.360 times naive in the
typical subject before any adaptation: 1 + tau e o, where o = C / (C + KD), KD = C50 (tau e - 1) and
C50 is 93.6 nM. A test that rises by p per cent has the exponent log(1 + p/100) / log(3.360).

Slopes of that curve differed between people by 58, 36 and 60 %. Part of that is the spread of the
gain of analgesia (``nociception.tau``, 40 %), which alone spreads the three by 26, 24 and 24 %; the
cv here is the rest.

A test of the package recomputes the six numbers.
"""

from oihsim.model.parameter import Parameter

ELECTRICAL = Parameter("relief_gain", 0.289, "1",
    "exponent above naive: + 42.0 % at 100 ng/mL of alfentanil",
    "luginbuhl2001", "derived", low=0.1, high=0.6, cv=0.37)  # fmt: skip
PRESSURE = Parameter("relief_gain", 0.165, "1",
    "exponent above naive: + 22.2 % at 100 ng/mL of alfentanil",
    "luginbuhl2001", "derived", low=0.08, high=0.3, cv=0.22)  # fmt: skip
ICE_WATER = Parameter("relief_gain", 0.162, "1",
    "exponent above naive: + 21.7 % at 100 ng/mL of alfentanil",
    "luginbuhl2001", "derived", low=0.06, high=0.4, cv=0.44)  # fmt: skip
