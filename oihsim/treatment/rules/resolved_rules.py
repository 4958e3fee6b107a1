"""Rule sets in hours and mg as plain data, and from there to files and to dataclasses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from oihsim.treatment.arm import TIME_DECIMALS
from oihsim.treatment.doses.courses import dose_unit, written_time
from oihsim.treatment.doses.dose_checks import dose_number
from oihsim.treatment.rule_sets import (
    AMOUNT,
    DOSE,
    MEAN,
    PART,
    STEPS,
    TIME,
    VALUE,
    Condition,
    DoseLine,
    Rule,
    RuleSet,
)
from oihsim.treatment.rules.conditions import (
    ComparisonText,
    DoseChange,
    comparison_text,
    written_part,
)
from oihsim.treatment.rules.rule_checks import noise_value
from oihsim.treatment.rules.rule_form import (
    GivenForm,
    LineForm,
    ReactingForm,
    RuleForm,
    RuleSetForm,
    ToForm,
)
from oihsim.treatment.rules.rule_lines import SAME
from oihsim.treatment.vocabulary import Vocabulary


def resolved_rule_sets(
    rule_sets: Sequence[RuleSetForm], known: Vocabulary, units: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return checked rule sets as plain data, JSON types only.

    ``units`` has the variables that conditions may read, each with its unit;
    see :func:`oihsim.treatment.rules.rule_checks.readable`.
    """
    return [_rule_set(rule_set, known, units) for rule_set in rule_sets]


def _rule_set(rule_set: RuleSetForm, known: Vocabulary, units: Mapping[str, str]) -> dict[str, Any]:
    line = None if rule_set.line is None else _line(rule_set.line)
    visits = rule_set.visits
    times: dict[str, Any] = {"at_h": visits.at}
    if visits.at is None:
        times = {"from_h": visits.from_, "every_h": visits.every, "until_h": visits.until}
    unit = "mg" if line is None else dose_unit(line)
    all_units = {**units, TIME: "h", DOSE: unit}
    names = _names(rule_set.rules)
    return {
        "name": rule_set.name,
        "line": line,
        "visits": times,
        "noise": {
            name: noise_value(known, units, name, value)
            for name, value in sorted(rule_set.noise.items())
        },
        "rules": [
            _rule(rule, name, all_units) for rule, name in zip(rule_set.rules, names, strict=True)
        ],
    }


def _names(rules: Sequence[RuleForm]) -> list[str]:
    """Return the names of rules: without a name the action, numbered if that is taken."""
    taken = {rule.name for rule in rules}
    names = []
    for rule in rules:
        name, number = rule.name or rule.then, 1
        while rule.name is None and name in taken:
            number += 1
            name = f"{rule.then}-{number}"
        taken.add(name)
        names.append(name)
    return names


def _rule(rule: RuleForm, name: str, units: Mapping[str, str]) -> dict[str, Any]:
    line = None
    if rule.to is not None:
        line = _line(rule.to)
    elif rule.give is not None:
        line = _dose(rule.give)
    by = rule.by or DoseChange(PART, 0.0)
    return {
        "name": name,
        "action": rule.then,
        "when": [_condition(condition, units) for condition in rule.when],
        "by": by.value,
        "by_kind": by.kind,
        "line": line,
        "for_h": rule.for_,
        "confirm": rule.confirm,
        "lock_out_h": rule.lock_out or 0.0,
        "most": 0 if rule.at_most is None else rule.at_most.times,
        "per_h": 0.0 if rule.at_most is None else rule.at_most.per,
    }


def _condition(text: ComparisonText, units: Mapping[str, str]) -> dict[str, Any]:
    limit = text.limit(units[text.reads])
    condition: dict[str, Any] = {"reads": text.reads, "sense": text.sense, "value": limit}
    if text.of != VALUE:
        condition["of"] = text.of
    if text.of == MEAN:
        condition["over_h"] = text.over_h
    return condition


