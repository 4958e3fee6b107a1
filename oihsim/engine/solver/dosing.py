"""Doses that rules decide on: given by all inputs of a route, and how far a rule changes them.

``t`` is the table of all arrays; :class:`oihsim.engine.solver.RuleArrays` describes those of rules.
LIVE holds what each block is doing. Doses are written to GIVEN; WRITTEN counts its rows and the
log's.
"""

from math import inf, isfinite

import numpy as np

from oihsim.engine.solver.address_table import *  # noqa: F403
from oihsim.engine.solver.rule_columns import *  # noqa: F403

# ---- generated module ----

SAME_TIME = 1e-9


def rounded(time):
    """Return a time in h as every schedule has it, to the last of its decimals."""
    return np.rint(time * 1e9) / 1e9


def insert(t, lane, start, time, kind, index, value):
    """Put an entry into a lane's sorted ledger, not before ``start``."""
    times, kinds = row(t, L_TIME, lane), whole_row(t, L_KIND, lane)
    indices, values = whole_row(t, L_INDEX, lane), row(t, L_VALUE, lane)
    note = whole_row(t, NOTE, lane)
    at = note[SIZE]
    if at >= times.size:
        note[FULL] = 1
        return
    while at > start and times[at - 1] > time:
        times[at], kinds[at] = times[at - 1], kinds[at - 1]
        indices[at], values[at] = indices[at - 1], values[at - 1]
        at -= 1
    times[at], kinds[at], indices[at], values[at] = time, kind, index, value
    note[SIZE] += 1


def give(t, lane, n, option, amount, rule, block, now, start):
    """Give one dose by all inputs of its route."""
    options, ladder = rows(t, OPTIONS, 0), row(t, LADDER, 0)
    way_input, ways = whole_row(t, WAY_INPUT, 0), rows(t, WAYS, n)
    given, written = rows(t, GIVEN, n), whole_row(t, WRITTEN, n)
    at = written[0]
    if at >= given.shape[0]:
        whole_row(t, NOTE, lane)[FULL] = 1
        return
    column = 0
    if options[option, O_BY_STEP] == 1.0:
        first = int(options[option, O_STEP])
        last = int(options[option, O_LAST_STEP]) - first - 1
        while column < last and ladder[first + column] != amount:
            column += 1
    for w in range(int(options[option, O_WAY]), int(options[option, O_LAST_WAY])):
        # a way has one triple a step: amount entered per labelled dose, lag, duration
        enters, duration = now + ways[w, 3 * column + 1], ways[w, 3 * column + 2]
        if duration == 0.0:
            duration = options[option, O_DURATION]
        value, entries = amount * ways[w, 3 * column], 1
        if duration > 0.0:
            value, entries = value / duration, 2
        # a bolus, or a rate that begins and ends
        for k in range(entries):
            moment = rounded(enters + k * duration)
            insert(t, lane, start, moment, entries - 1, way_input[w], value)
            value = -value
    given[at, G_TIME], given[at, G_OPTION], given[at, G_AMOUNT] = now, option, amount
    given[at, G_RULE], given[at, G_BLOCK] = rule, block
    written[0] = at + 1


def next_dose(t, lane, n, kind, block, generation, now, start):
    """Give a block's dose that is due, or that is taken late, and put the next into the ledger."""
    live, options, late = rows(t, LIVE, lane), rows(t, OPTIONS, 0), rows(t, LATE, n)
    if live[block, L_STATE] != 1.0 or live[block, L_GENERATION] != generation:
        return
    option, delay = int(live[block, L_OPTION]), 0.0
    if kind == 5:
        if late.shape[1] > 0:
            delay = late[block, min(int(live[block, L_ALL]), late.shape[1] - 1)]
        live[block, L_NUMBER] += 1.0
        live[block, L_ALL] += 1.0
        due = rounded(live[block, L_BEGAN] + live[block, L_NUMBER] * options[option, O_EVERY])
        if due < rows(t, BLOCKS, 0)[block, B_UNTIL] - SAME_TIME:
            insert(t, lane, start, due, 5, block, generation)
    if delay > 0.0:
        # what is decided until then holds for it
        insert(t, lane, start, rounded(now + delay), 7, block, generation)
    elif now >= live[block, L_PAUSED] and live[block, L_DOSE] > 0.0 and isfinite(delay):
        give(t, lane, n, option, live[block, L_DOSE], live[block, L_SET_BY], block, now, start)


def decimal(dose, size):
    """Return a dose without the noise of binary arithmetic: 0.3 - 0.1 is 0.2, 0.1 - 0.1 is 0."""
    if size <= 0.0:
        return dose
    scale = 10.0 ** (11.0 - np.floor(np.log10(size)))
    return np.rint(dose * scale) / scale


def dose_before(t, n, block, amount, per, now):
    """Return the dose that was in force ``per`` hours ago, or at the last switch since."""
    log = rows(t, LOG, n)
    at = whole_row(t, WRITTEN, n)[1] - 1
    while at >= 0 and now - log[at, D_TIME] < per - SAME_TIME:
        if log[at, D_BLOCK] == block:
            if log[at, D_ACTION] == SWITCH:
                break
            amount = log[at, D_BEFORE]
        at -= 1
    return amount


def changed(t, option, amount, before, sense, by, by_kind):
    """Return the dose raised (``sense`` 1) or lowered (-1): a step of the ladder if there is one.

    ``before`` is what it was at the start of the period of the largest change.
    """
    options, ladder = rows(t, OPTIONS, 0), row(t, LADDER, 0)
    low, high, most = options[option, O_LOW], options[option, O_HIGH], options[option, O_LARGEST]
    if options[option, O_PART] == 1.0:
        most = most * before
    first, last = int(options[option, O_STEP]), int(options[option, O_LAST_STEP])
    target = amount + sense * by
    if by_kind == BY_PART:
        target = amount * (1.0 + sense * by)
    elif by_kind == BY_STEPS:
        target = amount
    if first == last:
        target = min(max(target, before - most), before + most)
        target = min(max(decimal(target, max(target, amount)), low), high)
        return target if sense * (target - amount) > 0.0 else amount
    if by_kind == BY_STEPS:
        left = by
        for k in range(last - first):
            step = ladder[first + k] if sense > 0.0 else ladder[last - 1 - k]
            if left > 0.0 and sense * (step - amount) > 0.0:
                target = step
                left -= 1.0
    best = amount
    for k in range(first, last):
        step = ladder[k]
        open_to = sense * (step - amount) > 0.0 and low <= step <= high
        open_to = open_to and abs(step - before) <= most * (1.0 + SAME_TIME)
        if open_to and (best == amount or abs(step - target) < abs(best - target)):
            best = step
    return best


def switched(t, option, old, amount):
    """Return the dose with which a switch begins, a step of the ladder if there is one."""
    options, ladder = rows(t, OPTIONS, 0), row(t, LADDER, 0)
    ratio = options[option, O_RATIO]
    if ratio == 0.0:
        return options[option, O_AMOUNT]
    target = ratio * amount * options[option, O_EVERY] / options[old, O_EVERY]
    low, high = options[option, O_LOW], options[option, O_HIGH]
    first, last = int(options[option, O_STEP]), int(options[option, O_LAST_STEP])
    best = min(max(decimal(target, target), low), high)
    far = inf
    for k in range(first, last):
        if low <= ladder[k] <= high and abs(ladder[k] - target) < far:
            best, far = ladder[k], abs(ladder[k] - target)
    return best
