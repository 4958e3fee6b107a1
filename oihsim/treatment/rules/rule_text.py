"""Resolved rule sets in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oihsim.treatment.doses.courses import dose_unit
from oihsim.treatment.doses.dose_table import hours_text
from oihsim.treatment.rule_sets import AMOUNT, DOSE, STEPS, TIME
from oihsim.treatment.rules.conditions import comparison_text
from oihsim.treatment.rules.resolved_rules import decision_points

MOST_TIMES = 20
"""Largest number of listed decision points that are shown one by one."""


def rule_set_text(
    rule_set: Mapping[str, Any], duration_h: float, units: Mapping[str, str]
) -> list[str]:
    """Return a resolved rule set in lines of text.

    Parameters
    ----------
    rule_set : as :func:`oihsim.treatment.rules.resolved_rules.resolved_rule_sets` returns it
    duration_h : length of the run, h
    units : variable that conditions read -> its unit
    """
    times = decision_points(rule_set, duration_h)
    when = f"{len(times)} decision points from {hours_text(times[0])} to {hours_text(times[-1])}"
    if len(times) == 1:
        when = f"one decision point at {hours_text(times[0])}"
    elif rule_set["visits"].get("at_h") is None:
        when += f", every {hours_text(rule_set['visits']['every_h'])}"
    elif len(times) <= MOST_TIMES:
        when = f"{len(times)} decision points at {', '.join(map(hours_text, times))}"
    lines = [f"  rules {rule_set['name']}: {when}; the first rule that matches acts"]
    unit = "mg"
    if rule_set["line"] is not None:
        unit = dose_unit(rule_set["line"])
        lines.append(f"    line: {_line(rule_set['line'])}")
    if rule_set["noise"]:
        noise = ", ".join(f"{name} {value:g}" for name, value in rule_set["noise"].items())
        lines.append(f"    measurement noise: {noise}")
    all_units = {**units, TIME: "h", DOSE: unit}
    lines += [f"    {n}. {_rule(rule, all_units)}" for n, rule in enumerate(rule_set["rules"], 1)]
    return lines


def _line(line: Mapping[str, Any]) -> str:
    text = f"{_dose(line)} every {hours_text(line['every_h'])}"
    if "from_h" in line:
        until = "the end" if line["until_h"] is None else hours_text(line["until_h"])
        text += f" from {hours_text(line['from_h'])} to {until}"
    elif line["after_h"]:
        text += f", first after {hours_text(line['after_h'])}"
    unit = dose_unit(line)
    if line["ladder"]:
        rungs = ", ".join(f"{rung:.6g}" for rung in line["ladder"])
        text += f"; of {rungs} {unit}"
    if line["high"] is not None:
        text += f"; {line['low']:.6g} to {line['high']:.6g} {unit}"
    if line["largest"] is not None:
        by = _percent(line["largest"]) if line["largest_is_part"] else _size(line["largest"], unit)
        text += f"; no more than {by} up or down in {hours_text(line['per_h'])}"
    return text


def _dose(line: Mapping[str, Any]) -> str:
    amount = f"{line['amount']:.6g} {dose_unit(line)}"
    if line.get("ratio"):
        amount = f"{line['ratio']:.6g} times the daily mg of the line before, given"
    over = f" over {hours_text(line['duration_h'])}" if line["duration_h"] else ""
    return f"{line['drug']} {line['route']} {amount}{over}"


def _size(value: float, unit: str) -> str:
    return f"{value:.6g} {unit}"


def _percent(part: float) -> str:
    return f"{100.0 * part:.6g} %"


def _rule(rule: Mapping[str, Any], units: Mapping[str, str]) -> str:
    when = " and ".join(_condition(condition, units) for condition in rule["when"]) or "always"
    if rule["confirm"] > 1:
        when += f", at {rule['confirm']} decision points in a row"
    text = f"{rule['name']}: {when}: {_action(rule, units[DOSE])}"
    if rule["lock_out_h"]:
        text += f"; not again for {hours_text(rule['lock_out_h'])}"
    if rule["most"]:
        times = "once" if rule["most"] == 1 else f"{rule['most']} times"
        text += f"; at most {times} in {hours_text(rule['per_h'])}"
    return text


def _condition(condition: Mapping[str, Any], units: Mapping[str, str]) -> str:
    if condition["reads"] == TIME:
        return f"time {condition['sense']} {hours_text(condition['value'])}"
    return comparison_text(
        condition, units[condition["reads"]],
        number="{:.6g}".format, part=_percent, time=hours_text,
    )  # fmt: skip


def _action(rule: Mapping[str, Any], unit: str) -> str:
    action = rule["action"]
    if action in ("raise", "lower"):
        by = _percent(rule["by"])
        if rule["by_kind"] == STEPS:
            by = f"{rule['by']:.0f} step{'s' if rule['by'] > 1 else ''} of the ladder"
        elif rule["by_kind"] == AMOUNT:
            by = _size(rule["by"], unit)
        return f"{action} the dose by {by}"
    if action == "pause":
        length = "until a rule resumes" if rule["for_h"] is None else hours_text(rule["for_h"])
        return f"pause, {length if rule['for_h'] is None else f'for {length}'}"
    if action == "switch":
        return f"switch to {_line(rule['line'])}"
    if action == "rescue":
        return f"rescue dose: {_dose(rule['line'])}"
    return {"hold": "keep the dose", "resume": "resume doses", "stop": "stop for good"}[action]