def _dose(form: GivenForm) -> dict[str, Any]:
    amount, per_kg, unit = form.amount or (0.0, False, "mg")
    return {
        "drug": form.drug,
        "route": form.route,
        "amount": amount,
        "per_kg": per_kg,
        "unit": unit,
        "duration_h": form.over or 0.0,
    }


def _line(form: ReactingForm) -> dict[str, Any]:
    low, high = form.bounds or (None, None)
    largest = form.largest_change
    dose, rungs = _dose(form), [rung[0] for rung in form.ladder or []]
    # on the ladder to the last bit, also if written in another unit
    near = [rung for rung in rungs if math.isclose(rung, dose["amount"], rel_tol=SAME)]
    line = {
        **dose,
        **({"amount": near[0]} if near else {}),
        "every_h": form.every,
        "ladder": rungs,
        "low": 0.0 if low is None else low[0],
        "high": None if high is None else high[0],
        "largest": None if largest is None else largest.by.value,
        "largest_is_part": largest is not None and largest.by.kind == PART,
        "per_h": 0.0 if largest is None else largest.per,
    }
    if isinstance(form, LineForm):
        line |= {"from_h": form.from_, "until_h": form.until}
    if isinstance(form, ToForm):
        line |= {"ratio": form.ratio or 0.0, "after_h": form.after}
    return line


