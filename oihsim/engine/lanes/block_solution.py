"""The states of a block at all nodes of a step: linear equations, solved again until they agree.

A block whose rates are linear in its own states is solved once, with the derivatives at each node.
Another one is solved by Newton's method with those at the middle node, which are computed anew
after a few sweeps only. Each lane goes on until its own changes are small, so that no lane depends
on others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llvmlite import ir

from oihsim.engine.lanes.cascade import Block
from oihsim.engine.lanes.elimination import Place, elimination_order, factorise, substitute
from oihsim.engine.lanes.emission import emit
from oihsim.engine.lanes.graph import Node, Traced
from oihsim.engine.lanes.lane_layout import LaneLayout
from oihsim.engine.lanes.linear_equations import solve_together
from oihsim.engine.lanes.loops import Kernel, whole
from oihsim.engine.lanes.nodes import INVERSE, METHOD, MIDDLE, NODES, Nodes, Places, mode_equations

EVERY = range(NODES)
"""All nodes."""
ROUNDS, SWEEPS = 3, 4
"""So often the factors are made, and used each time, before the step fails."""
SETTLED = 0.02
"""What is still to come of the changes, in units of the permitted error, that needs no sweep."""
FRESH, SLOWEST = 0.5, 0.9
"""Rate at which changes are taken to shrink: before a second one has been seen, and at most."""


class BlockSolver:
    """Writes the solution of the blocks of one step."""

    def __init__(
        self, kernel: Kernel, layout: LaneLayout, places: Places, traced: Traced,
        constants: tuple[Node, ...],
    ) -> None:  # fmt: skip
        self.kernel, self.layout, self.traced = kernel, layout, traced
        self.places, self.nodes = places, Nodes(kernel.lanes)
        self.constants = {id(node): row for row, node in enumerate(constants)}
        self.constant_nodes = constants

    def solve(self, block: Block, step: ir.Value) -> None:
        """Solve one block."""
        lanes, rows = self.kernel.lanes, self.kernel.rows
        if block.direct:
            slopes = self._slopes(block, block.jacobian, EVERY)
            residual = self._residuals(block, step)
            self._move(block, solve_together(lanes, INVERSE, slopes, step, residual), None)
            return
        equations = mode_equations(block)
        self._keep_known(block)
        rows.store(self.places.active, self.kernel.own("alive"))
        with self.kernel.each(0, ROUNDS, self._going):
            slopes = self._slopes_at_middle(block, block.jacobian)
            for row, value in enumerate(equations.factors(lanes, slopes, step)):
                rows.store(self.places.factors + row, value)
            with self.kernel.each(0, SWEEPS, self._going) as sweep:
                residual = self._residuals(block, step)
                changes = equations.solve(
                    lanes, lambda row: rows.load(self.places.factors + row), residual
                )
                fresh = self.kernel.builder.icmp_signed("==", sweep, whole(0))
                self._settle(self._move(block, changes, self._active()), fresh)
        failed = rows.load(self.places.failed)
        rows.store(self.places.failed, lanes.select(self._active(), lanes.number(1.0), failed))

    def error(self, block: Block, step: ir.Value) -> list[ir.Value]:
        """Return the estimated error of the states of a solved block, those before being known.

        The difference to the embedded formula is divided by ``1 - gamma h J``, the whole of ``J``
        at the middle node: what is fast forgets its errors, and follows those of what drives it.
        """
        lanes, rows = self.kernel.lanes, self.kernel.rows
        weight = lanes.mul(lanes.number(METHOD.gamma), step)
        gaps = [self._gap(i, weight) for i in block.states]
        for (i, k), slope in self._slopes_at_middle(block, block.earlier).items():
            moved = lanes.mul(weight, slope)
            gaps[i] = lanes.fma(moved, rows.load(self.places.error + k), gaps[i])
        entries = {(i, i): lanes.number(1.0) for i in range(len(gaps))}
        for (i, k), slope in self._slopes_at_middle(block, block.jacobian).items():
            # what grows by itself does not damp
            damping = lanes.smaller(slope, lanes.number(0.0)) if i == k else slope
            moved = lanes.neg(lanes.mul(weight, damping))
            entries[i, k] = lanes.add(entries[i, k], moved) if i == k else moved
        order = elimination_order(len(gaps), entries)
        errors = substitute(lanes, factorise(lanes, entries, order), gaps, order)
        for i, value in zip(block.states, errors, strict=True):
            rows.store(self.places.error + i, value)
        return errors

    def _gap(self, i: int, weight: ir.Value) -> ir.Value:
        """Return the difference of a state to the embedded formula."""
        lanes, rows = self.kernel.lanes, self.kernel.rows
        start, gap = rows.load(self.layout.y + i), lanes.mul(weight, rows.load(self.layout.k + i))
        for j in range(NODES):
            z = lanes.sub(rows.load(self.state(j, i)), start)
            gap = lanes.fma(lanes.number(METHOD.estimate[j]), z, gap)
        return gap

    def state(self, node: int, i: int) -> int:
        """Return the row of a state at a node."""
        return self.places.node + node * self.layout.states + i

    def _loader(self, known_nodes: Sequence[Node], nodes: range) -> Callable[[Node], Any]:
        rows, layout = self.kernel.rows, self.layout
        known = {id(node): self.places.known + at * NODES for at, node in enumerate(known_nodes)}

        def load(node: Node) -> Any:
            if id(node) in self.constants:
                return rows.load(layout.c + self.constants[id(node)])
            if id(node) in known:
                return [rows.load(known[id(node)] + k) for k in nodes]
            row = int(node.value)
            if node.op == "y":
                return [rows.load(self.state(k, row)) for k in nodes]
            # the drives at the start of the step stand first
            return [rows.load(layout.u + (k + 1) * layout.drives + row) for k in nodes]

        return load

    def _values(
        self, roots: Sequence[Node], known_nodes: Sequence[Node], nodes: range
    ) -> list[Any]:
        """Return the roots at some nodes; the values of ``known_nodes`` are loaded."""
        load = self._loader(known_nodes, nodes)
        values = emit(self.nodes, roots, load, [*self.constant_nodes, *known_nodes])  # type: ignore[arg-type]
        return [value if isinstance(value, list) else [value] * len(nodes) for value in values]

    def _keep_known(self, block: Block) -> None:
        """Compute what a block reads of earlier ones, at all nodes, until the next block."""
        for at, values in enumerate(self._values(block.known, (), EVERY)):
            for k, value in enumerate(values):
                self.kernel.rows.store(self.places.known + at * NODES + k, value)

    def _slopes(
        self, block: Block, wanted: Mapping[Place, Node], nodes: range
    ) -> dict[Place, list[ir.Value]]:
        """Return derivatives of a block's rates at some nodes."""
        lanes, rows = self.kernel.lanes, self.kernel.rows
        masks = [rows.load(self.layout.mask + i) for i in block.states]
        derivatives = self._values(list(wanted.values()), block.known, nodes)
        return {
            (i, k): [lanes.mul(x, masks[i]) for x in values]
            for (i, k), values in zip(wanted, derivatives, strict=True)
        }

    def _slopes_at_middle(
        self, block: Block, wanted: Mapping[Place, Node]
    ) -> dict[Place, ir.Value]:
        derivatives = self._slopes(block, wanted, range(MIDDLE, MIDDLE + 1))
        return {place: value for place, (value,) in derivatives.items()}

    def _residuals(self, block: Block, step: ir.Value) -> list[list[ir.Value]]:
        """Return by how much each state misses its equations at each node."""
        rates = self._values([self.traced.rates[i] for i in block.states], block.known, EVERY)
        return [self._residual(i, rate, step) for i, rate in zip(block.states, rates, strict=True)]

    def _residual(self, i: int, rate: list[ir.Value], step: ir.Value) -> list[ir.Value]:
        """Return by how much a state misses its equations, ``step rate - A^-1 (y - start)``."""
        lanes, rows = self.kernel.lanes, self.kernel.rows
        start, mask = rows.load(self.layout.y + i), rows.load(self.layout.mask + i)
        apart = [lanes.sub(start, rows.load(self.state(k, i))) for k in range(NODES)]
        residuals = []
        for j in range(NODES):
            moved = lanes.mul(step, lanes.mul(rate[j], mask))
            for k in range(NODES):
                moved = lanes.fma(lanes.number(INVERSE[j, k]), apart[k], moved)
            residuals.append(moved)
        return residuals

    def _move(
        self, block: Block, changes: list[list[ir.Value]], active: ir.Value | None
    ) -> ir.Value:
        """Change the states of active lanes; return each lane's largest change."""
        lanes, rows = self.kernel.lanes, self.kernel.rows
        self._count(len(block.states), active)
        for i, those in zip(block.states, changes, strict=True):
            for k, change in enumerate(those):
                row = self.state(k, i)
                y = rows.load(row)
                moved = lanes.add(y, change)
                rows.store(row, moved if active is None else lanes.select(active, moved, y))
        return self.kernel.largest(
            (i, change) for i, those in zip(block.states, changes, strict=True) for change in those
        )

    def _count(self, states: int, active: ir.Value | None) -> None:
        """Count the work of some states at all nodes, as a part of right-hand sides."""
        lanes = self.kernel.lanes
        work = lanes.number(NODES * states / self.layout.states)
        if active is not None:
            work = lanes.select(active, work, lanes.number(0.0))
        self.kernel.set("evaluations", lanes.add(self.kernel.own("evaluations"), work))

    def _active(self) -> ir.Value:
        """Return the lanes that have not settled."""
        lanes = self.kernel.lanes
        return lanes.compare(">", self.kernel.rows.load(self.places.active), lanes.number(0.0))

    def _going(self) -> ir.Value:
        """Return one bit: whether any lane has not settled."""
        return self.kernel.lanes.any(self._active())

    def _settle(self, change: ir.Value, fresh: ir.Value) -> None:
        """Leave the lanes whose changes are small enough as they are."""
        lanes, rows, number = self.kernel.lanes, self.kernel.rows, self.kernel.lanes.number
        seen = lanes.smaller(lanes.div(change, rows.load(self.places.change)), number(SLOWEST))
        rate = self.kernel.builder.select(fresh, number(FRESH), seen)
        # of a series that shrinks by this rate, what is still to come
        remaining = lanes.div(lanes.mul(change, rate), lanes.sub(number(1.0), rate))
        settled = lanes.compare("<=", remaining, number(SETTLED))
        rows.store(self.places.change, change)
        still = lanes.select(settled, number(0.0), rows.load(self.places.active))
        rows.store(self.places.active, still)
