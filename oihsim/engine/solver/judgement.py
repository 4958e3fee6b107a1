"""Visits of rules that react: what is observed, the first rule that matches, and what it does.

Arguments as in :mod:`oihsim.engine.solver.dosing`; decisions are written to the LOG.
"""

from math import exp, inf, nan

import numpy as np

from oihsim.engine.solver.concentrations import level
from oihsim.engine.solver.dosing import *  # noqa: F403
from oihsim.engine.solver.rule_columns import *  # noqa: F403

# ---- generated module ----


def begin(t, lane):
    """Fill in what every block is doing before its first dose, and how often each rule held."""
    blocks, options, live = rows(t, BLOCKS, 0), rows(t, OPTIONS, 0), rows(t, LIVE, lane)
    for b in range(blocks.shape[0]):
        for k in range(live.shape[1]):
            live[b, k] = 0.0
        live[b, L_OPTION] = blocks[b, B_LINE]
        live[b, L_PAUSED] = -inf
        live[b, L_SET_BY] = -1.0
        if blocks[b, B_LINE] >= 0.0:
            live[b, L_STATE] = 1.0
            live[b, L_DOSE] = options[int(blocks[b, B_LINE]), O_AMOUNT]
            live[b, L_BEGAN] = blocks[b, B_FROM]
    whole_row(t, STREAK, lane)[:] = 0


def observe(t, lane, n, q, noise):
    """Return an observation, ``noise`` being its deviate."""
    what = rows(t, OBSERVATIONS, 0)
    read, y = row(t, READ, 0), row(t, Y, 0)
    kind, at, second = what[q, Q_KIND], int(what[q, Q_ROW]), int(what[q, Q_SECOND])
    if kind < K_THRESHOLD:
        if kind == K_STATE:
            value = y[at]
        elif kind == K_CONCENTRATION:
            z, flow = row(t, MOVED, 0), row(t, FLOW, lane)
            value = level(t, n, at, z, flow)
            if second >= 0:
                value += level(t, n, second, z, flow)
        else:
            value = read[at]
            if kind == K_WITHDRAWAL:
                value = value / (value + what[q, Q_ONE])
        return value + what[q, Q_NOISE] * noise
    # a sensory test, as oihsim.results.sensory has it
    baselines = rows(t, BASELINES, n)
    baseline, gain = baselines[q, 0], baselines[q, 1]
    if kind == K_THRESHOLD:
        ratio = read[at]
        factor = ratio ** (what[q, Q_ONE] if ratio < 1.0 else gain)
    elif kind == K_AREA:
        part = read[second]
        factor = (1.0 - what[q, Q_ONE] * read[at]) * (1.0 + gain * part / (part + what[q, Q_TWO]))
    elif kind == K_SENSITISATION:
        sense = what[q, Q_TWO]
        factor = (1.0 - read[at]) ** (sense * gain)
        factor = factor * (1.0 + read[second]) ** (sense * what[q, Q_ONE])
    elif kind == K_INHIBITION:
        factor = (1.0 - read[at]) ** gain
    else:
        factor = read[at] ** gain
    wobble = exp(what[q, Q_NOISE] * noise)
    if kind == K_RATING:
        factor = factor * wobble
        return baseline * factor / (1.0 + 0.1 * baseline * (factor - 1.0))
    above = (baseline - what[q, Q_ORIGIN]) * factor * wobble
    return min(what[q, Q_ORIGIN] + above, what[q, Q_CUT_OFF])


def seen_first(t, n, block, source, value):
    """Return what a rule set observed at its first decision point: ``value`` if that is now."""
    log = rows(t, LOG, n)
    for at in range(whole_row(t, WRITTEN, n)[1]):
        if log[at, D_BLOCK] == block:
            return log[at, D_AFTER + 1 + source]
    return value


def seen_on_average(t, n, block, source, over, now, value):
    """Return the mean of ``value`` and of what a rule set observed in the hours before."""
    log = rows(t, LOG, n)
    total, number = value, 1.0
    at = whole_row(t, WRITTEN, n)[1] - 1
    while at >= 0 and now - log[at, D_TIME] < over - SAME_TIME:
        if log[at, D_BLOCK] == block:
            total += log[at, D_AFTER + 1 + source]
            number += 1.0
        at -= 1
    return total / number


def compared(t, n, block, condition, source, now, value):
    """Return what a condition compares of an observed value: its change, or a mean."""
    if condition[C_COMPARED] == OF_MEAN:
        return seen_on_average(t, n, block, source, condition[C_OVER], now, value)
    first = seen_first(t, n, block, source, value)
    if condition[C_COMPARED] == OF_CHANGE:
        return value - first
    # no comparison holds for a part of nothing
    return (value - first) / first if first != 0.0 else nan


