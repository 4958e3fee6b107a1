"""Sobol indices: the share of the variance of an endpoint that each parameter has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from oihsim.files.errors import OihsimError
from oihsim.results.plot._bars import THICK, bar, finite, key, layout, settings, window
from oihsim.results.plot._page import BLUE, GREY, INK, LABEL, TICK, VERMILLION

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from xarray import Dataset


def sobol(ds: Dataset, *, width: float = 12.0, height: float = 9.0) -> Figure:
    """Return the indices of a Sobol analysis with their intervals, the largest total on top.

    Parameters
    ----------
    ds : from :func:`oihsim.sensitivity` with ``method="sobol"``
    width, height : size of the page, inches of 100 pixels

    Returns
    -------
    matplotlib.figure.Figure
        two bars per parameter: alone (blue) and with all its interactions (vermillion), each with
        its interval as a line

    Raises
    ------
    OihsimError
        if the result is not that of a Sobol analysis, or matplotlib is not installed
    """
    if "total_order" not in ds or not ds.sizes.get("parameter"):
        raise OihsimError("sobol needs the result of a Sobol analysis: total_order by parameter")
    what = str(ds["mean"].attrs.get("comment", "")).replace("_", " ")
    title = f"Shares in the variance of {what}"
    rows, dropped = int(ds.attrs["rows"]), int(ds.attrs["rows_dropped"])
    level = 100.0 * float(settings(ds).get("level", 0.95))
    lost = f", {dropped} more left out with their failed runs" if dropped else ""
    notes = [
        *window(ds), f"{rows} rows{lost}. Lines: {level:g} % interval, from a bootstrap over rows."
    ]  # fmt: skip
    figure, axes, shown = layout(ds, title, notes, width=width, height=height)
    kinds = (("first_order", BLUE), ("total_order", VERMILLION))
    ends = [finite(ds[f"{name}_interval"].values[:shown].ravel()) for name, _ in kinds]
    extent = np.concatenate([*ends, [0.0, 1.0]])
    axes.set_xlim(float(extent.min()) - 0.02, float(extent.max()) + 0.02)
    for half, (name, colour) in enumerate(kinds):
        for row in range(shown):
            share = float(ds[name].values[row])
            middle = row + (half - 0.5) * (THICK + 0.04)
            if np.isnan(share):
                axes.text(0.01, middle, "unknown", fontsize=TICK, color=GREY, va="center")
                continue
            bar(axes, row, half, (0.0, share), colour)
            axes.plot(ds[f"{name}_interval"].values[row], [middle] * 2, color=INK, linewidth=2.0)
    axes.axvline(0.0, color=INK, linewidth=1.2)
    key(axes, [("first order: alone", BLUE), ("total: with interactions", VERMILLION)])
    axes.set_xlabel("Share of the variance", fontsize=LABEL, color=INK)
    return figure
