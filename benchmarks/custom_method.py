"""A method under development beside the engine, on one of the systems.

The method advances one subject between two stops; this module applies doses, collects outputs, and
measures errors and times. ``docs/benchmarks.md`` shows an example of ten lines.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.accuracy import achieved, checked_system, error_of
from benchmarks.compiled import source
from benchmarks.engine import runner
from benchmarks.problems import Array
from benchmarks.rival_scipy import right_hand_side, subject
from benchmarks.system import Piece

SUBJECTS = 4

Method = Callable[[Callable[..., Array], Array, Array, Array, float], Any]


def side_by_side(
    method: Method, problem: str = "OIH-15", rtols: Sequence[float] = (1e-4, 1e-6)
) -> list[str]:
    """Return a line for each tolerance of the method, and one for the engine at 1e-6.

    Parameters
    ----------
    method : ``(rhs, grid, y, values, rtol) -> (g - 1, s)`` states at all times of the grid but the
        first, from ``y`` at the first; ``rhs(t, y, values)`` is compiled by numba
    problem : ``"OIH-15"``, ``"OIH-15s"`` or ``"shipped"``

    Raises
    ------
    ValueError : the method returns an array of another shape
    """
    system = checked_system(problem, SUBJECTS)
    rhs = right_hand_side(source(system))
    lines = []
    for rtol in rtols:

        def step(piece: Piece, y: Array, values: Array, rtol: float = rtol) -> Array:
            states = np.asarray(method(rhs, piece.grid, y, values, rtol))
            expected = (len(piece.grid) - 1, len(system.states))
            if states.shape != expected:
                raise ValueError(f"the method returned {states.shape}, expected {expected}")
            return states

        # compiled and warm
        subject(system, 0, step)
        begin = time.process_time()
        y = np.stack([subject(system, i, step) for i in range(len(system.P))])
        each = (time.process_time() - begin) / len(system.P)
        lines.append(_line("your method", rtol, error_of(problem, y), each))
    work, n = runner(system, 1e-6), len(system.P)
    work()
    begin = time.process_time()
    work()
    each = (time.process_time() - begin) / n
    error = achieved("engine", "one thread", problem, 1e-6, SUBJECTS)
    return [*lines, _line("oihsim", 1e-6, error, each)]


def _line(name: str, rtol: float, error: float, each: float) -> str:
    return f"{name:12} rtol {rtol:.0e}: error {error:.1e}, {1e3 * each:.2f} ms per subject"
