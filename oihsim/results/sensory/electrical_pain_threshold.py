"""Current, pain threshold: the current that hurts."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._electrical import HYPERALGESIA
from oihsim.results.sensory._threshold import ThresholdTest

TEST = ThresholdTest(
    name="electrical_pain_threshold",
    modality="electrical",
    meaning="current that hurts",
    unit="mA",
    better="higher",
    read_out="detection_threshold",
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
