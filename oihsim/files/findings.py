"""Collects the problems of a document; readers of plain data that may have any shape."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from oihsim.files.errors import Problem
from oihsim.files.units import quantity
from oihsim.files.yaml import Document, Place, closest


@dataclass(frozen=True)
class Findings:
    """A document and its problems so far."""

    document: Document
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, place: Place, actual: str, allowed: str) -> None:
        """Add a problem."""
        self.problems.append(self.document.problem(place, actual, allowed))

    def is_known(self, place: Place, value: Any, names: Collection[str], what: str) -> bool:
        """Return whether ``value`` is one of the names; add a problem for any other word.

        A value that is no text is left to the form, which refuses it.

        Examples
        --------
        >>> findings = Findings(Document("s.yaml", {}))
        >>> findings.is_known(("drug",), "ketamin", ["ketamine"], "drug")
        False
        >>> findings.problems[0].allowed
        "did you mean 'ketamine'? (known: ketamine)"
        """
        if not isinstance(value, str):
            return False
        if value in names:
            return True
        allowed = closest(value, names) if names else f"no {what} is defined"
        self.refuse(place, f"no {what} named '{value[:60]}'", allowed)
        return False


def mapping(value: Any) -> dict[str, Any]:
    """Return ``value`` if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """Return ``value`` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def hours(value: Any) -> float | None:
    """Return a time in h, or None if ``value`` is no time."""
    try:
        return quantity(value, "time")
    except ValueError:
        return None


def empty(value: Any, place: Place) -> Iterator[Place]:
    """Yield the place of each key without a value.

    Examples
    --------
    >>> list(empty({"a": None, "b": [{"c": None}]}, ()))
    [('a',), ('b', 0, 'c')]
    """
    if value is None and place:
        yield place
    items = value.items() if isinstance(value, dict) else enumerate(listed(value))
    for key, part in items:
        yield from empty(part, (*place, key))
