"""The numbers of a drug file: parameters, derived symbols, and correlations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from oihsim.drugs.drug_units import unit_of
from oihsim.drugs.fields import Fields
from oihsim.drugs.parts import ParameterCorrelation
from oihsim.files.units import NUMBER, Dimension
from oihsim.files.yaml import closest
from oihsim.kinetics.covariates import COVARIATES, FORMULAE
from oihsim.kinetics.expressions import FUNCTIONS, Expression
from oihsim.model.parameter import Parameter

RESERVED = frozenset({*COVARIATES, *FORMULAE, *FUNCTIONS, "DOSE", "tau"})
"""Words with another meaning in formulas."""

KEYS = (
    *("value", "unit", "meaning", "source", "evidence", "low", "high"),
    *("cv", "spread", "cv_source", "cv_evidence", "note"),
)

LARGEST_CV = 2.0
"""A log-normal with a larger coefficient of variation describes no group of patients."""

LARGEST_VALUE = 1e12


@dataclass
class Numbers:
    """Parameters, their spread between subjects, and factors to the file's units."""

    parameters: list[Parameter] = field(default_factory=list)
    spread: dict[str, str] = field(default_factory=dict)
    spread_pedigree: dict[str, tuple[str, str]] = field(default_factory=dict)
    factors: dict[str, float] = field(default_factory=dict)


def read_parameters(
    fields: Fields, data: Any, known: dict[str, Dimension], head: dict[str, Any]
) -> Numbers:
    """Return the parameters and add their dimensions to ``known``."""
    numbers = Numbers()
    for symbol, entry in fields.named(("parameters",), data, "symbols").items():
        place = ("parameters", symbol)
        if symbol in RESERVED:
            fields.refuse(place, f"'{symbol}' a second time", "a name not used by formulas")
            continue
        before = len(fields.problems)
        entry = fields.mapping(place, entry, KEYS, ("value", "unit", "meaning"))
        known[symbol] = NUMBER
        value = None
        if entry.get("value") is not None:
            value = fields.number((*place, "value"), entry["value"], 0.0, LARGEST_VALUE)
        try:
            unit = fields.text((*place, "unit"), entry.get("unit"))
            factor, dimension = unit_of(unit or "1", head["time"], head["amount"])
        except ValueError as error:
            fields.refuse((*place, "unit"), f"'{unit}'", f"a unit ({error})")
            factor, dimension = 1.0, NUMBER
        known[symbol] = dimension
        source, evidence = fields.pedigree(place, entry) if entry else ("", "assumed")
        low, high = _range(fields, place, entry, value)
        cv = _spread(fields, place, entry, value, (source, evidence), numbers)
        meaning = fields.text((*place, "meaning"), entry.get("meaning"))
        if len(fields.problems) > before:
            fields.broken.add(symbol)
        if value is not None:
            numbers.factors[symbol] = factor
            numbers.parameters.append(
                Parameter(symbol, value, unit, meaning, source, evidence, low, high, cv)
            )
    return numbers


def _range(
    fields: Fields, place: tuple[str, str], entry: dict[str, Any], value: float | None
) -> tuple[float | None, float | None]:
    """Return the range of belief; note one that does not hold the value."""
    ends: list[float | None] = []
    for key in ("low", "high"):
        number = entry.get(key)
        ends.append(None if number is None else fields.number((*place, key), number))
    low, high = ends
    if value is not None:
        if low is not None and low > value:
            fields.refuse((*place, "low"), f"{low:g}", f"at most the value, {value:g}")
        if high is not None and high < value:
            fields.refuse((*place, "high"), f"{high:g}", f"at least the value, {value:g}")
    return low, high


def _spread(
    fields: Fields,
    place: tuple[str, str],
    entry: dict[str, Any],
    value: float | None,
    pedigree: tuple[str, str],
    numbers: Numbers,
) -> float:
    """Return the coefficient of variation and note kind and pedigree of the spread."""
    if entry.get("cv") is None:
        for key in ("spread", "cv_source", "cv_evidence"):
            if entry.get(key) is not None:
                fields.refuse((*place, key), f"'{key}' without 'cv'", "both or neither")
        return 0.0
    cv = fields.number((*place, "cv"), entry["cv"], 0.0, LARGEST_CV)
    kind = "lognormal"
    if entry.get("spread") is not None:
        kind = fields.choice((*place, "spread"), entry["spread"], ("lognormal", "logit")) or kind
    if entry.get("cv_source") is not None or entry.get("cv_evidence") is not None:
        pedigree = fields.pedigree(place, entry, "cv_")
    if value is not None and cv:
        unit = entry.get("unit")
        if kind == "logit" and not (unit == "1" and 0.0 < value < 1.0):
            fields.refuse(
                (*place, "spread"), f"'logit' for {value:g} {unit}", "a fraction in (0, 1)"
            )
        if value == 0.0:
            fields.refuse((*place, "cv"), f"{cv:g} for a value of 0", "no spread for a value of 0")
        numbers.spread[place[1]] = kind
        numbers.spread_pedigree[place[1]] = pedigree
    return cv or 0.0


def read_derived(fields: Fields, data: Any, known: dict[str, Dimension]) -> dict[str, Expression]:
    """Return the derived symbols in order and add their dimensions to ``known``."""
    from oihsim.drugs.drug_units import dimension_of

    derived: dict[str, Expression] = {}
    for symbol, text in fields.named(("derived",), data, "symbols").items():
        place = ("derived", symbol)
        if symbol in known or symbol in RESERVED:
            fields.refuse(place, f"'{symbol}' a second time", "a name not used yet")
            continue
        expression = fields.formula(place, text, known)
        known[symbol] = NUMBER
        if expression is None:
            fields.broken.add(symbol)
            continue
        known[symbol] = dimension_of(expression, known)
        derived[symbol] = expression
    return derived


def read_correlations(
    fields: Fields, data: Any, parameters: Sequence[Parameter]
) -> list[ParameterCorrelation]:
    """Return the correlations; note a set that is impossible."""
    spread = [p.symbol for p in parameters if p.cv > 0]
    matrix = np.eye(len(spread))
    correlations: list[ParameterCorrelation] = []
    for i, item in enumerate(fields.sequence(("correlations",), data)):
        place = ("correlations", i)
        keys = ("between", "r", "source", "evidence", "note")
        entry = fields.mapping(place, item, keys, ("between", "r"))
        if not entry:
            continue
        source, evidence = fields.pedigree(place, entry)
        r = fields.number((*place, "r"), entry.get("r"), -0.999, 0.999)
        pair = entry.get("between")
        if not (isinstance(pair, list) and len(pair) == 2 and pair[0] != pair[1]):
            fields.refuse((*place, "between"), "no pair", "two parameters: [CL, V1]")
            continue
        strange = [word for word in pair if word not in spread]
        for word in strange:
            allowed = f"a parameter with a cv; {closest(str(word), spread)}"
            fields.refuse((*place, "between"), f"'{word}'", allowed)
        if strange or r is None:
            continue
        a, b = spread.index(pair[0]), spread.index(pair[1])
        matrix[a, b] = matrix[b, a] = r
        correlations.append(ParameterCorrelation((pair[0], pair[1]), r, source, evidence))
    if correlations and np.linalg.eigvalsh(matrix)[0] <= 0:
        fields.refuse(("correlations",), "an impossible set", "a positive definite matrix")
    return correlations
