"""Conditioned pain modulation (DNIC): how much of a pain another pain takes away."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._inhibition import InhibitionTest

CONDITIONED_PAIN_MODULATION = InhibitionTest(
    name="conditioned_pain_modulation", modality="conditioned_pain_modulation", unit="1",
    better="higher",
    meaning="part of a rating that a second pain elsewhere takes away",
    baseline=Parameter("baseline", 0.25, "1", "median of naive people",
        low=0.1, high=0.4, cv=0.5),
    facilitation_gain=Parameter("facilitation_gain", 1.0, "1",
        "exponent on the facilitation that is not recruited; inhibition is smaller in patients on "
        "opioids and falls with dose and duration in men (ram2008, sizes not read)",
        low=0.2, high=2.0, cv=0.3),
    noise=Parameter("noise", 0.3, "1", "of the same subject tested again", low=0.15, high=0.6),
    cut_off=Parameter("cut_off", 1.0, "1", "all of the rating"),
    references=("ram2008",),
)  # fmt: skip
