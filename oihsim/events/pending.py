"""Entries of the ledger with their place, and what will happen unless it is cancelled."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One entry of the ledger with its place: time, class, rank and sequence at one time."""

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
    """What will happen unless it is cancelled: a dose that enters, or an infusion that stops."""

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
