"""Sobol indices of any function of the unit cube: the design, the estimate, its interval.

Design and bootstrap are scipy's. The two means are written out here (Saltelli 2010: first order;
Jansen 1999: total): ``scipy.stats.sobol_indices`` takes only a power of two of rows, so that no row
could be dropped, and its bootstrap cannot be seeded. A test holds the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAST_ROWS = 8
"""Complete rows below which there is no estimate."""

BATCH = 64
"""Resamples that are computed together."""


@dataclass(frozen=True)
class Design:
    """The points of an estimate: two independent samples, and one with a column changed for each.

    Attributes
    ----------
    a, b : (rows, k) in the unit cube
    """

    a: Array
    b: Array

    @classmethod
    def of(cls, rows: int, k: int, seed: int) -> Design:
        """Return a scrambled Sobol sequence of ``2 k`` columns, cut in two.

        Examples
        --------
        >>> Design.of(8, 3, seed=1).points.shape
        (40, 3)
        """
        from scipy.stats import qmc

        both = qmc.Sobol(2 * k, rng=np.random.default_rng(seed), bits=64).random(rows)
        return cls(both[:, :k], both[:, k:])

    @property
    def points(self) -> Array:
        """Every point, (rows (k + 2), k): a row of ``a``, of ``b``, and ``k`` between them."""
        rows, k = self.a.shape
        points = np.empty((rows, k + 2, k))
        points[:, 0], points[:, 1] = self.a, self.b
        points[:, 2:] = self.a[:, None]
        column = np.arange(k)
        points[:, 2 + column, column] = self.b
        return points.reshape(-1, k)


@dataclass(frozen=True)
class Indices:
    """Sobol indices and their intervals.

    Attributes
    ----------
    first, total : (k,) shares of the variance; NaN where too few rows are complete or nothing
        varies
    first_interval, total_interval : (k, 2)
    mean, variance : of the function
    rows, dropped : rows that count, and that do not
    """

    first: Array
    total: Array
    first_interval: Array
    total_interval: Array
    mean: float
    variance: float
    rows: int
    dropped: int


def estimate(values: Array, *, level: float = 0.95, resamples: int = 999, seed: int = 0) -> Indices:
    """Return the indices of a function from its values at :attr:`Design.points`.

    Parameters
    ----------
    values : (rows, k + 2) in that order; a row with a value that is not finite is dropped,
        since its other points need that value
    level : of the interval, percentiles of a bootstrap over rows
    resamples, seed : of the bootstrap; the same seed gives the same interval

    Examples
    --------
    If y = 3 a + b, nine tenths of the variance are those of a:

    >>> design = Design.of(512, 2, seed=1)
    >>> values = design.points @ np.array([3.0, 1.0])
    >>> indices = estimate(values.reshape(512, 4), resamples=50)
    >>> [round(float(share), 2) for share in indices.total]
    [0.9, 0.1]
    """
    table = np.asarray(values, dtype=np.float64)
    complete = np.isfinite(table).all(axis=1)
    complete_rows, k = table[complete], table.shape[1] - 2
    few = len(complete_rows) < LEAST_ROWS
    pair = complete_rows[:, :2]
    mean, variance = (np.nan, np.nan) if few else (float(pair.mean()), float(pair.var()))
    shares, low, high = np.full((3, 2, k), np.nan)
    if not few and variance > 0.0:
        shares, low, high = _resampled(complete_rows - mean, level, resamples, seed)
    intervals = np.stack([low, high], axis=-1)
    return Indices(
        shares[0], shares[1], intervals[0], intervals[1], mean, variance, len(complete_rows),
        len(table) - len(complete_rows),
    )  # fmt: skip


def _shares(table: Array) -> Array:
    """Return first-order and total indices, (…, 2, k), from centred values, (…, rows, k + 2)."""
    a, b, between = table[..., :1], table[..., 1:2], table[..., 2:]
    first = (b * (between - a)).mean(axis=-2)
    total = 0.5 * ((a - between) ** 2).mean(axis=-2)
    variance = table[..., :2].var(axis=(-2, -1))[..., None]
    return np.asarray(np.stack([first / variance, total / variance], axis=-2))


def _resampled(table: Array, level: float, resamples: int, seed: int) -> tuple[Array, Array, Array]:
    """Return the indices, and the ends of their intervals, (2, k) each."""
    from scipy.stats import bootstrap

    def shares(rows: NDArray[np.int64], axis: int) -> Array:
        del axis
        return np.moveaxis(_shares(table[rows]), (-2, -1), (0, 1))

    result = bootstrap(
        (np.arange(len(table)),), shares, vectorized=True, n_resamples=resamples, batch=BATCH,
        confidence_level=level, method="percentile", rng=np.random.default_rng(seed),
    )  # fmt: skip
    return _shares(table), result.confidence_interval.low, result.confidence_interval.high
