"""Statistics: from the values of virtual subjects to the number that a study printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Statistic:
    """A number per sample from the values of its subjects.

    Attributes
    ----------
    of : from (samples, subjects) in an arm and in the comparator to (samples,)
    no_effect : value without an effect; None where the number is no comparison
    relative : whether equal ratios count as equal distances, so that errors are those of logarithms
    """

    of: Callable[[Array, Array], Any]
    no_effect: float | None
    relative: bool = False

    @property
    def compares(self) -> bool:
        """Whether it needs a comparator."""
        return self.no_effect is not None


def _mean(values: Array, _: Array) -> Any:
    return values.mean(-1)


def _median(values: Array, _: Array) -> Any:
    return np.median(values, axis=-1)


def _difference(values: Array, others: Array) -> Any:
    return values.mean(-1) - others.mean(-1)


def _median_difference(values: Array, others: Array) -> Any:
    return np.median(values, axis=-1) - np.median(others, axis=-1)


def _ratio(values: Array, others: Array) -> Any:
    return values.mean(-1) / others.mean(-1)


def _percent(values: Array, others: Array) -> Any:
    return 100.0 * (_ratio(values, others) - 1.0)


def _geometric_ratio(values: Array, others: Array) -> Any:
    return np.exp(np.log(values).mean(-1) - np.log(others).mean(-1))


def _log10_ratio(values: Array, others: Array) -> Any:
    return np.log10(values).mean(-1) - np.log10(others).mean(-1)


def _smd(values: Array, others: Array) -> Any:
    pooled = np.sqrt((values.var(-1, ddof=1) + others.var(-1, ddof=1)) / 2.0)
    return np.divide(
        _difference(values, others), pooled, out=np.zeros(pooled.shape), where=pooled > 0.0
    )


def _correlation(values: Array, others: Array) -> Any:
    a = values - values.mean(-1, keepdims=True)
    b = others - others.mean(-1, keepdims=True)
    size = np.sqrt((a**2).sum(-1) * (b**2).sum(-1))
    return np.divide((a * b).sum(-1), size, out=np.zeros(size.shape), where=size > 0.0)


def _hazard_ratio(values: Array, others: Array) -> Any:
    """Return observed over expected events of one arm, relative to the other (peto1977).

    Times to an event are positive, those to a censoring negative.
    """
    events = np.unique(np.concatenate([values[values > 0.0], others[others > 0.0]]))
    observed, expected = np.zeros((2, len(values))), np.zeros((2, len(values)))
    for time in events:
        at_risk = np.stack([(np.abs(arm) >= time).sum(-1) for arm in (values, others)])
        happened = np.stack([(arm == time).sum(-1) for arm in (values, others)])
        everybody = at_risk.sum(0)
        observed += happened
        expected += happened.sum(0) * at_risk / np.maximum(everybody, 1)
    rates = np.divide(observed, expected, out=np.full(observed.shape, np.nan), where=expected > 0.0)
    return np.divide(rates[0], rates[1], out=np.full(len(values), np.nan), where=rates[1] > 0.0)


def _event_free(values: Array, _: Array) -> Any:
    """Return the part without an event at the end of the window (kaplan1958).

    Times as of :func:`_hazard_ratio`; who is censored counts until then.
    """
    share = np.ones(len(values))
    for time in np.unique(values[values > 0.0]):
        at_risk = (np.abs(values) >= time).sum(-1)
        share *= 1.0 - (values == time).sum(-1) / np.maximum(at_risk, 1)
    return share


STATISTICS: dict[str, Statistic] = {
    "mean": Statistic(_mean, None),
    "median": Statistic(_median, None),
    "incidence": Statistic(_mean, None),
    "difference": Statistic(_difference, 0.0),
    "median difference": Statistic(_median_difference, 0.0),
    "ratio": Statistic(_ratio, 1.0, relative=True),
    "percent": Statistic(_percent, 0.0),
    "geometric ratio": Statistic(_geometric_ratio, 1.0, relative=True),
    "log10 ratio": Statistic(_log10_ratio, 0.0),
    "SMD": Statistic(_smd, 0.0),
    "correlation": Statistic(_correlation, 0.0),
    "hazard ratio": Statistic(_hazard_ratio, 1.0, relative=True),
    "event-free share": Statistic(_event_free, None),
}
"""The statistics by name; ``correlation`` has the values of its second reading as comparator,
``hazard ratio`` and ``event-free share`` times to an event, negative where they are censored."""

OF_TIMES = ("hazard ratio", "event-free share")
"""The statistics of times to an event."""


def resampled(
    statistic: Statistic, values: Array, others: Array | None, *,
    size: int, samples: int, together: bool, seed: int,
) -> Array:  # fmt: skip
    """Return the statistic of samples of subjects, (samples,), drawn with replacement.

    Parameters
    ----------
    values, others : (n,) and (m,); finite
    size : subjects of a sample, in each of the two
    samples : number of samples
    together : whether the two are of the same subjects, who are drawn in pairs
    seed : of the draws

    Examples
    --------
    >>> values = np.arange(100.0)
    >>> means = resampled(STATISTICS["mean"], values, None, size=100, samples=500,
    ...     together=False, seed=1)
    >>> bool(abs(means.std() - values.std() / 10.0) < 0.3)
    True
    """
    rng = np.random.default_rng(seed)
    who = rng.integers(len(values), size=(samples, size))
    if others is None:
        return np.asarray(statistic.of(values[who], values[who]))
    also = who if together else rng.integers(len(others), size=(samples, size))
    return np.asarray(statistic.of(values[who], others[also]))
