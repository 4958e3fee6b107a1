"""Life of the mu receptor: desensitisation, internalisation, recycling and turnover.

Surface receptors that couple to G protein (R_s) are phosphorylated when an agonist is bound (R_d,
uncoupled), taken inside (R_i) and sent back. How fast depends on the ligand, so the two rates
come from binding. Three signals leave here: ``a_s``, agonism at coupled receptors, which analgesia
reads; ``a_c``, the same with the efficacy that a ligand has without amplification, which adenylyl
cyclase reads, so that a partial agonist can precipitate withdrawal; and ``a_t``, agonism of drugs
at coupled and phosphorylated receptors alike, which the pronociceptive limb reads without
amplification.

The sum of the three fractions cannot pass 1: synthesis is k_turn, receptors at the surface are lost
at that rate, and those inside at that rate and k_lys besides, which no scenario can make negative.
"""

from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State


def a_s(R_s, mor_efficacy, mor_free, e_end):
    return R_s * (mor_efficacy + e_end * mor_free)


def a_c(R_s, mor_efficacy_arrestin, mor_free, e_end):
    return R_s * (mor_efficacy_arrestin + e_end * mor_free)


def a_t(R_s, R_d, mor_efficacy, mor_efficacy_arrestin, zeta, w_arrestin):
    efficacy = (1.0 - w_arrestin) * mor_efficacy + w_arrestin * mor_efficacy_arrestin
    return (R_s + zeta * R_d) * efficacy


def rates(R_s, R_d, R_i, mor_k_des, mor_k_int, k_turn, k_lys, k_res, k_rec):
    dR_s = k_turn * (1.0 - R_s) - mor_k_des * R_s + k_res * R_d + k_rec * R_i
    dR_d = mor_k_des * R_s - (k_res + mor_k_int + k_turn) * R_d
    dR_i = mor_k_int * R_d - (k_rec + k_turn + k_lys) * R_i
    return dR_s, dR_d, dR_i


RECEPTOR_TRAFFICKING = Mechanism(
    name="receptor_trafficking",
    meaning="desensitisation, internalisation and recycling of the mu-opioid receptor",
    states=(
        State("R_s", "surface_receptor", 1.0, "1",
            "receptors at the surface that couple, relative to naive"),
        State("R_d", "desensitised_receptor", 0.0, "1",
            "receptors at the surface, phosphorylated and uncoupled", typical=0.1),
        State("R_i", "internalised_receptor", 0.0, "1", "receptors inside the cell", typical=0.02),
    ),
    outputs=(
        Output("a_s", "coupled_agonism", "1",
            "agonism of drugs and endogenous tone at coupled receptors", a_s),
        Output("a_c", "cyclase_agonism", "1",
            "agonism of drugs and endogenous tone as a limb without amplification sees it", a_c),
        Output("a_t", "total_agonism", "1",
            "agonism of drugs at coupled and phosphorylated receptors", a_t),
    ),
    parameters=(
        Parameter("k_turn", 0.029, "1/h",
            "turnover of surface receptors (half-life of a day; recalled, unconfirmed)",
            low=0.011, high=0.079),
        Parameter("k_lys", 0.031, "1/h",
            "degradation of internalised receptors beyond turnover at the surface (0.06 in all)",
            "sirohi2008", "fitted", low=0.001, high=0.13),
        Parameter("k_res", 1.5, "1/h",
            "dephosphorylation at the surface; in slices recovery is complete within 25 min",
            "dang2004", low=0.55, high=4.1),
        Parameter("k_rec", 1.4, "1/h",
            "recycling to the surface (half-life of 30 min; recalled, unconfirmed)",
            low=0.52, high=3.8),
        Parameter("zeta", 1.0, "1",
            "signal of a phosphorylated receptor to the pronociceptive limb, against a coupled one",
            low=0.0, high=1.0),
        Parameter("w_arrestin", 0.0, "1",
            "efficacy the pronociceptive limb reads: 0 the analgesic one, 1 the arrestin-type one",
            low=0.0, high=1.0),
    ),
    rates=rates,
    references=("williams2013", "dang2004", "sirohi2008"),
)  # fmt: skip
