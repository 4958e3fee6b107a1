"""Collocation over the cascade, in lanes: the method for stiff models.

A step puts the states at the Radau points of an interval (Radau IIA, hairer1996). The blocks of the
cascade (:mod:`oihsim.lanes.cascade`) are solved one after the other, all nodes of a state at once:
a few linear equations with the exact derivative at each node. Only states that need each other are
gone through again, each lane until its own changes are small, so that no lane depends on others. A
state that is linear in itself, however fast, is solved once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from oihsim.lanes.arithmetic import DOUBLE, Lanes
from oihsim.lanes.cascade import Block
from oihsim.lanes.control import Step, finish_step, next_step
from oihsim.lanes.emission import emit
from oihsim.lanes.graph import Node, Traced
from oihsim.lanes.layout import Layout
from oihsim.lanes.radau import lagrange, radau
from oihsim.lanes.writing import Kernel, whole

NODES = 5
METHOD = radau(NODES)
MOST_SWEEPS = 12
SETTLED = 0.002
"""Change of a sweep, in units of the permitted error, that needs no further sweep."""
LONGEST_LOOK = 2.0
"""Growth of the step beyond which the polynomial of the last step is not followed."""


class Nodes:
    """The same operation at several nodes: what is a list has one value a node."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    def number(self, x: float) -> ir.Constant:
        """Return a constant."""
        return self._lanes.number(x)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self._lanes, name)

        def everywhere(*operands: Any) -> Any:
            sizes = [len(one) for one in operands if isinstance(one, list)]
            if not sizes:
                return operation(*operands)
            return [
                operation(*(one[k] if isinstance(one, list) else one for one in operands))
                for k in range(sizes[0])
            ]

        return everywhere


def extra_rows(states: int, cascade: tuple[Block, ...]) -> int:
    """Return the rows that the method keeps besides: see :class:`_Places`."""
    return (2 * NODES + 2) * states + NODES * max(len(one.known) for one in cascade) + 3


class _Places:
    """Rows that the method keeps.

    ``node`` states at the nodes; ``before`` states at the start and nodes of the last step;
    ``slope`` own derivative of each state at the first node; ``known`` what a block reads of
    earlier ones; then which lanes are active, their last change, and which failed.
    """

    def __init__(self, layout: Layout) -> None:
        n = layout.states
        self.node = layout.more
        self.before = self.node + NODES * n
        self.slope = self.before + (NODES + 1) * n
        self.active = self.slope + n
        self.change = self.active + 1
        self.failed = self.change + 1
        self.known = self.failed + 1


