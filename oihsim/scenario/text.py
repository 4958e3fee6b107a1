"""A resolved scenario as plain text: every dose as understood."""

from __future__ import annotations

import math
import textwrap
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from oihsim.caution import CAUTION
from oihsim.doses.courses import dose_unit
from oihsim.doses.rescue import judged

WIDTH = 92
"""Columns of the lines at the foot."""


def explain(resolved: Mapping[str, Any], breathing: str = "") -> str:
    """Return the scenario as text: sizes, then each arm with its doses in mg and hours.

    ``breathing`` is what :func:`oihsim.breathing.sentence` says of it.
    """
    population, every = resolved["population"], resolved["output_every_h"]
    count = population["count"]
    who = "the typical subject" if population["typical"] else f"{count} subjects"
    outputs = math.ceil(resolved["duration_h"] / every - 1e-9) + 1
    lines = [
        resolved["question"],
        "",
        f"who       {who} of {population['of']}, seed {population['seed']}"
        f"{'' if population['past'] else ', without the past of the population'}",
        f"length    {hours_text(resolved['duration_h'])}, {outputs} outputs, "
        f"every {hours_text(every)}",
        f"model     {resolved['model']}{_pairs(resolved['switches'])}",
    ]
    if resolved["tests"]:
        tests = ", ".join(resolved["tests"])
        lines += textwrap.wrap(f"tests     {tests}", WIDTH, subsequent_indent=" " * 10)
    lines += _past(resolved)
    for name, arm in resolved["arms"].items():
        reference = " (reference)" if name == resolved["compare"]["reference"] else ""
        lines += ["", f"arm {name}{reference}", *dose_table(arm["doses"])]
        lines += _rescue(arm["rescue"], resolved["duration_h"])
        lines += [f"  {_hold(hold)}" for hold in arm["hold"]]
        lines += [f"  {address} = {value:.6g}" for address, value in arm["parameters"].items()]
    return "\n".join([*lines, "", *textwrap.wrap(breathing, WIDTH), CAUTION])


def _past(resolved: Mapping[str, Any]) -> list[str]:
    """Return what comes before time 0: the population's own past, then the scenario's."""
    lines, theirs, own = [], resolved["population_history_h"], resolved["history_h"]
    if theirs:
        until = f" until {hours_text(-own)}" if own else ""
        whose = f"the past of {resolved['population']['of']}"
        lines += ["", f"before time 0, for {hours_text(theirs)}{until}: {whose}"]
        lines += dose_table(resolved["population_history"])
    if own:
        whose = ": the past in this scenario" if theirs else ""
        lines += ["", f"before time 0, for {hours_text(own)}{whose}"]
        lines += dose_table(resolved["history"])
    return lines


def dose_table(courses: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a table of courses and the sum of each drug."""
    if not courses:
        return ["  no doses"]
    rows = [("drug", "route", "dose", "given", "first", "last", "number", "every", "in all")]
    totals: dict[tuple[str, str], float] = defaultdict(float)
    for course in courses:
        unit = dose_unit(course)
        amount, duration, number = course["amount"], course["duration_h"], course["number"]
        given = "at once"
        if duration:
            given = f"{amount / duration:.6g} {unit}/h for {hours_text(duration)}"
        last = course["first_h"] + (number - 1) * course["every_h"]
        totals[course["drug"], unit] += amount * number
        rows.append(
            (
                course["drug"],
                course["route"],
                f"{amount:.6g} {unit}",
                given,
                hours_text(course["first_h"]),
                hours_text(last),
                str(number),
                hours_text(course["every_h"]) if number > 1 else "-",
                f"{amount * number:.6g} {unit}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    table = [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    sums = [f"{drug} {total:.6g} {unit}" for (drug, unit), total in sorted(totals.items())]
    return [*table, f"  cumulative: {', '.join(sums)}"]


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


def _rescue(rescue: Mapping[str, Any] | None, duration_h: float) -> list[str]:
    """Return a rescue block in words."""
    if rescue is None:
        return []
    number = judged(rescue, duration_h)
    amount = f"{rescue['amount_mg']:.6g} mg{'/kg' if rescue['per_kg'] else ''}"
    until = "the end" if rescue["until_h"] is None else hours_text(rescue["until_h"])
    return [
        f"  rescue: {rescue['drug']} {rescue['route']} {amount} when pain is above "
        f"{rescue['when_pain_above']:g}, judged every {hours_text(rescue['every_h'])} "
        f"from {hours_text(rescue['from_h'])} to {until}: at most {number} doses"
    ]


def _hold(hold: Mapping[str, Any]) -> str:
    until = "the end" if hold["until_h"] is None else hours_text(hold["until_h"])
    return f"hold {hold['mechanism']} from {hours_text(hold['from_h'])} to {until}"


def _pairs(settings: Mapping[str, str]) -> str:
    return "".join(f", {name}: {value}" for name, value in settings.items())
