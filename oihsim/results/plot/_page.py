"""Shared by all figures: the blank page with title and caution, colours, saving."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oihsim.files.caution import CAUTION, cautions
from oihsim.files.errors import OihsimError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, darkened where needed so that text in them reads on white (4.5 : 1).
BLUE, VERMILLION, GREEN, PURPLE, ORANGE = "#0072B2", "#B84A00", "#00795A", "#AA4C87", "#9A6700"
INK, GREY, PALE = "#222222", "#6B6B6B", "#D9D9D9"

# Points at 100 pixels an inch: still legible when 1200 px are shown as 600.
TITLE, LABEL, TICK, FOOT = 21, 16, 14, 14
MARGIN = 0.25
"""Blank edge of the page, inches."""

FORMATS = {".png": "Description", ".svg": "Description", ".pdf": "Subject"}
"""File endings, each with the metadata field that takes the caution."""


def figure_class() -> type[Figure]:
    """Return matplotlib's Figure, made without pyplot, so that nothing global is touched.

    Raises
    ------
    OihsimError
        if matplotlib is not installed
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise OihsimError('figures need matplotlib: pip install "oihsim[plot]"') from error
    return Figure


def page(
    title: str, width: float, height: float, breathing: str = ""
) -> tuple[Figure, float, float]:
    """Return an empty figure with title and caution, and their heights at top and foot, inches.

    ``breathing`` is the sentence of the result on breathing, which comes before the caution.
    """
    figure = figure_class()(figsize=(width, height), dpi=100, facecolor="white")
    text = wrapped(figure, title, TITLE, width - 2 * MARGIN, bold=True)
    figure.suptitle(
        text, x=MARGIN / width, y=1 - MARGIN / height, ha="left", va="top",
        fontsize=TITLE, fontweight="bold", color=INK, linespacing=1.15,
    )  # fmt: skip
    foot = wrapped(figure, cautions(breathing), FOOT, width - 2 * MARGIN)
    figure.text(
        MARGIN / width, MARGIN / 2 / height, foot, ha="left", va="bottom",
        fontsize=FOOT, color=GREY,
    )  # fmt: skip
    top = (text.count("\n") + 1) * TITLE * 1.2 / 72 + MARGIN
    return figure, top, (foot.count("\n") + 1) * FOOT * 1.2 / 72 + MARGIN / 2


def wrapped(figure: Figure, text: str, size: float, width: float, *, bold: bool = False) -> str:
    """Return the text broken into lines of at most ``width`` inches, as measured when drawn."""
    probe = figure.text(0, 0, "", fontsize=size, fontweight="bold" if bold else "normal")
    lines, line = [], ""
    for word in text.split(" "):  # a no-break space holds
        probe.set_text(f"{line} {word}".strip())
        if line and probe.get_window_extent().width > width * figure.dpi:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    probe.remove()
    return "\n".join([*lines, line])


def figure_of(axes: Axes) -> Figure:
    """Return the page that axes stand on."""
    figure = axes.get_figure(root=True)
    if figure is None:
        raise OihsimError("axes without a figure")
    return figure


def plain_axes(axes: Axes) -> None:
    """Draw only the left and lower edge, thin ticks and pale horizontal guides."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    axes.tick_params(labelsize=TICK, colors=INK, color=GREY, length=4)
    axes.grid(axis="y", color=PALE, linewidth=0.8)
    axes.set_axisbelow(True)


def spread(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Return positions as near to those wanted as a gap between neighbours allows.

    Examples
    --------
    >>> spread([1.0, 1.0, 5.0], gap=1.0, low=0.0, high=10.0)
    [0.5, 1.5, 5.0]
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    groups: list[list[float]] = []  # each: sum of wanted positions less their offsets, count
    for i in order:
        groups.append([wanted[i], 1])
        while len(groups) > 1:
            (a, m), (b, n) = groups[-2:]
            if a / m + gap * m <= b / n:
                break
            groups[-2:] = [[a + b - gap * m * n, m + n]]
    placed: list[float] = []
    for total, count in groups:
        start = min(max(total / count, low), high - gap * (count - 1))
        placed += [start + gap * k for k in range(int(count))]
    result = [0.0] * len(wanted)
    for i, position in zip(order, placed, strict=True):
        result[i] = position
    return result


def save(figure: Figure, path: str | Path, *, dpi: float = 100) -> Path:
    """Write a figure as PNG, SVG or PDF, complete or not at all, with the caution in its metadata.

    Parameters
    ----------
    figure : as returned by the functions of this package
    path : file; its ending chooses the format
    dpi : pixels per inch for PNG

    Returns
    -------
    Path
        the file written

    Raises
    ------
    OihsimError
        if the ending is unknown or the folder does not exist or cannot be written to
    """
    target = Path(path)
    if target.suffix.lower() not in FORMATS:
        allowed = ", ".join(FORMATS)
        raise OihsimError(f"{target.name}: a figure can be written as {allowed}")
    title = " ".join(figure.get_suptitle().split())
    metadata: dict[str, Any] = {"Title": title, FORMATS[target.suffix.lower()]: CAUTION}
    metadata |= {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(
        target.suffix.lower(), {}
    )  # no date: the same result gives the same file
    from matplotlib import rc_context

    try:
        handle, temporary = tempfile.mkstemp(suffix=target.suffix, dir=target.parent)
    except OSError as error:
        raise OihsimError(f"cannot write into {target.parent}: {error.strerror}") from error
    os.close(handle)
    try:
        # Text stays text, so that it can be searched and read aloud.
        with rc_context({"svg.fonttype": "none", "pdf.fonttype": 42, "svg.hashsalt": "oihsim"}):
            figure.savefig(temporary, dpi=dpi, metadata=metadata)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(target)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return target
