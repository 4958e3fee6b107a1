"""Amount of one drug given within the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.files.errors import OihsimError
from oihsim.results.endpoints._window import labelled, window

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

SUFFIX = "_cumulative_dose"


def drugs_given(ds: Dataset) -> tuple[str, ...]:
    """Return the drugs whose cumulative dose the result holds, in its order."""
    return tuple(str(v).removesuffix(SUFFIX) for v in ds.data_vars if str(v).endswith(SUFFIX))


def cumulative_dose(
    ds: Dataset,
    *,
    drug: str | None = None,
    from_h: float | None = None,
    until_h: float | None = None,
) -> DataArray:
    """Return the amount of one drug given from ``from_h`` until before ``until_h``.

    Definition: the cumulative dose at the last output time of the window less that at its first.
    A value at a dose time is the value before the dose, so the doses in ``[from_h, until_h)``
    count, and doses of an earlier history do not. Source: descriptive.

    Milligrams of different drugs are never added: 1 mg of fentanyl is not 1 mg of morphine, and
    an equivalence table would bring in the very assumption (one fixed potency) that tolerance
    breaks. So it is one drug at a time. Tables made without naming a drug show each in turn.

    Parameters
    ----------
    ds : result with ``<drug>_cumulative_dose`` (scenario, draw, id, time), in mg, or in what is
        counted (sessions of a therapy)
    drug : which drug; may be left out if the result holds only one
    from_h, until_h : window, h

    Returns
    -------
    DataArray (scenario, draw, id), mg as labelled, or a count

    Raises
    ------
    OihsimError
        if no drug is named and the result holds none or several, if the drug is not among them,
        or if no output time lies in the window

    Examples
    --------
    >>> import xarray as xr
    >>> dims = ("scenario", "draw", "id", "time")
    >>> ds = xr.Dataset(
    ...     {"morphine_cumulative_dose": (dims, [[[[0.0, 30.0, 60.0]]]])},
    ...     {"time": [0.0, 12.0, 24.0]},
    ... )
    >>> cumulative_dose(ds, from_h=12.0).item()
    30.0
    """
    known = drugs_given(ds)
    if drug is None and len(known) != 1:
        listed = ", ".join(known) if known else "none"
        raise OihsimError(f"cumulative_dose: name one drug (drug=…); in this result: {listed}")
    chosen = known[0] if drug is None else drug
    given = window(ds, chosen + SUFFIX, from_h, until_h)
    amount = given.isel(time=-1, drop=True) - given.isel(time=0, drop=True)
    unit = str(given.attrs.get("units", "mg"))
    return labelled(amount, "cumulative_dose", unit, f"amount of {chosen} given", better="neither")
