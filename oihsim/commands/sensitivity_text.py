"""Results of sensitivity as a table of text and as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

import xarray as xr

from oihsim.commands.number_text import json_text, plain, recipe_of, significant
from oihsim.files.caution import closed
from oihsim.files.text_table import Column, table_lines, unbroken

RECIPE = ("runs", "runs_failed", "runs_interrupted", "rows", "rows_dropped", "scenario_hash",
          "model_hash", "breathing", "caution")  # fmt: skip


def format_sensitivity(ds: xr.Dataset, width: int | None = None) -> str:
    """Return a result of :func:`oihsim.sensitivity` as a table.

    Parameters
    ----------
    ds : a result of :func:`oihsim.sensitivity`
    width : characters of a line; None for as many as the table needs

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
    head, heads = _tornado_head(ds) if tornado else _sobol_head(ds)
    columns = [
        Column("parameter"), Column("low", right=True), Column("high", right=True), Column("unit"),
        *(Column(text, right=True) for text in heads),
    ]  # fmt: skip
    rows = []
    for i in range(ds.sizes["parameter"]):
        parameter = ds.isel(parameter=i)
        ends = [significant(float(parameter[name])) for name in ("low", "high")]
        unit = str(parameter["parameter_unit"].item())
        cells = _tornado_cells(parameter) if tornado else _sobol_cells(parameter)
        rows.append(
            (str(parameter["parameter"].item()), *ends, "" if unit == "1" else unit, *cells)
        )
    lines = [head, *table_lines(columns, rows, width)]
    return closed(lines, _notes(ds, tornado), str(ds.attrs.get("breathing", "")), width)


def _tornado_head(ds: xr.Dataset) -> tuple[str, list[str]]:
    """Return the line above the table and the heads of its results."""
    base = ds["base"]
    unit = "" if base.attrs["units"] == "1" else f" {base.attrs['units']}"
    endpoint = base.attrs["long_name"].removesuffix(", nothing changed")
    return f"{endpoint}: {float(base):.4g}{unit}", ["at low", "at high", "span"]


def _sobol_head(ds: xr.Dataset) -> tuple[str, list[str]]:
    interval = unbroken(f"[{100.0 * json.loads(ds.attrs['sensitivity'])['level']:g} %]")
    head = f"variance of {ds['mean'].attrs['comment']}: {float(ds['variance']):.4g}"
    return head, ["first order", interval, "total", interval]


def _tornado_cells(parameter: xr.Dataset) -> list[str]:
    names = ("at_low", "at_high", "span")
    return [significant(float(parameter[name]), missing="failed") for name in names]


def _sobol_cells(parameter: xr.Dataset) -> list[str]:
    cells: list[str] = []
    for name in ("first_order", "total_order"):
        share, (low, high) = float(parameter[name]), parameter[f"{name}_interval"].values
        interval = unbroken(f"[{low:.2f}, {high:.2f}]")
        cells += ["unknown", ""] if math.isnan(share) else [f"{share:.2f}", interval]
    return cells


def _notes(ds: xr.Dataset, tornado: bool) -> list[str]:
    """Return the explanations below the table."""
    attrs = ds.attrs
    notes = [f"{attrs['runs']} runs, {attrs['runs_failed']} of them failed."]
    if attrs["runs_interrupted"]:
        notes[0] += f" {attrs['runs_interrupted']} were not run: interrupted."
    if tornado:
        notes.append(
            "span: largest less smallest value of the endpoint, at low, at high and unchanged."
        )
    else:
        notes.append(
            f"{attrs['rows']} rows count; {attrs['rows_dropped']} were left out, each with all its "
            "runs, because one run failed or was infinite. Intervals are about the number of rows, "
            "not about how well the model describes people."
        )
    omitted = str(attrs["parameters_left_out"]).split()
    if omitted:
        notes.append(
            f"{len(omitted)} parameters were left out: off, set by a switch, or without a declared "
            "range; name them, or give a range or a percentage."
        )
    return notes


def sensitivity_json(ds: xr.Dataset) -> str:
    """Return a result of :func:`oihsim.sensitivity` as JSON, null where there is no number."""
    variables = ds.data_vars.items()
    numbers = [name for name, variable in variables if variable.dims[:1] == ("parameter",)]
    texts = ("parameter_unit", "range_is", "scale", "meaning")
    rows = []
    for i in range(ds.sizes["parameter"]):
        parameter = ds.isel(parameter=i)
        row: dict[str, Any] = {"parameter": str(parameter["parameter"].item())}
        row |= {name: str(parameter[name].item()) for name in texts}
        rows.append(row | {str(name): plain(parameter[name].values.tolist()) for name in numbers})
    scalars = {str(name): plain(variable) for name, variable in variables if variable.ndim == 0}
    settings = json.loads(ds.attrs["sensitivity"])
    return json_text({**settings, **scalars, "parameters": rows, **recipe_of(ds.attrs, RECIPE)})
