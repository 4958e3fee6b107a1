"""Targets of pumps in lines of doses: checks, resolved form, and back."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from oihsim.files.findings import Findings, hours, listed, mapping
from oihsim.files.forms import shown
from oihsim.files.yaml import Place
from oihsim.treatment.arm import TargetLine
from oihsim.treatment.doses.dose_form import MOST_LINES, DoseForm
from oihsim.treatment.lineage import lineage
from oihsim.treatment.vocabulary import Vocabulary

OF_TARGETS = ("site", "controller", "max_rate")
"""Keys that only a line with a target has."""

IV = "iv"
"""The route of a target line that names none."""

A_LINE = "drug, target and until, with site, from, controller and max_rate if need be"


def check_target(findings: Findings, place: Place, dose: dict[str, Any], known: Vocabulary) -> None:
    """Add the problems of a line with a target, but for its times."""
    for key in ("amount", "rate", "over", "every", "times"):
        if key in dose:
            findings.refuse((*place, key), f"'{key}' with a target", A_LINE)
    if "until" not in dose:
        findings.refuse(place, "a target without until", "until: the time the target ends")
    drug = dose.get("drug")
    if not findings.is_known((*place, "drug"), drug, known.drugs, "drug"):
        return
    drug, route = str(drug), dose.get("route", IV)
    if known.kind(drug) != "drug":
        actual = f"a target of {drug}, dosed in {known.dosed_in(drug)}"
        findings.refuse((*place, "drug"), actual, "a drug, dosed in mg")
        return
    where = (*place, "route") if "route" in dose else place
    if findings.is_known(where, route, known.routes(drug), f"route of {drug}"):
        _check_site(findings, where, drug, str(route), known)
        _check_controller(findings, (*place, "controller"), dose, str(route), known)


def _check_site(findings: Findings, place: Place, drug: str, route: str, known: Vocabulary) -> bool:
    """Refuse a route by which a pump reaches no plasma of its own, and return whether it does."""
    if known.dosing(drug, route) == "either" and known.drug(drug).plasma_ligand(route) is not None:
        return True
    actual = f"a target of {drug} by the route '{route}'"
    allowed = "a route that leads straight into the plasma of one ligand, and takes a rate"
    findings.refuse(place, actual, allowed)
    return False


def _check_controller(
    findings: Findings, place: Place, dose: dict[str, Any], route: str, known: Vocabulary
) -> None:
    if "controller" not in dose:
        return
    name, drug = dose["controller"], str(dose["drug"])
    if not findings.is_known(place, name, known.drugs, "drug"):
        return
    sets = [other for other in known.drugs if _substance(other) == _substance(drug)]
    if name not in sets:
        findings.refuse(place, f"{shown(name)} for {drug}", f"a set of {drug}: {', '.join(sets)}")
    elif findings.is_known(place, route, known.routes(name), f"route of {name}"):
        _check_site(findings, place, name, route, known)


def _substance(drug: str) -> str:
    """Return the name of a drug without that of its set: remifentanil-minto1997 is remifentanil."""
    return drug.partition("-")[0]


@dataclass(frozen=True)
class _Turn:
    """A target line as written, in the arm that is checked or in one that it is based on."""

    place: Place
    first: float
    until: float
    controller: str
    route: str
    inherited: bool


def check_pumps(findings: Findings, name: str, data: Mapping[str, Any]) -> None:
    """Add the problems of target lines beside each other: those of a drug are one pump.

    ``name`` is that of an arm; what is wrong among the lines of the arms that it is based on alone
    is refused there.
    """
    pumps: dict[str, list[_Turn]] = defaultdict(list)
    for drug, turn in _turns(name, data):
        pumps[drug].append(turn)
    for drug, turns in pumps.items():
        turns.sort(key=lambda turn: (turn.first, turn.until))
        for before, turn in pairwise(turns):
            if before.inherited and turn.inherited:
                continue
            later, other = (before, turn) if turn.inherited else (turn, before)
            if turn.first < before.until:
                actual = f"a target from {later.first:g} h to {later.until:g} h of {drug}"
                allowed = (
                    f"no overlap with its target from {other.first:g} h to {other.until:g} h: "
                    "the target lines of a drug are one pump"
                )
                findings.refuse(later.place, actual, allowed)
            for key in ("controller", "route"):
                if (value := getattr(later, key)) != (first := getattr(other, key)):
                    actual = f"the {key} {shown(value)} after {shown(first)}"
                    allowed = f"one {key} for all targets of {drug}: they are one pump"
                    findings.refuse(later.place, actual, allowed)


def _turns(name: str, data: Mapping[str, Any]) -> Iterator[tuple[str, _Turn]]:
    """Yield the drug and the times of each target line of an arm, those of its ancestors too."""
    for owner, arm in lineage(name, data):
        for key in ("doses", "add"):
            for number, dose in enumerate(listed(arm.get(key))[:MOST_LINES]):
                fields = mapping(dose)
                first, until = hours(fields.get("from", "0 h")), hours(fields.get("until"))
                drug = fields.get("drug")
                if "target" in fields and isinstance(drug, str) and None not in (first, until):
                    assert first is not None
                    assert until is not None
                    controller = str(fields.get("controller", drug))
                    route = str(fields.get("route", IV))
                    place = ("arms", owner, key, number)
                    yield drug, _Turn(place, first, until, controller, route, owner != name)


def resolved_target(dose: DoseForm) -> dict[str, Any]:
    """Return a checked target line in h; its largest rate is in mg/h, or None for no limit."""
    assert dose.target is not None
    assert dose.until is not None
    level, unit = dose.target
    most, per_kg = dose.max_rate or (None, False)
    return {
        "from_h": dose.from_,
        "until_h": dose.until,
        "drug": dose.drug,
        "route": dose.route or IV,
        "target": level,
        "unit": unit,
        "site": dose.site,
        "controller": dose.controller or dose.drug,
        "max_rate": most,
        "per_kg": per_kg,
    }


def target_line(resolved: Mapping[str, Any]) -> TargetLine:
    """Return a resolved target line as a part of an arm."""
    most = resolved["max_rate"]
    return TargetLine(**{**resolved, "max_rate": math.inf if most is None else most})


def written_target(resolved: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resolved target line as a file writes it."""
    dose = {
        "drug": resolved["drug"],
        "route": resolved["route"],
        "target": f"{float(resolved['target'])!r} {resolved['unit']}",
        "site": resolved["site"],
        "from": f"{float(resolved['from_h'])!r} h",
        "until": f"{float(resolved['until_h'])!r} h",
        "controller": resolved["controller"],
    }
    if resolved["max_rate"] is not None:
        dose["max_rate"] = f"{float(resolved['max_rate'])!r} {rate_unit(resolved)}"
    return dose


def rate_unit(resolved: Mapping[str, Any]) -> str:
    """Return the unit of a largest rate."""
    return "mg/kg/h" if resolved["per_kg"] else "mg/h"


def targets_until(lines: Sequence[Mapping[str, Any]], end_h: float) -> list[dict[str, Any]]:
    """Return resolved target lines up to a time.

    Examples
    --------
    >>> lines = [{"from_h": 0.0, "until_h": 2.0}, {"from_h": 2.0, "until_h": 3.0}]
    >>> targets_until(lines, 1.0)
    [{'from_h': 0.0, 'until_h': 1.0}]
    """
    return [
        {**line, "until_h": min(line["until_h"], end_h)} for line in lines if line["from_h"] < end_h
    ]
