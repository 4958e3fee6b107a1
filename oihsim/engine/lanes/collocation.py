"""Collocation over the cascade, in lanes: the method for stiff models.

A step puts the states at the Radau points of an interval (Radau IIA, hairer1996). The blocks of the
cascade (:mod:`oihsim.engine.lanes.cascade`) are solved one after the other, all nodes of all states
of a block at once (:mod:`oihsim.engine.lanes.block_solution`).
"""

from __future__ import annotations

from llvmlite import ir

from oihsim.engine.lanes.block_solution import BlockSolver
from oihsim.engine.lanes.cascade import Block
from oihsim.engine.lanes.control import TriedStep, finish_step, next_step
from oihsim.engine.lanes.explicit_step import Functions
from oihsim.engine.lanes.graph import Node, Traced
from oihsim.engine.lanes.lane_layout import LaneLayout
from oihsim.engine.lanes.loops import Kernel
from oihsim.engine.lanes.nodes import METHOD, NODES, Places
from oihsim.engine.lanes.observer import Observer
from oihsim.engine.lanes.radau import lagrange

OBSERVED_NODES = (1, 2, NODES - 1)
"""Nodes at which quantities are observed, beside the start."""

LONGEST_LOOK = 2.0
"""Growth of the step beyond which the polynomial of the last step is not followed."""


def _look_ahead(kernel: Kernel, layout: LaneLayout, places: Places, step: ir.Value) -> None:
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
        for m, polynomial in enumerate(polynomials):
            value = lanes.polynomial(theta, [float(x) for x in polynomial.coef])
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


def _remember(kernel: Kernel, layout: LaneLayout, places: Places, tried: TriedStep) -> None:
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
    layout: LaneLayout,
    width: int,
    functions: Functions,
    observer: Observer,
    traced: Traced,
    constants: tuple[Node, ...],
    cascade: tuple[Block, ...],
) -> None:
    """Write ``advance``: steps in all lanes until a lane reaches its stop or fails."""
    drives, rhs, observed = functions
    kernel = Kernel(module, "advance", width)
    lanes, rows, b = kernel.lanes, kernel.rows, kernel.builder
    places = Places(layout.more, layout.states, cascade)
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
    solver = BlockSolver(kernel, layout, places, traced, constants)
    errors: list[tuple[int, ir.Value]] = []
    for block in cascade:
        solver.solve(block, step)
        errors += zip(block.states, solver.error(block, step), strict=True)
    # a step that was not solved has a large error
    failed = lanes.compare(">", rows.load(places.failed), lanes.number(0.0))
    error = kernel.largest(errors)
    error = lanes.select(failed, lanes.larger(error, lanes.number(1e3)), error)
    tried = TriedStep(step, arriving, error)
    if observed is not None:
        observer.begin(kernel, layout, observed)
        for row, node in enumerate(OBSERVED_NODES, 1):
            kernel.call(
                observed, places.node + node * layout.states,
                layout.u + (node + 1) * layout.drives, layout.c, observer.values(layout, row),
            )  # fmt: skip
    observer.add(kernel, layout, step, error)
    _remember(kernel, layout, places, tried)
    evaluations = lanes.add(kernel.own("evaluations"), lanes.number(1.0))
    kernel.set("evaluations", evaluations)
    power = -1.0 / (NODES + 1)
    end = places.node + (NODES - 1) * layout.states
    stop = finish_step(kernel, layout, tried, end, (power, 0.0), power)
    b.cbranch(stop, after, step_block)
    b.position_at_end(after)
    b.ret_void()
