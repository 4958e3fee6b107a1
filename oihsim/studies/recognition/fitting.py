"""Fit the groups of the classifier to observations of patients whose picture is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from oihsim.studies.recognition.classifier import Classifier
from oihsim.studies.recognition.truth import PICTURES

Array = NDArray[np.float64]

TOWARDS_AVERAGE = (0.1, 0.3, 0.5, 0.8, 1.0)
"""Candidates for the shrinkage of the covariances of the groups."""

TOWARDS_DIAGONAL = 0.1
"""Shrinkage towards the diagonal; assumed."""

FOLDS = 5
FEWEST = 30
"""Smallest number of patients in a group."""

SMALLEST_SD = 0.25
"""Added to every spread, so that no observation is ever certain (assumed)."""


def fit(seen: Array, truth: NDArray[np.int64], group: NDArray[np.int64]) -> Classifier:
    """Return the classifier that predicts held-out patients best.

    The shrinkage of covariances and the temperature minimise the log loss over :data:`FOLDS`
    folds, every picture counting the same; then the groups are fitted once more to all patients.
    The base rates of the pictures are equal.

    Parameters
    ----------
    seen : (n, k) observations, NaN where there is none
    truth : (n,) index of the picture
    group : (n,) group of each patient; the patients of a group have the same picture
    """
    from scipy.optimize import minimize_scalar

    fold = np.arange(len(seen)) % FOLDS
    weight = (1.0 / np.bincount(truth, minlength=len(PICTURES)).clip(1))[truth]
    best = (np.inf, 0.0, 1.0)
    for shrinkage in TOWARDS_AVERAGE:
        parts = [
            (_groups(seen[fold != f], truth[fold != f], group[fold != f], shrinkage), fold == f)
            for f in range(FOLDS)
        ]

        def loss(log_temperature: float, parts: list = parts) -> float:  # type: ignore[type-arg]
            total = 0.0
            for classifier, held_out in parts:
                hot = _with_temperature(classifier, float(np.exp(log_temperature)))
                chance = hot.probabilities(seen[held_out])
                right = chance[np.arange(len(chance)), truth[held_out]]
                total -= float((weight[held_out] * np.log(np.maximum(right, 1e-12))).sum())
            return total

        optimum = minimize_scalar(
            loss, bounds=(-0.7, 1.8), method="bounded", options={"xatol": 0.02}
        )
        if optimum.fun < best[0]:
            best = (float(optimum.fun), shrinkage, float(np.exp(optimum.x)))
    return _with_temperature(_groups(seen, truth, group, best[1]), best[2])


def _with_temperature(classifier: Classifier, temperature: float) -> Classifier:
    return replace(classifier, temperature=temperature)


def _groups(
    seen: Array, truth: NDArray[np.int64], group: NDArray[np.int64], shrinkage: float
) -> Classifier:
    """Return the groups by expectation and maximisation, which estimates missing observations."""
    labels = np.unique(group)
    spread = np.nanvar(seen, axis=0) + SMALLEST_SD**2
    overall = np.nanmean(seen, axis=0)
    mean = np.stack([_mean(seen[group == g], overall) for g in labels])
    covariance = np.tile(np.diag(spread), (len(labels), 1, 1))
    counts = np.array([(group == g).sum() for g in labels], dtype=float)
    for _ in range(8):
        moments = [_moments(seen[group == g], mean[i], covariance[i]) for i, g in enumerate(labels)]
        mean = np.stack([centre for centre, _ in moments])
        covariances = np.stack([spread for _, spread in moments])
        average = np.einsum("g,gij->ij", counts / counts.sum(), covariances)
        covariance = (1.0 - shrinkage) * covariances + shrinkage * average
        diagonal = np.einsum("gii->gi", covariance)[:, :, None] * np.eye(seen.shape[1])
        covariance = (1.0 - TOWARDS_DIAGONAL) * covariance + TOWARDS_DIAGONAL * diagonal
        covariance += SMALLEST_SD**2 * np.eye(seen.shape[1])
    pictures = np.array([truth[group == g][0] for g in labels])
    share = counts / np.bincount(pictures, counts)[pictures] / len(np.unique(pictures))
    return Classifier(pictures, share, mean, covariance, 1.0)


def _mean(seen: Array, overall: Array) -> Array:
    made = np.isfinite(seen).sum(axis=0)
    # one average patient is added, so that an observation that no patient of a group has is average
    return np.asarray((np.nansum(seen, axis=0) + overall) / (made + 1))


def _moments(seen: Array, mean: Array, covariance: Array) -> tuple[Array, Array]:
    """Return mean and covariance of one group; its former ones estimate missing observations."""
    filled, extra = seen.copy(), np.zeros_like(covariance)
    patterns, which = np.unique(np.isfinite(seen), axis=0, return_inverse=True)
    for index, there in enumerate(patterns):
        rows = np.flatnonzero(which.ravel() == index)
        away = ~there
        if not away.any():
            continue
        weights = np.zeros((away.sum(), there.sum()))
        if there.any():
            inner = covariance[np.ix_(there, there)]
            weights = np.linalg.solve(inner, covariance[np.ix_(there, away)]).T
        guess = mean[away] + (seen[np.ix_(rows, there)] - mean[there]) @ weights.T
        filled[np.ix_(rows, away)] = guess
        rest = covariance[np.ix_(away, away)] - weights @ covariance[np.ix_(there, away)]
        extra[np.ix_(away, away)] += len(rows) * rest
    centre = filled.mean(axis=0)
    apart = filled - centre
    return centre, (apart.T @ apart + extra) / len(seen)


def groups_of(
    truth: NDArray[np.int64], withdrawing: NDArray[np.bool_], stopped: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the group of each patient: picture, withdrawal at work or not, on the drug or off.

    Groups of fewer than :data:`FEWEST` patients join the largest of their picture.
    """
    group = truth * 4 + 2 * withdrawing + stopped
    size = np.bincount(group, minlength=4 * len(PICTURES))
    joined = group.copy()
    for g in np.unique(group):
        if size[g] < FEWEST:
            first = 4 * (g // 4)
            joined[group == g] = first + int(np.argmax(size[first : first + 4]))
    return joined
