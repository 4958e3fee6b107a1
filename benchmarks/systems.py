"""The problems in a form for every rival: see :mod:`benchmarks.system`.

Three systems: OIH-15 and OIH-15s, from the equations written out in :mod:`benchmarks.problems`,
and the shipped model of oihsim under one arm of the flagship scenario, with the drugs'
compartments as states beside the body. oihsim itself integrates no compartment numerically;
a rival must, as its user would. The equations are not written twice: each tool calls the same
functions (:mod:`benchmarks.tracing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.problems import DOSES, INFUSION, OIH15, OIH15S, OUTPUT_TIMES, Problem
from benchmarks.system import TINY, Code, Piece, System
from benchmarks.tracing import Shapes, rebound

__all__ = ["TINY", "Code", "Piece", "System", "system"]


def _by_hand(problem: Problem, n: int) -> System:
    """Return OIH-15 or OIH-15s."""
    times = sorted({time for time, _ in DOSES} | set(INFUSION[:2]))
    stops, doses = np.array(times), dict(DOSES)
    bolus, inflow = np.zeros((n, len(stops), 2)), np.zeros((n, len(stops), 2))
    bolus[:, :, 0] = [doses.get(stop, 0.0) for stop in times]
    inflow[:, :, 1] = np.where((stops >= INFUSION[0]) & (stops < INFUSION[1]), INFUSION[2], 0.0)

    def equations(y: Sequence[Any], p: Sequence[Any], shapes: Shapes) -> list[Any]:
        return list(rebound(problem.rhs, shapes)(0.0, y, p, 0.0))

    s = len(problem.states)
    at = problem.states.index
    return System(
        problem.name, problem.states, problem.y0, problem.population(n), equations,
        (at("Ag"), at("K1")), stops, bolus, inflow, OUTPUT_TIMES, tuple(range(s)),
        np.array([1.0 if state == "Ce" else 0.0 for state in problem.states]),
    )  # fmt: skip


@lru_cache(maxsize=4)
def system(name: str, n: int) -> System:
    """Return a system by its name: ``"OIH-15"``, ``"OIH-15s"`` or ``"shipped"``.

    Examples
    --------
    >>> system("OIH-15", 2).bolus.shape
    (2, 180, 2)
    """
    if name == "shipped":
        # the first answer of a rival on the other problems does not wait for this import
        from benchmarks.shipped_model import shipped_system

        return shipped_system(n)
    return _by_hand({"OIH-15": OIH15, "OIH-15s": OIH15S}[name], n)
