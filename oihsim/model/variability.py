"""Reproducible random deviates, and the spread, covariates and correlations made from them.

A number depends on seed, purpose and subject alone. Subject 7 has the same clearance among ten
subjects and among a million: adding a drug, a parameter or an arm changes no other number.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oihsim.files.errors import ModelError
from oihsim.model.parameter import Parameter

Array = NDArray[np.float64]


NUMBERS_PER_COUNT = 4
"""Numbers that Philox gives for each value of its counter."""

FIXED = "fixed"
"""Distribution of a covariate that is the same in everybody."""

WIDEST = 12.0
"""Largest standard deviation of a logit: beyond it, nearly all subjects lie at a limit."""


@dataclass(frozen=True)
class Spread:
    """How a parameter varies between subjects.

    Parameters
    ----------
    parameter : its ``value`` is the typical one, its ``cv`` the coefficient of variation
    kind : ``"lognormal"``, or ``"logit"`` for a parameter between 0 and ``scale``
    scale : upper limit of a ``"logit"`` parameter

    Notes
    -----
    Log-normal: ``value * exp(omega z)`` with ``omega = sqrt(log(1 + cv**2))``. Logit: the logit of
    ``value / scale`` is normal with the sd that gives the stated cv to first order,
    ``cv / (1 - value / scale)``.
    """

    parameter: Parameter
    kind: str = "lognormal"
    scale: float = 1.0


@dataclass(frozen=True)
class Correlation:
    """Correlation ``r`` between the deviates of two parameters or covariates."""

    between: tuple[str, str]
    r: float


@dataclass(frozen=True)
class CovariateDistribution:
    """The distribution of a covariate.

    ``fixed`` is ``mean`` in everybody; ``normal`` and ``lognormal`` are cut at ``low`` and
    ``high``; ``sd`` is that before the cut;
    ``yes_or_no`` is 1 with probability ``mean``. The typical subject has ``typical``.
    """

    symbol: str
    typical: float
    distribution: str
    mean: float
    sd: float = 0.0
    low: float = -math.inf
    high: float = math.inf


def deviates(seed: int, purpose: str, n: int, first: int = 0) -> Array:
    """Return standard normal deviates, (n,), keyed by seed, purpose and subject.

    The deviates are those of the subjects ``first`` to ``first + n - 1``.

    Examples
    --------
    >>> deviates(1, "morphine.CL", 2).tolist() == deviates(1, "morphine.CL", 5)[:2].tolist()
    True
    """
    from scipy.special import ndtri

    return np.asarray(ndtri(uniforms(seed, purpose, n, first)), dtype=np.float64)


def uniforms(seed: int, purpose: str, n: int, first: int = 0) -> Array:
    """Return deviates uniform on (0, 1), (n,), keyed by seed, purpose and subject.

    The deviates are those of the subjects ``first`` to ``first + n - 1``; the cost does not depend
    on ``first``.

    Examples
    --------
    >>> uniforms(1, "morphine.CL", 2, 3).tolist() == uniforms(1, "morphine.CL", 5)[3:].tolist()
    True
    """
    key = hashlib.sha256(f"{seed}\x00{purpose}".encode()).digest()[:16]
    # one count of the generator gives four numbers; the first subject has the first of count 1
    before, within = divmod(first, NUMBERS_PER_COUNT)
    generator = np.random.Philox(counter=before, key=np.frombuffer(key, dtype="<u8"))
    raw = generator.random_raw(within + n)[within:]
    # the middle of one of 2**53 equal parts of (0, 1): never 0, never 1
    return np.asarray(((raw >> np.uint64(11)) + 0.5) * 2.0**-53, dtype=np.float64)


def individual(address: str, spread: Spread, z: Array | None, n: int) -> Array:
    """Return a parameter, (n,), from its deviates; without deviates the typical value.

    Raises
    ------
    ModelError
        the typical value of a ``"logit"`` parameter is outside its limits
    """
    value, cv = spread.parameter.value, spread.parameter.cv
    if z is None or value == 0.0:
        return np.full(n, value)
    if spread.kind == "lognormal":
        return value * np.exp(math.sqrt(math.log1p(cv * cv)) * z)
    fraction = value / spread.scale
    if fraction == 1.0:
        return np.full(n, value)
    if not 0.0 < fraction < 1.0:
        raise ModelError(f"{address} is {value:g}; its spread keeps it in (0, {spread.scale:g})")
    sd = cv / (1.0 - fraction)
    if sd > WIDEST and np.any(z != 0.0):
        raise ModelError(
            f"{address} is {value:g}; "
            f"a spread of {100 * cv:.0f} % does not fit below {spread.scale:g}"
        )
    odds = fraction / (1.0 - fraction) * np.exp(sd * z)
    return spread.scale * odds / (1.0 + odds)


def covariate_values(covariate: CovariateDistribution, z: Array) -> Array:
    """Return a covariate from its deviate by the inverse of its distribution function."""
    from scipy.special import ndtr, ndtri

    if covariate.distribution == FIXED:
        return np.full(len(z), covariate.mean)
    if covariate.distribution == "yes_or_no":
        return np.asarray(ndtr(z) > 1.0 - covariate.mean, dtype=np.float64)
    mean, sd, low, high = covariate.mean, covariate.sd, covariate.low, covariate.high
    lognormal = covariate.distribution == "lognormal"
    if lognormal:
        sd = math.sqrt(math.log1p((sd / mean) ** 2))
        mean = math.log(mean) - 0.5 * sd * sd
        low, high = (math.log(low) if low > 0.0 else -math.inf), math.log(high)
    below, above = ndtr((low - mean) / sd), ndtr((high - mean) / sd)
    value = mean + sd * ndtri(below + ndtr(z) * (above - below))
    return np.asarray(np.exp(value) if lognormal else value, dtype=np.float64)


def correlated(
    names: Iterable[str], correlations: Iterable[Correlation], n: int, seed: int, typical: bool,
    first: int = 0,
) -> dict[str, Array]:  # fmt: skip
    """Return the deviates of all names; Cholesky factors mix those of correlated names."""
    if typical:
        return {name: np.zeros(n) for name in names}
    z = {name: deviates(seed, name, n, first) for name in names}
    present = [correlation for correlation in correlations if set(correlation.between) <= set(z)]
    for group in _groups(present):
        matrix = np.eye(len(group))
        for correlation in present:
            if correlation.between[0] in group:
                i, j = (group.index(name) for name in correlation.between)
                matrix[i, j] = matrix[j, i] = correlation.r
        try:
            lower = np.linalg.cholesky(matrix)
        except np.linalg.LinAlgError:
            text = ", ".join(group)
            raise ModelError(f"the correlations of {text} cannot hold together") from None
        unmixed = [z[name] for name in group]
        # one product after the other: a matrix product rounds differently for few subjects and many
        mixed = [
            sum((lower[i, j] * unmixed[j] for j in range(1, i + 1)), lower[i, 0] * unmixed[0])
            for i in range(len(group))
        ]
        z.update(zip(group, mixed, strict=True))
    return z


def _groups(correlations: Sequence[Correlation]) -> list[list[str]]:
    """Return names linked by correlations, each group in the order of first mention.

    Examples
    --------
    >>> _groups([Correlation(pair, 0.1) for pair in (("a", "b"), ("c", "d"), ("d", "e"))])
    [['a', 'b'], ['c', 'd', 'e']]
    """
    groups: list[list[str]] = []
    for correlation in correlations:
        pair = correlation.between
        touched = [group for group in groups if set(pair) & set(group)]
        merged = list(dict.fromkeys([*(name for group in touched for name in group), *pair]))
        groups = [group for group in groups if group not in touched] + [merged]
    return groups
