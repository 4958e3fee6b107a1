"""One period of an arm's dosing: its length, its entries, and what is on board when it begins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.solver import BOLUS, HOLD, RATE, Schedule
from oihsim.files.errors import Problem
from oihsim.kinetics.propagation import Modes
from oihsim.simulation.cohort import Cohort
from oihsim.simulation.schedule import Doses
from oihsim.simulation.steady.steady_drugs import settled_modes, started
from oihsim.treatment.arm import TIME_DECIMALS, Arm, Course
from oihsim.treatment.doses.steady_past import LONGEST_PERIOD, SAME, common_period

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


def period(arm: Arm, duration_h: float, file: str) -> tuple[float, list[Problem]]:
    """Return the period of an arm, h, and why there is none.

    Dosing is periodic when every course begins within its first interval and goes on to the end
    of the scenario, when an infusion lasts from 0 to the end, and when the intervals have a
    common multiple of at most 28 d. The past of the arm has no effect on it.

    Parameters
    ----------
    arm : as resolved
    duration_h : length of the scenario
    file : named in the problems

    Examples
    --------
    >>> twice = Course(0.0, "morphine", "oral_er", 100.0, number=28, every_h=12.0)
    >>> daily = Course(8.0, "methadone", "oral", 40.0, number=14, every_h=24.0)
    >>> period(Arm("both", (twice, daily)), 336.0, "two drugs")
    (24.0, [])

    Returns
    -------
    the period, 0 where any will do (no dose, or infusions without end), and the problems
    """
    problems = []
    field = f"arms.{arm.name}"
    for course in _after_past(arm):
        what = f"{course.drug} {course.route} from {course.first_h:g} h"
        if _endless(course, duration_h):
            continue
        if course.number == 1:
            dose = f"an infusion of {course.duration_h:g} h" if course.duration_h else "one dose"
            allowed = "doses at one interval, or an infusion, from the start of the scenario to its"
            problems.append(Problem(file, None, field, f"{what}: {dose}", f"{allowed} end"))
        elif course.first_h >= course.every_h - SAME:
            allowed = f"a first dose before {course.every_h:g} h, the interval"
            problems.append(Problem(file, None, field, f"{what}: a late start", allowed))
        elif course.last_h + course.every_h < duration_h - SAME:
            allowed = f"doses up to the end of the scenario, {duration_h:g} h"
            last = f"{what}: the last dose at {course.last_h:g} h"
            problems.append(Problem(file, None, field, last, allowed))
    for line in arm.target_lines:
        what = f"a target of {line.drug} from {line.from_h:g} h"
        problems.append(Problem(file, None, field, what, "doses at one interval, or an infusion"))
    if arm.rules:
        rules = "rules that react: " + ", ".join(block.name for block in arm.rules)
        problems.append(Problem(file, None, field, rules, "fixed doses, without rules or rescue"))
    if arm.adherence is not None:
        allowed = "doses taken on time: missed and late ones do not repeat"
        problems.append(Problem(file, None, field, "adherence", allowed))
    for hold in arm.holds:
        if hold.from_h > SAME or hold.until_h < duration_h - SAME:
            window = f"hold of {hold.mechanism} from {hold.from_h:g} to {hold.until_h:g} h"
            problems.append(Problem(file, None, field, window, "a hold from 0 to the end"))
    intervals = [course.every_h for course in _after_past(arm) if course.number > 1]
    common = common_period(intervals)
    if common > LONGEST_PERIOD:
        lengths = ", ".join(f"{hours:g}" for hours in sorted(set(intervals)))
        allowed = f"intervals with a common multiple of at most {LONGEST_PERIOD:g} h"
        problems.append(Problem(file, None, field, f"intervals of {lengths} h", allowed))
    return common, problems


def _after_past(arm: Arm) -> list[Course]:
    """Return the courses that are not of the past."""
    return [course for course in arm.courses if course.first_h >= 0.0]


def _endless(course: Course, duration_h: float) -> bool:
    """Return whether a course is one infusion from the start to the end."""
    to_the_end = course.duration_h >= duration_h - SAME
    return course.number == 1 and course.first_h <= SAME and to_the_end


@dataclass(frozen=True)
class Period:
    """One period of dosing that has gone on indefinitely, for ``n`` subjects.

    Attributes
    ----------
    length_h : h
    schedule : the entries of the period, those first that bring what is on board at its start
    kinetics : with the input that these entries need
    modes : (n, m) what is on board at the start
    """

    length_h: float
    schedule: Schedule
    kinetics: Modes
    modes: Array


def repeated(arm: Arm, length_h: float, duration_h: float) -> Arm:
    """Return the arm with one period of each course, its past forgotten."""
    courses = []
    for course in _after_past(arm):
        if _endless(course, duration_h):
            share = length_h / course.duration_h
            courses.append(
                replace(course, first_h=0.0, amount=course.amount * share, duration_h=length_h)
            )
        else:
            courses.append(replace(course, number=round(length_h / course.every_h)))
    return replace(arm, courses=tuple(courses), holds=(), rules=())


def one_period(
    cohort: Cohort, length_h: float, held: Sequence[int] = (), doses: Doses | None = None
) -> Period:
    """Return the period at steady state.

    Parameters
    ----------
    cohort : the subjects, with one period of each course (:func:`repeated`)
    length_h : the period
    held : states that stay at their baseline
    doses : one period of doses of single subjects, beside the courses
    """
    kinetics, n = cohort.board.kinetics, len(cohort)
    inputs = kinetics.bolus.shape[1]
    running, within = _wrapped(cohort.schedule(math.inf, doses), length_h)
    flow = np.zeros((n, inputs))
    np.add.at(flow, (running.subject, running.index), running.value)
    modes = settled_modes(kinetics, within, flow, length_h)
    # a rate that begins takes its steady level off the modes, so they are set as a whole
    subject, states = np.arange(n), np.tile(np.asarray(held, dtype=np.int64), n)
    loading = _at_zero(n, subject, BOLUS, np.full(n, inputs), np.ones(n))
    holds = _at_zero(n, np.repeat(subject, len(held)), HOLD, states, np.zeros(len(states)))
    schedule = Schedule.together([running, loading, holds, within])
    return Period(length_h, schedule, started(kinetics, modes), modes)


def _at_zero(n: int, subject: Ints, kind: int, index: Ints, value: Array) -> Schedule:
    """Return entries of one kind at time 0."""
    kinds = np.full(len(subject), kind, dtype=np.int64)
    return Schedule.of(n, subject, np.zeros(len(subject)), kinds, index, value)


def _wrapped(once: Schedule, length_h: float) -> tuple[Schedule, Schedule]:
    """Return the rates that run just before time 0, one entry each, and the period's entries.

    An entry of one period happens at its time less whole periods. A rate that begins after
    ``a`` whole periods and ends after ``b`` of them runs ``b - a`` times over when a period begins.
    """
    passed = np.floor((once.time + SAME) / length_h)
    time = np.asarray(np.maximum(once.time - passed * length_h, 0.0)).round(TIME_DECIMALS)
    # entries of one time by kind, then by index
    order = np.lexsort((once.index, once.kind, time, once.subject))
    within = Schedule.of(
        len(once), once.subject[order], time[order], once.kind[order], once.index[order],
        once.value[order],
    )  # fmt: skip
    rates = once.kind == RATE
    rows = np.stack([once.subject, once.index, np.abs(once.value)], axis=1)[rates]
    different, row = np.unique(rows, axis=0, return_inverse=True)
    signed = (np.where(once.value > 0.0, -passed, passed)[rates]).astype(np.int64)
    number = np.zeros(len(different), dtype=np.int64)
    np.add.at(number, row.reshape(-1), signed)
    again = np.repeat(different, np.maximum(number, 0), axis=0)
    whose, index = again[:, 0].astype(np.int64), again[:, 1].astype(np.int64)
    running = _at_zero(len(once), whose, RATE, index, again[:, 2])
    return running, within


def still_to_come(once: Schedule, length_h: float, end_h: float) -> Schedule:
    """Return what doses of all periods before time 0 leave for the time from then on.

    Parameters
    ----------
    once : the entries of one period's doses, the period beginning at 0
    length_h : the period
    end_h : entries later than this are left out

    Examples
    --------
    A rate that is on from 3 h to 29 h of a period of 12 h: what began 33, 21 and 9 h ago goes off
    in 5 h, what began 21 and 9 h ago in 17 h:

    >>> once = Schedule(np.array([0, 2]), np.array([3.0, 29.0]), np.array([1, 1]),
    ...     np.array([0, 0]), np.array([2.0, -2.0]))
    >>> still_to_come(once, 12.0, 100.0).time.tolist()
    [5.0, 17.0]
    """
    passed = np.floor((once.time + SAME) / length_h).astype(np.int64)
    entry = np.repeat(np.arange(len(passed)), passed)
    period_number = np.arange(len(entry)) - np.repeat(np.cumsum(passed) - passed, passed)
    first = np.maximum(once.time - passed * length_h, 0.0)
    time = first[entry] + period_number * length_h
    entry, time = entry[time <= end_h], time[time <= end_h]
    # round, unlike numpy's, is exact to the last digit
    rounded = np.array([round(moment, TIME_DECIMALS) for moment in time.tolist()])
    return Schedule.of(
        len(once), once.subject[entry], rounded, once.kind[entry], once.index[entry],
        once.value[entry],
    )  # fmt: skip
