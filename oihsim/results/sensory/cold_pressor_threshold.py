"""Cold pressor, threshold: how long until ice water hurts."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._cold_pressor import CUT_OFF
from oihsim.results.sensory._threshold import ThresholdTest

TEST = ThresholdTest(
    name="cold_pressor_threshold",
    modality="cold_pressor",
    meaning="time until ice water hurts",
    unit="s",
    better="higher",
    read_out="detection_threshold",
    baseline=Parameter("baseline", 6.05, "s",
        "median and spread of the mean and SD of drug-naive men (6.8, 3.5 s)",
        "treister2012", "derived", low=4.5, high=8.0, cv=0.515),
    relief_gain=Parameter("relief_gain", 0.162, "1",
        "exponent above naive: as the tolerance (dependence raised it to 1.59 of naive, more than "
        "this gives)",
        low=0.05, high=1.0, cv=0.44),
    hyperalgesia_gain=Parameter("hyperalgesia_gain", 1.0, "1",
        "exponent below naive; the read-out itself hardly falls", low=0.0, high=1.5),
    noise=Parameter("noise", 0.13, "1", "of the same subject tested again: as the tolerance",
        low=0.08, high=0.4),
    cut_off=CUT_OFF,
    references=("pud2006", "higgins2019", "bhalang2005"),
)  # fmt: skip