class _Solver:
    """Writes the solution of the blocks of one step."""

    def __init__(
        self, kernel: Kernel, layout: Layout, traced: Traced, constants: tuple[Node, ...]
    ) -> None:
        self.kernel, self.layout, self.traced = kernel, layout, traced
        self.places, self.nodes = _Places(layout), Nodes(kernel.lanes)
        self.constants = {id(node): row for row, node in enumerate(constants)}
        self.constant_nodes = constants

    def state(self, node: int, i: int) -> int:
        """Return the row of a state at a node."""
        return self.places.node + node * self.layout.states + i

    def _loader(self, known: dict[int, int]) -> Callable[[Node], Any]:
        rows, layout = self.kernel.rows, self.layout

        def load(node: Node) -> Any:
            if id(node) in self.constants:
                return rows.load(layout.c + self.constants[id(node)])
            if id(node) in known:
                first = self.places.known + known[id(node)] * NODES
                return [rows.load(first + k) for k in range(NODES)]
            row = int(node.value)
            if node.op == "y":
                return [rows.load(self.state(k, row)) for k in range(NODES)]
            # the drives at the start of the step stand first
            return [rows.load(layout.u + (k + 1) * layout.drives + row) for k in range(NODES)]

        return load

    def values(self, roots: list[Node], known: dict[int, int], given: list[Node]) -> list[Any]:
        """Return the roots at all nodes."""
        found = emit(self.nodes, roots, self._loader(known), [*self.constant_nodes, *given])  # type: ignore[arg-type]
        return [one if isinstance(one, list) else [one] * NODES for one in found]

    def keep_known(self, block: Block) -> dict[int, int]:
        """Compute what a block reads of earlier ones; return where it stands."""
        for at, values in enumerate(self.values(list(block.known), {}, [])):
            for k, value in enumerate(values):
                self.kernel.rows.store(self.places.known + at * NODES + k, value)
        return {id(node): at for at, node in enumerate(block.known)}

    def improve(
        self, i: int, slope: Node, known: dict[int, int], given: list[Node], step: ir.Value,
        active: ir.Value | None = None,
    ) -> list[ir.Value]:  # fmt: skip
        """Return the change of a state at all nodes that one linear solution asks for.

        Lanes that are not active keep the slope of their own last sweep.
        """
        lanes, rows = self.kernel.lanes, self.kernel.rows
        f, d = self.values([self.traced.rates[i], slope], known, given)
        mask = rows.load(self.layout.mask + i)
        f = [lanes.mul(one, mask) for one in f]
        d = [lanes.mul(one, mask) for one in d]
        own = d[0]
        if active is not None:
            own = lanes.select(active, own, rows.load(self.places.slope + i))
        rows.store(self.places.slope + i, own)
        start = rows.load(self.layout.y + i)
        residual = []
        for j in range(NODES):
            moved = lanes.mul(lanes.number(METHOD.A[j, 0]), f[0])
            for k in range(1, NODES):
                moved = lanes.fma(lanes.number(METHOD.A[j, k]), f[k], moved)
            apart = lanes.sub(start, rows.load(self.state(j, i)))
            residual.append(lanes.fma(step, moved, apart))
        if slope.op == "const" and slope.value == 0.0:
            return residual
        return self._solved([lanes.mul(step, one) for one in d], residual)

    def _solved(self, hd: list[ir.Value], residual: list[ir.Value]) -> list[ir.Value]:
        """Return ``x`` with ``(1 - A diag(hd)) x = residual``, by elimination."""
        lanes = self.kernel.lanes
        m = [
            [
                lanes.fma(
                    lanes.number(-METHOD.A[j, k]), hd[k], lanes.number(1.0 if j == k else 0.0)
                )
                for k in range(NODES)
            ]
            for j in range(NODES)
        ]
        x, inverse = list(residual), []
        for p in range(NODES):
            inverse.append(lanes.div(lanes.number(1.0), m[p][p]))
            for j in range(p + 1, NODES):
                factor = lanes.neg(lanes.mul(m[j][p], inverse[p]))
                for k in range(p + 1, NODES):
                    m[j][k] = lanes.fma(factor, m[p][k], m[j][k])
                x[j] = lanes.fma(factor, x[p], x[j])
        for p in reversed(range(NODES)):
            for k in range(p + 1, NODES):
                x[p] = lanes.fma(lanes.neg(m[p][k]), x[k], x[p])
            x[p] = lanes.mul(x[p], inverse[p])
        return x

    def block(self, block: Block, step: ir.Value) -> None:
        """Solve one block."""
        lanes, rows = self.kernel.lanes, self.kernel.rows
        if block.direct:
            (i,) = block.states
            self._count(1)
            for k, change in enumerate(self.improve(i, block.slopes[0], {}, [], step)):
                row = self.state(k, i)
                rows.store(row, lanes.add(rows.load(row), change))
            return
        known = self.keep_known(block)
        rows.store(self.places.active, self.kernel.own("alive"))
        b = self.kernel.builder
        before = b.block
        body, after = b.append_basic_block(), b.append_basic_block()
        b.branch(body)
        b.position_at_end(body)
        sweep = b.phi(whole(0).type)
        sweep.add_incoming(whole(0), before)
        change = self._sweep(block, known, step)
        go_on = self._settle(change, sweep)
        following = b.add(sweep, whole(1))
        sweep.add_incoming(following, b.block)
        again = b.and_(lanes.any(go_on), b.icmp_signed("<", following, whole(MOST_SWEEPS)))
        b.cbranch(again, body, after)
        b.position_at_end(after)
        still = lanes.compare(">", rows.load(self.places.active), lanes.number(0.0))
        failed = rows.load(self.places.failed)
        rows.store(self.places.failed, lanes.select(still, lanes.number(1.0), failed))

    def _sweep(self, block: Block, known: dict[int, int], step: ir.Value) -> ir.Value:
        """Go through the states of a block once; return the largest change of each lane."""
        lanes, rows = self.kernel.lanes, self.kernel.rows
        active = lanes.compare(">", rows.load(self.places.active), lanes.number(0.0))
        self._count(len(block.states), active)
        worst = lanes.number(0.0)
        for i, slope in zip(block.states, block.slopes, strict=True):
            changes = self.improve(i, slope, known, list(block.known), step, active)
            scale = lanes.splat(self.kernel.shared("scale", i, DOUBLE))
            for k, change in enumerate(changes):
                row = self.state(k, i)
                y = rows.load(row)
                rows.store(row, lanes.select(active, lanes.add(y, change), y))
                size = lanes.mul(lanes.absolute(change), scale)
                # what is not a number is the largest of all
                worst = lanes.larger(lanes.smaller(size, lanes.number(np.inf)), worst)
        return worst

    def _count(self, states: int, active: ir.Value | None = None) -> None:
        """Count the work of some states at all nodes, as a part of right-hand sides."""
        lanes = self.kernel.lanes
        work = lanes.number(NODES * states / self.layout.states)
        if active is not None:
            work = lanes.select(active, work, lanes.number(0.0))
        self.kernel.set("evaluations", lanes.add(self.kernel.own("evaluations"), work))

    def _settle(self, change: ir.Value, sweep: ir.Value) -> ir.Value:
        """Leave the lanes whose changes are small enough as they are; return which go on."""
        lanes, rows, number = self.kernel.lanes, self.kernel.rows, self.kernel.lanes.number
        b = self.kernel.builder
        first = b.icmp_signed("==", sweep, whole(0))
        last = rows.load(self.places.change)
        rate = lanes.smaller(lanes.div(change, last), number(0.9))
        # of a series that shrinks by this rate, what is still to come
        left = lanes.div(rate, lanes.sub(number(1.0), rate))
        share = b.select(first, number(1.0), left)
        settled = lanes.compare("<=", lanes.mul(change, share), number(SETTLED))
        rows.store(self.places.change, change)
        active = rows.load(self.places.active)
        still = lanes.select(settled, number(0.0), active)
        rows.store(self.places.active, still)
        return lanes.compare(">", still, number(0.0))


