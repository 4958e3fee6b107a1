"""What the fields of one dose must agree on: drug and route, amount or rate, and the times."""

from __future__ import annotations

import math
from typing import Any

from oihsim.files import Place
from oihsim.forms import shown
from oihsim.scenario.findings import Findings, hours
from oihsim.vocabulary import Vocabulary

MOST_DOSES = 100_000


def check_dose(
    findings: Findings,
    place: Place,
    dose: dict[str, Any],
    known: Vocabulary,
    end: float | None,
) -> int:
    """Add what is wrong with a line of doses, and return how many doses it is.

    ``end`` is the end of its period in h, if that is known.
    """
    _names(findings, place, dose, known)
    _parts(findings, place, dose)
    _times(findings, place, dose, end)
    first, until = hours(dose.get("from", "0 h")), hours(dose.get("until"))
    every, times = hours(dose.get("every")), dose.get("times")
    if first is not None and until is not None and every is not None and every > 0.0:
        return dose_number(first, every, until)
    return times if type(times) is int else 1


def dose_number(first_h: float, every_h: float, until_h: float) -> int:
    """Return how many doses fall in ``[first_h, until_h)``.

    Examples
    --------
    >>> dose_number(0.0, 12.0, 24.0), dose_number(0.0, 0.1, 0.3)
    (2, 3)
    """
    # the small part keeps 0.3/0.1 from counting a dose at the very end
    return max(1, math.ceil((until_h - first_h) / every_h - 1e-9))


def _names(findings: Findings, place: Place, dose: dict[str, Any], known: Vocabulary) -> None:
    drug, route = dose.get("drug"), dose.get("route")
    if not findings.one_of((*place, "drug"), drug, known.drugs, "drug"):
        return
    routes = known.routes(str(drug))
    if not findings.one_of((*place, "route"), route, routes, f"route of {drug}"):
        return
    kind = known.given_by(str(drug), str(route))
    if kind == "bolus":
        for key in ("rate", "over"):
            if key in dose:
                found = f"'{key}' by the route '{route}'"
                findings.refuse((*place, key), found, "an amount given at once")
    if kind == "rate" and "amount" in dose and "over" not in dose:
        found = f"an amount at once by the route '{route}'"
        findings.refuse((*place, "amount"), found, "a rate with until, or an amount with over")


def _parts(findings: Findings, place: Place, dose: dict[str, Any]) -> None:
    if ("amount" in dose) == ("rate" in dose):
        found = "both amount and rate" if "amount" in dose else "neither amount nor rate"
        findings.refuse(place, found, "one of the two: an amount such as '30 mg', or a rate")
    if "rate" in dose and "amount" not in dose:
        for key in ("every", "times", "over"):
            if key in dose:
                found = f"'{key}' with a rate"
                allowed = "rate, from and until; or an amount with over and every"
                findings.refuse((*place, key), found, allowed)
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
    every, times = hours(dose.get("every")), dose.get("times")
    if first is not None and end is not None and first >= end:
        findings.refuse(
            (*place, "from"), shown(dose.get("from")), f"a time before the end ({end:g} h)"
        )
    if until is not None and end is not None and until > end:
        findings.refuse((*place, "until"), shown(dose.get("until")), f"at most the end ({end:g} h)")
    if first is None:
        return
    if until is not None and until <= first:
        found = f"{shown(dose.get('until'))}, not after from"
        findings.refuse((*place, "until"), found, f"a time after {first:g} h")
    elif type(times) is int and every is not None and end is not None:
        last = first + (times - 1) * every
        if last >= end:
            found = f"{times} doses, the last at {last:g} h"
            findings.refuse((*place, "times"), found, f"doses before the end ({end:g} h)")
