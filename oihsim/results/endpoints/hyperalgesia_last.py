"""Hyperalgesia index at the end of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.results.endpoints._window import labelled, window

if TYPE_CHECKING:
    from xarray import DataArray, Dataset


def hyperalgesia_last(
    ds: Dataset, *, from_h: float | None = None, until_h: float | None = None
) -> DataArray:
    """Return the sensitisation left at the last output time: 0 is drug-naive.

    Definition: the fall of the pain threshold with no ligand on board and cAMP at its set point,
    so that neither relief by the drug nor withdrawal from it is counted. Source: descriptive; a
    sensory test after a washout long enough for withdrawal to have passed comes nearest.

    Parameters
    ----------
    ds : result with ``hyperalgesia_index`` (scenario, draw, id, time)
    from_h, until_h : window, h

    Returns
    -------
    DataArray (scenario, draw, id), pure number

    Raises
    ------
    OihsimError
        if ``hyperalgesia_index`` is missing or no output time lies in the window

    Examples
    --------
    >>> import xarray as xr
    >>> dims = ("scenario", "draw", "id", "time")
    >>> ds = xr.Dataset(
    ...     {"hyperalgesia_index": (dims, [[[[0.0, 0.1, 0.25]]]])}, {"time": [0.0, 6.0, 24.0]}
    ... )
    >>> hyperalgesia_last(ds).item()
    0.25
    """
    inside = window(ds, "hyperalgesia_index", from_h, until_h)
    return labelled(
        inside.isel(time=-1, drop=True),
        "hyperalgesia_last",
        "1",
        "hyperalgesia index at the end (0 = drug-naive)",
    )
