"""The equations of a system as one function that numba compiles; several rivals use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit

from benchmarks.systems import System

HEADER = "rhs(t, y, dy, p)"


def source(system: System) -> str:
    """Return the text of ``rhs(t, y, dy, p)``, the same for any number of subjects."""
    return system.code.source(HEADER, "p")


def plain_rhs(text: str, functions: Mapping[str, Any] | None = None) -> Callable[..., Any]:
    """Return the right-hand side in plain Python, which numba can compile and symbols can run.

    ``functions`` are the tool's own ``pow``, ``max`` and ``guard``.
    """
    space = dict(functions or {"guard": guard})
    exec(text, space)
    return space["rhs"]


@lru_cache(maxsize=8)
def compiled_rhs(text: str) -> Any:
    """Return the right-hand side compiled by numba; the same text is compiled once."""
    return njit(error_model="numpy", fastmath={"contract", "nsz"})(plain_rhs(text))


@lru_cache(maxsize=8)
def compiled_jacobian(text: str) -> Any:
    """Return ``jacobian(t, y, J, p)``, differences of the compiled right-hand side.

    One call from Python instead of one for every state.
    """
    rhs = compiled_rhs(text)

    @njit
    def jacobian(t, y, J, p):  # type: ignore[no-untyped-def]
        at, there, moved = np.empty_like(y), np.empty_like(y), y.copy()
        rhs(t, y, at, p)
        for j in range(len(y)):
            moved[j] = y[j] + 1.5e-8 * max(abs(y[j]), 1e-3)
            rhs(t, moved, there, p)
            J[:, j] = (there - at) / (moved[j] - y[j])
            moved[j] = y[j]

    return jacobian


@njit(inline="always")
def guard(x, least):  # type: ignore[no-untyped-def]
    """Return ``x``, or ``least`` where rounding has brought it lower."""
    return max(x, least)


def derivatives(system: System, functions: Mapping[str, Any], y: Any, p: Any) -> list[Any]:
    """Run the straight-line code with a tool's own symbols; return the derivatives."""
    dy: list[Any] = [0.0] * len(system.states)
    plain_rhs(source(system), functions)(0.0, y, dy, p)
    return dy


def flat_pieces(system: System) -> tuple[np.ndarray, ...]:
    """Return the pieces as arrays for compiled loops: stop, offset, grid, rows."""
    pieces = system.pieces
    offset = np.cumsum([0, *(len(piece.grid) for piece in pieces)])
    return (
        np.array([piece.stop for piece in pieces]), offset,
        np.concatenate([piece.grid for piece in pieces]),
        np.concatenate([piece.rows for piece in pieces]),
    )  # fmt: skip
