"""Tolerance index at the end of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.results.endpoints._window import labelled, window

if TYPE_CHECKING:
    from xarray import DataArray, Dataset


def tolerance_last(
    ds: Dataset, *, from_h: float | None = None, until_h: float | None = None
) -> DataArray:
    """Return how many times the EC50 of a test dose has grown, at the last output time.

    Definition: ratio of the EC50 of a virtual test dose now to that in the drug-naive state. It
    is infinite where no dose reaches half of the naive effect; tables then report medians
    with the infinite values in place, and count those that a mean leaves out.
    Source: chu2012, who read tolerance as the shift of remifentanil's potency.

    Parameters
    ----------
    ds : result with ``tolerance_index`` (scenario, draw, id, time)
    from_h, until_h : window, h

    Returns
    -------
    DataArray (scenario, draw, id), pure number

    Raises
    ------
    OihsimError
        if ``tolerance_index`` is missing or no output time lies in the window

    Examples
    --------
    >>> import xarray as xr
    >>> dims = ("scenario", "draw", "id", "time")
    >>> ds = xr.Dataset(
    ...     {"tolerance_index": (dims, [[[[1.0, 1.5, 1.75]]]])}, {"time": [0.0, 6.0, 24.0]}
    ... )
    >>> tolerance_last(ds).item()
    1.75
    """
    inside = window(ds, "tolerance_index", from_h, until_h)
    return labelled(
        inside.isel(time=-1, drop=True),
        "tolerance_last",
        "1",
        "tolerance index at the end (1 = drug-naive)",
    )
