"""What there is: scenarios, drugs, populations, models, mechanisms, switches, tests, endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oihsim.drugs import drug_names, load_drug
from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError, Problem
from oihsim.files.yaml import closest
from oihsim.neuroplasticity import MECHANISMS, SWITCHES, VARIANTS
from oihsim.results.endpoints import ENDPOINTS
from oihsim.results.sensory import TESTS
from oihsim.scenario import load, shipped
from oihsim.scenario.population import Population
from oihsim.scenario.scenario_vocabulary import population_names

KINDS = (
    "scenarios", "drugs", "populations", "models", "mechanisms", "switches", "tests", "endpoints",
)  # fmt: skip


def catalogue(what: str = "") -> dict[str, list[dict[str, Any]]]:
    """Return everything of one kind, or of every kind.

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
        one = load(name)
        rows.append(
            {
                "name": name,
                "meaning": question,
                "arms": list(one.arms),
                "drugs": list(one.drugs),
                "population": one.population,
                "subjects": one.count,
                "days": one.duration_h / 24.0,
            }
        )
    return rows


def _populations() -> list[dict[str, Any]]:
    found = [Population.load(name) for name in population_names()]
    return [
        {
            "name": one.name,
            "meaning": one.meaning,
            "history_days": one.history.duration_h / 24.0,
            "history_drugs": sorted({course.drug for course in one.history.courses}),
        }
        for one in found
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


def format_catalogue(found: dict[str, list[dict[str, Any]]]) -> str:
    """Return a catalogue as text."""
    lines = []
    for kind, rows in found.items():
        lines.append(kind)
        width = max(len(row["name"]) for row in rows)
        for row in rows:
            kind = f"({row['kind']}) " if row.get("kind", "drug") != "drug" else ""
            lines.append(f"  {row['name']:<{width}}  {kind}{row['meaning']}")
            lines += [
                f"  {'':<{width}}  {key}: {', '.join(row[key])}"
                for key in ("arms", "drugs", "routes", "options", "history_drugs")
                if row.get(key)
            ]
        lines.append("")
    return "\n".join([*lines, CAUTION])
