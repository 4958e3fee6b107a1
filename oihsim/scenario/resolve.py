"""From the written form of a scenario to the resolved one, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oihsim.files.units import number_in_unit
from oihsim.scenario.population_settings import resolved_settings, written_settings
from oihsim.scenario.scenario_checks import setting
from oihsim.scenario.scenario_form import (
    ArmForm,
    EndpointForm,
    HoldForm,
    ScenarioForm,
    TrialForm,
)
from oihsim.scenario.scenario_vocabulary import ScenarioVocabulary
from oihsim.treatment.arm import Past
from oihsim.treatment.doses.adherence import resolved_adherence, written_adherence
from oihsim.treatment.doses.courses import (
    course,
    order,
    shifted,
    written_dose,
    written_history,
    written_time,
)
from oihsim.treatment.doses.rescue import resolved_rescue, written_rescue
from oihsim.treatment.doses.steady_past import resolved_steady, written_steady
from oihsim.treatment.doses.target_lines import resolved_target, written_target
from oihsim.treatment.rules.rules_of_arms import resolved_rules, written_rules

RESOLVED = "oihsim-resolved/1"


def resolve(form: ScenarioForm, vocabulary: ScenarioVocabulary, past: Past) -> dict[str, Any]:
    """Return the resolved form of a checked scenario whose population has the ``past``.

    Times are in h, amounts in mg or mg/kg, parameters in their own units. Times of the history
    are negative, and those of the population's history lie before it. Doses are sorted, so that
    the order of listing leaves no trace.
    """
    steady, history, doses = _scenario_past(form)
    past = past if form.population.past else Past()
    before = [*shifted(past, -(history + past.duration_h)), *doses]
    return {
        "schema": RESOLVED,
        "question": " ".join(form.question.split()),
        "references": list(form.references),
        "duration_h": form.duration,
        "output_every_h": form.output_every,
        # only of a scenario that lists them
        **({"outputs": _outputs(form)} if form.outputs else {}),
        "population": {
            "of": form.population.of,
            "count": form.population.count,
            "seed": form.population.seed,
            "typical": form.population.typical,
            "past": form.population.past,
            # only of a block of a larger population
            **({"first": form.population.first} if form.population.first else {}),
            **resolved_settings(form.population),
        },
        "model": form.model,
        "switches": _switches(form, vocabulary),
        "tolerance": {"relative": form.tolerance.relative},
        "population_history_h": past.duration_h,
        "population_history": shifted(past, -(history + past.duration_h)),
        "history_h": history,
        "history": doses,
        **({"history_steady": steady} if steady else {}),
        "arms": {name: _arm(name, form, vocabulary, before) for name in form.arms},
        "tests": _tests(form, vocabulary),
        **({} if form.trial is None else {"trial": _trial(form.trial)}),
        "compare": {
            "reference": form.compare.reference or next(iter(form.arms)),
            "endpoints": [
                {"endpoint": window.endpoint, **_window(window, form.duration)}
                for window in form.compare.endpoints
            ],
        },
    }


def _outputs(form: ScenarioForm) -> list[dict[str, float | None]]:
    return [{"every_h": part.every, "until_h": part.until} for part in form.outputs or []]


def _window(window: EndpointForm, duration: float) -> dict[str, float]:
    """Return the window of an endpoint; one time is a window without length."""
    if window.at is not None:
        return {"from_h": window.at, "until_h": window.at}
    return {"from_h": window.from_, "until_h": window.until or duration}


def _scenario_past(
    form: ScenarioForm,
) -> tuple[dict[str, Any] | None, float, list[dict[str, Any]]]:
    """Return the settings of a steady state, the length of the past, h, and its courses."""
    if form.history is None:
        return None, 0.0, []
    if form.history.steady_state is not None:
        steady, courses = resolved_steady(form.history)
        return steady, steady["period_h"], courses
    length = form.history.duration or 0.0
    return None, length, sorted((course(dose, -length) for dose in form.history.doses), key=order)


def _tests(form: ScenarioForm, vocabulary: ScenarioVocabulary) -> list[str]:
    """Return the sensory tests of the scenario, those among its endpoints included."""
    named = {*form.tests, *(window.endpoint for window in form.compare.endpoints)}
    return [name for name in vocabulary.tests if name in named]


def _trial(form: TrialForm) -> dict[str, Any]:
    """Return the course of a trial with sizes in points."""
    from oihsim.results.trial_course import NATURAL_COURSE, NOISE, PLACEBO

    settings = form.model_dump(exclude_none=True)
    for parameter in (PLACEBO, NATURAL_COURSE, NOISE):
        if isinstance(settings[parameter.symbol], bool):
            settings[parameter.symbol] *= parameter.value
    return settings


def _switches(form: ScenarioForm, vocabulary: ScenarioVocabulary) -> dict[str, str]:
    settings = {name: known[0] for name, known in vocabulary.switches(form.model).items()}
    settings |= {name: setting(value) for name, value in form.switches.items()}
    return dict(sorted(settings.items()))


def _lineage(name: str, form: ScenarioForm) -> list[ArmForm]:
    """Return the arms from the oldest ancestor down to the arm itself."""
    line = [form.arms[name]]
    while line[0].based_on is not None:
        line.insert(0, form.arms[line[0].based_on])
    return line


def _arm(
    name: str, form: ScenarioForm, vocabulary: ScenarioVocabulary, before: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return an arm; ``before`` has the courses of its past."""
    line = _lineage(name, form)
    doses = [dose for arm in line for dose in [*(arm.doses or []), *arm.add]]
    holds = [*form.hold, *(hold for arm in line for hold in arm.hold)]
    changes: dict[str, Any] = dict(form.parameters)
    for arm in line:
        changes |= arm.parameters
    values = {}
    for address, value in sorted(changes.items()):
        owner, _, symbol = address.partition(".")
        values[address] = number_in_unit(value, vocabulary.units(owner, form.model)[symbol])
    rescues = [arm.rescue for arm in line if arm.rescue is not None]
    adherence = next((arm.adherence for arm in line[::-1] if arm.adherence), form.adherence)
    resolved = {
        "doses": sorted((course(dose, 0.0) for dose in doses if dose.target is None), key=order),
        "hold": sorted((_hold(hold) for hold in holds), key=order),
        "parameters": values,
        # the last of the line replaces those before it
        "rescue": resolved_rescue(rescues[-1]) if rescues else None,
        **({"adherence": resolved_adherence(adherence)} if adherence else {}),
    }
    if lines := [resolved_target(dose) for dose in doses if dose.target is not None]:
        resolved["targets"] = sorted(lines, key=order)
    blocks = next((arm.rules for arm in reversed(line) if arm.rules is not None), [])
    if blocks:
        resolved["rules"] = resolved_rules(blocks, resolved, before, form.model, vocabulary)
    return resolved


