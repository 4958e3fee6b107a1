"""What the doses of a ledger add up to over time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oihsim.simulation.dose_ledger import DoseLedger

Array = NDArray[np.float64]


def given_before(ledger: DoseLedger, chosen: NDArray[np.bool_], times: Array) -> Array:
    """Return what was given of the chosen doses before each time, (n, t).

    Parameters
    ----------
    ledger : of one arm
    chosen : (n, k) the doses that count; of them those at negative times do not
    times : (t,) h, ascending; a dose at one of them is not yet in it, of one that runs the part
        that has run

    Examples
    --------
    10 at 2 h at once, and 6 over 4 h from 2 h:

    >>> two = np.array([[2.0, 2.0]])
    >>> code = np.zeros((1, 2), dtype=np.int16)
    >>> one = DoseLedger(two, np.array([[10.0, 6.0]]), np.array([[0.0, 4.0]]), code, code, code,
    ...     np.zeros((1, 2), dtype=bool))
    >>> given_before(one, code == 0, np.array([2.0, 3.0, 8.0])).tolist()
    [[0.0, 11.5, 16.0]]
    """
    n, t = len(ledger.time), len(times)
    subject, place = np.nonzero(chosen & (ledger.time >= 0.0))
    start, amount = ledger.time[subject, place], ledger.amount[subject, place]
    duration = ledger.duration[subject, place]
    # the first time by which some of it is given, and the first by which all of it is
    begun = np.searchsorted(times, start, side="right")
    ended = np.searchsorted(times, start + duration, side="left")
    complete = np.where(duration > 0.0, np.maximum(ended, begun), begun)
    sums = np.bincount(subject * (t + 1) + complete, weights=amount, minlength=n * (t + 1))
    total = sums.reshape(n, t + 1)[:, :t].cumsum(axis=1)
    # at the times between the two: the part that has run
    running = complete - begun
    dose = np.repeat(np.arange(len(start)), running)
    first = np.repeat(np.cumsum(running) - running, running)
    at = begun[dose] + np.arange(len(dose)) - first
    part = amount[dose] * (times[at] - start[dose]) / duration[dose]
    running_total = np.bincount(subject[dose] * t + at, weights=part, minlength=n * t)
    result: Array = total + running_total.reshape(n, t)
    return result
