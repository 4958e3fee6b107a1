"""The content of the store of a sweep: variables, dimensions, coordinates and recipe."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import xarray as xr

from oihsim.files.errors import InputError, Problem
from oihsim.studies.sweeps.chunk import LONGEST_REASON, stored_dims
from oihsim.studies.sweeps.draws import NOTE
from oihsim.studies.sweeps.sweep_plan import POINT, Sweep
from oihsim.studies.sweeps.tiles import Tiling
from oihsim.treatment.breathing import KINDS, sentence

SHARED_ATTRS = (
    "Conventions", "caution", "model", "model_hash", "error_scale", "solver", "time_zero",
    "output_convention", "order_at_one_time", "assumed_parameters", "references", "rtol",
    "reference_arm", "endpoints",
)  # fmt: skip
"""Attributes of a point that hold for all points."""

SHORT = {"days": "d", "hours": "h", "minutes": "min", "seconds": "s"}
"""Units that readers of zarr would turn into durations."""


def template_of(sweep: Sweep, tiling: Tiling, probe: xr.Dataset) -> xr.Dataset:
    """Return the result of a sweep with blanks for its numbers, which take no memory.

    Parameters
    ----------
    probe : from :func:`oihsim.studies.sweeps.chunk.simulated`, with every variable of the sweep

    Raises
    ------
    InputError : an axis has the name of a variable
    """
    import dask.array

    _refuse_names(sweep, probe)
    sizes = {
        **dict(zip(sweep.dims, sweep.shape, strict=True)),
        "draw": sweep.draws, "id": sweep.subjects, "block": tiling.blocks,
    }  # fmt: skip
    variables: dict[str, Any] = {}
    for name, variable in probe.data_vars.items():
        if POINT not in variable.dims:
            continue
        dims = stored_dims(sweep.dims, [str(dim) for dim in variable.dims if dim != POINT])
        kind: Any = np.int8 if name == "status" else variable.dtype
        if name == "reason":
            dims, kind = (*dims, "block"), np.dtype(f"<U{LONGEST_REASON}")
        shape = [sizes.get(dim, probe.sizes.get(dim, 0)) for dim in dims]
        blank = {"f": np.nan, "U": ""}.get(np.dtype(kind).kind, 0)
        array = dask.array.full(shape, blank, dtype=kind, chunks=-1)
        variables[str(name)] = (dims, array, {**variable.attrs})
    variables["reason"][2]["long_name"] = "why a point failed in a block; empty where it did not"
    return xr.Dataset(variables, _coords(sweep, tiling, probe), _attrs(sweep, probe))


def _refuse_names(sweep: Sweep, probe: xr.Dataset) -> None:
    problems = []
    for axis in sweep.axes:
        if axis.name in probe.variables:
            allowed = "a name that no variable of the result has"
            problems.append(Problem("sweep", None, f"vary.{axis.name}", "a variable", allowed))
    if problems:
        raise InputError(problems)


def _coords(sweep: Sweep, tiling: Tiling, probe: xr.Dataset) -> dict[str, Any]:
    """Return the coordinates: those of every result, and those of the axes."""
    coords: dict[str, Any] = {}
    if not sweep.is_grid:
        attrs = {"units": "1", "long_name": f"point of the {sweep.recipe['method']}"}
        coords[POINT] = (POINT, np.arange(sweep.points), attrs)
    for axis in sweep.axes:
        attrs = {"long_name": f"swept: {', '.join(axis.of)}"}
        if axis.unit:
            attrs["units"] = SHORT.get(axis.unit, axis.unit)
        dim = axis.name if sweep.is_grid else POINT
        coords[axis.name] = (dim, np.array(axis.coordinate), attrs)
    coords["scenario"] = ("scenario", probe["scenario"].values, probe["scenario"].attrs)
    attrs = {"units": "1", "long_name": NOTE if sweep.draws > 1 else "draw of the parameters"}
    coords["draw"] = ("draw", np.arange(sweep.draws), attrs)
    first = np.arange(0, sweep.subjects, tiling.tile[-1])
    attrs = {"units": "1", "long_name": "first subject of a block that was simulated together"}
    coords["block"] = ("block", first, attrs)
    for name, coordinate in probe.coords.items():
        if name in ("point", "changes", "scenario", "draw", "id"):
            continue
        coords[str(name)] = coordinate.drop_vars(
            [c for c in coordinate.coords if c != name]
        ).variable
    if "id" in probe.dims:
        coords["id"] = ("id", np.arange(sweep.subjects), probe["id"].attrs)
    return coords


def _attrs(sweep: Sweep, probe: xr.Dataset) -> dict[str, Any]:
    """Return the attributes that every result has; the sweep itself is stored beside them."""
    recipe = sweep.recipe
    shared = {key: probe.attrs[key] for key in SHARED_ATTRS if key in probe.attrs}
    breathing = sentence(
        {kind: recipe["breathing"][kind] for kind in KINDS if kind in recipe["breathing"]}
    )
    several = len(sweep.scenarios) > 1
    resolved = recipe["scenarios"] if several else next(iter(recipe["scenarios"].values()))
    return {
        **shared,
        **({"breathing": breathing} if breathing else {}),
        "title": recipe["question"],
        "question": recipe["question"],
        "scenario_name": " ".join(sweep.scenarios),
        "resolved_scenario": json.dumps(resolved),
        "scenario_hash": " ".join(scenario.scenario_hash for scenario in sweep.scenarios.values()),
        "drug_hashes": json.dumps(recipe["drug_hashes"]),
        "population_hashes": json.dumps(recipe["population_hashes"]),
        "versions": json.dumps(recipe["versions"]),
        "seed": sweep.first.seed,
        "sweep_hash": sweep.hash,
        "sweep_method": recipe["method"],
        "sweep_seed": recipe["seed"],
        "sweep_keep": sweep.keep,
        "draws": NOTE if sweep.draws > 1 else "the declared values only",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
