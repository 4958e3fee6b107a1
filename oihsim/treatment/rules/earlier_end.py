"""Resolved rules up to an earlier end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oihsim.treatment.doses.courses import order
from oihsim.treatment.doses.dose_checks import dose_number
from oihsim.treatment.rule_sets import DOSE


def cut_arm(arm: Mapping[str, Any], end_h: float, *, of_run: bool = False) -> dict[str, Any]:
    """Return a resolved arm whose rules end at ``end_h``; its fixed doses are left as they are.

    A rule set without a decision point before the end is dropped: its line becomes fixed doses. Of
    a rule set whose line would begin at the end or later, only rescue doses and holds remain. With
    ``of_run`` the end is that of the run, which is the default and is left out.
    """
    if not arm.get("rules"):
        return dict(arm)
    rule_sets, doses = [], list(arm["doses"])
    for rule_set in arm["rules"]:
        shortened = _rule_set(rule_set, end_h)
        if shortened is not None and of_run:
            shortened = _open(shortened, end_h)
        line = None if rule_set["line"] is None else _ended(rule_set["line"], end_h)
        if shortened is not None:
            rule_sets.append(shortened)
        elif line is not None and line["from_h"] < end_h:
            doses.append(_course(line, end_h))
    shorter_arm = {key: value for key, value in arm.items() if key != "rules"}
    shorter_arm["doses"] = sorted(doses, key=order)
    return {**shorter_arm, "rules": rule_sets} if rule_sets else shorter_arm


def _rule_set(rule_set: Mapping[str, Any], end_h: float) -> dict[str, Any] | None:
    """Return a rule set up to the end; None if no decision point with an effect remains."""
    times = dict(rule_set["visits"])
    if times.get("at_h") is not None:
        times["at_h"] = [time for time in times["at_h"] if time < end_h]
        if not times["at_h"]:
            return None
    else:
        if times["from_h"] >= end_h:
            return None
        times = _ended(times, end_h)
    line, rules = rule_set["line"], list(rule_set["rules"])
    if line is not None:
        line = _ended(line, end_h)
        if line["from_h"] >= end_h:
            line = None
            rules = [rule for rule in rules if _lineless(rule)]
            if not any(rule["action"] == "rescue" for rule in rules):
                return None
    read = {condition["reads"] for rule in rules for condition in rule["when"]}
    noise = {name: value for name, value in rule_set["noise"].items() if name in read}
    return {**rule_set, "line": line, "visits": times, "noise": noise, "rules": rules}


def _open(rule_set: Mapping[str, Any], end_h: float) -> dict[str, Any]:
    """Return a rule set whose windows leave out an end that is that of the run."""
    opened = dict(rule_set)
    for key in ("line", "visits"):
        item = rule_set[key]
        if item is not None and item.get("until_h") == end_h:
            opened[key] = {**item, "until_h": None}
    return opened


def _lineless(rule: Mapping[str, Any]) -> bool:
    return rule["action"] in ("rescue", "hold") and all(
        condition["reads"] != DOSE for condition in rule["when"]
    )


def _ended(item: Mapping[str, Any], end_h: float) -> dict[str, Any]:
    """Return a window that ends at ``end_h`` at the latest."""
    until = item["until_h"]
    return {**item, "until_h": end_h if until is None else min(until, end_h)}


def _course(line: Mapping[str, Any], end_h: float) -> dict[str, Any]:
    """Return a line as fixed doses."""
    until = end_h if line["until_h"] is None else line["until_h"]
    number = dose_number(line["from_h"], line["every_h"], until)
    return {
        "first_h": line["from_h"],
        "drug": line["drug"],
        "route": line["route"],
        "amount": line["amount"],
        "per_kg": line["per_kg"],
        "duration_h": line["duration_h"],
        "number": number,
        "every_h": line["every_h"] if number > 1 else 0.0,
        "unit": line["unit"],
    }
