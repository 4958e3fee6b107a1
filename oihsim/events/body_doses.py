"""Event records to the doses of the whole model, and to the times at which they observe it.

The doses go to the compiler of schedules, :mod:`oihsim.simulation.schedule`. This module finds
additional doses, the doses that a reset cancels, and the order at one time
(:mod:`oihsim.simulation.order_at_one_time`). The solver reads its outputs before the doses of their
time; an observation after a dose is read one tick later, the finest step of time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oihsim.events.event_table import EventTable
from oihsim.files.errors import InputError
from oihsim.simulation import order_at_one_time as order
from oihsim.simulation.schedule import Doses, Given
from oihsim.treatment.arm import TIME_DECIMALS

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

TICK = 10.0**-TIME_DECIMALS
"""Hours; a few microseconds."""

MOST_DOSES = 100_000_000
"""Doses that a table may stand for, over all subjects."""


@dataclass(frozen=True)
class Plan:
    """Doses and observations of a table.

    Attributes
    ----------
    doses : for :func:`oihsim.simulation.schedule.compile_schedule`
    subject : (o,) subject of each observation, subject by subject in record order
    record : (o,) record of each observation in the table
    read_h : (o,) time at which the solver reads each observation, h
    """

    doses: Doses
    subject: Ints
    record: Ints
    read_h: Array


@dataclass(frozen=True)
class _Records:
    """The records of every subject, (r,) each, subject by subject in record order."""

    subject: Ints
    record: Ints
    time: Array
    evid: Ints

    @classmethod
    def of(cls, table: EventTable, n: int) -> _Records:
        """Return the records of ``n`` subjects, who share those of one ID or have one ID each."""
        in_table = np.arange(len(table))
        shared = len(table.label) == 1 and n > 1
        record = np.tile(in_table, n) if shared else in_table
        subject = np.repeat(np.arange(n), len(table)) if shared else table.subject
        time = np.round(table.time[record], TIME_DECIMALS)
        return cls(subject.astype(np.int64), record, time, table.evid[record])

    @property
    def moment(self) -> Ints:
        """(r,) number of the subject and time, ascending."""
        new = np.zeros(len(self.time), dtype=bool)
        new[1:] = (np.diff(self.subject) != 0) | (np.diff(self.time) != 0.0)
        return np.cumsum(new)


def plan(
    table: EventTable,
    ways: Mapping[int, tuple[str, str]],
    drugs: Mapping[str, Given],
    n: int,
    observe: str = "file",
    rule: str = "classes",
) -> Plan:
    """Return doses and observations.

    Parameters
    ----------
    table : event records, of one ID for all subjects or of as many IDs as there are subjects
    ways : record -> drug and route, of every dose record
    drugs : drug -> the drug as the subjects get it
    n : number of subjects
    observe, rule : at one time, see :mod:`oihsim.simulation.order_at_one_time`

    Raises
    ------
    oihsim.files.errors.InputError
        records that stand for too many doses
    """
    rows = _Records.of(table, n)
    single, row, count = _doses(table, rows, ways)
    reset = np.flatnonzero(np.isin(rows.evid, (3, 4)))
    # first without the order at one time, then with it
    single = replace(single, until_h=_next(rows, reset, rows.time[reset], rule)[row])
    pending = _pending(single, count, set(ways.values()), drugs, rows, rule)
    before = observe == "pre" and rule == "classes"
    tick = _ticks(rows, pending[:0] if before else pending, observe, rule)
    resets, doses, reads = (_at(rows.time, ticks) for ticks in tick)
    seen = np.flatnonzero(rows.evid == 0)
    single = replace(
        single,
        # additional doses stand at their own time, the dose of the record where the record does
        time_h=np.where(count == 0, doses[row], single.time_h),
        until_h=_next(rows, reset, resets[reset], rule)[row],
        reset_subject=rows.subject[reset],
        reset_h=resets[reset],
    )
    return Plan(single, rows.subject[seen], rows.record[seen], reads[seen])


def _at(time: Array, tick: Ints) -> Array:
    return np.round(time + TICK * tick.astype(np.float64), TIME_DECIMALS)


def _doses(
    table: EventTable, rows: _Records, ways: Mapping[int, tuple[str, str]]
) -> tuple[Doses, Ints, Ints]:
    """Return every dose, its row, and its number: 0 for that of the record, k for additional."""
    dosing = np.flatnonzero(np.isin(rows.evid, (1, 4)))
    record = rows.record[dosing]
    last = np.zeros(int(rows.subject.max(initial=0)) + 1)
    last[rows.subject] = rows.time  # times ascend, so the last one stays
    ii, addl = table.ii[record], table.addl[record]
    room = np.floor((last[rows.subject[dosing]] - rows.time[dosing]) / np.where(ii > 0, ii, 1.0)
                    + 1e-9)  # fmt: skip
    number_ = 1 + np.minimum(addl, np.maximum(room, 0)).astype(np.int64)
    if number_.sum() > MOST_DOSES:
        k = int(np.argmax(number_))
        shown = f"{int(number_.sum())} doses in all, {int(number_[k])} of this record"
        problem = table.problem(int(record[k]), "ADDL", shown, f"at most {MOST_DOSES} doses")
        raise InputError([problem])
    row = np.repeat(dosing, number_)
    count = np.arange(len(row)) - np.repeat(np.cumsum(number_) - number_, number_)
    of = rows.record[row]
    time = np.round(rows.time[row] + count * table.ii[of], TIME_DECIMALS)
    named = {way: (i, way) for i, way in enumerate(sorted(set(ways.values())))}
    which = np.zeros(len(table), dtype=np.int64)
    for k, way in ways.items():
        which[k] = named[way][0]
    words: list[NDArray[Any]] = [
        np.array([way[part] for way in named], dtype=str)[which[of]]
        if named
        else np.zeros(0, dtype=str)
        for part in (0, 1)
    ]
    rate = np.maximum(table.rate[of], 0.0)
    doses = Doses(rows.subject[row], time, words[0], words[1], table.amt[of], table.dur[of], rate)
    return doses, row, count


def _next(rows: _Records, reset: Ints, at: Array, rule: str) -> Array:
    """Return the time of the reset that ends the dose of each record, infinite without a reset.

    By class a reset stands before the doses of its time, so only a later reset ends them; in record
    order a reset further down at the same time also does.
    """
    place = np.arange(len(rows.time))
    if rule == "classes":
        moment = rows.moment
        place = np.searchsorted(moment, moment, "right") - 1
    k = np.searchsorted(reset, place, "right")
    ends = np.full(len(place), np.inf)
    has = k < len(reset)
    has[has] = rows.subject[reset[k[has]]] == rows.subject[has]
    ends[has] = at[k[has]]
    return ends


def _pending(
    doses: Doses, count: Ints, ways: set[tuple[str, str]], drugs: Mapping[str, Given],
    rows: _Records, rule: str,
) -> Ints:  # fmt: skip
    """Return the moments at which a pending dose enters, additional or lagged."""
    times = np.unique(rows.time)
    keys: list[Ints] = []
    for drug, route in sorted(ways):
        chosen = np.flatnonzero((doses.drug == drug) & (doses.route == route))
        whose, drug_of_subjects = doses.subject[chosen], drugs[drug]
        values = {key: np.asarray(value)[whose] for key, value in drug_of_subjects.values.items()}
        for _, _, lag, _ in drug_of_subjects.drug.route_inputs(route, values, doses.amount[chosen]):
            enters = np.round(doses.time_h[chosen] + lag, TIME_DECIMALS)
            until = np.inf if doses.until_h is None else doses.until_h[chosen]
            # in record order what is pending comes before the reset of its time
            alive = (enters < until) | ((enters == until) & (rule == "record"))
            waits = ((count[chosen] > 0) | (lag > 0.0)) & alive
            at = np.minimum(np.searchsorted(times, enters), len(times) - 1)
            waits &= times[at] == enters
            keys.append(whose[waits] * len(times) + at[waits])
    record_key = rows.subject * len(times) + np.searchsorted(times, rows.time)
    if not keys:
        return np.zeros(0, dtype=np.int64)
    return np.unique(rows.moment[np.isin(record_key, np.concatenate(keys))])


def _ticks(rows: _Records, pending: Ints, observe: str, rule: str) -> tuple[Ints, ...]:
    """Return by how many ticks each record's reset, dose and observation stand after its time.

    An observation that follows a reset or a dose of its time is one tick after it, and so are
    records after the observation; every other record stays at its time.
    """
    moment = rows.moment
    kinds = [np.flatnonzero(np.isin(rows.evid, evids)) for evids in ((3, 4), (1, 4), (0,))]
    item = np.concatenate(kinds)
    kind = np.repeat([0, 1, 2], [len(evids) for evids in kinds])
    seen = {"pre": order.OBSERVE_FIRST, "post": order.OBSERVE}.get(observe, order.DOSE)
    place = np.array([order.RESET, order.DOSE, seen])
    if rule == "record":
        place[:] = order.DOSE
    by = np.lexsort((kind, item, place[kind], moment[item]))
    group, what = moment[item[by]], kind[by]
    first = np.ones(len(by), dtype=bool)
    first[1:] = np.diff(group) != 0
    after = np.zeros(len(by), dtype=bool)
    after[1:] = what[:-1] != 2
    after = np.where(first, np.isin(group, pending), after)
    steps = np.cumsum((what == 2) & after)
    starts = np.maximum.accumulate(np.where(first, np.arange(len(by)), 0))
    tick = steps - (steps - ((what == 2) & after))[starts]
    ticks = []
    for number_ in (0, 1, 2):
        of = np.zeros(len(rows.time), dtype=np.int64)
        of[item[by][what == number_]] = tick[what == number_]
        ticks.append(of)
    return tuple(ticks)
