"""Mean pain over the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.results.endpoints._window import labelled, mean_over_time, window

if TYPE_CHECKING:
    from xarray import DataArray, Dataset


def pain_mean(
    ds: Dataset, *, from_h: float | None = None, until_h: float | None = None
) -> DataArray:
    """Return the mean pain rating over time, 0 (none) to 10 (worst).

    Definition: the time-weighted mean (trapezium rule) of the simulated rating, per subject.
    Source: descriptive. Trials report the mean of daily 0-10 ratings; a simulated rating has
    no recall and no missing days, and follows peaks and troughs between doses as finely as the
    output times do.

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
    ...     {"pain": (dims, [[[[4.0, 2.0, 4.0]]]])}, {"time": [0.0, 6.0, 24.0]}
    ... )
    >>> pain_mean(ds).item()
    3.0
    """
    inside = window(ds, "pain", from_h, until_h)
    return labelled(mean_over_time(inside), "pain_mean", "1", "mean pain (0-10)")
