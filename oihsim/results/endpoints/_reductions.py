"""From the values of a window to one value per arm, draw and subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


AT_ONE_TIME = (mean_over_time, highest, lowest, last)
"""Reductions that leave the value at one time as it is."""
