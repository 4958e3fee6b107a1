"""Current, pain tolerance: the current at which the subject stops it."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._alfentanil import ELECTRICAL
from oihsim.results.sensory._electrical import HYPERALGESIA, NOISE
from oihsim.results.sensory._threshold import ThresholdTest

TEST = ThresholdTest(
    name="electrical_pain_tolerance",
    modality="electrical",
    meaning="current that is borne no longer",
    unit="mA",
    better="higher",
    read_out="detection_threshold",
    baseline=Parameter("baseline", 65.3, "mA",
        "median and spread of the current for a pain of 5 to 6 of 10 (67.3, SD 16.8 mA in "
        "koppert2003), taken as the tolerance; depends on the electrode (41.7 in singler2007)",
        low=20.0, high=80.0, cv=0.25),
    relief_gain=ELECTRICAL,
    hyperalgesia_gain=HYPERALGESIA,
    noise=NOISE,
    cut_off=Parameter("cut_off", 200.0, "mA", "limit of the stimulator", low=100.0, high=200.0),
    references=(
        "koppert2003",
        "singler2007",
        "hay2009",
        "luginbuhl2003",
        "higgins2019",
        "bhalang2005",
    ),
)  # fmt: skip
