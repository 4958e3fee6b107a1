"""Checks across the fields of a line of doses: drug and route, amount or rate, and times.

The checks walk the plain data, not the validated form, and skip a field that the form has refused
already; so the problems of both appear in one list.
"""

from __future__ import annotations

import math
from typing import Any

from oihsim.files.findings import Findings, hours, listed, mapping
from oihsim.files.forms import shown
from oihsim.files.yaml import Place
from oihsim.treatment.doses.dose_form import A_ROUTE, MOST_LINES, SHORTEST, dose_amount
from oihsim.treatment.doses.target_lines import OF_TARGETS, check_target
from oihsim.treatment.vocabulary import Vocabulary

MOST_DOSES = 100_000


def check_history(findings: Findings, place: Place, history: Any, known: Vocabulary) -> None:
    """Add the problems of a past, whose doses must lie within its duration."""
    fields = mapping(history)
    refuse_targets(findings, (*place, "doses"), fields.get("doses"))
    end = hours(fields.get("duration"))
    within = None if end is None or end <= 0.0 else end
    check_doses(findings, (*place, "doses"), fields.get("doses"), known, within)


def refuse_targets(findings: Findings, place: Place, doses: Any) -> None:
    """Refuse targets of pumps before time 0."""
    for number, dose in enumerate(listed(doses)[:MOST_LINES]):
        if "target" in mapping(dose):
            actual = "a target before time 0"
            findings.refuse((*place, number, "target"), actual, "an amount, or a rate with until")


def check_doses(
    findings: Findings, place: Place, doses: Any, known: Vocabulary, end: float | None
) -> None:
    """Add the problems of lines of doses. ``end`` is the end of their period, h, if known."""
    total = 0
    for number, dose in enumerate(listed(doses)[:MOST_LINES]):
        if isinstance(dose, dict):
            total += check_dose(findings, (*place, number), dose, known, end)
    if total > MOST_DOSES:
        findings.refuse(place, f"{total} doses", f"at most {MOST_DOSES}")


def check_dose(
    findings: Findings,
    place: Place,
    dose: dict[str, Any],
    known: Vocabulary,
    end: float | None,
) -> int:
    """Add the problems of a line of doses, and return its number of doses.

    ``end`` is the end of its period, h, if known.
    """
    if "target" in dose:
        check_target(findings, place, dose, known)
        _times(findings, place, dose, end)
        return 1
    _names(findings, place, dose, known)
    check_unit(findings, place, dose, known)
    _parts(findings, place, dose)
    _times(findings, place, dose, end)
    first, until = hours(dose.get("from", "0 h")), hours(dose.get("until"))
    interval, times = hours(dose.get("every")), dose.get("times")
    if first is not None and until is not None and interval is not None and interval > 0.0:
        return dose_number(first, interval, until)
    return times if type(times) is int else 1


def dose_number(first_h: float, every_h: float, until_h: float) -> int:
    """Return how many doses fall in ``[first_h, until_h)``.

    Examples
    --------
    >>> dose_number(0.0, 12.0, 24.0), dose_number(0.0, 0.1, 0.3)
    (2, 3)
    """
    # the small part keeps 0.3/0.1 from counting a dose at the very end; the number of doses at
    # intervals next to nothing may be infinite
    number = min((until_h - first_h) / every_h - 1e-9, 1e15)
    return max(1, math.ceil(number))


def _names(findings: Findings, place: Place, dose: dict[str, Any], known: Vocabulary) -> None:
    drug, route = dose.get("drug"), dose.get("route")
    if "route" not in dose:
        findings.refuse((*place, "route"), "nothing", A_ROUTE)
    if not findings.is_known((*place, "drug"), drug, known.drugs, "drug"):
        return
    routes = known.routes(str(drug))
    if not findings.is_known((*place, "route"), route, routes, f"route of {drug}"):
        return
    kind = known.dosing(str(drug), str(route))
    if kind == "bolus":
        for key in ("rate", "over"):
            if key in dose:
                actual = f"'{key}' by the route '{route}'"
                findings.refuse((*place, key), actual, "an amount given at once")
    if kind == "rate" and "amount" in dose and "over" not in dose:
        actual = f"an amount at once by the route '{route}'"
        findings.refuse((*place, "amount"), actual, "a rate with until, or an amount with over")


