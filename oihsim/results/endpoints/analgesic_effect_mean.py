"""Mean analgesic effect of the opioids on board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.results.endpoints._window import labelled, mean_over_time, window

if TYPE_CHECKING:
    from xarray import DataArray, Dataset


def analgesic_effect_mean(
    ds: Dataset, *, from_h: float | None = None, until_h: float | None = None
) -> DataArray:
    """Return the mean over time of the analgesic effect, 0 (none) to 1 (complete).

    Definition: the time-weighted mean (trapezium rule) of the transduced opioid effect, before
    it is set against sensitised pain. Source: descriptive; no bedside measure corresponds to it.

    Parameters
    ----------
    ds : result with ``analgesic_effect`` (scenario, draw, id, time)
    from_h, until_h : window, h

    Returns
    -------
    DataArray (scenario, draw, id), pure number

    Raises
    ------
    OihsimError
        if ``analgesic_effect`` is missing or no output time lies in the window

    Examples
    --------
    >>> import xarray as xr
    >>> dims = ("scenario", "draw", "id", "time")
    >>> ds = xr.Dataset(
    ...     {"analgesic_effect": (dims, [[[[0.0, 0.5, 0.0]]]])}, {"time": [0.0, 6.0, 24.0]}
    ... )
    >>> analgesic_effect_mean(ds).item()
    0.25
    """
    inside = window(ds, "analgesic_effect", from_h, until_h)
    return labelled(
        mean_over_time(inside),
        "analgesic_effect_mean",
        "1",
        "mean analgesic effect (0-1)",
        better="higher",
    )
