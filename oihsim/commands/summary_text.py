"""A summary of many subjects as text for a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from oihsim.commands.number_text import json_text, plain, recipe_of, significant
from oihsim.files.caution import CAUTION, closed
from oihsim.files.text_table import Column, TextTable, folded, unbroken

if TYPE_CHECKING:
    import xarray as xr

QUANTILES = (0.05, 0.5, 0.95)
"""Quantiles that the table shows, of those that the summary has."""

COLUMNS = (
    Column("arm", usual=19),
    Column("mean", right=True, usual=7),
    Column(f"median {unbroken('[5 % to 95 %]')}", right=True, usual=28),
    Column("minus reference", right=True, usual=28),
)
RECIPE = ("scenario_name", "model", "model_hash", "scenario_hash", "seed", "rtol", "seconds")


def endpoints_of(ds: xr.Dataset) -> list[str]:
    """Return the endpoints that a summary holds, in its order.

    Examples
    --------
    >>> import xarray as xr
    >>> mean = xr.DataArray([[1.0]], dims=("scenario", "draw"))
    >>> endpoints_of(xr.Dataset({"pain_mean_mean": mean, "pain_mean_difference_mean": mean}))
    ['pain_mean']
    """
    ending = "_mean"
    variables = ds.data_vars.items()
    names = [str(name) for name, variable in variables if variable.dims == ("scenario", "draw")]
    bare = [name.removesuffix(ending) for name in names if name.endswith(ending)]
    return [name for name in bare if not name.endswith("_difference")]


def format_summary(ds: xr.Dataset, width: int | None = None) -> str:
    """Return the arms of a summary as a table: each endpoint, and its change in the same subject.

    Parameters
    ----------
    ds : as from :func:`oihsim.summarise`, with ``seconds`` among its attributes if the text is to
        say how long the simulation took
    width : characters of a line; None for as many as the table needs
    """
    rows = {name: _rows(ds, name) for name in endpoints_of(ds)}
    table = TextTable.fitted(COLUMNS, [row for part in rows.values() for row in part], width)
    lines: list[str] = []
    for name, endpoint_rows in rows.items():
        attrs = ds[f"{name}_quantile"].attrs
        unit = "" if attrs.get("units", "1") == "1" else f" [{attrs['units']}]"
        long_name = str(attrs.get("long_name", name)).removeprefix("quantile over subjects of ")
        lines += ["", *folded(f"{name}: {long_name}{unit}", width, hanging="    ")]
        lines += table.lines(endpoint_rows)
    return closed(lines[1:], _notes(ds), str(ds.attrs.get("breathing", "")), width)


def _rows(ds: xr.Dataset, name: str) -> list[tuple[str, ...]]:
    """Return the rows of one endpoint, one per arm."""
    reference = str(ds.attrs.get("reference_arm", ds["scenario"].values[0]))
    rows: list[tuple[str, ...]] = []
    for arm in ds["scenario"].values:
        arm_ds = ds.sel(scenario=arm).isel(draw=0)
        label = f"{arm} (ref.)" if arm == reference else str(arm)
        change = "" if arm == reference else _range(arm_ds, f"{name}_difference")
        mean = _number(float(arm_ds[f"{name}_mean"]))
        rows.append((label, mean, _range(arm_ds, name), change))
    return rows


def _range(arm_ds: xr.Dataset, name: str) -> str:
    values = arm_ds.get(f"{name}_quantile")
    if values is None:
        return ""
    low, middle, high = (_number(float(values.sel(quantile=share))) for share in QUANTILES)
    return f"{middle} {unbroken(f'[{low} to {high}]')}"


def _number(value: float) -> str:
    return f"{value:.0f}" if 1000.0 <= abs(value) < np.inf else significant(value, 3)


def _notes(ds: xr.Dataset) -> list[str]:
    """Return how many subjects count, what failed, and how long it took."""
    subjects, failed = int(ds["subjects"].max()), int(ds["failed"].sum())
    arms, not_run = ds.sizes["scenario"], int(ds["not_run"].sum())
    notes = [f"{subjects} subjects in {arms} arms of {ds.attrs['scenario_name']}."]
    if failed:
        notes.append(f"{failed} runs failed and are left out.")
    if not_run:
        notes.append(f"{not_run} runs were not made: interrupted.")
    seconds = ds.attrs.get("seconds")
    if seconds:
        runs = int(ds["subjects"].sum()) - not_run
        notes.append(f"It took {seconds:g} s: {runs / seconds:.0f} subjects and arms a second.")
    return [" ".join(notes), f"The error of a quantile is {ds.attrs['quantile_error']}."]


def summary_json(ds: xr.Dataset) -> str:
    """Return the endpoints of a summary as JSON, with the recipe."""
    endpoints = {
        name: {
            str(arm): _values(ds.sel(scenario=arm).isel(draw=0), name)
            for arm in ds["scenario"].values
        }
        for name in endpoints_of(ds)
    }
    counts = {
        word: ds[word].isel(draw=0).values.tolist() for word in ("subjects", "failed", "not_run")
    }
    document = {"endpoints": endpoints, **counts, **recipe_of(ds.attrs, RECIPE)}
    return json_text({**document, "caution": CAUTION})


def _values(arm_ds: xr.Dataset, name: str) -> dict[str, Any]:
    """Return mean, sd and quantiles of an endpoint and of its difference; no number is null."""
    return {
        label + ending: plain(arm_ds[f"{key}_{ending}"].values.tolist())
        for label, key in (("", name), ("difference_", f"{name}_difference"))
        for ending in ("mean", "sd", "quantile")
        if f"{key}_{ending}" in arm_ds
    }
