"""Mean withdrawal felt over the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.results.endpoints._window import labelled, mean_over_time
from oihsim.results.endpoints._withdrawal import intensity

if TYPE_CHECKING:
    from xarray import DataArray, Dataset


def withdrawal_intensity_mean(
    ds: Dataset, *, from_h: float | None = None, until_h: float | None = None
) -> DataArray:
    """Return the mean intensity of the withdrawal that is felt, 0 (none) to 1.

    Definition: the time-weighted mean (trapezium rule) of X / (X + 0.1), X being the excess of
    cyclic AMP over its set point with whatever is on board. Peaks of a slow and a quick end may
    be alike where the suffering is not; this tells them apart. The half at 0.1 is assumed.
    Source: descriptive; not a score of a clinical withdrawal scale.

    Parameters
    ----------
    ds : result with ``cyclic_amp_excess`` (scenario, draw, id, time)
    from_h, until_h : window, h

    Returns
    -------
    DataArray (scenario, draw, id), pure number

    Raises
    ------
    OihsimError
        if ``cyclic_amp_excess`` is missing or no output time lies in the window

    Examples
    --------
    >>> import xarray as xr
    >>> dims = ("scenario", "draw", "id", "time")
    >>> excess = xr.Dataset(
    ...     {"cyclic_amp_excess": (dims, [[[[0.0, 0.1, 0.1]]]])}, {"time": [0.0, 12.0, 24.0]}
    ... )
    >>> withdrawal_intensity_mean(excess).item()
    0.375
    """
    return labelled(
        mean_over_time(intensity(ds, from_h, until_h)),
        "withdrawal_intensity_mean",
        "1",
        "mean intensity of the withdrawal felt (0-1)",
    )
