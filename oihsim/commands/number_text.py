"""Numbers of results as text for a table and as plain data for JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any


def fixed(value: float | None, decimals: int, *, sign: bool = False) -> str:
    """Return a number with so many decimals; a dash for none.

    Examples
    --------
    >>> fixed(-0.0001, 2), fixed(1.5, 2, sign=True), fixed(None, 2)
    ('0.00', '+1.50', '-')
    """
    if value is None or math.isnan(value):
        return "-"
    text = f"{value:{'+' if sign else ''}.{decimals}f}"
    return text.lstrip("+-") if float(text) == 0.0 else text  # no sign on what rounds to zero


def significant(value: float | None, figures: int = 4, missing: str = "-") -> str:
    """Return a number with so many significant figures, ``missing`` for none.

    Examples
    --------
    >>> significant(12.3456), significant(float("nan")), significant(float("inf"))
    ('12.35', '-', 'inf')
    """
    return missing if value is None or math.isnan(value) else f"{value:.{figures}g}"


def percent(share: float | None) -> str:
    """Return a share in percent; nothing for none.

    Examples
    --------
    >>> percent(0.934), percent(None)
    ('93 %', '')
    """
    return "" if share is None else f"{100.0 * share:.0f} %"


def plain(value: Any) -> Any:
    """Return NumPy scalars as numbers of Python, and None for a number that JSON does not have."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, list):
        return [plain(number) for number in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def recipe_of(attrs: Mapping[Any, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Return those attributes of a result that say what was run, as plain data."""
    return {key: plain(attrs[key]) for key in keys if key in attrs}


def json_text(document: Any) -> str:
    """Return a document of standard JSON: every number in it is finite."""
    return json.dumps(document, indent=2, allow_nan=False)
