"""What a rule set does at a stop: its decisions, and the doses that follow from them.

Compiled apart from the driver, and only for a run that has rules.
"""

# mypy: ignore-errors
from __future__ import annotations

from oihsim.engine.solver.judgement import *  # noqa: F403
from oihsim.engine.solver.judgement import begin, judge

# ---- generated module ----


def decide(t, lane, n, now):
    """Judge the rule sets whose decision point is now."""
    note, times, kinds = whole_row(t, NOTE, lane), row(t, L_TIME, lane), whole_row(t, L_KIND, lane)
    y, u, read, c = row(t, Y, 0), row(t, U, 0), row(t, READ, 0), row(t, C_OF, lane)
    measured = False
    scan = note[EVENT]
    while scan < note[SIZE] and times[scan] <= now:
        if kinds[scan] == 4:
            if not measured:
                measure(t, lane, n, row(t, MOVED, 0), row(t, CONC, 0), u)
                call_four(
                    whole_row(t, CODE, 0)[3],
                    (y.ctypes.data, u.ctypes.data, c.ctypes.data, read.ctypes.data),
                )
                measured = True
            judge(t, lane, n, whole_row(t, L_INDEX, lane)[scan], now, scan + 1)
        scan += 1


def rules(address, lane, n, now, entry):
    """Begin (-2), judge the rule sets of now (-1), or give what a ledger entry says."""
    t = table_at(address)
    if entry == -2:
        begin(t, lane)
    elif entry == -1:
        decide(t, lane, n, now)
    else:
        kind, block = whole_row(t, L_KIND, lane)[entry], whole_row(t, L_INDEX, lane)[entry]
        generation = row(t, L_VALUE, lane)[entry]
        next_dose(t, lane, n, kind, block, generation, now, entry + 1)
