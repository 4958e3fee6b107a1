"""The paradox: pain against daily dose, the same day and after weeks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from oihsim.files.errors import OihsimError
from oihsim.results.plot._page import (
    GREY,
    INK,
    LABEL,
    MARGIN,
    TICK,
    figure_of,
    page,
    plain_axes,
    spread,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from xarray import DataArray, Dataset

EARLY, LATE = "#0072B2", "#B84A00"
LABEL_ROOM = 0.8
"""Inches to the right of each panel for the names of the curves."""


def dose_pain(curves: Dataset, *, width: float = 12.0, height: float = 9.0) -> Figure:
    """Return pain against daily dose, one curve per horizon, one panel per variant of the model.

    Parameters
    ----------
    curves : ``pain`` (dose_mg_per_day, horizon_h) and optionally a third dim ``limb``, whose
        labels name the panels; attrs ``question`` and ``drug`` if known
    width, height : size of the page, inches of 100 pixels

    Returns
    -------
    matplotlib.figure.Figure
        doses on a scale that is linear below the smallest positive dose and logarithmic above;
        a dot at the dose with the least pain of each curve, if it lies inside the range; the
        pain without drug, if a dose of 0 is among them, as a dashed line

    Raises
    ------
    OihsimError
        if ``pain`` or one of its dims is missing, if there is no dose above 0, or if matplotlib
        is not installed
    """
    wanted = {"dose_mg_per_day", "horizon_h"}
    if "pain" not in curves or not wanted <= set(curves["pain"].dims):
        raise OihsimError("dose_pain needs the variable 'pain' by dose_mg_per_day and horizon_h")
    pain = curves["pain"].sortby(["dose_mg_per_day", "horizon_h"])
    dose = pain["dose_mg_per_day"].values.astype(float)
    if not (dose > 0.0).any():
        raise OihsimError("dose_pain needs at least one dose above 0 mg/day")
    if "limb" in pain.dims:
        panels = [(str(limb), pain.sel(limb=limb)) for limb in pain["limb"].values]
    else:
        panels = [("", pain)]
    question = str(curves.attrs.get("question", "")) or "Does more opioid mean less pain?"
    names = [name for name, _ in panels] if len(panels) > 1 else [""]
    figure, axes = _layout(question, names, width, height)
    top = float(min(np.ceil(np.nanmax(pain.values) + 0.3), 10.0))
    for axis, (_, values) in zip(axes, panels, strict=True):
        axis.set_ylim(0.0, top)
        _dose_axis(axis, dose)
        _curves(axis, dose, values)
    drug = str(curves.attrs.get("drug", "dose"))
    for axis in axes[-3:]:
        axis.set_xlabel(f"{drug.capitalize()}, mg/day", fontsize=LABEL, color=INK)
    scale = "" if top == 10.0 else f" (axis ends at {top:g})"
    axes[0].set_ylabel(f"Pain, 0 to 10{scale}", fontsize=LABEL, color=INK)
    return figure


def _layout(
    question: str, names: list[str], width: float, height: float
) -> tuple[Figure, list[Axes]]:
    """Return the page and its panels, at most three side by side, all with the same axes."""
    figure, top, foot = page(question, width, height)
    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    indent, low, top, gap = 1.05, foot + 0.75, top + 0.15, 0.5
    panel = (width - indent - MARGIN) / columns
    inner = panel - LABEL_ROOM
    heads = [wrapped(figure, name, LABEL, inner, bold=True) for name in names]
    head = (max(h.count("\n") for h in heads) + 1) * LABEL * 1.25 / 72 if any(names) else 0.0
    tall = (height - top - low - gap * (rows - 1)) / rows - head
    axes: list[Axes] = []
    for i, text in enumerate(heads):
        row, column = divmod(i, columns)
        bottom = low + (rows - 1 - row) * (tall + head + gap)
        box = ((indent + column * panel) / width, bottom / height, inner / width, tall / height)
        axis = figure.add_axes(box, sharey=axes[0] if axes else None)
        plain_axes(axis)
        axis.tick_params(labelleft=column == 0, labelbottom=i + columns >= len(names))
        axis.set_title(text, fontsize=LABEL, fontweight="bold", color=INK, loc="left", pad=8)
        axes.append(axis)
    return figure, axes


def _dose_axis(axis: Axes, dose: np.ndarray) -> None:
    """Make the dose axis linear from 0 to the smallest dose and logarithmic above."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    least, most = float(dose[dose > 0.0].min()), float(dose.max())
    axis.set_xscale("symlog", linthresh=least, linscale=0.5)
    axis.set_xlim(0.0 if dose[0] == 0.0 else least, most)
    marks = [m * 10.0**k for k in range(-4, 7) for m in (1, 3)]
    shown = [m for m in marks if least * 1.5 <= m <= most * 1.001]
    axis.xaxis.set_major_locator(FixedLocator(([0.0] if dose[0] == 0.0 else []) + shown))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _curves(axis: Axes, dose: np.ndarray, pain: DataArray) -> None:
    """Draw a curve for each horizon from early (blue) to late (vermillion), named at its end."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("horizon", [EARLY, "#6D4C8E", LATE])
    horizons = pain["horizon_h"].values.astype(float)
    shades = [colours(k / max(horizons.size - 1, 1)) for k in range(horizons.size)]
    values = pain.transpose("horizon_h", "dose_mg_per_day").values
    if dose[0] == 0.0:
        axis.axhline(values[-1, 0], color=GREY, linewidth=1.6, linestyle=(0, (5, 4)), zorder=1)
        axis.annotate(
            "no drug", (0.0, values[-1, 0]), xycoords=("axes fraction", "data"), xytext=(8, 4),
            textcoords="offset points", fontsize=TICK, color=GREY, ha="left", va="bottom",
        )  # fmt: skip
    for k in range(horizons.size):
        axis.plot(dose, values[k], color=shades[k], linewidth=2.6, zorder=2 + k)
        best = int(np.nanargmin(values[k]))
        if 0 < best < dose.size - 1:
            axis.plot(
                dose[best], values[k, best], "o", color=shades[k], markersize=11,
                markeredgecolor="white", markeredgewidth=1.8, zorder=20,
            )  # fmt: skip
    _name_curves(axis, values[:, -1], horizons, shades)
    _name_minimum(axis, dose, values, shades)


def _name_curves(
    axis: Axes, ends: np.ndarray, horizons: np.ndarray, shades: Sequence[tuple[float, ...]]
) -> None:
    """Write each horizon at the right end of its curve, moved apart where labels crowd."""
    low, high = axis.get_ylim()
    inches = axis.get_position().height * figure_of(axis).get_size_inches()[1]
    gap = LABEL * 1.2 / 72 / inches * (high - low)
    heights = spread([float(end) for end in ends], gap, low, high)
    for height, horizon, shade in zip(heights, horizons, shades, strict=True):
        text = f"{horizon:g} h" if horizon < 48.0 else f"{horizon / 24.0:g} d"
        axis.annotate(
            text, (1.0, height), xycoords=("axes fraction", "data"), xytext=(8, 0),
            textcoords="offset points", fontsize=LABEL, fontweight="bold", color=shade,
            ha="left", va="center", annotation_clip=False,
        )  # fmt: skip


def _name_minimum(
    axis: Axes, dose: np.ndarray, values: np.ndarray, shades: Sequence[tuple[float, ...]]
) -> None:
    """Write what the dot is, at the latest curve with a dot, above all curves at that dose."""
    for k in range(len(values) - 1, -1, -1):
        best = int(np.nanargmin(values[k]))
        if 0 < best < dose.size - 1:
            narrow = axis.bbox.width < 4.0 * figure_of(axis).dpi
            word = "minimum:" if narrow else "minimum of the simulated curve, near"
            clear = float(np.nanmax(values[:, : best + 1]))
            axis.annotate(
                "", (dose[best], clear), xytext=(0, 30), textcoords="offset points",
                arrowprops={"arrowstyle": "-", "color": shades[k], "linewidth": 1.2},
            )  # fmt: skip
            axis.plot([dose[best]] * 2, [values[k, best], clear], color=shades[k], linewidth=1.2)
            text = axis.annotate(
                f"{word} {float(f'{dose[best]:.2g}'):g} mg/day", (dose[best], clear),
                xytext=(4, 30), textcoords="offset points", fontsize=TICK, color=shades[k],
                ha="right", va="bottom",
            )  # fmt: skip
            over = axis.bbox.x0 + 8 - text.get_window_extent().x0
            text.xyann = (4 + max(over, 0.0) * 72 / figure_of(axis).dpi, 30)
            return
