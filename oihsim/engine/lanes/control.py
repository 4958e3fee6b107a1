"""What every method does around a step: how long it is, and whether it counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from llvmlite import ir

from oihsim.engine.lanes.lane_layout import LaneLayout
from oihsim.engine.lanes.loops import Kernel

SMALLEST_STEP, LARGEST_STEP = 1e-10, 1e6
MOST_STEPS = 5_000_000
STIFF = 6
"""Status of a subject that another method should run."""


@dataclass(frozen=True)
class TriedStep:
    """A step that was tried: its length, whether it ends at the stop, and its error."""

    length: ir.Value
    arriving: ir.Value
    error: ir.Value


def next_step(kernel: Kernel) -> tuple[ir.Value, ir.Value]:
    """Return the length of the next step, and whether it ends at the stop."""
    lanes = kernel.lanes
    tau, span, h = kernel.own("tau"), kernel.own("span"), kernel.own("h")
    arriving = lanes.compare(">=", lanes.fma(lanes.number(1.01), h, tau), span)
    return lanes.select(arriving, lanes.sub(span, tau), h), arriving


def finish_step(
    kernel: Kernel,
    layout: LaneLayout,
    tried: TriedStep,
    end: int,
    grow_by: tuple[float, float],
    shrink_by: float,
    stiff: ir.Value | None = None,
    longest: ir.Value | None = None,
) -> ir.Value:
    """Accept or refuse the step in each lane; return whether any lane has to stop.

    Parameters
    ----------
    end : first row of the states at the end of the step
    grow_by, shrink_by : powers of this error and of the one before, and of the error of a step
        that is refused
    stiff : lanes that another method should run
    longest : the longest step that the method trusts, or 0 if it does not know
    """
    step, arriving, error = tried.length, tried.arriving, tried.error
    lanes, b = kernel.lanes, kernel.builder
    unit, number = lanes.number(1.0), lanes.number
    accepted = accept(kernel, layout, error, end)
    finite = lanes.compare("<", error, number(math.inf))
    error = lanes.select(finite, error, number(1e8))
    alive = lanes.compare(">", kernel.own("alive"), number(0.0))
    wanted = _wanted(kernel, tried, accepted, error, grow_by, shrink_by)
    if longest is not None:
        known = lanes.compare(">", longest, number(0.0))
        wanted = lanes.select(known, lanes.smaller(wanted, longest), wanted)
    kernel.set("h", lanes.smaller(wanted, number(LARGEST_STEP)))
    tau, first = kernel.own("tau"), kernel.own("first_step")
    moved = lanes.select(arriving, kernel.own("span"), lanes.add(tau, step))
    kernel.set("tau", lanes.select(accepted, moved, tau))
    starting = b.and_(accepted, lanes.compare("==", first, number(0.0)))
    kernel.set("first_step", lanes.select(starting, step, first))
    count = lanes.select(accepted, unit, number(0.0))
    steps = lanes.add(kernel.own("steps"), count)
    rejected = lanes.add(kernel.own("rejected"), lanes.sub(unit, count))
    kernel.set("steps", steps)
    kernel.set("rejected", rejected)
    refused = b.not_(accepted)
    small = b.and_(refused, lanes.compare("<", wanted, number(SMALLEST_STEP)))
    tiny = lanes.compare("<", step, number(10.0 * SMALLEST_STEP))
    lost = b.and_(b.not_(finite), tiny)
    long = lanes.compare(">", lanes.add(steps, rejected), number(float(MOST_STEPS)))
    status = lanes.select(long, number(3.0), number(0.0))
    if stiff is not None:
        status = lanes.select(stiff, number(float(STIFF)), status)
    status = lanes.select(small, number(1.0), status)
    status = lanes.select(lost, number(2.0), status)
    kernel.set("status", lanes.select(alive, status, number(0.0)))
    there = b.and_(b.and_(accepted, arriving), alive)
    kernel.set("arrived", lanes.select(there, unit, number(0.0)))
    wrong = b.and_(alive, lanes.compare(">", status, number(0.0)))
    return lanes.any(b.or_(there, wrong))


def accept(kernel: Kernel, layout: LaneLayout, error: ir.Value, end: int) -> ir.Value:
    """Move the lanes whose error is permitted to the end of their step; return which."""
    lanes, rows = kernel.lanes, kernel.rows
    accepted = lanes.compare("<=", error, lanes.number(1.0))
    with kernel.each(0, layout.states) as i:
        place = kernel.row(layout.y, i)
        new = rows.load(kernel.row(end, i))
        rows.store(place, lanes.select(accepted, new, rows.load(place)))
    return accepted


def _wanted(
    kernel: Kernel,
    tried: TriedStep,
    accepted: ir.Value,
    error: ir.Value,
    grow_by: tuple[float, float],
    shrink_by: float,
) -> ir.Value:
    """Choose the next step of each lane, and return it."""
    lanes, b = kernel.lanes, kernel.builder
    number, step = lanes.number, tried.length
    log_error = lanes.log(lanes.larger(error, number(1e-10)))
    previous = kernel.own("log_previous")
    grow = lanes.fma(number(grow_by[0]), log_error, lanes.mul(number(grow_by[1]), previous))
    shrink = lanes.mul(number(shrink_by), log_error)
    factor = lanes.mul(number(0.9), lanes.exp(lanes.select(accepted, grow, shrink)))
    least = lanes.select(accepted, number(0.2), number(0.1))
    factor = lanes.larger(lanes.smaller(factor, number(6.0)), least)
    h, wanted = kernel.own("h"), lanes.mul(step, factor)
    # a step cut short by its stop says nothing against a longer one
    cut = b.and_(b.and_(accepted, tried.arriving), lanes.compare("<", step, h))
    wanted = lanes.select(cut, lanes.larger(h, wanted), wanted)
    bounded = lanes.larger(log_error, number(math.log(1e-4)))
    kernel.set("log_previous", lanes.select(accepted, bounded, previous))
    return wanted
