"""Observation at the solver's own steps: integrals, extremes and time above a level, in lanes.

The quantities are evaluated at nodes of a step where the method knows the states: the start, and
stages of high stage order or the nodes of the collocation. A polynomial through the nodes gives the
integral, and samples at equal distances for extremes and crossings. No step is made for it, and
none changes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from llvmlite import ir
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from oihsim.engine.lanes.lane_layout import LaneLayout
from oihsim.engine.lanes.loops import Kernel
from oihsim.engine.lanes.radau import lagrange
from oihsim.engine.observable import ABOVE, HIGHEST, LOWEST, MEAN, Observable, accumulations

PIECES = 3
"""Equal parts of a step at whose ends a quantity is sampled."""


def interpolation(nodes: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how values at nodes of a step become its integral and its samples.

    Parameters
    ----------
    nodes : the first is 0

    Returns
    -------
    (k,) weights of the integral over a step of length 1, and (PIECES + 1, k) those of the samples

    Examples
    --------
    >>> weights, samples = interpolation([0.0, 0.5, 1.0])
    >>> (weights * 6).round(12).tolist(), samples.shape
    ([1.0, 4.0, 1.0], (4, 3))
    """
    polynomials: list[Polynomial] = lagrange(np.asarray(nodes[1:]))
    weights = np.array([polynomial.integ()(1.0) for polynomial in polynomials])
    at = np.arange(PIECES + 1) / PIECES
    return weights, np.stack([polynomial(at) for polynomial in polynomials], axis=1)


class Observer:
    """Rows that observation takes, and the code that fills them.

    Parameters
    ----------
    observables : what is watched
    nodes : of a step, the first 0
    """

    def __init__(self, observables: Sequence[Observable], nodes: Sequence[float]) -> None:
        self.observables, self.nodes = tuple(observables), tuple(nodes)
        self.sums = len(accumulations(observables))
        self.levels = sum(ABOVE in observable.kinds for observable in observables)

    @property
    def rows(self) -> int:
        """Rows in all: sums, levels, values at the nodes, and room for those at a first node."""
        return self.sums + self.levels + (len(self.nodes) + 1) * len(self.observables)

    def values(self, layout: LaneLayout, node: int) -> int:
        """Return the first row of the values at a node."""
        return layout.spans + self.sums + self.levels + node * len(self.observables)

    def begin(self, kernel: Kernel, layout: LaneLayout, function: ir.Function) -> None:
        """Evaluate at the start of the step where it is the first one since a stop.

        Elsewhere the values are those at the end of the step before.
        """
        lanes, rows = kernel.lanes, kernel.rows
        after_stop = lanes.compare("==", kernel.own("first_step"), lanes.number(0.0))
        room = self.values(layout, len(self.nodes))
        with kernel.builder.if_then(lanes.any(after_stop)):
            kernel.call(function, layout.y, layout.u, layout.c, room)
            for column in range(len(self.observables)):
                place = self.values(layout, 0) + column
                new = rows.load(room + column)
                rows.store(place, lanes.select(after_stop, new, rows.load(place)))

    def add(self, kernel: Kernel, layout: LaneLayout, step: ir.Value, error: ir.Value) -> None:
        """Add a step to the sums of the lanes in which it is accepted."""
        if not self.observables:
            return
        lanes, number = kernel.lanes, kernel.lanes.number
        accepted = kernel.builder.and_(
            lanes.compare("<=", error, number(1.0)),
            lanes.compare(">", kernel.own("alive"), number(0.0)),
        )
        weights, sampling = interpolation(self.nodes)
        place, level = layout.spans, layout.spans + self.sums
        for column, observable in enumerate(self.observables):
            values = [
                kernel.rows.load(self.values(layout, node) + column)
                for node in range(len(self.nodes))
            ]
            samples = [_combined(kernel, row, values) for row in sampling]
            for kind in observable.kinds:
                before = kernel.rows.load(place)
                if kind == MEAN:
                    after = lanes.fma(step, _combined(kernel, weights, values), before)
                elif kind == HIGHEST:
                    after = lanes.larger(_peak(kernel, samples), before)
                elif kind == LOWEST:
                    lowest = lanes.sub(
                        number(0.0), _peak(kernel, [lanes.neg(value) for value in samples])
                    )
                    after = lanes.smaller(lowest, before)
                else:
                    above = _above(kernel, samples, kernel.rows.load(level))
                    after = lanes.fma(step, above, before)
                    level += 1
                kernel.rows.store(place, lanes.select(accepted, after, before))
                place += 1
            start = lanes.select(accepted, values[-1], values[0])
            kernel.rows.store(self.values(layout, 0) + column, start)


def _combined(kernel: Kernel, weights: NDArray[np.float64], values: Sequence[ir.Value]) -> ir.Value:
    """Return a weighted sum; a sample at a node is the value there."""
    lanes, total = kernel.lanes, None
    for weight, value in zip(weights, values, strict=True):
        if abs(weight) < 1e-14:
            continue
        if abs(weight - 1.0) < 1e-14:
            return value
        factor = lanes.number(float(weight))
        total = lanes.mul(factor, value) if total is None else lanes.fma(factor, value, total)
    assert total is not None
    return total


def _peak(kernel: Kernel, samples: Sequence[ir.Value]) -> ir.Value:
    """Return the highest value: of the samples, or of a parabola around the highest inside."""
    lanes, number = kernel.lanes, kernel.lanes.number
    middle, slope, bend = number(-math.inf), number(0.0), number(0.0)
    best = lanes.larger(samples[0], samples[-1])
    for a, b, c in zip(samples, samples[1:], samples[2:], strict=False):
        higher = lanes.compare(">", b, middle)
        middle = lanes.select(higher, b, middle)
        slope = lanes.select(higher, lanes.sub(c, a), slope)
        bend = lanes.select(higher, lanes.fma(number(-2.0), b, lanes.add(a, c)), bend)
    # the vertex lies at -slope / (2 bend) from the middle, in distances of samples
    inside = kernel.builder.and_(
        lanes.compare("<", bend, number(0.0)),
        lanes.compare("<=", lanes.absolute(slope), lanes.mul(number(-2.0), bend)),
    )
    safe = lanes.select(inside, bend, number(-1.0))
    rise = lanes.div(lanes.mul(slope, slope), lanes.mul(number(-8.0), safe))
    return lanes.larger(lanes.select(inside, lanes.add(middle, rise), middle), best)


def _above(kernel: Kernel, samples: Sequence[ir.Value], level: ir.Value) -> ir.Value:
    """Return the part of the step in which the samples, joined by lines, exceed a level."""
    lanes, number = kernel.lanes, kernel.lanes.number
    excess = [lanes.sub(sample, level) for sample in samples]
    total = number(0.0)
    for a, b in pairwise(excess):
        # of a line from a to b the part above 0 is (a⁺ + b⁺)/(|a| + |b|)
        up = lanes.add(lanes.larger(a, number(0.0)), lanes.larger(b, number(0.0)))
        whole = lanes.add(lanes.absolute(a), lanes.absolute(b))
        some = lanes.compare(">", whole, number(0.0))
        part = lanes.div(up, lanes.select(some, whole, number(1.0)))
        total = lanes.add(total, part)
    return lanes.mul(total, number(1.0 / PIECES))
