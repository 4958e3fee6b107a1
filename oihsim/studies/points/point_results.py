"""Results of points: taken out of their shared run, joined, with status and reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from oihsim.drugs import Drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.solver import STATUS
from oihsim.results.groups import alike
from oihsim.results.trial_course import REPORTED
from oihsim.scenario import Scenario
from oihsim.simulation.arm_run import ArmRun
from oihsim.simulation.dataset import labelled, measured, with_breathing
from oihsim.simulation.recipe import recipe
from oihsim.simulation.simulate import describe_failures
from oihsim.studies.points.packing import Family
from oihsim.treatment.breathing import KINDS

REFUSED = len(STATUS)
"""Status of every subject of a point whose changes are refused."""

ABSENT = -1
"""Status of an arm or subject that the point does not have."""

OF_DRUGS, AMOUNTS = ("_concentration", "_dose"), ("cumulative_dose_", "rescue_consumption_")
"""Ends and beginnings of the names of variables that are 0 without the drug."""


def reasons_of(family: Family, runs: Sequence[ArmRun], model: Model) -> dict[int, str]:
    """Return the reasons of points of a family that failed in the solver, by number."""
    reasons: dict[int, str] = {}
    n = family.first.count
    for k, (number, scenario) in enumerate(zip(family.numbers, family.scenarios, strict=True)):
        span = slice(k * n, (k + 1) * n)
        if any(run.run.status[span].any() or run.past is not None for run in runs):
            point_runs = [
                replace(run.subset(span), arm=scenario.arms[run.arm.name]) for run in runs
            ]
            text = describe_failures(point_runs, model, scenario.first)
            reasons |= {number: text} if text else {}
    return reasons


def unpacked(
    family: Family, model: Model, drugs: Mapping[str, Drug], runs: Sequence[ArmRun]
) -> xr.Dataset:
    """Return the points of a family, with the leading dimension ``point``."""
    scenario = family.first
    # the same people are tested at every point, so tests follow once points are separate
    tested = bool(scenario.tests) or scenario.trial is not None
    nothing: dict[str, Any] = {"tests": [], "compare": {"endpoints": []}, "trial": None}
    bare = scenario.change(nothing) if tested else scenario
    ds = labelled(bare, model, drugs, runs).assign_attrs(recipe(scenario, model, drugs))
    points, n = len(family.numbers), scenario.count
    variables = {}
    for name, variable in ds.data_vars.items():
        if "id" not in variable.dims:
            variables[name] = variable.expand_dims(point=points).variable
            continue
        at = variable.dims.index("id")
        shape = (*variable.shape[:at], points, n, *variable.shape[at + 1 :])
        values = np.moveaxis(variable.values.reshape(shape), at, 0)
        variables[name] = xr.Variable(("point", *variable.dims), values, variable.attrs)
    coords = {name: coordinate for name, coordinate in ds.coords.items() if name != "id"}
    coords["id"] = ("id", ds["id"].values[:n], ds["id"].attrs)
    attrs = {"units": "1", "long_name": "point"}
    coords["point"] = ("point", list(family.numbers), attrs)
    result = xr.Dataset(variables, coords, ds.attrs)
    return _tested(result, scenario) if tested else result


def _tested(ds: xr.Dataset, scenario: Scenario) -> xr.Dataset:
    """Return points with the sensory tests of their scenario, and with what patients report."""
    # every point is draw 0, as it would be alone
    flat = ds.isel(draw=0, drop=True).rename(point="draw")
    flat = flat.assign_coords(draw=np.zeros(ds.sizes["point"], dtype=np.int64))
    done = measured(flat, scenario)
    new = {
        name: (
            ("point", "scenario", "draw", "id", "time"),
            np.moveaxis(done[name].values, 1, 0)[:, :, None],
            done[name].attrs,
        )
        for name in done.data_vars
        if str(name).removesuffix("_censored") in (*scenario.tests, REPORTED)
    }
    return ds.assign(new).assign_attrs(references=done.attrs["references"])


def laid(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return parts joined along ``point``; variables that a part lacks are blank there."""
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part.data_vars)
    like = {name: next(part[name] for part in parts if name in part) for name in names}
    filled = [_with(part, like) for part in alike(parts)]
    arms = list(dict.fromkeys(str(arm) for part in filled for arm in part["scenario"].values))
    blanks = {name: _blank(str(name), variable) for name, variable in like.items()}
    joined = xr.concat(
        filled, "point", data_vars="minimal", coords="minimal", compat="override", join="outer",
        fill_value=blanks, combine_attrs="override",
    )  # fmt: skip
    return joined.reindex(scenario=arms)


def _with(ds: xr.Dataset, like: Mapping[Any, xr.DataArray]) -> xr.Dataset:
    """Return a part with blanks for the variables that only other parts have."""
    lacking = {}
    for name, variable in like.items():
        if name not in ds:
            shape = [ds.sizes[dim] for dim in variable.dims]
            values = np.full(shape, _blank(str(name), variable), dtype=variable.dtype)
            lacking[name] = xr.DataArray(values, dims=variable.dims, attrs=variable.attrs)
            if str(name).endswith(OF_DRUGS) or str(name).startswith(AMOUNTS):
                there = (ds["status"] == 0).broadcast_like(lacking[name])
                lacking[name] = lacking[name].where(~there, 0.0).assign_attrs(variable.attrs)
    return ds.assign(lacking) if lacking else ds


def _blank(name: str, variable: xr.DataArray) -> Any:
    """Return the blank of a variable."""
    if name == "reason":
        return ""
    if variable.dtype.kind == "f":
        return np.nan
    return -1 if "flag_meanings" in variable.attrs else 0


def in_order(ds: xr.Dataset, numbers: Sequence[int]) -> xr.Dataset:
    """Return points in the order of their numbers; absent ones are blank."""
    if ds["point"].values.tolist() == list(numbers):
        return ds
    blanks = {name: _blank(str(name), variable) for name, variable in ds.data_vars.items()}
    attrs = ds["point"].attrs
    ordered = ds.reindex(point=list(numbers), fill_value=blanks)
    ordered["point"].attrs = attrs
    return ordered


def with_fate(
    ds: xr.Dataset, numbers: Sequence[int], reasons: Mapping[int, str],
    scenarios: Sequence[Scenario],
) -> xr.Dataset:  # fmt: skip
    """Return points with status and reason, and with the sentences on breathing."""
    absent = np.array([number in reasons for number in numbers])
    status = ds["status"].copy()
    blank = (status == ABSENT) & xr.DataArray(absent, dims="point")
    attrs = dict(status.attrs)
    attrs["flag_values"] = list(range(REFUSED + 1))
    attrs["flag_meanings"] += " refused_its_changes_do_not_hold"
    attrs_of_reason = {"long_name": "why the point failed; empty where it did not"}
    ds = ds.assign(
        status=status.where(~blank, REFUSED).assign_attrs(attrs),
        reason=("point", [reasons.get(number, "") for number in numbers], attrs_of_reason),
    )
    concerns = {
        kind: list(
            dict.fromkeys(arm for scenario in scenarios for arm in scenario.breathing.get(kind, []))
        )
        for kind in KINDS
    }
    return with_breathing(ds, {kind: arms for kind, arms in concerns.items() if arms})
