"""The one compiler: doses, however they were written, to the sorted arrays that the solver reads.

Lines of a scenario, regimens and calls from Python are courses of an arm; event records and
replayed ledgers are :class:`Doses`, one by one. Both become entries in :func:`_dose_rows` and are
sorted in :mod:`oihsim.simulation.schedule_entries` by the table of
:mod:`oihsim.simulation.order_at_one_time`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oihsim.engine.solver import BOLUS, DECISION, GIVE, HOLD, RATE, RELEASE, RESET, Schedule
from oihsim.files.errors import ModelError
from oihsim.simulation.schedule_entries import EntryRows, sorted_entries
from oihsim.treatment.arm import TIME_DECIMALS, Arm, Course, Hold
from oihsim.treatment.rule_sets import RuleSet

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class Routes(Protocol):
    """The part of a drug that a schedule needs; :class:`oihsim.drugs.Drug` has it."""

    def route_inputs(
        self, route: str, values: Mapping[str, ArrayLike], dose_mg: ArrayLike
    ) -> list[tuple[int, Array, Array, Array | None]]:
        """Return input, amount per labelled mg, lag in h and zero-order duration in h."""

    def amount_per_mg(self) -> float:
        """Return the amount of active substance in a labelled mg, in the unit of the inputs."""


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

    def subset(self, who: Ints | slice) -> Given:
        """Return the drug as some of the subjects get it, in the order of ``who``."""
        return replace(self, values={name: np.asarray(v)[who] for name, v in self.values.items()})


@dataclass(frozen=True)
class Doses:
    """Doses one by one, each of one subject, in any order.

    Parameters
    ----------
    subject : (k,) number of the subject, from 0
    time_h : (k,) when it is given, h
    drug, route : (k,) names
    amount : (k,) as labelled, in the drug's own dose unit, already for the subject's weight
    duration_h : (k,) time over which it runs in, h; 0 at once. Of no effect where the route has a
        duration of its own
    rate : (k,) labelled amount per hour instead of a duration, 0 for none; bioavailability then
        changes the duration, not the rate. None for no such dose
    until_h : (k,) what of a dose would happen then or later does not: the subject's next reset.
        None for no end
    reset_subject, reset_h : (r,) resets of subjects: body to its baseline, every drug cleared
    """

    subject: Ints
    time_h: Array
    drug: NDArray[Any]
    route: NDArray[Any]
    amount: Array
    duration_h: Array
    rate: Array | None = None
    until_h: Array | None = None
    reset_subject: Ints | None = None
    reset_h: Array | None = None


def compile_schedule(
    arm: Arm,
    given: Mapping[str, Given],
    states: Mapping[str, Sequence[int]],
    n: int,
    end_h: float,
    doses: Doses | None = None,
    intake: Mapping[Course, Array] | None = None,
    pumped: Doses | None = None,
) -> Schedule:
    """Return the schedule of an arm.

    Parameters
    ----------
    arm : doses, holds and rules
    given : drug name -> the drug, its inputs and the subjects' values
    states : mechanism name -> indices of its states
    n : number of subjects
    end_h : end of the run, h; entries at or after it are left out, as nothing can come of them
    doses : doses of single subjects beside those of the arm; their resets cancel what is left of
        the arm's courses too
    intake : course -> (n, number) how late each of its doses is taken, h, NaN where it is missed
        (:func:`oihsim.simulation.intake.arm_intake`); a course that is not there is taken on time
    pumped : what the pumps of the arm give (:func:`oihsim.simulation.pumps.pump_doses`)

    Returns
    -------
    Schedule
        sorted for each subject by time, kind and index. The order in which a file lists doses
        has no effect. A dose in mg/kg is multiplied by the subject's weight. The amount is in
        the drug file's own unit; a zero-order dose is a rate that begins and a rate that ends.
        Each decision point of a rule set is an entry, and so is the first dose of its line; the
        solver derives the doses after it

    Raises
    ------
    KeyError
        a drug or a mechanism is not among those given
    ModelError
        a route's duration of absorption is not positive in some subject
    """
    rows: list[EntryRows] = []
    until, intake = _first_reset(doses, n), intake or {}
    for order, course in enumerate(sorted(arm.courses)):
        late = intake.get(course)
        rows += _course_rows(course, given[course.drug], n, order, until, late)
    rows += _hold_rows(arm.holds, states, n, len(rows))
    rows += _rule_rows(arm.rules, n, len(rows))
    for singly in (doses, pumped):
        if singly is not None:
            rows += _single_rows(singly, given, len(rows))
    if not rows:
        return Schedule.empty(n)
    return sorted_entries(rows, n, end_h)


def compile_doses(
    doses: Doses,
    given: Mapping[str, Given],
    n: int,
    end_h: float,
    holds: Iterable[Hold] = (),
    states: Mapping[str, Sequence[int]] | None = None,
) -> Schedule:
    """Return the schedule of doses that are listed one by one, as :func:`compile_schedule` would.

    Examples
    --------
    >>> from oihsim.drugs import load_drug
    >>> drug = load_drug("morphine")
    >>> given = {"morphine": Given(drug, 0, drug.typical(2))}
    >>> name, route = np.array(["morphine"] * 2), np.array(["iv"] * 2)
    >>> doses = Doses(np.array([1, 0]), np.array([2.0, 1.0]), name, route, np.array([5.0, 10.0]),
    ...               np.array([0.0, 0.5]))
    >>> schedule = compile_doses(doses, given, 2, 24.0)
    >>> schedule.offset.tolist(), schedule.time.tolist()
    ([0, 2, 3], [1.0, 1.5, 2.0])
    """
    arm = Arm("doses", (), tuple(holds))
    return compile_schedule(arm, given, {} if states is None else states, n, end_h, doses)


def _course_rows(
    course: Course, given: Given, n: int, order: int, until: Array | None, late: Array | None
) -> list[EntryRows]:
    """Return the entries of equal doses of all subjects."""
    dose = np.full(n, course.amount)
    if course.per_kg:
        dose = dose * given.values["WT"]
    starts = course.first_h + course.every_h * np.arange(course.number, dtype=np.float64)
    if late is not None:
        # what is missed is given after every end
        starts = starts + np.where(np.isnan(late), np.inf, late)
    what = f"{course.drug} {course.route}"
    duration = np.asarray(course.duration_h, dtype=float)
    return _dose_rows(what, course.route, given, dose, duration, None, starts, order, None, until)


def _single_rows(doses: Doses, given: Mapping[str, Given], order: int) -> list[EntryRows]:
    """Return the entries of doses one by one, those of one drug and route together; and resets."""
    rows = []
    ways, way = np.unique(
        np.char.add(np.char.add(np.asarray(doses.drug, dtype=str), "\n"),
                    np.asarray(doses.route, dtype=str)),
        return_inverse=True,
    )  # fmt: skip
    for number, words in enumerate(ways):
        drug, route = str(words).split("\n")
        chosen = way.reshape(-1) == number
        at_once = (doses.duration_h[chosen] == 0.0) & (
            True if doses.rate is None else doses.rate[chosen] == 0.0
        )
        for part in (np.flatnonzero(chosen)[at_once], np.flatnonzero(chosen)[~at_once]):
            if not len(part):
                continue
            whose = doses.subject[part]
            rows += _dose_rows(
                f"{drug} {route}", route, given[drug].subset(whose),
                doses.amount[part], doses.duration_h[part],
                None if doses.rate is None else doses.rate[part], doses.time_h[part][:, None],
                order, whose,
                None if doses.until_h is None else np.round(doses.until_h[part], TIME_DECIMALS),
            )  # fmt: skip
    if doses.reset_h is not None and doses.reset_subject is not None and len(doses.reset_h):
        when = np.round(doses.reset_h, TIME_DECIMALS)[:, None]
        rows.append(EntryRows(RESET, 0, when, np.zeros_like(when), order, doses.reset_subject))
    return rows


def _dose_rows(
    what: str, route: str, given: Given, dose: Array, duration: Array, rate: Array | None,
    starts: Array, order: int, subject: Ints | None, until: Array | None,
) -> list[EntryRows]:  # fmt: skip
    """Return what doses by one route are to the solver: a bolus each, or a rate on and off.

    ``dose`` (k,) is given at each of the ``starts``, (m,) or (k, m); ``duration`` is one for all
    or (k,), and either 0 throughout or nowhere, unless ``rate`` (k,) is above 0 in its place.
    """
    rows = []
    k, number = len(dose), starts.shape[-1]
    ways = given.drug.route_inputs(route, given.values, dose)
    entering = sum((factor for _, factor, _, zero_order in ways if zero_order is None), np.zeros(k))
    for index, factor, lag, zero_order in ways:
        amount = np.broadcast_to(dose * factor, (k,))
        index = given.first_input + index
        times = _times(starts, np.asarray(lag, dtype=float), k)
        lasts = np.asarray(duration if zero_order is None else zero_order, dtype=float)
        if zero_order is not None and not np.all(lasts > 10.0**-TIME_DECIMALS):
            raise ModelError(f"{what}: a duration of absorption is not above 0")
        if zero_order is None and rate is not None and np.any(rate > 0.0):
            # the rate is of the labelled drug over all inputs: what does not enter takes no time
            per = given.drug.amount_per_mg()
            hours = dose * entering / np.where(rate > 0.0, rate * per, 1.0)
            lasts = np.where(rate > 0.0, np.where(hours > 0.0, hours, 1.0), lasts)
        if zero_order is None and not np.any(lasts > 0.0):
            value = _repeat(amount, number)
            rows.append(EntryRows(BOLUS, index, times, value, order, subject, until))
            continue
        flow = _repeat(amount / lasts, number)
        ends = _times(starts, np.asarray(lag + lasts, dtype=float), k)
        rows.append(EntryRows(RATE, index, times, flow, order, subject, until))
        rows.append(EntryRows(RATE, index, ends, -flow, order, subject, until))
    return rows


def _first_reset(doses: Doses | None, n: int) -> Array | None:
    """Return when each subject is reset first, infinite for never; None if nobody is."""
    if doses is None or doses.reset_h is None or doses.reset_subject is None:
        return None
    first = np.full(n, np.inf)
    np.minimum.at(first, doses.reset_subject, np.round(doses.reset_h, TIME_DECIMALS))
    return first


def _times(starts: Array, delay: Array, n: int) -> Array:
    """Return (m,) times when the delay is the same for all, else (n, m)."""
    delay = np.broadcast_to(delay, (n,))
    shared = n > 0 and bool(np.all(delay == delay[0]))
    times: Array = starts + delay[0] if shared else np.atleast_2d(starts) + delay[:, None]
    return np.round(times, TIME_DECIMALS)


def _repeat(amount: Array, number: int) -> Array:
    return np.broadcast_to(np.asarray(amount)[:, None], (len(amount), number))


def _hold_rows(
    holds: Iterable[Hold], states: Mapping[str, Sequence[int]], n: int, order: int
) -> list[EntryRows]:
    """Return HOLD and RELEASE entries; overlapping holds of a mechanism are one hold."""
    rows = []
    nothing = np.zeros((n, 1))
    for mechanism in sorted({hold.mechanism for hold in holds}):
        windows = [(hold.from_h, hold.until_h) for hold in holds if hold.mechanism == mechanism]
        for first, until in _union(windows):
            for state in states[mechanism]:
                rows.append(EntryRows(HOLD, state, np.array([first]), nothing, order))
                if np.isfinite(until):
                    rows.append(EntryRows(RELEASE, state, np.array([until]), nothing, order))
    return rows


def _rule_rows(blocks: Sequence[RuleSet], n: int, order: int) -> list[EntryRows]:
    """Return the decision points of every rule set, and the first dose of its line."""
    rows = []
    for number, block in enumerate(blocks):
        times = np.round(block.decision_points, TIME_DECIMALS)
        rows.append(EntryRows(DECISION, number, times, np.zeros((n, len(times))), order))
        if block.line is not None:
            first = np.round([block.line.from_h], TIME_DECIMALS)
            rows.append(EntryRows(GIVE, number, first, np.zeros((n, 1)), order))
    return rows


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
