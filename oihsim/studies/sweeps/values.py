"""Values of a sweep, tried one by one, so that refusals are reported before the work begins."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model
from oihsim.files.errors import InputError, Problem
from oihsim.files.forms import shown
from oihsim.files.yaml import Document, Place, closest
from oihsim.results.trial_course import REPORTED
from oihsim.scenario import Scenario
from oihsim.studies.sweeps.axes import Axis
from oihsim.studies.sweeps.sweep_form import SweepForm

Concerns = dict[str, list[str]]
"""Concerns about breathing, as in :mod:`oihsim.treatment.breathing`: kind -> arms."""

SHARED: dict[str, Callable[[Scenario], Any]] = {
    "arms": lambda scenario: list(scenario.arms),
    "output times": lambda scenario: scenario.output_times(),
    "population.count": lambda scenario: scenario.count,
    "population.first": lambda scenario: scenario.first,
    "model": lambda scenario: scenario.model,
    "tests": lambda scenario: scenario.tests,
    "endpoints": lambda scenario: scenario.endpoints,
    "trial": lambda scenario: scenario.trial,
}
"""What all points have in common, so that they fit into one array."""


def changed_as_written(
    document: Document, place: Place, scenario: Scenario, changes: Mapping[str, Any]
) -> tuple[Scenario, list[Problem]]:
    """Return a scenario with changes, and their problems as problems of the sweep file."""
    try:
        return scenario.change(changes), []
    except InputError as error:
        # a parameter is refused in every arm, and reported once
        distinct = {
            (problem.actual, problem.allowed): problem for problem in reversed(error.problems)
        }
        return scenario, [
            document.problem(place, f"{problem.actual} (at {problem.field})", problem.allowed)
            for problem in reversed(distinct.values())
        ]


def check_values(
    document: Document, form: SweepForm, axes: Iterable[Axis], scenarios: Mapping[str, Scenario]
) -> tuple[list[Problem], Concerns]:
    """Return the problems of each value of each axis by itself, and the concerns about breathing.

    Of a range the two ends are tried. Combinations of values are checked when they are simulated.
    """
    problems: list[Problem] = []
    concerns: Concerns = {}
    for name, scenario in scenarios.items():
        _add(concerns, name if len(scenarios) > 1 else "", scenario)
    for axis in axes:
        for index in _tried(axis, form.vary[axis.name].values):
            place = _place(axis, form.vary[axis.name].values, index)
            for name, scenario in scenarios.items():
                changed, wrong = changed_as_written(document, place, scenario, axis.changes(index))
                problems += wrong or _check_shared(document, place, scenario, changed)
                _add(concerns, name if len(scenarios) > 1 else "", changed)
    return list(dict.fromkeys(problems)), concerns


def check_variables(
    document: Document, form: SweepForm, scenarios: Mapping[str, Scenario]
) -> list[Problem]:
    """Return the variables that no result of the scenarios has.

    A label may stand for another drug with further variables; then the simulation decides.
    """
    if any(axis.values is not None for axis in form.vary.values()):
        return []
    known: set[str] = set()
    for scenario in scenarios.values():
        linked = Model.named(scenario.model).linked
        known |= {state.name for state in linked.states}
        known |= {output.name for output in linked.outputs}
        known |= set(scenario.tests) | ({REPORTED} if scenario.trial else set())
        for drug in scenario.drugs:
            known.add(f"{drug}_cumulative_dose")
            known |= {
                f"{ligand}_{place}_concentration"
                for ligand in load_drug(drug).ligands
                for place in ("effect_site", "plasma")
            }
    of_variables = [(("variables", i), name) for i, name in enumerate(form.variables or [])]
    places: list[tuple[Place, str]] = [
        *of_variables,
        *((("above", name), name) for name in form.above),
    ]
    return [
        document.problem(place, f"no variable named {shown(name)}", closest(name, known))
        for place, name in places
        if name not in known
    ]


def _tried(axis: Axis, written: list[Any] | None) -> list[int]:
    """Return the indices of the values to try: each different value, or the ends of a range."""
    if written is None:
        numbers = [float(value) for value in axis.coordinate]
        return sorted({numbers.index(min(numbers)), numbers.index(max(numbers))})
    firsts = {json.dumps(value): i for i, value in reversed(list(enumerate(axis.values)))}
    return sorted(firsts.values())


def _place(axis: Axis, written: list[Any] | None, index: int) -> Place:
    if written is None:
        return ("vary", axis.name)
    return ("vary", axis.name, "values", written.index(axis.values[index]))


def _add(concerns: Concerns, prefix: str, scenario: Scenario) -> None:
    """Add the arms of a scenario about which there is a concern."""
    for kind, arms in scenario.breathing.items():
        names = [f"{prefix}/{arm}" if prefix else arm for arm in arms]
        concerns[kind] = list(dict.fromkeys([*concerns.get(kind, []), *names]))


def _check_shared(
    document: Document, place: Place, before: Scenario, after: Scenario
) -> list[Problem]:
    """Return a problem for each property that all points share and a value changes."""
    allowed = "the same at every point; 'changes' and 'subjects' set it for all"
    return [
        document.problem(place, f"another value of {name}", allowed)
        for name, of in SHARED.items()
        if of(before) != of(after)
    ]
