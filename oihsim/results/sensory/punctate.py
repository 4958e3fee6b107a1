"""Pins and hairs (von Frey): the force that hurts, far from a wound and beside one.

The body of the model has no state of a wound. Both thresholds therefore read its one sensitisation,
which opioids and their withdrawal drive; an incision alone lowers neither. The difference between
them is the share of that sensitisation that each site shows, and is assumed.
"""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._sensitisation import SensitisationTest

NOISE = Parameter("noise", 0.3, "1", "of the same subject tested again", low=0.1, high=0.6)
CUT_OFF = Parameter("cut_off", 512.0, "mN", "heaviest pin of the usual set", low=256.0, high=512.0)
RELIEF = Parameter("relief_gain", 0.165, "1",
    "exponent on what analgesia leaves: as the tolerance of pressure",
    low=0.05, high=0.4, cv=0.22)  # fmt: skip

PUNCTATE_PAIN_THRESHOLD = SensitisationTest(
    name="punctate_pain_threshold", modality="punctate", unit="mN", better="higher",
    meaning="force of a pin that hurts, far from any wound",
    baseline=Parameter("baseline", 80.0, "mN", "median of naive people at the hand or forearm",
        low=30.0, high=160.0, cv=0.95),
    relief_gain=RELIEF,
    sensitisation_gain=Parameter("sensitisation_gain", 0.2, "1",
        "exponent on one plus sensitisation: small, since the threshold at the forearm did not "
        "differ where that beside the wound did (song2011), nor in long-term users (hay2009)",
        low=0.0, high=0.6),
    noise=NOISE, cut_off=CUT_OFF,
    references=("song2011", "hay2009"),
)  # fmt: skip

PUNCTATE_PAIN_THRESHOLD_WOUND = SensitisationTest(
    name="punctate_pain_threshold_wound", modality="punctate", unit="mN", better="higher",
    meaning="force of a pin that hurts beside a wound, of which the model has no state of its own: "
    "read from general sensitisation",
    baseline=Parameter("baseline", 80.0, "mN",
        "median of naive people before a wound: as far from it",
        low=30.0, high=160.0, cv=0.95),
    relief_gain=RELIEF,
    sensitisation_gain=Parameter("sensitisation_gain", 1.0, "1",
        "exponent on one plus sensitisation: the threshold falls as transmission rises; not tuned "
        "to the fall of 0.7 log10 units with high-dose remifentanil (song2011)",
        low=0.2, high=3.0),
    noise=NOISE, cut_off=CUT_OFF,
    references=("song2011",),
)  # fmt: skip
