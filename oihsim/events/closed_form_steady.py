"""Steady states of repeated doses in closed form, without a search."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from oihsim.events.exponential import propagator

Array = NDArray[np.float64]


class NeverEmptied(ValueError):
    """A compartment never empties, so that no steady state exists."""


def _reached(A: Array, start: int) -> NDArray[np.int64]:
    """Return the states that amount in ``start`` reaches."""
    reached = np.zeros(len(A), dtype=bool)
    reached[start] = True
    for _ in range(len(A)):
        reached |= (A[:, reached] > 0.0).any(axis=1)
    return np.flatnonzero(reached)


def _part(A: Array, into: int, compartments: int) -> tuple[NDArray[np.int64], Array]:
    """Return the states that ``into`` reaches and their rate matrix; each must empty."""
    reach = _reached(A, into)
    body = reach[reach < compartments]
    inner = A[np.ix_(body, body)]
    loss = -inner.sum(axis=0)
    leaving = loss > 1e-12 * np.abs(np.diag(inner))
    for _ in range(len(body)):
        leaving |= (inner[leaving] > 0.0).any(axis=0)
    if not leaving.all():
        raise NeverEmptied(str(body[np.argmin(leaving)]))
    return reach, A[np.ix_(reach, reach)]


def constant(A: Array, into: int, rate: float, compartments: int) -> Array:
    """Return the amounts under a constant input.

    Raises
    ------
    NeverEmptied
        a compartment only fills

    Examples
    --------
    >>> constant(np.array([[-0.1]]), 0, 5.0, 1)
    array([50.])
    """
    reach, inner = _part(A, into, compartments)
    state = np.zeros(len(A))
    source = np.where(reach == into, rate, 0.0)
    state[reach] = np.linalg.solve(-inner, source)
    return state


def _periodic(inner: Array, gain: Array, interval: float) -> Array:
    """Return the x with ``x = exp(A II) x + gain``, through ``1 - exp(A II) = -A integral``."""
    all_inputs = np.arange(len(inner))
    _, integral = propagator(inner[None], np.array([interval]), all_inputs)
    return np.linalg.solve(integral[0], np.linalg.solve(-inner, gain))


def boluses(
    A: Array, into: int, amount: float, interval: float, compartments: int, age: float = 0.0
) -> Array:
    """Return the amounts ``age`` after the last bolus of an endless series.

    Raises
    ------
    NeverEmptied
        a compartment only fills

    Examples
    --------
    >>> float(boluses(np.array([[-0.1]]), 0, 50.0, 12.0, 1)[0]).__round__(10)
    71.5506380347
    """
    reach, inner = _part(A, into, compartments)
    gain = np.where(reach == into, amount, 0.0)
    x = _periodic(inner, gain, interval)
    if age:
        amounts, _ = propagator(inner[None], np.array([age]), np.zeros(0, dtype=np.int64))
        x = amounts[0] @ x
    state = np.zeros(len(A))
    state[reach] = x
    return state


def infusions(
    A: Array,
    into: int,
    rate: float,
    duration: float,
    interval: float,
    compartments: int,
    age: float = 0.0,
) -> tuple[Array, list[float]]:
    """Return the amounts ``age`` (below ``interval``) after the last of endless infusions began.

    Infusions may overlap (``duration > interval``).

    Returns
    -------
    state : (rows,)
    left : remaining time of each infusion that is running, the latest first

    Raises
    ------
    NeverEmptied
        a compartment only fills

    Examples
    --------
    >>> state, left = infusions(np.array([[-0.1]]), 0, 10.0, 15.0, 10.0, 1)
    >>> left
    [15.0, 5.0]
    """
    reach, inner = _part(A, into, compartments)
    inputs = np.flatnonzero(reach == into)
    overlapping = math.floor(duration / interval + 1e-12)
    rest = max(duration - overlapping * interval, 0.0)
    if rest < 1e-9:
        rest = 0.0

    def run(x: Array, from_age: float, until: float) -> Array:
        """Advance within one interval; one infusion more runs before ``rest``."""
        for start, end, number in ((0.0, rest, overlapping + 1), (rest, interval, overlapping)):
            a, b = max(start, from_age), min(end, until)
            if b > a:
                amounts, rates = propagator(inner[None], np.array([b - a]), inputs)
                x = amounts[0] @ x + rates[0][:, 0] * rate * number
        return x

    x = _periodic(inner, run(np.zeros(len(reach)), 0.0, interval), interval)
    state = np.zeros(len(A))
    state[reach] = run(x, 0.0, age) if age else x
    ages = [age + k * interval for k in range(overlapping + 1)]
    return state, [duration - began for began in ages if duration - began > 1e-9]
