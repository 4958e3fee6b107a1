"""Exponentials of many small rate matrices at once, without cancellation.

A matrix of compartments has no negative entry off its diagonal, so ``exp(A t)`` is
``exp(-q t) exp((A + q) t)`` with ``q`` the fastest rate, a product of sums of positive terms: every
entry keeps its relative accuracy, however small (uniformisation). Taylor terms to
degree 15, then repeated squaring.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DEGREE = 15
NORM = 0.5
"""Largest norm of the matrix in the series, whose first term left out is below 1e-18."""


def exponential(A: Array, t: Array) -> Array:
    """Return ``exp(A[k] t[k])``, (k, m, m).

    Parameters
    ----------
    A : (k, m, m) matrices without a negative entry off the diagonal
    t : (k,) times, not negative

    Examples
    --------
    >>> A = np.array([[[-2.0, 0.0], [2.0, -1.0]]])
    >>> gut, central = exponential(A, np.array([1.0]))[0, :, 0]
    >>> bool(abs(gut - np.exp(-2.0)) < 1e-15)
    True
    >>> bool(abs(central - 2 * (np.exp(-1) - np.exp(-2))) < 1e-15)
    True
    """
    k, m, _ = A.shape
    if k == 0 or m == 0:
        return np.zeros((k, m, m))
    fastest = np.maximum(-np.einsum("kii->ki", A).min(axis=1), 0.0)
    positive = A * t[:, None, None]
    shift = fastest * t
    positive[:, np.arange(m), np.arange(m)] += shift[:, None]
    norm = np.maximum(positive.sum(axis=1).max(axis=1), 1e-300)
    squarings = np.maximum(np.ceil(np.log2(norm / NORM)), 0.0).astype(np.int64)
    scale = 0.5 ** squarings.astype(np.float64)
    result = _series(positive * scale[:, None, None]) * np.exp(-shift * scale)[:, None, None]
    for done in range(int(squarings.max())):
        more = squarings > done
        if more.all():
            result = result @ result
        else:
            result[more] = result[more] @ result[more]
    return np.asarray(result, dtype=np.float64)


def _series(N: Array) -> Array:
    """Return the Taylor polynomial of ``exp(N)`` with few products of matrices."""
    identity = np.broadcast_to(np.eye(N.shape[1]), N.shape)
    powers = [identity, N, N @ N]
    powers.append(powers[2] @ N)
    fourth = powers[2] @ powers[2]
    total = np.zeros_like(N)
    for start in range(DEGREE - 3, -1, -4):
        total = total @ fourth
        for j in range(4):
            total += powers[j] / factorial(start + j)
    return total


def propagator(A: Array, t: Array, inputs: NDArray[np.int64]) -> tuple[Array, Array]:
    """Return the propagators of amounts, and of unit rates into ``inputs``, over time ``t``.

    Returns
    -------
    amounts : (k, m, m)
    rates : (k, m, len(inputs)) amounts after a constant input of 1 per time unit

    Examples
    --------
    >>> A = np.array([[[-0.1]]])
    >>> _, rates = propagator(A, np.array([10.0]), np.array([0]))
    >>> bool(abs(rates[0, 0, 0] - 10 * (1 - np.exp(-1))) < 1e-14)
    True
    """
    k, m, _ = A.shape
    augmented = np.zeros((k, m + len(inputs), m + len(inputs)))
    augmented[:, :m, :m] = A
    augmented[:, inputs, m + np.arange(len(inputs))] = 1.0
    step = exponential(augmented, t)
    return step[:, :m, :m], step[:, :m, m:]
