"""The clinical picture that is true of a virtual patient, defined from the hidden states.

Indices of tolerance and of hyperalgesia rise together in nearly everybody on a high dose, so a
picture is defined by what a process *costs*: how far pain would fall if that process alone were
undone now and everything else stayed. Relief and costs are fractions of the untreated pain of the
patient, averaged over the last day. A process is at work if it costs at least :data:`COUNTS`; the
same limit holds for relief. In this order:

1. *adequate relief*: relief reaches the limit, and withdrawal is not at work;
2. *under-treatment*: relief is below the limit, and no process is at work: the dose is too low, or
   no drug is given;
3. *tolerance*, *OIH* or *withdrawal*: this process alone is at work, or it costs at least
   :data:`DOMINANCE` times as much as every other process at work;
4. *mixed*: two or three processes of similar cost are at work.

Each patient has exactly one of the six pictures. "Cannot tell" is an answer of the recogniser,
never a true picture.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

PICTURES = (
    "adequate relief",
    "under-treatment",
    "tolerance",
    "OIH",
    "withdrawal",
    "mixed",
)
"""The pictures that can be true, in the order of every table."""

CANNOT_TELL = "cannot tell"
"""The seventh answer."""

ADEQUATE, UNDER, TOLERANCE, HYPERALGESIA, WITHDRAWAL, MIXED = range(6)

COUNTS = 0.15
"""Fraction of untreated pain; 10 to 20 % is the least change that matters (dworkin2008)."""

DOMINANCE = 1.5
"""Ratio of the costs of two processes from which the larger one dominates; assumed."""


def true_picture(relief: Any, tolerance: Any, hyperalgesia: Any, withdrawal: Any) -> NDArray[Any]:
    """Return the index of the true picture in :data:`PICTURES`, of any shape.

    Parameters
    ----------
    relief : fraction of untreated pain that is gone
    tolerance, hyperalgesia, withdrawal : what each costs, as a fraction of untreated pain

    Returns
    -------
    array of int, the common shape of the arguments

    Raises
    ------
    ValueError : an argument is not finite

    Examples
    --------
    >>> [PICTURES[i] for i in true_picture([0.2, 0.0, 0.0], [0.2, 0.1, 0.3], [0.1, 0.1, 0.4], 0)]
    ['adequate relief', 'under-treatment', 'mixed']
    """
    arrays = np.broadcast_arrays(relief, tolerance, hyperalgesia, withdrawal)
    if not all(np.isfinite(values).all() for values in arrays):
        raise ValueError("relief and costs must be finite")
    cost = np.stack(arrays[1:], axis=-1).astype(float)
    at_work = cost >= COUNTS
    ordered = np.sort(np.where(at_work, cost, 0.0), axis=-1)
    dominates = ordered[..., -1] >= DOMINANCE * ordered[..., -2]
    single = TOLERANCE + np.argmax(cost, axis=-1)
    pictures = np.where(dominates, single, MIXED)
    pictures = np.where(at_work.any(axis=-1), pictures, UNDER)
    adequate = (arrays[0] >= COUNTS) & ~at_work[..., 2]
    return np.asarray(np.where(adequate, ADEQUATE, pictures))
