"""DOP853 in lanes: each lane with its own time, step and error (hairer1993).

``advance`` makes steps in all lanes until one of them reaches its stop or fails. The error of a
step is held below one, in units of the permitted error, in the worst state.
"""

from __future__ import annotations

import math

import numpy as np
from llvmlite import ir

from oihsim.lanes.arithmetic import DOUBLE
from oihsim.lanes.layout import Layout
from oihsim.lanes.writing import Kernel, whole
from oihsim.tableau import E3, E5, ORDER, STAGES, A, B, C

SMALLEST_STEP, LARGEST_STEP = 1e-10, 1e6
MOST_STEPS = 5_000_000


def _weighted(
    kernel: Kernel, layout: Layout, weights: dict[int, ir.Value], i: ir.Value
) -> ir.Value:
    """Return a sum of the derivatives of state ``i`` at several stages."""
    total = None
    for stage, weight in weights.items():
        slope = kernel.rows.load(kernel.row(layout.k + stage * layout.states, i))
        total = (
            kernel.lanes.mul(weight, slope)
            if total is None
            else kernel.lanes.fma(weight, slope, total)
        )
    assert total is not None
    return total


def _numbers(kernel: Kernel, row: np.ndarray) -> dict[int, ir.Value]:
    return {s: kernel.lanes.number(float(x)) for s, x in enumerate(row) if x != 0.0}


def _stages(
    kernel: Kernel, layout: Layout, step: ir.Value, drives: ir.Function, rhs: ir.Function
) -> None:
    """Fill the derivatives of all stages."""
    lanes, rows = kernel.lanes, kernel.rows
    tau = kernel.own("tau")
    for s in range(STAGES):
        rows.store(layout.times + s, lanes.fma(lanes.number(float(C[s])), step, tau))
    kernel.call(drives)
    for s in range(STAGES):
        state = layout.y
        if s > 0:
            state = layout.trial
            weights = {j: lanes.mul(step, w) for j, w in _numbers(kernel, A[s, :s]).items()}
            with kernel.each(0, layout.states) as i:
                change = _weighted(kernel, layout, weights, i)
                y = rows.load(kernel.row(layout.y, i))
                rows.store(kernel.row(layout.trial, i), lanes.add(y, change))
        kernel.call(
            rhs, state, layout.u + s * layout.drives, layout.c, layout.k + s * layout.states,
            layout.mask,
        )  # fmt: skip


def _error(kernel: Kernel, layout: Layout, step: ir.Value) -> ir.Value:
    """Put the end of the step into ``trial``; return its error, infinite if it is not finite."""
    lanes, rows, b = kernel.lanes, kernel.rows, kernel.builder
    nothing, infinite = lanes.number(0.0), lanes.number(math.inf)
    before = b.block
    head, body, after = (b.append_basic_block() for _ in range(3))
    b.branch(head)
    b.position_at_end(head)
    i, worst5, worst3 = b.phi(whole(0).type), b.phi(lanes.type), b.phi(lanes.type)
    for phi, start in ((i, whole(0)), (worst5, nothing), (worst3, nothing)):
        phi.add_incoming(start, before)
    b.cbranch(b.icmp_signed("<", i, whole(layout.states)), body, after)
    b.position_at_end(body)
    end = _weighted(kernel, layout, _numbers(kernel, B), i)
    end = lanes.fma(step, end, rows.load(kernel.row(layout.y, i)))
    rows.store(kernel.row(layout.trial, i), end)
    scale = lanes.splat(kernel.shared("scale", i, DOUBLE))
    found = []
    for row, worst in ((E5, worst5), (E3, worst3)):
        part = lanes.absolute(_weighted(kernel, layout, _numbers(kernel, row), i))
        found.append(lanes.larger(lanes.mul(part, scale), worst))
    size = lanes.absolute(end)
    finite = b.and_(lanes.compare("<", size, infinite), lanes.compare("<", found[0], infinite))
    # a part that is not a number is not larger than anything: it is caught here
    part5 = lanes.absolute(_weighted(kernel, layout, _numbers(kernel, E5), i))
    finite = b.and_(finite, lanes.compare("<", part5, infinite))
    i.add_incoming(b.add(i, whole(1)), body)
    worst5.add_incoming(lanes.select(finite, found[0], infinite), body)
    worst3.add_incoming(found[1], body)
    b.branch(head)
    b.position_at_end(after)
    square5 = lanes.mul(worst5, worst5)
    under = lanes.fma(lanes.number(0.01), lanes.mul(worst3, worst3), square5)
    error = lanes.mul(step, lanes.mul(worst5, lanes.div(worst5, lanes.root(under))))
    return lanes.select(lanes.compare(">", worst5, nothing), error, nothing)


