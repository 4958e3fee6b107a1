"""Changes to a scenario, made on its written form so that they are checked like a file."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from oihsim.files.errors import InputError, Problem
from oihsim.files.findings import mapping
from oihsim.files.units import quantity
from oihsim.files.yaml import closest
from oihsim.scenario.address import leads_inside, put
from oihsim.scenario.scenario_form import ScenarioForm
from oihsim.treatment.doses.courses import written_time
from oihsim.treatment.doses.dose_checks import dose_number
from oihsim.treatment.doses.steady_past import merged_history
from oihsim.treatment.rules.earlier_end import cut_arm
from oihsim.treatment.rules.rules_of_arms import gives_rescue

FIELDS = tuple(info.alias or name for name, info in ScenarioForm.model_fields.items())
GROUPS = ("population", "tolerance", "compare", "arms", "switches", "history", "trial")
OUTPUTS = {"output_every", "outputs"}


def changed(data: dict[str, Any], changes: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the written form with changes; ``data`` must have no arm based on another.

    Raises
    ------
    InputError
        a key is neither a field nor an address, or leads nowhere; values are checked later
    """
    data = copy.deepcopy(data)
    problems = []
    if "model" in changes:
        data["switches"] = {}
    # the duration first: it cuts the old doses, and the new ones are checked against it
    for key, value in sorted(changes.items(), key=lambda change: change[0] != "duration"):
        head, dot, tail = str(key).partition(".")
        if key == "parameters" and isinstance(value, Mapping):
            _in_all_arms(data, dict(value))
        elif key == "hold":
            for arm in _arms(data):
                arm["hold"] = copy.deepcopy(value)
        elif key == "adherence":
            for arm in _arms(data):
                arm["adherence"] = copy.deepcopy(value)
                if value is None:
                    del arm["adherence"]
        elif key == "trial" and value is None:
            data.pop(key, None)
        elif key == "duration":
            _cut(data, value)
            data["duration"] = value
        elif key == "history" and isinstance(value, Mapping):
            data[key] = merged_history(mapping(data.get(key)), copy.deepcopy(dict(value)))
        elif key in FIELDS:
            # the list of outputs and the one interval replace each other
            if value is not None and key in OUTPUTS:
                for other in OUTPUTS - {key, *changes}:
                    data.pop(other, None)
            merge = isinstance(value, Mapping) and isinstance(data.get(key), dict)
            if key == "population" and merge and "of" in value:
                data[key].pop("file", None)
            data[key] = {**data[key], **value} if merge and key in GROUPS else copy.deepcopy(value)
        elif head in GROUPS and leads_inside(tail):
            if refusal := put(data, str(key), value):
                problems.append(Problem(name, None, str(key), *refusal))
        elif head in GROUPS and tail:
            _set(data, head, tail, value)
        elif dot:
            _in_all_arms(data, {str(key): value})
        else:
            allowed = f"an address such as nmda.k_on, or a field: {closest(str(key), FIELDS)}"
            problems.append(
                Problem(name, None, str(key), "no field or address of that name", allowed)
            )
    if problems:
        raise InputError(problems)
    return data


def rules_cut(resolved: Mapping[str, Any], changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the resolved form whose rules end where a change of its duration ends it earlier."""
    try:
        end = quantity(changes.get("duration"), "time")
    except ValueError:
        return resolved
    if not 0.0 < end < resolved["duration_h"]:
        return resolved
    arms = {name: cut_arm(arm, end, of_run=True) for name, arm in resolved["arms"].items()}
    return {**resolved, "arms": arms}


def _in_all_arms(data: dict[str, Any], values: dict[str, Any]) -> None:
    for arm in _arms(data):
        arm["parameters"] = {**mapping(arm.get("parameters")), **values}


def _arms(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the arms that have keys; any other arm is refused later."""
    return [arm for arm in mapping(data["arms"]).values() if isinstance(arm, dict)]


def _set(data: dict[str, Any], group: str, key: str, value: Any) -> None:
    fields = data.setdefault(group, {})
    if (group, key) == ("population", "of"):
        # another population than that of a file
        fields.pop("file", None)
    if value is not None:
        fields[key] = copy.deepcopy(value)
        return
    fields.pop(key, None)
    if group == "arms" and data["compare"].get("reference") == key:
        data["compare"].pop("reference")


def _cut(data: dict[str, Any], duration: Any) -> None:
    """Drop doses, holds and windows after a new, earlier end, and shorten those across it."""
    try:
        end = quantity(duration, "time")
    except ValueError:
        return
    if end >= quantity(data["duration"], "time"):
        return
    for arm in data["arms"].values():
        arm["doses"] = [_cut_dose(dose, end) for dose in arm["doses"] if _begins(dose, end)]
        arm["hold"] = [_cut_window(hold, end) for hold in arm["hold"] if _begins(hold, end)]
        rescue = arm.pop("rescue", None)
        if rescue and _begins(rescue, end):
            arm["rescue"] = _cut_window(rescue, end)
    if "outputs" in data:
        data["outputs"] = _cut_outputs(data["outputs"], end)
    windows = [_cut_window(w, end) for w in data["compare"]["endpoints"] if _begins(w, end)]
    if not any(gives_rescue(arm) for arm in data["arms"].values()):
        windows = [window for window in windows if window["endpoint"] != "rescue_consumption"]
    data["compare"]["endpoints"] = windows


def _begins(item: dict[str, Any], end: float) -> bool:
    if "at" in item:
        return quantity(item["at"], "time") <= end
    return quantity(item["from"], "time") < end


def _cut_outputs(outputs: list[dict[str, Any]], end: float) -> list[dict[str, Any]]:
    """Return the intervals between outputs that begin before the new end."""
    begins = [0.0, *(quantity(part["until"], "time") for part in outputs[:-1])]
    before = [part for part, begin in zip(outputs, begins, strict=True) if begin < end]
    return [*before[:-1], _cut_window(before[-1], end)]


def _cut_window(window: dict[str, Any], end: float) -> dict[str, Any]:
    window = dict(window)
    if "until" in window and quantity(window["until"], "time") > end:
        window.pop("until")
    return window


def _cut_dose(dose: dict[str, Any], end: float) -> dict[str, Any]:
    if "target" in dose and quantity(dose["until"], "time") > end:
        return {**dose, "until": written_time(end)}
    if "every" not in dose:
        return dose
    interval_h, first = quantity(dose["every"], "time"), quantity(dose["from"], "time")
    return {**dose, "times": min(dose["times"], dose_number(first, interval_h, end))}
