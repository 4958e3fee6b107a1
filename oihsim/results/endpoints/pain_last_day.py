"""Mean pain over the last day of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.results.endpoints._window import labelled, mean_over_time, window

if TYPE_CHECKING:
    from xarray import DataArray, Dataset


def pain_last_day(
    ds: Dataset, *, from_h: float | None = None, until_h: float | None = None
) -> DataArray:
    """Return the mean pain rating over the last 24 h of the window, 0 (none) to 10 (worst).

    Definition: the time-weighted mean (trapezium rule) of the simulated rating over the 24 h
    before the last output time of the window, so that every hour between doses counts once; over
    the whole window if it is shorter. Source: descriptive; the simulated counterpart of a rating
    of the average pain of the past 24 hours.

    Parameters
    ----------
    ds : result with ``pain`` (scenario, draw, id, time)
    from_h, until_h : window, h

    Returns
    -------
    DataArray (scenario, draw, id), pure number

    Raises
    ------
    OihsimError
        if ``pain`` is missing or no output time lies in the window

    Examples
    --------
    >>> import xarray as xr
    >>> dims = ("scenario", "draw", "id", "time")
    >>> ds = xr.Dataset(
    ...     {"pain": (dims, [[[[9.0, 4.0, 2.0, 4.0]]]])}, {"time": [0.0, 24.0, 36.0, 48.0]}
    ... )
    >>> pain_last_day(ds).item()
    3.0
    """
    inside = window(ds, "pain", from_h, until_h)
    last_day = inside.sel(time=slice(float(inside["time"][-1]) - 24.0, None))
    return labelled(
        mean_over_time(last_day), "pain_last_day", "1", "mean pain of the last 24 h (0-10)"
    )
