"""Hours with more pain than at the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.results.endpoints._window import labelled, window

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

MARGIN = 1e-3
"""Excess of pain that counts (points of 0-10): above the error of the solver, below any rating."""


def time_in_pain(
    ds: Dataset, *, from_h: float | None = None, until_h: float | None = None
) -> DataArray:
    """Return the hours during which pain exceeds the same subject's pain at the first output.

    Definition: pain is joined linearly between output times, and the time is measured during
    which it lies above the pain of the same subject and arm at the first output time of the
    result (not of the window) by more than 0.001, which is numerical and not clinical. After a
    history the first output is already pain on drug. Source: descriptive.

    Parameters
    ----------
    ds : result with ``pain`` (scenario, draw, id, time)
    from_h, until_h : window, h

    Returns
    -------
    DataArray (scenario, draw, id), h

    Raises
    ------
    OihsimError
        if ``pain`` is missing or no output time lies in the window

    Examples
    --------
    Up by 1 over 10 h, down to 1 below the start over the next 10 h: above it for 15 h.

    >>> import xarray as xr
    >>> dims = ("scenario", "draw", "id", "time")
    >>> ds = xr.Dataset({"pain": (dims, [[[[4.0, 5.0, 3.0]]]])}, {"time": [0.0, 10.0, 20.0]})
    >>> round(time_in_pain(ds).item(), 1)
    15.0
    """
    inside = window(ds, "pain", from_h, until_h)
    excess = inside - ds["pain"].isel(time=0, drop=True) - MARGIN
    before = excess.isel(time=slice(None, -1)).drop_vars("time")
    after = excess.isel(time=slice(1, None)).drop_vars("time")
    time = inside["time"]
    step = time.diff("time").drop_vars("time")
    up, down = before.clip(min=0.0) + after.clip(min=0.0), abs(before) + abs(after)
    # Of a straight line from a to b the part above 0 is (a⁺ + b⁺)/(|a| + |b|).
    above = (up / down.where(down > 0.0, 1.0)).where(before.notnull() & after.notnull())
    hours = (above * step).sum("time", skipna=False)
    return labelled(hours, "time_in_pain", "h", "time with more pain than at the first output")
