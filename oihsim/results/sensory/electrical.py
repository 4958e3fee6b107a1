"""Electrical current: the current that hurts, that is borne no longer, and how one is rated."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._alfentanil import ELECTRICAL
from oihsim.results.sensory._rating import RatingTest
from oihsim.results.sensory._threshold import ThresholdTest

NOISE = Parameter("noise", 0.194, "1",
    "of the same subject tested again; residual error of electrical pain at 100 ng/mL of "
    "alfentanil",
    "luginbuhl2001", "measured", low=0.1, high=0.3)  # fmt: skip
HYPERALGESIA = Parameter("hyperalgesia_gain", 0.289, "1",
    "exponent below naive: as above; the output itself hardly falls, since opioid use changes "
    "no electrical test (higgins2019, hay2009, luginbuhl2003)",
    low=0.0, high=1.0)  # fmt: skip

ELECTRICAL_PAIN_THRESHOLD = ThresholdTest(
    name="electrical_pain_threshold", modality="electrical", unit="mA", better="higher",
    meaning="current that hurts", output="detection_threshold",
    baseline=Parameter("baseline", 25.0, "mA", "median of naive people; depends on the electrode",
        low=5.0, high=50.0, cv=0.25),
    relief_gain=Parameter("relief_gain", 0.289, "1", "exponent above naive: as the tolerance",
        low=0.1, high=0.6, cv=0.37),
    hyperalgesia_gain=HYPERALGESIA,
    noise=Parameter("noise", 0.194, "1", "of the same subject tested again: as the tolerance",
        low=0.1, high=0.3),
    cut_off=Parameter("cut_off", 100.0, "mA", "limit of the stimulator", low=50.0, high=100.0),
    references=("hay2009", "luginbuhl2003", "higgins2019", "bhalang2005"),
)  # fmt: skip

ELECTRICAL_PAIN_TOLERANCE = ThresholdTest(
    name="electrical_pain_tolerance", modality="electrical", unit="mA", better="higher",
    meaning="current that is borne no longer", output="detection_threshold",
    baseline=Parameter("baseline", 65.3, "mA",
        "median and spread of the current for a pain of 5 to 6 of 10 (67.3, SD 16.8 mA in "
        "koppert2003), taken as the tolerance; depends on the electrode (41.7 in singler2007)",
        low=20.0, high=80.0, cv=0.25),
    relief_gain=ELECTRICAL, hyperalgesia_gain=HYPERALGESIA, noise=NOISE,
    cut_off=Parameter("cut_off", 200.0, "mA", "limit of the stimulator", low=100.0, high=200.0),
    references=(
        "koppert2003", "singler2007", "hay2009", "luginbuhl2003", "higgins2019", "bhalang2005",
    ),
)  # fmt: skip

ELECTRICAL_PAIN_RATING = RatingTest(
    name="electrical_pain_rating", modality="electrical", unit="1", better="lower",
    meaning="rating of a fixed current that was set to hurt at 5 to 6",
    output="nociceptive_transmission",
    baseline=Parameter("baseline", 5.5, "1",
        "middle of 5 to 6, for which the current was set; the cv of its odds is that of ratings "
        "spread evenly over 5 to 6",
        "koppert2003", "derived", low=5.0, high=6.0, cv=0.117),
    gain=Parameter("gain", 1.0, "1", "exponent on transmission: as the rating of heat",
        low=0.5, high=1.5),
    references=("singler2007",),
)  # fmt: skip
