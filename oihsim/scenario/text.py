"""A resolved scenario as plain text: every dose as understood."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from oihsim.caution import CAUTION


def explain(resolved: Mapping[str, Any]) -> str:
    """Return the scenario as text: sizes, then each arm with its doses in mg and hours."""
    population, every = resolved["population"], resolved["output_every_h"]
    count = population["count"]
    who = "the typical subject" if population["typical"] else f"{count} subjects"
    outputs = math.ceil(resolved["duration_h"] / every - 1e-9) + 1
    lines = [
        resolved["question"],
        "",
        f"who       {who} of {population['of']}, seed {population['seed']}",
        f"length    {_time(resolved['duration_h'])}, {outputs} outputs, every {_time(every)}",
        f"model     {resolved['model']}{_pairs(resolved['switches'])}",
    ]
    if resolved["history_h"]:
        lines += ["", f"before time 0, for {_time(resolved['history_h'])}"]
        lines += _doses(resolved["history"])
    for name, arm in resolved["arms"].items():
        reference = " (reference)" if name == resolved["compare"]["reference"] else ""
        lines += ["", f"arm {name}{reference}", *_doses(arm["doses"])]
        lines += [f"  {_hold(hold)}" for hold in arm["hold"]]
        lines += [f"  {address} = {value:.6g}" for address, value in arm["parameters"].items()]
    return "\n".join([*lines, "", CAUTION])


def _doses(courses: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a table of courses and the sum of each drug."""
    if not courses:
        return ["  no doses"]
    rows = [("drug", "route", "dose", "given", "first", "last", "number", "every", "in all")]
    totals: dict[tuple[str, bool], float] = defaultdict(float)
    for course in courses:
        kg = "/kg" if course["per_kg"] else ""
        amount, duration, number = course["amount_mg"], course["duration_h"], course["number"]
        given = "at once"
        if duration:
            given = f"{amount / duration:.6g} mg{kg}/h for {_time(duration)}"
        last = course["first_h"] + (number - 1) * course["every_h"]
        totals[course["drug"], course["per_kg"]] += amount * number
        rows.append(
            (
                course["drug"],
                course["route"],
                f"{amount:.6g} mg{kg}",
                given,
                _time(course["first_h"]),
                _time(last),
                str(number),
                _time(course["every_h"]) if number > 1 else "-",
                f"{amount * number:.6g} mg{kg}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    table = [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    sums = [
        f"{drug} {total:.6g} mg{'/kg' if per_kg else ''}"
        for (drug, per_kg), total in sorted(totals.items())
    ]
    return [*table, f"  cumulative: {', '.join(sums)}"]


def _time(hours: float) -> str:
    """Return hours, and days or minutes beside them where those are round.

    Examples
    --------
    >>> _time(720.0), _time(0.5), _time(1 / 12)
    ('720 h (30 d)', '0.5 h', '0.0833333 h (5 min)')
    """
    text = f"{hours:.6g} h"
    if 0.0 < abs(hours) < 2.0 and len(text) > 6:
        return f"{text} ({hours * 60:.4g} min)"
    return f"{text} ({hours / 24:g} d)" if hours and hours % 6 == 0 and abs(hours) >= 24 else text


def _hold(hold: Mapping[str, Any]) -> str:
    until = "the end" if hold["until_h"] is None else _time(hold["until_h"])
    return f"hold {hold['mechanism']} from {_time(hold['from_h'])} to {until}"


def _pairs(settings: Mapping[str, str]) -> str:
    return "".join(f", {name}: {value}" for name, value in settings.items())
