"""The arms side by side: pain, tolerance, hyperalgesia and the doses behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from oihsim.files.errors import OihsimError
from oihsim.results.endpoints.dose_totals import CUMULATIVE_DOSE
from oihsim.results.plot._page import (
    BLUE,
    GREEN,
    GREY,
    INK,
    LABEL,
    MARGIN,
    ORANGE,
    PURPLE,
    TICK,
    VERMILLION,
    figure_of,
    page,
    plain_axes,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from xarray import Dataset

PANELS = (
    ("pain", "Pain", "0 to 10", VERMILLION),
    ("tolerance_index", "Tolerance", "EC50, × naive", ORANGE),
    ("hyperalgesia_index", "Hyperalgesia", "0 = naive", PURPLE),
)
DRUG_COLOURS = (BLUE, GREEN, INK, PURPLE, ORANGE)
MOST_TESTS = 3
SPELLED = {"cm**2": "cm²", "degC": "°C"}
TITLE_WIDTH = 1.85
"""Inches for the title of a row."""
TEST_HEIGHT = 1.3
"""Inches that the page grows for each row of a sensory test."""
BAND_FROM = 5
"""Fewest subjects for a 10-90 % band."""


def strategy(ds: Dataset, *, width: float = 12.0, height: float = 9.0) -> Figure:
    """Return the figure of a comparison: one column per arm, axes shared along each row.

    Parameters
    ----------
    ds : result with ``pain``, ``tolerance_index``, ``hyperalgesia_index`` and
        ``<drug>_cumulative_dose`` (scenario, draw, id, time)
    width, height : size of the page, inches of 100 pixels

    Returns
    -------
    matplotlib.figure.Figure
        median and 10-90 % band of the subjects' daily means, the reference arm's median as a
        grey line in each column, and at the foot the median daily dose of each drug. A result of
        less than four days has values as they are and hourly doses (up to 12 h: the rate between
        two outputs). The first three measured sensory tests have a row each, and the page grows

    Raises
    ------
    OihsimError
        if a variable is missing or matplotlib is not installed
    """
    missing = [name for name, *_ in PANELS if name not in ds]
    if missing:
        raise OihsimError(f"the result holds no variable {', '.join(map(repr, missing))}")
    arms = [str(name) for name in ds["scenario"].values]
    reference = str(ds.attrs.get("reference_arm", "")) or arms[0]
    base = arms.index(reference) if reference in arms else 0
    hours = ds["time"].values
    long = hours[-1] - hours[0] >= 96.0
    unit_h = 24.0 if long else 1.0
    step_h = round(float(np.diff(hours).max(initial=0.0)), 6) or 1.0
    short = hours[-1] - hours[0] <= 12.0
    bin_h = 24.0 if long else step_h if short else max(1.0, step_h)
    per = "/day" if long else "/h" if short or bin_h == 1.0 else f" in {bin_h:g} h"
    doses = _doses(ds, bin_h, 1.0 / bin_h if short else 1.0)

    panels = (*PANELS, *_tests(ds))
    height += TEST_HEIGHT * (len(panels) - len(PANELS))
    figure, axes, strip = _layout(ds, arms, base, (len(panels), len(doses)), width, height)
    for row, (name, title, unit, colour) in enumerate(panels):
        times, values = _daily(hours, ds[name].values) if long else (hours, ds[name].values)
        top = _band_row(axes[row], times / unit_h, values, base, colour)
        _row_title(axes[row][0], title, unit, colour)
        if name == "tolerance_index":
            _log_axis(axes[row][0], top)
        else:
            lowest_value = axes[row][0].dataLim.y0
            bottom = (
                min(0.0, 1.05 * lowest_value) if np.isfinite(lowest_value) else 0.0
            )  # masked pain may lie below naive
            axes[row][0].set_ylim(bottom, min(np.ceil(top), 10.0) if name == "pain" else top)
    _label_lines(axes[0], arms, base, ds.sizes["id"] * ds.sizes["draw"], daily=long)
    for k, (drug, (edges, amount)) in enumerate(doses.items()):
        colour = DRUG_COLOURS[k % len(DRUG_COLOURS)]
        _dose_row(strip[k], edges / unit_h, amount, colour)
        # a therapy is counted in sessions, not in mg
        unit = ds[CUMULATIVE_DOSE.variable_of(drug)].attrs.get("units", "mg")
        _row_title(strip[k][0], drug.capitalize().replace("_", " "), unit + per, colour)
    lowest = strip[-1] if doses else axes[-1]
    for axis in lowest:
        axis.tick_params(labelbottom=True)
        axis.set_xlabel("Day" if long else "Hour", fontsize=LABEL, color=INK)
        axis.set_xlim(hours[0] / unit_h, hours[-1] / unit_h)
        _time_ticks(axis, long=long)
    return figure


def _layout(
    ds: Dataset, arms: list[str], base: int, rows_of: tuple[int, int], width: float, height: float
) -> tuple[Figure, list[list[Axes]], list[list[Axes]]]:
    """Return the page, the axes of the panels and those of the doses, by row and column.

    ``rows_of`` is the number of panels and of drugs.
    """
    panels, drugs = rows_of
    figure, top, foot = page(
        str(ds.attrs.get("question", "")), width, height, str(ds.attrs.get("breathing", ""))
    )
    indent, gap = 2.45, 0.34
    column = (width - indent - MARGIN - gap * (len(arms) - 1)) / len(arms)
    names = [name.replace("_", " ") for name in arms]
    names[base] += " (reference)"
    size = LABEL if len(arms) <= 4 else TICK
    heads = [wrapped(figure, name, size, column, bold=True) for name in names]
    top += (max(h.count("\n") for h in heads) + 1) * size * 1.25 / 72 + 0.15
    ratios = [1.5] + [1.0] * (panels - 1) + [0.42] * drugs
    grid = figure.add_gridspec(
        len(ratios), len(arms), height_ratios=ratios, left=indent / width, right=1 - MARGIN / width,
        top=1 - top / height, bottom=(foot + 0.62) / height, wspace=gap / column, hspace=0.22,
    )  # fmt: skip
    rows: list[list[Axes]] = []
    for r in range(len(ratios)):
        row: list[Axes] = []
        for c in range(len(arms)):
            axis = figure.add_subplot(
                grid[r, c], sharex=rows[0][0] if rows else (row[0] if row else None),
                sharey=row[0] if row else None,
            )  # fmt: skip
            plain_axes(axis)
            axis.tick_params(labelbottom=False, labelleft=c == 0)
            row.append(axis)
        rows.append(row)
    for axis, head in zip(rows[0], heads, strict=True):
        axis.set_title(head, fontsize=size, fontweight="bold", color=INK, loc="left", pad=8)
    return figure, rows[:panels], rows[panels:]


def _tests(ds: Dataset) -> list[tuple[str, str, str, str]]:
    """Return name, title, unit and colour of the first sensory tests of the result."""
    names = [str(name) for name in ds.data_vars if "cut_off" in ds[name].attrs][:MOST_TESTS]
    return [
        (name, name.capitalize().replace("_", " "), SPELLED.get(unit, unit), BLUE)
        for name in names
        for unit in [str(ds[name].attrs["units"])]
    ]


def _quantiles(values: np.ndarray, shares: tuple[float, ...]) -> np.ndarray:
    """Return quantiles over (draw, id) of (draw, id, time); failed subjects left out.

    Infinite values keep their place in the order, so that a median may be infinite.
    """
    flat = values.reshape(-1, values.shape[-1])
    flat = flat[~np.isnan(flat).any(axis=1)]
    if flat.shape[0] == 0:
        return np.full((len(shares), values.shape[-1]), np.nan)
    # A huge number stands for infinity: interpolating between two infinities would give NaN.
    quantiles = np.quantile(np.where(np.isinf(flat), 1e300, flat), shares, axis=0)
    return np.where(quantiles > 1e200, np.inf, quantiles)


def _daily(hours: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle of each day (h) and the mean of the outputs in it, along the last axis.

    The swing between two doses would otherwise thicken every line. Outputs a day apart or more
    stay as they are.
    """
    within = hours < hours[0] + 24.0 * np.ceil((hours[-1] - hours[0]) / 24.0)
    day = (hours[within] - hours[0]) // 24.0  # the last output may open a day of its own
    starts = np.flatnonzero(np.diff(day, prepend=-1.0))
    counts = np.diff(starts, append=day.size)
    if counts.max(initial=1) < 2:
        return hours, values
    means = np.add.reduceat(values[..., within], starts, axis=-1) / counts
    return hours[0] + 24.0 * day[starts] + 12.0, means


