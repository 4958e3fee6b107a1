"""The linear equations of a block, ``(A^-1 - h J) x = r``: ``A`` joins nodes, ``J`` joins states.

Two roads: with derivatives of their own at each node all unknowns are eliminated together. With the
same derivatives at all nodes ``A^-1`` is put on its eigenvalues, a real one and pairs of complex
ones, and each leaves equations of the size of the block (hairer1996, section IV.8).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from oihsim.engine.lanes.complex_lanes import ComplexLanes
from oihsim.engine.lanes.elimination import Place, elimination_order, factorise, filled, substitute
from oihsim.engine.lanes.radau import Array

Load = Callable[[int], Any]


def solve_together(
    lanes: Any,
    inverse: Array,
    slopes: Mapping[Place, Sequence[Any]],
    step: Any,
    right: Sequence[Sequence[Any]],
) -> list[list[Any]]:
    """Write the solution with derivatives of their own at each node.

    Parameters
    ----------
    lanes : operations on the values, :class:`oihsim.engine.lanes.arithmetic.Lanes`
    inverse : (s, s) ``A^-1``
    slopes : by (row, column) of ``J``, where it is not zero: one value per node
    step : ``h``
    right : for each state one value per node

    Returns
    -------
    list
        like ``right``
    """
    n = len(inverse)
    entries: dict[Place, Any] = {}
    for i in range(len(right)):
        for j in range(n):
            for k in range(n):
                entries[i * n + j, i * n + k] = lanes.number(inverse[j, k])
    minus = lanes.neg(step)
    for (i, k), slope in slopes.items():
        for j in range(n):
            place = (i * n + j, k * n + j)
            entries[place] = lanes.fma(minus, slope[j], entries.get(place, lanes.number(0.0)))
    states = elimination_order(len(right), slopes)
    order = [i * n + j for i in states for j in range(n)]
    factors = factorise(lanes, entries, order)
    x = substitute(lanes, factors, [value for values in right for value in values], order)
    return [x[i * n : (i + 1) * n] for i in range(len(right))]


class ModeEquations:
    """The equations with the same derivatives at all nodes, whose factors are kept.

    Parameters
    ----------
    inverse : (s, s) ``A^-1``
    size : number of states
    pattern : (row, column) of ``J`` where it is not zero

    Attributes
    ----------
    rows : how many numbers the factors are
    """

    def __init__(self, inverse: Array, size: int, pattern: Collection[Place]) -> None:
        values, vectors = np.linalg.eig(inverse)
        inverse_vectors = np.linalg.inv(vectors)
        # one of each pair is enough: the other one is its conjugate
        self._modes = [
            (complex(value), vectors[:, k], inverse_vectors[k])
            for k, value in enumerate(values)
            if value.imag >= 0.0
        ]
        self._size, self._nodes = size, len(inverse)
        self._order = elimination_order(size, pattern)
        self._places = sorted(filled(pattern, self._order))
        self.rows = len(self._places) * len(inverse)

    def factors(self, lanes: Any, slopes: Mapping[Place, Any], step: Any) -> list[Any]:
        """Write the factors, one value per row."""
        pairs, zero, minus = ComplexLanes(lanes), lanes.number(0.0), lanes.neg(step)
        scaled = {place: lanes.mul(minus, slope) for place, slope in slopes.items()}
        factors_in_order: list[Any] = []
        for value, _, _ in self._modes:
            entries, (shift, imaginary) = dict(scaled), pairs.number(value)
            for i in range(self._size):
                entries[i, i] = lanes.add(shift, scaled[i, i]) if (i, i) in scaled else shift
            if value.imag == 0.0:
                factorised = factorise(lanes, entries, self._order)
                factors_in_order += [factorised[place] for place in self._places]
            else:
                both = {(i, k): (entry, imaginary if i == k else zero)
                        for (i, k), entry in entries.items()}  # fmt: skip
                factorised = factorise(pairs, both, self._order)
                factors_in_order += [part for place in self._places for part in factorised[place]]
        return factors_in_order

    def solve(self, lanes: Any, load: Load, right: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """Write the solution; ``load`` gives a row of factors, ``right`` a value for each node."""
        pairs, rows = ComplexLanes(lanes), map(load, range(self.rows))
        x: list[list[Any]] = [[None] * self._nodes for _ in right]
        for value, vector, row_vector in self._modes:
            real = [_weighted(lanes, row_vector.real, row) for row in right]
            if value.imag == 0.0:
                factors_of_mode = {place: next(rows) for place in self._places}
                parts = [(vector.real, substitute(lanes, factors_of_mode, real, self._order))]
            else:
                imaginary = [_weighted(lanes, row_vector.imag, row) for row in right]
                both = {place: (next(rows), next(rows)) for place in self._places}
                right_pairs = list(zip(real, imaginary, strict=True))
                solved = substitute(pairs, both, right_pairs, self._order)
                # with its conjugate a mode gives twice its real part
                parts = [
                    (2.0 * vector.real, [real_part for real_part, _ in solved]),
                    (-2.0 * vector.imag, [other for _, other in solved]),
                ]
            for weights, values in parts:
                for i, value_of_mode in enumerate(values):
                    x[i] = [
                        _added(lanes, float(weight), value_of_mode, before)
                        for weight, before in zip(weights, x[i], strict=True)
                    ]
        return x


def _weighted(lanes: Any, weights: Array, values: Sequence[Any]) -> Any:
    total = None
    for weight, value in zip(weights, values, strict=True):
        total = _added(lanes, float(weight), value, total)
    return total


def _added(lanes: Any, weight: float, value: Any, total: Any) -> Any:
    number = lanes.number(weight)
    return lanes.mul(number, value) if total is None else lanes.fma(number, value, total)
