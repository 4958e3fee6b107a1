"""Heat, pain tolerance: the temperature at which a warming thermode is stopped."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._heat import RELIEF, START
from oihsim.results.sensory._threshold import ThresholdTest

TEST = ThresholdTest(
    name="heat_pain_tolerance",
    modality="heat",
    meaning="temperature at which heat is borne no longer",
    unit="degC",
    better="higher",
    read_out="threshold",
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
