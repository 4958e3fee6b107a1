"""The decision log of one subject as a table for reading."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr

from oihsim.files.caution import closed
from oihsim.files.errors import InputError, Problem

WIDTH = 92


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
    acted: bool = False, width: int = WIDTH,
) -> str:  # fmt: skip
    """Return every decision of one subject: when, what was seen, which rule, dose before and after.

    Parameters
    ----------
    ds : result, or some arms or subjects of it
    scenario : arm; may be left out if the result has one arm with rules
    id : subject
    acted : only the decisions in which a rule matched
    width : of the notes below the table

    Raises
    ------
    InputError : the result has no decisions, or no such arm or subject
    """
    for dim in ("scenario", "draw", "id"):
        ds = ds if dim in ds.dims or dim not in ds.coords else ds.expand_dims(dim)
    arm = _arm(ds, scenario, id)
    one = ds.sel(scenario=arm, id=id).isel(draw=0)
    lines = [f"{arm}, subject {id}: decisions", ""]
    shown = (one.decision_block >= 0) & ((one.decision_rule > 0) | (not acted))
    given = _given(one, _lines(ds, arm))
    rows = [_row(one.isel(decision=k), *given[k]) for k in np.flatnonzero(shown.values)]
    head = ("time", "block", "observed", "rule", "action", "dose")
    sizes = [max(len(row[k]) for row in [head, *rows]) for k in range(len(head))]
    for row in [head, *rows]:
        cells = (f"{cell:<{size}}" for cell, size in zip(row, sizes, strict=True))
        lines.append("  ".join(cells).rstrip())
    if not rows:
        lines.append("none")
    notes = [
        "Observed values hold their measurement noise. A changed dose is given from the next dose "
        "of the line on.",
    ]
    return closed(lines, notes, str(ds.attrs.get("breathing", "")), width)


def _arm(ds: xr.Dataset, scenario: str | None, subject: int) -> str:
    """Return the arm that is meant."""
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
        raise InputError([Problem("decision_text", None, *one) for one in problems])
    return scenario or ruled[0]


def _lines(ds: xr.Dataset, arm: str) -> dict[str, dict[str, str]]:
    """Return what the doses of each block are, from its beginning (``""``) and after its switches.

    Block -> rule -> unit and drug, the rule with its block before it, as the log has it.
    """
    resolved = json.loads(ds.attrs.get("resolved_scenario", "{}"))
    if "arms" not in resolved:
        # scenarios side by side: the arm has the name of its own before it
        name, _, arm = arm.partition("/")
        resolved = resolved.get(name, {})
    found: dict[str, dict[str, str]] = {}
    for block in resolved.get("arms", {}).get(arm, {}).get("rules", ()):
        lines = {"": block["line"]} | {
            f"{block['name']}/{rule['name']}": rule["line"]
            for rule in block["rules"]
            if rule["action"] == "switch"
        }
        found[block["name"]] = {
            rule: f"{line['unit']}{'/kg' if line['per_kg'] else ''} {line['drug']}"
            for rule, line in lines.items()
            if line is not None
        }
    return found


def _given(one: xr.Dataset, lines: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    """Return unit and drug of the dose before and after each decision of a subject."""
    blocks, rules = meanings(one.decision_block), meanings(one.decision_rule)
    now = {name: after.get("", "") for name, after in lines.items()}
    found = []
    for block, rule in zip(one.decision_block.values, one.decision_rule.values, strict=True):
        name = blocks[block] if block >= 0 else ""
        before = now.get(name, "")
        now[name] = lines.get(name, {}).get(rules[rule], before) if rule > 0 else before
        found.append((before, now[name]))
    return found


def _row(one: xr.Dataset, unit: str, unit_after: str) -> tuple[str, ...]:
    """Return one decision as the cells of its line."""
    words = {
        name: str(one[f"decision_{name}"].attrs["flag_meanings"]).split()[
            int(one[f"decision_{name}"])
        ]
        for name in ("block", "rule", "action")
    }
    rule = words["rule"].removeprefix(f"{words['block']}/")
    before, after = float(one.decision_dose_before), float(one.decision_dose_after)
    dose = _number(before) if before == after else f"{_number(before)} -> {_number(after)}"
    if unit != unit_after:
        dose = f"{_number(before)} {unit} -> {_number(after)}"
    dose = "-" if before == after == 0.0 else f"{dose} {unit_after}".rstrip()
    nothing = words["rule"] == "none"
    return (
        _time(float(one.decision_time)),
        words["block"],
        _observed(one.decision_observed),
        "-" if nothing else rule,
        "-" if nothing else words["action"],
        dose,
    )


def _observed(values: Any) -> str:
    units = values["observation_units"].values
    seen = [
        f"{name} {_number(float(value))}" + ("" if unit == "1" else f" {unit}")
        for name, value, unit in zip(values["observation"].values, values.values, units,
                                     strict=True)
        if not np.isnan(value)
    ]  # fmt: skip
    return ", ".join(seen) or "-"


def _time(hours: float) -> str:
    """Return a time in days where that is a round number.

    Examples
    --------
    >>> _time(336.0), _time(5.5)
    ('14 d', '5.5 h')
    """
    days = hours / 24.0
    return f"{days:g} d" if days >= 1.0 and round(days, 3) == days else f"{hours:.6g} h"


def _number(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.4g}"
