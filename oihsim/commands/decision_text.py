"""The decision log of one subject as a table for reading."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr

from oihsim.commands.number_text import significant
from oihsim.files.caution import closed
from oihsim.files.errors import InputError, Problem
from oihsim.files.text_table import WIDTH, Column, table_lines, unbroken

HEADS = ("time", "block", "observed", "rule", "action", "dose")

NOTE = (
    "Observed values include their measurement noise. A changed dose applies from the next dose of "
    "the line."
)


def meanings(variable: xr.DataArray) -> list[str]:
    """Return the words that the codes of a variable stand for, by number.

    Examples
    --------
    >>> meanings(xr.DataArray(0, attrs={"flag_meanings": "scheduled history_of_the_population"}))
    ['scheduled', 'history of the population']
    """
    return [word.replace("_", " ") for word in str(variable.attrs["flag_meanings"]).split()]


def decision_text(
    ds: xr.Dataset, *, scenario: str | None = None, id: int = 0,  # noqa: A002
    acted: bool = False, width: int | None = WIDTH,
) -> str:  # fmt: skip
    """Return every decision of one subject: time, observations, rule, dose before and after.

    Parameters
    ----------
    ds : result, or some arms or subjects of it
    scenario : arm; may be left out if the result has one arm with rules
    id : subject
    acted : only the decisions in which a rule matched
    width : characters of a line; None for as many as the table needs

    Raises
    ------
    InputError : the result has no decisions, or no such arm or subject
    """
    for dim in ("scenario", "draw", "id"):
        ds = ds if dim in ds.dims or dim not in ds.coords else ds.expand_dims(dim)
    arm = _arm(ds, scenario, id)
    log = ds.sel(scenario=arm, id=id).isel(draw=0)
    shown = (log.decision_block >= 0) & ((log.decision_rule > 0) | (not acted))
    units = _dose_units(log, _line_units(ds, arm))
    rows = [_row(log.isel(decision=k), *units[k]) for k in np.flatnonzero(shown.values)]
    table = table_lines([Column(head) for head in HEADS], rows, width, indent="")
    lines = [f"{arm}, subject {id}: decisions", "", *table, *([] if rows else ["none"])]
    return closed(lines, [NOTE], str(ds.attrs.get("breathing", "")), width)


def _arm(ds: xr.Dataset, scenario: str | None, subject: int) -> str:
    """Return the arm that is named, or the only one with rules."""
    if "decision_block" not in ds:
        problem = Problem("decision_text", None, "ds", "no decision log", "a result with rules")
        raise InputError([problem])
    arms = [str(name) for name in ds["scenario"].values]
    ruled = [arm for arm in arms if (ds.decision_block.sel(scenario=arm) >= 0).any()]
    problems = []
    if scenario is None and len(ruled) != 1:
        problems.append(("scenario", "none named", f"one of {', '.join(ruled) or 'no arm'}"))
    elif scenario is not None and scenario not in arms:
        problems.append(("scenario", repr(scenario), f"one of {', '.join(arms)}"))
    if subject not in ds["id"].values:
        problems.append(("id", repr(subject), "{} to {}".format(*ds["id"].values[[0, -1]])))
    if problems:
        raise InputError([Problem("decision_text", None, *problem) for problem in problems])
    return scenario or ruled[0]


def _line_units(ds: xr.Dataset, arm: str) -> dict[str, dict[str, str]]:
    """Return unit and drug of the doses of each block, first (``""``) and after its switches.

    Block -> rule -> unit and drug; a rule has the name of its block before its own, as in the log.
    """
    resolved = json.loads(ds.attrs.get("resolved_scenario", "{}"))
    if "arms" not in resolved:
        # scenarios side by side: the arm has the name of its scenario before its own
        name, _, arm = arm.partition("/")
        resolved = resolved.get(name, {})
    units: dict[str, dict[str, str]] = {}
    for block in resolved.get("arms", {}).get(arm, {}).get("rules", ()):
        lines = {"": block["line"]} | {
            f"{block['name']}/{rule['name']}": rule["line"]
            for rule in block["rules"]
            if rule["action"] == "switch"
        }
        units[block["name"]] = {
            rule: f"{line['unit']}{'/kg' if line['per_kg'] else ''} {line['drug']}"
            for rule, line in lines.items()
            if line is not None
        }
    return units


def _dose_units(log: xr.Dataset, lines: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    """Return unit and drug of the dose before and after each decision of a subject."""
    blocks, rules = meanings(log.decision_block), meanings(log.decision_rule)
    now = {name: after.get("", "") for name, after in lines.items()}
    units = []
    for block, rule in zip(log.decision_block.values, log.decision_rule.values, strict=True):
        name = blocks[block] if block >= 0 else ""
        before = now.get(name, "")
        now[name] = lines.get(name, {}).get(rules[rule], before) if rule > 0 else before
        units.append((before, now[name]))
    return units


def _row(decision: xr.Dataset, unit: str, unit_after: str) -> tuple[str, ...]:
    """Return one decision as the cells of its row."""
    words = {
        name: str(decision[f"decision_{name}"].attrs["flag_meanings"]).split()[
            int(decision[f"decision_{name}"])
        ]
        for name in ("block", "rule", "action")
    }
    rule = words["rule"].removeprefix(f"{words['block']}/")
    before, after = float(decision.decision_dose_before), float(decision.decision_dose_after)
    dose = significant(after)
    if unit != unit_after:
        dose = f"{significant(before)} {unit} -> {dose}"
    elif before != after:
        dose = f"{significant(before)} -> {dose}"
    dose = "-" if before == after == 0.0 else f"{dose} {unit_after}".rstrip()
    nothing = words["rule"] == "none"
    return (
        _time(float(decision.decision_time)),
        words["block"],
        _observed(decision.decision_observed),
        "-" if nothing else rule,
        "-" if nothing else words["action"],
        dose,
    )


def _observed(values: Any) -> str:
    units = values["observation_units"].values
    readings = [
        unbroken(f"{name} {significant(float(value))}" + ("" if unit == "1" else f" {unit}"))
        for name, value, unit in zip(values["observation"].values, values.values, units,
                                     strict=True)
        if not np.isnan(value)
    ]  # fmt: skip
    return ", ".join(readings) or "-"


def _time(hours: float) -> str:
    """Return a time in days where that is a round number.

    Examples
    --------
    >>> _time(336.0), _time(5.5)
    ('14 d', '5.5 h')
    """
    days = hours / 24.0
    return f"{days:g} d" if days >= 1.0 and round(days, 3) == days else f"{hours:.6g} h"
