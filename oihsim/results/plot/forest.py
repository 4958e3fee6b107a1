"""Forest plot: what studies observed, and what the model gives, finding by finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oihsim.files.errors import OihsimError
from oihsim.results.plot._page import (
    BLUE,
    GREEN,
    GREY,
    INK,
    LABEL,
    MARGIN,
    ORANGE,
    PALE,
    TICK,
    VERMILLION,
    page,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {
    "inside": GREEN, "null respected": GREEN, "sign only": ORANGE,
    "wrong": VERMILLION, "null violated": VERMILLION,
}  # fmt: skip
"""Colour of the dot by verdict; blue without one."""

REACH = 6.0
"""Standard deviations on each side; what lies further out is an arrow at the edge."""

ROW, HEADING = 0.29, 0.42
"""Inches of a finding, and of the name of a theme."""

NAMES, NUMBERS = 4.6, 3.0
"""Inches for the names on the left and for the numbers on the right."""


OBSERVED, SIMULATED = 115, 205
"""Points from the axes to the ends of the two columns of numbers."""


@dataclass(frozen=True)
class ForestRow:
    """A finding on the scale of its standardised distance, the observed value at 0.

    Attributes
    ----------
    theme, name : heading and label
    observed_text, simulated_text : both in numbers
    verdict : decides the colour
    observed : half of the observed 95 % interval; None where no number was observed
    distance : of the simulated value; None where there is none
    error : half of its 95 % interval
    """

    theme: str
    name: str
    observed_text: str
    simulated_text: str
    verdict: str
    observed: float | None
    distance: float | None
    error: float


def forest(
    rows: Sequence[ForestRow], *, title: str = "What studies observed, and what the model gives",
    width: float = 12.0,
) -> Figure:  # fmt: skip
    """Return the findings below each other, theme by theme.

    Parameters
    ----------
    rows : findings; rows of one theme stand together, in the order in which themes come
    title : sentence at the top
    width : of the page, inches of 100 pixels; its height follows from the rows

    Returns
    -------
    matplotlib.figure.Figure
        per finding the observed value with its interval (grey bar around 0), the simulated value
        with its interval (dot), and both in numbers; the pale band holds verdicts *inside*

    Raises
    ------
    OihsimError
        if there are no rows, or matplotlib is not installed
    """
    if not rows:
        raise OihsimError("forest needs at least one finding")
    themes = list(dict.fromkeys(row.theme for row in rows))
    body = ROW * len(rows) + HEADING * len(themes)
    height = body + 2.3
    figure, top, foot = page(title, width, height)
    axes = figure.add_axes(
        (NAMES / width, (foot + 0.8) / height, (width - NAMES - NUMBERS) / width, body / height)
    )
    _frame(axes, body)
    depth = 0.0
    for theme in themes:
        depth += HEADING
        axes.annotate(
            theme, (0.0, depth - 0.12), xycoords=("axes fraction", "data"),
            xytext=(-72 * (NAMES - MARGIN), 0), textcoords="offset points", fontsize=LABEL,
            fontweight="bold", color=INK, va="bottom", annotation_clip=False,
        )  # fmt: skip
        if depth == HEADING:
            _beside(axes, "observed", depth - 0.2, 1.0, OBSERVED)
            _beside(axes, "model", depth - 0.2, 1.0, SIMULATED)
        for row in rows:
            if row.theme == theme:
                _finding(axes, row, depth + ROW / 2)
                depth += ROW
    figure.text(
        MARGIN / width, (height - top - 0.05) / height,
        "Grey bar: observed, 95 % interval. Dot: simulated. Green: inside, or a null respected; "
        "ochre: sign only; red: wrong, or a null violated.",
        fontsize=TICK - 2, color=GREY, va="top",
    )  # fmt: skip
    return figure


def _frame(axes: Axes, body: float) -> None:
    axes.set_xlim(-REACH, REACH)
    axes.set_ylim(body, 0.0)
    axes.set_yticks([])
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.axvspan(-1.96, 1.96, color=PALE, alpha=0.5, linewidth=0)
    axes.axvline(0.0, color=GREY, linewidth=0.8)
    axes.tick_params(labelsize=TICK - 2, colors=INK, color=GREY)
    axes.set_xlabel("standardised distance from the observed value", fontsize=TICK, color=INK)


def _finding(axes: Axes, row: ForestRow, at: float) -> None:
    """Draw the row of a finding."""
    if row.observed is not None:
        half = min(row.observed, REACH)
        axes.plot(
            [-half, half], [at, at], color=GREY, linewidth=5, solid_capstyle="butt", alpha=0.6
        )
    colour = COLOURS.get(row.verdict, BLUE)
    if row.distance is not None and abs(row.distance) <= REACH:
        low, high = row.distance - row.error, row.distance + row.error
        axes.plot([max(low, -REACH), min(high, REACH)], [at, at], color=colour, linewidth=1.5)
        axes.plot([row.distance], [at], "o", color=colour, markersize=7)
    elif row.distance is not None:
        edge = REACH if row.distance > 0 else -REACH
        marker = ">" if row.distance > 0 else "<"
        axes.plot([edge], [at], marker, color=colour, markersize=8, clip_on=False)
    _beside(axes, row.name, at, 0.0, -10)
    _beside(axes, row.observed_text, at, 1.0, OBSERVED)
    _beside(axes, row.simulated_text, at, 1.0, SIMULATED)


def _beside(axes: Axes, text: str, at: float, edge: float, shift: float) -> None:
    """Write a text that ends so many points from an edge of the axes."""
    axes.annotate(
        text, (edge, at), xycoords=("axes fraction", "data"), xytext=(shift, 0),
        textcoords="offset points", fontsize=TICK - 3, color=INK, ha="right", va="center",
        annotation_clip=False,
    )  # fmt: skip