def drugs_of(arm: Mapping[str, Any], past: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the drugs of a resolved arm and of the courses of its past."""
    drugs = {course["drug"] for course in (*past, *arm["doses"], *arm.get("targets", ()))}
    if arm.get("rescue") is not None:
        drugs.add(arm["rescue"]["drug"])
    return drugs | {
        line["drug"] for rule_set in arm.get("rules", ()) for line in lines_of(rule_set)
    }


def lines_of(rule_set: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every line and rescue dose of a resolved rule set."""
    lines = (rule_set["line"], *(rule["line"] for rule in rule_set["rules"]))
    return [line for line in lines if line is not None]


def decision_points(rule_set: Mapping[str, Any], duration_h: float) -> tuple[float, ...]:
    """Return the decision points of a resolved rule set within a run of ``duration_h``, h.

    Examples
    --------
    >>> decision_points({"visits": {"from_h": 24.0, "every_h": 48.0, "until_h": None}}, 120.0)
    (24.0, 72.0)
    """
    times = rule_set["visits"]
    if times.get("at_h") is not None:
        return tuple(round(time, TIME_DECIMALS) for time in times["at_h"])
    first, interval_h = times["from_h"], times["every_h"]
    end = duration_h if times["until_h"] is None else times["until_h"]
    number = dose_number(first, interval_h, end)
    return tuple(round(first + k * interval_h, TIME_DECIMALS) for k in range(number))


def as_rule_set(rule_set: Mapping[str, Any], duration_h: float) -> RuleSet:
    """Return the rule set of a run from its resolved form."""
    return RuleSet(
        name=rule_set["name"],
        decision_points=decision_points(rule_set, duration_h),
        rules=tuple(_as_rule(rule) for rule in rule_set["rules"]),
        line=_as_line(rule_set["line"]),
        noise=dict(rule_set["noise"]),
    )


def _as_line(line: Mapping[str, Any] | None) -> DoseLine | None:
    if line is None:
        return None
    ends = {key: math.inf for key in ("until_h", "high", "largest") if line.get(key, 0.0) is None}
    return DoseLine(**{**line, **ends, "ladder": tuple(line.get("ladder", ()))})


def _as_rule(rule: Mapping[str, Any]) -> Rule:
    return Rule(
        **{
            **rule,
            "when": tuple(Condition(**condition) for condition in rule["when"]),
            "line": _as_line(rule["line"]),
            "for_h": math.inf if rule["for_h"] is None else rule["for_h"],
        }
    )


def written_rule_set(
    rule_set: Mapping[str, Any], known: Vocabulary, units: Mapping[str, str]
) -> dict[str, Any]:
    """Return a resolved rule set as a file writes it; see :func:`resolved_rule_sets`."""
    line, times = rule_set["line"], rule_set["visits"]
    all_units = {**units, TIME: "h", DOSE: "mg" if line is None else dose_unit(line)}
    written: dict[str, Any] = {"name": rule_set["name"]}
    if line is not None:
        written["line"] = _written_line(line)
    if times.get("at_h") is not None:
        written["visits"] = {"at": [written_time(time) for time in times["at_h"]]}
    else:
        written["visits"] = {
            "every": written_time(times["every_h"]), **_window(times),
        }  # fmt: skip
    if rule_set["noise"]:
        written["noise"] = {
            # a sensory test has a coefficient of variation, without a unit
            name: value
            if name in known.tests or all_units[name] == "1"
            else _amount(value, all_units[name])
            for name, value in rule_set["noise"].items()
        }
    written["rules"] = [_written_rule(rule, all_units, line) for rule in rule_set["rules"]]
    return written


def _window(item: Mapping[str, Any]) -> dict[str, str]:
    window = {"from": written_time(item["from_h"])}
    return window if item["until_h"] is None else {**window, "until": written_time(item["until_h"])}


def _amount(value: float, unit: str) -> str:
    return f"{float(value)!r} {unit}"


def _by(kind: str, value: float, unit: str) -> str:
    if kind == STEPS:
        return f"{value:.0f} step{'s' if value > 1 else ''}"
    return _amount(value, unit) if kind == AMOUNT else written_part(value)


def _written_dose(line: Mapping[str, Any]) -> dict[str, Any]:
    written: dict[str, Any] = {"drug": line["drug"], "route": line["route"]}
    if line.get("ratio"):
        written["ratio"] = line["ratio"]
    else:
        written["amount"] = _amount(line["amount"], dose_unit(line))
    if line["duration_h"]:
        written["over"] = written_time(line["duration_h"])
    return written


def _written_line(line: Mapping[str, Any]) -> dict[str, Any]:
    unit = dose_unit(line)
    written = {**_written_dose(line), "every": written_time(line["every_h"])}
    if "from_h" in line:
        written |= _window(line)
    if line.get("after_h"):
        written["after"] = written_time(line["after_h"])
    if line["ladder"]:
        written["ladder"] = [_amount(rung, unit) for rung in line["ladder"]]
    if line["low"] or line["high"] is not None:
        high = line["high"]
        written["bounds"] = [_amount(line["low"], unit), _amount(high, unit)]
    if line["largest"] is not None:
        kind = PART if line["largest_is_part"] else AMOUNT
        by = _by(kind, line["largest"], unit)
        written["largest_change"] = {"by": by, "per": written_time(line["per_h"])}
    return written


def _written_rule(
    rule: Mapping[str, Any], units: Mapping[str, str], line: Mapping[str, Any] | None
) -> dict[str, Any]:
    written: dict[str, Any] = {"name": rule["name"]}
    if rule["when"]:
        written["when"] = [_written_condition(condition, units) for condition in rule["when"]]
    written["then"] = rule["action"]
    if rule["by"]:
        unit = "mg" if line is None else dose_unit(line)
        written["by"] = _by(rule["by_kind"], rule["by"], unit)
    if rule["for_h"] is not None:
        written["for"] = written_time(rule["for_h"])
    if rule["action"] == "switch":
        written["to"] = _written_line(rule["line"])
    elif rule["line"] is not None:
        written["give"] = _written_dose(rule["line"])
    if rule["confirm"] != 1:
        written["confirm"] = rule["confirm"]
    if rule["lock_out_h"]:
        written["lock_out"] = written_time(rule["lock_out_h"])
    if rule["most"]:
        written["at_most"] = {"times": rule["most"], "per": written_time(rule["per_h"])}
    return written


def _written_condition(condition: Mapping[str, Any], units: Mapping[str, str]) -> str:
    return comparison_text(
        condition, units[condition["reads"]],
        number=lambda value: repr(float(value)), part=written_part, time=written_time,
    )  # fmt: skip
