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
from oihsim.simulation.schedule import Doses, compile_schedule
from oihsim.simulation.steady.steady_drugs import settled_modes, started
from oihsim.simulation.subjects import OnBoard
from oihsim.treatment.arm import TIME_DECIMALS, Arm, Course
from oihsim.treatment.doses.steady_past import LONGEST_PERIOD, SAME, common_period

Array = NDArray[np.float64]


def period(arm: Arm, duration_h: float, file: str) -> tuple[float, list[Problem]]:
    """Return the period of an arm, h, and why there is none.

    Dosing is periodic when every course begins within its first interval and goes on to the end
    of the scenario, when an infusion lasts from 0 to the end, and when the intervals have a
    common multiple of at most 28 d. The past of the arm has no say: it is forgotten.

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
    for course in _own(arm):
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
            found = f"{what}: the last dose at {course.last_h:g} h"
            problems.append(Problem(file, None, field, found, allowed))
    if arm.rules:
        found = "rules that react: " + ", ".join(block.name for block in arm.rules)
        problems.append(Problem(file, None, field, found, "fixed doses, without rules or rescue"))
    if arm.adherence is not None:
        allowed = "doses taken on time: missed and late ones do not repeat"
        problems.append(Problem(file, None, field, "adherence", allowed))
    for hold in arm.holds:
        if hold.from_h > SAME or hold.until_h < duration_h - SAME:
            found = f"hold of {hold.mechanism} from {hold.from_h:g} to {hold.until_h:g} h"
            problems.append(Problem(file, None, field, found, "a hold from 0 to the end"))
    every = [one.every_h for one in _own(arm) if one.number > 1]
    common = common_period(every)
    if common > LONGEST_PERIOD:
        found = "intervals of " + ", ".join(f"{one:g}" for one in sorted(set(every))) + " h"
        allowed = f"intervals with a common multiple of at most {LONGEST_PERIOD:g} h"
        problems.append(Problem(file, None, field, found, allowed))
    return common, problems


def _own(arm: Arm) -> list[Course]:
    """Return the courses that are not of the past."""
    return [course for course in arm.courses if course.first_h >= 0.0]


def _endless(course: Course, duration_h: float) -> bool:
    """Return whether a course is one infusion from the start to the end."""
    whole = course.duration_h >= duration_h - SAME
    return course.number == 1 and course.first_h <= SAME and whole


@dataclass(frozen=True)
class Period:
    """One period of dosing that has gone on for ever, for ``n`` subjects.

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
    for course in _own(arm):
        if _endless(course, duration_h):
            share = length_h / course.duration_h
            courses.append(
                replace(course, first_h=0.0, amount=course.amount * share, duration_h=length_h)
            )
        else:
            courses.append(replace(course, number=round(length_h / course.every_h)))
    return replace(arm, courses=tuple(courses), holds=(), rules=())


def one_period(
    arm: Arm, board: OnBoard, length_h: float, held: Sequence[int], n: int,
    doses: Doses | None = None,
) -> Period:  # fmt: skip
    """Return the settled period of ``n`` subjects.

    Parameters
    ----------
    arm : with one period of each course (:func:`repeated`)
    board : its drugs
    length_h : the period
    held : states that stay at their baseline
    doses : one period of doses of single subjects, beside the courses
    """
    once = compile_schedule(arm, board.given, {}, n, math.inf, doses)
    inputs = board.kinetics.bolus.shape[1]
    wrapped = [_wrapped(once, i, length_h) for i in range(n)]
    flow = np.zeros((n, inputs))
    for i, (running, _) in enumerate(wrapped):
        np.add.at(flow[i], running["index"], running["value"])
    modes = settled_modes(board.kinetics, _joined([own for _, own in wrapped]), flow, length_h)
    # a rate that begins takes its steady level off the modes, so they are set as a whole
    extra = [(0.0, BOLUS, inputs, 1.0), *((0.0, HOLD, state, 0.0) for state in held)]
    first = np.array(extra, dtype=ENTRY)
    whole = [np.concatenate([running, first, own]) for running, own in wrapped]
    return Period(length_h, _joined(whole), started(board.kinetics, modes), modes)


ENTRY = np.dtype([("time", float), ("kind", np.int64), ("index", np.int64), ("value", float)])
"""One entry of a schedule."""


