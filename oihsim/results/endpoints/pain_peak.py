"""Worst pain within the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.results.endpoints._window import labelled, window

if TYPE_CHECKING:
    from xarray import DataArray, Dataset


def pain_peak(
    ds: Dataset, *, from_h: float | None = None, until_h: float | None = None
) -> DataArray:
    """Return the highest pain rating at any output time, 0 (none) to 10 (worst).

    Definition: the maximum over the output times; a peak between two output times is missed.
    Source: descriptive; the simulated counterpart of a rating of worst pain.

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
    ...     {"pain": (dims, [[[[4.0, 2.0, 5.5]]]])}, {"time": [0.0, 6.0, 24.0]}
    ... )
    >>> pain_peak(ds).item()
    5.5
    """
    inside = window(ds, "pain", from_h, until_h)
    return labelled(inside.max("time", skipna=False), "pain_peak", "1", "peak pain (0-10)")
