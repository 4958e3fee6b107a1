"""Heat of a thermode: the temperature that hurts, and the temperature at which it is stopped."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._threshold import ThresholdTest

START = Parameter("start", 32.0, "degC", "temperature of the skin, from which the thermode warms")
RELIEF = Parameter("relief_gain", 0.03, "1",
    "exponent above naive: half a degree at 100 ng/mL of alfentanil, where luginbuhl2001 found no "
    "curve (nor did 30 mg of morphine move it, olesen2014)",
    low=0.0, high=0.1, cv=0.5)  # fmt: skip

HEAT_PAIN_THRESHOLD = ThresholdTest(
    name="heat_pain_threshold", modality="heat", unit="degC", better="higher",
    meaning="temperature at which heat hurts", output="detection_threshold",
    start=START,
    baseline=Parameter("baseline", 44.0, "degC",
        "median of naive people; the cv is that of the distance from skin temperature",
        low=42.0, high=46.0, cv=0.2),
    relief_gain=RELIEF,
    hyperalgesia_gain=Parameter("hyperalgesia_gain", 0.08, "1",
        "exponent below naive: as the tolerance; the output itself hardly falls",
        low=0.0, high=0.3),
    noise=Parameter("noise", 0.18, "1",
        "of the same subject tested again: 2.1 °C of 12, from a coefficient of repeatability of "
        "5.9 °C at the hand, divided by 1.96 times the root of 2",
        "sand2010", "derived", low=0.08, high=0.25),
    cut_off=Parameter("cut_off", 50.0, "degC", "limit that spares the skin", low=49.0, high=52.0),
    references=("luginbuhl2001", "olesen2014", "higgins2019", "bhalang2005"),
)  # fmt: skip

HEAT_PAIN_TOLERANCE = ThresholdTest(
    name="heat_pain_tolerance", modality="heat", unit="degC", better="higher",
    meaning="temperature at which heat is borne no longer", output="threshold",
    start=START,
    baseline=Parameter("baseline", 48.5, "degC",
        "median of naive people; the cv is that of the distance from skin temperature",
        low=47.0, high=50.0, cv=0.1),
    relief_gain=RELIEF,
    hyperalgesia_gain=Parameter("hyperalgesia_gain", 0.08, "1",
        "exponent below naive: the tolerance of heat falls in dependence (higgins2019), by less of "
        "its spread than that of ice water",
        low=0.02, high=0.3),
    noise=Parameter("noise", 0.06, "1", "of the same subject tested again: 1 °C of 16.5",
        low=0.03, high=0.12),
    cut_off=Parameter("cut_off", 52.0, "degC", "limit that spares the skin", low=50.0, high=53.0),
    references=("luginbuhl2001", "olesen2014", "higgins2019", "bhalang2005"),
)  # fmt: skip
