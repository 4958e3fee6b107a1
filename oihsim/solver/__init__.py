"""The solver: it advances one subject to its next stop, and applies what happens there.

A stop is a dose, an output or a decision. Contract:

- between stops the drug concentrations are exact (modes, :mod:`oihsim.kinetics.propagation`) and
  the body is integrated by DOP853 (hairer1993) with an error per step held below
  ``rtol * typical`` for every state, ``typical`` being the declared size of the state;
- an output is recorded before anything else happens at its time: intervals are half open;
- a decision reads the read-outs at its time and may append doses to the subject's own bounded
  ledger, never to the past;
- then holds and doses of that time apply, in the order of the constants below.

The modules of this folder hold the text of the solver under a mark. It is not run from there: the
linker copies it into each model's page, where ``rhs`` and ``readouts`` are the model's own and
numba compiles all of it together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BOLUS, RATE, HOLD, RELEASE, DECISION = 0, 1, 2, 3, 4
"""Kinds of entries in a schedule; at one time they apply in this order, decisions first."""

STATUS = (
    "ok",
    "the step became too small",
    "a value was not finite",
    "too many steps",
    "the ledger of appended doses is full",
    "not run: interrupted",
)
"""What the status of a subject means."""

NOT_FINITE, INTERRUPTED = 2, 5


@dataclass(frozen=True)
class Schedule:
    """What happens to ``n`` subjects at which time, sorted by time for each subject.

    Attributes
    ----------
    offset : (n + 1,) int64, entries of subject ``i`` are ``offset[i]:offset[i + 1]``
    time : (e,) hours
    kind : (e,) int64, ``BOLUS``, ``RATE``, ``HOLD``, ``RELEASE`` or ``DECISION``
    index : (e,) int64, an input, a state, or a row of the rules
    value : (e,) amount for a bolus, change of the rate (amount per hour) for a rate, else 0
    """

    offset: NDArray[np.int64]
    time: NDArray[np.float64]
    kind: NDArray[np.int64]
    index: NDArray[np.int64]
    value: NDArray[np.float64]

    @classmethod
    def empty(cls, n: int) -> Schedule:
        """Return a schedule in which nothing happens to ``n`` subjects.

        Examples
        --------
        >>> Schedule.empty(2).offset.tolist()
        [0, 0, 0]
        """
        none, whole = np.zeros(0), np.zeros(0, dtype=np.int64)
        return cls(np.zeros(n + 1, dtype=np.int64), none, whole, whole, none)


PAGE_MARK = "\n# ---- page ----\n"
"""Text of a solver module below this line belongs to the page."""

PAGE_MODULES = ("concentrations", "dop853", "stops")
"""In the order in which the page holds them."""

INLINE = ("drives", "slope")
"""Functions of the inner loop that are worth inlining: measured, an eighth of the run time."""
