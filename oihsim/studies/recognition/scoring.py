"""Scores of recognition: confusion, calibration, accuracy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oihsim.studies.recognition.recogniser import SURE
from oihsim.studies.recognition.truth import PICTURES

Array = NDArray[np.float64]

BINS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0)
"""Edges of the bins of predicted probability."""


@dataclass(frozen=True)
class Score:
    """Scores of probabilities against the truth; frequencies are fractions of 1.

    Attributes
    ----------
    confusion : (6, 7) patients by truth and answer, the last column *cannot tell*
    answered : fraction of the patients for whom a picture was named
    accuracy : fraction of those patients for whom the named picture was right
    forced : fraction right if the likeliest picture were always named
    base_rate : fraction right if the commonest picture were always named
    brier, brier_base : mean squared error of the probabilities, summed over pictures; the same if
        the true frequencies were always predicted
    log_loss : mean of -log of the probability of the truth
    calibration_error : mean distance of predicted and observed frequency over the bins (all
        pictures together, weighted by how many predictions fall in a bin)
    predicted, observed, number : of each bin; NaN where it is empty
    """

    confusion: NDArray[np.int64]
    answered: float
    accuracy: float
    forced: float
    base_rate: float
    brier: float
    brier_base: float
    log_loss: float
    calibration_error: float
    predicted: Array
    observed: Array
    number: NDArray[np.int64]


def score(probabilities: Array, truth: NDArray[np.int64]) -> Score:
    """Return the score of probabilities (n, 6) against the truth (n,).

    Examples
    --------
    >>> sure = score(np.eye(6), np.arange(6))
    >>> sure.accuracy, sure.brier, sure.calibration_error
    (1.0, 0.0, 0.0)
    """
    n = len(truth)
    best = probabilities.argmax(axis=1)
    named = probabilities.max(axis=1) >= SURE
    confusion = np.zeros((len(PICTURES), len(PICTURES) + 1), dtype=np.int64)
    np.add.at(confusion, (truth, np.where(named, best, len(PICTURES))), 1)
    happened = np.eye(len(PICTURES))[truth]
    common = happened.mean(axis=0)
    where = np.digitize(probabilities, BINS[1:-1]).ravel()
    number = np.bincount(where, minlength=len(BINS) - 1)
    with np.errstate(invalid="ignore"):
        predicted = np.bincount(where, probabilities.ravel(), len(BINS) - 1) / number
        observed = np.bincount(where, happened.ravel(), len(BINS) - 1) / number
    right = best == truth
    return Score(
        confusion,
        float(named.mean()),
        float(right[named].mean()) if named.any() else float("nan"),
        float(right.mean()),
        float(common.max()),
        float(((probabilities - happened) ** 2).sum(axis=1).mean()),
        float(((common - happened) ** 2).sum(axis=1).mean()),
        float(-np.log(np.maximum(probabilities[np.arange(n), truth], 1e-12)).mean()),
        float(np.nansum(number * abs(predicted - observed)) / number.sum()),
        predicted,
        observed,
        number,
    )
