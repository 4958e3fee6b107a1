"""Pressure on a muscle: what pressure hurts, which is borne no longer, and how one is rated."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._alfentanil import PRESSURE
from oihsim.results.sensory._rating import RatingTest
from oihsim.results.sensory._threshold import ThresholdTest

PRESSURE_PAIN_THRESHOLD = ThresholdTest(
    name="pressure_pain_threshold", modality="pressure", unit="kPa", better="higher",
    meaning="pressure that hurts", output="detection_threshold",
    baseline=Parameter("baseline", 400.0, "kPa", "median of naive people",
        low=250.0, high=600.0, cv=0.35),
    relief_gain=Parameter("relief_gain", 0.165, "1", "exponent above naive: as the tolerance",
        low=0.05, high=0.4, cv=0.22),
    hyperalgesia_gain=Parameter("hyperalgesia_gain", 0.2, "1",
        "exponent below naive: as the tolerance; the output itself hardly falls",
        low=0.0, high=0.5),
    noise=Parameter("noise", 0.061, "1", "of the same subject tested again: as the tolerance",
        low=0.04, high=0.2),
    cut_off=Parameter("cut_off", 1000.0, "kPa", "limit of the hand-held algometer",
        low=700.0, high=1500.0),
    references=("higgins2019", "bhalang2005"),
)  # fmt: skip

PRESSURE_PAIN_TOLERANCE = ThresholdTest(
    name="pressure_pain_tolerance", modality="pressure", unit="kPa", better="higher",
    meaning="pressure that is borne no longer", output="threshold",
    baseline=Parameter("baseline", 700.0, "kPa", "median of naive people",
        low=450.0, high=1000.0, cv=0.35),
    relief_gain=PRESSURE,
    hyperalgesia_gain=Parameter("hyperalgesia_gain", 0.2, "1",
        "exponent below naive: it falls after remifentanil (luginbuhl2003) and less than the "
        "tolerance of heat or cold in dependence",
        low=0.05, high=0.5),
    noise=Parameter("noise", 0.061, "1",
        "of the same subject tested again; residual error of pressure pain at 100 ng/mL of "
        "alfentanil",
        "luginbuhl2001", "measured", low=0.04, high=0.2),
    cut_off=Parameter("cut_off", 1500.0, "kPa", "limit of the apparatus", low=1000.0, high=2000.0),
    references=("olesen2014", "luginbuhl2003", "higgins2019", "bhalang2005"),
)  # fmt: skip

PRESSURE_PAIN_RATING = RatingTest(
    name="pressure_pain_rating", modality="pressure", unit="1", better="lower",
    meaning="rating of a fixed pressure", output="nociceptive_transmission",
    baseline=Parameter("baseline", 4.0, "1", "median of naive people; the cv is that of its odds",
        low=2.0, high=6.0, cv=0.8),
    gain=Parameter("gain", 1.0, "1", "exponent on transmission: as the rating of heat",
        low=0.5, high=1.5),
)  # fmt: skip