def _look_ahead(kernel: Kernel, layout: Layout, places: _Places, step: ir.Value) -> None:
    """Guess the states at the nodes by the polynomial of the last step; after a jump, by none."""
    lanes, rows, number = kernel.lanes, kernel.rows, kernel.lanes.number
    last = kernel.own("previous_step")
    ratio = lanes.div(step, lanes.select(lanes.compare(">", last, number(0.0)), last, number(1.0)))
    usable = kernel.builder.and_(
        lanes.compare(">", last, number(0.0)), lanes.compare("<", ratio, number(LONGEST_LOOK))
    )
    polynomials = lagrange(METHOD.c)
    for j in range(NODES):
        theta = lanes.fma(number(METHOD.c[j]), ratio, number(1.0))
        weights = []
        for m, one in enumerate(polynomials):
            value = lanes.polynomial(theta, [float(x) for x in one.coef])
            plain = number(1.0 if m == NODES else 0.0)
            weights.append(lanes.select(usable, value, plain))
        with kernel.each(0, layout.states) as i:
            total = None
            for m, weight in enumerate(weights):
                y = rows.load(kernel.row(places.before + m * layout.states, i))
                total = lanes.mul(weight, y) if total is None else lanes.fma(weight, y, total)
            start = rows.load(kernel.row(layout.y, i))
            guess = lanes.select(usable, total, start)
            rows.store(kernel.row(places.node + j * layout.states, i), guess)


