"""scikit-sundae: CVODE of SUNDIALS from Python, restarted at each dose.

Right-hand side and Jacobian are compiled by numba but called through Python, which is most of its
time; a Jacobian of one call saves a sixth of it.
Source: https://github.com/NatLabRockies/scikit-sundae.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sksundae.cvode import CVODE

from benchmarks.compiled import compiled_jacobian, compiled_rhs, source
from benchmarks.problems import Array
from benchmarks.rival_scipy import subject
from benchmarks.systems import Piece, System

PACKAGE = "scikit-sundae"


def settings(system: System) -> tuple[str, ...]:
    """Return the methods worth trying: Adams is of no use where binding is stiff."""
    return ("BDF",) if system.name == "OIH-15s" else ("Adams", "BDF")


def prepare(system: System, setting: str, rtol: float) -> Callable[[], Array]:
    """Return work that solves every subject of the system, (n, t, s)."""
    compiled, differences = compiled_rhs(source(system)), compiled_jacobian(source(system))
    values_now = np.empty(system.subject_values.shape[1])

    def right_hand_side(t: float, y: Array, dy: Array) -> None:
        compiled(t, y, dy, values_now)

    def jacobian(t: float, y: Array, _: Array, J: Array) -> None:
        differences(t, y, J, values_now)

    solver = CVODE(
        right_hand_side, method=setting, rtol=rtol, atol=1e-3 * rtol, max_num_steps=200_000,
        jacfn=jacobian,
    )  # fmt: skip

    def step(piece: Piece, y: Array, values: Array) -> Array:
        values_now[:] = values
        solution = solver.solve(piece.grid, y)
        if not solution.success:
            raise RuntimeError(f"scikit-sundae {setting}, {piece.grid[0]} h: {solution.message}")
        return np.asarray(solution.y)[1:]

    return lambda: np.stack([subject(system, i, step) for i in range(len(system.P))])
