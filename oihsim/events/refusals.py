"""Messages about the rows of an event table."""

from __future__ import annotations

from oihsim.files.errors import Problem
from oihsim.files.yaml import message_text


def refusal(
    name: str, row: int | None, column: str, shown: str, allowed: str, label: object = None
) -> Problem:
    """Return a problem of a table: file, row, column, and the ID where the ID is known."""
    place = column if label is None else f"{column} of ID {label}"
    return Problem(name, row, place, message_text(shown, 300), message_text(allowed, 1500))


def number(value: float) -> str:
    """Return a number as messages show it.

    Examples
    --------
    >>> number(3.0), number(-0.25)
    ('3', '-0.25')
    """
    return f"{value:.12g}"
