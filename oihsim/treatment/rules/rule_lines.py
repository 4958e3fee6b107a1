"""Checks across the fields of a line that rules act on, or of a rescue dose."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from oihsim.files.findings import Findings, hours, listed, mapping
from oihsim.files.forms import shown
from oihsim.files.yaml import Place
from oihsim.treatment.doses.dose_checks import MOST_DOSES, check_unit, dose_number
from oihsim.treatment.doses.dose_form import dose_amount
from oihsim.treatment.rule_sets import AMOUNT, PART, STEPS
from oihsim.treatment.rules.conditions import DoseChange, dose_change
from oihsim.treatment.rules.rule_form import REGIMEN, bound
from oihsim.treatment.vocabulary import Vocabulary

SAME = 1e-9
"""Amounts whose relative difference is smaller are equal."""

Unit = tuple[str, bool]
"""The unit of a dose, and whether it is per kg."""


@dataclass(frozen=True)
class LineFacts:
    """Place, unit and ladder of a dose line; a unit that cannot be read is None."""

    place: Place
    unit: Unit | None
    ladder: bool


def read(reader: Callable[[Any], Any], value: Any) -> Any:
    """Return a field as ``reader`` reads it; None if the field cannot be read."""
    try:
        return reader(value)
    except ValueError:
        return None


def unit_text(unit: Unit) -> str:
    """Return a unit as text.

    Examples
    --------
    >>> unit_text(("mg", True))
    'mg/kg'
    """
    return f"{unit[0]}/kg" if unit[1] else unit[0]


def check_line(
    findings: Findings, place: Place, line: dict[str, Any], known: Vocabulary, end: float | None
) -> LineFacts:
    """Add the problems of the line of a rule set. ``end`` is the end of the run, h, if known."""
    line_facts = _reacting(findings, place, line, known)
    if "amount" not in line and REGIMEN not in line:
        findings.refuse(place, "no amount", "amount: one dose, such as '30 mg'")
    window(findings, place, line, end)
    check_number(findings, place, line, line, end)
    return line_facts


def check_number(
    findings: Findings,
    place: Place,
    line: dict[str, Any],
    time_line: dict[str, Any],
    end: float | None,
) -> None:
    """Refuse very many doses of a line between from and until of ``time_line``."""
    first, until = hours(time_line.get("from", "0 h")), hours(time_line.get("until"))
    interval, last = hours(line.get("every")), end if until is None else until
    if first is not None and last is not None and interval is not None and interval > 0.0:
        number = dose_number(first, interval, last)
        if number > MOST_DOSES:
            findings.refuse((*place, "every"), f"{number} doses", f"at most {MOST_DOSES}")


def window(findings: Findings, place: Place, fields: dict[str, Any], end: float | None) -> bool:
    """Return whether from and until lie within the run and in their order; refuse other times."""
    first, until = hours(fields.get("from", "0 h")), hours(fields.get("until"))
    before = len(findings.problems)
    if first is not None and end is not None and first >= end:
        allowed = f"a time before the end ({end:g} h)"
        findings.refuse((*place, "from"), shown(fields.get("from")), allowed)
    elif until is not None and end is not None and until > end:
        allowed = f"at most the end ({end:g} h)"
        findings.refuse((*place, "until"), shown(fields.get("until")), allowed)
    elif first is not None and until is not None and until <= first:
        actual = f"{shown(fields.get('until'))}, not after from"
        findings.refuse((*place, "until"), actual, f"a time after {first:g} h")
    return len(findings.problems) == before


def check_to(findings: Findings, place: Place, to: dict[str, Any], known: Vocabulary) -> LineFacts:
    """Add the problems of the line that a switch begins."""
    line_facts = _reacting(findings, place, to, known)
    if "amount" in to and "ratio" in to:
        allowed = "one of the two: an amount, or a ratio to the line before"
        findings.refuse((*place, "ratio"), "both amount and ratio", allowed)
    elif "amount" not in to and "ratio" not in to and REGIMEN not in to:
        allowed = "amount: one dose, or ratio: a number"
        findings.refuse(place, "neither amount nor ratio", allowed)
    if "ratio" in to and "amount" not in to:
        drug = to.get("drug")
        counted = isinstance(drug, str) and drug in known.drugs and known.dosed_in(drug) != "mg"
        unit = None if line_facts.unit is None else unit_text(line_facts.unit)
        if counted or unit not in (None, "mg"):
            what = known.dosed_in(str(drug)) if counted else unit
            findings.refuse(
                (*place, "ratio"), f"a ratio to a line in {what}", "a line in mg, or an amount"
            )
    return line_facts


def check_give(findings: Findings, place: Place, give: dict[str, Any], known: Vocabulary) -> None:
    """Add the problems of a rescue dose."""
    _check_route(findings, place, give, known, at_once=True)
    if "amount" not in give and REGIMEN not in give:
        findings.refuse(place, "no amount", "amount: one dose, such as '1 mg'")


def _reacting(
    findings: Findings, place: Place, line: dict[str, Any], known: Vocabulary
) -> LineFacts:
    """Add the problems of drug, route, amounts and limits; return the facts of the line."""
    _check_route(findings, place, line, known, at_once=False)
    if "every" not in line and REGIMEN not in line:
        findings.refuse(place, "no every", "every: the time between doses, such as '12 h'")
    unit = _unit(line, known)
    _ladder(findings, place, line, unit)
    _bounds(findings, place, line, unit)
    _largest(findings, place, line, unit)
    drug, route = line.get("drug"), line.get("route")
    named = isinstance(drug, str) and drug in known.drugs and route in known.routes(drug)
    if "ladder" not in line and named and known.depends_on_dose(str(drug), str(route)):
        actual = f"no ladder for {drug} {route}, whose absorption depends on the dose"
        findings.refuse(place, actual, "ladder: the available doses, such as [2 mg, 4 mg, 8 mg]")
    return LineFacts(place, unit, "ladder" in line)


def _check_route(
    findings: Findings, place: Place, line: dict[str, Any], known: Vocabulary, *, at_once: bool
) -> None:
    """Refuse a drug, route, amount or duration that do not go together."""
    if REGIMEN not in line:
        for key, example in (("drug", "the name of a drug"), ("route", "a route of the drug")):
            if key not in line:
                findings.refuse(place, f"no {key}", f"{key}: {example}")
    drug, route = line.get("drug"), line.get("route")
    if not findings.is_known((*place, "drug"), drug, known.drugs, "drug"):
        return
    drug = str(drug)
    if known.kind(drug) == "injury" or (at_once and known.dosed_in(drug) != "mg"):
        counted = f"'{drug}', which is counted" if known.kind(drug) != "injury" else "an injury"
        findings.refuse((*place, "drug"), counted, "a drug" if at_once else "a drug or a therapy")
        return
    check_unit(findings, place, line, known)
    named = findings.is_known((*place, "route"), route, known.routes(drug), f"route of {drug}")
    kind = known.dosing(drug, str(route)) if named else None
    if kind == "bolus" and "over" in line:
        actual = f"'over' by the route '{route}'"
        findings.refuse((*place, "over"), actual, "an amount given at once")
    if kind == "rate" and at_once:
        actual = f"rescue doses by the route '{route}'"
        findings.refuse((*place, "route"), actual, "a route by which a dose is given at once")
    elif kind == "rate" and "over" not in line and REGIMEN not in line:
        actual = f"an amount at once by the route '{route}'"
        findings.refuse((*place, "route"), actual, "over: the time over which a dose runs in")


def _unit(line: dict[str, Any], known: Vocabulary) -> Unit | None:
    """Return the unit of the doses of a line, from its amounts or else from its drug."""
    for value in (line.get("amount"), *listed(line.get("ladder")), *listed(line.get("bounds"))):
        amount = read(dose_amount, value)
        if amount is not None:
            return amount[2], amount[1]
    drug = line.get("drug")
    return (known.dosed_in(drug), False) if isinstance(drug, str) and drug in known.drugs else None


def _alike(
    findings: Findings, place: Place, value: Any, amount: tuple[float, bool, str], unit: Unit
) -> bool:
    """Return whether an amount has the unit of its line, and refuse any other unit."""
    if (amount[2], amount[1]) == unit:
        return True
    findings.refuse(place, shown(value), f"a dose in {unit_text(unit)}, as the line's")
    return False


def _ladder(findings: Findings, place: Place, line: dict[str, Any], unit: Unit | None) -> None:
    rungs = [read(dose_amount, value) for value in listed(line.get("ladder"))]
    if unit is None or not rungs or None in rungs:
        return
    ladder_place = (*place, "ladder")
    pairs = list(enumerate(zip(line["ladder"], rungs, strict=True)))
    if not all(
        _alike(findings, (*ladder_place, i), value, rung, unit) for i, (value, rung) in pairs
    ):
        return
    sizes = [rung[0] for rung in rungs]
    if any(b <= a for a, b in pairwise(sizes)):
        findings.refuse(
            ladder_place, "doses that do not ascend", "each dose larger than the one before"
        )
        return
    amount = _amount(line, unit)
    if amount is not None and not any(math.isclose(amount, size, rel_tol=SAME) for size in sizes):
        actual = f"{shown(line['amount'])}, not on the ladder"
        findings.refuse((*place, "amount"), actual, f"one of {_few(line['ladder'])}")


def _amount(line: dict[str, Any], unit: Unit) -> float | None:
    """Return the amount of a line, if it has one in its unit."""
    amount = read(dose_amount, line.get("amount"))
    return amount[0] if amount is not None and (amount[2], amount[1]) == unit else None


def _few(values: list[Any]) -> str:
    named = [str(value) for value in values[:8]]
    return ", ".join([*named, "…"] if len(values) > 8 else named)


def _bounds(findings: Findings, place: Place, line: dict[str, Any], unit: Unit | None) -> None:
    values = listed(line.get("bounds"))
    limits = [read(bound, value) for value in values]
    if unit is None or len(limits) != 2 or None in limits:
        return
    bounds_place = (*place, "bounds")
    if not all(
        _alike(findings, (*bounds_place, i), values[i], limit, unit)
        for i, limit in enumerate(limits)
    ):
        return
    low, high = limits[0][0], limits[1][0]
    if low > high:
        text = f"[{values[0]}, {values[1]}]"
        findings.refuse(bounds_place, text, "the lowest dose first, then the highest")
        return
    rungs = [read(dose_amount, value) for value in listed(line.get("ladder"))]
    if rungs and None not in rungs and not any(low <= rung[0] <= high for rung in rungs):
        text = f"[{values[0]}, {values[1]}], without a dose of the ladder"
        findings.refuse(bounds_place, text, "bounds that hold a dose of the ladder")
        return
    amount = _amount(line, unit)
    if amount is not None and not low * (1.0 - SAME) <= amount <= high * (1.0 + SAME):
        allowed = f"a dose from {values[0]} to {values[1]}, the bounds"
        findings.refuse((*place, "amount"), f"{shown(line['amount'])}, out of bounds", allowed)


def _largest(findings: Findings, place: Place, line: dict[str, Any], unit: Unit | None) -> None:
    by_place = (*place, "largest_change", "by")
    value = mapping(line.get("largest_change")).get("by")
    by = read(dose_change, value)
    if by is None:
        return
    if by.kind == STEPS:
        findings.refuse(
            by_place, shown(value), "a part such as '50 %' or an amount such as '30 mg'"
        )
    elif by.kind == AMOUNT and unit is not None and (by.unit, by.per_kg) != unit:
        findings.refuse(
            by_place, shown(value), f"a dose in {unit_text(unit)}, as the line's, or a part"
        )


def check_by(
    findings: Findings, place: Place, value: Any, action: str, lines: list[LineFacts]
) -> None:
    """Add the problems of ``by``, the change of a dose, with each line of the rule set."""
    by: DoseChange | None = read(dose_change, value)
    if by is None:
        return
    if by.kind == PART and action == "lower" and by.value > 1.0:
        findings.refuse(place, f"{shown(value)}, more than the whole dose", "at most 100 %")
    for line in lines:
        where = "its line" if len(lines) == 1 else "every line of the rule set"
        if by.kind == STEPS and not line.ladder:
            findings.refuse(place, f"{shown(value)} without a ladder", f"a ladder in {where}")
            return
        if by.kind == AMOUNT and line.unit is not None and (by.unit, by.per_kg) != line.unit:
            actual = f"{shown(value)} of a line in {unit_text(line.unit)}"
            findings.refuse(place, actual, f"an amount in the unit of {where}, or a part")
            return
