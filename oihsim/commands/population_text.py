"""A population described: covariates, parameters and past, each number with its pedigree."""

from __future__ import annotations

from math import inf
from typing import Any

from oihsim.files.caution import CAUTION
from oihsim.scenario.population import Population
from oihsim.treatment.doses.dose_table import dose_table, hours_text


def population_data(population: Population) -> dict[str, Any]:
    """Return a population as plain data.

    Examples
    --------
    >>> population_data(Population.load("volunteers"))["history_h"]
    0.0
    """
    return {
        "name": population.name,
        "meaning": population.meaning,
        "covariates": [
            {key: None if value in (inf, -inf) else value for key, value in vars(covariate).items()}
            for covariate in population.covariates
        ],
        "parameters": [
            {**vars(spread.parameter), "symbol": address, "spread": spread.kind}
            for address, spread in population.parameters.items()
        ],
        "history_h": population.history.duration_h,
        "history": [vars(course) for course in population.history.courses],
        "pedigree": {field: dict(grade) for field, grade in population.pedigree.items()},
        "references": list(population.references),
        "hash": population.hash,
        "caution": CAUTION,
    }


def population_text(population: Population, width: int | None = None) -> str:
    """Return a population as text."""
    lines = [f"{population.name}: {population.meaning}", "covariates"]
    lines += [
        f"  {c.symbol}: {c.distribution}, mean {c.mean:g}, sd {c.sd:g}, typical {c.typical:g}"
        f"{_grade(population, f'covariates.{c.symbol}')}"
        for c in population.covariates
    ]
    if population.parameters:
        lines.append("parameters that differ")
    for address, spread in population.parameters.items():
        p = spread.parameter
        unit = "" if p.unit == "1" else f" {p.unit}"
        grade = _grade(population, f"parameters.{address}")
        spread_text = f"spread {100 * p.cv:.0f} %"
        lines.append(f"  {address}: typical {p.value:g}{unit}, {spread_text}; {p.meaning}{grade}")
    lines += _history(population, width)
    sources = ", ".join(population.references) or "none; every number is assumed"
    return "\n".join([*lines, f"sources: {sources}", "", CAUTION])


def _history(population: Population, width: int | None) -> list[str]:
    past = population.history
    if not past.duration_h:
        return ["history: none"]
    length = f"history: {hours_text(past.duration_h)} before the scenario"
    lines = [f"{length}{_grade(population, 'history')}"]
    lines += dose_table([vars(course) for course in past.courses], width)
    doses = [field for field in population.pedigree if field.startswith("history.doses")]
    return [*lines, *(f"  {field}{_grade(population, field)}" for field in doses)]


def _grade(population: Population, field: str) -> str:
    """Return the pedigree of a number in brackets."""
    grade = population.pedigree.get(field)
    if grade is None:
        return ""
    words = [grade["evidence"], grade["source"], grade["note"]]
    return f" ({'; '.join(word for word in words if word)})"
