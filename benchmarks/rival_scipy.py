"""SciPy: LSODA and DOP853, with and without a Python loop over their steps; restarted at each dose.

The right-hand side is compiled by numba, as a user in need of speed would do, and so is the
Jacobian of a stiff problem.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numba
import numpy as np
from scipy.integrate import ode, odeint, solve_ivp

from benchmarks.compiled import compiled_jacobian, compiled_rhs, source
from benchmarks.problems import Array
from benchmarks.systems import Piece, System

PACKAGE = "scipy"


def settings(system: System) -> tuple[str, ...]:
    """Return the methods worth trying; the explicit one is of no use where binding is stiff."""
    implicit = ("odeint", "solve_ivp LSODA")
    stiff = ("odeint, Jacobian", *implicit)
    return stiff if system.name == "OIH-15s" else (*implicit, "ode DOP853", "solve_ivp DOP853")


@lru_cache(maxsize=4)
def right_hand_side(text: str) -> Callable[..., Any]:
    """Return ``f(t, y, p)`` compiled from the text of a system."""
    rhs = compiled_rhs(text)

    @numba.njit
    def call(t, y, p):  # type: ignore[no-untyped-def]
        dy = np.empty_like(y)
        rhs(t, y, dy, p)
        return dy

    return call


@lru_cache(maxsize=4)
def jacobian(text: str) -> Callable[..., Any]:
    """Return ``J(t, y, p)`` compiled from the text of a system."""
    differences = compiled_jacobian(text)

    @numba.njit
    def call(t, y, p):  # type: ignore[no-untyped-def]
        J = np.empty((len(y), len(y)))
        differences(t, y, J, p)
        return J

    return call


def advance(
    setting: str, f: Callable[..., Any], grid: Array, y: Array, p: Array, rtol: float, atol: Array,
    J: Callable[..., Any] | None = None,
) -> Array:  # fmt: skip
    """Return (g - 1, s) at the times of the grid after its first."""
    if setting.startswith("odeint"):
        values, facts = odeint(
            f, y, grid, args=(p,), Dfun=J, tfirst=True, full_output=True, mxstep=100_000,
            rtol=rtol, atol=atol,
        )  # fmt: skip
        if facts["message"] != "Integration successful.":
            raise RuntimeError(f"odeint, {grid[0]} h: {facts['message']}")
        return values[1:]
    if setting == "ode DOP853":
        run = ode(f).set_integrator("dop853", rtol=rtol, atol=atol[0], nsteps=100_000)
        run.set_f_params(p).set_initial_value(y, grid[0])
        values = np.array([run.integrate(time) for time in grid[1:]])
        if not run.successful():
            raise RuntimeError(f"{setting}, {grid[0]} h: stopped at {run.t} h")
        return values
    method = setting.removeprefix("solve_ivp ")
    run = solve_ivp(f, (grid[0], grid[-1]), y, method, grid[1:], args=(p,), rtol=rtol, atol=atol)
    if not run.success:
        raise RuntimeError(f"{setting}, {grid[0]} h: {run.message}")
    return run.y.T


def subject(system: System, i: int, step: Callable[[Piece, Array, Array], Array]) -> Array:
    """Return (t, s) of one subject; ``step(piece, y, own)`` gives the values after its first."""
    y, values = system.y0.copy(), system.subject_values[i].copy()
    out = np.empty((len(system.times), len(y)))
    out[0] = y
    into = list(system.into)
    for piece in system.pieces:
        if piece.stop >= 0:
            y[into] += system.bolus[i, piece.stop]
            values[len(values) - len(into) :] = system.inflow[i, piece.stop]
        states = step(piece, y, values)
        wanted = piece.rows[1:] >= 0
        out[piece.rows[1:][wanted]] = states[wanted]
        y = np.array(states[-1])
    return out


def prepare(system: System, setting: str, rtol: float) -> Callable[[], Array]:
    """Return work that solves every subject of the system, (n, t, s)."""
    f, atol = right_hand_side(source(system)), np.full(len(system.states), 1e-3 * rtol)
    J = jacobian(source(system)) if setting.endswith("Jacobian") else None

    def step(piece: Piece, y: Array, values: Array) -> Array:
        return advance(setting, f, piece.grid, y, values, rtol, atol, J)

    return lambda: np.stack([subject(system, i, step) for i in range(len(system.P))])


def tight(system: System) -> Array:
    """Return (n, t, s) by LSODA at rtol 1e-12, atol 1e-15: a reference for all contenders."""
    f, atol = right_hand_side(source(system)), np.full(len(system.states), 1e-15)

    def step(piece: Piece, y: Array, values: Array) -> Array:
        return advance("odeint", f, piece.grid, y, values, 1e-12, atol)

    return np.stack([subject(system, i, step) for i in range(len(system.P))])
