"""A washout as a table for a terminal and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from oihsim.files.caution import closed

if TYPE_CHECKING:
    import xarray as xr

COLUMNS = {
    "frozen_hyperalgesia_index": "frozen",
    "clinical_hyperalgesia_index": "clinical",
    "hyperalgesia_gap": "gap",
    "withdrawal_part_at_reading": "withdrawal",
    "analgesic_effect_at_reading": "analgesia",
}
"""Variables of the table, each with the head of its column."""

WIDTH = 92


def washout_rows(ds: xr.Dataset) -> list[dict[str, Any]]:
    """Return one row per arm: means over the subjects that reached the end, and what is left.

    ``left`` maps each ligand that was there when the drugs were stopped to the median fraction
    of it that is left at the reading. A mean that does not exist is None.
    """
    rows = []
    for arm in ds["scenario"].values:
        one = ds.sel(scenario=arm)
        kept = (one["status"] == 0).values.ravel()
        row: dict[str, Any] = {"arm": str(arm), "n": int(kept.sum())}
        for name in COLUMNS:
            row[name] = float(one[name].values.ravel()[kept].mean()) if kept.any() else None
        left = {}
        for name in (str(v) for v in ds.data_vars if str(v).endswith("_residual")):
            values = one[name].values.ravel()[kept]
            values = values[np.isfinite(values)]
            if values.size and values.any():
                left[name.removesuffix("_residual")] = float(np.median(values))
        rows.append(row | {"left": left})
    return rows


def format_washout(ds: xr.Dataset) -> str:
    """Return the table as text, cautions at the foot."""
    at_h, after_h = float(ds.attrs["washout_at_h"]), float(ds.attrs["washout_after_h"])
    rows = washout_rows(ds)
    arm_width = max(len("arm"), *(len(row["arm"]) for row in rows))
    head = " ".join(f"{title:>10}" for title in COLUMNS.values())
    lines = [
        f"every drug stopped at {at_h:g} h ({at_h / 24:g} d), threshold read {after_h:g} h later",
        "",
        f"{'arm':<{arm_width}} {'n':>5} {head}  most of a ligand left",
    ]
    for row in rows:
        cells = " ".join(f"{_number(row[name]):>10}" for name in COLUMNS)
        left = max(row["left"].items(), key=lambda item: item[1], default=None)
        told = "-" if left is None else f"{left[0]} {_percent(left[1])}"
        lines.append(f"{row['arm']:<{arm_width}} {row['n']:>5} {cells}  {told}")
    notes = [
        "frozen: fall of the threshold if every ligand left at once, without withdrawal, when the "
        "drugs are stopped. clinical: fall below the same subject's naive threshold at the "
        "reading, with the withdrawal and the analgesia that are there then. gap: clinical less "
        "frozen; what heals between the two times is in it. Means over simulated subjects.",
    ]
    return closed(lines, notes, str(ds.attrs.get("breathing", "")), WIDTH)


def washout_json(ds: xr.Dataset) -> str:
    """Return the rows as a JSON document with the recipe's keys and the cautions."""
    keys = ("question", "model", "model_hash", "scenario_hash", "washout_at_h", "washout_after_h",
            "breathing", "caution")  # fmt: skip
    recipe = {key: ds.attrs[key] for key in keys if key in ds.attrs}
    return json.dumps({**recipe, "rows": washout_rows(ds)}, indent=2, allow_nan=False)


def _percent(part: float) -> str:
    percent = 100.0 * part
    return f"{percent:.0f} %" if percent >= 1.0 else "below 1 %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
