"""Results of sensitivity as a table of text and as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

import xarray as xr

from oihsim.files.caution import closed

WIDTH = 96
"""Characters of a line."""


def format_sensitivity(ds: xr.Dataset) -> str:
    """Return a result of :func:`oihsim.sensitivity` as a table.

    Examples
    --------
    >>> import oihsim
    >>> from oihsim.studies.sensitivity_analysis.analysis import sensitivity
    >>> few = oihsim.load("morphine_month").change({"duration": "1 d"})
    >>> ds = sensitivity(few, "pain_mean", "morphine", parameters=["nociception.p0"])
    >>> format_sensitivity(ds).splitlines()[1].split()[0]
    'parameter'
    """
    tornado = "at_low" in ds
    told = json.loads(ds.attrs["sensitivity"])
    what = ds["base"].attrs["long_name"] if tornado else ds["mean"].attrs["comment"]
    columns: tuple[str, ...] = ("at low", "at high", "span")
    if tornado:
        unit = str(ds["base"].attrs["units"])
        head = f"{what.removesuffix(', nothing changed')}: {float(ds['base']):.4g}"
        head += "" if unit == "1" else f" {unit}"
    else:
        head = f"variance of {what}: {float(ds['variance']):.4g}"
        percent = f"{100.0 * told['level']:g} %"
        columns = ("first order", f"[{percent}]", "total", f"[{percent}]")
    rows: list[tuple[str, ...]] = [("parameter", "low", "high", "unit", *columns)]
    for i in range(ds.sizes["parameter"]):
        one = ds.isel(parameter=i)
        ends = [f"{float(one[name]):.4g}" for name in ("low", "high")]
        unit = str(one["parameter_unit"].item())
        cells = _tornado_cells(one) if tornado else _sobol_cells(one)
        rows.append((str(one["parameter"].item()), *ends, "" if unit == "1" else unit, *cells))
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = [_line(row, widths) for row in rows]
    return closed([head, *lines], _notes(ds, tornado), str(ds.attrs.get("breathing", "")), WIDTH)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    left = {0, 3}
    cells = [
        cell.ljust(width) if k in left else cell.rjust(width)
        for k, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  " + "  ".join(cells).rstrip()


def _number(value: float) -> str:
    return "failed" if math.isnan(value) else f"{value:.4g}"


def _tornado_cells(one: xr.Dataset) -> tuple[str, ...]:
    return tuple(_number(float(one[name])) for name in ("at_low", "at_high", "span"))


def _sobol_cells(one: xr.Dataset) -> tuple[str, ...]:
    cells: list[str] = []
    for name in ("first_order", "total_order"):
        share, (low, high) = float(one[name]), one[f"{name}_interval"].values
        known = not math.isnan(share)
        cells += [f"{share:.2f}", f"[{low:.2f}, {high:.2f}]"] if known else ["unknown", ""]
    return tuple(cells)


def _notes(ds: xr.Dataset, tornado: bool) -> list[str]:
    """Return what has to be said below the table."""
    attrs = ds.attrs
    notes = [f"{attrs['runs']} runs, {attrs['runs_failed']} of them failed."]
    if attrs["runs_interrupted"]:
        notes[0] += f" {attrs['runs_interrupted']} were not run: interrupted."
    if tornado:
        notes.append("span: largest less smallest of at low, at high and as it is.")
    else:
        notes.append(
            f"{attrs['rows']} rows count; {attrs['rows_dropped']} were left out, each with all its "
            "runs, because one of them failed or was infinite. Intervals say how well so many rows "
            "tell, not how well the model describes people."
        )
    left = str(attrs["parameters_left_out"]).split()
    if left:
        notes.append(
            f"{len(left)} parameters were left out: off, set by a switch, or without a declared "
            "range; name them, or give a range or a percentage."
        )
    return notes


def sensitivity_json(ds: xr.Dataset) -> str:
    """Return a result of :func:`oihsim.sensitivity` as JSON, null where there is no number."""
    numbers = [name for name, one in ds.data_vars.items() if one.dims[:1] == ("parameter",)]
    texts = ("parameter_unit", "range_is", "scale", "meaning")
    rows = []
    for i in range(ds.sizes["parameter"]):
        one = ds.isel(parameter=i)
        row: dict[str, Any] = {"parameter": str(one["parameter"].item())}
        row |= {name: str(one[name].item()) for name in texts}
        rows.append(row | {str(name): _plain(one[name].values.tolist()) for name in numbers})
    scalars = {str(name): _plain(one.item()) for name, one in ds.data_vars.items() if one.ndim == 0}
    keys = ("runs", "runs_failed", "runs_interrupted", "rows", "rows_dropped", "scenario_hash",
            "model_hash", "breathing", "caution")  # fmt: skip
    kept = {key: _item(ds.attrs[key]) for key in keys if key in ds.attrs}
    settings = json.loads(ds.attrs["sensitivity"])
    whole = {**settings, **scalars, "parameters": rows, **kept}
    return json.dumps(whole, indent=2, allow_nan=False)


def _item(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if math.isfinite(value) else None
