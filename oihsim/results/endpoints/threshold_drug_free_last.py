"""Pain threshold without drug at the end of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.results.endpoints._window import labelled, window

if TYPE_CHECKING:
    from xarray import DataArray, Dataset


def threshold_drug_free_last(
    ds: Dataset, *, from_h: float | None = None, until_h: float | None = None
) -> DataArray:
    """Return the threshold that would be read with no ligand on board, at the last output time.

    Definition: the threshold relative to the drug-naive one with every ligand absent and all
    adaptations as they are; below 1 means hyperalgesia, dependence or both. Source: the model's
    counterpart of quantitative sensory testing, but descriptive: no clinic can read a threshold
    without drug in the instant the drug is still there.

    Parameters
    ----------
    ds : result with ``drug_free_threshold`` (scenario, draw, id, time)
    from_h, until_h : window, h

    Returns
    -------
    DataArray (scenario, draw, id), pure number

    Raises
    ------
    OihsimError
        if ``drug_free_threshold`` is missing or no output time lies in the window

    Examples
    --------
    >>> import xarray as xr
    >>> dims = ("scenario", "draw", "id", "time")
    >>> ds = xr.Dataset(
    ...     {"drug_free_threshold": (dims, [[[[1.0, 0.9, 0.75]]]])}, {"time": [0.0, 6.0, 24.0]}
    ... )
    >>> threshold_drug_free_last(ds).item()
    0.75
    """
    inside = window(ds, "drug_free_threshold", from_h, until_h)
    return labelled(
        inside.isel(time=-1, drop=True),
        "threshold_drug_free_last",
        "1",
        "drug-free pain threshold at the end (1 = drug-naive)",
        better="higher",
    )
