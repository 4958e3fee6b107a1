"""Endpoints from what a run accumulated between its outputs, which no output time decides.

A run watches the quantities of the endpoints at the solver's own steps. A result then has, for each
span from one output to the next, the mean, the extremes or the hours of a quantity: variables
``span_<quantity>_<kind>`` (scenario, draw, id, span).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

STEPS, OUTPUTS = "the solver's own steps", "values at the output times"
"""What an endpoint rests on, as its attr ``rests_on`` says."""


@dataclass(frozen=True)
class Accumulation:
    """How an endpoint follows from spans.

    Attributes
    ----------
    kind : of the accumulation: ``mean``, ``highest``, ``lowest`` or ``hours_above_start``
    last_h : only so many hours before the end of the window count
    margin : by how much a quantity has to exceed its first value to count
    """

    kind: str
    last_h: float = inf
    margin: float = 0.0

    @property
    def from_start(self) -> bool:
        """Whether the first value of the run decides, so that no later part stands alone."""
        return self.kind == "hours_above_start"


def span_name(quantity: str, kind: str) -> str:
    """Return the name of the variable of a quantity.

    Examples
    --------
    >>> span_name("pain", "mean")
    'span_pain_mean'
    """
    return f"span_{quantity}_{kind}"


def from_spans(
    ds: Dataset, quantity: str, how: Accumulation, from_h: float, until_h: float, rounding: float
) -> DataArray | None:
    """Return an endpoint between two output times from the spans of a result.

    Returns
    -------
    DataArray or None
        (scenario, draw, id); None where the result has no such spans, or its spans do not fill the
        window
    """
    name = span_name(quantity, how.kind)
    if name not in ds or "span_start" not in ds.coords:
        return None
    starts, ends = ds["span_start"].values, ds["span"].values
    if how.from_start and (not len(starts) or abs(starts[0] - float(ds["time"][0])) > rounding):
        return None
    begin = max(from_h, until_h - how.last_h)
    inside = (starts >= begin - rounding) & (ends <= until_h + rounding)
    hours = (ends - starts)[inside]
    if not hours.size or abs(hours.sum() - (until_h - begin)) > rounding * (1 + hours.size):
        return None
    values = ds[name].isel(span=inside.nonzero()[0]).drop_vars(["span", "span_start"])
    if how.kind == "mean":
        # each span is weighted by its length
        lengths = ds["span"][inside].copy(data=hours).drop_vars(["span", "span_start"])
        return (values * lengths).sum("span", skipna=False) / float(hours.sum())
    if how.kind == "highest":
        return values.max("span", skipna=False)
    if how.kind == "lowest":
        return values.min("span", skipna=False)
    return values.sum("span", skipna=False)
