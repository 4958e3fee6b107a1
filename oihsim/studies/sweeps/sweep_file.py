"""Read a sweep file: all problems are reported at once, before any computation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oihsim.files.errors import InputError, Problem
from oihsim.files.forms import read_form, shown
from oihsim.files.yaml import Document, Place, closest, read_yaml
from oihsim.scenario import Scenario, load
from oihsim.studies.sweeps.axes import check_axis
from oihsim.studies.sweeps.design import check_design, design_axes
from oihsim.studies.sweeps.draws import drawn
from oihsim.studies.sweeps.shipped_sweeps import shipped_sweep_files
from oihsim.studies.sweeps.sweep_form import SweepForm
from oihsim.studies.sweeps.sweep_plan import POINT, Sweep, recipe_of
from oihsim.studies.sweeps.values import changed_as_written, check_values, check_variables

TAKEN = ("scenario", "draw", "id", "time", "block", "quantile", "status", "reason", POINT)
"""Names of the dimensions and variables that every sweep has."""

ALONE = {"population.count": 1, "population.first": 0}
"""The sweep, and not its scenarios, decides which subjects are simulated."""

SAME = (
    "duration_h", "output_every_h", "outputs", "endpoint_times_h", "population", "seed", "typical",
    "model",
)  # fmt: skip
"""What several scenarios must have in common, so that the subjects are the same."""


def read_sweep(source: str | Path | Mapping[str, Any] | Sweep) -> Sweep:
    """Return a shipped sweep by name, the sweep of a file, or of a mapping with a file's keys.

    A mapping needs no ``schema`` and no ``question``; the question is then the scenario's.

    Raises
    ------
    InputError
        with every problem of the file

    Examples
    --------
    >>> axis = {"of": "nmda.k_on", "values": ["0.01 1/h", "0.02 1/h"]}
    >>> read_sweep({"scenario": "flagship", "vary": {"k_on": axis}, "subjects": 3}).total
    24
    """
    if isinstance(source, Sweep):
        return source
    if isinstance(source, Mapping):
        fields = {"schema": "oihsim-sweep/1", "question": "of the scenario", **source}
        return _read(Document("sweep", fields), Path(), "question" in source)
    path = _path(source)
    return _read(read_yaml(path), path.parent, has_question=True)


def _path(source: str | Path) -> Path:
    """Return the file of a sweep: the shipped one of that name, or the path itself."""
    files = shipped_sweep_files()
    if str(source) in files:
        return files[str(source)]
    path = Path(source)
    if path.suffix == "" and not path.exists():
        allowed = f"a file, or a shipped sweep: {closest(str(source), files)}"
        raise InputError([Problem(str(source), None, "sweep", "nothing of that name", allowed)])
    return path


def _read(document: Document, folder: Path, has_question: bool) -> Sweep:
    form, problems = read_form(document, SweepForm)
    if form is None:
        raise InputError(problems)
    problems += [*_check_names(document, form), *check_design(document, form)]
    for name, axis in form.vary.items():
        problems += check_axis(document, name, axis, form.method)
    scenarios, others = _scenarios(document, form, folder)
    problems += others
    if problems:
        raise InputError(problems)
    axes = design_axes(form)
    problems, concerns = check_values(document, form, axes, scenarios)
    problems += check_variables(document, form, scenarios)
    if problems:
        raise InputError(problems)
    first = next(iter(scenarios.values()))
    swept = [address for axis in axes for address in axis.of]
    alone = {name: scenario.change(ALONE) for name, scenario in scenarios.items()}
    return Sweep(
        recipe_of(
            alone, axes,
            question=" ".join(form.question.split()) if has_question else first.question,
            method=form.method, seed=form.seed, draws=form.draws,
            drawn=drawn(scenarios.values(), swept, form.seed, form.draws),
            subjects=form.subjects or first.count, keep=form.keep, variables=form.variables,
            quantiles=sorted(form.quantiles), above=dict(form.above), breathing=concerns,
        ),
        form.chunk,
    )  # fmt: skip


def _check_names(document: Document, form: SweepForm) -> list[Problem]:
    """Return the problems of fields that depend on each other."""
    problems = []

    def refuse(place: Place, actual: str, allowed: str) -> None:
        problems.append(document.problem(place, actual, allowed))

    if (form.scenario is None) == (form.scenarios is None):
        actual = "neither" if form.scenario is None else "both"
        refuse(("scenario",), f"{actual} of scenario and scenarios", "one of the two")
    for name in form.vary:
        if name in TAKEN:
            refuse(("vary", name), f"the name '{name}'", f"a name other than {', '.join(TAKEN)}")
    seen: dict[str, str] = {}
    for name, axis in form.vary.items():
        for address in [axis.of] if isinstance(axis.of, str) else axis.of:
            if address in seen:
                actual = f"{shown(address)}, which {seen[address]} changes too"
                refuse(("vary", name, "of"), actual, "each address once")
            seen[address] = name
    if form.keep == "endpoints" and form.variables is not None:
        refuse(("variables",), "variables with keep: endpoints", "keep: summaries or trajectories")
    if form.keep != "summaries":
        for key in ("quantiles", "above"):
            if key in document.data:
                refuse((key,), f"'{key}' with keep: {form.keep}", "only with keep: summaries")
    return problems


def _scenarios(
    document: Document, form: SweepForm, folder: Path
) -> tuple[dict[str, Scenario], list[Problem]]:
    """Return the scenarios by name, with the changes of all points, and their problems."""
    several = form.scenarios is not None
    sources = form.scenarios or ([form.scenario] if form.scenario else [])
    scenarios: dict[str, Scenario] = {}
    problems: list[Problem] = []
    for number, source in enumerate(sources):
        place: Place = ("scenarios", number) if several else ("scenario",)
        try:
            beside = folder / source
            scenario = load(beside if beside.is_file() else source)
        except InputError as error:
            missing = [p for p in error.problems if p.file == source and p.line is None]
            problems += [p for p in error.problems if p not in missing]
            problems += [document.problem(place, p.actual, p.allowed) for p in missing]
            continue
        count = {"population.count": form.subjects} if form.subjects == 1 else {}
        scenario, wrong = changed_as_written(
            document, ("changes",), scenario, {**form.changes, **count}
        )
        problems += wrong
        name = Path(scenario.name).stem
        scenarios[name if name not in scenarios else f"{name}-{number + 1}"] = scenario
    problems += _check_together(document, form, scenarios)
    return scenarios, problems


def _check_together(
    document: Document, form: SweepForm, by_name: Mapping[str, Scenario]
) -> list[Problem]:
    problems = []
    scenarios = list(by_name.values())
    for number, scenario in enumerate(scenarios[1:], start=1):
        for key in SAME:
            if getattr(scenario, key) != getattr(scenarios[0], key):
                actual = f"{key} {getattr(scenario, key)}"
                allowed = f"{getattr(scenarios[0], key)}, as in {Path(scenarios[0].name).stem}"
                problems.append(document.problem(("scenarios", number), actual, allowed))
    if scenarios and scenarios[0].typical and (form.subjects or 1) > 1:
        actual = f"{form.subjects} typical subjects"
        problems.append(document.problem(("subjects",), actual, "1 when typical: true"))
    return problems
