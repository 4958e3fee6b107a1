"""Adenylyl cyclase holds cyclic AMP at a set point: a fast arm (Q) and a slow one (W).

Opioids inhibit the cyclase without amplification, so cAMP (P, 1 when naive) falls; a partial
agonist inhibits little (a_c). The deficit drives the fast arm, and as long as the fast arm works it
is consolidated into the slow one. Both raise cyclase activity until P is back; W takes over from Q,
and on constant drug neither arm overshoots. When the drug leaves, the excess of both arms shows: P
rises above 1. That is dependence, and W is also tolerance. Half of the drive of W needs open NMDA
receptors, since a block of these receptors slows tolerance.

Neurones of the cord respond to the excess steeply (S_w): the fraction excited is a sigmoid of it.
So a short exposure that ends at once excites, and one that ends over 20 minutes, with half of the
excess, does not (comelon2016); spinal potentiation on withdrawal behaves in the same way.
"""

from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State
from oihsim.model.shapes import hill, rectify


def cyclic_amp(Q, W, agonism, c_Q, c_W, tau_c):
    return (1.0 + c_Q * Q + c_W * W) / (1.0 + tau_c * agonism)


def P(Q, W, a_c, c_Q, c_W, tau_c):
    return cyclic_amp(Q, W, a_c, c_Q, c_W, tau_c)


def P_free(Q, W, R_s, e_end, c_Q, c_W, tau_c):
    return cyclic_amp(Q, W, R_s * e_end, c_Q, c_W, tau_c)


def X_w(P, delta):
    return rectify(P - 1.0, delta)


def X_w_free(P_free, delta):
    return rectify(P_free - 1.0, delta)


def S_w(X_w, X50):
    return hill(X_w, X50, 4.0)


def S_w_free(X_w_free, X50):
    return hill(X_w_free, X50, 4.0)


def rates(Q, W, P, block, k_Q_on, k_Q_off, k_W_on, k_W_off, f_N, delta):
    deficit = rectify(1.0 - P, delta)
    dQ = k_Q_on * deficit * (1.0 - Q) - k_Q_off * Q
    dW = k_W_on * (1.0 - f_N + f_N * block) * Q * (1.0 - W) - k_W_off * W
    return dQ, dW


ADENYLYL_CYCLASE = Mechanism(
    name="adenylyl_cyclase",
    meaning="superactivation of adenylyl cyclase, which returns cyclic AMP to its set point",
    states=(
        State("Q", "fast_superactivation", 0.0, "1",
            "fast adaptation of the cyclase, minutes to an hour", typical=0.2),
        State("W", "slow_superactivation", 0.0, "1",
            "slow cellular adaptation (CREB, cyclase isoforms, RGS proteins), days", typical=0.3),
    ),
    outputs=(
        Output("P", "cyclic_amp", "1", "cyclic AMP relative to its set point", P),
        Output("P_free", "drug_free_cyclic_amp", "1", "cyclic AMP if every ligand left at once",
            P_free),
        Output("X_w", "cyclic_amp_excess", "1", "cyclic AMP above its set point", X_w),
        Output("X_w_free", "drug_free_cyclic_amp_excess", "1",
            "cyclic AMP above its set point if every ligand left at once", X_w_free),
        Output("S_w", "withdrawal_excitation", "1",
            "fraction of spinal neurones that the excess of cyclic AMP excites", S_w),
        Output("S_w_free", "drug_free_withdrawal_excitation", "1",
            "the same if every ligand left at once", S_w_free),
    ),
    parameters=(
        Parameter("tau_c", 3.5, "1",
            "gain from agonism to cyclase inhibition (at most 72 to 82 %, so 2.6 to 4.6)",
            "bot1998", "derived", low=2.6, high=4.6),
        Parameter("c_Q", 4.0, "1", "rise of cyclase activity at full fast superactivation",
            "comelon2016", "fitted", low=1.8, high=20.0),
        Parameter("c_W", 4.4, "1", "rise of cyclase activity at full slow superactivation",
            low=1.9, high=10.0, cv=0.3),
        Parameter("k_Q_on", 2.1, "1/h", "onset of fast superactivation per unit of cAMP deficit",
            "comelon2016", "fitted", low=0.6, high=7.0),
        Parameter("k_Q_off", 1.2, "1/h",
            "recovery from fast superactivation (rebound gone by 105 min)",
            "comelon2016", "fitted", low=0.45, high=3.2),
        Parameter("k_W_on", 0.031, "1/h",
            "onset of slow superactivation at full fast one (tolerance half-time 26 h)",
            "ekblom1993", "fitted", low=0.014, high=0.07, cv=0.3),
        Parameter("k_W_off", 0.0083, "1/h",
            "recovery from slow superactivation (complete in 7 to 18 days)",
            "ouellet1995", "fitted", low=0.0037, high=0.018),
        Parameter("f_N", 0.5, "1", "part of the slow onset that needs open NMDA receptors",
            "dunbar1996", "fitted", low=0.12, high=1.0),
        Parameter("X50", 0.09, "1",
            "excess of cyclic AMP that excites half of the spinal neurones (none after a taper)",
            "comelon2016", "fitted", low=0.04, high=0.24),
        Parameter("delta", 0.02, "1", "width of the smooth corner between deficit and excess",
            low=0.005, high=0.08),
    ),
    rates=rates,
    references=("avidorreiss1995", "ekblom1993", "ouellet1995", "dunbar1996"),
)  # fmt: skip
