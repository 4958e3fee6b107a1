"""diffrax: Runge-Kutta methods in JAX, all subjects in one compiled loop.

The loop over doses is a scan, so every piece must have as many outputs at the same distances;
the two problems written by hand do, the shipped model does not.
Source: https://docs.kidger.site/diffrax/.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.compiled import derivatives
from benchmarks.problems import Array
from benchmarks.systems import System

PACKAGE = "diffrax"
TOGETHER = 8
"""Subjects solved together: others are no measure of it."""
METHODS: dict[str, Callable[[], Any]] = {"Tsit5": diffrax.Tsit5, "Dopri8": diffrax.Dopri8}
MOST_STEPS = 100_000

jax.config.update("jax_enable_x64", True)


def settings(system: System) -> tuple[str, ...]:
    """Return the methods worth trying; the implicit ones ask for more than two minutes."""
    return ("Tsit5",) if system.name == "OIH-15s" else tuple(METHODS)


def prepare(system: System, setting: str, rtol: float) -> Callable[[], Array]:
    """Return work that solves every subject of the system, (n, t, s).

    Raises
    ------
    ValueError : the pieces differ in their outputs
    """
    shapes = {tuple(np.round(piece.grid - piece.grid[0], 6)) for piece in system.pieces}
    if len(shapes) != 1 or any(np.any(piece.rows[1:] < 0) for piece in system.pieces):
        raise ValueError("the pieces between doses differ in length or outputs")
    offsets = jnp.array(system.pieces[0].grid[1:] - system.pieces[0].grid[0])
    functions = {"pow": jnp.power, "max": jnp.maximum, "guard": jnp.maximum}

    def field(_: Any, y: Any, values: Any) -> Any:
        return jnp.stack([jnp.asarray(d) for d in derivatives(system, functions, y, values)])

    term, method = diffrax.ODETerm(field), METHODS[setting]()
    control = diffrax.PIDController(rtol=rtol, atol=1e-3 * rtol)
    into, d = np.array(system.into), len(system.into)

    def subject(values: Any, bolus: Any, inflow: Any) -> Any:
        def piece(y: Any, doses: Any) -> Any:
            amount, rate = doses
            states = diffrax.diffeqsolve(
                term, method, 0.0, offsets[-1], None, y.at[into].add(amount),
                values.at[len(values) - d :].set(rate), saveat=diffrax.SaveAt(ts=offsets),
                stepsize_controller=control, max_steps=MOST_STEPS,
            ).ys  # fmt: skip
            return states[-1], states

        return jax.lax.scan(piece, jnp.array(system.y0), (bolus, inflow))[1]

    subjects = jax.jit(jax.vmap(subject))
    stops = [piece.stop for piece in system.pieces]
    arguments = [jnp.array(values) for values in (system.subject_values, system.bolus[:, stops])]
    inflow = jnp.array(system.inflow[:, stops])

    def work() -> Array:
        states = np.asarray(subjects(*arguments, inflow).block_until_ready())
        n, s = len(system.P), len(system.states)
        start = np.broadcast_to(system.y0, (n, 1, s))
        return np.concatenate([start, states.reshape(n, -1, s)], axis=1)

    return work
