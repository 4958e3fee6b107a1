"""Heat, pain threshold: the temperature at which a warming thermode hurts."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._heat import RELIEF, START
from oihsim.results.sensory._threshold import ThresholdTest

TEST = ThresholdTest(
    name="heat_pain_threshold",
    modality="heat",
    meaning="temperature at which heat hurts",
    unit="degC",
    better="higher",
    read_out="detection_threshold",
    start=START,
    baseline=Parameter("baseline", 44.0, "degC",
        "median of naive people; the cv is that of the distance from skin temperature",
        low=42.0, high=46.0, cv=0.2),
    relief_gain=RELIEF,
    hyperalgesia_gain=Parameter("hyperalgesia_gain", 0.08, "1",
        "exponent below naive: as the tolerance; the read-out itself hardly falls",
        low=0.0, high=0.3),
    noise=Parameter("noise", 0.18, "1",
        "of the same subject tested again: 2.1 °C of 12, from a coefficient of repeatability of "
        "5.9 °C at the hand, divided by 1.96 times the root of 2",
        "sand2010", "derived", low=0.08, high=0.25),
    cut_off=Parameter("cut_off", 50.0, "degC", "limit that spares the skin", low=49.0, high=52.0),
    references=("luginbuhl2001", "olesen2014", "higgins2019", "bhalang2005"),
)  # fmt: skip