def _band_row(
    axes: list[Axes], time: np.ndarray, values: np.ndarray, base: int, colour: str
) -> float:
    """Draw one variable in every column: band, reference in grey, median; return the top."""
    bands = [_quantiles(arm, (0.1, 0.5, 0.9)) for arm in values]
    finite = np.concatenate(bands)[np.isfinite(np.concatenate(bands))]
    # a row that is 0 throughout, or has no finite value, still needs an axis of some height
    ceiling = max(1.05 * finite.max(), 0.05) if finite.size else 1.0
    clipped = [np.minimum(q, ceiling) for q in bands]
    for i, axis in enumerate(axes):
        low, middle, high = clipped[i]
        if (~np.isnan(values[i]).any(axis=-1)).sum() >= BAND_FROM:
            axis.fill_between(time, low, high, color=colour, alpha=0.22, linewidth=0)
        if i != base:
            axis.plot(time, clipped[base][1], color=GREY, linewidth=1.8)
        axis.plot(time, middle, color=colour, linewidth=2.4)
        if np.isinf(bands[i][1]).any():
            first = time[np.isinf(bands[i][1])][0]
            axis.annotate(
                "∞", (first, ceiling), fontsize=LABEL, color=colour, ha="center", va="bottom"
            )
    return float(ceiling)


