"""Glutamate in the dorsal horn: release, uptake (U) and the tone that results (G).

Release follows presynaptic cAMP: less under opioids, more in withdrawal, and much more where the
excess of cAMP excites (S_w), so that an abrupt end potentiates and a taper does not (drdla2009).
Descending facilitation and dynorphin add to it. Protein kinase C gamma takes uptake down. With
g_P below 1 release stays positive, and so does the tone.

Gabapentinoids take away facilitated release only (the added terms), not release at rest, as in
slices, where release without facilitation does not change (maneuf2001, fehrenbacher2003). So they
never make release negative, and have no effect on the naive subject.
"""

from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State


def release_effect(total_release_drive, total_release_stimulus):
    return total_release_stimulus / (1.0 + total_release_drive)


def release(P, S_w, F_eff, D_eff, release_effect, g_P, g_S, g_F, g_D):
    left = 1.0 - release_effect
    return 1.0 + g_P * (P - 1.0) + left * g_S * S_w + left * g_F * F_eff + left * g_D * D_eff


def rates(U, G, K, release, k_U, u_K, k_G):
    dU = k_U * (1.0 - u_K * K - U)
    dG = k_G * (release - U * G)
    return dU, dG


GLUTAMATE = Mechanism(
    name="glutamate",
    meaning="release and uptake of glutamate in the spinal dorsal horn",
    states=(
        State("U", "glutamate_uptake", 1.0, "1", "capacity of uptake, relative to naive"),
        State("G", "glutamate_tone", 1.0, "1", "extracellular glutamate, relative to naive",
            bounds=(0.0, float("inf"))),
    ),
    outputs=(
        Output("release_effect", "release_effect", "1",
            "part of facilitated release that treatment takes away", release_effect),
        Output("release", "glutamate_release", "1", "release of glutamate, relative to naive",
            release),
    ),
    parameters=(
        Parameter("k_U", 0.025, "1/h",
            "adjustment of transporter expression (the direction is measured, the rate is not)",
            "mao2002", low=0.0062, high=0.1),
        Parameter("u_K", 0.45, "1",
            "loss of uptake at full kinase activity (the direction is measured, the size is not)",
            "mao2002", low=0.11, high=0.95),
        Parameter("k_G", 10.0, "1/h", "clearance of glutamate by full uptake", low=3.0, high=33.0),
        Parameter("g_P", 0.75, "1", "dependence of release on presynaptic cAMP, below 1",
            "heinl2011", low=0.23, high=0.95),
        Parameter("g_S", 1.6, "1",
            "release added by full withdrawal excitation (potentiation on abrupt withdrawal only)",
            "drdla2009", low=0.8, high=5.0),
        Parameter("g_F", 0.3, "1", "release added by full descending facilitation",
            low=0.09, high=1.0),
        Parameter("g_D", 0.08, "1", "release added per unit of dynorphin", low=0.024, high=0.27),
    ),
    rates=rates,
    references=("mao2002", "heinl2011", "drdla2009", "maneuf2001", "fehrenbacher2003"),
)  # fmt: skip
