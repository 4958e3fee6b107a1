"""The clinical hyperalgesia index: what a test reads some days after every drug is stopped.

The frozen ``hyperalgesia_index`` takes the threshold that would hold if every ligand left at once
and cyclic AMP were at its set point. No clinic can measure that. A clinic can stop the drugs, wait,
and test; by then residual drug still relieves, withdrawal adds to the pain, and plasticity has
healed in part, or grown by the withdrawal itself. This module simulates the washout and reports the
gap between the two indices with the parts that make it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.compiled_model import Model
from oihsim.files.errors import InputError, Problem
from oihsim.files.units import quantity
from oihsim.scenario import Scenario, load
from oihsim.scenario.population import population_of
from oihsim.simulation.simulate import Progress, simulate
from oihsim.simulation.subjects import draw_arm, parameter_matrix
from oihsim.treatment.arm import Course
from oihsim.treatment.doses.courses import written_time
from oihsim.treatment.doses.dose_form import LONGEST
from oihsim.treatment.doses.target_lines import targets_until
from oihsim.treatment.rules.earlier_end import cut_arm
from oihsim.treatment.rules.resolved_rules import lines_of

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
DIMS = ("scenario", "draw", "id")
CONCENTRATION = "_effect_site_concentration"
SAME = 1e-9
"""Largest difference of two times that count as the same, h."""


def stopped(scenario: Scenario, at_h: float, after_h: float) -> Scenario:
    """Return the scenario with every drug stopped at a time and the run ended some time later.

    Doses at ``at_h`` or later are not given. A running infusion or patch ends there, with the part
    of its amount that was delivered. Rescue doses and rule sets end too. Holds stay, and so do
    injuries and therapies, which are no drugs. The result has outputs at ``at_h`` and at the end,
    and no endpoints.

    Raises
    ------
    InputError : the time lies outside the scenario, the run would be too long, or rules act on
        infusions or patches, which then differ between subjects

    Examples
    --------
    >>> arm = stopped(load("flagship"), 840.0, 72.0).arms["escalation"]
    >>> [(course.amount, course.number) for course in arm.courses]
    [(30.0, 30), (60.0, 30), (120.0, 10)]
    """
    resolved = scenario.change(
        {
            "duration": written_time(at_h + after_h),
            "output_every": written_time(at_h or after_h),
            "compare": {"endpoints": []},
        }
    ).resolved
    for name, arm in resolved["arms"].items():
        arm["rescue"] = _rescue_until(arm["rescue"], at_h)
        if targets := targets_until(arm.pop("targets", ()), at_h):
            arm["targets"] = targets
        resolved["arms"][name] = _rules_until(arm, at_h, f"arms.{name}.rules", scenario.name)
    if scenario.steady_past is not None:
        _refuse_running(scenario, at_h)
    past = () if scenario.steady_past is not None else ("history",)
    for holder, key in (
        (resolved, "population_history"),
        *((resolved, key) for key in past),
        *((arm, "doses") for arm in resolved["arms"].values()),
    ):
        courses = [part for course in holder[key] for part in _until(Course(**course), at_h)]
        holder[key] = [vars(course) for course in courses]
    return Scenario.from_resolved(resolved, scenario.name, scenario.vocabulary)


def _refuse_running(scenario: Scenario, at_h: float) -> None:
    """Refuse to stop an infusion that began before time 0: doses of a steady state have no end."""
    past = [
        course for arm in scenario.arms.values() for course in arm.courses if course.first_h < 0.0
    ]
    ends = max(
        (course.last_h + course.duration_h for course in past if course.unit == "mg"), default=0.0
    )
    if ends > at_h + SAME:
        actual = f"an infusion of the past that runs until {ends:g} h"
        raise InputError([Problem(scenario.name, None, "at", actual, f"at least {ends:g} h")])


def _until(course: Course, at_h: float) -> list[Course]:
    """Return the part of a course before a time; therapies and injuries are not cut."""
    if course.unit != "mg":
        return [course]
    starts = [dose.time_h for dose in course.doses() if dose.time_h < at_h - SAME]
    complete = sum(start + course.duration_h <= at_h + SAME for start in starts)
    interval_h = course.every_h if complete > 1 else 0.0
    parts = [replace(course, number=complete, every_h=interval_h)] if complete else []
    for start in starts[complete:]:
        ran = at_h - start
        amount = course.amount * ran / course.duration_h
        parts.append(
            replace(course, first_h=start, amount=amount, duration_h=ran, number=1, every_h=0.0)
        )
    return parts


def _rescue_until(rescue: Mapping[str, Any] | None, at_h: float) -> dict[str, Any] | None:
    if rescue is None or rescue["from_h"] >= at_h:
        return None
    end = rescue["until_h"]
    return {**rescue, "until_h": at_h if end is None else min(end, at_h)}


def _rules_until(arm: dict[str, Any], at_h: float, field: str, file: str) -> dict[str, Any]:
    """Return an arm whose rule sets end at a time; those of therapies alone continue."""
    blocks = arm.get("rules", [])
    therapies = [block for block in blocks if all(o["unit"] != "mg" for o in lines_of(block))]
    drugs = [block for block in blocks if block not in therapies]
    cut = cut_arm({**arm, "rules": drugs}, at_h)
    if any(line["duration_h"] for block in cut.get("rules", []) for line in lines_of(block)):
        allowed = "rules whose doses are given at once"
        actual = "rules on infusions or patches, which may be running when drugs stop"
        raise InputError([Problem(file, None, field, actual, allowed)])
    by_name = {block["name"]: block for block in [*therapies, *cut.pop("rules", [])]}
    rules = [by_name[block["name"]] for block in blocks if block["name"] in by_name]
    return {**cut, "rules": rules} if rules else cut


def washout(
    scenario: Scenario | str,
    at: str | float | None = None,
    after: str | float = "72 h",
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    on_failure: str = "raise",
) -> xr.Dataset:
    """Stop every drug at a time, wait, and compare the clinical index with the frozen one.

    Parameters
    ----------
    scenario : a Scenario, a path, or the name of a shipped scenario
    at, after : when the drugs are stopped (the end of the scenario by default), and how long until
        the test; times such as ``"60 d"``
    threads, progress, on_failure : as for :func:`oihsim.simulate`

    Returns
    -------
    xarray.Dataset
        dims ``scenario, draw, id``, with the recipe of the run in ``attrs``:

        - ``frozen_hyperalgesia_index`` at ``at``, and ``frozen_hyperalgesia_index_at_reading``;
        - ``clinical_hyperalgesia_index``: 1 - threshold at the reading / threshold of the same
          subject at baseline without drug, which the equations give for the parameters of that
          arm (1 unless they include endogenous tone);
        - ``hyperalgesia_gap``: clinical - frozen. The two belong to different times, so the gap
          includes healing in between, beside withdrawal and residual relief;
        - the parts of the gap: ``withdrawal_part_at_reading``, ``analgesic_effect_at_reading`` and,
          for each ligand, ``<ligand>_residual``, its effect-site concentration at the reading as a
          fraction of that at ``at``

    Raises
    ------
    InputError : a time or the scenario is invalid
    SimulationError : as for :func:`oihsim.simulate`

    Examples
    --------
    >>> typical = {"population.count": 1, "population.typical": True}
    >>> ds = washout(load("flagship").change(typical), at="5 d", after="1 d")
    >>> bool(ds.hyperalgesia_gap.sel(scenario="stable")[0, 0] > 0)  # there is withdrawal
    True
    """
    scenario = scenario if isinstance(scenario, Scenario) else load(scenario)
    at_h, after_h = _times(scenario, at, after)
    ended = stopped(scenario, at_h, after_h)
    ds = simulate(ended, threads=threads, progress=progress, on_failure=on_failure)
    return _indices(ds, naive_threshold(ended), at_h, after_h)


def _times(scenario: Scenario, at: str | float | None, after: str | float) -> tuple[float, float]:
    """Return both times in h."""
    at = f"{scenario.duration_h} h" if at is None else at
    times: dict[str, float] = {}
    problems = []
    for name, value, least in (("at", at, 0.0), ("after", after, SAME)):
        most = scenario.duration_h if name == "at" else LONGEST - times.get("at", 0.0)
        bound = "at least" if name == "at" else "above"
        allowed = f"a time such as '{min(12.0, most):g} h', {bound} 0 h and at most {most:g} h"
        try:
            times[name] = quantity(value, "time")
        except ValueError:
            problems.append(Problem("washout", None, name, repr(value), allowed))
            continue
        if not least <= times[name] <= most:
            problems.append(Problem("washout", None, name, repr(value), allowed))
    if problems:
        raise InputError(problems)
    return times["at"], times["after"]


def naive_threshold(scenario: Scenario) -> Array:
    """Return the threshold of each subject at baseline without drug, (arm, n)."""
    model = Model.named(scenario.model)
    population = population_of(scenario)
    which, thresholds = model.outputs.index("threshold"), []
    for arm in scenario.arms.values():
        values = draw_arm(scenario, arm, model, {}, population)
        run = model.run(parameter_matrix(model, values), [0.0])
        thresholds.append(run.outputs[:, 0, which])
    return np.stack(thresholds)


def _indices(ds: xr.Dataset, naive: Array, at_h: float, after_h: float) -> xr.Dataset:
    """Return the indices of a washout run."""
    import xarray as xr

    before, reading = ds.sel(time=at_h, method="nearest"), ds.isel(time=-1)
    frozen = before["hyperalgesia_index"]
    clinical = 1.0 - reading["threshold"] / naive[:, None]
    when = f"{after_h:g} h after every drug was stopped"
    indices: dict[str, tuple[Any, str]] = {
        "frozen_hyperalgesia_index": (frozen, f"hyperalgesia index at {at_h:g} h"),
        "frozen_hyperalgesia_index_at_reading": (
            reading["hyperalgesia_index"],
            f"hyperalgesia index {when}: what has healed or grown",
        ),
        "clinical_hyperalgesia_index": (
            clinical,
            f"fall of the threshold below the subject's own naive one, {when}",
        ),
        "hyperalgesia_gap": (clinical - frozen, "clinical less frozen hyperalgesia index"),
        "withdrawal_part_at_reading": (
            reading["withdrawal_part"],
            f"part of the fall that is withdrawal, {when}",
        ),
        "analgesic_effect_at_reading": (
            reading["analgesic_effect"],
            f"analgesia that is left, that by endogenous tone included, {when}",
        ),
    }
    for name in (str(name) for name in ds.data_vars if str(name).endswith(CONCENTRATION)):
        ligand = name.removesuffix(CONCENTRATION)
        residual = _share(reading[name], before[name])
        long_name = f"{ligand} at the effect site as a fraction of that at {at_h:g} h, {when}"
        indices[f"{ligand}_residual"] = (residual, long_name)
    out = xr.Dataset(
        {
            name: (DIMS, values.transpose(*DIMS).values, {"units": "1", "long_name": long_name})
            for name, (values, long_name) in indices.items()
        }
        | {"status": ds["status"]},
        {name: ds[name] for name in DIMS},
        ds.attrs,
    )
    return out.assign_attrs(washout_at_h=at_h, washout_after_h=after_h)


def _share(now: xr.DataArray, before: xr.DataArray) -> xr.DataArray:
    """Return a fraction; 0 where nothing is left, infinite where all came later (a lag)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return (now / before).where(now != 0.0, 0.0)
