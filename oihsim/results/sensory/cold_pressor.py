"""The cold pressor: how long until ice water hurts, how long the hand stays, how it is rated."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._alfentanil import ICE_WATER
from oihsim.results.sensory._rating import RatingTest
from oihsim.results.sensory._threshold import ThresholdTest

CUT_OFF = Parameter("cut_off", 180.0, "s", "commonest limit of 331 trials",
    "fanninger2023", "measured", low=120.0, high=300.0)  # fmt: skip
NOISE = Parameter("noise", 0.13, "1",
    "of the same subject tested again; residual error of ice-water pain at 100 ng/mL of alfentanil",
    "luginbuhl2001", "measured", low=0.08, high=0.4)  # fmt: skip

COLD_PRESSOR_THRESHOLD = ThresholdTest(
    name="cold_pressor_threshold", modality="cold_pressor", unit="s", better="higher",
    meaning="time until ice water hurts", output="detection_threshold",
    baseline=Parameter("baseline", 6.05, "s",
        "median and spread of the mean and SD of drug-naive men (6.8, 3.5 s)",
        "treister2012", "derived", low=4.5, high=8.0, cv=0.515),
    relief_gain=Parameter("relief_gain", 0.162, "1",
        "exponent above naive: as the tolerance (dependence raised it to 1.59 of naive, more than "
        "this gives)",
        low=0.05, high=1.0, cv=0.44),
    hyperalgesia_gain=Parameter("hyperalgesia_gain", 1.0, "1",
        "exponent below naive; the output itself hardly falls", low=0.0, high=1.5),
    noise=Parameter("noise", 0.13, "1", "of the same subject tested again: as the tolerance",
        low=0.08, high=0.4),
    cut_off=CUT_OFF,
    references=("pud2006", "higgins2019", "bhalang2005"),
)  # fmt: skip

COLD_PRESSOR_TOLERANCE = ThresholdTest(
    name="cold_pressor_tolerance", modality="cold_pressor", unit="s", better="higher",
    meaning="time until the hand leaves ice water", output="pain_tolerance",
    baseline=Parameter("baseline", 37.4, "s",
        "median and spread that, stopped at the cut-off, give the mean and SD of drug-naive men "
        "(56.4, 51.4 s); other naive people reached 30.7 s (hay2009)",
        "treister2012", "derived", low=25.0, high=60.0, cv=1.49),
    relief_gain=ICE_WATER,
    hyperalgesia_gain=Parameter("hyperalgesia_gain", 1.0, "1",
        "exponent below naive: the output was tuned to this test (0.59 of naive in dependence)",
        "pud2006", "fitted", low=0.5, high=1.5),
    noise=NOISE, cut_off=CUT_OFF,
    references=("hay2009", "higgins2019", "bhalang2005"),
)  # fmt: skip

COLD_PAIN_RATING = RatingTest(
    name="cold_pain_rating", modality="cold_pressor", unit="1", better="lower",
    meaning="rating of ice water after a fixed time", output="affective_transmission",
    baseline=Parameter("baseline", 4.56, "1",
        "rating after placebo, taken as the median; the cv is that of its odds, assumed",
        "comelon2016", "derived", low=3.0, high=7.0, cv=0.8),
    gain=Parameter("gain", 1.0, "1",
        "exponent on transmission: the output was tuned to this rating",
        "comelon2016", "fitted", low=0.5, high=1.5),
    references=("olesen2014", "ram2008"),
)  # fmt: skip
