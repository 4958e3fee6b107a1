"""Microglia (M) take the chloride transporter KCC2 (KC) down, so that inhibition fails.

This limb stands beside that of NMDA receptors and leaves tolerance alone. Its inputs are agonism at
microglial mu receptors and, contested, morphine-3-glucuronide.
"""

from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State


def C_eff(KC, kcc2_enhancer):
    return (1.0 - KC) * (1.0 - kcc2_enhancer)


def rates(M, KC, a_t, total_glial_drive, k_on, k_off, m_mu, m_3, w_m3g, k_C, c_M):
    glial = total_glial_drive / (1.0 + total_glial_drive)
    dM = k_on * (m_mu * a_t + w_m3g * m_3 * glial) * (1.0 - M) - k_off * M
    dKC = k_C * (1.0 - c_M * M - KC)
    return dM, dKC


MICROGLIA = Mechanism(
    name="microglia",
    meaning="activation of spinal microglia and loss of the chloride transporter KCC2",
    states=(
        State("M", "microglial_activation", 0.0, "1", "activated fraction of spinal microglia",
            typical=0.3),
        State("KC", "kcc2_capacity", 1.0, "1", "capacity of KCC2, relative to naive"),
    ),
    outputs=(
        Output("C_eff", "effective_kcc2_loss", "1", "loss of KCC2 that an enhancer leaves", C_eff),
    ),
    parameters=(
        Parameter("k_on", 0.02, "1/h",
            "activation per unit of agonism (hyperalgesia by days 6 to 8)",
            "ferrini2017", "fitted", low=0.004, high=0.099),
        Parameter("k_off", 0.012, "1/h", "deactivation (half-life of 2.4 days)",
            "ferrini2017", "fitted", low=0.0024, high=0.059),
        Parameter("m_mu", 1.0, "1", "weight of the mu-receptor input",
            "ferrini2013", low=0.0, high=1.0),
        Parameter("m_3", 0.35, "1", "weight of the glucuronide input", low=0.0, high=1.0),
        Parameter("w_m3g", 1.0, "1",
            "whether the input of morphine-3-glucuronide counts (contested)",
            "swartjes2012", low=0.0, high=1.0),
        Parameter("k_C", 0.02, "1/h", "adjustment of KCC2 (half-life of 1.4 days)",
            "ferrini2013", "fitted", low=0.004, high=0.099),
        Parameter("c_M", 0.55, "1", "loss of KCC2 at full microglial activation",
            "ferrini2013", "fitted", low=0.11, high=1.0),
        Parameter("kcc2_enhancer", 0.0, "1", "virtual KCC2 enhancer: part of the loss made good",
            "ferrini2017", low=0.0, high=1.0),
    ),
    rates=rates,
    references=("ferrini2013", "ferrini2017", "swartjes2012", "roeckel2017"),
)  # fmt: skip