def _hold(hold: HoldForm) -> dict[str, Any]:
    return {"mechanism": hold.mechanism, "from_h": hold.from_, "until_h": hold.until}


def written(resolved: Mapping[str, Any], vocabulary: ScenarioVocabulary) -> dict[str, Any]:
    """Return a written form that resolves to ``resolved``, with the same past of the population."""
    if resolved["schema"] != RESOLVED:
        raise ValueError(f"schema is not {RESOLVED}")
    data: dict[str, Any] = {
        "schema": "oihsim-scenario/1",
        "question": resolved["question"],
        "references": list(resolved["references"]),
        "duration": written_time(resolved["duration_h"]),
        "output_every": written_time(resolved["output_every_h"]),
        "population": written_settings(resolved["population"]),
        "model": resolved["model"],
        "switches": dict(resolved["switches"]),
        "tolerance": dict(resolved["tolerance"]),
        # results stored before there were sensory tests have no such key
        "tests": list(resolved.get("tests", [])),
        **({"trial": dict(resolved["trial"])} if resolved.get("trial") else {}),
        "arms": {},
        "compare": {
            "reference": resolved["compare"]["reference"],
            "endpoints": [_written_endpoint(window) for window in resolved["compare"]["endpoints"]],
        },
    }
    if resolved.get("outputs"):
        del data["output_every"]
        data["outputs"] = [_written_stretch(part) for part in resolved["outputs"]]
    if resolved.get("history_steady"):
        data["history"] = written_steady(resolved["history_steady"], resolved["history"])
    elif resolved["history_h"]:
        length = float(resolved["history_h"])
        data["history"] = written_history(length, resolved["history"], -length)
    for name, arm in resolved["arms"].items():
        changes = {}
        for address, value in arm["parameters"].items():
            owner, _, symbol = address.partition(".")
            unit = vocabulary.units(owner, resolved["model"])[symbol]
            changes[address] = value if unit == "1" else f"{float(value)!r} {unit}"
        data["arms"][name] = {
            "doses": [
                *(written_dose(dose, 0.0) for dose in arm["doses"]),
                *(written_target(line) for line in arm.get("targets", ())),
            ],
            "hold": [_written_window(hold) for hold in arm["hold"]],
            "parameters": changes,
        }
        # results stored before there were rescue doses have no such key
        if arm.get("rescue") is not None:
            data["arms"][name]["rescue"] = written_rescue(arm["rescue"])
        if arm.get("rules"):
            data["arms"][name]["rules"] = written_rules(resolved, arm, vocabulary)
        if "adherence" in arm:
            data["arms"][name]["adherence"] = written_adherence(arm["adherence"])
    return data


def written_past(resolved: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the population's past as a file writes it; None if it has none.

    Results stored before populations had a past have no such keys.
    """
    length = float(resolved.get("population_history_h", 0.0))
    if not length:
        return None
    if not resolved["population"]["past"]:
        raise ValueError("a past that is left out")
    start = -(float(resolved["history_h"]) + length)
    return written_history(length, resolved["population_history"], start)  # type: ignore[no-any-return]


def _written_stretch(part: Mapping[str, Any]) -> dict[str, str]:
    until = {} if part["until_h"] is None else {"until": written_time(part["until_h"])}
    return {"every": written_time(part["every_h"]), **until}


def _written_endpoint(window: Mapping[str, Any]) -> dict[str, Any]:
    if window["from_h"] == window["until_h"]:
        return {"endpoint": window["endpoint"], "at": written_time(window["from_h"])}
    return _written_window(window)


def _written_window(item: Mapping[str, Any]) -> dict[str, Any]:
    window = dict(item)
    first, until = window.pop("from_h"), window.pop("until_h")
    window["from"] = written_time(first)
    if until is not None:
        window["until"] = written_time(until)
    return window