def _wrapped(
    once: Schedule, subject: int, length_h: float
) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Return the rates that run just before time 0, one entry each, and the period's entries.

    An entry of one period happens at its time less whole periods. A rate that begins after
    ``a`` whole periods and ends after ``b`` of them runs ``b - a`` times over when a period begins.
    """
    here = slice(once.offset[subject], once.offset[subject + 1])
    own = np.zeros(here.stop - here.start, dtype=ENTRY)
    own["kind"], own["index"], own["value"] = once.kind[here], once.index[here], once.value[here]
    time = once.time[here]
    passed = np.floor((time + SAME) / length_h)
    own["time"] = np.round(np.maximum(time - passed * length_h, 0.0), TIME_DECIMALS)
    counts: dict[tuple[int, float], int] = {}
    for entry, number in zip(own, passed, strict=True):
        if entry["kind"] == RATE:
            key = int(entry["index"]), abs(float(entry["value"]))
            sign = -1 if entry["value"] > 0.0 else 1
            counts[key] = counts.get(key, 0) + sign * int(number)
    rows = [
        (0.0, RATE, index, value) for (index, value), k in sorted(counts.items()) for _ in range(k)
    ]
    order = np.lexsort((own["index"], own["kind"], own["time"]))
    return np.array(rows, dtype=ENTRY), own[order]


def _joined(subjects: Sequence[NDArray[np.void]]) -> Schedule:
    """Return the entries of every subject, each in its order, as one schedule."""
    offset = np.concatenate([[0], np.cumsum([len(one) for one in subjects])]).astype(np.int64)
    every = np.concatenate(subjects) if subjects else np.zeros(0, dtype=ENTRY)
    time, kind, index, value = (
        np.ascontiguousarray(every[name]) for name in ("time", "kind", "index", "value")
    )
    return Schedule(offset, time, kind, index, value)


def still_to_come(once: Schedule, n: int, length_h: float, end_h: float) -> Schedule:
    """Return what doses of all periods before time 0 leave for the time from then on.

    Parameters
    ----------
    once : the entries of one period's doses, the period beginning at 0
    n : subjects
    length_h : the period
    end_h : entries later than this are left out

    Examples
    --------
    A rate that is on from 3 h to 29 h of a period of 12 h: what began 33, 21 and 9 h ago goes off
    in 5 h, what began 21 and 9 h ago in 17 h:

    >>> once = Schedule(np.array([0, 2]), np.array([3.0, 29.0]), np.array([1, 1]),
    ...     np.array([0, 0]), np.array([2.0, -2.0]))
    >>> still_to_come(once, 1, 12.0, 100.0).time.tolist()
    [5.0, 17.0]
    """
    found = []
    for i in range(n):
        here = slice(once.offset[i], once.offset[i + 1])
        rows = []
        for time, kind, index, value in zip(
            once.time[here], once.kind[here], once.index[here], once.value[here], strict=True
        ):
            passed = int(np.floor((time + SAME) / length_h))
            first = max(time - passed * length_h, 0.0)
            rows += [
                (round(first + k * length_h, TIME_DECIMALS), kind, index, value)
                for k in range(passed)
                if first + k * length_h <= end_h
            ]
        found.append(np.array(rows, dtype=ENTRY))
    return _joined(found)


def together_by_time(schedules: Sequence[Schedule], n: int) -> Schedule:
    """Return several schedules as one; at one time the entries of the first come first.

    Examples
    --------
    >>> one = Schedule(np.array([0, 1]), np.array([3.0]), np.array([0]), np.array([0]),
    ...     np.array([2.0]))
    >>> together_by_time([one, replace(one, time=np.array([1.0]))], 1).time.tolist()
    [1.0, 3.0]
    """
    found = []
    for i in range(n):
        parts = []
        for one in schedules:
            here = slice(one.offset[i], one.offset[i + 1])
            part = np.zeros(here.stop - here.start, dtype=ENTRY)
            part["time"], part["kind"] = one.time[here], one.kind[here]
            part["index"], part["value"] = one.index[here], one.value[here]
            parts.append(part)
        whole = np.concatenate(parts)
        found.append(whole[np.argsort(whole["time"], kind="stable")])
    return _joined(found)
