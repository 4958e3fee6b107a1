"""A past at steady state: doses given indefinitely before time 0.

Its doses have an interval and no end. The past is resolved to their last period before time 0 and
to the settings of the search for the steady state.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from oihsim.files.findings import Findings, hours, listed
from oihsim.files.forms import Form, shown
from oihsim.files.yaml import Place
from oihsim.treatment.arm import Course
from oihsim.treatment.doses.courses import course, dose_unit, order, written_time
from oihsim.treatment.doses.dose_checks import MOST_DOSES, check_dose
from oihsim.treatment.doses.dose_form import A_LIST, LONGEST, MOST_LINES, Doses, PositiveTime
from oihsim.treatment.vocabulary import Vocabulary

SAME = 1e-6
"""Hours; times that are closer are equal."""

LONGEST_PERIOD = 28 * 24.0
"""Hours; intervals without a shorter common multiple are refused."""

IDLE_PERIOD = 24.0
"""Hours; the period of a past that has only infusions without an interval."""

MOST_AT_ONCE = 1000
"""Largest number of infusions of one line that run at the same time."""

RESIDUAL, MOST_MAPS = 1e-5, 200


class SearchForm(Form):
    """Settings of the search for the steady state."""

    residual: float = Field(
        RESIDUAL,
        ge=1e-8,
        le=0.1,
        description="a number from 1e-8 to 0.1: the largest change of a state over one period, "
        "relative to its typical size",
    )
    most_maps: int = Field(
        MOST_MAPS,
        ge=2,
        le=100_000,
        description="the largest number of periods, a whole number from 2 to 100000",
    )


TRUE_OR_SETTINGS = "true, or the settings of the search: {residual: 1e-3, most_maps: 200}"


def _search(value: Any) -> Any:
    if value is True:
        return {}
    if isinstance(value, dict):
        return value
    raise ValueError(TRUE_OR_SETTINGS)


class PastForm(Form):
    """A past that all arms share, of some duration or at steady state."""

    duration: PositiveTime | None = Field(None, description="a time above 0, such as '30 d'")
    steady_state: (
        Annotated[
            SearchForm,
            BeforeValidator(_search, json_schema_input_type=Literal[True] | SearchForm),
        ]
        | None
    ) = Field(None, description=TRUE_OR_SETTINGS)
    doses: Doses = Field(description=A_LIST)


@dataclass(frozen=True)
class SteadyPast:
    """Settings of a past at steady state.

    Parameters
    ----------
    period_h : time after which its doses repeat, h
    residual : largest change of a state over one period that counts as steady, relative to the
        typical size of the state
    most_maps : number of periods after which the search for a subject is given up
    """

    period_h: float
    residual: float = RESIDUAL
    most_maps: int = MOST_MAPS


def is_steady(history: Any) -> bool:
    """Return whether a past as written has a steady state.

    Examples
    --------
    >>> is_steady({"steady_state": True, "doses": []}), is_steady({"duration": "30 d"})
    (True, False)
    """
    return isinstance(history, dict) and history.get("steady_state") is not None


def endless(dose: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line of doses without its end, if that is the longest time.

    A regimen line of a steady past is read with the longest time as the end of its period.

    Examples
    --------
    >>> endless({"every": "12.0 h", "until": written_time(LONGEST)})
    {'every': '12.0 h'}
    """
    last = dose.get("until") == written_time(LONGEST)
    return {key: value for key, value in dose.items() if key != "until" or not last}


def check_steady(
    findings: Findings, place: Place, history: dict[str, Any], known: Vocabulary, past: str = ""
) -> None:
    """Add the problems of a past at steady state.

    ``past`` names the population if it has a past, of which a steady state leaves no trace.
    """
    if "duration" in history:
        actual = "a duration beside steady_state"
        findings.refuse(
            (*place, "duration"), actual, "no duration: the doses were given indefinitely"
        )
    if past:
        actual = f"the past of {past} before a steady state"
        findings.refuse(
            place, actual, "population: {past: false}, as the steady state forgets any earlier past"
        )
    doses = listed(history.get("doses"))[:MOST_LINES]
    if "doses" in history and history["doses"] == []:
        findings.refuse((*place, "doses"), "no dose", "doses that go on indefinitely")
    for number, dose in enumerate(doses):
        if isinstance(dose, dict):
            _check_line(findings, (*place, "doses", number), dose, known)
    intervals = [
        interval for dose in doses if isinstance(dose, dict) and (interval := _interval(dose))
    ]
    period = common_period(intervals)
    if period > LONGEST_PERIOD:
        lengths = ", ".join(f"{interval:g}" for interval in sorted(set(intervals)))
        actual = f"intervals of {lengths} h"
        allowed = f"intervals with a common multiple of at most {LONGEST_PERIOD:g} h"
        findings.refuse((*place, "doses"), actual, allowed)
    elif (total := sum(period / interval for interval in intervals)) > MOST_DOSES:
        actual = f"{total:.0f} doses in {period:g} h"
        findings.refuse((*place, "doses"), actual, f"at most {MOST_DOSES}")


