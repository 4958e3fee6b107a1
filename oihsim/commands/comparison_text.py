"""The rows of a comparison as text for a terminal and as JSON."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from oihsim.files.caution import CAUTION
from oihsim.results.comparison import Row


def format_table(rows: Sequence[Row], width: int = 92) -> str:
    """Return the rows as text for a terminal, at most ``width`` columns, caution at the foot.

    What the results of the rows say on breathing stands before the caution.

    Examples
    --------
    >>> row = Row("pain_mean", "stable", "stable", "1", "mean pain", "lower", 1, 0, 0, 4.0, 4.0)
    >>> print(format_table([row], width=60).splitlines()[0])
    pain_mean: mean pain, lower is better
    """
    arm_width = min(max((len(_arm(row)) for row in rows), default=3), max(width - 66, 12))
    lines: list[str] = []
    for i, row in enumerate(rows):
        if i == 0 or row.endpoint != rows[i - 1].endpoint:
            lines += ["", *textwrap.wrap(_heading(row), width, subsequent_indent="    ")]
            lines.append(
                f"  {'arm':<{arm_width}} {'n':>5} {'mean':>9} {'median':>9} "
                f"{'difference [95 % interval]':>28} {'better':>7}"
            )
        lines.append(_line(row, arm_width))
    notes = _notes(rows)
    notes += [*breathing_of(rows), CAUTION]
    foot = [line for note in notes for line in textwrap.wrap(note, width)]
    return "\n".join([*lines[1:], "", *foot])


def breathing_of(rows: Sequence[Row]) -> list[str]:
    """Return each sentence on breathing of the rows once."""
    return list(dict.fromkeys(row.breathing for row in rows if row.breathing))


def _heading(row: Row) -> str:
    """Return what an endpoint is, in what unit, and which way is better."""
    unit = "" if row.unit == "1" else f" [{row.unit}]"
    way = "" if row.better == "neither" else f", {row.better} is better"
    return f"{row.endpoint}: {row.long_name}{unit}{way}"


def _arm(row: Row) -> str:
    """Return the arm, marked if it is the reference."""
    return f"{row.arm} (ref.)" if row.arm == row.reference else row.arm


def _line(row: Row, arm_width: int) -> str:
    """Return one arm as one line."""
    arm = _arm(row)
    if len(arm) > arm_width:
        arm = arm[: arm_width - 1] + "…"
    digits, difference = _digits(row), ""
    if row.difference is not None:
        difference = _number(row.difference, digits, sign=True)
        if row.low is not None and row.high is not None:
            low, high = _number(row.low, digits, sign=True), _number(row.high, digits, sign=True)
            difference += f" [{low}, {high}]"
    share = "" if row.share_better is None else f"{100.0 * row.share_better:.0f} %"
    mean, median = _number(row.mean, digits), _number(row.median, digits)
    return (
        f"  {arm:<{arm_width}} {row.n:>5} {mean:>9} {median:>9} {difference:>28} {share:>7}"
    ).rstrip()


def _digits(row: Row) -> int:
    """Return the decimals that give this row's numbers about three figures."""
    known = [abs(v) for v in (row.mean, row.median, row.difference) if v is not None]
    size = max((v for v in known if math.isfinite(v)), default=0.0)
    return 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 3 if size >= 0.1 else 4


def _number(value: float | None, digits: int, *, sign: bool = False) -> str:
    """Return a number with so many decimals, ``inf`` as such, a dash for none."""
    if value is None:
        return "-"
    if value == 0.0:
        return "0"
    text = f"{value:{'+' if sign else ''}.{digits}f}"
    return text.lstrip("+-") if float(text) == 0.0 else text  # no sign on what rounds to zero


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
    shares = {row.endpoint: 0.0 for row in rows if row.censored}
    for row in rows:
        if row.censored:
            shares[row.endpoint] = max(shares[row.endpoint], row.censored)
    if not shares:
        return []
    told = ", ".join(f"{name} {100.0 * share:.2g} %" for name, share in shares.items())
    return [
        f"Measurements that reached the cut-off of the test, in the arm with most: {told}. They "
        "count as the cut-off, so means and differences are too small; the median holds while "
        "less than half of the measurements are censored."
    ]


RECIPE = ("question", "model", "model_hash", "scenario_hash", "seed", "rtol")
"""Attributes of a result that go before its rows."""


def as_json(rows: Sequence[Row], recipe: Mapping[str, Any] | None = None) -> str:
    """Return the rows as a JSON document with the caution; infinite numbers as the text "inf".

    ``breathing``, if the results of the rows have it, stands beside the caution. ``recipe`` is the
    attributes of the result; what says which it is goes first.

    Examples
    --------
    >>> json.loads(as_json([]))["rows"]
    []
    """
    plain = [
        {
            key: str(value) if isinstance(value, float) and math.isinf(value) else value
            for key, value in asdict(row).items()
            if key != "breathing"
        }
        for row in rows
    ]
    said = {"breathing": " ".join(breathing_of(rows))} if breathing_of(rows) else {}
    told = {key: _plain(recipe[key]) for key in RECIPE if recipe and key in recipe}
    return json.dumps(
        {**told, **said, "caution": CAUTION, "rows": plain}, indent=2, allow_nan=False
    )


def _plain(value: Any) -> Any:
    """Return a NumPy scalar, as attributes read from a file are, as a Python number."""
    return value.item() if hasattr(value, "item") else value