def _row_title(axis: Axes, title: str, unit: str, colour: str) -> None:
    """Write the title and unit of a row at the left edge of the page."""
    figure = figure_of(axis)
    width = figure.get_size_inches()[0]
    box = axis.get_position()
    middle = (box.y0 + box.y1) / 2
    tall = box.height * figure.get_size_inches()[1] > 0.8
    if tall:
        title = wrapped(figure, title, LABEL, TITLE_WIDTH, bold=True)
    text = figure.text(
        MARGIN / width, middle, title, fontsize=LABEL, fontweight="bold", color=colour,
        ha="left", va="bottom",
    )  # fmt: skip
    inches = text.get_window_extent().width / figure.dpi
    if inches > TITLE_WIDTH:  # a low row has no room for a second line
        text.set_fontsize(LABEL * TITLE_WIDTH / inches)
    figure.text(MARGIN / width, middle, unit, fontsize=TICK, color=GREY, ha="left", va="top")


def _log_axis(axis: Axes, top: float) -> None:
    """Make the tolerance axis logarithmic, from about 1 at the foot, with plain numbers."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    bottom, top = 0.9, max(top, 2.2)
    steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000]
    if top > 60:
        steps = [1, 10, 100, 1000, 10_000, 100_000]
    axis.set_yscale("log")
    axis.set_ylim(bottom, top)
    axis.yaxis.set_major_locator(FixedLocator([s for s in steps if bottom <= s <= top]))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _label_lines(
    axes: list[Axes], arms: list[str], base: int, subjects: int, *, daily: bool
) -> None:
    """Name the grey line, the line and the band once, in the first column that has them."""
    others = [i for i in range(len(arms)) if i != base]
    band = "median and 10–90\u00a0% of subjects" if subjects >= BAND_FROM else "median of subjects"
    band = f"daily means: {band}" if daily else band
    notes = [(base, band, VERMILLION)] if subjects > 1 else []
    if others:
        notes.append((others[0], f"grey: {arms[base].replace('_', ' ')}", GREY))
    for column, text, colour in notes:
        axis = axes[column]
        figure = figure_of(axis)
        inches = axis.get_position().width * figure.get_size_inches()[0]
        axis.text(
            0.03, 0.04, wrapped(figure, text, TICK, inches * 0.95), transform=axis.transAxes,
            fontsize=TICK, color=colour, ha="left", va="bottom", linespacing=1.1,
        )  # fmt: skip


def _doses(ds: Dataset, bin_h: float, scale: float) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return edges (h) and median mg per bin times ``scale`` (scenario, bin) of each dosed drug.

    The median is over subjects, to whom rules may give different doses. A drug of more arms comes
    before a drug of fewer arms: the opioid before its companions.
    """
    hours = ds["time"].values
    edges = np.arange(hours[0], hours[-1] + bin_h * (1 - 1e-9), bin_h)
    # linear between the outputs on either side of an edge
    after = np.clip(np.searchsorted(hours, edges), 1, hours.size - 1)
    share = np.clip((edges - hours[after - 1]) / (hours[after] - hours[after - 1]), 0.0, 1.0)
    doses = {}
    for drug in CUMULATIVE_DOSE.drugs(ds):
        dose = ds[CUMULATIVE_DOSE.variable_of(drug)].values
        at = dose[..., after - 1] + share * (dose[..., after] - dose[..., after - 1])
        amount = scale * np.stack([_quantiles(arm, (0.5,))[0] for arm in np.diff(at, axis=-1)])
        if (amount > 0.0).any():
            doses[drug] = (edges, amount)
    arms = {drug: int((amount > 0.0).any(axis=1).sum()) for drug, (_, amount) in doses.items()}
    return dict(sorted(doses.items(), key=lambda entry: (-arms[entry[0]], entry[0])))


