"""A sensory test as an endpoint: the mean of what was measured, and how much was censored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.results.endpoints._window import labelled, mean_over_time, window

if TYPE_CHECKING:
    from xarray import DataArray, Dataset


def measured_mean(
    ds: Dataset, test: str, *, from_h: float | None = None, until_h: float | None = None
) -> DataArray:
    """Return the mean of a test over time, values at the cut-off counting as the cut-off.

    Definition: the time-weighted mean (trapezium rule) of the values measured at the output
    times. Where a value is censored the mean is too near the cut-off. Source: descriptive.

    Parameters
    ----------
    ds : result with ``test`` and ``<test>_censored`` (scenario, draw, id, time)
    from_h, until_h : window, h

    Returns
    -------
    DataArray (scenario, draw, id), in the unit of the test; the attr ``censored`` has the share of
    the measurements in the window that reached the cut-off, one number for each arm

    Raises
    ------
    OihsimError
        if a variable is missing or no output time lies in the window

    Examples
    --------
    >>> import xarray as xr
    >>> dims = ("scenario", "draw", "id", "time")
    >>> attrs = {"units": "s", "long_name": "time in ice water", "better": "higher"}
    >>> ds = xr.Dataset({"cold_pressor_tolerance": (dims, [[[[60.0, 180.0]]]], attrs),
    ...     "cold_pressor_tolerance_censored": (dims, [[[[0, 1]]]])}, {"time": [0.0, 24.0]})
    >>> mean = measured_mean(ds, "cold_pressor_tolerance")
    >>> mean.item(), mean.attrs["censored"]
    (120.0, [0.5])
    """
    inside = window(ds, test, from_h, until_h)
    state = window(ds, f"{test}_censored", from_h, until_h)
    over = [dim for dim in state.dims if dim != "scenario"]
    # -1 is no result: it counts neither as censored nor as measured
    number = (state >= 0).sum(over)
    share = ((state == 1).sum(over) / number.where(number > 0, 1)).values
    attrs = ds[test].attrs
    result = labelled(
        mean_over_time(inside),
        f"{test}_mean",
        str(attrs["units"]),
        f"mean {attrs['long_name']}",
        str(attrs["better"]),
    )
    result.attrs["censored"] = [float(one) for one in share]
    return result
