"""Doses that rules decide on: given by all ways in of a route, and how far a rule changes them.

``shared`` is the tuple of arrays that :class:`oihsim.solver.RuleArrays` describes, the same
for all subjects; ``own`` the subject's ``ways, noise, baselines, late``. ``live`` holds what a
block is doing, one row a block. Doses are written to ``given``; ``written`` counts the rows of
``given`` and of the log.
"""

from math import inf, isfinite

import numpy as np

# ---- page ----

# columns: a block, a line or rescue dose (option), a rule, a condition, an observation
B_FIRST, B_LAST, B_LINE, B_FROM, B_UNTIL = range(5)
O_AMOUNT, O_RATIO, O_EVERY, O_DURATION, O_AFTER, O_LOW, O_HIGH, O_LARGEST, O_PART, O_PER = range(10)
O_STEP, O_LAST_STEP, O_WAY, O_LAST_WAY, O_BY_STEP = range(10, 15)
R_FIRST, R_LAST, R_ACTION, R_BY, R_BY_KIND, R_OPTION = range(6)
R_CONFIRM, R_PAUSE, R_LOCK_OUT, R_MOST, R_PER = range(6, 11)
C_SOURCE, C_SENSE, C_LIMIT = range(3)
Q_KIND, Q_ROW, Q_SECOND, Q_NOISE, Q_ORIGIN, Q_CUT_OFF, Q_ONE, Q_TWO = range(8)
# what a block is doing: option in force, its next dose, end of a pause, rule that set the dose,
# 0 no line 1 running 2 stopped, generation, first dose of the line, doses since, and of the block
L_OPTION, L_DOSE, L_PAUSED, L_SET_BY, L_STATE, L_GENERATION, L_BEGAN, L_NUMBER, L_ALL = range(9)
RAISE, LOWER, HOLD_ON, PAUSE, RESUME, STOP, SWITCH, RESCUE = range(8)
SAME_TIME = 1e-9


def rounded(time):
    """Return a time in h as every schedule has it, to the last of its decimals."""
    return np.rint(time * 1e9) / 1e9


def insert(ledger, size, start, time, kind, index, value):
    """Put an entry into the sorted ledger, not before ``start``; return the new size."""
    times, kinds, indices, values = ledger
    if size < 0 or size >= times.size:
        return -1
    at = size
    while at > start and times[at - 1] > time:
        times[at], kinds[at] = times[at - 1], kinds[at - 1]
        indices[at], values[at] = indices[at - 1], values[at - 1]
        at -= 1
    times[at], kinds[at], indices[at], values[at] = time, kind, index, value
    return size + 1


def give(option, amount, rule, block, now, shared, own, ledger, size, start, given, written):
    """Give one dose by all ways in of its route; return the new size, -1 without room."""
    options, ladder, way_input = shared[1], shared[2], shared[3]
    row = written[0]
    if row >= given.shape[0]:
        return -1
    column = 0
    if options[option, O_BY_STEP] == 1.0:
        first = int(options[option, O_STEP])
        last = int(options[option, O_LAST_STEP]) - first - 1
        while column < last and ladder[first + column] != amount:
            column += 1
    for w in range(int(options[option, O_WAY]), int(options[option, O_LAST_WAY])):
        enters, duration = now + own[0][w, column, 1], own[0][w, column, 2]
        if duration == 0.0:
            duration = options[option, O_DURATION]
        value, entries = amount * own[0][w, column, 0], 1
        if duration > 0.0:
            value, entries = value / duration, 2
        # a bolus, or a rate that begins and ends
        for k in range(entries):
            at = rounded(enters + k * duration)
            size = insert(ledger, size, start, at, entries - 1, way_input[w], value)
            value = -value
    given[row, 0], given[row, 1], given[row, 2] = now, option, amount
    given[row, 3], given[row, 4] = rule, block
    written[0] = row + 1
    return size


def next_dose(
    kind, block, generation, now, live, shared, own, ledger, size, start, given, written
):  # fmt: skip
    """Give a block's dose that is due, or that is taken late, and put the next into the ledger."""
    line = live[block]
    if line[L_STATE] != 1.0 or line[L_GENERATION] != generation:
        return size
    option, delay = int(line[L_OPTION]), 0.0
    late = own[3][block]
    if kind == 5:
        if late.size > 0:
            delay = late[min(int(line[L_ALL]), late.size - 1)]
        line[L_NUMBER] += 1.0
        line[L_ALL] += 1.0
        due = rounded(line[L_BEGAN] + line[L_NUMBER] * shared[1][option, O_EVERY])
        if due < shared[0][block, B_UNTIL] - SAME_TIME:
            size = insert(ledger, size, start, due, 5, block, generation)
    if delay > 0.0:
        # what a visit says until then holds for it
        return insert(ledger, size, start, rounded(now + delay), 7, block, generation)
    if now >= line[L_PAUSED] and line[L_DOSE] > 0.0 and isfinite(delay):
        size = give(
            option, line[L_DOSE], line[L_SET_BY], block, now, shared, own,
            ledger, size, start, given, written,
        )  # fmt: skip
    return size


def decimal(dose, size):
    """Return a dose without the noise of binary arithmetic: 0.3 - 0.1 is 0.2, 0.1 - 0.1 is 0."""
    if size <= 0.0:
        return dose
    scale = 10.0 ** (11.0 - np.floor(np.log10(size)))
    return np.rint(dose * scale) / scale


def dose_before(block, amount, per, now, log, count):
    """Return the dose that was in force ``per`` hours ago, or at the last switch since."""
    row = count - 1
    while row >= 0 and now - log[row, 0] < per - SAME_TIME:
        if log[row, 1] == block:
            if log[row, 3] == SWITCH:
                break
            amount = log[row, 4]
        row -= 1
    return amount


def changed(option, amount, before, sense, by, by_kind, shared):
    """Return the dose raised (``sense`` 1) or lowered (-1): a step of the ladder if there is one.

    ``before`` is what it was at the start of the period of the largest change.
    """
    options, ladder = shared[1], shared[2]
    low, high, most = options[option, O_LOW], options[option, O_HIGH], options[option, O_LARGEST]
    if options[option, O_PART] == 1.0:
        most = most * before
    first, last = int(options[option, O_STEP]), int(options[option, O_LAST_STEP])
    target = amount + sense * by
    if by_kind == 0:
        target = amount * (1.0 + sense * by)
    elif by_kind == 2:
        target = amount
    if first == last:
        target = min(max(target, before - most), before + most)
        target = min(max(decimal(target, max(target, amount)), low), high)
        return target if sense * (target - amount) > 0.0 else amount
    if by_kind == 2:
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


def switched(option, old, amount, shared):
    """Return the dose with which a switch begins, a step of the ladder if there is one."""
    options, ladder = shared[1], shared[2]
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
