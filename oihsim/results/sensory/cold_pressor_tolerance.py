"""Cold pressor, tolerance: how long the hand stays in water of 1 °C."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._alfentanil import ICE_WATER
from oihsim.results.sensory._cold_pressor import CUT_OFF, NOISE
from oihsim.results.sensory._threshold import ThresholdTest

TEST = ThresholdTest(
    name="cold_pressor_tolerance",
    modality="cold_pressor",
    meaning="time until the hand leaves ice water",
    unit="s",
    better="higher",
    read_out="pain_tolerance",
    baseline=Parameter("baseline", 37.4, "s",
        "median and spread that, stopped at the cut-off, give the mean and SD of drug-naive men "
        "(56.4, 51.4 s); other naive people reached 30.7 s (hay2009)",
        "treister2012", "derived", low=25.0, high=60.0, cv=1.49),
    relief_gain=ICE_WATER,
    hyperalgesia_gain=Parameter("hyperalgesia_gain", 1.0, "1",
        "exponent below naive: the read-out was tuned to this test (0.59 of naive in dependence)",
        "pud2006", "fitted", low=0.5, high=1.5),
    noise=NOISE,
    cut_off=CUT_OFF,
    references=("hay2009", "higgins2019", "bhalang2005"),
)  # fmt: skip
