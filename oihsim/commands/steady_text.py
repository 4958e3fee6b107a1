"""Steady states as a table for a terminal and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from oihsim.files.caution import closed

if TYPE_CHECKING:
    import xarray as xr

SHOWN = {"pain": "pain", "tolerance_index": "tolerance", "hyperalgesia_index": "hyperalgesia"}
"""Read-outs of the table, averaged over one period, each with the head of its column."""

WIDTH = 92


def steady_rows(ds: xr.Dataset) -> list[dict[str, Any]]:
    """Return one row per arm: the search, and means over the subjects that arrived.

    A number that does not exist is None.
    """
    rows = []
    for arm in ds["scenario"].values:
        one = ds.sel(scenario=arm)
        kept = ((one["converged"] == 1) & (one["status"] == 0)).values.ravel()
        row: dict[str, Any] = {
            "arm": str(arm),
            "subjects": len(kept),
            "converged": int(kept.sum()),
            "period_h": float(one["period"]),
            "periods": _over(one["periods"], kept, np.mean),
            "search_rhs_calls": _over(one["search_rhs_calls"], kept, np.mean),
            "residual": _over(one["residual"], kept, np.max),
            "distance": _over(one["distance"], kept, np.max),
        }
        for name in SHOWN:
            if name in one:
                over = one[name].integrate("time") / float(one["time"][-1])
                row[name] = _over(over, kept, np.mean)
        rows.append(row)
    return rows


def _over(values: xr.DataArray, kept: Any, how: Any) -> float | None:
    return float(how(values.values.ravel()[kept])) if kept.any() else None


def format_steady(ds: xr.Dataset) -> str:
    """Return the table as text, cautions at the foot."""
    rows = steady_rows(ds)
    named = {name: head for name, head in SHOWN.items() if any(name in row for row in rows)}
    wide = max(len("arm"), *(len(row["arm"]) for row in rows))
    heads = " ".join(f"{head:>12}" for head in named.values())
    lines = [
        f"periodic steady state, to {float(ds.attrs['steady_state_tolerance']):g} of the typical "
        "size of every state",
        "",
        f"{'arm':<{wide}} {'reached':>9} {'period':>7} {'periods':>8} {'rhs calls':>10} "
        f"{'residual':>9} {heads}",
    ]
    for row in rows:
        cells = " ".join(f"{_number(row.get(name), '.3f'):>12}" for name in named)
        reached, length = f"{row['converged']}/{row['subjects']}", f"{row['period_h']:g} h"
        lines.append(
            f"{row['arm']:<{wide}} {reached:>9} {length:>7} {_number(row['periods'], '.1f'):>8} "
            f"{_number(row['search_rhs_calls'], '.0f'):>10} {_number(row['residual'], '.0e'):>9} "
            f"{cells}"
        )
    notes = [
        "The same doses for ever, which nobody takes: a limit, not a forecast. periods and rhs "
        "calls: what the search simulated for a subject. residual: largest change from one period "
        "to the next. Read-outs are means over one period and the subjects that arrived.",
    ]
    return closed(lines, notes, str(ds.attrs.get("breathing", "")), WIDTH)


def steady_json(ds: xr.Dataset) -> str:
    """Return the rows as a JSON document with the recipe's keys and the cautions."""
    keys = ("question", "model", "model_hash", "scenario_hash", "steady_state_tolerance",
            "breathing", "caution")  # fmt: skip
    recipe = {key: ds.attrs[key] for key in keys if key in ds.attrs}
    return json.dumps({**recipe, "rows": steady_rows(ds)}, indent=2, allow_nan=False)


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
