"""Records to the sorted event list: ADDL, lag, F, steady states, resets, switches, in advance.

This module decides what a record does to pending doses, so that a solver only walks through the
event list.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oihsim.events.event_list import SEE, EventList
from oihsim.events.match import Matched
from oihsim.events.pending import Entry
from oihsim.events.subject import RecordWalk
from oihsim.files.errors import InputError, Problem
from oihsim.simulation import order_at_one_time as order

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


def expand(matched: Matched, observe: str = "file", rule: str = "classes") -> EventList:
    """Return the event list of all subjects.

    Parameters
    ----------
    matched : records and model
    observe : where an observation stands at the time of a dose, see :data:`order.OBSERVES`
    rule : ``classes``, or ``record`` for records in file order whatever they are

    Returns
    -------
    Ledger
        without entries after the last record of a subject, where nothing is observed

    Raises
    ------
    InputError
        F below 0, a lag below 0 or too long, a modelled rate or duration that is not above 0 or
        that the model lacks, no steady state; every problem, with row and ID
    """
    for value, allowed, word in (
        (observe, order.OBSERVES, "observe"),
        (rule, order.RULES, "order"),
    ):
        if value not in allowed:
            raise InputError([Problem("events", None, word, f"'{value}'", ", ".join(allowed))])
    problems: list[Problem] = []
    states: list[Array] = []
    entries: list[Entry] = []
    table = matched.table
    eventful = np.unique(table.subject[table.evid != 0])
    for s in eventful:
        walk = RecordWalk(matched, int(s), rule, problems, states, len(entries))
        walk.through()
        entries += walk.entries
        if len(problems) > MOST_PROBLEMS:
            break
    if problems:
        raise InputError(dict.fromkeys(problems))
    return _sorted(matched, entries, states, observe, rule)


MOST_PROBLEMS = 1000


def _sorted(
    matched: Matched, entries: list[Entry], states: list[Array], observe: str, rule: str
) -> EventList:
    """Join entries and observations and sort them."""
    table = matched.table
    seen = np.flatnonzero(table.evid == 0)
    made = list(zip(*entries, strict=True)) if entries else [()] * len(Entry._fields)
    column = {name: np.array(values) for name, values in zip(Entry._fields, made, strict=True)}
    place = {"pre": order.OBSERVE_FIRST, "post": order.OBSERVE}.get(observe, order.DOSE)
    place = order.DOSE if rule == "record" else place
    none = np.zeros(len(seen))

    def join(name: str, of_observations: Array | Ints, kind: type) -> NDArray[Any]:
        return np.concatenate([column[name].astype(kind), of_observations.astype(kind)])

    record = join("record", seen, np.int64)
    subject = table.subject[record]
    time = join("time", np.round(table.time[seen], 9), np.float64)
    keys = (
        join("seq", none, np.int64),
        join("rank", seen, np.int64),
        join("cls", np.full(len(seen), place), np.int64),
        time,
        subject,
    )
    by = np.lexsort(keys)
    subject, time, record = subject[by], time[by], record[by]
    off = join("off", np.full(len(seen), -1), np.int64)[by]
    offset = np.searchsorted(subject, np.arange(len(table.label) + 1)).astype(np.int64)
    return EventList(
        matched,
        offset,
        time,
        join("kind", np.full(len(seen), SEE), np.int64)[by],
        join("where", none, np.int64)[by],
        join("value", none, np.float64)[by],
        join("level", none, np.float64)[by],
        record,
        join("number", none, np.int64)[by],
        _carried(off, offset),
        pages_before(matched, subject, time),
        np.array(states) if states else np.zeros((0, len(matched.model.rows))),
        order.sentence(observe, rule),
    )


def _carried(off: Ints, offset: Ints) -> Ints:
    """Return the bits in force after each entry; -1 stands for unchanged, all on at the start."""
    known = np.where(off >= 0, np.arange(len(off)), 0)
    starts = offset[:-1][np.diff(offset) > 0]
    first = off[starts] < 0
    off = off.copy()
    off[starts[first]] = 0
    known[starts] = starts
    return off[np.maximum.accumulate(known)] if len(off) else off


def pages_before(matched: Matched, subject: Ints, time: Array) -> Ints:
    """Return the page of covariates in force just before each (sorted) entry."""
    table = matched.table
    if not matched.varies:
        return matched.page[table.first[subject]]
    pages = np.empty(len(time), dtype=np.int64)
    ends = np.searchsorted(subject, np.arange(len(table.label) + 1))
    for s in range(len(table.label)):
        entries, first, last = slice(ends[s], ends[s + 1]), table.first[s], table.first[s + 1]
        times = np.round(table.time[first:last], 9)
        if matched.fill == "locf":
            at = np.searchsorted(times, time[entries], "left") - 1
        else:
            at = np.searchsorted(times, time[entries], "left")
        pages[entries] = matched.page[first + np.clip(at, 0, last - first - 1)]
    return pages
