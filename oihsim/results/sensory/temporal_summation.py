"""Temporal summation: how much a rating rises over a train of equal stimuli."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._sensitisation import SensitisationTest

TEMPORAL_SUMMATION = SensitisationTest(
    name="temporal_summation", modality="temporal_summation", unit="1", better="lower",
    meaning="rise of the rating from the first to the last of ten equal pricks",
    baseline=Parameter("baseline", 1.5, "1", "median of naive people, points of ten",
        low=0.5, high=3.0, cv=0.7),
    relief_gain=Parameter("relief_gain", 1.0, "1",
        "exponent on what analgesia leaves: in proportion to transmission",
        low=0.2, high=1.5, cv=0.3),
    sensitisation_gain=Parameter("sensitisation_gain", 1.0, "1",
        "exponent on one plus sensitisation: in proportion to transmission",
        low=0.3, high=2.0),
    noise=Parameter("noise", 0.4, "1", "of the same subject tested again", low=0.2, high=0.8),
    cut_off=Parameter("cut_off", 10.0, "1", "the whole scale"),
)  # fmt: skip