def check_unit(findings: Findings, place: Place, dose: dict[str, Any], known: Vocabulary) -> None:
    """Refuse sessions of a drug, milligrams of a therapy, and a rate of what is counted."""
    drug = dose.get("drug")
    if not isinstance(drug, str) or drug not in known.drugs:
        return
    unit = known.dosed_in(drug)
    example = f"'30 {unit}'" if unit == "mg" else f"'1 {unit}'"
    what = "weighed" if unit == "mg" else "counted"
    allowed = f"{drug} is {what}: an amount such as {example}"
    try:
        written = dose_amount(dose.get("amount"))[2]
    except ValueError:
        written = unit  # no amount at all; the form says what is wrong with it
    if written != unit:
        findings.refuse((*place, "amount"), f"{shown(dose['amount'])} of {drug}", allowed)
    if "rate" in dose and unit != "mg":
        findings.refuse((*place, "rate"), f"a rate of {drug}", allowed)


def _parts(findings: Findings, place: Place, dose: dict[str, Any]) -> None:
    for key in OF_TARGETS:
        if key in dose:
            actual = f"'{key}' without a target"
            findings.refuse((*place, key), actual, "target: a concentration such as '2.5 ng/mL'")
    if ("amount" in dose) == ("rate" in dose):
        actual = "both amount and rate" if "amount" in dose else "neither amount nor rate"
        findings.refuse(place, actual, "one of the two: an amount such as '30 mg', or a rate")
    if "rate" in dose and "amount" not in dose:
        for key in ("every", "times", "over"):
            if key in dose:
                actual = f"'{key}' with a rate"
                allowed = "rate, from and until; or an amount with over and every"
                findings.refuse((*place, key), actual, allowed)
        if "until" not in dose:
            findings.refuse(place, "a rate without until", "until: the time the rate ends")
        return
    ends = [key for key in ("until", "times") if key in dose]
    if "every" in dose and not ends:
        findings.refuse(place, "every without until", "until: a time, or times: a number")
    elif ends and "every" not in dose:
        findings.refuse(
            (*place, ends[0]), f"'{ends[0]}' without every", "every: a time, such as '12 h'"
        )
    elif len(ends) == 2:
        findings.refuse((*place, "times"), "both until and times", "one of the two")


def _times(findings: Findings, place: Place, dose: dict[str, Any], end: float | None) -> None:
    first, until = hours(dose.get("from", "0 h")), hours(dose.get("until"))
    interval, times = hours(dose.get("every")), dose.get("times")
    if first is not None and end is not None and first >= end:
        findings.refuse(
            (*place, "from"), shown(dose.get("from")), f"a time before the end ({end:g} h)"
        )
    if until is not None and end is not None and until > end:
        findings.refuse((*place, "until"), shown(dose.get("until")), f"at most the end ({end:g} h)")
    if first is None:
        return
    if until is not None and until <= first:
        actual = f"{shown(dose.get('until'))}, not after from"
        findings.refuse((*place, "until"), actual, f"a time after {first:g} h")
    elif dose.keys() & {"rate", "target"} and until is not None and until - first < SHORTEST:
        what = "target" if "target" in dose else "rate"
        actual = f"{shown(dose.get('until'))}, less than a second after from"
        findings.refuse((*place, "until"), actual, f"a {what} that runs for at least 1 s")
    elif type(times) is int and interval is not None and end is not None:
        last = first + (times - 1) * interval
        if last >= end:
            actual = f"{times} doses, the last at {last:g} h"
            findings.refuse((*place, "times"), actual, f"doses before the end ({end:g} h)")
