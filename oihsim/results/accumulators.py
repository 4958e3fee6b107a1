"""Moments and quantiles of many cells at once, from blocks of subjects that are then forgotten.

Moments are merged as Chan, Golub and LeVeque do (The American Statistician 37, 242, 1983).
Quantiles are read from counts on a fixed grid, ``sign(x) log(1 + |x| / 1e-4)`` in steps of 1/128:
counts add up exactly, so a quantile does not depend on how subjects were grouped, and no random
number decides it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

SMALL, WIDTH = 1e-4, 1.0 / 128.0
"""Value at which the grid turns from linear to logarithmic, and the width of a bin: 0.8 % of the
value, or 8e-7 near 0."""

FARTHEST = 1 << 20
"""Number of the bins of infinite values, far beyond those of any finite number."""


def bins(values: Array) -> Counts:
    """Return the bin of each value.

    Examples
    --------
    >>> bins(np.array([0.0, -5.0, 5.0, np.inf])).tolist()
    [0, -1385, 1384, 1048576]
    """
    finite = np.isfinite(values)
    x = np.where(finite, values, 0.0)
    place = np.floor(np.sign(x) * np.log1p(np.abs(x) / SMALL) / WIDTH).astype(np.int64)
    far = np.where(values > 0.0, FARTHEST, -FARTHEST)
    return np.where(finite, place, far).astype(np.int64)


def edges(numbers: Counts) -> Array:
    """Return the lower edges of bins; the upper edge of a bin is the lower edge of the next."""
    at = numbers * WIDTH
    return np.asarray(np.sign(at) * SMALL * np.expm1(np.abs(at)), dtype=np.float64)


@dataclass(frozen=True)
class Cells:
    """Moments, extremes and histogram of the values of many subjects in each of ``c`` cells.

    Attributes
    ----------
    count : (c,) values that are not NaN; ``infinite`` of them count in quantiles only
    infinite : (c,)
    mean, squares : (c,) of the finite ones: mean, and sum of squared differences from it
    low, high : (c,) extremes, infinite ones included; inf and -inf in a cell without values
    first : number of the first stored bin
    held : (c, b) number of values in each stored bin
    beyond : (c, 2) number of values at minus and plus infinity
    """

    count: Counts
    infinite: Counts
    mean: Array
    squares: Array
    low: Array
    high: Array
    first: int
    held: Counts
    beyond: Counts

    @classmethod
    def of(cls, values: Array) -> Cells:
        """Return the cells of ``(c, n)`` values; NaN is no value.

        Examples
        --------
        >>> cells = Cells.of(np.array([[1.0, 3.0, np.nan]]))
        >>> int(cells.count[0]), float(cells.mean[0]), float(cells.squares[0])
        (2, 2.0, 2.0)
        """
        c, there, finite = len(values), ~np.isnan(values), np.isfinite(values)
        count = finite.sum(axis=1)
        x = np.where(finite, values, 0.0)
        mean = x.sum(axis=1) / np.maximum(count, 1)
        squares = np.where(finite, (x - mean[:, None]) ** 2, 0.0).sum(axis=1)
        place = bins(values)
        first = int(place[finite].min(initial=FARTHEST))
        last = int(place[finite].max(initial=-FARTHEST))
        wide = max(0, last - first + 1)
        row = np.nonzero(finite)[0]
        held = np.bincount(row * wide + place[finite] - first, minlength=c * wide)
        beyond = np.stack([(values == -np.inf).sum(axis=1), (values == np.inf).sum(axis=1)], 1)
        return cls(
            there.sum(axis=1), there.sum(axis=1) - count, mean, squares,
            np.where(there, values, np.inf).min(axis=1, initial=np.inf),
            np.where(there, values, -np.inf).max(axis=1, initial=-np.inf),
            first if wide else 0, held.reshape(c, wide), beyond,
        )  # fmt: skip

    def merge(self, other: Cells) -> Cells:
        """Return the cells of the values of both.

        Examples
        --------
        >>> two, six = Cells.of(np.array([[1.0, 2.0]])), Cells.of(np.array([[6.0]]))
        >>> float(two.merge(six).mean[0])
        3.0
        """
        a, b = self.count - self.infinite, other.count - other.infinite
        total = np.maximum(a + b, 1)
        apart = other.mean - self.mean
        mean = np.where(a == 0, other.mean, self.mean + apart * (b / total))
        squares = self.squares + other.squares + apart * apart * (a * (b / total))
        binned = [cells for cells in (self, other) if cells.held.shape[1]]
        first = min((cells.first for cells in binned), default=0)
        last = max((cells.first + cells.held.shape[1] for cells in binned), default=0)
        held = np.zeros((len(self.count), last - first), dtype=np.int64)
        for cells in binned:
            at = cells.first - first
            held[:, at : at + cells.held.shape[1]] += cells.held
        return Cells(
            self.count + other.count, self.infinite + other.infinite, mean, squares,
            np.minimum(self.low, other.low), np.maximum(self.high, other.high),
            first, held, self.beyond + other.beyond,
        )  # fmt: skip

    @property
    def sd(self) -> Array:
        """The standard deviation of the finite values, n - 1; NaN of fewer than two."""
        free = self.count - self.infinite - 1
        variance = np.where(free > 0, self.squares, np.nan) / np.maximum(free, 1)
        return np.asarray(np.sqrt(variance), dtype=np.float64)

    @property
    def means(self) -> Array:
        """The mean of the finite values; NaN where there is none."""
        return np.where(self.count > self.infinite, self.mean, np.nan)

    @property
    def extremes(self) -> tuple[Array, Array]:
        """The smallest and the largest value; NaN where there is none."""
        filled = self.count > 0
        return np.where(filled, self.low, np.nan), np.where(filled, self.high, np.nan)

    def quantile(self, share: float) -> tuple[Array, Array]:
        """Return a quantile and the largest error of its rank, as a share of the values.

        Parameters
        ----------
        share : from 0 to 1

        Returns
        -------
        tuple
            (c,) a value in the same bin as the smallest value with at least ``share`` of the values
            at or below it, so less than a bin off; (c,) the part of the values in that bin, which
            bounds the error in rank. Both are NaN in a cell without values

        Examples
        --------
        >>> value, rank = Cells.of(np.arange(1.0, 1001.0)[None]).quantile(0.5)
        >>> abs(float(value[0]) / 500.0 - 1.0) < WIDTH, round(float(rank[0]), 2)
        (True, 0.0)
        """
        n = self.count.astype(np.float64)
        wanted = np.clip(np.ceil(share * n), 1.0, None)
        counts = np.concatenate([self.beyond[:, :1], self.held, self.beyond[:, 1:]], axis=1)
        below = np.cumsum(counts, axis=1)
        at = np.minimum((below < wanted[:, None]).sum(axis=1), counts.shape[1] - 1)
        row = np.arange(len(n))
        inside = np.maximum(counts[row, at], 1)
        part = (wanted - (below[row, at] - counts[row, at])) / inside
        bin_ = self.first + at - 1
        lower, upper = edges(bin_), edges(bin_ + 1)
        value = np.clip(lower + part * (upper - lower), self.low, self.high)
        value = np.where(at == 0, -np.inf, np.where(at == counts.shape[1] - 1, np.inf, value))
        filled = n > 0
        rank = counts[row, at] / np.maximum(n, 1.0)
        return np.where(filled, value, np.nan), np.where(filled, rank, np.nan)
