"""Sparse elimination in lanes: linear equations whose zeros are known when the code is written.

The order of elimination and the entries that it fills are worked out beforehand, on the pattern
alone; what is written is the arithmetic on entries that are not zero, without a loop or a test.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

Place = tuple[int, int]


def elimination_order(size: int, pattern: Collection[Place]) -> tuple[int, ...]:
    """Return the order of unknowns in which elimination fills few entries (markowitz1957).

    Next is always the unknown whose elimination touches the fewest entries of the rest; of equals,
    the first.

    Parameters
    ----------
    size : number of unknowns
    pattern : (row, column) of what is not zero; the diagonal always counts as such

    Examples
    --------
    What joins all others comes late, and nothing is filled:

    >>> arrow = [(0, k) for k in range(4)] + [(k, 0) for k in range(4)]
    >>> elimination_order(4, arrow)
    (1, 2, 0, 3)
    """
    filled = {(i, k) for i, k in pattern if i != k}
    remaining, order = list(range(size)), []
    while remaining:
        touched = {p: len(_rows(filled, p)) * len(_columns(filled, p)) for p in remaining}
        p = min(remaining, key=lambda unknown: (touched[unknown], unknown))
        filled |= {(i, k) for i in _rows(filled, p) for k in _columns(filled, p) if i != k}
        filled = {(i, k) for i, k in filled if p not in (i, k)}
        order.append(p)
        remaining.remove(p)
    return tuple(order)


def _rows(pattern: Collection[Place], column: int) -> list[int]:
    return [i for i, k in pattern if k == column]


def _columns(pattern: Collection[Place], row: int) -> list[int]:
    return [k for i, k in pattern if i == row]


def filled(pattern: Collection[Place], order: Sequence[int]) -> set[Place]:
    """Return what is not zero once all unknowns are eliminated in this order.

    Examples
    --------
    >>> sorted(filled([(0, 1), (1, 0), (0, 2), (2, 0)], (0, 1, 2)) - {(0, 0), (1, 1), (2, 2)})
    [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]
    """
    places = set(pattern) | {(p, p) for p in order}
    for at, p in enumerate(order):
        later = set(order[at + 1 :])
        rows = [i for i in _rows(places, p) if i in later]
        columns = [k for k in _columns(places, p) if k in later]
        places |= {(i, k) for i in rows for k in columns}
    return places


def factorise(lanes: Any, entries: Mapping[Place, Any], order: Sequence[int]) -> dict[Place, Any]:
    """Write the factors of a matrix; no row is exchanged for another.

    Parameters
    ----------
    lanes : operations on the values, real or complex
    entries : values by (row, column), where they are not zero; the diagonal is among them
    order : in which unknowns are eliminated

    Returns
    -------
    dict
        inverse pivots on the diagonal; what is left of a row beyond its pivot; and by which
        multiple of the pivot's row a row was changed
    """
    m = dict(entries)
    for at, p in enumerate(order):
        later = order[at + 1 :]
        m[p, p] = lanes.inverse(m[p, p])
        for j in later:
            if (j, p) not in m:
                continue
            m[j, p] = factor = lanes.neg(lanes.mul(m[j, p], m[p, p]))
            for k in later:
                if (p, k) in m:
                    product = (factor, m[p, k])
                    m[j, k] = lanes.fma(*product, m[j, k]) if (j, k) in m else lanes.mul(*product)
    return m


def substitute(
    lanes: Any, factors: Mapping[Place, Any], right: Sequence[Any], order: Sequence[int]
) -> list[Any]:
    """Write the solution for one right-hand side from the factors of a matrix."""
    x = list(right)
    for at, p in enumerate(order):
        for j in order[at + 1 :]:
            if (j, p) in factors:
                x[j] = lanes.fma(factors[j, p], x[p], x[j])
    for at, p in reversed(list(enumerate(order))):
        for k in order[at + 1 :]:
            if (p, k) in factors:
                x[p] = lanes.fma(lanes.neg(factors[p, k]), x[k], x[p])
        x[p] = lanes.mul(x[p], factors[p, p])
    return x
