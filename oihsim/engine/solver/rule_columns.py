"""Columns of the tables that hold rules, and the codes in them: one list of names for both sides.

The text below the mark is compiled with the rules, where ``O_AMOUNT`` is the column of a number;
:mod:`oihsim.simulation.rule_arrays` fills the rows by the same names through :func:`filled`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def columns_of(prefix: str) -> dict[str, int]:
    """Return the columns of a table by name, in lower case and without the prefix.

    Examples
    --------
    >>> columns_of("C")
    {'source': 0, 'sense': 1, 'limit': 2, 'compared': 3, 'over': 4}
    """
    start = f"{prefix}_"
    found = {name: at for name, at in globals().items() if name.startswith(start)}
    return {name.removeprefix(start).lower(): at for name, at in found.items()}


def filled(prefix: str, rows: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
    """Return rows of a table, each number in the column of its name.

    Raises
    ------
    KeyError : a name that the table does not have, or one that a row does not give

    Examples
    --------
    >>> filled("C", [{"limit": 4.0, "source": -1, "sense": 2, "compared": 0, "over": 0.0}]).tolist()
    [[-1.0, 2.0, 4.0, 0.0, 0.0]]
    """
    places = columns_of(prefix)
    for row in rows:
        if row.keys() != places.keys():
            raise KeyError(f"{prefix}: {', '.join(sorted(row.keys() ^ places.keys()))}")
    numbers = [[row[name] for name in places] for row in rows]
    return np.array(numbers, dtype=np.float64).reshape(-1, len(places))


# ---- generated module ----

# a rule set: its rules as a half-open range, the option that is its own line or -1, when it begins
# and ends, h
B_FIRST, B_LAST, B_LINE, B_FROM, B_UNTIL = range(5)
# a line or a rescue dose (option): amount, ratio, interval, duration, delay from a switch, limits,
# largest change, 1 if that is a part, its period, its steps of the ladder and its inputs as
# half-open ranges, 1 if inputs differ by step
(
    O_AMOUNT, O_RATIO, O_EVERY, O_DURATION, O_AFTER, O_LOW, O_HIGH, O_LARGEST, O_PART, O_PER,
    O_STEP, O_LAST_STEP, O_WAY, O_LAST_WAY, O_BY_STEP,
) = range(15)  # fmt: skip
# a rule: its conditions as a half-open range, action, by how much and in what, option or -1,
# decision points in a row, length of a pause, lock-out, most times and their period
(
    R_FIRST, R_LAST, R_ACTION, R_BY, R_BY_KIND, R_OPTION, R_CONFIRM, R_PAUSE, R_LOCK_OUT, R_MOST,
    R_PER,
) = range(11)  # fmt: skip
# a condition: an observation or one of the sources below, its sense, its limit, what is compared of
# the observation, and the time over which a mean is taken
C_SOURCE, C_SENSE, C_LIMIT, C_COMPARED, C_OVER = range(5)
# an observation: its kind, its row, a second row or -1, noise, origin, cut-off, two parameters
Q_KIND, Q_ROW, Q_SECOND, Q_NOISE, Q_ORIGIN, Q_CUT_OFF, Q_ONE, Q_TWO = range(8)
# what a rule set is doing: option in force, its next dose, end of a pause, rule that set the dose,
# 0 no line 1 running 2 stopped, generation, first dose of the line, doses since, and of the set
L_OPTION, L_DOSE, L_PAUSED, L_SET_BY, L_STATE, L_GENERATION, L_BEGAN, L_NUMBER, L_ALL = range(9)
# a dose that was given: when, option, labelled amount, rule that set it or -1, rule set
G_TIME, G_OPTION, G_AMOUNT, G_RULE, G_BLOCK = range(5)
# a decision: when, rule set, rule that matched or -1, its action or -1, dose before and after; the
# observed values follow
D_TIME, D_BLOCK, D_RULE, D_ACTION, D_BEFORE, D_AFTER = range(6)
# actions
RAISE, LOWER, HOLD_ON, PAUSE, RESUME, STOP, SWITCH, RESCUE = range(8)
# how a rule changes a dose: by a part, an amount, or steps of the ladder
BY_PART, BY_AMOUNT, BY_STEPS = range(3)
# sense of a condition
ABOVE, AT_LEAST, BELOW, AT_MOST = range(4)
# what a condition compares of an observation
OF_VALUE, OF_CHANGE, OF_RELATIVE, OF_MEAN = range(4)
# sources of a condition that are no observation: the dose in force, the time
FROM_DOSE, FROM_TIME = -1, -2
# kinds of observations: an output, a state, a concentration, withdrawal as it is felt; then the
# sensory tests of a threshold, an area, a rating, sensitised pain, and inhibition
(
    K_OUTPUT, K_STATE, K_CONCENTRATION, K_WITHDRAWAL,
    K_THRESHOLD, K_AREA, K_RATING, K_SENSITISATION, K_INHIBITION,
) = range(9)  # fmt: skip
