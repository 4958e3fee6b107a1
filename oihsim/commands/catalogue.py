"""The catalogue: names and meanings of scenarios, sweeps, drugs, mechanisms, tests and the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oihsim.drugs import drug_names, load_drug
from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError, Problem
from oihsim.files.text_table import Column, table_lines
from oihsim.files.yaml import closest
from oihsim.neuroplasticity import MECHANISMS, SWITCHES, VARIANTS
from oihsim.results.endpoints import ENDPOINTS
from oihsim.results.sensory import TESTS
from oihsim.scenario import load, shipped
from oihsim.scenario.population import Population
from oihsim.scenario.scenario_vocabulary import population_names
from oihsim.studies.sweeps.shipped_sweeps import shipped_sweeps

KINDS = (
    "scenarios", "sweeps", "drugs", "populations", "models", "mechanisms", "switches", "tests",
    "endpoints",
)  # fmt: skip


def catalogue(what: str = "") -> dict[str, list[dict[str, Any]]]:
    """Return the rows of one kind, or of all kinds.

    Raises
    ------
    InputError : no such kind

    Examples
    --------
    >>> [row["name"] for row in catalogue("models")["models"]]
    ['oihsim-1', 'oih21']
    """
    if what and what not in KINDS:
        raise InputError([Problem("list", None, "what", repr(what), closest(what, KINDS))])
    makers: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "scenarios": _scenarios,
        "sweeps": _sweeps,
        "drugs": _drugs,
        "populations": _populations,
        "models": lambda: [{"name": v.name, "meaning": v.meaning} for v in VARIANTS.values()],
        "mechanisms": lambda: [{"name": m.name, "meaning": m.meaning} for m in MECHANISMS],
        "switches": lambda: [
            {"name": s.name, "meaning": s.meaning, "options": list(s.options), "default": s.default}
            for s in SWITCHES
        ],
        "tests": lambda: [
            {
                "name": t.name,
                "meaning": t.meaning,
                "unit": t.unit,
                "cut_off": t.cut_off.value,
                "reads": list(t.reads),
            }
            for t in TESTS.values()
        ],
        "endpoints": lambda: [{"name": e.name, "meaning": e.meaning} for e in ENDPOINTS.values()],
    }
    return {kind: makers[kind]() for kind in KINDS if what in ("", kind)}


def _scenarios() -> list[dict[str, Any]]:
    rows = []
    for name, question in shipped().items():
        scenario = load(name)
        rows.append(
            {
                "name": name,
                "meaning": question,
                "arms": list(scenario.arms),
                "drugs": list(scenario.drugs),
                "population": scenario.population,
                "subjects": scenario.count,
                "days": scenario.duration_h / 24.0,
            }
        )
    return rows


def _sweeps() -> list[dict[str, Any]]:
    return [{"name": name, "meaning": question} for name, question in shipped_sweeps().items()]


def _populations() -> list[dict[str, Any]]:
    populations = [Population.load(name) for name in population_names()]
    return [
        {
            "name": population.name,
            "meaning": population.meaning,
            "history_days": population.history.duration_h / 24.0,
            "history_drugs": sorted({course.drug for course in population.history.courses}),
        }
        for population in populations
    ]


def _drugs() -> list[dict[str, Any]]:
    drugs = [load_drug(name) for name in drug_names()]
    return [
        {
            "name": d.name,
            "kind": d.kind,
            "meaning": d.meaning,
            "dosed_in": d.dose_unit,
            "routes": list(d.routes),
            "ligands": list(d.ligands),
        }
        for d in drugs
    ]


DETAILS = ("arms", "drugs", "routes", "options", "history_drugs")
"""Keys of a row whose names stand below its meaning."""


def format_catalogue(
    rows_by_kind: Mapping[str, Sequence[Mapping[str, Any]]], width: int | None = None
) -> str:
    """Return a catalogue as text."""
    lines = []
    for kind, rows in rows_by_kind.items():
        cells = []
        for row in rows:
            sort = f"({row['kind']}) " if row.get("kind", "drug") != "drug" else ""
            cells.append((row["name"], f"{sort}{row['meaning']}"))
            cells += [("", f"{key}: {', '.join(row[key])}") for key in DETAILS if row.get(key)]
        lines += [kind, *table_lines([Column(""), Column("")], cells, width), ""]
    return "\n".join([*lines, CAUTION])
