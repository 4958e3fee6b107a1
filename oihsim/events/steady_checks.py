"""SS=1 in an event table that drives the whole model: which records may have it.

With SS=1 a subject begins in the periodic steady state of that dose, drugs and body alike. So SS=1
stands in the first dose records of an ID, all at one time, one record per drug. A later SS=1 would
have to define what becomes of tolerance and sensitisation gained before, which no record can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oihsim.events.event_table import EventTable
from oihsim.events.refusals import number
from oihsim.files.errors import Problem
from oihsim.treatment.arm import TIME_DECIMALS, Arm
from oihsim.treatment.doses.dose_checks import MOST_DOSES
from oihsim.treatment.doses.dose_form import SHORTEST
from oihsim.treatment.doses.steady_past import (
    IDLE_PERIOD,
    LONGEST_PERIOD,
    MOST_AT_ONCE,
    common_period,
)

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

LATER = (
    "0 after other doses or resets: SS=1 stands only at the beginning of an ID, as the body keeps "
    "the effects of earlier records; use another ID, or a scenario with a history at steady state"
)


@dataclass(frozen=True)
class Begins:
    """An ID that begins in a steady state.

    Attributes
    ----------
    label : number of the ID in the table
    at_h : time of the steady state, h
    records : records with SS=1
    period_h : time after which the doses of these records repeat, h
    """

    label: int
    at_h: float
    records: tuple[int, ...]
    period_h: float


def begins_of(table: EventTable, problems: list[Problem]) -> list[Begins]:
    r"""Return the IDs that begin in a steady state; note the flaws of their records.

    Examples
    --------
    >>> from oihsim.events.event_table import parse_table
    >>> text = "ID,TIME,AMT,II,SS,CMT\n1,5,30,12,1,morphine.oral\n1,9,.,.,.,.\n"
    >>> begins_of(parse_table(text, "doc.csv"), [])
    [Begins(label=0, at_h=5.0, records=(0,), period_h=12.0)]
    """
    beginnings = []
    time = np.round(table.time, TIME_DECIMALS)
    steady = (table.ss == 1) & np.isin(table.evid, (1, 4))
    for label in np.unique(table.subject[steady]).tolist():
        first, last = int(table.first[label]), int(table.first[label + 1])
        acts = np.flatnonzero(np.isin(table.evid[first:last], (1, 3, 4))) + first
        at = float(time[acts[0]])
        records = []
        for k in acts.tolist():
            if not steady[k] or time[k] != at:
                break
            records.append(k)
        problems += [
            table.problem(k, "SS", "1", LATER)
            for k in acts.tolist()
            if steady[k] and k not in records
        ]
        if records:
            before = len(problems)
            _check_first(table, time, records, acts, problems)
            period = _period(table, records, problems)
            if len(problems) == before:
                beginnings.append(Begins(label, at, tuple(records), period))
    return beginnings


def _check_first(
    table: EventTable, time: Array, records: list[int], acts: Ints, problems: list[Problem]
) -> None:  # fmt: skip
    """Note what cannot stand beside the first records of an ID with SS=1."""
    label = int(table.subject[records[0]])
    first, at = int(table.first[label]), float(time[records[0]])
    problems += [
        table.problem(
            int(k), "TIME", f"an observation at {number(float(time[k]))}",
            f"{number(at)} or later, where this ID begins in a steady state (SS=1)",
        )
        for k in np.flatnonzero(table.evid[first : records[0]] == 0) + first
        if time[k] < at
    ]  # fmt: skip
    problems += [
        table.problem(
            int(k), "EVID", str(table.evid[k]),
            "no reset at the time at which this ID begins in a steady state, but 4 in its first "
            "record",
        )
        for k in acts
        if k != records[0] and time[k] == at and table.evid[k] in (3, 4)
    ]  # fmt: skip
    seen: set[str] = set()
    for k in records:
        drug = table.named.get(k, "").partition(".")[0]
        if drug and drug in seen:
            allowed = f"one record with SS=1 for {drug}: a second would replace the first"
            problems.append(table.problem(k, "CMT", f"{drug} a second time", allowed))
        seen.add(drug)


def _period(table: EventTable, records: list[int], problems: list[Problem]) -> float:
    """Return the time after which the doses of records repeat; note impossible repeats."""
    intervals = [float(table.ii[k]) for k in records if table.ii[k] > 0.0]
    before = len(problems)
    for k in records:
        interval = float(table.ii[k])
        rate = float(table.rate[k])
        lasts = float(table.dur[k]) or (float(table.amt[k]) / rate if rate > 0.0 else 0.0)
        if interval and not SHORTEST <= interval <= LONGEST_PERIOD:
            allowed = f"1 s to {LONGEST_PERIOD:g} h in a steady state of the whole model"
            problems.append(table.problem(k, "II", f"{number(interval)} h", allowed))
        elif interval and lasts > MOST_AT_ONCE * interval:
            allowed = f"at most {MOST_AT_ONCE} infusions of a steady state that run at once"
            problems.append(table.problem(k, "II", f"{lasts / interval:.0f} at once", allowed))
    if len(problems) > before or not intervals:
        return IDLE_PERIOD
    common = intervals[0] if len(set(intervals)) == 1 else common_period(intervals)
    if common > LONGEST_PERIOD:
        shown = (
            "intervals of "
            + ", ".join(f"{interval_h:g}" for interval_h in sorted(set(intervals)))
            + " h"
        )
        allowed = f"intervals with a common multiple of at most {LONGEST_PERIOD:g} h"
        problems.append(table.problem(records[0], "II", shown, allowed))
    elif (total := sum(common / interval_h for interval_h in intervals)) > MOST_DOSES:
        shown = f"{total:.0f} doses in {common:g} h"
        problems.append(table.problem(records[0], "II", shown, f"at most {MOST_DOSES}"))
    return common


def check_beside(
    name: str, arm: Arm, begins: list[Begins], table: EventTable, *, steady_past: bool
) -> list[Problem]:
    """Return what a scenario cannot combine with steady states: a past, holds, times before 0."""
    problems = []
    if steady_past and len(table) and (low := float(table.time.min())) < 0.0:
        allowed = "0 h or later: the history of the scenario is a steady state until then"
        problems.append(table.problem(int(table.time.argmin()), "TIME", number(low), allowed))
    if not begins:
        return problems
    if any(course.first_h < 0.0 for course in arm.courses):
        allowed = (
            f"0, or in {name} no history, and population: {{past: false}}: after doses that were "
            "given indefinitely nothing would be left of a past"
        )
        problems.append(table.problem(begins[0].records[0], "SS", "1", allowed))
    latest = max(beginning.at_h for beginning in begins)
    problems += [
        Problem(
            name, None, f"arms.{arm.name}.hold", f"{hold.mechanism} from {hold.from_h:g} h",
            f"a hold that begins when the steady state of an ID ends (SS=1, at {latest:g} h), or "
            "later",
        )
        for hold in arm.holds
        if hold.from_h < latest
    ]  # fmt: skip
    return problems
