"""Endpoints: one number per subject and arm, read from a result Dataset.

An endpoint is an :class:`Endpoint` declared in a file of this folder: what it reads, how it is
reduced, its unit, definition and clinical source. The folder is the registry: a declaration in any
file here is an endpoint, and ``NAMES`` and ``ENDPOINTS`` list it. Files whose name begins with an
underscore declare none.

``oihsim.endpoints.pain_mean(ds, from_h=24.0)`` computes one. ``from_h`` and ``until_h`` are the
first and the last output time (h) that count; by default all of the output counts. Between the two
a result of ``simulate`` has means, extremes and times above a limit from the solver's own steps; in
another Dataset they follow from the values at the output times. The attr ``rests_on`` of an
endpoint says which (``docs/endpoints.md``).

Neither numpy nor xarray is imported here, so that ``NAMES`` is read quickly.

Examples
--------
>>> import oihsim
>>> "pain_mean" in oihsim.endpoints.NAMES
True
>>> oihsim.endpoints.ENDPOINTS["pain_mean"].unit
'1'
"""

from __future__ import annotations

from oihsim.results.declarations import by_name, declarations
from oihsim.results.endpoints._endpoint import Endpoint

ENDPOINTS: dict[str, Endpoint] = by_name(
    value for value in declarations(__name__) if isinstance(value, Endpoint)
)
"""The endpoints by name."""

NAMES: tuple[str, ...] = tuple(ENDPOINTS)
"""The names of all endpoints, sorted."""

# oihsim.endpoints.pain_mean is the endpoint, also where a file bears its name
globals().update(ENDPOINTS)

__all__ = ["ENDPOINTS", "NAMES", "Endpoint"]
