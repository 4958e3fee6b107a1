"""Points of a scenario packed as further subjects into one run per arm, so that lanes are full.

A *family* is points that differ in numeric parameters only. A *pack* is families whose arms give
the same drugs by the same routes: they share one run, each with its own schedule. What a subject
gets does not depend on who else is in the run, so a packed point has the numbers it has alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from oihsim.drugs import Drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.observable import accumulations
from oihsim.engine.solver import Schedule
from oihsim.scenario import Scenario
from oihsim.scenario.population import population_of
from oihsim.simulation.arm_run import ArmRun
from oihsim.simulation.cohort import Cohort
from oihsim.simulation.intake import arm_intake
from oihsim.simulation.rule_arrays import Reactions, react
from oihsim.simulation.simulate import late_doses, run_arms
from oihsim.simulation.spans import observables
from oihsim.simulation.subjects import draw_arm
from oihsim.treatment.arm import Arm, Course

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Family:
    """Points that differ in numeric parameters only.

    Attributes
    ----------
    numbers : of the points, in order
    scenarios : of the points
    """

    numbers: tuple[int, ...]
    scenarios: tuple[Scenario, ...]

    @property
    def first(self) -> Scenario:
        """The scenario that stands for all points."""
        return self.scenarios[0]

    @property
    def subjects(self) -> int:
        """Subjects of one arm, over all points."""
        return len(self.scenarios) * self.first.count


def families(points: Sequence[tuple[int, Scenario]]) -> list[Family]:
    """Return points, each a number and a scenario, in families, ordered by their first points.

    Examples
    --------
    >>> from oihsim.scenario import load
    >>> scenario = load("flagship")
    >>> other = scenario.change({"duration": "1 d"})
    >>> slow = scenario.change({"nmda.k_on": "0.01 1/h"})
    >>> [family.numbers for family in families([(0, scenario), (1, other), (2, slow)])]
    [(0, 2), (1,)]
    """
    by_form: dict[str, list[tuple[int, Scenario]]] = {}
    for number, scenario in points:
        form = scenario.resolved
        for arm in form["arms"].values():
            arm["parameters"] = {}
        # a past in a steady state is searched for at each point
        alone = None if scenario.steady_past is None else number
        by_form.setdefault(json.dumps([form, alone], sort_keys=True), []).append((number, scenario))
    return [
        Family(*(tuple(part) for part in zip(*members, strict=True)))
        for members in by_form.values()
    ]


def array_bytes(scenario: Scenario, model: Model, drugs: int) -> float:
    """Return the approximate bytes of the arrays of a run, for all arms and subjects.

    Examples
    --------
    >>> from oihsim.scenario import load
    >>> array_bytes(load("flagship"), Model.named(), 2) > 1e8
    True
    """
    # a drug has at most two ligands, each in plasma and at the effect site
    series = len(model.states) + len(model.outputs) + 4 * drugs
    series += len(accumulations(observables(model)))
    values = len(scenario.arms) * scenario.count * len(scenario.output_times()) * series
    return 8.0 * values


def packs(kinds: Sequence[Family]) -> list[list[Family]]:
    """Return families in groups that share a run.

    A family whose arms have rules, and a point whose past in a steady state is searched for, have a
    run of their own.
    """
    groups: dict[object, list[Family]] = {}
    for number, family in enumerate(kinds):
        scenario, arms = family.first, family.first.arms.values()
        key: object = (
            scenario.model, scenario.rtol, tuple(scenario.output_times()),
            tuple((a.name, tuple((d, tuple(sorted(a.routes(d)))) for d in a.drugs)) for a in arms),
        )  # fmt: skip
        if scenario.steady_past is not None or any(arm.rules for arm in arms):
            key = number
        groups.setdefault(key, []).append(family)
    return list(groups.values())


def run_pack(
    pack: Sequence[Family],
    model: Model,
    drugs: Mapping[str, Drug],
    *,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    skip: bool = False,
) -> list[list[ArmRun]]:
    """Run the arms of every family of a pack; return them by family.

    Parameters
    ----------
    pack : as from :func:`packs`
    model, drugs : of all families
    threads, skip : as for :meth:`oihsim.engine.compiled_model.Model.run`
    progress : called with finished subjects, over all arms

    Raises
    ------
    InputError, ModelError : some point cannot be simulated
    """
    if pack[0].first.steady_past is not None:
        return [_searching(pack[0].first, model, drugs, threads, progress, skip)]
    runs_by_family: list[list[ArmRun]] = [[] for _ in pack]
    done = 0
    for name in pack[0].first.arms:

        def report(finished: int, before: int = done) -> None:
            if progress:
                progress(before + finished)

        runs = _run_arm(pack, name, model, drugs, threads, report, skip)
        for of_family, run in zip(runs_by_family, runs, strict=True):
            of_family.append(run)
        skip = skip or any(run.run.interrupted for run in runs)
        done += sum(family.subjects for family in pack)
    return runs_by_family


def _searching(
    scenario: Scenario, model: Model, drugs: Mapping[str, Drug], threads: int | None,
    progress: Callable[[int], None] | None, skip: bool,
) -> list[ArmRun]:  # fmt: skip
    """Run a point whose past is searched for: its arms share that past."""

    def report(done: int, _: int) -> None:
        if progress:
            progress(done)

    return run_arms(scenario, model, drugs, threads=threads, progress=report, skip=skip)


def _run_arm(
    pack: Sequence[Family], name: str, model: Model, drugs: Mapping[str, Drug],
    threads: int | None, report: Callable[[int], None], skip: bool,
) -> list[ArmRun]:  # fmt: skip
    """Run one arm of all families together."""
    first, arms = pack[0].first, [family.first.arms[name] for family in pack]
    cohort = _sampled(pack, name, model, drugs)
    ends = np.cumsum([0, *(family.subjects for family in pack)])
    spans = [slice(int(a), int(b)) for a, b in pairwise(ends)]
    parts = [cohort.subset(span).giving(arm) for span, arm in zip(spans, arms, strict=True)]
    intakes = [_intake(family, arm) for family, arm in zip(pack, arms, strict=True)]
    schedules = [
        part.schedule(_end(family.first), intake=intake)
        for part, family, intake in zip(parts, pack, intakes, strict=True)
    ]
    reactions = _reactions(pack[0], parts[0])
    run = cohort.run(
        first.output_times(), Schedule.end_to_end(schedules), rtol=first.rtol,
        rules=reactions.arrays if reactions else None, threads=threads, progress=report, skip=skip,
        observe=observables(model),
    )  # fmt: skip
    return [
        ArmRun.of(part, run.subset(span), reactions, intake)
        for part, span, intake in zip(parts, spans, intakes, strict=True)
    ]


def _sampled(pack: Sequence[Family], name: str, model: Model, drugs: Mapping[str, Drug]) -> Cohort:
    """Return the subjects of an arm at all points of all families, one point after the other."""
    drawn = [
        draw_arm(point, point.arms[name], model, drugs, population_of(point))
        for family in pack
        for point in family.scenarios
    ]
    values = {key: np.concatenate([numbers[key] for numbers in drawn]) for key in drawn[0]}
    return Cohort.of(model, drugs, pack[0].first.arms[name], values)


def _end(scenario: Scenario) -> float:
    return scenario.duration_h + math.ulp(scenario.duration_h)


def _intake(family: Family, arm: Arm) -> dict[Course, Array]:
    """Return how late doses are taken; the same subjects are late alike at every point."""
    scenario = family.first
    late = arm_intake(arm, scenario.count, scenario.seed, scenario.first)
    return {course: np.tile(times, (len(family.scenarios), 1)) for course, times in late.items()}


def _reactions(family: Family, cohort: Cohort) -> Reactions | None:
    """Return the rules of an arm at all points of a family; None if the arm has none."""
    arm = cohort.arm
    if not arm.rules:
        return None
    scenario, end, points = family.first, _end(family.first), len(family.scenarios)
    late = late_doses(arm, scenario.count, end, scenario.seed, scenario.first)

    def reacting(subjects: Cohort, late: Sequence[Array]) -> Reactions:
        return react(subjects, end, scenario.seed, typical=scenario.typical,
                     first=scenario.first, late=late)  # fmt: skip

    # noise, baselines and gains of a subject are the same at every point
    single_point = reacting(cohort.subset(slice(0, scenario.count)), late).arrays
    at_all = reacting(cohort, [np.tile(times, (points, 1)) for times in late])
    arrays = replace(
        at_all.arrays, noise=np.tile(single_point.noise, (points, 1, 1)),
        baselines=np.tile(single_point.baselines, (points, 1, 1)),
    )  # fmt: skip
    return replace(at_all, arrays=arrays)
