"""From the written form of a scenario to the resolved one, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oihsim.scenario.checks import parameter_value, setting
from oihsim.scenario.dose_checks import dose_number
from oihsim.scenario.form import ArmForm, DoseForm, HoldForm, ScenarioForm
from oihsim.vocabulary import Vocabulary

RESOLVED = "oihsim-resolved/1"


def resolve(form: ScenarioForm, vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the resolved form of a checked scenario.

    Times are in h, amounts in mg or mg/kg, parameters in their own units. Times of the history
    are negative. Doses are sorted, so that the order of listing leaves no trace.
    """
    history = 0.0 if form.history is None else form.history.duration
    past = [] if form.history is None else form.history.doses
    return {
        "schema": RESOLVED,
        "question": " ".join(form.question.split()),
        "references": list(form.references),
        "duration_h": form.duration,
        "output_every_h": form.output_every,
        "population": {
            "of": form.population.of,
            "count": form.population.count,
            "seed": form.population.seed,
            "typical": form.population.typical,
        },
        "model": form.model,
        "switches": _switches(form, vocabulary),
        "tolerance": {"relative": form.tolerance.relative},
        "history_h": history,
        "history": sorted((_course(dose, -history) for dose in past), key=_order),
        "arms": {name: _arm(name, form, vocabulary) for name in form.arms},
        "compare": {
            "reference": form.compare.reference or next(iter(form.arms)),
            "endpoints": [
                {
                    "endpoint": one.endpoint,
                    "from_h": one.from_,
                    "until_h": form.duration if one.until is None else one.until,
                }
                for one in form.compare.endpoints
            ],
        },
    }


def _switches(form: ScenarioForm, vocabulary: Vocabulary) -> dict[str, str]:
    settings = {name: known[0] for name, known in vocabulary.switches(form.model).items()}
    settings |= {name: setting(value) for name, value in form.switches.items()}
    return dict(sorted(settings.items()))


def _lineage(name: str, form: ScenarioForm) -> list[ArmForm]:
    """Return the arms from the oldest ancestor down to the arm itself."""
    line = [form.arms[name]]
    while line[0].based_on is not None:
        line.insert(0, form.arms[line[0].based_on])
    return line


def _arm(name: str, form: ScenarioForm, vocabulary: Vocabulary) -> dict[str, Any]:
    line = _lineage(name, form)
    doses = [dose for arm in line for dose in [*(arm.doses or []), *arm.add]]
    holds = [*form.hold, *(hold for arm in line for hold in arm.hold)]
    changes: dict[str, Any] = dict(form.parameters)
    for arm in line:
        changes |= arm.parameters
    values = {}
    for address, value in sorted(changes.items()):
        owner, _, symbol = address.partition(".")
        values[address] = parameter_value(value, vocabulary.units(owner, form.model)[symbol])
    return {
        "doses": sorted((_course(dose, 0.0) for dose in doses), key=_order),
        "hold": sorted((_hold(hold) for hold in holds), key=_order),
        "parameters": values,
    }


def _order(item: dict[str, Any]) -> tuple[Any, ...]:
    return tuple((value is not None, value) for value in item.values())


def _hold(hold: HoldForm) -> dict[str, Any]:
    return {"mechanism": hold.mechanism, "from_h": hold.from_, "until_h": hold.until}


def _course(dose: DoseForm, start: float) -> dict[str, Any]:
    number, every, duration = 1, 0.0, dose.over or 0.0
    if dose.rate is not None:
        assert dose.until is not None
        duration = dose.until - dose.from_
        amount, per_kg = dose.rate[0] * duration, dose.rate[1]
    else:
        assert dose.amount is not None
        amount, per_kg = dose.amount
        if dose.every is not None:
            every = dose.every
            number = dose.times or dose_number(dose.from_, every, dose.until or 0.0)
    return {
        "first_h": start + dose.from_,
        "drug": dose.drug,
        "route": dose.route,
        "amount_mg": amount,
        "per_kg": per_kg,
        "duration_h": duration,
        "number": number,
        "every_h": every if number > 1 else 0.0,
    }


def written(resolved: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    """Return a written form that resolves to ``resolved``."""
    if resolved["schema"] != RESOLVED:
        raise ValueError(f"schema is not {RESOLVED}")
    data: dict[str, Any] = {
        "schema": "oihsim-scenario/1",
        "question": resolved["question"],
        "references": list(resolved["references"]),
        "duration": _time(resolved["duration_h"]),
        "output_every": _time(resolved["output_every_h"]),
        "population": dict(resolved["population"]),
        "model": resolved["model"],
        "switches": dict(resolved["switches"]),
        "tolerance": dict(resolved["tolerance"]),
        "arms": {},
        "compare": {
            "reference": resolved["compare"]["reference"],
            "endpoints": [_written_window(one) for one in resolved["compare"]["endpoints"]],
        },
    }
    if resolved["history_h"]:
        start = -float(resolved["history_h"])
        past = [_written_dose(course, start) for course in resolved["history"]]
        data["history"] = {"duration": _time(-start), "doses": past}
    for name, arm in resolved["arms"].items():
        changes = {}
        for address, value in arm["parameters"].items():
            owner, _, symbol = address.partition(".")
            unit = vocabulary.units(owner, resolved["model"])[symbol]
            changes[address] = value if unit == "1" else f"{float(value)!r} {unit}"
        data["arms"][name] = {
            "doses": [_written_dose(course, 0.0) for course in arm["doses"]],
            "hold": [_written_window(hold) for hold in arm["hold"]],
            "parameters": changes,
        }
    return data


def _time(hours: float) -> str:
    return f"{float(hours)!r} h"


def _written_window(item: Mapping[str, Any]) -> dict[str, Any]:
    window = dict(item)
    first, until = window.pop("from_h"), window.pop("until_h")
    window["from"] = _time(first)
    if until is not None:
        window["until"] = _time(until)
    return window


def _written_dose(course: Mapping[str, Any], start: float) -> dict[str, Any]:
    dose = {
        "drug": course["drug"],
        "route": course["route"],
        "amount": f"{float(course['amount_mg'])!r} mg{'/kg' if course['per_kg'] else ''}",
        "from": _time(course["first_h"] - start),
    }
    if course["duration_h"]:
        dose["over"] = _time(course["duration_h"])
    if course["number"] > 1:
        dose |= {"every": _time(course["every_h"]), "times": course["number"]}
    return dose
