"""Rescue doses, given when pain is above a limit at a decision point: form, checks, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from oihsim.files.findings import Findings, hours
from oihsim.files.forms import Form, shown
from oihsim.files.yaml import Place
from oihsim.treatment.arm import TIME_DECIMALS
from oihsim.treatment.doses.courses import written_time
from oihsim.treatment.doses.dose_checks import dose_number
from oihsim.treatment.doses.dose_form import Amount, PositiveTime, Time, Word
from oihsim.treatment.rule_sets import Condition, DoseLine, Rule, RuleSet
from oihsim.treatment.vocabulary import Vocabulary

RESCUE = "rescue"
"""Name of the rule set that a rescue block stands for, of its rule, and of the rule's action."""

MOST_JUDGED = 5000
"""Most decision points of a rescue block; each is a stop of the solver."""


class RescueForm(Form):
    """One drug, given whenever pain is above a limit at a time at which it is judged.

    ``every`` is both how often pain is judged and the lock-out: no two doses are closer.
    """

    drug: Word = Field(description="the name of a drug")
    route: Word = Field(description="a route of the drug")
    amount: Amount = Field(description="one dose, such as '1 mg' or '0.02 mg/kg'")
    when_pain_above: float = Field(ge=0.0, le=10.0, description="a pain rating from 0 to 10")
    every: PositiveTime = Field(description="the time between two judgements, such as '10 min'")
    from_: Time = Field(0.0, alias="from", description="the time of the first judgement")
    until: Time | None = Field(None, description="the end, not judged; that of the run if left out")


def check_rescue(
    findings: Findings, place: Place, rescue: dict[str, Any], known: Vocabulary, end: float | None
) -> None:
    """Add the problems of a rescue block. ``end`` is the end of the run, h, if known."""
    drug, route = rescue.get("drug"), rescue.get("route")
    if findings.is_known((*place, "drug"), drug, known.drugs, "drug"):
        if known.dosed_in(str(drug)) != "mg":
            findings.refuse((*place, "drug"), f"'{drug}', which is counted", "a drug, dosed in mg")
        routes = known.routes(str(drug))
        named = findings.is_known((*place, "route"), route, routes, f"route of {drug}")
        if named and known.dosing(str(drug), str(route)) == "rate":
            actual = f"rescue doses by the route '{route}'"
            findings.refuse((*place, "route"), actual, "a route by which a dose is given at once")
    first, until = hours(rescue.get("from", "0 h")), hours(rescue.get("until"))
    if first is not None and end is not None and first >= end:
        allowed = f"a time before the end ({end:g} h)"
        findings.refuse((*place, "from"), shown(rescue.get("from")), allowed)
        return
    if until is not None and end is not None and until > end:
        allowed = f"at most the end ({end:g} h)"
        findings.refuse((*place, "until"), shown(rescue.get("until")), allowed)
    if first is not None and until is not None and until <= first:
        actual = f"{shown(rescue.get('until'))}, not after from"
        findings.refuse((*place, "until"), actual, f"a time after {first:g} h")
        return
    interval, last = hours(rescue.get("every")), end if until is None else until
    if first is not None and last is not None and interval is not None and interval > 0.0:
        times = dose_number(first, interval, last)
        if times > MOST_JUDGED:
            actual = f"pain judged {times} times"
            allowed = f"at most {MOST_JUDGED} times (a longer every, or from and until)"
            findings.refuse((*place, "every"), actual, allowed)


def resolved_rescue(form: RescueForm) -> dict[str, Any]:
    """Return a checked rescue block in h and mg; ``until_h`` None is the end of the run."""
    amount, per_kg = form.amount
    return {
        "drug": form.drug,
        "route": form.route,
        "amount_mg": amount,
        "per_kg": per_kg,
        "when_pain_above": form.when_pain_above,
        "every_h": form.every,
        "from_h": form.from_,
        "until_h": form.until,
    }


def written_rescue(rescue: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resolved rescue block as a file writes it."""
    written = {
        "drug": rescue["drug"],
        "route": rescue["route"],
        "amount": f"{float(rescue['amount_mg'])!r} mg{'/kg' if rescue['per_kg'] else ''}",
        "when_pain_above": rescue["when_pain_above"],
        "every": written_time(rescue["every_h"]),
        "from": written_time(rescue["from_h"]),
    }
    if rescue["until_h"] is not None:
        written["until"] = written_time(rescue["until_h"])
    return written


def judged(rescue: Mapping[str, Any], duration_h: float) -> int:
    """Return how often a resolved rescue block judges pain within a run of ``duration_h``.

    Examples
    --------
    >>> judged({"from_h": 0.0, "every_h": 0.25, "until_h": None}, 2.0)
    8
    """
    end = duration_h if rescue["until_h"] is None else rescue["until_h"]
    return dose_number(rescue["from_h"], rescue["every_h"], end)


def rescue_rule_set(rescue: Mapping[str, Any], duration_h: float) -> RuleSet:
    """Return the rule set of one rule that a resolved rescue block stands for."""
    number, first, interval_h = judged(rescue, duration_h), rescue["from_h"], rescue["every_h"]
    visits = tuple(round(first + k * interval_h, TIME_DECIMALS) for k in range(number))
    dose = DoseLine(rescue["drug"], rescue["route"], rescue["amount_mg"], rescue["per_kg"])
    when = (Condition("pain", ">", rescue["when_pain_above"]),)
    return RuleSet(RESCUE, visits, (Rule(RESCUE, RESCUE, when, line=dose),))