def _dose_row(axes: list[Axes], edges: np.ndarray, amount: np.ndarray, colour: str) -> None:
    """Draw the dose of one drug as steps, with the size of each long step written on it."""
    top = float(np.nanmax(amount))
    axes[0].set_ylim(0.0, top * 1.75)
    axes[0].set_yticks([])
    for axis, arm in zip(axes, amount, strict=True):
        axis.grid(visible=False)
        axis.spines["left"].set_visible(False)
        axis.stairs(arm, edges, fill=True, color=colour, alpha=0.75)
        for start, stop, size in _plateaus(edges, arm):
            axis.text(
                (start + stop) / 2, size + 0.08 * top, f"{float(f'{size:.3g}'):g}",
                fontsize=TICK - 2, color=colour, ha="center", va="bottom",
            )  # fmt: skip


def _plateaus(edges: np.ndarray, amount: np.ndarray) -> list[tuple[float, float, float]]:
    """Return start, end and size of the steps to label: the long ones, and the highest."""
    breaks = np.flatnonzero(np.abs(np.diff(amount)) > 0.02 * np.nanmax(amount)) + 1
    starts, stops = np.r_[0, breaks], np.r_[breaks, amount.size]
    runs = [
        (float(edges[a]), float(edges[b]), float(np.median(amount[a:b])))
        for a, b in zip(starts, stops, strict=True)
    ]
    dosed = [run for run in runs if run[2] > 0.0]
    long = [run for run in dosed if run[1] - run[0] >= 0.15 * (edges[-1] - edges[0])]
    if not dosed:
        return []
    first, last, most = max(dosed, key=lambda run: run[2])
    if any(1.02 * run[2] >= most for run in long):
        return long
    # the highest, and the long ones that leave room for its label
    apart = 0.3 * (edges[-1] - edges[0])
    distant = [run for run in long if abs(run[0] + run[1] - first - last) > 2.0 * apart]
    return [*distant, (first, last, most)]


def _time_ticks(axis: Axes, *, long: bool) -> None:
    """Set four or so ticks at the multiples a reader of days or hours expects."""
    first, last = axis.get_xlim()
    steps = (1, 2, 5, 7, 14, 30, 60, 90, 180, 360) if long else (1, 2, 3, 6, 12, 24)
    step = next((s for s in steps if (last - first) / s <= 4.0), (last - first) / 4.0)
    axis.set_xticks(np.arange(np.ceil(first / step), np.floor(last / step) + 1) * step)
