"""The docstring of an endpoint, written from its declaration."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oihsim.results.endpoints._endpoint import Endpoint

WIDTH = 96

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


def docstring(endpoint: Endpoint) -> str:
    """Return the docstring of an endpoint: meaning, definition, arguments, errors, example."""
    by_drug = "{drug}" in endpoint.reads
    reads = endpoint.reads.format(drug="<drug>")
    unit = "pure number" if endpoint.unit == "1" else endpoint.unit
    lines = [
        f"{endpoint.meaning[0].upper()}{endpoint.meaning[1:]}.",
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
