"""Steady states as a table for a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from oihsim.commands.number_text import fixed, json_text, recipe_of
from oihsim.files.caution import closed
from oihsim.files.text_table import Column, table_lines

if TYPE_CHECKING:
    import xarray as xr

OUTPUTS = {"pain": "pain", "tolerance_index": "tolerance", "hyperalgesia_index": "hyperalgesia"}
"""Outputs of the table, averaged over one period, each with the head of its column."""

RECIPE = ("question", "model", "model_hash", "scenario_hash", "steady_state_tolerance",
          "breathing", "caution")  # fmt: skip

NOTE = (
    "The same doses indefinitely, which nobody takes: a limit, not a forecast. periods and rhs "
    "calls: simulated per subject in the search. residual: largest change from one period to the "
    "next. Outputs are means over one period and over the subjects whose search converged."
)


def steady_rows(ds: xr.Dataset) -> list[dict[str, Any]]:
    """Return one row per arm: the search, and means over the subjects whose search converged.

    A number that does not exist is None.
    """
    rows = []
    for arm in ds["scenario"].values:
        arm_ds = ds.sel(scenario=arm)
        converged = ((arm_ds["converged"] == 1) & (arm_ds["status"] == 0)).values.ravel()
        row: dict[str, Any] = {
            "arm": str(arm),
            "subjects": len(converged),
            "converged": int(converged.sum()),
            "period_h": float(arm_ds["period"]),
            "periods": _over(arm_ds["periods"], converged, np.mean),
            "search_rhs_calls": _over(arm_ds["search_rhs_calls"], converged, np.mean),
            "residual": _over(arm_ds["residual"], converged, np.max),
            "distance": _over(arm_ds["distance"], converged, np.max),
        }
        for name in OUTPUTS:
            if name in arm_ds:
                period_mean = arm_ds[name].integrate("time") / float(arm_ds["time"][-1])
                row[name] = _over(period_mean, converged, np.mean)
        rows.append(row)
    return rows


def _over(values: xr.DataArray, subjects: Any, reduce: Any) -> float | None:
    return float(reduce(values.values.ravel()[subjects])) if subjects.any() else None


def format_steady(ds: xr.Dataset, width: int | None = None) -> str:
    """Return the table as text, cautions at the foot."""
    rows = steady_rows(ds)
    outputs = {name: head for name, head in OUTPUTS.items() if any(name in row for row in rows)}
    usual = {"reached": 8, "period": 6, "periods": 7, "rhs calls": 9, "residual": 8}
    usual |= dict.fromkeys(outputs.values(), 11)
    columns = [Column("arm"), *(Column(head, True, size) for head, size in usual.items())]
    cells = [
        (
            row["arm"],
            f"{row['converged']}/{row['subjects']}",
            f"{row['period_h']:g} h",
            fixed(row["periods"], 1),
            fixed(row["search_rhs_calls"], 0),
            "-" if row["residual"] is None else f"{row['residual']:.0e}",
            *(fixed(row.get(name), 3) for name in outputs),
        )
        for row in rows
    ]
    tolerance = float(ds.attrs["steady_state_tolerance"])
    head = f"periodic steady state, to {tolerance:g} of the typical size of every state"
    lines = [head, "", *table_lines(columns, cells, width, indent="")]
    return closed(lines, [NOTE], str(ds.attrs.get("breathing", "")), width)


def steady_json(ds: xr.Dataset) -> str:
    """Return the rows as a JSON document with the recipe's keys and the cautions."""
    return json_text({**recipe_of(ds.attrs, RECIPE), "rows": steady_rows(ds)})
