"""Tornado: an endpoint with one parameter at a time at its low and at its high."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from oihsim.files.errors import OihsimError
from oihsim.results.plot._bars import bar, finite, key, layout, window
from oihsim.results.plot._page import BLUE, GREY, INK, LABEL, TICK, VERMILLION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from xarray import Dataset


def tornado(ds: Dataset, *, width: float = 12.0, height: float = 9.0) -> Figure:
    """Return the bars of a tornado, the widest on top.

    Parameters
    ----------
    ds : from :func:`oihsim.sensitivity` with ``method="tornado"``
    width, height : size of the page, inches of 100 pixels

    Returns
    -------
    matplotlib.figure.Figure
        two bars per parameter, from the endpoint as it is to that at the low (blue) and at the high
        (vermillion); an infinite endpoint is an arrow, a failed run a word

    Raises
    ------
    OihsimError
        if the result is not that of a tornado, or matplotlib is not installed
    """
    if "at_low" not in ds or not ds.sizes.get("parameter"):
        raise OihsimError("tornado needs the result of a tornado: at_low and at_high by parameter")
    what = str(ds["base"].attrs["long_name"]).removesuffix(", nothing changed").replace("_", " ")
    notes = [
        *window(ds), "One parameter at a time; ranges are of belief in its value, not of people."
    ]  # fmt: skip
    figure, axes, shown = layout(ds, f"What moves {what}", notes, width=width, height=height)
    base = float(ds["base"])
    low, high = (ds[name].values[:shown].astype(float) for name in ("at_low", "at_high"))
    known = finite(np.concatenate([low, high, [base]]))
    first, last = (known.min(), known.max()) if known.size else (0.0, 1.0)
    room = 0.06 * (last - first) or 0.5
    edge = (float(first - room), float(last + room))
    axes.set_xlim(*edge)
    for row in range(shown):
        for half, (end, colour) in enumerate(((low[row], BLUE), (high[row], VERMILLION))):
            if np.isfinite(end) and np.isfinite(base):
                bar(axes, row, half, (base, float(end)), colour)
            else:
                _without_end(axes, row, half, float(end), edge)
    if np.isfinite(base):
        axes.axvline(base, color=INK, linewidth=1.6)
    key(axes, [("parameter at its low", BLUE), ("at its high", VERMILLION)])
    unit = str(ds["base"].attrs["units"])
    label = f"Line: as it is, {base:.3g}" + ("" if unit == "1" else f" {unit}")
    axes.set_xlabel(label, fontsize=LABEL, color=INK)
    return figure


def _without_end(axes: Axes, row: int, half: int, end: float, edge: tuple[float, float]) -> None:
    """Write that a run failed, or that its endpoint is infinite."""
    word = "failed" if np.isnan(end) else "\u221e \u2192" if end > 0.0 else "\u2190 \u221e"
    right = not end < 0.0
    axes.annotate(
        word, (edge[1] if right else edge[0], row + (half - 0.5) * 0.38), fontsize=TICK,
        color=GREY, ha="right" if right else "left", va="center",
    )  # fmt: skip
