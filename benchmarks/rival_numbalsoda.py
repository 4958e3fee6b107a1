"""numbalsoda: LSODA (C++) and DOP853 (Fortran) called from numba, restarted at each dose.

The right-hand side is a C callback compiled by numba; the loop over subjects and doses is compiled
too, so nothing is left in Python. Its methods take one absolute tolerance for all states. DOP853
interpolates outputs with less accuracy than it steps with, so that a stop at each is tried too.
Source: https://github.com/Nicholaswogan/numbalsoda.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numba
import numpy as np
from numbalsoda import dop853, lsoda, lsoda_sig

from benchmarks.compiled import compiled_rhs, flat_pieces, source
from benchmarks.problems import Array
from benchmarks.systems import System

PACKAGE = "numbalsoda"
MOST_STEPS = 200_000
STOPS = "dop853, a stop an output"


def settings(system: System) -> tuple[str, ...]:
    """Return the methods worth trying: the explicit one is of no use where binding is stiff."""
    return ("lsoda",) if system.name == "OIH-15s" else ("dop853", STOPS, "lsoda")


@lru_cache(maxsize=4)
def _callback(text: str) -> Any:
    rhs = compiled_rhs(text)

    @numba.cfunc(lsoda_sig)
    def call(t, y, dy, p):  # type: ignore[no-untyped-def]
        rhs(t, y, dy, p)

    return call


@lru_cache(maxsize=4)
def _loop(method: str) -> Any:
    solve = lsoda if method == "lsoda" else dop853
    at_once = method != STOPS

    @numba.njit
    def all_subjects(address, y0, values, bolus, inflow, into, pieces, rtol, out):  # type: ignore[no-untyped-def]
        stop, offset, grid, rows = pieces
        for i in range(len(values)):
            y, p = y0.copy(), values[i].copy()
            out[i, 0] = y0
            for k in range(len(stop)):
                if stop[k] >= 0:
                    for j in range(len(into)):
                        y[into[j]] += bolus[i, stop[k], j]
                        p[len(p) - len(into) + j] = inflow[i, stop[k], j]
                start, end = offset[k], offset[k + 1]
                while start < end - 1:
                    last = end - 1 if at_once else start + 1
                    states, well = solve(
                        address, y, grid[start : last + 1], data=p, rtol=rtol, atol=1e-3 * rtol,
                        mxstep=MOST_STEPS,
                    )  # fmt: skip
                    if not well:
                        return i
                    for g in range(start + 1, last + 1):
                        if rows[g] >= 0:
                            out[i, rows[g]] = states[g - start]
                    y = states[-1].copy()
                    start = last
        return -1

    return all_subjects


def prepare(system: System, setting: str, rtol: float) -> Callable[[], Array]:
    """Return work that solves every subject of the system, (n, t, s)."""
    call, all_subjects = _callback(source(system)), _loop(setting)
    pieces, into = flat_pieces(system), np.array(system.into)
    shape = (len(system.P), len(system.times), len(system.states))

    def work() -> Array:
        out = np.empty(shape)
        failed = all_subjects(
            call.address, system.y0, system.subject_values, system.bolus, system.inflow, into,
            pieces, rtol, out,
        )  # fmt: skip
        if failed >= 0:
            raise RuntimeError(f"numbalsoda {setting}: subject {failed} did not end")
        return out

    return work
