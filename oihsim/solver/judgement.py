"""Visits of rules that react: what is observed, the first rule that matches, and what it does.

Arguments as in :mod:`oihsim.solver.dosing`; decisions are written to ``log``.
"""

from math import exp, inf

import numpy as np

from oihsim.solver.concentrations import level
from oihsim.solver.dosing import *  # noqa: F403, names of the columns among them

# ---- page ----


def begin(shared):
    """Return what every block is doing before its first dose, and how often each rule held."""
    blocks, options, rules = shared[0], shared[1], shared[4]
    live = np.zeros((blocks.shape[0], 9))
    for b in range(blocks.shape[0]):
        live[b, L_OPTION] = blocks[b, B_LINE]
        live[b, L_PAUSED] = -inf
        live[b, L_SET_BY] = -1.0
        if blocks[b, B_LINE] >= 0.0:
            live[b, L_STATE] = 1.0
            live[b, L_DOSE] = options[int(blocks[b, B_LINE]), O_AMOUNT]
            live[b, L_BEGAN] = blocks[b, B_FROM]
    return live, np.zeros(rules.shape[0], dtype=np.int64)


def observe(q, noise, baselines, read, y, kin, z, flow, shared):
    """Return an observation, ``noise`` being its deviate."""
    what = shared[6][q]
    kind, row, second = what[Q_KIND], int(what[Q_ROW]), int(what[Q_SECOND])
    if kind < 4.0:
        if kind == 1.0:
            value = y[row]
        elif kind == 2.0:
            value = level(row, kin, z, flow)
            if second >= 0:
                value += level(second, kin, z, flow)
        else:
            value = read[row]
            if kind == 3.0:
                value = value / (value + what[Q_ONE])
        return value + what[Q_NOISE] * noise
    # a sensory test, as oihsim.sensory has it: of a threshold (4), of an area (5)
    baseline, gain = baselines[q, 0], baselines[q, 1]
    if kind == 4.0:
        ratio = read[row]
        factor = ratio ** (what[Q_ONE] if ratio < 1.0 else gain)
    else:
        part = read[second]
        factor = (1.0 - what[Q_ONE] * read[row]) * (1.0 + gain * part / (part + what[Q_TWO]))
    above = (baseline - what[Q_ORIGIN]) * factor * exp(what[Q_NOISE] * noise)
    return min(what[Q_ORIGIN] + above, what[Q_CUT_OFF])


def holds(rule, dose, now, seen, shared):
    """Return whether all conditions of a rule hold."""
    rules, conditions = shared[4], shared[5]
    for c in range(int(rules[rule, R_FIRST]), int(rules[rule, R_LAST])):
        source, sense = int(conditions[c, C_SOURCE]), conditions[c, C_SENSE]
        value = now
        if source >= 0:
            value = seen[source]
        elif source == -1:
            value = dose
        limit = conditions[c, C_LIMIT]
        met = value > limit
        if sense == 1.0:
            met = value >= limit
        elif sense == 2.0:
            met = value < limit
        elif sense == 3.0:
            met = value <= limit
        if not met:
            return False
    return True


def allowed(action, option, line, paused, over):
    """Return whether an action makes sense for a line that runs, is paused or has ended."""
    if action in (RESCUE, HOLD_ON):
        return True
    if line[L_STATE] != 1.0 or over:
        return False
    if action == SWITCH:
        return line[L_OPTION] != option
    if action == RESUME:
        return paused
    if action in (RAISE, LOWER, PAUSE):
        return not paused
    return True


def locked(rule, now, shared, log, count):
    """Return whether a rule acted too recently, or often enough."""
    rules = shared[4]
    lock_out, per, most = rules[rule, R_LOCK_OUT], rules[rule, R_PER], rules[rule, R_MOST]
    acted = 0
    row = count - 1
    while row >= 0 and now - log[row, 0] < max(lock_out, per) - SAME_TIME:
        if log[row, 2] == rule:
            since = now - log[row, 0]
            if since < lock_out - SAME_TIME:
                return True
            if since < per - SAME_TIME:
                acted += 1
        row -= 1
    return most > 0 and acted >= most


