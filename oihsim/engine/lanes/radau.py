"""Collocation at the right Radau points (Radau IIA): nodes, weights, and an embedded estimate.

Everything follows from the nodes, which are the zeros of a polynomial, so no table is typed in.
Source: Hairer & Wanner, Solving Ordinary Differential Equations II, 2nd edition, 1996, sections
IV.5 and IV.8 (hairer1996).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import Legendre, Polynomial
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Radau:
    """Radau IIA with ``s`` nodes, of order ``2 s - 1``.

    Attributes
    ----------
    c : (s,) nodes in (0, 1], the last one 1
    A : (s, s) integrals of the Lagrange polynomials from 0 to each node
    gamma : weight of the slope at the start in the embedded formula of order ``s``
    estimate : (s,) weights of ``Y - y0`` in the estimated error, beside ``gamma h f(y0)``
    """

    c: Array
    A: Array
    gamma: float
    estimate: Array


def radau(s: int) -> Radau:
    """Return the method with ``s`` nodes.

    Examples
    --------
    >>> method = radau(3)
    >>> bool(np.allclose(method.c, [(4 - 6**0.5) / 10, (4 + 6**0.5) / 10, 1.0]))
    True
    """
    # zeros of P(s) - P(s - 1), on [-1, 1], are the Radau points with the right end
    coefficients = np.zeros(s + 1)
    coefficients[s - 1 :] = (-1.0, 1.0)
    x = Legendre(coefficients)
    nodes = np.sort(x.roots().real)
    for _ in range(3):
        nodes = nodes - x(nodes) / x.deriv()(nodes)
    c = (nodes + 1.0) / 2.0
    c[-1] = 1.0
    powers = c[:, None] ** np.arange(s)
    integrals = c[:, None] ** np.arange(1, s + 1) / np.arange(1, s + 1)
    A = np.linalg.solve(powers.T, integrals.T).T  # noqa: N806
    inverse = np.linalg.inv(A)
    eigenvalues = np.linalg.eigvals(inverse)
    real = eigenvalues[np.argmin(np.abs(eigenvalues.imag))].real if s % 2 else _middle(eigenvalues)
    gamma = float(1.0 / real)
    wanted = 1.0 / np.arange(1, s + 1)
    wanted[0] -= gamma
    embedded = np.linalg.solve(powers.T, wanted)
    weights: Array = np.asarray((embedded - A[-1]) @ inverse)
    return Radau(c, np.asarray(A, dtype=np.float64), gamma, weights)


def _middle(eigenvalues: NDArray[Any]) -> float:
    """Return a real number of the size of the eigenvalues, where none is real."""
    return float(np.exp(np.mean(np.log(np.abs(eigenvalues)))))


def lagrange(c: Array) -> list[Polynomial]:
    """Return the polynomials that are 1 at one of ``0, c`` and 0 at the others."""
    nodes = np.concatenate([[0.0], c])
    polynomials = []
    for i, node in enumerate(nodes):
        others = np.delete(nodes, i)
        polynomials.append(Polynomial.fromroots(others) / np.prod(node - others))
    return polynomials
