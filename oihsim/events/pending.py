"""Entries of an event list with their place, and pending events."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One entry of an event list with its place: time, class, rank and sequence at one time."""

    time: float
    cls: int
    rank: int
    seq: int
    kind: int
    where: int
    value: float
    level: float
    record: int
    number: int
    off: int


class Pending(NamedTuple):
    """An event that happens unless it is cancelled: a dose enters, or an infusion stops."""

    time: float
    cls: int
    rank: int
    seq: int
    record: int
    part: int
    number: int
    first: float
    """Time at which dose number 0 enters."""
    chained: bool
    """Whether the next additional dose follows."""
    into: int
