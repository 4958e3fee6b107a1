"""Doses and holds of an arm to the sorted arrays that the solver reads, all subjects at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oihsim.errors import ModelError
from oihsim.solver import BOLUS, DECISION, HOLD, RATE, RELEASE, Schedule
from oihsim.treatment import TIME_DECIMALS, Arm, Course, Hold, Rescue

Array = NDArray[np.float64]


class Routes(Protocol):
    """The part of a drug that a schedule needs; :class:`oihsim.drugs.Drug` has it."""

    def route_inputs(
        self, route: str, values: Mapping[str, ArrayLike], dose_mg: ArrayLike
    ) -> list[tuple[int, Array, Array, Array | None]]:
        """Return input, amount per labelled mg, lag in h and zero-order duration in h."""


@dataclass(frozen=True)
class Given:
    """A drug as one group of subjects gets it.

    Parameters
    ----------
    drug : the drug
    first_input : number of the drug's first input among the inputs of the arm
    values : every parameter of the drug and every covariate, (n,) each; ``WT`` in kg
    """

    drug: Routes
    first_input: int
    values: Mapping[str, Array]


@dataclass(frozen=True)
class _Rows:
    """Entries that all subjects share in kind and index; times and values per subject."""

    kind: int
    index: int
    time: Array  # (m,) or (n, m)
    value: Array  # (n, m)
    order: int


def compile_schedule(
    arm: Arm,
    given: Mapping[str, Given],
    states: Mapping[str, Sequence[int]],
    n: int,
    end_h: float,
) -> Schedule:
    """Return the schedule of an arm.

    Parameters
    ----------
    arm : doses, holds and rescue doses
    given : drug name -> the drug, its inputs and the subjects' values
    states : mechanism name -> indices of its states
    n : number of subjects
    end_h : end of the run, h; entries at or after it are left out, as nothing can come of them

    Returns
    -------
    Schedule
        sorted for each subject by time, kind and index. The order in which a file lists doses
        has no effect. A dose in mg/kg is multiplied by the subject's weight. The amount is in
        the drug file's own unit; a zero-order dose is a rate that begins and a rate that ends.
        Each time at which a rescue is judged has a decision for every way in of its route,
        numbered from 0 as :func:`oihsim.rescue.rules` orders them

    Raises
    ------
    KeyError
        a drug or a mechanism is not among those given
    ModelError
        a route's duration of absorption is not positive in some subject
    """
    rows: list[_Rows] = []
    for order, course in enumerate(sorted(arm.courses)):
        rows += _course_rows(course, given[course.drug], n, order)
    rows += _hold_rows(arm.holds, states, n, len(rows))
    if arm.rescue is not None:
        rows += _decision_rows(arm.rescue, given[arm.rescue.drug], n, len(rows))
    if not rows:
        return Schedule.empty(n)
    return _sorted(rows, n, end_h)


def _course_rows(course: Course, given: Given, n: int, order: int) -> list[_Rows]:
    """Return the entries of equal doses: one bolus each, or a rate on and a rate off."""
    dose = np.full(n, course.amount)
    if course.per_kg:
        dose = dose * given.values["WT"]
    starts = course.first_h + course.every_h * np.arange(course.number, dtype=np.float64)
    rows = []
    inputs = given.drug.route_inputs(course.route, given.values, dose)
    for index, factor, lag, zero_order in inputs:
        amount = np.broadcast_to(dose * factor, (n,))
        index = given.first_input + index
        times = _times(starts, np.asarray(lag, dtype=float), n)
        duration = np.asarray(course.duration_h if zero_order is None else zero_order, dtype=float)
        if zero_order is not None and not np.all(duration > 10.0**-TIME_DECIMALS):
            raise ModelError(
                f"{course.drug} {course.route}: a duration of absorption is not above 0"
            )
        if course.duration_h == 0.0 and zero_order is None:
            rows.append(_Rows(BOLUS, index, times, _repeat(amount, course.number), order))
            continue
        rate = _repeat(amount / duration, course.number)
        ends = _times(starts, np.asarray(lag + duration, dtype=float), n)
        rows.append(_Rows(RATE, index, times, rate, order))
        rows.append(_Rows(RATE, index, ends, -rate, order))
    return rows


def _times(starts: Array, delay: Array, n: int) -> Array:
    """Return (m,) times when the delay is the same for all, else (n, m)."""
    delay = np.broadcast_to(delay, (n,))
    shared = n > 0 and bool(np.all(delay == delay[0]))
    times: Array = starts + delay[0] if shared else starts[None, :] + delay[:, None]
    return np.round(times, TIME_DECIMALS)


def _repeat(amount: Array, number: int) -> Array:
    return np.broadcast_to(np.asarray(amount)[:, None], (len(amount), number))


def _hold_rows(
    holds: Iterable[Hold], states: Mapping[str, Sequence[int]], n: int, order: int
) -> list[_Rows]:
    """Return HOLD and RELEASE entries; overlapping holds of a mechanism are one hold."""
    rows = []
    nothing = np.zeros((n, 1))
    for mechanism in sorted({hold.mechanism for hold in holds}):
        windows = [(one.from_h, one.until_h) for one in holds if one.mechanism == mechanism]
        for first, until in _union(windows):
            for state in states[mechanism]:
                rows.append(_Rows(HOLD, state, np.array([first]), nothing, order))
                if np.isfinite(until):
                    rows.append(_Rows(RELEASE, state, np.array([until]), nothing, order))
    return rows


def _decision_rows(rescue: Rescue, given: Given, n: int, order: int) -> list[_Rows]:
    """Return a decision at each time at which pain is judged, for each way in of the route."""
    times = rescue.from_h + rescue.every_h * np.arange(rescue.number, dtype=np.float64)
    times = np.round(times, TIME_DECIMALS)
    ways = given.drug.route_inputs(rescue.route, given.values, np.full(n, rescue.amount_mg))
    nothing = np.zeros((n, rescue.number))
    return [_Rows(DECISION, rule, times, nothing, order) for rule in range(len(ways))]


def _union(windows: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return disjoint windows that cover the same times.

    Examples
    --------
    >>> _union([(5.0, 8.0), (0.0, 2.0), (2.0, 3.0), (6.0, 7.0)])
    [(0.0, 3.0), (5.0, 8.0)]
    """
    merged: list[tuple[float, float]] = []
    for first, until in sorted(windows):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((first, until))
    return merged


def _sorted(rows: list[_Rows], n: int, end_h: float) -> Schedule:
    """Join the rows and sort each subject's entries by time, kind, index, then course."""
    rows = sorted(rows, key=lambda row: (row.kind, row.index, row.order))
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
        kept = time < end_h
        count = kept.sum(axis=1)
        value = np.take_along_axis(value, order, axis=1)[kept]
        time, kind, index = time[kept], kind[order][kept], index[order][kept]
    offset = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return Schedule(
        offset,
        np.ascontiguousarray(time, dtype=np.float64),
        np.ascontiguousarray(kind, dtype=np.int64),
        np.ascontiguousarray(index, dtype=np.int64),
        np.ascontiguousarray(value, dtype=np.float64).ravel(),
    )
