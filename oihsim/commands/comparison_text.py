"""The rows of a comparison as text for a terminal and as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from oihsim.commands.number_text import fixed, json_text, percent, recipe_of
from oihsim.files.caution import CAUTION, closed
from oihsim.files.text_table import WIDTH, Column, TextTable, folded, unbroken
from oihsim.results.comparison import Row

COLUMNS = (
    Column("arm"),
    Column("n", right=True, usual=4),
    Column("mean", right=True, usual=8),
    Column("median", right=True, usual=8),
    Column(f"difference {unbroken('[95 % interval]')}", right=True, usual=27),
    Column("better", right=True, usual=6),
)
RECIPE = ("question", "model", "model_hash", "scenario_hash", "seed", "rtol")
"""Attributes of a result that go before its rows."""


def format_table(rows: Sequence[Row], width: int | None = WIDTH) -> str:
    """Return the rows as text for a terminal, cautions at the foot.

    Parameters
    ----------
    rows : as from :func:`oihsim.endpoint_table`
    width : characters of a line; None for as many as the table needs

    Examples
    --------
    >>> row = Row("pain_mean", "stable", "stable", "1", "mean pain", "lower", 1, 0, 0, 4.0, 4.0)
    >>> print(format_table([row], width=60).splitlines()[0])
    pain_mean: mean pain, lower is better
    """
    cells = {id(row): _cells(row) for row in rows}
    table = TextTable.fitted(COLUMNS, list(cells.values()), width)
    lines: list[str] = []
    for _, endpoint_rows in groupby(rows, key=lambda row: row.endpoint):
        arms = list(endpoint_rows)
        lines += ["", *folded(_heading(arms[0]), width, hanging="    ")]
        lines += table.lines([cells[id(row)] for row in arms])
    return closed(lines[1:], [*_notes(rows), *breathing_of(rows)], "", width)


def breathing_of(rows: Sequence[Row]) -> list[str]:
    """Return each sentence on breathing of the rows once."""
    return list(dict.fromkeys(row.breathing for row in rows if row.breathing))


def _heading(row: Row) -> str:
    """Return what an endpoint is, in what unit, and which way is better."""
    unit = "" if row.unit == "1" else f" [{row.unit}]"
    way = "" if row.better == "neither" else f", {row.better} is better"
    return f"{row.endpoint}: {row.long_name}{unit}{way}"


def _cells(row: Row) -> tuple[str, ...]:
    """Return one arm of one endpoint as cells."""
    arm = f"{row.arm} (ref.)" if row.arm == row.reference else row.arm
    decimals, difference = _decimals(row), ""
    if row.difference is not None:
        difference = _number(row.difference, decimals, sign=True)
        if row.low is not None and row.high is not None:
            ends = [_number(end, decimals, sign=True) for end in (row.low, row.high)]
            difference += f" {unbroken(f'[{ends[0]}, {ends[1]}]')}"
    mean, median = _number(row.mean, decimals), _number(row.median, decimals)
    return arm, str(row.n), mean, median, difference, unbroken(percent(row.share_better))


def _decimals(row: Row) -> int:
    """Return the decimals that give this row's numbers about three figures."""
    numbers = [abs(v) for v in (row.mean, row.median, row.difference) if v is not None]
    size = max((v for v in numbers if math.isfinite(v)), default=0.0)
    return 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 3 if size >= 0.1 else 4


def _number(value: float | None, decimals: int, *, sign: bool = False) -> str:
    """Return a number with so many decimals, ``0`` for an exact zero, a dash for none."""
    return "0" if value == 0.0 else fixed(value, decimals, sign=sign)


def _notes(rows: Sequence[Row]) -> list[str]:
    """Return the explanations that these rows call for."""
    notes = []
    if any(row.difference is not None for row in rows):
        notes.append(
            "difference: mean of this arm minus the reference in the same simulated subject. The "
            "interval is about simulated subjects, not about how well the model describes patients."
        )
    failed = max((row.failed for row in rows), default=0)
    if failed:
        notes.append(
            f"Up to {failed} subjects failed, or were not run, in an arm or its reference and are "
            "left out."
        )
    infinite = max((row.infinite for row in rows), default=0)
    if infinite:
        notes.append(
            f"Up to {infinite} subjects have an infinite value: means and differences leave them "
            "out, medians and shares count them."
        )
    return [*notes, *_censoring(rows)]


def _censoring(rows: Sequence[Row]) -> list[str]:
    """Return what the cut-offs of sensory tests do to the numbers, if any was reached."""
    shares: dict[str, float] = {}
    for row in rows:
        if row.censored:
            shares[row.endpoint] = max(shares.get(row.endpoint, 0.0), row.censored)
    if not shares:
        return []
    censored = ", ".join(f"{name} {100.0 * share:.2g} %" for name, share in shares.items())
    return [
        f"Measurements that reached the cut-off of the test, in the arm with most: {censored}. "
        "They count as the cut-off, so means and differences are too small; the median holds while "
        "less than half of the measurements are censored."
    ]


def as_json(rows: Sequence[Row], recipe: Mapping[str, Any] | None = None) -> str:
    """Return the rows as a JSON document with the caution; infinite numbers as the text "inf".

    Parameters
    ----------
    rows : as from :func:`oihsim.endpoint_table`; their sentences on breathing stand beside the
        caution
    recipe : attributes of the result; those that identify it go first

    Examples
    --------
    >>> import json
    >>> json.loads(as_json([]))["rows"]
    []
    """
    records = [
        {
            key: str(value) if isinstance(value, float) and math.isinf(value) else value
            for key, value in asdict(row).items()
            if key != "breathing"
        }
        for row in rows
    ]
    breathing = {"breathing": " ".join(breathing_of(rows))} if breathing_of(rows) else {}
    document = {**recipe_of(recipe or {}, RECIPE), **breathing, "caution": CAUTION}
    return json_text({**document, "rows": records})
