"""Largest withdrawal component within the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.results.endpoints._window import labelled, window

if TYPE_CHECKING:
    from xarray import DataArray, Dataset


def withdrawal_peak(
    ds: Dataset, *, from_h: float | None = None, until_h: float | None = None
) -> DataArray:
    """Return the highest further fall of the threshold that stopping at that moment would bring.

    Definition: the maximum over the output times of the fall of the drug-free threshold owed to
    cAMP being off its set point, beyond the hyperalgesia index. It is the withdrawal that would
    be precipitated, whether or not drug is still on board. Source: descriptive; not a score of
    a clinical withdrawal scale.

    Parameters
    ----------
    ds : result with ``withdrawal_part`` (scenario, draw, id, time)
    from_h, until_h : window, h

    Returns
    -------
    DataArray (scenario, draw, id), pure number

    Raises
    ------
    OihsimError
        if ``withdrawal_part`` is missing or no output time lies in the window

    Examples
    --------
    >>> import xarray as xr
    >>> dims = ("scenario", "draw", "id", "time")
    >>> ds = xr.Dataset(
    ...     {"withdrawal_part": (dims, [[[[0.0, 0.3, 0.1]]]])}, {"time": [0.0, 6.0, 24.0]}
    ... )
    >>> withdrawal_peak(ds).item()
    0.3
    """
    inside = window(ds, "withdrawal_part", from_h, until_h)
    return labelled(
        inside.max("time", skipna=False),
        "withdrawal_peak",
        "1",
        "peak withdrawal part of the threshold's fall",
    )
