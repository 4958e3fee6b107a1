"""Entries of a schedule, and how they are sorted: by subject, time, then the order at one time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.solver import Schedule
from oihsim.simulation.order_at_one_time import KINDS

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class EntryRows:
    """Entries that share kind and index; times and values per subject, or of some subjects."""

    kind: int
    index: int
    time: Array  # (m,) or (n, m)
    value: Array  # (n, m)
    order: int
    subject: Ints | None = None  # (n,) whose they are; None: those of all subjects
    until: Array | None = None  # (n,) entries from then on are left out


def sorted_entries(rows: list[EntryRows], n: int, end_h: float) -> Schedule:
    """Join the rows and sort each subject's entries by time, kind, index, then course."""
    rows = sorted(rows, key=lambda row: (KINDS.index(row.kind), row.index, row.order))
    if any(row.subject is not None or row.until is not None for row in rows):
        return _one_by_one(rows, n, end_h)
    kind = np.concatenate([np.full(row.value.shape[1], row.kind) for row in rows])
    index = np.concatenate([np.full(row.value.shape[1], row.index) for row in rows])
    value = np.concatenate([row.value for row in rows], axis=1)
    if all(row.time.ndim == 1 for row in rows):
        shared = np.concatenate([row.time for row in rows])
        order = np.argsort(shared, kind="stable")
        order = order[shared[order] < end_h]
        count = np.full(n, len(order))
        time = np.tile(shared[order], n)
        kind, index, value = np.tile(kind[order], n), np.tile(index[order], n), value[:, order]
    else:
        each = [np.broadcast_to(row.time, row.value.shape) for row in rows]
        time = np.concatenate(each, axis=1)
        order = np.argsort(time, axis=1, kind="stable")
        time = np.take_along_axis(time, order, axis=1)
        in_time = time < end_h
        count = in_time.sum(axis=1)
        value = np.take_along_axis(value, order, axis=1)[in_time]
        time, kind, index = time[in_time], kind[order][in_time], index[order][in_time]
    offset = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return Schedule(
        offset,
        np.ascontiguousarray(time, dtype=np.float64),
        np.ascontiguousarray(kind, dtype=np.int64),
        np.ascontiguousarray(index, dtype=np.int64),
        np.ascontiguousarray(value, dtype=np.float64).ravel(),
    )


def _one_by_one(rows: list[EntryRows], n: int, end_h: float) -> Schedule:
    """Join sorted rows of which some are of single subjects, and sort the entries themselves."""
    subject: list[Ints] = []
    time, value, kind, index = [], [], [], []
    for row in rows:
        whose = np.arange(n) if row.subject is None else row.subject
        shape = row.value.shape
        at = np.broadcast_to(row.time, shape)
        until = np.inf if row.until is None else row.until[:, None]
        in_time = (at < end_h) & (at < until)
        subject.append(np.broadcast_to(whose[:, None], shape)[in_time])
        time.append(at[in_time])
        value.append(row.value[in_time])
        kind.append(np.full(int(in_time.sum()), row.kind))
        index.append(np.full(int(in_time.sum()), row.index))
    whose, when = np.concatenate(subject), np.concatenate(time)
    order = np.lexsort((when, whose))  # stable: rows of equal time stay in their order
    count = np.bincount(whose, minlength=n)
    return Schedule(
        np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        when[order].astype(np.float64),
        np.concatenate(kind)[order].astype(np.int64),
        np.concatenate(index)[order].astype(np.int64),
        np.concatenate(value)[order].astype(np.float64),
    )
