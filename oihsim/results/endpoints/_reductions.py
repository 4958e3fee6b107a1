"""From the values of a window to one value per arm, draw and subject."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from oihsim.results.endpoints._spans import Accumulation

if TYPE_CHECKING:
    from xarray import DataArray


def mean_over_time(values: DataArray) -> DataArray:
    """Return the mean over time by the trapezium rule; NaN at any time gives NaN.

    Each value is weighted by the time it stands for, so uneven output times do no harm.
    """
    time = values["time"]
    length = float(time[-1] - time[0])
    if length == 0.0:
        return values.isel(time=-1, drop=True)
    return values.integrate("time") / length


def lowest(values: DataArray) -> DataArray:
    """Return the lowest value at any output time; NaN at any time gives NaN."""
    return values.min("time", skipna=False)


def highest(values: DataArray) -> DataArray:
    """Return the highest value at any output time; NaN at any time gives NaN."""
    return values.max("time", skipna=False)


def last(values: DataArray) -> DataArray:
    """Return the value at the last output time."""
    return values.isel(time=-1, drop=True)


def rise(values: DataArray) -> DataArray:
    """Return the value at the last output time less that at the first."""
    return values.isel(time=-1, drop=True) - values.isel(time=0, drop=True)


def mean_of_last_day(values: DataArray) -> DataArray:
    """Return the mean over the 24 h before the last output time, or over all of a shorter time."""
    return mean_over_time(values.sel(time=slice(float(values["time"][-1]) - 24.0, None)))


def hours_above_zero(values: DataArray) -> DataArray:
    """Return for how long values joined by straight lines are above 0, h."""
    before = values.isel(time=slice(None, -1)).drop_vars("time")
    after = values.isel(time=slice(1, None)).drop_vars("time")
    step = values["time"].diff("time").drop_vars("time")
    up, down = before.clip(min=0.0) + after.clip(min=0.0), abs(before) + abs(after)
    # Of a straight line from a to b the part above 0 is (a⁺ + b⁺)/(|a| + |b|).
    above = (up / down.where(down > 0.0, 1.0)).where(before.notnull() & after.notnull())
    return (above * step).sum("time", skipna=False)


AT_ONE_TIME = (mean_over_time, highest, lowest, last)
"""Reductions that leave the value at one time as it is."""

ACCUMULATIONS: dict[Callable[[DataArray], DataArray], Accumulation] = {
    mean_over_time: Accumulation("mean"),
    mean_of_last_day: Accumulation("mean", last_h=24.0),
    highest: Accumulation("highest"),
    lowest: Accumulation("lowest"),
}
"""How a reduction of a transform of one value at a time follows from spans."""
