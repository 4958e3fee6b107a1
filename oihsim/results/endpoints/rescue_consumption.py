"""Amount of one drug given as rescue within the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.files.errors import OihsimError
from oihsim.results.endpoints._window import labelled, window

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

SUFFIX = "_rescue_dose"


def rescue_drugs(ds: Dataset) -> tuple[str, ...]:
    """Return the drugs that some arm of the result may give as rescue, in its order."""
    return tuple(str(v).removesuffix(SUFFIX) for v in ds.data_vars if str(v).endswith(SUFFIX))


def rescue_consumption(
    ds: Dataset,
    *,
    drug: str | None = None,
    from_h: float | None = None,
    until_h: float | None = None,
) -> DataArray:
    """Return the milligrams given as rescue from ``from_h`` until before ``until_h``.

    Definition: the cumulative rescue dose at the last output time of the window less that at its
    first; doses given by the clock do not count. Milligrams of different drugs are never added,
    so it is one drug at a time. Less is not called better: an arm may have no rescue, or one by
    another drug, and then it has 0 here. Source: descriptive.

    Parameters
    ----------
    ds : result with ``<drug>_rescue_dose`` in mg (scenario, draw, id, time)
    drug : which drug; may be left out if the result has rescue doses of only one
    from_h, until_h : window, h

    Returns
    -------
    DataArray (scenario, draw, id), mg as labelled; 0 in an arm without rescue

    Raises
    ------
    OihsimError
        if no drug is named and the result has rescue doses of none or several, if it has none of
        the drug named, or if no output time lies in the window

    Examples
    --------
    >>> import xarray as xr
    >>> dims = ("scenario", "draw", "id", "time")
    >>> ds = xr.Dataset({"morphine_rescue_dose": (dims, [[[[0.0, 2.0, 3.0]]]])},
    ...     {"time": [0.0, 12.0, 24.0]})
    >>> rescue_consumption(ds, from_h=12.0).item()
    1.0
    """
    known = rescue_drugs(ds)
    if drug is None and len(known) != 1:
        listed = ", ".join(known) if known else "none"
        raise OihsimError(f"rescue_consumption: name one drug (drug=…); in this result: {listed}")
    chosen = known[0] if drug is None else drug
    given = window(ds, chosen + SUFFIX, from_h, until_h)
    amount = given.isel(time=-1, drop=True) - given.isel(time=0, drop=True)
    return labelled(
        amount, "rescue_consumption", "mg", f"{chosen} given as rescue", better="neither"
    )
