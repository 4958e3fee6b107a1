"""Protein kinase C gamma in dorsal-horn neurones: switched on by bound agonist, off in an hour.

The kinase has no amplification: its activity follows the fraction of receptors activated, and still
grows with dose where analgesia has long saturated.
"""

from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Parameter, State


def rates(K, a_t, k_on, k_off):
    return k_on * a_t * (1.0 - K) - k_off * K


PKC_GAMMA = Mechanism(
    name="pkc_gamma",
    meaning="activation of protein kinase C gamma by mu-opioid agonists",
    states=(
        State("K", "pkc_gamma_activity", 0.0, "1",
            "activated fraction of spinal protein kinase C gamma", typical=0.1),
    ),
    parameters=(
        Parameter("k_on", 1.3, "1/h",
            "activation per unit of agonism (NMDA current is raised within 36 min)",
            "zhao2008", "fitted", low=0.32, high=5.3),
        Parameter("k_off", 1.0, "1/h", "inactivation (half-life of 40 min)",
            "zhao2008", "fitted", low=0.25, high=4.1),
    ),
    rates=rates,
    references=("mao1995", "zeitz2001", "zhao2008"),
)  # fmt: skip
