"""From lines of doses to courses in hours and mg (or counts), and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oihsim.treatment.arm import Course, Past
from oihsim.treatment.doses.dose_checks import dose_number
from oihsim.treatment.doses.dose_form import DoseForm, HistoryForm


def past_of(form: HistoryForm) -> Past:
    """Return the past of a checked form; its times count from its own start."""
    courses = sorted((course(dose, 0.0) for dose in form.doses), key=order)
    return Past(form.duration, tuple(Course(**fields) for fields in courses))


def order(item: dict[str, Any]) -> tuple[Any, ...]:
    """Return the key by which plain data is sorted: its values, None first."""
    return tuple((value is not None, value) for value in item.values())


def course(dose: DoseForm, start: float) -> dict[str, Any]:
    """Return a line of doses in h and mg, its times counted from ``start``."""
    number, interval_h, duration = 1, 0.0, dose.over or 0.0
    if dose.rate is not None:
        assert dose.until is not None
        duration = dose.until - dose.from_
        amount, per_kg, unit = dose.rate[0] * duration, dose.rate[1], "mg"
    else:
        assert dose.amount is not None
        amount, per_kg, unit = dose.amount
        if dose.every is not None:
            interval_h = dose.every
            number = dose.times or dose_number(dose.from_, interval_h, dose.until or 0.0)
    return {
        "first_h": start + dose.from_,
        "drug": dose.drug,
        "route": dose.route,
        "amount": amount,
        "per_kg": per_kg,
        "duration_h": duration,
        "number": number,
        "every_h": interval_h if number > 1 else 0.0,
        "unit": unit,
    }


def shifted(past: Past, start: float) -> list[dict[str, Any]]:
    """Return the courses of a past as plain data, their times counted from ``start``.

    Examples
    --------
    >>> past = Past(720.0, (Course(24.0, "methadone", "oral", 80.0),))
    >>> shifted(past, -720.0)[0]["first_h"]
    -696.0
    """
    return [{**vars(course), "first_h": start + course.first_h} for course in past.courses]


def written_time(hours: float) -> str:
    """Return a time as a file writes it, to the last bit."""
    return f"{float(hours)!r} h"


def written_history(duration_h: float, courses: Sequence[Mapping[str, Any]], start: float) -> Any:
    """Return a past as a file writes it; the courses' times count from ``start``."""
    doses = [written_dose(course, start) for course in courses]
    return {"duration": written_time(duration_h), "doses": doses}


def dose_unit(course: Mapping[str, Any]) -> str:
    """Return the unit of a course's amount.

    Examples
    --------
    >>> dose_unit({"unit": "mg", "per_kg": True})
    'mg/kg'
    """
    return f"{course['unit']}/kg" if course["per_kg"] else str(course["unit"])


def written_dose(course: Mapping[str, Any], start: float) -> dict[str, Any]:
    """Return a course as a file writes it, its times counted from ``start``."""
    dose = {
        "drug": course["drug"],
        "route": course["route"],
        "amount": f"{float(course['amount'])!r} {dose_unit(course)}",
        "from": written_time(course["first_h"] - start),
    }
    if course["duration_h"]:
        dose["over"] = written_time(course["duration_h"])
    if course["number"] > 1:
        dose |= {"every": written_time(course["every_h"]), "times": course["number"]}
    return dose
