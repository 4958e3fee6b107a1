"""The driver: it keeps the lanes filled with subjects and lets each come to its stops.

Every lane has its own subject, time, step and ledger; a lane whose subject is done takes the next
one. The kernels are machine code of the model, at the addresses in CODE
(:class:`oihsim.engine.lanes.kernel.Kernels`): ``advance, lane_outputs, constants, outputs``. ROWS
holds first rows of their working memory (:class:`oihsim.engine.lanes.lane_layout.LaneLayout`).
"""

from __future__ import annotations

from math import inf

import numpy as np

from oihsim.engine.solver.concentrations import anchor
from oihsim.engine.solver.stops import *  # noqa: F403

# ---- generated module ----

FIRST_STEP = 1e-2


def unite(t):
    """List the modes that are active in any lane."""
    work, shape, together = rows(t, WORK, 0), whole_row(t, SHAPE, 0), whole_row(t, TOGETHER, 0)
    count = 0
    for i in range(together.size):
        for lane in range(work.shape[1]):
            if work[ALIVE, lane] > 0.0 and whole_row(t, ACTIVE, lane)[i] == 1:
                together[count] = i
                count += 1
                break
    shape[7] = count


def fill_outputs(t, lane, n):
    """Compute a subject's outputs at all output times, several at once; return if one is NaN.

    An output may be infinite (no dose reaches the test's effect), but never undefined.
    """
    undefined = False
    y, u, k, read = (
        rows(t, LANES_Y, 0),
        rows(t, LANES_U, 0),
        rows(t, LANES_C, 0),
        rows(t, LANES_READ, 0),
    )
    c, y_of, u_of, out = (
        row(t, C_OF, lane),
        rows(t, OUT_Y, n),
        rows(t, OUT_U, lane),
        rows(t, OUT_READ, n),
    )
    width = y.shape[1]
    for i in range(c.size):
        for other in range(width):
            k[i, other] = c[i]
    for first in range(0, y_of.shape[0], width):
        for other in range(width):
            at = min(first + other, y_of.shape[0] - 1)
            for i in range(y_of.shape[1]):
                y[i, other] = y_of[at, i]
            for i in range(u_of.shape[1]):
                u[i, other] = u_of[at, i]
        call_four(
            whole_row(t, CODE, 0)[1],
            (y.ctypes.data, u.ctypes.data, k.ctypes.data, read.ctypes.data),
        )
        for other in range(min(width, y_of.shape[0] - first)):
            for i in range(out.shape[1]):
                out[first + other, i] = read[i, other]
                undefined = undefined or read[i, other] != read[i, other]
    return undefined


def fill_ledger(t, lane, n):
    """Copy a subject's schedule into its lane; return the time of its first stop."""
    offset, times = whole_row(t, OFFSET, 0), row(t, E_TIME, 0)
    kinds, indices, values = whole_row(t, E_KIND, 0), whole_row(t, E_INDEX, 0), row(t, E_VALUE, 0)
    l_times, l_kinds = row(t, L_TIME, lane), whole_row(t, L_KIND, lane)
    l_indices, l_values = whole_row(t, L_INDEX, lane), row(t, L_VALUE, lane)
    first, size = offset[n], offset[n + 1] - offset[n]
    for e in range(size):
        l_times[e], l_kinds[e] = times[first + e], kinds[first + e]
        l_indices[e], l_values[e] = indices[first + e], values[first + e]
    whole_row(t, NOTE, lane)[SIZE] = size
    now = row(t, TIMES, 0)[0]
    return min(now, times[first]) if size > 0 else now


