"""The values of the prototype OIH-21, every one of them, by address.

All values are written out, so that a later calibration of the declared values does not change this
variant. The prototype's test opioid was morphine, hence ``nociception.e_test``. Ligands have the
values of their drug files.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from oihsim.model.mechanism import Mechanism
from oihsim.model.shapes import hinge, power
from oihsim.neuroplasticity.adenylyl_cyclase import ADENYLYL_CYCLASE


def X_w(P, delta):
    return hinge(P - 1.0, delta)


def X_w_free(P_free, delta):
    return hinge(P_free - 1.0, delta)


def rates(Q, W, P, block, k_Q_on, k_Q_off, k_W_on, k_W_off, f_N, delta):
    deficit = hinge(1.0 - P, delta)
    dQ = k_Q_on * deficit * (1.0 - Q) - k_Q_off * Q
    dW = k_W_on * (1.0 - f_N + f_N * block) * deficit * (1.0 - W) - k_W_off * W
    return dQ, dW


def Y(E, Z_s, X_w, s_X, phi):
    return (1.0 + s_X * X_w) * ((1.0 - E) + Z_s * (1.0 - phi * E))


def P(Q, W, a_s, c_Q, c_W, tau_c):
    return (1.0 + c_Q * Q + c_W * W) / (1.0 + tau_c * a_s)


def drug_free_threshold(E_free, Z_free, X_w_free, s_X, phi, q):
    return 1.0 / power((1.0 + s_X * X_w_free) * ((1.0 - E_free) + Z_free * (1.0 - phi * E_free)), q)


def threshold_det(E, Z_s, X_w, s_X, phi, q, w_det):
    return 1.0 / power((1.0 + w_det * s_X * X_w) * ((1.0 - E) + w_det * Z_s * (1.0 - phi * E)), q)


PROTOTYPE_EQUATIONS: dict[str, Callable[..., Any]] = {
    "X_w": X_w,
    "X_w_free": X_w_free,
    "P": P,
    "Y": Y,
    "threshold_det": threshold_det,
    "drug_free_threshold": drug_free_threshold,
}


def with_prototype_corner(mechanism: Mechanism) -> Mechanism:
    """Return the mechanism as OIH-21 has it.

    Its cyclase reads analgesic agonism, and has a corner of another shape and a slow arm driven by
    the deficit; one transmission, linear in the excess of cyclic AMP, serves every test of pain.
    """
    outputs = tuple(
        replace(o, equation=PROTOTYPE_EQUATIONS.get(o.symbol, o.equation))
        for o in mechanism.outputs
    )
    cyclase = mechanism is ADENYLYL_CYCLASE
    return replace(mechanism, outputs=outputs, rates=rates if cyclase else mechanism.rates)


OIH21: dict[str, float] = {
    "adenylyl_cyclase.tau_c": 8.0,
    "adenylyl_cyclase.c_Q": 6.0,
    "adenylyl_cyclase.c_W": 3.0,
    "adenylyl_cyclase.k_Q_on": 1.5,
    "adenylyl_cyclase.k_Q_off": 1.5,
    "adenylyl_cyclase.k_W_on": 0.025,
    "adenylyl_cyclase.k_W_off": 0.0083,
    "adenylyl_cyclase.f_N": 0.5,
    "adenylyl_cyclase.X50": 0.09,
    "adenylyl_cyclase.delta": 0.02,
    "descending.k_on": 0.04,
    "descending.k_off": 0.01,
    "descending.rvm_block": 0.0,
    "dynorphin.k_D": 0.0072,
    "dynorphin.d_max": 2.0,
    "dynorphin.psi50": 0.45,
    "dynorphin.w_F": 0.5,
    "dynorphin.antiserum": 0.0,
    "endogenous_tone.k_V": 0.0096,
    "endogenous_tone.Z50": 0.5,
    "endogenous_tone.e_V": 0.02,
    "glutamate.k_U": 0.025,
    "glutamate.u_K": 0.45,
    "glutamate.k_G": 10.0,
    "glutamate.g_P": 0.75,
    "glutamate.g_S": 0.0,
    "glutamate.g_F": 0.3,
    "glutamate.g_D": 0.08,
    "microglia.k_on": 0.02,
    "microglia.k_off": 0.012,
    "microglia.m_mu": 1.0,
    "microglia.m_3": 0.35,
    "microglia.w_m3g": 1.0,
    "microglia.k_C": 0.02,
    "microglia.c_M": 0.55,
    "microglia.kcc2_enhancer": 0.0,
    "nmda.p_K": 4.0,
    "nmda.J50": 2.5,
    "nmda.h_J": 4.0,
    "nmda.k_on": 2.0,
    "nmda.k_off": 0.0193,
    "nmda.k_L_on": 0.003,
    "nmda.k_L_off": 0.00048,
    "nmda.w_opioid_nmda": 1.0,
    "nociception.tau": 20.0,
    "nociception.alpha_W": 8.5,
    "nociception.alpha_N": 0.8,
    "nociception.x_N": 0.8,
    "nociception.x_L": 0.8,
    "nociception.x_S": 0.0,
    "nociception.x_T": 0.0,
    "nociception.s_W": 0.0,
    "nociception.w_det": 1.0,
    "nociception.x_D": 0.35,
    "nociception.x_F": 0.4,
    "nociception.x_C": 0.8,
    "nociception.s_S": 0.45,
    "nociception.eta": 1.25,
    "nociception.rho": 0.7,
    "nociception.kapfrac": 0.3,
    "nociception.gating": 0.0,
    "nociception.gate_power": 0.25,
    "nociception.D_full": 2.0,
    "nociception.C_full": 0.55,
    "nociception.s_X": 1.0,
    "nociception.phi": 0.6,
    "nociception.e_test": 0.75,
    "nociception.p0": 4.0,
    "nociception.q": 1.0,
    "pkc_gamma.k_on": 1.3,
    "pkc_gamma.k_off": 1.0,
    "receptor_trafficking.k_turn": 0.029,
    "receptor_trafficking.k_lys": 0.031,
    "receptor_trafficking.k_res": 1.5,
    "receptor_trafficking.k_rec": 1.4,
    "receptor_trafficking.zeta": 1.0,
    "receptor_trafficking.w_arrestin": 0.0,
}
