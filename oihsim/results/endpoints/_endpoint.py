"""What an endpoint declares, and how it is computed from a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from textwrap import fill
from typing import TYPE_CHECKING, Any

from oihsim.files.errors import OihsimError
from oihsim.results.endpoints._reductions import ACCUMULATIONS, AT_ONE_TIME
from oihsim.results.endpoints._spans import OUTPUTS, STEPS, Accumulation, from_spans

if TYPE_CHECKING:
    from xarray import DataArray, Dataset


ROUNDING = 1e-9
"""Hours by which an output time may differ from the time that was asked for."""

WIDTH = 96
"""Columns of a docstring."""

EXAMPLE = """
Examples
--------
>>> import xarray as xr
>>> import oihsim
>>> dims = ("scenario", "draw", "id", "time")
>>> values, hours = {values}, {hours}
>>> ds = xr.Dataset({{"{reads}": (dims, [[[values]]])}}, {{"time": hours}})
>>> oihsim.endpoints.{name}(ds).item()
{gives}
"""


def unchanged(values: DataArray) -> DataArray:
    """Return the values as they are."""
    return values


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Endpoint:
    """One number per arm, draw and subject, reduced from the time course of a variable.

    Parameters
    ----------
    name : as a scenario writes it
    reads : variable of the result (scenario, draw, id, time)
    reduce : from the values at the output times of the window to one value without ``time``; NaN
        at any time, a failed subject, should give NaN
    unit : of the endpoint
    long_name : label in tables and figures
    better : which direction is better for the patient: ``"lower"``, ``"higher"`` or ``"neither"``
    meaning : what it is, a phrase
    definition : how it is computed, sentences that follow the word *Definition*
    source : the clinical source, or ``descriptive``, with a comment
    transform : applied to the variable at all output times, before the window is cut
    accumulation : how the endpoint follows from what a run accumulates between outputs; by default
        that of ``reduce``, if it has one and the transform is of one value at a time
    example : values of the variable by time (h), for the docstring
    gives : value of the endpoint in the example

    Examples
    --------
    >>> import xarray as xr
    >>> from oihsim.results.endpoints._reductions import last
    >>> pain_at_end = Endpoint(
    ...     name="pain_at_end", reads="pain", reduce=last, unit="1", better="lower",
    ...     long_name="pain at the end (0-10)", meaning="pain rating at the last output time",
    ...     definition="the rating at the last output time of the window.", source="descriptive",
    ... )
    >>> dims = ("scenario", "draw", "id", "time")
    >>> pain_at_end(xr.Dataset({"pain": (dims, [[[[4.0, 2.0]]]])}, {"time": [0.0, 6.0]})).item()
    2.0
    """

    name: str
    reads: str
    reduce: Callable[[DataArray], DataArray]
    unit: str
    long_name: str
    better: str
    meaning: str
    definition: str
    source: str
    transform: Callable[[DataArray], DataArray] = unchanged
    accumulation: Accumulation | None = None
    example: Mapping[float, float] = field(default_factory=dict)
    gives: float | None = None

    def __post_init__(self) -> None:
        """Give the endpoint a docstring of its own, and the accumulation of its reduction."""
        if self.accumulation is None:
            object.__setattr__(self, "accumulation", ACCUMULATIONS.get(self.reduce))
        object.__setattr__(self, "__doc__", docstring(self))

    @property
    def at_one_time(self) -> bool:
        """Whether the endpoint has a value at one time, which a scenario asks for with ``at``."""
        return self.reduce in AT_ONE_TIME

    @property
    def shape(self) -> Callable[[Any], Any] | None:
        """The transform that is accumulated; None for the variable itself."""
        plain = self.accumulation is not None and self.accumulation.from_start
        return None if plain or self.transform is unchanged else self.transform

    @property
    def quantity(self) -> str:
        """What is accumulated, as variables of the result name it."""
        return self.reads if self.shape is None else f"{self.reads}_{self.shape.__name__}"

    def __repr__(self) -> str:
        """Return the name and the meaning."""
        return f"<endpoint {self.name}: {self.meaning}>"

    def __call__(
        self, ds: Dataset, *, from_h: float | None = None, until_h: float | None = None
    ) -> DataArray:
        """Return the endpoint of a result, (scenario, draw, id).

        Its attr ``rests_on`` says whether the solver's own steps decide it, or the output times.
        """
        return self._labelled(ds, self.reads, from_h, until_h, self.unit, self.long_name)

    def _labelled(
        self, ds: Dataset, reads: str, from_h: float | None, until_h: float | None,
        unit: str, long_name: str,
    ) -> DataArray:  # fmt: skip
        inside = window(self.transform(variable(ds, reads)), from_h, until_h)
        accumulated = over_window(ds, self.quantity, self.accumulation, inside)
        result = self.reduce(inside) if accumulated is None else accumulated
        result = result.transpose("scenario", "draw", "id").rename(self.name)
        result.attrs = {
            "units": unit, "long_name": long_name, "better": self.better,
            "rests_on": OUTPUTS if accumulated is None else STEPS,
        }  # fmt: skip
        return result


def over_window(
    ds: Dataset, quantity: str, how: Accumulation | None, inside: DataArray
) -> DataArray | None:
    """Return what a run accumulated over the output times of a window; None if it did not."""
    first, last = float(inside["time"][0]), float(inside["time"][-1])
    if how is None or first == last:
        return None
    return from_spans(ds, quantity, how, first, last, ROUNDING)


def docstring(endpoint: Endpoint) -> str:
    """Return the docstring of an endpoint: meaning, definition, arguments, errors, example."""
    by_drug = "{drug}" in endpoint.reads
    reads = endpoint.reads.format(drug="<drug>")
    unit = "pure number" if endpoint.unit == "1" else endpoint.unit
    lines = [
        f"{endpoint.meaning[:1].upper()}{endpoint.meaning[1:]}.",
        "",
        fill(f"Definition: {endpoint.definition}", WIDTH),
        fill(f"Source: {endpoint.source}.", WIDTH),
        "",
        "Parameters",
        "----------",
        f"ds : result with ``{reads}`` (scenario, draw, id, time)",
        *["drug : which drug; may be left out if the result has only one"] * by_drug,
        "from_h, until_h : first and last output time that count, h; by default all of the output",
        "",
        "Returns",
        "-------",
        f"DataArray (scenario, draw, id), {unit}{', or the count of a therapy' * by_drug}",
        "",
        "Raises",
        "------",
        "OihsimError",
        f"    if ``{reads}`` is missing or no output time lies in the window",
        *["    if no drug is named and the result does not have exactly one"] * by_drug,
    ]
    text = "\n".join(lines) + "\n"
    if not endpoint.example:
        return text
    return text + EXAMPLE.format(
        name=endpoint.name,
        reads=endpoint.reads.format(drug="morphine"),
        values=[float(value) for value in endpoint.example.values()],
        hours=[float(hour) for hour in endpoint.example],
        gives=endpoint.gives,
    )


def variable(ds: Dataset, name: str) -> DataArray:
    """Return a variable of a result.

    Raises
    ------
    OihsimError
        if the result does not have it
    """
    if name not in ds.variables:
        close = get_close_matches(name, [str(known) for known in ds.data_vars], 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise OihsimError(f"the result holds no variable {name!r}{hint}")
    return ds[name]


def window(values: DataArray, from_h: float | None, until_h: float | None) -> DataArray:
    """Return the values at the output times in ``[from_h, until_h]``, both ends included.

    Raises
    ------
    OihsimError
        if no output time lies in the window
    """
    # output times are rounded, and a time that the caller computed is not
    begin = None if from_h is None else from_h - ROUNDING
    end = None if until_h is None else until_h + ROUNDING
    inside = values.sel(time=slice(begin, end))
    if inside.sizes["time"] == 0:
        first, last = float(values["time"][0]), float(values["time"][-1])
        raise OihsimError(
            f"no output time lies between {from_h} h and {until_h} h; "
            f"the result covers {first:g} h to {last:g} h"
        )
    return inside
