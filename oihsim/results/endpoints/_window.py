"""What the endpoints share: a variable within a window, its mean over time, the attrs."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from oihsim.files.errors import OihsimError

if TYPE_CHECKING:
    from xarray import DataArray, Dataset


def window(
    ds: Dataset, name: str, from_h: float | None = None, until_h: float | None = None
) -> DataArray:
    """Return the variable ``name`` at the output times in ``[from_h, until_h]``, both included.

    Parameters
    ----------
    ds : result with dims (scenario, draw, id, time), time in hours
    name : variable
    from_h, until_h : first and last time that count, h; ``None`` leaves that side open

    Raises
    ------
    OihsimError
        if the variable is missing or no output time lies in the window
    """
    if name not in ds.variables:
        close = get_close_matches(name, [str(known) for known in ds.data_vars], 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise OihsimError(f"the result holds no variable {name!r}{hint}")
    inside = ds[name].sel(time=slice(from_h, until_h))
    if inside.sizes["time"] == 0:
        first, last = float(ds["time"][0]), float(ds["time"][-1])
        raise OihsimError(
            f"no output time lies between {from_h} h and {until_h} h; "
            f"the result covers {first:g} h to {last:g} h"
        )
    return inside


def mean_over_time(values: DataArray) -> DataArray:
    """Return the mean over time, each value weighted by the time it stands for.

    The trapezium rule, so that uneven output times do no harm. NaN at any time gives NaN.
    """
    time = values["time"]
    length = float(time[-1] - time[0])
    if length == 0.0:
        return values.isel(time=-1, drop=True)
    return values.integrate("time") / length


def labelled(
    values: DataArray, name: str, units: str, long_name: str, better: str = "lower"
) -> DataArray:
    """Return ``values`` named, ordered (scenario, draw, id) and with the attrs of an endpoint."""
    result = values.transpose("scenario", "draw", "id").rename(name)
    result.attrs = {"units": units, "long_name": long_name, "better": better}
    return result
