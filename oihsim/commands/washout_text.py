"""A washout as a table for a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from oihsim.commands.number_text import fixed, json_text, percent, recipe_of
from oihsim.files.caution import closed
from oihsim.files.text_table import Column, table_lines

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

RECIPE = ("question", "model", "model_hash", "scenario_hash", "washout_at_h", "washout_after_h",
          "breathing", "caution")  # fmt: skip

NOTE = (
    "frozen: fall of the threshold if every ligand left at once, without withdrawal, when the "
    "drugs are stopped. clinical: fall below the same subject's naive threshold at the reading, "
    "with the withdrawal and the analgesia of that time. gap: clinical less frozen, which includes "
    "the recovery between the two times. Means over simulated subjects."
)


def washout_rows(ds: xr.Dataset) -> list[dict[str, Any]]:
    """Return one row per arm: means over the subjects that reached the end, and ligands left.

    ``left`` maps each ligand that was present when the drugs were stopped to the median fraction
    of it that is left at the reading. A mean that does not exist is None.
    """
    rows = []
    for arm in ds["scenario"].values:
        arm_ds = ds.sel(scenario=arm)
        finished = (arm_ds["status"] == 0).values.ravel()
        row: dict[str, Any] = {"arm": str(arm), "n": int(finished.sum())}
        for name in COLUMNS:
            values = arm_ds[name].values.ravel()[finished]
            row[name] = float(values.mean()) if finished.any() else None
        fractions = {}
        for name in (str(v) for v in ds.data_vars if str(v).endswith("_residual")):
            values = arm_ds[name].values.ravel()[finished]
            values = values[np.isfinite(values)]
            if values.size and values.any():
                fractions[name.removesuffix("_residual")] = float(np.median(values))
        rows.append(row | {"left": fractions})
    return rows


def format_washout(ds: xr.Dataset, width: int | None = None) -> str:
    """Return the table as text, cautions at the foot."""
    at_h, after_h = float(ds.attrs["washout_at_h"]), float(ds.attrs["washout_after_h"])
    columns = [
        Column("arm"),
        Column("n", right=True, usual=4),
        *(Column(head, right=True, usual=9) for head in COLUMNS.values()),
        Column("most of a ligand left"),
    ]
    rows = []
    for row in washout_rows(ds):
        left = max(row["left"].items(), key=lambda ligand: ligand[1], default=None)
        ligand = "-" if left is None else f"{left[0]} {_percent(left[1])}"
        numbers = [fixed(row[name], 3) for name in COLUMNS]
        rows.append((row["arm"], str(row["n"]), *numbers, ligand))
    head = f"every drug stopped at {at_h:g} h ({at_h / 24:g} d), threshold read {after_h:g} h later"
    lines = [head, "", *table_lines(columns, rows, width, indent="")]
    return closed(lines, [NOTE], str(ds.attrs.get("breathing", "")), width)


def washout_json(ds: xr.Dataset) -> str:
    """Return the rows as a JSON document with the recipe's keys and the cautions."""
    return json_text({**recipe_of(ds.attrs, RECIPE), "rows": washout_rows(ds)})


def _percent(share: float) -> str:
    return percent(share) if share >= 0.01 else "below 1 %"
