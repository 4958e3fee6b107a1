"""What there is: scenarios, drugs, populations, models, mechanisms, switches, endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oihsim.caution import CAUTION
from oihsim.drugs import drug_names, load_drug
from oihsim.endpoints import ENDPOINTS, NAMES
from oihsim.errors import InputError, Problem
from oihsim.files import closest
from oihsim.neuroplasticity import MECHANISMS, SWITCHES, VARIANTS
from oihsim.population import Population
from oihsim.scenario import load, shipped
from oihsim.vocabulary import population_names

KINDS = ("scenarios", "drugs", "populations", "models", "mechanisms", "switches", "endpoints")


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
        "populations": lambda: [
            {"name": name, "meaning": Population.load(name).meaning} for name in population_names()
        ],
        "models": lambda: [{"name": v.name, "meaning": v.meaning} for v in VARIANTS.values()],
        "mechanisms": lambda: [{"name": m.name, "meaning": m.meaning} for m in MECHANISMS],
        "switches": lambda: [
            {"name": s.name, "meaning": s.meaning, "options": list(s.options), "default": s.default}
            for s in SWITCHES
        ],
        "endpoints": lambda: [{"name": name, "meaning": _first_line(name)} for name in NAMES],
    }
    return {kind: makers[kind]() for kind in KINDS if what in ("", kind)}


def _first_line(endpoint: str) -> str:
    line = (ENDPOINTS[endpoint].__doc__ or "").strip().splitlines()[0]
    return line.removeprefix("Return the ").rstrip(".")


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


def _drugs() -> list[dict[str, Any]]:
    drugs = [load_drug(name) for name in drug_names()]
    return [
        {"name": d.name, "meaning": d.meaning, "routes": list(d.routes), "ligands": list(d.ligands)}
        for d in drugs
    ]


def format_catalogue(found: dict[str, list[dict[str, Any]]]) -> str:
    """Return a catalogue as text."""
    lines = []
    for kind, rows in found.items():
        lines.append(kind)
        width = max(len(row["name"]) for row in rows)
        for row in rows:
            lines.append(f"  {row['name']:<{width}}  {row['meaning']}")
            lines += [
                f"  {'':<{width}}  {key}: {', '.join(row[key])}"
                for key in ("arms", "drugs", "routes", "options")
                if key in row
            ]
        lines.append("")
    return "\n".join([*lines, CAUTION])
