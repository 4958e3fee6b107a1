"""DOP853 in lanes: each lane with its own time, step and error (hairer1993).

``advance`` makes steps in all lanes until one of them reaches its stop or fails. The error of a
step is held below one, in units of the permitted error, in the worst state.
"""

from __future__ import annotations

import math

import numpy as np
from llvmlite import ir

from oihsim.engine.lanes.arithmetic import DOUBLE
from oihsim.engine.lanes.control import LARGEST_STEP, TriedStep, finish_step, next_step
from oihsim.engine.lanes.lane_layout import LaneLayout
from oihsim.engine.lanes.loops import Kernel
from oihsim.engine.lanes.observer import Observer
from oihsim.engine.tableau import E3, E5, ORDER, STAGES, A, B, C

Functions = tuple[ir.Function, ir.Function, ir.Function | None]
"""Drives, rates, and what is observed if anything is."""

GROW = (-0.115, 0.04)
"""Powers of this error and of the one before by which an accepted step grows."""

AT_LIMIT, SHORT = 3.0, 0.04
"""Step times fastest rate that is near where the method is trusted; the part of the way to the next
stop that such a step has to be shorter than to count against the method."""

MANY = 100.0
"""So many such steps, and the subject is stiff: then the collocation takes it over."""

TRUSTED, TOLD = 3.5, 0.01
"""Step times fastest rate beyond which no step goes; and the distance between a last stage and an
end, in units of the permitted error, below which it says nothing of that rate."""

OBSERVED = (0, 5, 8, 11)
"""Stages at which quantities are observed. Their states agree with the solution up to the fifth
power of the step, as sums of the tableau show; those of stages 1 to 4 do not."""

EXTRA = GAP, STIFF, LONGEST = range(3)
"""Rows kept besides: square of the distance of the last stage from the end; steps that count; the
longest step that is trusted, or 0 before one is known."""


def _weighted(
    kernel: Kernel, layout: LaneLayout, weights: dict[int, ir.Value], i: ir.Value
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
    kernel: Kernel, layout: LaneLayout, step: ir.Value, functions: Functions, observer: Observer
) -> ir.Value:
    """Fill the derivatives of all stages; return which lanes are stiff."""
    drives, rhs, observed = functions
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
        if observed is not None and s == 0:
            observer.begin(kernel, layout, observed)
        elif observed is not None and s in OBSERVED:
            values = observer.values(layout, OBSERVED.index(s))
            kernel.call(observed, state, layout.u + s * layout.drives, layout.c, values)
        if s == 0:
            stiff = _watch_stiffness(kernel, layout)
    return stiff


def _error(kernel: Kernel, layout: LaneLayout, step: ir.Value) -> ir.Value:
    """Put the end of the step into ``trial``; return its error, infinite if it is not finite."""
    lanes, rows, b = kernel.lanes, kernel.rows, kernel.builder
    nothing, infinite = lanes.number(0.0), lanes.number(math.inf)
    with kernel.carrying(layout.states, nothing, nothing, nothing) as (i, carried):
        worst5, worst3, gap = carried
        end = _weighted(kernel, layout, _numbers(kernel, B), i)
        end = lanes.fma(step, end, rows.load(kernel.row(layout.y, i)))
        scale = lanes.splat(kernel.shared("scale", i, DOUBLE))
        apart = lanes.mul(lanes.sub(end, rows.load(kernel.row(layout.trial, i))), scale)
        rows.store(kernel.row(layout.trial, i), end)
        part5, part3 = (
            lanes.absolute(_weighted(kernel, layout, _numbers(kernel, row), i)) for row in (E5, E3)
        )
        worse5 = lanes.larger(lanes.mul(part5, scale), worst5)
        finite = b.and_(
            lanes.compare("<", lanes.absolute(end), infinite), lanes.compare("<", worse5, infinite)
        )
        # a part that is not a number is not larger than anything: it is caught here
        finite = b.and_(finite, lanes.compare("<", part5, infinite))
        carried[:] = (
            lanes.select(finite, worse5, infinite),
            lanes.larger(lanes.mul(part3, scale), worst3),
            lanes.fma(apart, apart, gap),
        )
    worst5, worst3, gap = carried
    rows.store(layout.more + GAP, gap)
    square5 = lanes.mul(worst5, worst5)
    under = lanes.fma(lanes.number(0.01), lanes.mul(worst3, worst3), square5)
    error = lanes.mul(step, lanes.mul(worst5, lanes.div(worst5, lanes.root(under))))
    # over a square that is beyond all numbers the largest error would become none
    error = lanes.select(lanes.compare("<", under, infinite), error, infinite)
    return lanes.select(lanes.compare(">", worst5, nothing), error, nothing)


