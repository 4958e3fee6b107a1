"""Exact advance of linear kinetics: a rate matrix becomes modes that decay on their own.

``dx/dt = A x + input`` is brought to ``dz/dt = (diag(rate) + chain) z + input`` with ``x = V z``.
``chain`` couples modes of one and the same rate (a transit chain of equal rates has no full set
of eigenvectors), so that each amount and concentration is a sum of ``t**k exp(rate t)`` terms,
known at any time without a step. Ordering compartments from upstream to downstream makes ``A``
block triangular; only blocks with exchange in both directions need an eigenvalue routine.
Source of the block diagonalisation: Golub & Van Loan, Matrix Computations, section 7.6
(golub2013).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SAME_RATE = 1e-8
"""Rates closer than this fraction count as one: there the rounding of separating two modes and
the error of merging them are about equal."""


@dataclass(frozen=True)
class Modes:
    """The linear kinetics of ``n`` subjects as decaying modes.

    Attributes
    ----------
    rate : (n, m) rates of the modes, 1/h, all negative
    chain : (n, m, m) coupling of modes with equal rates, 1/h, strictly lower triangular
    degree : highest power of time that the coupling can produce
    bolus : (n, i, m) change of the modes by one unit of amount into each input
    steady : (n, i, m) modes reached under a constant input of one unit of amount per hour
    rows : (n, r, m) modes to concentrations, nM: the effect sites, then the plasma
    ligands : number of effect sites, the first rows
    first_row, last_row : (m,) the effect sites that a mode reaches, as a half-open range
    """

    rate: Array
    chain: Array
    degree: int
    bolus: Array
    steady: Array
    rows: Array
    ligands: int
    first_row: NDArray[np.int64]
    last_row: NDArray[np.int64]

    def subset(self, who: NDArray[np.int64] | slice) -> Modes:
        """Return the kinetics of some subjects, in the order of ``who``.

        Examples
        --------
        >>> together([], 3).subset(np.array([2, 0])).rate.shape
        (2, 0)
        """
        return replace(
            self, rate=self.rate[who], chain=self.chain[who], bolus=self.bolus[who],
            steady=self.steady[who], rows=self.rows[who],
        )  # fmt: skip


def reachable(links: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which compartment (row) receives from which (column), itself included.

    States that need each other form such links too (:mod:`oihsim.engine.lanes.cascade`).

    Parameters
    ----------
    links : (m, m), whether the row receives from (or needs) the column directly

    Returns
    -------
    (m, m), directly or not

    Examples
    --------
    >>> reachable(np.eye(3, k=-1, dtype=bool))[2].tolist()
    [True, True, True]
    """
    reach = links | np.eye(len(links), dtype=bool)
    for _ in range(len(links).bit_length()):
        reach = (reach.astype(np.int64) @ reach.astype(np.int64)) > 0
    return reach


def mutual_blocks(reach: NDArray[np.bool_]) -> list[list[int]]:
    """Return the groups of compartments that exchange with each other, upstream first.

    Parameters
    ----------
    reach : (m, m), from :func:`reachable`

    Examples
    --------
    >>> mutual_blocks(np.array([[True, True, True], [True, True, True], [False, False, True]]))
    [[2], [0, 1]]
    """
    mutual = reach & reach.T
    upstream = reach.sum(axis=1)
    order = sorted(range(len(reach)), key=lambda i: (upstream[i], int(np.argmax(mutual[i])), i))
    blocks: list[list[int]] = []
    for i in order:
        if blocks and mutual[i, blocks[-1][0]]:
            blocks[-1].append(i)
        else:
            blocks.append([i])
    return blocks


def _decouple(blocks: list[list[int]], A: Array) -> tuple[Array, Array]:
    """Return ``(W, T)`` with ``A W = W T`` and ``T`` lower triangular."""
    n, m, _ = A.shape
    order = [i for block in blocks for i in block]
    A = A[:, order][:, :, order]
    W = np.zeros((n, m, m))
    at = 0
    for block in blocks:
        members = slice(at, at + len(block))
        if len(block) == 1:
            W[:, at, at] = 1.0
        else:
            rates, vectors = np.linalg.eig(A[:, members, members])
            if np.iscomplexobj(rates) and np.any(np.abs(rates.imag) > 1e-12 * np.abs(rates.real)):
                raise ValueError(
                    "compartments that pass drug round in one direction oscillate; "
                    "flows between them must go both ways"
                )
            W[:, members, members] = vectors.real
        at += len(block)
    T = np.linalg.solve(W, A @ W)
    back = np.argsort(order)
    return W[:, back], np.tril(T)


def _separate(T: Array) -> tuple[Array, Array, Array]:
    """Return ``(U, rate, chain)`` with ``T U = U (diag(rate) + chain)``, ``U`` unit triangular."""
    n, m, _ = T.shape
    rate = np.einsum("nii->ni", T).copy()
    U = np.tile(np.eye(m), (n, 1, 1))
    chain = np.zeros((n, m, m))
    for j in range(m - 1, -1, -1):
        for i in range(j + 1, m):
            inner = slice(j + 1, i)
            need = np.einsum("nk,nk->n", T[:, i, j:i], U[:, j:i, j])
            need -= np.einsum("nk,nk->n", U[:, i, inner], chain[:, inner, j])
            gap = rate[:, j] - rate[:, i]
            size = np.maximum(np.abs(rate[:, i]), np.abs(rate[:, j]))
            same = np.abs(gap) <= SAME_RATE * size
            U[:, i, j] = np.where(same, 0.0, need / np.where(same, 1.0, gap))
            chain[:, i, j] = np.where(same, need, 0.0)
    return U, rate, chain


