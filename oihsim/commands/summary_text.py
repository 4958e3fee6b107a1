"""A summary of many subjects as text for a terminal and as JSON."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from oihsim.files.caution import CAUTION, closed

if TYPE_CHECKING:
    import xarray as xr

WIDTH = 92
SHOWN = (0.05, 0.5, 0.95)
"""Quantiles that the table shows, of those that the summary has."""


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
    names = [str(name) for name, one in ds.data_vars.items() if one.dims == ("scenario", "draw")]
    bare = [name.removesuffix(ending) for name in names if name.endswith(ending)]
    return [name for name in bare if not name.endswith("_difference")]


def format_summary(ds: xr.Dataset) -> str:
    """Return the arms of a summary as a table: each endpoint, and its change in the same subject.

    Parameters
    ----------
    ds : as from :func:`oihsim.summarise`, with ``seconds`` among its attributes if it is to say how
        long it took

    Returns
    -------
    str
        at most 92 columns
    """
    reference = str(ds.attrs.get("reference_arm", ds["scenario"].values[0]))
    lines: list[str] = []
    for name in endpoints_of(ds):
        attrs = ds[f"{name}_quantile"].attrs
        unit = "" if attrs.get("units", "1") == "1" else f" [{attrs['units']}]"
        said = str(attrs.get("long_name", name)).removeprefix("quantile over subjects of ")
        heading = textwrap.wrap(f"{name}: {said}{unit}", WIDTH, subsequent_indent="    ")
        lines += ["", *heading]
        lines.append(
            f"  {'arm':<19} {'mean':>8} {'median [5 % to 95 %]':>29} {'minus reference':>29}"
        )
        for arm in ds["scenario"].values:
            one = ds.sel(scenario=arm).isel(draw=0)
            shown = f"{arm} (ref.)" if arm == reference else str(arm)
            change = "" if arm == reference else _range(one, f"{name}_difference")
            mean = _number(float(one[f"{name}_mean"]))
            lines.append(f"  {shown:<19} {mean:>8} {_range(one, name):>29} {change:>29}")
    return closed(lines[1:], _notes(ds), str(ds.attrs.get("breathing", "")), WIDTH)


def _range(one: xr.Dataset, name: str) -> str:
    values = one.get(f"{name}_quantile")
    if values is None:
        return ""
    low, middle, high = (_number(float(values.sel(quantile=share))) for share in SHOWN)
    return f"{middle} [{low} to {high}]"


def _number(value: float) -> str:
    if not np.isfinite(value):
        return "-" if np.isnan(value) else "inf"
    return f"{value:.0f}" if abs(value) >= 1000.0 else f"{value:.3g}"


def _notes(ds: xr.Dataset) -> list[str]:
    """Return how many subjects count, what failed, and how long it took."""
    subjects, failed = int(ds["subjects"].max()), int(ds["failed"].sum())
    arms, left = ds.sizes["scenario"], int(ds["not_run"].sum())
    notes = [f"{subjects} subjects in {arms} arms of {ds.attrs['scenario_name']}."]
    if failed:
        notes.append(f"{failed} runs failed; they are left out.")
    if left:
        notes.append(f"{left} runs were not made: interrupted.")
    seconds = ds.attrs.get("seconds")
    if seconds:
        runs = int(ds["subjects"].sum()) - left
        notes.append(f"It took {seconds:g} s: {runs / seconds:.0f} subjects and arms a second.")
    return [" ".join(notes), f"Quantiles are {ds.attrs['quantile_error']} off."]


def summary_json(ds: xr.Dataset) -> str:
    """Return the endpoints of a summary as JSON, with the recipe."""
    found: dict[str, Any] = {}
    for name in endpoints_of(ds):
        found[name] = {
            str(arm): _values(ds.sel(scenario=arm).isel(draw=0), name)
            for arm in ds["scenario"].values
        }
    keys = ("scenario_name", "model", "model_hash", "scenario_hash", "seed", "rtol", "seconds")
    counts = {
        word: ds[word].isel(draw=0).values.tolist() for word in ("subjects", "failed", "not_run")
    }
    told = {key: ds.attrs[key] for key in keys if key in ds.attrs}
    told = {key: value.item() if hasattr(value, "item") else value for key, value in told.items()}
    whole = {"endpoints": found, **counts, **told, "caution": CAUTION}
    return json.dumps(whole, indent=2, allow_nan=False)


def _values(one: xr.Dataset, name: str) -> dict[str, Any]:
    """Return mean, sd and quantiles of an endpoint and of its difference; no number is null."""
    found: dict[str, Any] = {}
    for label, key in (("", name), ("difference_", f"{name}_difference")):
        for ending in ("mean", "sd", "quantile"):
            values = one.get(f"{key}_{ending}")
            if values is not None:
                bare = values.values.tolist()
                listed = bare if isinstance(bare, list) else [bare]
                kept = [x if np.isfinite(x) else None for x in listed]
                found[label + ending] = kept if isinstance(bare, list) else kept[0]
    return found
