"""Pairs of horizontal bars by parameter, shared by the figures of sensitivity."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from oihsim.results.plot._page import GREY, INK, LABEL, MARGIN, TICK, page, plain_axes, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from xarray import Dataset

MOST = 10
"""Parameters that are shown; a note counts the others."""

NAMES = 4.3
"""Inches on the left for the names of the parameters and their ranges."""

THICK = 0.34
"""Thickness of a bar, as a share of the height of a parameter, which has two bars and a gap."""


def layout(
    ds: Dataset, title: str, notes: list[str], *, width: float, height: float
) -> tuple[Figure, Axes, int]:
    """Return the page, axes with the parameters named from the top down, and the number shown.

    ``notes`` stand below the horizontal axis, beside the number of parameters that are not shown.
    """
    figure, top, foot = page(title, width, height, str(ds.attrs.get("breathing", "")))
    shown = min(MOST, ds.sizes["parameter"])
    hidden = ds.sizes["parameter"] - shown
    if hidden:
        notes = [*notes, f"{hidden} more parameters count less."]
    text = wrapped(figure, " ".join(notes), TICK, width - 2 * MARGIN)
    lines = text.count("\n") + 1 if text else 0
    low = foot + 0.95 + lines * TICK * 1.25 / 72
    high = top + 0.55
    axes = figure.add_axes(
        (NAMES / width, low / height, (width - NAMES - 2 * MARGIN) / width,
         (height - low - high) / height)
    )  # fmt: skip
    plain_axes(axes)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color="#D9D9D9", linewidth=0.8)
    axes.set_ylim(shown - 0.5, -0.5)
    axes.set_yticks([])
    for i in range(shown):
        _name(axes, ds.isel(parameter=i), i)
    figure.text(MARGIN / width, (foot + 0.12) / height, text, fontsize=TICK, color=INK, va="bottom")
    return figure, axes, shown


def _name(axes: Axes, parameter: Dataset, at: int) -> None:
    """Write the address of a parameter, and its range below it."""
    unit = str(parameter["parameter_unit"].item())
    low, high = parameter["low"].item(), parameter["high"].item()
    words = f"{low:.3g} to {high:.3g}" + f" {unit}" * (unit != "1")
    for text, lift, size, colour, weight in (
        (str(parameter["parameter"].item()), 0.02, LABEL, INK, "bold"),
        (words, -0.02, TICK, GREY, "normal"),
    ):
        axes.annotate(
            text, (0.0, at), xycoords=("axes fraction", "data"),
            xytext=(-12, 60 * lift), textcoords="offset points", fontsize=size, color=colour,
            fontweight=weight, ha="right", va="bottom" if lift > 0 else "top",
            annotation_clip=False,
        )  # fmt: skip


def key(axes: Axes, words: list[tuple[str, str]]) -> None:
    """Write the meaning of the two bars, in their colours, above the axes."""
    at = 0.0
    for text, colour in words:
        shown = axes.annotate(
            f"\u25a0 {text}", (at, 1.0), xycoords="axes fraction", xytext=(0, 8),
            textcoords="offset points", fontsize=LABEL, color=colour, fontweight="bold",
            ha="left", va="bottom",
        )  # fmt: skip
        at += (shown.get_window_extent().width + 24.0) / axes.bbox.width


def bar(axes: Axes, row: int, half: int, ends: tuple[float, float], colour: str) -> None:
    """Draw one of the two bars of a parameter, the upper (0) or the lower (1)."""
    middle = row + (half - 0.5) * (THICK + 0.04)
    axes.barh(middle, ends[1] - ends[0], left=ends[0], height=THICK, color=colour)


def settings(ds: Dataset) -> dict[str, Any]:
    """Return the settings of a result of sensitivity."""
    stored: dict[str, Any] = json.loads(ds.attrs.get("sensitivity", "{}"))
    return stored


def window(ds: Dataset) -> list[str]:
    """Return a note on the window of the endpoint; none if the window is all of the run."""
    spec = settings(ds).get("endpoint", {})
    ends = [spec.get("from_h"), spec.get("until_h")]
    if None in ends:
        return []
    return [f"Window: {ends[0] / 24.0:g} to {ends[1] / 24.0:g} d."]


def finite(values: np.ndarray) -> np.ndarray:
    """Return the finite values."""
    return np.asarray(values[np.isfinite(values)])
