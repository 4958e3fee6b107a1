"""Resolved courses of doses, and targets of pumps, as tables."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from oihsim.files.text_table import NO_BREAK, Column, folded, table_lines
from oihsim.treatment.doses.courses import dose_unit
from oihsim.treatment.doses.target_lines import rate_unit

NUMBER = re.compile(r"(?<=\d) (?=[a-z])")
"""The space between a number and its unit, at which no cell folds."""

HEADS = ("drug", "route", "dose", "given", "first", "last", "number", "every", "in all")

TARGET_HEADS = ("drug", "route", "target", "site", "from", "until", "controller", "largest rate")

PER_SUBJECT = "rates of targets are computed per subject; the dose ledger of a result has them"


def dose_table(courses: Sequence[Mapping[str, Any]], width: int | None = None) -> list[str]:
    """Return a table of courses and the sum of each drug, as wide as it needs without a width."""
    if not courses:
        return ["  no doses"]
    rows = []
    totals: dict[tuple[str, str], float] = defaultdict(float)
    for course in courses:
        unit = dose_unit(course)
        amount, duration, number = course["amount"], course["duration_h"], course["number"]
        manner = "at once"
        if duration:
            manner = f"{amount / duration:.6g} {unit}/h for {hours_text(duration)}"
        last = course["first_h"] + (number - 1) * course["every_h"]
        totals[course["drug"], unit] += amount * number
        rows.append(
            (
                course["drug"],
                course["route"],
                f"{amount:.6g} {unit}",
                manner,
                hours_text(course["first_h"]),
                hours_text(last),
                str(number),
                hours_text(course["every_h"]) if number > 1 else "-",
                f"{amount * number:.6g} {unit}",
            )
        )
    sums = [f"{drug} {total:.6g} {unit}" for (drug, unit), total in sorted(totals.items())]
    cells = [tuple(NUMBER.sub(NO_BREAK, cell) for cell in row) for row in rows]
    table = table_lines([Column(head) for head in HEADS], cells, width)
    return [*table, f"  cumulative: {', '.join(sums)}"]


def target_table(lines: Sequence[Mapping[str, Any]], width: int | None = None) -> list[str]:
    """Return a table of resolved target lines; nothing without any."""
    if not lines:
        return []
    rows = []
    for line in lines:
        most = line["max_rate"]
        rows.append(
            (
                line["drug"],
                line["route"],
                f"{line['target']:.6g} {line['unit']}",
                line["site"],
                hours_text(line["from_h"]),
                hours_text(line["until_h"]),
                line["controller"],
                "-" if most is None else f"{most:.6g} {rate_unit(line)}",
            )
        )
    cells = [tuple(NUMBER.sub(NO_BREAK, cell) for cell in row) for row in rows]
    table = table_lines([Column(head) for head in TARGET_HEADS], cells, width)
    return [*table, *folded(f"  {PER_SUBJECT}", width)]


def hours_text(hours: float) -> str:
    """Return hours, and days or minutes beside them where those are round.

    Examples
    --------
    >>> hours_text(720.0), hours_text(0.5), hours_text(1 / 12)
    ('720 h (30 d)', '0.5 h', '0.0833333 h (5 min)')
    """
    text = f"{hours:.6g} h"
    if 0.0 < abs(hours) < 2.0 and len(text) > 6:
        return f"{text} ({hours * 60:.4g} min)"
    return f"{text} ({hours / 24:g} d)" if hours and hours % 6 == 0 and abs(hours) >= 24 else text