def holds(t, n, block, rule, dose, now, seen):
    """Return whether all conditions of a rule hold."""
    rules, conditions = rows(t, RULES, 0), rows(t, CONDITIONS, 0)
    for c in range(int(rules[rule, R_FIRST]), int(rules[rule, R_LAST])):
        source, sense = int(conditions[c, C_SOURCE]), conditions[c, C_SENSE]
        value = now
        if source >= 0:
            value = seen[source]
            if conditions[c, C_COMPARED] != OF_VALUE:
                value = compared(t, n, block, conditions[c], source, now, value)
        elif source == FROM_DOSE:
            value = dose
        limit = conditions[c, C_LIMIT]
        met = value > limit
        if sense == AT_LEAST:
            met = value >= limit
        elif sense == BELOW:
            met = value < limit
        elif sense == AT_MOST:
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


def locked(t, n, rule, now):
    """Return whether a rule acted too recently, or often enough."""
    rules, log = rows(t, RULES, 0), rows(t, LOG, n)
    lock_out, per, most = rules[rule, R_LOCK_OUT], rules[rule, R_PER], rules[rule, R_MOST]
    acted = 0
    at = whole_row(t, WRITTEN, n)[1] - 1
    while at >= 0 and now - log[at, D_TIME] < max(lock_out, per) - SAME_TIME:
        if log[at, D_RULE] == rule:
            since = now - log[at, D_TIME]
            if since < lock_out - SAME_TIME:
                return True
            if since < per - SAME_TIME:
                acted += 1
        at -= 1
    return most > 0 and acted >= most


def act(t, lane, n, rule, block, now, start):
    """Let one rule act."""
    options, rules, line = rows(t, OPTIONS, 0), rows(t, RULES, 0), rows(t, LIVE, lane)[block]
    action, option = rules[rule, R_ACTION], int(rules[rule, R_OPTION])
    if action in (RAISE, LOWER):
        old, dose = int(line[L_OPTION]), line[L_DOSE]
        before = dose_before(t, n, block, dose, options[old, O_PER], now)
        sense = 1.0 if action == RAISE else -1.0
        by, kind = rules[rule, R_BY], rules[rule, R_BY_KIND]
        line[L_DOSE] = changed(t, old, dose, before, sense, by, kind)
        if line[L_DOSE] != dose:
            line[L_SET_BY] = rule
    elif action == PAUSE:
        line[L_PAUSED] = now + rules[rule, R_PAUSE]
    elif action == RESUME:
        line[L_PAUSED] = -inf
    elif action == STOP:
        line[L_STATE] = 2.0
    elif action == SWITCH:
        line[L_DOSE] = switched(t, option, int(line[L_OPTION]), line[L_DOSE])
        line[L_OPTION], line[L_SET_BY], line[L_PAUSED] = option, rule, -inf
        line[L_GENERATION] += 1.0
        due = rounded(now + options[option, O_AFTER])
        line[L_BEGAN], line[L_NUMBER] = due, 0.0
        if due < rows(t, BLOCKS, 0)[block, B_UNTIL] - SAME_TIME:
            insert(t, lane, start, due, 5, block, line[L_GENERATION])
    elif action == RESCUE:
        give(t, lane, n, option, options[option, O_AMOUNT], float(rule), block, now, start)


def judge(t, lane, n, block, now, start):
    """Judge a rule set at a decision point: READ holds the outputs before the doses of now."""
    log, written, reads = rows(t, LOG, n), whole_row(t, WRITTEN, n), whole_rows(t, READS, 0)
    rules, noise, streak = rows(t, RULES, 0), rows(t, NOISE, n), whole_row(t, STREAK, lane)
    blocks, line, visit = rows(t, BLOCKS, 0), rows(t, LIVE, lane)[block], written[1]
    if visit >= log.shape[0]:
        whole_row(t, NOTE, lane)[FULL] = 1
        return
    seen = log[visit, D_AFTER + 1 :]
    for q in range(reads.shape[1]):
        seen[q] = np.nan
        if reads[block, q] == 1:
            deviate = noise[visit, q] if noise.shape[0] > 0 else 0.0
            seen[q] = observe(t, lane, n, q, deviate)
    paused = now < line[L_PAUSED]
    over = now >= blocks[block, B_UNTIL] - SAME_TIME
    chosen = -1
    for rule in range(int(blocks[block, B_FIRST]), int(blocks[block, B_LAST])):
        streak[rule] = streak[rule] + 1 if holds(t, n, block, rule, line[L_DOSE], now, seen) else 0
        if (
            chosen < 0
            and streak[rule] >= rules[rule, R_CONFIRM]
            and allowed(rules[rule, R_ACTION], rules[rule, R_OPTION], line, paused, over)
            and not locked(t, n, rule, now)
        ):
            chosen = rule
    log[visit, D_TIME], log[visit, D_BLOCK] = now, block
    log[visit, D_RULE], log[visit, D_ACTION] = chosen, -1.0
    log[visit, D_BEFORE] = line[L_DOSE]
    if chosen >= 0:
        log[visit, D_ACTION] = rules[chosen, R_ACTION]
        act(t, lane, n, chosen, block, now, start)
    log[visit, D_AFTER] = line[L_DOSE]
    written[1] = visit + 1
