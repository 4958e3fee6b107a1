"""Worst withdrawal felt within the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.results.endpoints._window import labelled
from oihsim.results.endpoints._withdrawal import intensity

if TYPE_CHECKING:
    from xarray import DataArray, Dataset


def withdrawal_intensity_peak(
    ds: Dataset, *, from_h: float | None = None, until_h: float | None = None
) -> DataArray:
    """Return the highest intensity of the withdrawal that is felt, 0 (none) to 1.

    Definition: the maximum over the output times of X / (X + 0.1), X being the excess of cyclic
    AMP over its set point with whatever is on board. It differs from ``withdrawal_peak``, the
    withdrawal that would be precipitated: on a constant dose that one grows and this one stays
    near 0. The half at 0.1 is assumed. Source: descriptive; not a score of a clinical withdrawal
    scale.

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
    ...     {"cyclic_amp_excess": (dims, [[[[0.0, 0.1, 0.0]]]])}, {"time": [0.0, 6.0, 24.0]}
    ... )
    >>> withdrawal_intensity_peak(excess).item()
    0.5
    """
    return labelled(
        intensity(ds, from_h, until_h).max("time", skipna=False),
        "withdrawal_intensity_peak",
        "1",
        "peak intensity of the withdrawal felt (0-1)",
    )
