"""Pressure, pain threshold: the pressure on a muscle that hurts."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._threshold import ThresholdTest

TEST = ThresholdTest(
    name="pressure_pain_threshold",
    modality="pressure",
    meaning="pressure that hurts",
    unit="kPa",
    better="higher",
    read_out="detection_threshold",
    baseline=Parameter("baseline", 400.0, "kPa", "median of naive people",
        low=250.0, high=600.0, cv=0.35),
    relief_gain=Parameter("relief_gain", 0.165, "1", "exponent above naive: as the tolerance",
        low=0.05, high=0.4, cv=0.22),
    hyperalgesia_gain=Parameter("hyperalgesia_gain", 0.2, "1",
        "exponent below naive: as the tolerance; the read-out itself hardly falls",
        low=0.0, high=0.5),
    noise=Parameter("noise", 0.061, "1", "of the same subject tested again: as the tolerance",
        low=0.04, high=0.2),
    cut_off=Parameter("cut_off", 1000.0, "kPa", "limit of the hand-held algometer",
        low=700.0, high=1500.0),
    references=("higgins2019", "bhalang2005"),
)  # fmt: skip