def _solve(matrix: Array, rows: Array) -> Array:
    """Return, for each row, the solution of ``matrix x = row``, as a row."""
    solved = np.linalg.solve(matrix, rows.transpose(0, 2, 1)).transpose(0, 2, 1)
    return np.asarray(solved, dtype=np.float64)


def modes(A: Array, B: Array, C: Array, plasma: Array, used: Sequence[int] | None = None) -> Modes:
    """Bring one drug's linear kinetics to modes.

    Parameters
    ----------
    A : (n, c, c) rate matrix, 1/h, ``dx/dt = A x + input``
    B : (n, i, c) where one unit of amount goes, for each input
    C : (n, l, c) amounts to effect-site concentrations, nM
    plasma : (n, l, c) amounts to plasma concentrations, nM
    used : inputs that will receive doses; compartments beyond their reach are dropped

    Returns
    -------
    Modes : with ``2 l`` rows

    Raises
    ------
    ValueError : a compartment is never emptied, or flows oscillate

    Examples
    --------
    One compartment of 10 L, CL 1 L/h, molar mass so that amounts read as nM:

    >>> one = np.ones((1, 1, 1))
    >>> m = modes(-0.1 * one, one, 0.1 * one, 0.1 * one)
    >>> float(m.rate[0, 0]), float(m.steady[0, 0, 0])
    (-0.1, 10.0)
    """
    links = np.any(A != 0.0, axis=0) & ~np.eye(A.shape[1], dtype=bool)
    reach = reachable(links)
    inputs = np.any(B != 0.0, axis=0)
    seen = np.any(C != 0.0, axis=(0, 1)) | np.any(plasma != 0.0, axis=(0, 1))
    dosed = inputs if used is None else inputs[list(used)]
    keep = np.flatnonzero((reach @ dosed.any(axis=0)) & (reach.T @ seen))
    A, B, C, plasma = A[:, keep][:, :, keep], B[:, :, keep], C[:, :, keep], plasma[:, :, keep]
    W, T = _decouple(mutual_blocks(reach[np.ix_(keep, keep)]), A)
    U, rate, chain = _separate(T)
    if np.any(rate >= 0.0):
        raise ValueError("a compartment is never emptied: every amount must leave the body")
    V = W @ U
    bolus = _solve(V, B)
    J = chain + rate[:, :, None] * np.eye(rate.shape[1])
    steady = -_solve(J, bolus)
    power, degree = chain, 0
    while np.any(power != 0.0):
        power, degree = power @ chain, degree + 1
    ligands = C.shape[1]
    rows = np.concatenate([C @ V, plasma @ V], axis=1)
    m = len(keep)
    return Modes(
        rate, chain, degree, bolus, steady, rows, ligands,
        np.zeros(m, dtype=np.int64), np.full(m, ligands, dtype=np.int64),
    )  # fmt: skip


def decayed(kinetics: Modes, amounts: Array, hours: Array) -> Array:
    """Return modes some time later, without any input.

    Parameters
    ----------
    kinetics : of ``n`` subjects
    amounts : (n, m) the modes at the start
    hours : (n, k) times after it, h

    Returns
    -------
    (n, k, m)

    Examples
    --------
    >>> single = np.ones((1, 1, 1))
    >>> slow = modes(-0.1 * single, single, single, single)
    >>> bool(decayed(slow, np.ones((1, 1)), np.array([[10.0]]))[0, 0, 0] == np.exp(-1.0))
    True
    """
    series = amounts[:, None, :]
    term, power = amounts, np.ones_like(hours)
    for degree in range(1, kinetics.degree + 1):
        # modes are coupled at equal rates alone, where coupling and decay commute
        term = np.einsum("nij,nj->ni", kinetics.chain, term)
        power = power * hours / degree
        series = series + power[:, :, None] * term[:, None, :]
    later: Array = series * np.exp(kinetics.rate[:, None, :] * hours[:, :, None])
    return later


def together(parts: Sequence[Modes], n: int) -> Modes:
    """Join the modes of several drugs of the same ``n`` subjects; drugs do not mix.

    Examples
    --------
    >>> together([], 3).rate.shape
    (3, 0)
    """
    m = sum(part.rate.shape[1] for part in parts)
    i = sum(part.bolus.shape[1] for part in parts)
    ligands = sum(part.ligands for part in parts)
    rate, chain = np.zeros((n, m)), np.zeros((n, m, m))
    bolus, steady, rows = np.zeros((n, i, m)), np.zeros((n, i, m)), np.zeros((n, 2 * ligands, m))
    first, last = np.zeros(m, dtype=np.int64), np.zeros(m, dtype=np.int64)
    at = into = ligand = 0
    for part in parts:
        k, q, sites = part.rate.shape[1], part.bolus.shape[1], part.ligands
        columns, inputs = slice(at, at + k), slice(into, into + q)
        rate[:, columns], chain[:, columns, columns] = part.rate, part.chain
        bolus[:, inputs, columns], steady[:, inputs, columns] = part.bolus, part.steady
        rows[:, ligand : ligand + sites, columns] = part.rows[:, :sites]
        rows[:, ligands + ligand : ligands + ligand + sites, columns] = part.rows[:, sites:]
        first[columns], last[columns] = part.first_row + ligand, part.last_row + ligand
        at, into, ligand = at + k, into + q, ligand + sites
    degree = max((part.degree for part in parts), default=0)
    return Modes(rate, chain, degree, bolus, steady, rows, ligands, first, last)
