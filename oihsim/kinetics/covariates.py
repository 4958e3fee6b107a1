"""Covariates that formulas of drug files may read, and body sizes computed from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oihsim.kinetics.expressions import Expression, parse


@dataclass(frozen=True)
class Covariate:
    """A measured property of a patient; in formulas a plain number in the stated unit."""

    symbol: str
    default: float
    unit: str
    meaning: str


COVARIATES: dict[str, Covariate] = {
    covariate.symbol: covariate
    for covariate in (
        Covariate("AGE", 40.0, "y", "age"),
        Covariate("WT", 70.0, "kg", "body weight"),
        Covariate("HT", 170.0, "cm", "height"),
        Covariate("SEX", 0.0, "1", "sex: 0 male, 1 female"),
        Covariate("EGFR", 90.0, "mL/min", "estimated glomerular filtration rate"),
        Covariate("ALB", 40.0, "g/L", "serum albumin"),
        Covariate("SCR", 0.9, "mg/dL", "serum creatinine"),
        Covariate("OUD", 0.0, "1", "opioid use disorder: 0 no, 1 yes"),
    )
}
"""Symbol -> covariate with the value of the reference man."""


@dataclass(frozen=True)
class Formula:
    """A size computed from covariates; ``source`` is a key in ``references.bib``."""

    symbol: str
    text: str
    unit: str
    meaning: str
    source: str

    @property
    def expression(self) -> Expression:
        """The parsed formula."""
        return parse(self.text)


FORMULAE: dict[str, Formula] = {
    formula.symbol: formula
    for formula in (
        Formula("BMI", "WT/(HT/100)**2", "kg/m2", "body mass index", ""),
        Formula("BSA", "0.007184*WT**0.425*HT**0.725", "m2", "body surface area", "dubois1916"),
        Formula("LBM", "(1.07*WT-148*(WT/HT)**2) if SEX==1 else (1.10*WT-128*(WT/HT)**2)", "kg",
            "lean body mass after James; fails in severe obesity", "james1976"),
        Formula("FFM", "(9270*WT/(8780+244*BMI)) if SEX==1 else (9270*WT/(6680+216*BMI))", "kg",
            "fat-free mass of adults", "janmahasatian2005"),
        Formula("FFM_AS", "FFM*((1.11+(1-1.11)/(1+(AGE/7.1)**-1.1)) if SEX==1"
            " else (0.88+(1-0.88)/(1+(AGE/13.4)**-12.7)))", "kg",
            "fat-free mass from childhood on", "alsallami2015"),
        Formula("IBW", "(45.5 if SEX==1 else 50.0)+0.906*(HT-152.4)", "kg",
            "ideal body weight after Devine, height in cm", "devine1974"),
        Formula("CRCL", "(140-AGE)*WT*(0.85 if SEX==1 else 1.0)/(72*SCR)", "mL/min",
            "creatinine clearance", "cockcroft1976"),
    )
}  # fmt: skip
"""Symbol -> formula, each after those it reads."""

PARSED: dict[str, Expression] = {name: formula.expression for name, formula in FORMULAE.items()}


def with_formulae(values: Mapping[str, ArrayLike]) -> dict[str, NDArray[np.float64]]:
    """Return ``values`` as float64 arrays, and each formula whose covariates are among them.

    Parameters
    ----------
    values : symbol -> array (n,) or number; a symbol in ``values`` is not computed again

    Examples
    --------
    >>> full = with_formulae({"WT": 70.0, "HT": 170.0, "SEX": 0.0, "AGE": 35.0})
    >>> round(float(full["FFM_AS"]), 6), "CRCL" in full
    (54.475206, False)
    """
    full = {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}
    for name, expression in PARSED.items():
        if name not in full and expression.names <= full.keys():
            full[name] = np.asarray(expression.value(full))
    return full
