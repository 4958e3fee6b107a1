"""What threshold and tolerance of heat share: a thermode that warms from skin temperature."""

from oihsim.model.parameter import Parameter

START = Parameter("start", 32.0, "degC", "temperature of the skin, from which the thermode warms")
RELIEF = Parameter("relief_gain", 0.03, "1",
    "exponent above naive: half a degree at 100 ng/mL of alfentanil, where luginbuhl2001 found no "
    "curve (nor did 30 mg of morphine move it, olesen2014)",
    low=0.0, high=0.1, cv=0.5)  # fmt: skip
