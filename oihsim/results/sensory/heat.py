"""Heat of a thermode.

The temperature that hurts, the temperature at which it is stopped, the rating of a fixed heat, and
how steeply ratings rise with temperature.
"""

from dataclasses import replace

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._rating import RatingTest
from oihsim.results.sensory._repetition import Repetition
from oihsim.results.sensory._sensitisation import SensitisationTest
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

HEAT_PAIN_RATING = RatingTest(
    name="heat_pain_rating", modality="heat", unit="1", better="lower",
    meaning="rating of a fixed heat", output="nociceptive_transmission",
    baseline=Parameter("baseline", 2.9, "1",
        "rating after placebo, taken as the median; the cv is that of its odds, assumed",
        "comelon2016", "derived", low=2.0, high=5.0, cv=0.8),
    gain=Parameter("gain", 1.0, "1",
        "exponent on transmission: the output was tuned to this rating",
        "comelon2016", "fitted", low=0.5, high=1.5),
    references=("suzan2013",),
)  # fmt: skip

HEAT_PAIN_RATING_REPEATED = replace(
    HEAT_PAIN_RATING,
    name="heat_pain_rating_repeated",
    meaning="rating of a fixed heat that earlier tests with the same heat sensitise",
    repetition=Repetition(
        rise=Parameter("repeat_rise", 0.3, "1",
            "largest growth of the odds by earlier tests; heat tests sensitise without any drug, "
            "after remifentanil and after naloxone alike (martucci2012, size not printed)",
            low=0.0, high=1.0),
        half=Parameter("repeat_half", 4.0, "1", "fresh earlier tests at half of it",
            low=1.0, high=20.0),
        fade=Parameter("repeat_fade", 24.0, "h", "half-life of what one test leaves",
            low=2.0, high=168.0),
    ),
    references=("martucci2012",),
)  # fmt: skip

HEAT_PAIN_SLOPE = SensitisationTest(
    name="heat_pain_slope", modality="heat_pain_slope", unit="1/K", better="lower",
    meaning="points of rating per degree of heat above the pain threshold",
    baseline=Parameter("baseline", 1.5, "1/K", "median of naive people",
        low=0.7, high=3.0, cv=0.5),
    relief_gain=Parameter("relief_gain", 0.1, "1",
        "exponent on what analgesia leaves: small, as opioids leave heat nearly alone "
        "(luginbuhl2001, olesen2014)",
        low=0.0, high=0.5, cv=0.5),
    sensitisation_gain=Parameter("sensitisation_gain", 1.0, "1",
        "exponent on one plus sensitisation; ratings rise over fewer degrees in patients on "
        "opioids than in others (hooten2015, size not read)",
        low=0.3, high=2.0),
    noise=Parameter("noise", 0.25, "1", "of the same subject tested again", low=0.1, high=0.5),
    cut_off=Parameter("cut_off", 10.0, "1/K", "the whole scale within one degree"),
    references=("hooten2015", "luginbuhl2001", "olesen2014"),
)  # fmt: skip
