"""Summaries of blocks of subjects: one file per chunk, added up in the order of the blocks.

A sum of floating-point numbers depends on its order. Each point is summed by itself, and its blocks
of subjects in their order, so that no number depends on the machines or on the chunks.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import numpy as np
import xarray as xr

from oihsim.results.accumulators import Cells
from oihsim.studies.summary import Named, Summary
from oihsim.studies.sweeps.sweep_plan import POINT, Sweep

Sums = list[list[Summary]]
"""The summaries of a chunk: per scenario, one per job."""

ARRAYS = tuple(field.name for field in fields(Cells))


def summaries_of(sweep: Sweep, ds: xr.Dataset) -> list[Summary]:
    """Return the summary of each point of a Dataset from ``simulate_points``."""
    chosen: dict[str, Any] = {
        "variables": sweep.variables, "quantiles": tuple(sweep.recipe["quantiles"]),
        "thresholds": sweep.recipe["above"], "endpoints": (),
    }  # fmt: skip
    return [Summary.of(ds.isel({POINT: i}, drop=True), **chosen) for i in range(ds.sizes[POINT])]


def summed(sums: Sums) -> xr.Dataset:
    """Return summaries as variables with the dimension ``point``, one per job."""
    parts = []
    for summaries in sums:
        points = [summary.dataset().isel(draw=0, drop=True) for summary in summaries]
        first = points[0]
        variables = {
            name: (
                (POINT, *variable.dims),
                np.stack([point[name].values for point in points]),
                variable.attrs,
            )
            for name, variable in first.data_vars.items()
        }
        coords = {
            name: values.variable for name, values in first.coords.items() if name in first.dims
        }
        parts.append(xr.Dataset(variables, coords))
    if len(parts) == 1:
        return parts[0]
    return xr.concat(
        parts, "scenario", data_vars="minimal", coords="minimal", compat="override",
        combine_attrs="override", join="override",
    )  # fmt: skip


def merged(blocks: Iterable[Sums]) -> Sums:
    """Return the summaries of blocks of subjects added up, in the order of the blocks."""
    total: Sums = []
    for block in blocks:
        if not total:
            total = block
            continue
        total = [
            [before.merge(after) for before, after in zip(earlier, later, strict=True)]
            for earlier, later in zip(total, block, strict=True)
        ]
    return total


def packed(sums: Sums) -> bytes:
    """Return summaries as the bytes of a file: numbers and names, no code."""
    arrays: dict[str, Any] = {}
    descriptions: list[list[dict[str, Any]]] = []
    for i, summaries in enumerate(sums):
        descriptions.append([])
        for j, summary in enumerate(summaries):
            names = {name: [var.dims, var.shape] for name, var in summary.variables.items()}
            descriptions[i].append({"quantiles": summary.quantiles, "variables": names})
            for k, var in enumerate(summary.variables.values()):
                for part in ARRAYS:
                    arrays[f"{i}/{j}/{k}/{part}"] = np.asarray(getattr(var.cells, part))
    stream = io.BytesIO()
    np.savez_compressed(
        stream, allow_pickle=False, told=np.array(json.dumps(descriptions)), **arrays
    )
    return stream.getvalue()


def unpacked(content: bytes) -> Sums:
    """Return the summaries in the bytes of a file.

    Examples
    --------
    >>> day = Summary((0.5,), {}, {"x": Named((), (), {}, Cells.of(np.array([[1.0, 2.0]])))}, {})
    >>> again = unpacked(packed([[day]]))[0][0]
    >>> again.variables["x"].cells.mean.tolist()
    [1.5]
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        descriptions = json.loads(str(stored["told"]))
        return [
            [_summary(of_job, f"{i}/{j}", stored) for j, of_job in enumerate(of_scenario)]
            for i, of_scenario in enumerate(descriptions)
        ]


def _summary(description: dict[str, Any], place: str, stored: Any) -> Summary:
    variables = {}
    for k, (name, (dims, shape)) in enumerate(description["variables"].items()):
        arrays = {part: stored[f"{place}/{k}/{part}"] for part in ARRAYS}
        arrays["first"] = int(arrays["first"])
        variables[name] = Named(tuple(dims), tuple(shape), {}, Cells(**arrays))
    return Summary(tuple(description["quantiles"]), {}, variables, {})
