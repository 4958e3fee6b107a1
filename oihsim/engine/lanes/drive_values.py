"""Concentrations and drives at all moments of a step at once: exact, as sums of exponentials.

A mode is read once for all moments, and its exponentials do not wait for each other. A kernel of
one subject puts moments, not subjects, side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from llvmlite import ir

from oihsim.engine.lanes.arithmetic import Lanes
from oihsim.engine.lanes.lane_layout import LaneLayout
from oihsim.engine.lanes.loops import Kernel, whole

TOGETHER = (4, 3, 2, 1)
"""Moments that the kernel of one subject computes side by side: the most that divide all."""


class _Moments:
    """The moments of a step, in groups that are one value each."""

    def __init__(self, kernel: Kernel, layout: LaneLayout) -> None:
        self.kernel, self.layout = kernel, layout
        alone = kernel.lanes.width == 1
        size = next(k for k in TOGETHER if layout.moments % k == 0) if alone else 1
        self.lanes = Lanes(kernel.builder, size) if alone else kernel.lanes
        self.groups = range(0, layout.moments, size)
        self.align = 8 if alone else 8 * kernel.lanes.width

    def spread(self, value: ir.Value) -> ir.Value:
        """Return what holds for every moment."""
        return self.lanes.splat(value) if self.kernel.lanes.width == 1 else value

    def _at(self, row: ir.Value, moment: int) -> ir.Value:
        b = self.kernel.builder
        index = b.mul(b.add(row, whole(moment)), whole(self.kernel.lanes.width))
        place = b.gep(self.kernel.work, [index])
        return b.bitcast(place, ir.PointerType(self.lanes.type))

    def load(self, row: ir.Value) -> list[ir.Value]:
        """Return the values from a row on, one row per moment."""
        values = [self.kernel.builder.load(self._at(row, moment)) for moment in self.groups]
        for value in values:
            value.align = self.align
        return values

    def store(self, row: ir.Value, values: list[ir.Value]) -> None:
        """Write from a row on."""
        for moment, value in zip(self.groups, values, strict=True):
            self.kernel.builder.store(value, self._at(row, moment)).align = self.align


def write_drives(module: ir.Module, layout: LaneLayout, width: int) -> ir.Function:
    """Write ``drives``: from the concentrations at the rows ``times`` to the rows ``u``."""
    kernel = Kernel(module, "drives", width, inner=True)
    rows, b, moments = kernel.rows, kernel.builder, _Moments(kernel, layout)
    lanes, count = moments.lanes, whole(layout.moments)

    def place(ligand: ir.Value) -> ir.Value:
        return kernel.row("concentration", b.mul(ligand, count))

    with kernel.each(0, kernel.size("ligands")) as g:
        offset = moments.spread(rows.load(kernel.row("offset", g)))
        moments.store(place(g), [offset for _ in moments.groups])
    times = moments.load(whole(layout.times))
    with kernel.each(0, kernel.size("count")) as a:
        i = kernel.shared("active", a)
        rate = moments.spread(rows.load(kernel.row("rate", i)))
        decays = [lanes.exp(lanes.mul(rate, time)) for time in times]
        first = kernel.shared("first", i)
        with kernel.each(first, kernel.shared("last", i)) as g:
            at = kernel.row("amplitude", kernel.shared("pair", i), b.sub(g, first))
            with _amplitudes(moments, at, times) as values:
                before = moments.load(place(g))
                parts = zip(values, decays, before, strict=True)
                moments.store(place(g), [lanes.fma(*factors) for factors in parts])
    # drives that no ligand has are 0 from the beginning
    with kernel.each(0, kernel.size("weights")) as k:
        drive = kernel.shared("drive", k)
        for moment in range(layout.moments):
            row = kernel.row(layout.u + moment * layout.drives, drive)
            rows.store(row, kernel.lanes.number(0.0))
    with kernel.each(0, kernel.size("weights")) as k:
        drive, ligand = kernel.shared("drive", k), kernel.shared("ligand", k)
        factor = rows.load(kernel.row("factor", k))
        for moment in range(layout.moments):
            row = kernel.row(layout.u + moment * layout.drives, drive)
            level = rows.load(b.add(place(ligand), whole(moment)))
            rows.store(row, kernel.lanes.fma(factor, level, rows.load(row)))
    b.ret_void()
    return kernel.function


@contextmanager
def _amplitudes(moments: _Moments, at: ir.Value, times: list[ir.Value]) -> Iterator[list[ir.Value]]:
    """Give the polynomial in time that multiplies an exponential, at each moment."""
    kernel, lanes = moments.kernel, moments.lanes
    b, rows = kernel.builder, kernel.rows
    pairs, degree = kernel.size("pairs"), kernel.size("degree")
    highest = moments.spread(rows.load(b.add(at, b.mul(degree, pairs))))
    before = b.block
    head, body, after = (b.append_basic_block() for _ in range(3))
    b.branch(head)
    b.position_at_end(head)
    k = b.phi(degree.type)
    k.add_incoming(degree, before)
    values = [b.phi(lanes.type) for _ in times]
    for value in values:
        value.add_incoming(highest, before)
    b.cbranch(b.icmp_signed(">", k, whole(0)), body, after)
    b.position_at_end(body)
    lower = b.sub(k, whole(1))
    coefficient = moments.spread(rows.load(b.add(at, b.mul(lower, pairs))))
    k.add_incoming(lower, body)
    for value, time in zip(values, times, strict=True):
        value.add_incoming(lanes.fma(value, time, coefficient), body)
    b.branch(head)
    b.position_at_end(after)
    yield values
