"""Endpoints: one number a subject and arm, read from a result Dataset.

One file here is one endpoint: a function of the file's name, ``Dataset -> DataArray`` with the
dims (scenario, draw, id). Its docstring defines it and names its clinical source, or says
``descriptive``. The folder is the registry: a new file is a new endpoint, and ``NAMES`` and
``ENDPOINTS`` list it. Files whose name begins with an underscore are not endpoints.

Every endpoint takes ``from_h`` and ``until_h``, the first and last output time (h) that count;
left out, all of the output counts. Times between two outputs are not interpolated: choose edges
on the output grid. Every result has the attrs ``units``, ``long_name`` and ``better``
(``"lower"``, ``"higher"`` or ``"neither"``).

None of these imports numpy or xarray, so that reading ``NAMES`` costs next to nothing.

Examples
--------
>>> import oihsim.results.endpoints
>>> "pain_mean" in oihsim.endpoints.NAMES
True
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

NAMES: tuple[str, ...] = tuple(
    sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_"))
)
"""The names of all endpoints, sorted."""

ENDPOINTS: dict[str, Callable[..., Any]] = {
    name: getattr(import_module(f"{__name__}.{name}"), name) for name in NAMES
}
"""The function of each endpoint."""

# ``oihsim.endpoints.pain_mean`` is the function, not the file that holds it.
globals().update(ENDPOINTS)

__all__ = ["ENDPOINTS", "NAMES"]
