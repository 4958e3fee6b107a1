"""A population described: covariates, parameters and past, each number with its pedigree."""

from __future__ import annotations

from math import inf
from typing import Any

from oihsim.files.caution import CAUTION
from oihsim.scenario.population import Population
from oihsim.treatment.doses.dose_table import dose_table, hours_text


def population_data(one: Population) -> dict[str, Any]:
    """Return a population as plain data.

    Examples
    --------
    >>> population_data(Population.load("volunteers"))["history_h"]
    0.0
    """
    return {
        "name": one.name,
        "meaning": one.meaning,
        "covariates": [
            {key: None if value in (inf, -inf) else value for key, value in vars(each).items()}
            for each in one.covariates
        ],
        "parameters": [
            {**vars(spread.parameter), "symbol": address, "spread": spread.kind}
            for address, spread in one.parameters.items()
        ],
        "history_h": one.history.duration_h,
        "history": [vars(course) for course in one.history.courses],
        "pedigree": {field: dict(grade) for field, grade in one.pedigree.items()},
        "references": list(one.references),
        "hash": one.hash,
        "caution": CAUTION,
    }


def population_text(one: Population) -> str:
    """Return a population as text."""
    lines = [f"{one.name}: {one.meaning}", "covariates"]
    lines += [
        f"  {c.symbol}: {c.distribution}, mean {c.mean:g}, sd {c.sd:g}, typical {c.typical:g}"
        f"{_grade(one, f'covariates.{c.symbol}')}"
        for c in one.covariates
    ]
    if one.parameters:
        lines.append("parameters that differ")
    for address, spread in one.parameters.items():
        p = spread.parameter
        unit = "" if p.unit == "1" else f" {p.unit}"
        grade = _grade(one, f"parameters.{address}")
        spread_text = f"spread {100 * p.cv:.0f} %"
        lines.append(f"  {address}: typical {p.value:g}{unit}, {spread_text}; {p.meaning}{grade}")
    lines += _history(one)
    sources = ", ".join(one.references) or "none; every number is assumed"
    return "\n".join([*lines, f"sources: {sources}", "", CAUTION])


def _history(one: Population) -> list[str]:
    past = one.history
    if not past.duration_h:
        return ["history: none"]
    length = f"history: {hours_text(past.duration_h)} before the scenario"
    lines = [f"{length}{_grade(one, 'history')}"]
    lines += dose_table([vars(course) for course in past.courses])
    doses = [field for field in one.pedigree if field.startswith("history.doses")]
    return [*lines, *(f"  {field}{_grade(one, field)}" for field in doses)]


def _grade(one: Population, field: str) -> str:
    """Return the pedigree of a number in brackets."""
    grade = one.pedigree.get(field)
    if grade is None:
        return ""
    words = [grade["evidence"], grade["source"], grade["note"]]
    return f" ({'; '.join(word for word in words if word)})"
