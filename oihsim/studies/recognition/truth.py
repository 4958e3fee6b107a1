"""The clinical picture that is true of a virtual patient, defined from the hidden states.

Indices of tolerance and of hyperalgesia rise together in nearly everybody on a high dose, so a
picture is defined by what a process *costs*: how far pain would fall if that process alone were
undone now and everything else stayed. Relief and costs are parts of the patient's own untreated
pain, averaged over the last day, and one size counts for all: :data:`COUNTS`. A process is at work
if it costs at least that. In this order:

1. *adequate relief*: at least that part of untreated pain is gone, and withdrawal is not at work;
2. *under-treatment*: less is gone, and nothing is at work: the drug does what it can, and there is
   too little of it, or none;
3. *tolerance*, *OIH* or *withdrawal*: it alone is at work, or costs at least :data:`DOMINANCE`
   times each other that is;
4. *mixed*: two or three are at work, of like weight.

Each patient has exactly one of the six. "Cannot tell" is an answer of the recogniser, never a
truth.
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
"""Part of untreated pain; 10 to 20 % less pain is the least change that matters (dworkin2008)."""

DOMINANCE = 1.5
"""Assumed."""


def true_picture(relief: Any, tolerance: Any, hyperalgesia: Any, withdrawal: Any) -> NDArray[Any]:
    """Return the index in :data:`PICTURES` of what is true, of any shape.

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
