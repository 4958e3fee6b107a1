"""Endogenous and constitutive mu-opioid tone (V), recruited by sensitisation and hiding part of it.

Tone acts at receptors that no drug holds, so an antagonist unmasks the sensitisation that tone hid.
"""

from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State


def e_end(V, e_V):
    return e_V * V


def rates(V, Z_s, k_V, Z50):
    return k_V * (Z_s / (Z_s + Z50) - V)


ENDOGENOUS_TONE = Mechanism(
    name="endogenous_tone",
    meaning="endogenous opioid tone that opposes sensitisation",
    states=(
        State("V", "endogenous_opioid_tone", 0.0, "1",
            "recruited fraction of endogenous and constitutive tone", typical=0.2),
    ),
    outputs=(
        Output("e_end", "endogenous_agonism", "1",
            "agonism of the tone at a receptor free of drugs", e_end),
    ),
    parameters=(
        Parameter("k_V", 0.0096, "1/h", "adjustment of the tone (half-life of 3 days)",
            "corder2013", low=0.0019, high=0.048),
        Parameter("Z50", 0.5, "1", "sensitisation that recruits half of the tone",
            "corder2013", low=0.1, high=2.5),
        Parameter("e_V", 0.02, "1",
            "agonism of full tone (latent sensitisation is masked in part, the size is assumed)",
            "pereira2015", low=0.004, high=0.099),
    ),
    rates=rates,
    references=("corder2013", "pereira2015"),
)  # fmt: skip
