"""Missed and late doses: which doses each subject takes, and how late.

Every number is drawn by (seed, drug, route, when the dose is due, subject). A subject misses the
same doses in every arm in which they are due, however their amounts and the lines they are written
in differ, and however many subjects there are. One deviate of each subject, shared by all drugs,
says how often it misses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import inf, log1p, sqrt

import numpy as np
from numpy.typing import NDArray

from oihsim.model.variability import deviates, uniforms
from oihsim.treatment.arm import TIME_DECIMALS, Adherence, Arm, Course
from oihsim.treatment.rule_sets import RuleSet

__all__ = [
    "Adherence",
    "arm_intake",
    "block_intake",
    "chances",
    "dose_times",
    "intake_of",
    "taken",
]

Array = NDArray[np.float64]
Intake = Mapping[Course, Array]
"""Course -> (n, number): how late each dose is taken, h; NaN where it is missed. A course that is
not there is taken on time."""


def arm_intake(arm: Arm, n: int, seed: int, first: int = 0) -> dict[Course, Array]:
    """Return how late every dose of an arm is taken by ``n`` subjects.

    Parameters
    ----------
    arm : its courses and its adherence; the past is always taken on time
    n : number of subjects
    seed : of the scenario
    first : number of the first subject

    Returns
    -------
    dict
        as :data:`Intake`; empty without adherence

    Examples
    --------
    >>> course = Course(0.0, "morphine", "oral", 30.0, number=5, every_h=12.0)
    >>> late = arm_intake(Arm("a", (course,), adherence=Adherence(0.4, 0.4)), 2, seed=1)
    >>> late[course].shape
    (2, 5)
    """
    if arm.adherence is None:
        return {}
    return intake_of(arm.adherence, arm.courses, n, seed, first)


def intake_of(
    adherence: Adherence, courses: Iterable[Course], n: int, seed: int, first: int = 0
) -> dict[Course, Array]:
    """Return how late the doses of courses are taken, as :func:`arm_intake` does.

    Doses of a drug that are due by one route at one time are one occasion: taken, missed or late
    together. The occasions of a drug and route follow each other, whichever course they are of.
    """
    lines: dict[tuple[str, str], list[Course]] = {}
    for course in courses:
        # a rate that runs on is no dose that somebody remembers or forgets
        runs_on = course.number == 1 and course.duration_h > 0.0
        if adherence.concerns(course.drug, course.route) and not runs_on and course.last_h >= 0.0:
            lines.setdefault((course.drug, course.route), []).append(course)
    intake: dict[Course, Array] = {}
    for (drug, route), occasions in lines.items():
        due = {course: _due(course) for course in occasions}
        times = np.unique(
            np.concatenate([due_times[due_times >= 0.0] for due_times in due.values()])
        )
        last = [course.every_h for course in occasions if due[course][-1] == times[-1]]
        gaps = np.append(
            np.diff(times), min((interval for interval in last if interval > 0.0), default=inf)
        )
        late = _late(adherence, _keys(drug, route, times), gaps, n, seed, first)
        for course, when in due.items():
            intake[course] = np.zeros((n, course.number))
            intake[course][:, when >= 0.0] = late[:, np.searchsorted(times, when[when >= 0.0])]
    return intake


def taken(
    adherence: Adherence, course: Course, n: int, seed: int
) -> tuple[NDArray[np.bool_], Array]:
    """Return which doses of one course are taken, and how late.

    Returns
    -------
    tuple
        (n, number) whether a dose is taken; (n, number) how late, h, 0 where it is missed

    Examples
    --------
    >>> course = Course(0.0, "morphine", "oral", 30.0, number=1000, every_h=12.0)
    >>> bool(abs(taken(Adherence(0.1, 0.1), course, 10, seed=1)[0].mean() - 0.9) < 0.01)
    True
    """
    late = intake_of(adherence, [course], n, seed).get(course, np.zeros((n, course.number)))
    return ~np.isnan(late), np.nan_to_num(late)


def block_intake(
    adherence: Adherence | None, block: RuleSet, n: int, most: int, seed: int, first: int = 0
) -> Array:
    """Return how late each dose that a block gives by the clock is taken, (n, most), h.

    NaN where it is missed. Doses are keyed by when they would be due in the line with which the
    block begins, so that a subject misses those of a fixed course at the same times too. That line
    decides whether adherence concerns them, and no delay reaches the shortest interval of the
    block's lines.

    Parameters
    ----------
    adherence : of the arm; None takes every dose on time
    block : rules and the line they act on
    n, most : number of subjects, and of doses there may be; more doses leave the first as they are
    seed : of the scenario
    first : number of the first subject

    Examples
    --------
    >>> from oihsim.treatment.rule_sets import DoseLine
    >>> block = RuleSet("chasing", (), (), DoseLine("morphine", "oral", 30.0, every_h=12.0))
    >>> late = block_intake(Adherence(0.5, 0.5), block, 2, 30, seed=1)
    >>> course = Course(0.0, "morphine", "oral", 45.0, number=30, every_h=12.0)
    >>> bool((taken(Adherence(0.5, 0.5), course, 2, seed=1)[0] == np.isfinite(late)).all())
    True
    """
    line = block.line
    if line is None:
        return np.zeros((n, 0))
    if adherence is None or not adherence.concerns(line.drug, line.route):
        return np.zeros((n, most))
    due = _due(Course(line.from_h, line.drug, line.route, 0.0, number=most, every_h=line.every_h))
    gap = min((line.every_h for line in block.lines if line.every_h > 0.0), default=inf)
    keys = _keys(line.drug, line.route, due)
    return _late(adherence, keys, np.full(most, gap), n, seed, first)


def dose_times(course: Course, late: Array | None, n: int) -> Array:
    """Return when each subject takes each dose of a course, (n, number), h; NaN where it is missed.

    ``late`` is that of the course in :data:`Intake`, None if it is not there.

    Examples
    --------
    >>> course = Course(0.0, "morphine", "oral", 30.0, number=2, every_h=12.0)
    >>> dose_times(course, np.array([[0.5, np.nan]]), 1).tolist()
    [[0.5, nan]]
    """
    due = _due(course)
    return np.tile(due, (n, 1)) if late is None else np.round(due + late, TIME_DECIMALS)


def chances(adherence: Adherence, n: int, seed: int, first: int = 0) -> tuple[Array, Array, Array]:
    """Return the chance of each subject to miss a dose, (n,): in all, after a miss, after none.

    Notes
    -----
    Whether doses are missed is a Markov chain with the long-run chance ``p`` and the correlation
    ``r`` of neighbours: ``p + r (1 - p)`` after a missed dose, ``p (1 - r)`` after one taken. The
    correlation is that of a subject whose ``p`` is the mean; misses in a row are in the mean
    ``1 / (1 - again)`` there. The logit of ``p`` is normal, around the value with which the mean of
    ``p`` is ``missed``.

    Examples
    --------
    >>> [float(one[0]) for one in chances(Adherence(missed=0.1, again=0.4), 1, seed=1)]
    ... # doctest: +ELLIPSIS
    [0.1, 0.4, 0.0666...]
    """
    p = np.full(n, adherence.missed)
    if adherence.sd > 0.0 and 0.0 < adherence.missed < 1.0:
        from scipy.special import expit

        z = deviates(seed, "adherence", n, first)
        p = np.asarray(expit(_centre(adherence.missed, adherence.sd) + adherence.sd * z))
    r = 0.0
    if adherence.missed < 1.0:
        r = (adherence.again - adherence.missed) / (1.0 - adherence.missed)
    return p, p + r * (1.0 - p), p * (1.0 - r)


@lru_cache(maxsize=64)
def _centre(mean: float, sd: float) -> float:
    """Return the mean of a normal logit with which the mean of the chance is ``mean``.

    Examples
    --------
    >>> abs(_centre(0.5, 2.0)) < 1e-12, _centre(0.1, 2.0) < _centre(0.1, 1.0) < -2.2
    (True, True)
    """
    from scipy.special import expit

    # the trapezoidal rule is exact to rounding for so smooth an integrand
    z = np.linspace(-9.0, 9.0, 1801)
    weight = np.exp(-0.5 * z * z)
    weight /= weight.sum()
    low, high = -1000.0, 1000.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        if float(weight @ expit(middle + sd * z)) < mean:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _due(course: Course) -> Array:
    """Return when the doses of a course are due, (number,), h."""
    due = course.first_h + course.every_h * np.arange(course.number, dtype=np.float64)
    # adding nothing makes -0.0 the same text as 0.0
    return np.round(due, TIME_DECIMALS) + 0.0


def _keys(drug: str, route: str, times: Array) -> list[str]:
    return [f"{drug}.{route}.{time:.{TIME_DECIMALS}f}" for time in times]


def _late(
    adherence: Adherence, keys: Sequence[str], gaps: Array, n: int, seed: int, first: int
) -> Array:
    """Return (n, m): how late the occasions of one drug and route are, NaN where missed.

    ``gaps`` is the time from each to the next, h.
    """
    late = np.zeros((n, len(keys)))
    on_average, after_missed, after_taken = chances(adherence, n, seed, first)
    chance = on_average
    for number, (key, gap) in enumerate(zip(keys, gaps.tolist(), strict=True)):
        missed = uniforms(seed, f"adherence.missed.{key}", n, first) < chance
        chance = np.where(missed, after_missed, after_taken)
        if adherence.late_h > 0.0:
            u = uniforms(seed, f"adherence.late.{key}", n, first)
            late[:, number] = _delay(adherence, u, gap)
        late[missed, number] = np.nan
    return late


def _delay(adherence: Adherence, u: Array, gap: float) -> Array:
    """Return delays by the inverse of their distribution function, cut at ``gap``, h."""
    from scipy.special import ndtr, ndtri

    size, cv = adherence.late_h, adherence.late_cv
    if cv is None:
        within = 2.0 * ndtr(gap / size) - 1.0
        delay = size * ndtri(0.5 + 0.5 * u * within)
    else:
        omega = sqrt(log1p(cv * cv))
        within = ndtr(np.log(gap / size) / omega)
        delay = size * np.exp(omega * ndtri(u * within))
    return np.minimum(np.asarray(delay, dtype=np.float64), gap)