def seat(t, lane, n):
    """Put a subject into a lane, at its first stop."""
    work, place, note, clock = (
        rows(t, WORK, 0),
        whole_row(t, ROWS, 0),
        whole_row(t, NOTE, lane),
        row(t, CLOCK, lane),
    )
    note[:] = 0
    note[SUBJECT] = n
    now = fill_ledger(t, lane, n)
    clock[NOW], clock[ANCHOR], clock[AFTER_DOSE] = now, now, FIRST_STEP
    row(t, Z, lane)[:] = 0.0
    row(t, FLOW, lane)[:] = 0.0
    whole_row(t, RUNNING, lane)[:] = 0
    whole_row(t, WRITTEN, n)[:] = 0
    code = whole_row(t, CODE, 0)
    if code[4] != 0:
        call_rules(code[4], t, lane, n, now, -2)
    c, p, y0 = row(t, C_OF, lane), row(t, P_OF, n), row(t, Y0, n)
    factor, rate = row(t, FACTOR, n), row(t, RATE, n)
    call_four(code[2], (c.ctypes.data, c.ctypes.data, p.ctypes.data, c.ctypes.data))
    for i in range(y0.size):
        work[place[0] + i, lane], work[place[1] + i, lane] = y0[i], 1.0
    for i in range(c.size):
        work[place[2] + i, lane] = c[i]
    for i in range(factor.size):
        work[place[3] + i, lane] = factor[i]
    for i in range(rate.size):
        work[place[4] + i, lane] = rate[i]
    work[ALIVE, lane], work[STEP, lane] = 1.0, FIRST_STEP
    work[STEPS, lane], work[REJECTED, lane], work[FIRST, lane] = 0.0, 0.0, 0.0
    work[EVALUATIONS, lane], work[PREVIOUS_STEP, lane] = 0.0, 0.0
    for i in range(place[10], place[11]):
        work[i, lane] = 0.0
    anchor(t, lane, n)


def park(t, lane):
    """Leave a lane without a subject: nothing in it moves or stops."""
    work, place = rows(t, WORK, 0), whole_row(t, ROWS, 0)
    for i in range(place[2] - place[1]):
        work[place[1] + i, lane] = 0.0
    work[ALIVE, lane], work[ARRIVED, lane] = 0.0, 0.0
    work[TAU, lane], work[SPAN, lane], work[STEP, lane] = 0.0, inf, FIRST_STEP


def finish(t, lane, n, outcome):
    """Write what is left of a subject's results, and empty its lane."""
    work, clock, counts = rows(t, WORK, 0), row(t, CLOCK, lane), whole_row(t, COUNTS, n)
    status, reached = whole_row(t, STATUS_OF, n), row(t, REACHED, n)
    reached[0] = clock[NOW]
    if outcome == 1:
        status[0] = 2 if fill_outputs(t, lane, n) else 0
    else:
        status[0] = outcome
        if work[STATE, lane] > 0.0:
            status[0] = int(work[STATE, lane])
            reached[0] = clock[ANCHOR] + work[TAU, lane]
    if status[0] != 0:
        row(t, OUT_Y, n)[:] = np.nan
        row(t, OUT_READ, n)[:] = np.nan
        row(t, OUT_CONC, n)[:] = np.nan
        row(t, OUT_SUM, n)[:] = np.nan
    counts[0], counts[1] = int(work[STEPS, lane]), int(work[REJECTED, lane])
    counts[2] = int(work[EVALUATIONS, lane])
    whole_row(t, NOTE, lane)[SUBJECT] = -1
    # the lane is free for the next one
    work[STATE, lane], work[ARRIVED, lane] = 0.0, 1.0


def run_subjects(t):
    """Run subjects of the QUEUE until its end, and fill their results.

    Threads share the queue: each free lane takes the place that NEXT counts, and DONE counts the
    subjects whose results are written.
    """
    queue = whole_row(t, QUEUE, 0)
    work, shape, code = rows(t, WORK, 0), whole_row(t, SHAPE, 0), whole_row(t, CODE, 0)
    width = work.shape[1]
    busy, changed = width, True
    for lane in range(width):
        whole_row(t, NOTE, lane)[SUBJECT] = -1
        work[ARRIVED, lane], work[STATE, lane] = 1.0, 0.0
    while busy > 0:
        for lane in range(width):
            # a lane's subject comes to its stop, and others follow it until one goes on
            while work[ARRIVED, lane] > 0.0 or work[STATE, lane] > 0.0:
                n = whole_row(t, NOTE, lane)[SUBJECT]
                if n < 0:
                    place, changed = add_one(t, NEXT), True
                    if place >= queue.size:
                        park(t, lane)
                        busy -= 1
                        continue
                    n = queue[place]
                    seat(t, lane, n)
                outcome = 2
                if work[STATE, lane] == 0.0:
                    outcome = visit(t, lane, n)
                if outcome == 0:
                    work[ARRIVED, lane] = 0.0
                    changed = changed or whole_row(t, NOTE, lane)[ACTED] == 1
                else:
                    finish(t, lane, n, outcome)
                    add_one(t, DONE)
        if busy > 0:
            if changed:
                unite(t)
                changed = False
            call_two(code[0], (work.ctypes.data, shape.ctypes.data))
