"""The action of a ligand on its targets, as numbers for the drives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from oihsim.drugs.drug_units import BINDING, PER_BINDING, RATE
from oihsim.files.errors import ModelError
from oihsim.files.units import NUMBER, Dimension
from oihsim.kinetics.expressions import Expression

if TYPE_CHECKING:
    from oihsim.drugs.parts import Ligand

TARGETS: dict[str, dict[str, Dimension]] = {
    "mor": {
        "KD": BINDING,
        "C50": BINDING,
        "efficacy": NUMBER,
        "efficacy_arrestin": NUMBER,
        "k_des": RATE,
        "k_int": RATE,
        "k_off": RATE,
    },
    "nmda": {"IC50": BINDING},
    "kappa": {"K": BINDING},
    "glia": {"K": BINDING},
    "nociceptive_input": {"EC50": BINDING, "Emax": NUMBER},
    "descending": {"EC50": BINDING, "Emax": NUMBER},
    "release": {"EC50": BINDING, "Emax": NUMBER},
    "injury": {"gain": PER_BINDING},
}
"""Target -> its formulas with their dimensions; for a counted agent, amount stands for nM.

``mor`` also has ``kinetics`` (fast or slow), ``nmda`` also ``claimed`` (true or false).
"""

PAIRS = ("nociceptive_input", "descending", "release")
"""Targets of which an agent takes away a part, at most ``Emax``."""

BLANK = {
    "KD_nM": np.inf,
    "e": 0.0,
    "e_arrestin": 0.0,
    "k_des": 0.0,
    "k_int": 0.0,
    "nmda_IC50": np.inf,
    "kappa_K": np.inf,
    "glia_K": np.inf,
    **{f"{target}_EC50": np.inf for target in PAIRS},
    **{f"{target}_Emax": 0.0 for target in PAIRS},
    "injury_gain": 0.0,
}

AFFINITIES = tuple(key for key, value in BLANK.items() if value == np.inf)
"""Concentrations of half an effect, infinite where there is none."""


def actions(ligand: Ligand, full: Mapping[str, Any], n: int, hourly: float) -> dict[str, Any]:
    """Return the action of one ligand.

    Parameters
    ----------
    ligand : its formulas
    full : every symbol in the drug file's own units, and ``tau`` where a C50 is given
    n : number of subjects
    hourly : the file's rates times this are 1/h

    Returns
    -------
    dict with arrays (n,) ``KD_nM``, ``e``, ``e_arrestin``, ``k_des`` and ``k_int`` (1/h),
    ``nmda_IC50``, ``kappa_K``, ``glia_K`` (nM; infinite where it does not act), ``k_off`` (1/h,
    None for a ligand at quasi-equilibrium) and ``opioid_nmda`` (whether the block of NMDA
    receptors is that claimed for an opioid); for each of :data:`PAIRS` its ``_EC50`` (nM, infinite
    where it does not act) and ``_Emax``; ``injury_gain`` (1/nM). A counted agent has its own unit
    in place of nM

    Raises
    ------
    ModelError
        a C50 was given, but ``tau`` is missing or too small to reach half the maximal effect; an
        affinity is not above 0, an action below 0, or an Emax not from 0 to 1, in some subject

    Notes
    -----
    ``C50`` is the plasma concentration of half the maximal analgesia of the naive subject. With
    ``E = s/(1 + s)`` and ``s = tau e x/(1 + x)``, ``x = C/KD``, it follows that
    ``KD = C50 (tau e - 1)`` (blackleff1983).
    """
    action: dict[str, Any] = {key: np.full(n, value) for key, value in BLANK.items()}
    action |= {"k_off": None, "opioid_nmda": bool(ligand.targets.get("nmda", {}).get("claimed"))}

    def array(expression: Expression, factor: float = 1.0) -> Any:
        return np.broadcast_to(np.asarray(expression.value(full)), (n,)) * factor

    mor = ligand.targets.get("mor", {})
    if mor:
        action["e"] = array(mor["efficacy"])
        action["e_arrestin"] = array(mor["efficacy_arrestin"])
        action["k_des"] = array(mor["k_des"], hourly)
        action["k_int"] = array(mor["k_int"], hourly)
        if mor.get("kinetics") == "slow":
            action["k_off"] = array(mor["k_off"], hourly)
        if "KD" in mor:
            action["KD_nM"] = array(mor["KD"])
        else:
            action["KD_nM"] = array(mor["C50"]) * _gain(ligand.name, full, action["e"])
    for target, key, name in (
        ("nmda", "IC50", "nmda_IC50"),
        ("kappa", "K", "kappa_K"),
        ("glia", "K", "glia_K"),
    ):
        if target in ligand.targets:
            action[name] = array(ligand.targets[target][key])
    for target in PAIRS:
        if target in ligand.targets:
            acts = ligand.targets[target]
            action[f"{target}_EC50"] = array(acts["EC50"])
            action[f"{target}_Emax"] = _part(ligand.name, target, array(acts["Emax"]))
    if "injury" in ligand.targets:
        action["injury_gain"] = array(ligand.targets["injury"]["gain"])
    _refuse_impossible(ligand.name, action)
    return action


def _refuse_impossible(name: str, action: Mapping[str, Any]) -> None:
    """Refuse an affinity not above 0, and an action below 0."""
    for key, value in action.items():
        if not isinstance(value, np.ndarray):
            continue
        if key in AFFINITIES and not np.all(value > 0.0):
            raise ModelError(f"{key} of {name} must exceed 0; it is {np.min(value):g}")
        if key not in AFFINITIES and not np.all((value >= 0.0) & np.isfinite(value)):
            raise ModelError(f"{key} of {name} must be at least 0; it is {np.min(value):g}")


def _part(name: str, target: str, value: Any) -> Any:
    if not np.all((value >= 0.0) & (value <= 1.0)):
        worst = value[np.argmax(np.abs(value - 0.5))]
        raise ModelError(
            f"the Emax of {name} for {target} is the largest part it takes away, from 0 to 1; "
            f"it is {worst:g}"
        )
    return value


def _gain(name: str, full: Mapping[str, Any], efficacy: Any) -> Any:
    """Return ``tau e - 1``."""
    if "tau" not in full:
        raise ModelError(f"{name} has a C50, so 'tau' is needed to compute its KD")
    gain = full["tau"] * efficacy - 1.0
    if not np.all(gain > 0):
        least = float(np.min(gain)) + 1.0
        raise ModelError(f"{name} has a C50, so tau × efficacy must exceed 1; it is {least:g}")
    return gain
