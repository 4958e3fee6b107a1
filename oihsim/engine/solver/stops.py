"""What happens at a stop of one lane: outputs, decisions, holds and doses."""

from __future__ import annotations

from math import log

from oihsim.engine.solver.concentrations import *  # noqa: F403
from oihsim.engine.solver.concentrations import anchor, decay, measure

# ---- generated module ----

# rows of the working memory, in the order of oihsim.engine.lanes.lane_layout.LANE_ROWS
ALIVE, TAU, SPAN, STEP, LOG_PREVIOUS, FIRST, ARRIVED, STATE, STEPS, REJECTED = range(10)
EVALUATIONS, PREVIOUS_STEP, STRETCH = 10, 11, 12
# times of a lane: now, when its concentrations were anchored, first step after the last dose
NOW, ANCHOR, AFTER_DOSE = range(3)
LOG_CALM = log(1e-4)


def apply(t, lane, n, kind, index, value):
    """Let one entry of the ledger happen, to Y, MASK and MOVED, which are of now."""
    z, flow, running = row(t, MOVED, 0), row(t, FLOW, lane), whole_row(t, RUNNING, lane)
    y, y_base, mask = row(t, Y, 0), row(t, Y_BASE, 0), row(t, MASK, 0)
    if kind == 0:
        bolus = rows(t, BOLUS_OF, n)
        for i in range(z.size):
            z[i] += value * bolus[index, i]
    elif kind == 1 and value != 0.0:
        # z holds what differs from the steady level of the running inputs
        steady = rows(t, STEADY, n)
        for i in range(z.size):
            z[i] -= value * steady[index, i]
        flow[index] += value
        running[index] += 1 if value > 0.0 else -1
        if running[index] == 0:
            flow[index] = 0.0
    elif kind == 2:
        y[index] = y_base[index]
        mask[index] = 0.0
    elif kind == 3:
        mask[index] = 1.0
    elif kind == 6:
        for i in range(z.size):
            z[i] = 0.0
        for i in range(flow.size):
            flow[i], running[i] = 0.0, 0
        for i in range(y.size):
            y[i] = y_base[i]


def record(t, lane, n, output):
    """Write the state, all concentrations and the drives of one output time."""
    y, u, conc, moved = row(t, Y, 0), row(t, U, 0), row(t, CONC, 0), row(t, MOVED, 0)
    out_y, out_u, out_conc = rows(t, OUT_Y, n), rows(t, OUT_U, lane), rows(t, OUT_CONC, n)
    measure(t, lane, n, moved, conc, u)
    for i in range(y.size):
        out_y[output, i] = y[i]
    for i in range(u.size):
        out_u[output, i] = u[i]
    for i in range(conc.size):
        out_conc[output, i] = conc[i]


def sum_up(t, lane, n, output):
    """Write what was accumulated since the output before, and begin again."""
    work, place, begin = rows(t, WORK, 0), whole_row(t, ROWS, 0), row(t, SUM_BEGIN, 0)
    sums, level, margin = rows(t, OUT_SUM, n), whole_row(t, LEVEL_OF, 0), row(t, MARGIN, 0)
    for i in range(begin.size):
        sums[output, i] = work[place[12] + i, lane]
        work[place[12] + i, lane] = begin[i]
    if output == 0 and level.size > 0:
        y, u, c, read = row(t, Y, 0), row(t, U, 0), row(t, C_OF, lane), row(t, READ, 0)
        call_four(
            whole_row(t, CODE, 0)[3],
            (y.ctypes.data, u.ctypes.data, c.ctypes.data, read.ctypes.data),
        )
        for i in range(level.size):
            work[place[12] + begin.size + i, lane] = read[level[i]] + margin[i]


def happen(t, lane, n, now):
    """Let the entries of now happen; return whether any acted."""
    note, times, kinds = whole_row(t, NOTE, lane), row(t, L_TIME, lane), whole_row(t, L_KIND, lane)
    indices, values = whole_row(t, L_INDEX, lane), row(t, L_VALUE, lane)
    acted = False
    event = note[EVENT]
    while event < note[SIZE] and times[event] <= now:
        kind = kinds[event]
        if kind == 5 or kind == 7:
            call_rules(whole_row(t, CODE, 0)[4], t, lane, n, now, event)
        elif kind != 4:
            apply(t, lane, n, kind, indices[event], values[event])
            acted = True
        event += 1
    note[EVENT] = event
    return acted


def visit(t, lane, n):
    """Let all that is due in a lane happen; return 0 to go on, 1 at the end, 4 without room."""
    note, clock, work = whole_row(t, NOTE, lane), row(t, CLOCK, lane), rows(t, WORK, 0)
    place, times, y, mask = whole_row(t, ROWS, 0), row(t, TIMES, 0), row(t, Y, 0), row(t, MASK, 0)
    z, moved, now = row(t, Z, lane), row(t, MOVED, 0), clock[NOW]
    if note[ACTED] == 1 and work[FIRST, lane] > 0.0:
        clock[AFTER_DOSE] = 1.2 * work[FIRST, lane]
    for i in range(y.size):
        y[i], mask[i] = work[place[0] + i, lane], work[place[1] + i, lane]
    for i in range(moved.size):
        moved[i] = z[i]
    decay(t, n, moved, now - clock[ANCHOR])
    # outputs first: the value at a dose time is the value before the dose
    while note[OUTPUT] < times.size and times[note[OUTPUT]] <= now:
        record(t, lane, n, note[OUTPUT])
        sum_up(t, lane, n, note[OUTPUT])
        note[OUTPUT] += 1
    if note[OUTPUT] == times.size:
        return 1
    code = whole_row(t, CODE, 0)[4]
    if code != 0:
        # decisions read the body before the doses of now
        call_rules(code, t, lane, n, now, -1)
    acted = happen(t, lane, n, now)
    if note[FULL] == 1:
        return 4
    note[ACTED] = 0
    if acted:
        note[ACTED] = 1
        for i in range(y.size):
            work[place[0] + i, lane], work[place[1] + i, lane] = y[i], mask[i]
        for i in range(moved.size):
            z[i] = moved[i]
        anchor(t, lane, n)
        clock[ANCHOR] = now
        work[PREVIOUS_STEP, lane] = 0.0
        work[STEP, lane] = min(work[STEP, lane], clock[AFTER_DOSE])
    stop, ledger = times[note[OUTPUT]], row(t, L_TIME, lane)
    if note[EVENT] < note[SIZE] and ledger[note[EVENT]] < stop:
        stop = ledger[note[EVENT]]
    clock[NOW] = stop
    work[TAU, lane], work[SPAN, lane] = now - clock[ANCHOR], stop - clock[ANCHOR]
    work[LOG_PREVIOUS, lane], work[FIRST, lane], work[STRETCH, lane] = LOG_CALM, 0.0, stop - now
    return 0
