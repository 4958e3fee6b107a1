# ruff: noqa: D103, N802  (equations keep to the subset the linker reads; the Output says what each is)
"""OIH-15s as oihsim mechanisms: OIH-15 with the bound fraction as a state of the receptor.

``total_mor_drive`` is here the concentration at the effect site, in mg/L; the factor of KD
of a subject applies to ``koff``. All else is as in :mod:`benchmarks.oih15_mechanisms`.
"""

from __future__ import annotations

from benchmarks.oih15_mechanisms import (
    MECHANISMS,
    RECEPTOR_STATES,
    Case,
    case,
    parameters,
)
from benchmarks.problems import OIH15S, STIFF_PARAMETERS
from oihsim.engine.compiled_model import Model
from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, State


def E(B, Rs, tau):
    act = tau * B * Rs
    return act / (1.0 + act)


def binding_rates(B, Rs, Rd, Ri, total_mor_drive, kon, koff, kdes, kres, kint, krec):
    lost = kdes * B * Rs
    dB = kon * total_mor_drive * (1.0 - B) - koff * B
    return kres * Rd + krec * Ri - lost, lost - (kres + kint) * Rd, kint * Rd - krec * Ri, dB


RECEPTOR = Mechanism(
    "receptor",
    "bound, desensitised and internalised receptors, and the effect they give",
    states=(*RECEPTOR_STATES, State("B", "bound", 0.0, "1", "fraction of receptors bound")),
    outputs=(Output("E", "analgesic_effect", "1", "operational model", E),),
    parameters=parameters("kon koff kdes kres kint krec", "tau", STIFF_PARAMETERS),
    rates=binding_rates,
)

MODEL = Model((RECEPTOR, *MECHANISMS[1:]), "OIH-15s")


def stiff_case(n: int, with_kinetics: bool = False) -> Case:
    """Return the first ``n`` subjects, ready to run."""
    return case(n, with_kinetics, OIH15S, MODEL)
