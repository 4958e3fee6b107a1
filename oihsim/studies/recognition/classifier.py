"""The statistical model behind recognition: a normal distribution of observations for each group.

A picture has up to four groups: with and without withdrawal at work, on the drug and off it.
Covariances of the groups are shrunk towards their average, and then towards their diagonal. Missing
observations are integrated out, which is exact for normal distributions. A temperature, fitted with
the shrinkage, calibrates the probabilities.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oihsim.studies.recognition.truth import PICTURES

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Classifier:
    """Fitted groups.

    Attributes
    ----------
    picture : (g,) index of each group's picture
    share : (g,) fraction of each group before any observation
    mean : (g, k), covariance : (g, k, k)
    temperature : divisor of the log-likelihoods
    """

    picture: NDArray[np.int64]
    share: Array
    mean: Array
    covariance: Array
    temperature: float

    def log_likelihood(self, seen: Array) -> Array:
        """Return the log density of each row's finite entries in each group, (n, g)."""
        densities = np.zeros((len(seen), len(self.share)))
        patterns, which = np.unique(np.isfinite(seen), axis=0, return_inverse=True)
        for index, pattern in enumerate(patterns):
            if not pattern.any():
                continue
            rows = np.flatnonzero(which.ravel() == index)
            for g in range(len(self.share)):
                root = np.linalg.cholesky(self.covariance[g][np.ix_(pattern, pattern)])
                away = np.linalg.solve(
                    root, (seen[np.ix_(rows, pattern)] - self.mean[g, pattern]).T
                )
                densities[rows, g] = -0.5 * (away**2).sum(axis=0) - np.log(np.diag(root)).sum()
                densities[rows, g] -= 0.5 * pattern.sum() * np.log(2.0 * np.pi)
        return densities

    def probabilities(self, seen: Array, base_rates: Array | None = None) -> Array:
        """Return the probability of each picture, (n, 6), rows adding up to 1.

        Parameters
        ----------
        seen : (n, k) observations, NaN where there is none
        base_rates : (6,) fractions of the pictures before any observation; equal by default
        """
        share = self.share
        if base_rates is not None:
            share = share / self.base_rates()[self.picture] * base_rates[self.picture]
        with np.errstate(divide="ignore"):
            score = self.log_likelihood(seen) / self.temperature + np.log(share)
        score = np.exp(score - score.max(axis=1, keepdims=True))
        chances = np.zeros((len(seen), len(PICTURES)))
        for g, picture in enumerate(self.picture):
            chances[:, picture] += score[:, g]
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))

    def base_rates(self) -> Array:
        """Return the fraction of each picture before any observation, (6,)."""
        rates = np.bincount(self.picture, weights=self.share, minlength=len(PICTURES))
        return np.asarray(rates, dtype=np.float64)

    def as_data(self) -> dict[str, Any]:
        """Return plain data for a JSON file, numbers with 8 figures."""
        return {
            "picture": [PICTURES[i] for i in self.picture],
            "share": _rounded(self.share),
            "temperature": float(f"{self.temperature:.8g}"),
            "mean": _rounded(self.mean),
            "covariance": _rounded(self.covariance),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Classifier:
        """Return the classifier of data from :meth:`as_data`."""
        return cls(
            np.array([PICTURES.index(name) for name in data["picture"]]),
            np.array(data["share"], dtype=float),
            np.array(data["mean"], dtype=float),
            np.array(data["covariance"], dtype=float),
            float(data["temperature"]),
        )


def _rounded(values: Array) -> Any:
    return np.vectorize(lambda value: float(f"{value:.8g}"))(values).tolist()