def act(
    rule, block, now, live, shared, own, ledger, size, start, given, log, written
):  # fmt: skip
    """Let one rule act; return the new size of the ledger."""
    options, rules = shared[1], shared[4]
    line, action, option = live[block], rules[rule, R_ACTION], int(rules[rule, R_OPTION])
    if action in (RAISE, LOWER):
        old, dose = int(line[L_OPTION]), line[L_DOSE]
        before = dose_before(block, dose, options[old, O_PER], now, log, written[1])
        sense = 1.0 if action == RAISE else -1.0
        by, kind = rules[rule, R_BY], rules[rule, R_BY_KIND]
        line[L_DOSE] = changed(old, dose, before, sense, by, kind, shared)
        if line[L_DOSE] != dose:
            line[L_SET_BY] = rule
    elif action == PAUSE:
        line[L_PAUSED] = now + rules[rule, R_PAUSE]
    elif action == RESUME:
        line[L_PAUSED] = -inf
    elif action == STOP:
        line[L_STATE] = 2.0
    elif action == SWITCH:
        line[L_DOSE] = switched(option, int(line[L_OPTION]), line[L_DOSE], shared)
        line[L_OPTION], line[L_SET_BY], line[L_PAUSED] = option, rule, -inf
        line[L_GENERATION] += 1.0
        due = rounded(now + options[option, O_AFTER])
        line[L_BEGAN], line[L_NUMBER] = due, 0.0
        if due < shared[0][block, B_UNTIL] - SAME_TIME:
            size = insert(ledger, size, start, due, 5, block, line[L_GENERATION])
    elif action == RESCUE:
        amount = options[option, O_AMOUNT]
        size = give(
            option, amount, rule, block, now, shared, own, ledger, size, start, given, written
        )  # fmt: skip
    return size


def judge(
    block, now, read, y, kin, z, flow, live, streak, shared, own,
    ledger, size, start, given, log, written,
):  # fmt: skip
    """Hold one visit of a block; return the new size of the ledger, -1 without room.

    ``read`` holds the read-outs of now, before the doses of now.
    """
    blocks, rules, reads = shared[0], shared[4], shared[7]
    noise, line, visit = own[1], live[block], written[1]
    if visit >= log.shape[0]:
        return -1
    seen = log[visit, 6:]
    for q in range(reads.shape[1]):
        seen[q] = np.nan
        if reads[block, q] == 1:
            deviate = noise[visit, q] if noise.shape[0] > 0 else 0.0
            seen[q] = observe(q, deviate, own[2], read, y, kin, z, flow, shared)
    paused = now < line[L_PAUSED]
    over = now >= blocks[block, B_UNTIL] - SAME_TIME
    chosen = -1
    for rule in range(int(blocks[block, B_FIRST]), int(blocks[block, B_LAST])):
        streak[rule] = streak[rule] + 1 if holds(rule, line[L_DOSE], now, seen, shared) else 0
        if (
            chosen < 0
            and streak[rule] >= rules[rule, R_CONFIRM]
            and allowed(rules[rule, R_ACTION], rules[rule, R_OPTION], line, paused, over)
            and not locked(rule, now, shared, log, visit)
        ):
            chosen = rule
    log[visit, 0], log[visit, 1], log[visit, 2], log[visit, 3] = now, block, chosen, -1.0
    log[visit, 4] = line[L_DOSE]
    if chosen >= 0:
        log[visit, 3] = rules[chosen, R_ACTION]
        size = act(
            chosen, block, now, live, shared, own, ledger, size, start, given, log, written
        )  # fmt: skip
    log[visit, 5] = line[L_DOSE]
    written[1] = visit + 1
    return size
