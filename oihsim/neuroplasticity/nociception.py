"""From receptors and plasticity to pain: analgesia, sensitisation and the tests of pain.

No states. Analgesia E is an operational model with a large gain, which the slow cellular
adaptation and NMDA sensitisation take down: that is tolerance. Sensitisation Z_s is a power of
five limbs plus late sensitisation x_S L. Nociceptive transmission, 1 when naive, is

    T(rebound, Z) = [1 + rebound] [(1 - E) + Z (1 - phi E)]

opioids reach only the part phi of sensitisation. Three outputs share this form, since tests of pain
move apart in people:

* pain (Y): the spinal rebound is steep, s_W S_w, so a slow end brings none. Pain saturates in Y,
  threshold is Y**-q;
* pain tolerance (Y_tol; cold pressor): affective. Rebound in proportion to the excess of cyclic
  AMP, s_X X_w, and late sensitisation weighs more (x_T), for months;
* detection threshold: feels analgesia in full, of sensitisation and withdrawal only the part w_det.

Two ways to express sensitisation (``gating``):

* gated (1): X = r_N [x_N N + (x_L + x_D D_full + x_F + x_C C_full) (n d f c)**gate_power]. It
  needs every limb, as in the experiments in which each single block abolishes it: n = N + L - N L
  is sensitisation early or late; d, f and c are the other limbs as fractions of their full size
  (D_full, 1, C_full). With gate_power 1/4 the gate is the geometric mean of the four, so it scales
  with them as their sum does. A small first term needs only NMDA receptors.
* additive (0): X = (x_N N + x_L L) r_N + x_D D + x_F F + x_C C. Each limb alone suffices, in
  proportion, so one intervention reverses a part.

r_N is the part that NMDA block leaves expressed. Late sensitisation x_S L stays outside gate and
block, since dextromethorphan fails in long-standing states. All forms are 0 at baseline.

Pain has an input of its own: the odds of the rating when transmission is naive (k_in), those of
the baseline p0 plus what injuries add, less the part that non-opioids, therapies and blocks take
away. An injury in a scenario fades with time; tests with a stimulus of the examiner do not feel it.

Three drug-free outputs describe the subject apart from the drugs on board: the result of a test
if every ligand (opioids, antagonists, NMDA blockers) and other treatment
left at once and all states stayed as they are. Endogenous tone is part of the subject and counts;
so do virtual interventions (antiserum, KCC2 enhancer, block of the medulla):

* drug_free_threshold: with cyclic AMP as it then is, so with withdrawal;
* hyperalgesia_index: fall of that threshold with cyclic AMP at its set point (no withdrawal);
* withdrawal_part: the rest; 1 - drug_free_threshold = hyperalgesia_index + withdrawal_part.

The tolerance_index is the EC50 of a virtual test opioid (efficacy e_test) for E = 1/2, all else
off board, against the naive one. It is infinite when no dose reaches 1/2.
"""

from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output
from oihsim.model.shapes import odds, power
from oihsim.neuroplasticity.nociception_parameters import PARAMETERS


def analgesia(stimulus):
    return stimulus / (1.0 + stimulus)


def sensitisation(
    N, L, r_N, D, F, C, x_N, x_L, x_D, x_F, x_C, x_S, s_S, eta, gating, gate_power, D_full, C_full
):
    additive = (x_N * N + x_L * L) * r_N + x_D * D + x_F * F + x_C * C
    full = x_L + x_D * D_full + x_F + x_C * C_full
    limbs = (N + L - N * L) * (D / D_full) * F * (C / C_full)
    gated = (x_N * N + full * power(limbs, gate_power)) * r_N
    return s_S * power((1.0 - gating) * additive + gating * gated, eta) + x_S * L


def transmission(E, Z_s, rebound, phi):
    return (1.0 + rebound) * ((1.0 - E) + Z_s * (1.0 - phi * E))


def g_E(W, N, tau, alpha_W, alpha_N):
    return tau / (1.0 + alpha_W * W + alpha_N * N)


def E(a_s, g_E):
    return analgesia(g_E * a_s)


def E_free(R_s, e_end, g_E):
    return analgesia(g_E * R_s * e_end)


def r_N(block, rho):
    return 1.0 - rho * (1.0 - block)


def D_kappa(D_eff, total_kappa_drive, kapfrac):
    return D_eff * (1.0 - kapfrac * total_kappa_drive / (1.0 + total_kappa_drive))


def Z_s(
    N, L, r_N, D_kappa, F_eff, C_eff,
    x_N, x_L, x_D, x_F, x_C, x_S, s_S, eta, gating, gate_power, D_full, C_full,
):  # fmt: skip
    return sensitisation(
        N, L, r_N, D_kappa, F_eff, C_eff,
        x_N, x_L, x_D, x_F, x_C, x_S, s_S, eta, gating, gate_power, D_full, C_full,
    )  # fmt: skip


