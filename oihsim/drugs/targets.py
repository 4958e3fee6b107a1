"""What a ligand does to its targets, as numbers for the drives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from oihsim.drugs.dimensions import BINDING, NUMBER, RATE, Dimension
from oihsim.errors import ModelError
from oihsim.kinetics.expressions import Expression

if TYPE_CHECKING:
    from oihsim.drugs.drug import Ligand

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
}
"""Target -> its formulas with their dimensions.

``mor`` also has ``kinetics`` (fast or slow), ``nmda`` also ``claimed`` (true or false).
"""

BLANK = {
    "KD_nM": np.inf,
    "e": 0.0,
    "e_arrestin": 0.0,
    "k_des": 0.0,
    "k_int": 0.0,
    "nmda_IC50": np.inf,
    "kappa_K": np.inf,
    "glia_K": np.inf,
}


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
    receptors is that claimed for an opioid)

    Raises
    ------
    ModelError
        a C50 was given, but ``tau`` is missing or too small to reach half the maximal effect

    Notes
    -----
    ``C50`` is the plasma concentration of half the maximal analgesia of the naive subject. With
    ``E = s/(1 + s)`` and ``s = tau e x/(1 + x)``, ``x = C/KD``, it follows that
    ``KD = C50 (tau e - 1)`` (blackleff1983).
    """
    found: dict[str, Any] = {key: np.full(n, value) for key, value in BLANK.items()}
    found |= {"k_off": None, "opioid_nmda": bool(ligand.targets.get("nmda", {}).get("claimed"))}

    def array(expression: Expression, factor: float = 1.0) -> Any:
        return np.broadcast_to(np.asarray(expression.value(full)), (n,)) * factor

    mor = ligand.targets.get("mor", {})
    if mor:
        found["e"] = array(mor["efficacy"])
        found["e_arrestin"] = array(mor["efficacy_arrestin"])
        found["k_des"] = array(mor["k_des"], hourly)
        found["k_int"] = array(mor["k_int"], hourly)
        if mor.get("kinetics") == "slow":
            found["k_off"] = array(mor["k_off"], hourly)
        if "KD" in mor:
            found["KD_nM"] = array(mor["KD"])
        else:
            found["KD_nM"] = array(mor["C50"]) * _gain(ligand.name, full, found["e"])
    for target, key, name in (
        ("nmda", "IC50", "nmda_IC50"),
        ("kappa", "K", "kappa_K"),
        ("glia", "K", "glia_K"),
    ):
        if target in ligand.targets:
            found[name] = array(ligand.targets[target][key])
    return found


def _gain(name: str, full: Mapping[str, Any], efficacy: Any) -> Any:
    """Return ``tau e - 1``."""
    if "tau" not in full:
        raise ModelError(f"{name} has a C50, so 'tau' is needed to compute its KD")
    gain = full["tau"] * efficacy - 1.0
    if not np.all(gain > 0):
        least = float(np.min(gain)) + 1.0
        raise ModelError(f"{name} has a C50, so tau × efficacy must exceed 1; it is {least:g}")
    return gain