def _error(kernel: Kernel, layout: Layout, places: _Places, step: ir.Value) -> ir.Value:
    """Return the error of the step: the difference to the embedded formula, damped where stiff."""
    lanes, rows, number = kernel.lanes, kernel.rows, kernel.lanes.number
    worst = number(0.0)
    for i in range(layout.states):
        start = rows.load(layout.y + i)
        gap = lanes.mul(lanes.mul(number(METHOD.gamma), step), rows.load(layout.k + i))
        for j in range(NODES):
            z = lanes.sub(rows.load(places.node + j * layout.states + i), start)
            gap = lanes.fma(number(METHOD.estimate[j]), z, gap)
        slope = lanes.mul(lanes.mul(number(METHOD.gamma), step), rows.load(places.slope + i))
        # a slope above 0 does not damp
        damped = lanes.sub(number(1.0), lanes.smaller(slope, number(0.0)))
        gap = lanes.div(gap, damped)
        scale = lanes.splat(kernel.shared("scale", i, DOUBLE))
        size = lanes.mul(lanes.absolute(gap), scale)
        # what is not a number counts as infinite, and stays so
        worst = lanes.larger(lanes.smaller(size, number(np.inf)), worst)
    failed = lanes.compare(">", rows.load(places.failed), number(0.0))
    error = lanes.select(failed, lanes.larger(worst, number(1e3)), worst)
    finite = lanes.compare("<", error, number(np.inf))
    return lanes.select(finite, error, number(np.inf))


def _remember(kernel: Kernel, layout: Layout, places: _Places, tried: Step) -> None:
    """Keep the polynomial of an accepted step for the next one."""
    lanes, rows = kernel.lanes, kernel.rows
    accepted = lanes.compare("<=", tried.error, lanes.number(1.0))
    n = layout.states
    with kernel.each(0, n) as i:
        for m in range(NODES + 1):
            source = layout.y if m == 0 else places.node + (m - 1) * n
            place = kernel.row(places.before + m * n, i)
            new = rows.load(kernel.row(source, i))
            rows.store(place, lanes.select(accepted, new, rows.load(place)))
    last = kernel.own("previous_step")
    kernel.set("previous_step", lanes.select(accepted, tried.length, last))


def write_collocation(
    module: ir.Module,
    layout: Layout,
    width: int,
    drives: ir.Function,
    rhs: ir.Function,
    traced: Traced,
    constants: tuple[Node, ...],
    cascade: tuple[Block, ...],
) -> None:
    """Write ``advance``: steps in all lanes until a lane reaches its stop or fails."""
    kernel = Kernel(module, "advance", width)
    lanes, rows, b, places = kernel.lanes, kernel.rows, kernel.builder, _Places(layout)
    step_block, after = b.append_basic_block(), b.append_basic_block()
    b.branch(step_block)
    b.position_at_end(step_block)
    step, arriving = next_step(kernel)
    tau = kernel.own("tau")
    rows.store(layout.times, tau)
    for j in range(NODES):
        rows.store(layout.times + 1 + j, lanes.fma(lanes.number(METHOD.c[j]), step, tau))
    kernel.call(drives)
    kernel.call(rhs, layout.y, layout.u, layout.c, layout.k, layout.mask)
    _look_ahead(kernel, layout, places, step)
    rows.store(places.failed, lanes.number(0.0))
    solver = _Solver(kernel, layout, traced, constants)
    for block in cascade:
        solver.block(block, step)
    error = _error(kernel, layout, places, step)
    tried = Step(step, arriving, error)
    _remember(kernel, layout, places, tried)
    evaluations = lanes.add(kernel.own("evaluations"), lanes.number(1.0))
    kernel.set("evaluations", evaluations)
    power = -1.0 / (NODES + 1)
    end = places.node + (NODES - 1) * layout.states
    stop = finish_step(kernel, layout, tried, end, (power, 0.0), power)
    b.cbranch(stop, after, step_block)
    b.position_at_end(after)
    b.ret_void()