def _watch_stiffness(kernel: Kernel, layout: LaneLayout) -> ir.Value:
    """Count steps that stability has cut short; return which lanes are stiff.

    The rate is the difference of two slopes at one time over that of their states, as in the code
    of hairer1993: of the last stage and the end of the step before, where this one begins.
    """
    lanes, rows, b = kernel.lanes, kernel.rows, kernel.builder
    with kernel.carrying(layout.states, lanes.number(0.0)) as (i, carried):
        last = rows.load(kernel.row(layout.k + (STAGES - 1) * layout.states, i))
        gap = lanes.sub(rows.load(kernel.row(layout.k, i)), last)
        gap = lanes.mul(gap, lanes.splat(kernel.shared("scale", i, DOUBLE)))
        carried[0] = lanes.fma(gap, gap, carried[0])
    (total,) = carried
    step, number = kernel.own("previous_step"), lanes.number
    apart = rows.load(layout.more + GAP)
    limit = lanes.mul(number(AT_LIMIT * AT_LIMIT), apart)
    at_limit = lanes.compare(">", lanes.mul(total, lanes.mul(step, step)), limit)
    short = lanes.compare("<", step, lanes.mul(number(SHORT), kernel.own("stretch")))
    counted = lanes.select(b.and_(at_limit, short), number(1.0), number(0.0))
    count = lanes.add(rows.load(layout.more + STIFF), counted)
    rows.store(layout.more + STIFF, count)
    # far into its region of stability the estimate of a pair of this order is not to be trusted
    informative = b.and_(
        lanes.compare(">", step, number(0.0)), lanes.compare(">", apart, number(TOLD * TOLD))
    )
    longest = lanes.root(lanes.div(lanes.mul(number(TRUSTED * TRUSTED), apart), total))
    before = rows.load(layout.more + LONGEST)
    again = lanes.select(informative, longest, number(LARGEST_STEP))
    trusted = lanes.select(lanes.compare(">", step, number(0.0)), again, before)
    rows.store(layout.more + LONGEST, trusted)
    # a step that is tried again says nothing new
    kernel.set("previous_step", number(0.0))
    most = lanes.splat(kernel.shared("scale", layout.states, DOUBLE))
    return lanes.compare(">", count, most)


def write_advance(
    module: ir.Module, layout: LaneLayout, width: int, functions: Functions, observer: Observer
) -> None:
    """Write ``advance``: steps in all lanes until a lane reaches its stop or fails."""
    kernel = Kernel(module, "advance", width)
    lanes, b = kernel.lanes, kernel.builder
    step_block, after = b.append_basic_block(), b.append_basic_block()
    b.branch(step_block)
    b.position_at_end(step_block)
    step, arriving = next_step(kernel)
    stiff = _stages(kernel, layout, step, functions, observer)
    error = _error(kernel, layout, step)
    observer.add(kernel, layout, step, error)
    accepted = lanes.compare("<=", error, lanes.number(1.0))
    kernel.set("previous_step", lanes.select(accepted, step, lanes.number(0.0)))
    evaluations = lanes.add(kernel.own("evaluations"), lanes.number(float(STAGES)))
    kernel.set("evaluations", evaluations)
    stop = finish_step(
        kernel, layout, TriedStep(step, arriving, error), layout.trial, GROW, -1.0 / ORDER, stiff,
        kernel.rows.load(layout.more + LONGEST),
    )  # fmt: skip
    b.cbranch(stop, after, step_block)
    b.position_at_end(after)
    b.ret_void()