def Z_free(
    N, L, D_eff, F_free, C_eff,
    x_N, x_L, x_D, x_F, x_C, x_S, s_S, eta, gating, gate_power, D_full, C_full,
):  # fmt: skip
    return sensitisation(
        N, L, 1.0, D_eff, F_free, C_eff,
        x_N, x_L, x_D, x_F, x_C, x_S, s_S, eta, gating, gate_power, D_full, C_full,
    )  # fmt: skip


def Y(E, Z_s, S_w, s_W, phi):
    return transmission(E, Z_s, s_W * S_w, phi)


def Y_tol(E, Z_s, L, X_w, x_T, s_X, phi):
    return transmission(E, Z_s + x_T * L, s_X * X_w, phi)


def nonopioid_effect(total_nonopioid_drive, total_nonopioid_stimulus):
    return total_nonopioid_stimulus / (1.0 + total_nonopioid_drive)


def k_in(p0, total_injury_drive, nonopioid_effect):
    return (p0 / (10.0 - p0) + total_injury_drive) * (1.0 - nonopioid_effect)


def pain(Y, k_in):
    return 10.0 * k_in * Y / (1.0 + k_in * Y)


def threshold(Y, q):
    return 1.0 / power(Y, q)


def tolerance_threshold(Y_tol, q):
    return 1.0 / power(Y_tol, q)


def threshold_det(E, Z_s, S_w, s_W, phi, q, w_det):
    return 1.0 / power(transmission(E, w_det * Z_s, w_det * s_W * S_w, phi), q)


def drug_free_threshold(E_free, Z_free, S_w_free, s_W, phi, q):
    return 1.0 / power(transmission(E_free, Z_free, s_W * S_w_free, phi), q)


def hyperalgesia_index(E_free, Z_free, phi, q):
    return 1.0 - 1.0 / power(transmission(E_free, Z_free, 0.0, phi), q)


def withdrawal_part(hyperalgesia_index, drug_free_threshold):
    return (1.0 - hyperalgesia_index) - drug_free_threshold


def tolerance_index(R_s, e_end, g_E, tau, e_test):
    # g_E R_s [e_test o + e_end (1 - o)] = 1 is E = 1/2; o is the occupancy of the test opioid
    occupancy = (1.0 / (g_E * R_s) - e_end) / (e_test - e_end)
    return odds(occupancy) / odds(1.0 / (tau * e_test))


NOCICEPTION = Mechanism(
    name="nociception",
    meaning="analgesia, expression of sensitisation, pain and the tests that read them",
    outputs=(
        Output("g_E", "analgesic_gain", "1", "gain from agonism to analgesia, tau less tolerance",
            g_E),
        Output("E", "analgesic_effect", "1", "analgesia: part of transmission removed", E),
        Output("E_free", "drug_free_analgesic_effect", "1", "analgesia by endogenous tone alone",
            E_free),
        Output("r_N", "nmda_expression", "1",
            "part of NMDA-dependent sensitisation that block leaves expressed", r_N),
        Output("D_kappa", "pronociceptive_dynorphin", "1",
            "dynorphin above naive less kappa antagonism", D_kappa),
        Output("Z_s", "sensitisation", "1", "gain of transmission added by sensitisation", Z_s),
        Output("Z_free", "drug_free_sensitisation", "1",
            "sensitisation if every ligand left at once", Z_free),
        Output("Y", "nociceptive_transmission", "1", "transmission relative to naive", Y),
        Output("nonopioid_effect", "nonopioid_effect", "1",
            "part of nociceptive input that treatment takes away", nonopioid_effect),
        Output("k_in", "nociceptive_input", "1",
            "nociceptive input: odds of the pain rating while transmission is naive", k_in),
        Output("pain", "pain", "1", "pain rating, 0 to 10", pain),
        Output("threshold", "threshold", "1", "pain threshold relative to naive, as the subject is",
            threshold),
        Output("Y_tol", "affective_transmission", "1", "transmission that pain tolerance reads",
            Y_tol),
        Output("tolerance_threshold", "pain_tolerance", "1",
            "pain tolerance (as of a cold pressor) relative to naive, as the subject is",
            tolerance_threshold),
        Output("threshold_det", "detection_threshold", "1",
            "threshold at which pain is first felt relative to naive, as the subject is",
            threshold_det),
        Output("drug_free_threshold", "drug_free_threshold", "1",
            "threshold if every ligand left at once, withdrawal included", drug_free_threshold),
        Output("hyperalgesia_index", "hyperalgesia_index", "1",
            "fall of the threshold with no ligand and cyclic AMP at its set point; 0 when naive",
            hyperalgesia_index),
        Output("withdrawal_part", "withdrawal_part", "1",
            "further fall of the threshold with no ligand and cyclic AMP as it then is",
            withdrawal_part),
        Output("tolerance_index", "tolerance_index", "1",
            "EC50 of a virtual test opioid relative to naive", tolerance_index),
    ),
    parameters=PARAMETERS,
    references=("blackleff1983", "luginbuhl2001", "chu2012", "vanderah2000", "koppert2003"),
)  # fmt: skip
