"""Loops, rows and whole numbers of a kernel under construction."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from llvmlite import ir

from oihsim.engine.lanes.arithmetic import DOUBLE, WHOLE, Lanes
from oihsim.engine.lanes.emission import LaneRows
from oihsim.engine.lanes.lane_layout import LANE_ROWS, SHAPE


def whole(x: int) -> ir.Constant:
    """Return a whole number."""
    return ir.Constant(WHOLE, x)


class Kernel:
    """A function ``name(work, shape)`` under construction; its ``work`` is a lane layout."""

    def __init__(self, module: ir.Module, name: str, width: int, *, inner: bool = False) -> None:
        pointers = [ir.PointerType(DOUBLE), ir.PointerType(WHOLE)]
        self.function = ir.Function(module, ir.FunctionType(ir.VoidType(), pointers), name)
        if inner:
            self.function.linkage = "internal"
        self.work, self.shape = self.function.args
        self.builder = ir.IRBuilder(self.function.append_basic_block())
        self.lanes = Lanes(self.builder, width)
        self.rows = LaneRows(self.lanes, self.work)

    def own(self, name: str) -> ir.Value:
        """Return one of the rows that stand first."""
        return self.rows.load(LANE_ROWS.index(name))

    def set(self, name: str, value: ir.Value) -> None:
        """Write one of the rows that stand first."""
        self.rows.store(LANE_ROWS.index(name), value)

    def size(self, name: str) -> ir.Value:
        """Return an entry of the shape."""
        place = self.builder.gep(self.shape, [whole(SHAPE.index(name))])
        return self.builder.load(place)

    def shared(self, name: str, index: ir.Value | int, kind: ir.Type = WHOLE) -> ir.Value:
        """Return an entry of an array whose address stands in the shape."""
        start = self.builder.inttoptr(self.size(name), ir.PointerType(kind))
        index = whole(index) if isinstance(index, int) else index
        return self.builder.load(self.builder.gep(start, [index]))

    def row(self, start: str | int, *steps: ir.Value | int) -> ir.Value:
        """Return the number of a row: a start plus steps."""
        at = self.size(start) if isinstance(start, str) else whole(start)
        for step in steps:
            at = self.builder.add(at, whole(step) if isinstance(step, int) else step)
        return at

    @contextmanager
    def each(
        self,
        first: ir.Value | int,
        last: ir.Value | int,
        going: Callable[[], ir.Value] | None = None,
    ) -> Iterator[ir.Value]:
        """Loop over whole numbers from ``first`` up to but without ``last``.

        ``going`` writes a bit that is asked before each turn: the loop ends where it is 0.
        """
        b = self.builder
        first = whole(first) if isinstance(first, int) else first
        last = whole(last) if isinstance(last, int) else last
        before = b.block
        head, body, after = (b.append_basic_block() for _ in range(3))
        b.branch(head)
        b.position_at_end(head)
        index = b.phi(WHOLE)
        index.add_incoming(first, before)
        more = b.icmp_signed("<", index, last)
        b.cbranch(more if going is None else b.and_(going(), more), body, after)
        b.position_at_end(body)
        yield index
        index.add_incoming(b.add(index, whole(1)), b.block)
        b.branch(head)
        b.position_at_end(after)

    @contextmanager
    def carrying(self, last: int, *starts: ir.Value) -> Iterator[tuple[ir.Value, list[ir.Value]]]:
        """Loop from 0 up to but without ``last`` with values that each turn replaces.

        Gives the index and the values, a list. What a turn leaves in it goes into the next one, and
        afterwards it holds what they have become.
        """
        b = self.builder
        before = b.block
        head, body, after = (b.append_basic_block() for _ in range(3))
        b.branch(head)
        b.position_at_end(head)
        index, phis = b.phi(WHOLE), [b.phi(start.type) for start in starts]
        index.add_incoming(whole(0), before)
        for phi, start in zip(phis, starts, strict=True):
            phi.add_incoming(start, before)
        b.cbranch(b.icmp_signed("<", index, whole(last)), body, after)
        b.position_at_end(body)
        values: list[ir.Value] = list(phis)
        yield index, values
        index.add_incoming(b.add(index, whole(1)), b.block)
        for phi, value in zip(phis, values, strict=True):
            phi.add_incoming(value, b.block)
        b.branch(head)
        b.position_at_end(after)
        values[:] = phis

    def largest(self, errors: Iterable[tuple[int, ir.Value]]) -> ir.Value:
        """Return each lane's largest error of states, in units of what is permitted.

        What is not a number is infinite.
        """
        lanes, worst = self.lanes, self.lanes.number(0.0)
        for i, error in errors:
            scale = lanes.splat(self.shared("scale", i, DOUBLE))
            size = lanes.mul(lanes.absolute(error), scale)
            worst = lanes.larger(lanes.smaller(size, lanes.number(math.inf)), worst)
        return worst

    def call(self, function: ir.Function, *rows: int) -> None:
        """Call an inner function with the places of rows; without rows, as this one was called."""
        if rows:
            places = [self.builder.gep(self.work, [whole(row * self.lanes.width)]) for row in rows]
            self.builder.call(function, places)
        else:
            self.builder.call(function, [self.work, self.shape])
