"""Linear kinetics under dosing that repeats for ever: the amounts at the start of a period.

Over one period the modes obey ``w(T) = E w(0) + b``, where ``w`` is what differs from the steady
level of the running inputs, ``E`` the decay over the period and ``b`` what the entries of the
period leave at its end. Dosing that has gone on for ever is the sum of a geometric series,
``w = (1 - E)^-1 b``: the closed form of steady state for boluses, infusions and lags alike.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.solver import BOLUS, RATE, Schedule
from oihsim.kinetics.propagation import Modes

Array = NDArray[np.float64]


def settled_modes(kinetics: Modes, schedule: Schedule, flow: Array, period_h: float) -> Array:
    """Return the modes at the start of a period of dosing that has gone on for ever.

    Parameters
    ----------
    kinetics : the modes of ``n`` subjects
    schedule : the entries of one period, times from 0 to below ``period_h``
    flow : (n, i) rates that run just before time 0, amount per hour
    period_h : length of the period, h

    Returns
    -------
    (n, m) the modes themselves, the part of the running inputs included

    Examples
    --------
    >>> from oihsim.kinetics.propagation import modes
    >>> one = np.ones((1, 1, 1))
    >>> body = modes(-one, one, one, one)
    >>> bolus = Schedule(np.array([0, 1]), np.zeros(1), np.array([BOLUS]), np.array([0]),
    ...     np.ones(1))
    >>> z = settled_modes(body, bolus, np.zeros((1, 1)), 2.0)
    >>> bool(np.isclose(z[0, 0] * body.rows[0, 0, 0], 1.0 / (np.exp(2.0) - 1.0)))
    True
    """
    n, m = kinetics.rate.shape
    settled = np.zeros((n, m))
    for i in range(n):
        rows = slice(schedule.offset[i], schedule.offset[i + 1])
        kind, index = schedule.kind[rows], schedule.index[rows]
        value, time = schedule.value[rows], schedule.time[rows]
        added = np.zeros((len(kind), m))
        boluses, rates = kind == BOLUS, kind == RATE
        added[boluses] = value[boluses, None] * kinetics.bolus[i][index[boluses]]
        added[rates] = -value[rates, None] * kinetics.steady[i][index[rates]]
        rate, chain, degree = kinetics.rate[i], kinetics.chain[i], kinetics.degree
        remaining = _decayed(added, rate, chain, degree, period_h - time).sum(axis=0)
        decay = _decayed(np.eye(m), rate, chain, degree, np.full(m, period_h)).T
        # 1 - exp(-x) loses its figures for slow modes; expm1 keeps them
        free = np.eye(m) - decay
        free[np.arange(m), np.arange(m)] = -np.expm1(rate * period_h)
        settled[i] = np.linalg.solve(free, remaining) + flow[i] @ kinetics.steady[i]
    return settled


def _decayed(z: Array, rate: Array, chain: Array, degree: int, span: Array) -> Array:
    """Return rows of modes after ``span`` hours without input, (k, m)."""
    total = z.copy()
    term = z
    for k in range(1, degree + 1):
        term = (term @ chain.T) * (span / k)[:, None]
        total += term
    return np.asarray(total * np.exp(rate[None, :] * span[:, None]), dtype=np.float64)


def started(kinetics: Modes, modes: Array) -> Modes:
    """Return kinetics with one more input: one unit into it sets the modes at the start.

    Examples
    --------
    >>> from oihsim.kinetics.propagation import modes
    >>> one = np.ones((1, 1, 1))
    >>> started(modes(-one, one, one, one), np.array([[3.0]])).bolus.shape
    (1, 2, 1)
    """
    bolus = np.concatenate([kinetics.bolus, modes[:, None, :]], axis=1)
    steady = np.concatenate([kinetics.steady, np.zeros_like(modes)[:, None, :]], axis=1)
    return replace(kinetics, bolus=np.ascontiguousarray(bolus), steady=np.ascontiguousarray(steady))