def _interval(dose: Mapping[str, Any]) -> float | None:
    interval = hours(dose.get("every"))
    return interval if interval is not None and interval > 0.0 else None


def _check_line(findings: Findings, place: Place, dose: dict[str, Any], known: Vocabulary) -> None:
    """Add the problems of one line of doses without end."""
    if "target" in dose:
        findings.refuse(
            (*place, "target"), "a target before time 0", "an amount with every, or a rate"
        )
        return
    ends = [key for key in ("until", "times") if key in dose]
    for key in ends:
        allowed = "no end: the doses go on indefinitely"
        findings.refuse((*place, key), f"'{key}' beside steady_state", allowed)
    bare = {key: value for key, value in dose.items() if key not in ends}
    timed = bare
    if "every" in bare or ("rate" in bare and "amount" not in bare):
        timed = {**bare, "until": written_time(LONGEST)}
    check_dose(findings, place, timed, known, None)
    first, interval, over = hours(dose.get("from", "0 h")), _interval(dose), hours(dose.get("over"))
    if "amount" in dose and "rate" not in dose and "every" not in dose:
        actual = "one dose, or doses that end" if ends else "one dose"
        findings.refuse(place, actual, "every: a time, as the doses go on indefinitely")
    if "rate" in dose and first:
        allowed = "no from: the rate has always been on"
        findings.refuse((*place, "from"), shown(dose.get("from")), allowed)
    elif first is not None and interval is not None and first >= interval - SAME:
        allowed = f"a time before {interval:g} h, the interval"
        findings.refuse((*place, "from"), shown(dose.get("from")), allowed)
    if over is not None and interval is not None and over > MOST_AT_ONCE * interval:
        actual = f"{shown(dose.get('over'))}, {over / interval:.0f} infusions at once"
        findings.refuse((*place, "over"), actual, f"at most {MOST_AT_ONCE} at once")


def common_period(intervals: Sequence[float]) -> float:
    """Return the least common multiple of intervals, h; 0 without intervals, infinite if too long.

    Examples
    --------
    >>> common_period([8.0, 12.0]), common_period([])
    (24.0, 0.0)
    """
    multiple = Fraction(0)
    for interval in intervals:
        exact = Fraction(interval).limit_denominator(3600)
        if abs(float(exact) - interval) > SAME:
            return math.inf
        multiple = (
            exact
            if not multiple
            else Fraction(
                math.lcm(
                    multiple.numerator * exact.denominator, exact.numerator * multiple.denominator
                ),
                multiple.denominator * exact.denominator,
            )
        )
        if multiple > 10 * LONGEST_PERIOD:
            return math.inf
    return float(multiple)


def resolved_steady(form: PastForm) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the settings of the search, and one period of every line as courses before time 0.

    A rate becomes one infusion over the period.
    """
    assert form.steady_state is not None
    intervals = [dose.every for dose in form.doses if dose.every is not None]
    period = common_period(intervals) or IDLE_PERIOD
    courses = []
    for dose in form.doses:
        if dose.rate is not None:
            dose = dose.model_copy(update={"until": period, "from_": 0.0})
            courses.append(course(dose, -period))
        else:
            assert dose.every is not None
            number = round(period / dose.every)
            courses.append(course(dose.model_copy(update={"times": number}), -period))
    search = form.steady_state
    steady = {"period_h": period, "residual": search.residual, "most_maps": search.most_maps}
    return steady, sorted(courses, key=order)


def written_steady(
    steady: Mapping[str, Any], courses: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return a past at steady state as a file writes it."""
    past = SteadyPast(**steady)
    doses = []
    for period_course in courses:
        dose = {
            "drug": period_course["drug"],
            "route": period_course["route"],
            "amount": f"{float(period_course['amount'])!r} {dose_unit(period_course)}",
            "from": written_time(period_course["first_h"] + past.period_h),
            "every": written_time(past.period_h / period_course["number"]),
        }
        if period_course["duration_h"]:
            dose["over"] = written_time(period_course["duration_h"])
        doses.append(dose)
    search = {"residual": past.residual, "most_maps": past.most_maps}
    return {"steady_state": search, "doses": doses}


def merged_history(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return a past with changes: a duration replaces a steady state, and the reverse.

    Examples
    --------
    >>> merged_history({"duration": "30 d", "doses": []}, {"steady_state": True})
    {'doses': [], 'steady_state': True}
    """
    merged = {**old, **new}
    for key, other in (("steady_state", "duration"), ("duration", "steady_state")):
        if key in new and other not in new:
            merged.pop(other, None)
    return merged


def repeated_back(course: Course, steady: SteadyPast, least_h: float) -> Course:
    """Return a course of one period, repeated back over at least ``least_h`` hours.

    Examples
    --------
    >>> repeated_back(Course(-12.0, "morphine", "oral", 30.0), SteadyPast(12.0), 48.0).first_h
    -48.0
    """
    periods = math.ceil(least_h / steady.period_h - 1e-9)
    return replace(
        course,
        first_h=course.first_h - (periods - 1) * steady.period_h,
        number=course.number * periods,
        every_h=steady.period_h / course.number,
    )