def _control(
    kernel: Kernel, layout: Layout, step: ir.Value, arriving: ir.Value, error: ir.Value
) -> ir.Value:
    """Accept or refuse the step in each lane; return whether any lane has to stop."""
    lanes, rows, b = kernel.lanes, kernel.rows, kernel.builder
    one, number = lanes.number(1.0), lanes.number
    finite = lanes.compare("<", error, number(math.inf))
    error = lanes.select(finite, error, number(1e8))
    alive = lanes.compare(">", kernel.own("alive"), number(0.0))
    accepted = lanes.compare("<=", error, one)
    with kernel.each(0, layout.states) as i:
        place = kernel.row(layout.y, i)
        new = rows.load(kernel.row(layout.trial, i))
        rows.store(place, lanes.select(accepted, new, rows.load(place)))
    log_error = lanes.log(lanes.larger(error, number(1e-10)))
    previous = kernel.own("log_previous")
    grow = lanes.fma(number(-0.115), log_error, lanes.mul(number(0.04), previous))
    shrink = lanes.mul(number(-1.0 / ORDER), log_error)
    factor = lanes.mul(number(0.9), lanes.exp(lanes.select(accepted, grow, shrink)))
    least = lanes.select(accepted, number(0.2), number(0.1))
    factor = lanes.larger(lanes.smaller(factor, number(6.0)), least)
    h, wanted = kernel.own("h"), lanes.mul(step, factor)
    # a step cut short by its stop says nothing against a longer one
    cut = b.and_(b.and_(accepted, arriving), lanes.compare("<", step, h))
    wanted = lanes.select(cut, lanes.larger(h, wanted), wanted)
    kernel.set("h", lanes.smaller(wanted, number(LARGEST_STEP)))
    kept = lanes.larger(log_error, number(math.log(1e-4)))
    kernel.set("log_previous", lanes.select(accepted, kept, previous))
    tau, first = kernel.own("tau"), kernel.own("first_step")
    moved = lanes.select(arriving, kernel.own("span"), lanes.add(tau, step))
    kernel.set("tau", lanes.select(accepted, moved, tau))
    starting = b.and_(accepted, lanes.compare("==", first, number(0.0)))
    kernel.set("first_step", lanes.select(starting, step, first))
    count = lanes.select(accepted, one, number(0.0))
    steps = lanes.add(kernel.own("steps"), count)
    rejected = lanes.add(kernel.own("rejected"), lanes.sub(one, count))
    kernel.set("steps", steps)
    kernel.set("rejected", rejected)
    refused = b.not_(accepted)
    small = b.and_(refused, lanes.compare("<", wanted, number(SMALLEST_STEP)))
    tiny = lanes.compare("<", step, number(10.0 * SMALLEST_STEP))
    lost = b.and_(b.not_(finite), tiny)
    long = lanes.compare(">", lanes.add(steps, rejected), number(float(MOST_STEPS)))
    status = lanes.select(long, number(3.0), number(0.0))
    status = lanes.select(small, number(1.0), status)
    status = lanes.select(lost, number(2.0), status)
    kernel.set("status", lanes.select(alive, status, number(0.0)))
    there = b.and_(b.and_(accepted, arriving), alive)
    kernel.set("arrived", lanes.select(there, one, number(0.0)))
    wrong = b.and_(alive, lanes.compare(">", status, number(0.0)))
    return lanes.any(b.or_(there, wrong))


def write_advance(
    module: ir.Module, layout: Layout, width: int, drives: ir.Function, rhs: ir.Function
) -> None:
    """Write ``advance``: steps in all lanes until a lane reaches its stop or fails."""
    kernel = Kernel(module, "advance", width)
    lanes, b = kernel.lanes, kernel.builder
    step_block, after = b.append_basic_block(), b.append_basic_block()
    b.branch(step_block)
    b.position_at_end(step_block)
    tau, span, h = kernel.own("tau"), kernel.own("span"), kernel.own("h")
    arriving = lanes.compare(">=", lanes.fma(lanes.number(1.01), h, tau), span)
    step = lanes.select(arriving, lanes.sub(span, tau), h)
    _stages(kernel, layout, step, drives, rhs)
    error = _error(kernel, layout, step)
    stop = _control(kernel, layout, step, arriving, error)
    b.cbranch(stop, after, step_block)
    b.position_at_end(after)
    b.ret_void()
