"""Oral morphine equivalents: one descriptive number per day for all opioids given.

The factors are those of a guideline, in a file beside this one. They describe; they are not for
converting one opioid into another, and they ignore tolerance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from oihsim.files.units import convert
from oihsim.files.yaml import read_yaml
from oihsim.treatment.arm import Course

TABLE = Path(__file__).parent / "oral_morphine_equivalents.yaml"

DESCRIPTIVE = (
    "Oral morphine equivalents are labelled amounts times the factors of the CDC guideline of 2022 "
    "(dowell2022). They only describe what was given and are never for converting one opioid into "
    "another: tolerance is not in the factors, differs between opioids and undoes any such number."
)


@dataclass(frozen=True)
class Equivalents:
    """Oral morphine equivalents of some courses.

    Parameters
    ----------
    a_day : mg on each day from time 0; empty if a factor is missing
    missing : drugs and routes without a factor
    """

    a_day: tuple[float, ...] = ()
    missing: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def conversion_table() -> dict[str, Any]:
    """Return the table of factors with its source.

    Examples
    --------
    >>> conversion_table()["factors"]["methadone"]["factor"]
    4.7
    """
    return read_yaml(TABLE).data


def factor(drug: str, route: str) -> float | None:
    """Return mg of oral morphine for one mg of a drug by a route; None if there is no factor.

    Examples
    --------
    >>> factor("methadone", "oral"), factor("methadone", "iv")
    (4.7, None)
    >>> factor("fentanyl", "transdermal") * 0.025 * 24  # 25 mcg/h
    60.0
    """
    # a variant of a drug, such as morphine-oosten2017, is the same drug
    row = conversion_table()["factors"].get(drug.partition("-")[0])
    if row is None or route not in row["routes"]:
        return None
    return float(row["factor"] / convert(1.0, row["of"], "mg/d"))


def equivalents(
    courses: Iterable[Course], end_h: float, opioid: Callable[[str], bool]
) -> Equivalents | None:
    """Return the equivalents of the doses from time 0 to ``end_h``; None without an opioid.

    Parameters
    ----------
    courses : doses; those before time 0 are left out
    end_h : the end, h
    opioid : whether a drug is an opioid agonist

    Examples
    --------
    >>> course = Course(0.0, "oxycodone", "oral", 20.0, number=4, every_h=12.0)
    >>> equivalents([course], 48.0, lambda drug: True).a_day
    (60.0, 60.0)
    """
    days = [0.0] * max(1, math.ceil(end_h / 24.0 - 1e-9))
    missing, any_opioid = set(), False
    for course in courses:
        if course.last_h + course.duration_h < 0.0 or not opioid(course.drug):
            continue
        any_opioid, per_mg = True, factor(course.drug, course.route)
        if per_mg is None:
            missing.add(f"{course.drug} {course.route}")
        elif course.per_kg:
            missing.add(f"{course.drug} per kg of body weight")
        else:
            _add(days, course, per_mg, end_h)
    if not any_opioid:
        return None
    return Equivalents((), tuple(sorted(missing))) if missing else Equivalents(tuple(days))


def _add(days: list[float], course: Course, per_mg: float, end_h: float) -> None:
    """Add a course to the days: a bolus to its day, an infusion to each day on which it runs."""
    for dose in course.doses():
        amount = per_mg * dose.amount
        if dose.duration_h == 0.0:
            if 0.0 <= dose.time_h < end_h:
                days[int(dose.time_h // 24.0)] += amount
            continue
        begin, end = max(dose.time_h, 0.0), min(dose.time_h + dose.duration_h, end_h)
        for day in range(int(begin // 24.0), math.ceil(end / 24.0)):
            hours = min(end, 24.0 * day + 24.0) - max(begin, 24.0 * day)
            days[day] += amount * hours / dose.duration_h


def in_words(daily: Equivalents) -> str:
    """Return the equivalents as a line.

    Examples
    --------
    >>> print(in_words(Equivalents((60.0, 60.0, 90.0))))
    oral morphine equivalents per day: 60 mg on the first, 90 mg on the last, at most 90 mg
    >>> print(in_words(Equivalents((), ("buprenorphine sublingual",))))
    oral morphine equivalents per day: not given (no factor for buprenorphine sublingual)
    """
    title = "oral morphine equivalents per day"
    if daily.missing:
        return f"{title}: not given (no factor for {', '.join(daily.missing)})"
    first, last, most = daily.a_day[0], daily.a_day[-1], max(daily.a_day)
    if max(abs(mg - first) for mg in daily.a_day) <= 1e-9 * most:
        return f"{title}: {first:.4g} mg"
    return f"{title}: {first:.4g} mg on the first, {last:.4g} mg on the last, at most {most:.4g} mg"
