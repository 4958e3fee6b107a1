"""DOP853: the body from one stop to the next, with the error per step held in each state."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np

from oihsim.solver.concentrations import drives
from oihsim.tableau import E3, E5, ORDER, STAGES, A, B, C

rhs: Callable[..., Any]

# ---- page ----

SMALLEST_STEP = 1e-10
MOST_STEPS = 5_000_000


def slope(y, p, mask, u, dy):
    """Fill the time derivatives of the body, with held states standing still."""
    rhs(y, p, u, dy)
    for i in range(y.size):
        dy[i] *= mask[i]


def advance(span, h, y, p, mask, typical, rtol, kin, weights, pk, work, counts):
    """Advance the body by ``span`` hours from the anchor; return ``(status, next step, first)``.

    ``work[0]`` holds the derivatives at the start; ``first`` is the first step that was accepted.
    """
    amplitude, active, count, offset, conc, u = pk
    k, trial = work
    n = y.size
    tau, previous, first_step = 0.0, 1e-4, 0.0
    while tau < span:
        whole = tau + 1.01 * h >= span
        step = span - tau if whole else h
        if step < SMALLEST_STEP and not whole:
            return 1, h, first_step
        for s in range(1, STAGES):
            for i in range(n):
                trial[i] = 0.0
            for j in range(s):
                if A[s, j] != 0.0:
                    weight = step * A[s, j]
                    for i in range(n):
                        trial[i] += weight * k[j, i]
            for i in range(n):
                trial[i] += y[i]
            drives(tau + C[s] * step, kin, weights, amplitude, active, count, offset, conc, u)
            slope(trial, p, mask, u, k[s])
        error5, error3 = 0.0, 0.0
        for i in range(n):
            b, e5, e3 = 0.0, 0.0, 0.0
            for s in range(STAGES):
                b += B[s] * k[s, i]
                e5 += E5[s] * k[s, i]
                e3 += E3[s] * k[s, i]
            trial[i] = y[i] + step * b
            error5 = max(error5, abs(e5) / (rtol * typical[i]))
            error3 = max(error3, abs(e3) / (rtol * typical[i]))
            if not (isfinite(trial[i]) and isfinite(e5)):
                error5 = np.inf
        counts[2] += STAGES - 1
        error = 0.0
        if error5 > 0.0:
            error = step * error5 * (error5 / np.sqrt(error5 * error5 + 0.01 * error3 * error3))
        if not isfinite(error):
            error = 1e8
            if step < 10.0 * SMALLEST_STEP:
                return 2, h, first_step
        if error <= 1.0:
            counts[0] += 1
            if first_step == 0.0:
                first_step = step
            tau = span if whole else tau + step
            for i in range(n):
                y[i] = trial[i]
            drives(tau, kin, weights, amplitude, active, count, offset, conc, u)
            slope(y, p, mask, u, k[0])
            counts[2] += 1
            safe = max(error, 1e-10)
            grow = min(6.0, max(0.2, 0.9 * safe ** (-0.115) * previous**0.04))
            previous = max(safe, 1e-4)
            h = max(h, step * grow) if whole and step < h else step * grow
        else:
            counts[1] += 1
            h = step * max(0.1, 0.9 * error ** (-1.0 / ORDER))
            if h < SMALLEST_STEP:
                return 1, h, first_step
        if counts[0] + counts[1] > MOST_STEPS:
            return 3, h, first_step
    return 0, h, first_step
