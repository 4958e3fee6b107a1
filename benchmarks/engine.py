"""The engine of oihsim as one of the contenders: declarative mechanisms, :meth:`Model.run`.

It has the same two functions as every rival, and a third that gives all states for the check: a
timed run returns what a user gets, which is not the amount in each compartment.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks import oih15_mechanisms, oih15s_mechanisms
from benchmarks.oih15_mechanisms import Case, all_states
from benchmarks.problems import Array
from benchmarks.system import System
from oihsim.engine.run import Run

PACKAGE = "oihsim"
TOGETHER = 8
"""Subjects solved together; fewer do not measure the engine."""
THREADS = {"one thread": 1, "two threads": 2}


def settings(system: System) -> tuple[str, ...]:  # noqa: ARG001
    """Return the settings worth trying."""
    return tuple(THREADS)


def _case(system: System, with_kinetics: bool) -> Case:
    n = len(system.P)
    if system.name == "OIH-15s":
        return oih15s_mechanisms.stiff_case(n, with_kinetics)
    return oih15_mechanisms.case(n, with_kinetics)


def _shipped(system: System, rtol: float, threads: int) -> Callable[[], Run]:
    from benchmarks.shipped_model import shipped

    case = shipped(len(system.P))

    def work() -> Run:
        run = case.cohort.run(case.times, case.schedule, rtol=rtol, threads=threads)
        if np.any(run.status != 0):
            raise RuntimeError(f"subjects {np.flatnonzero(run.status).tolist()} did not end")
        return run

    return work


def runner(system: System, rtol: float, threads: int = 1) -> Callable[[], Run]:
    """Return work that gives the :class:`oihsim.engine.compiled_model.Run` of every subject."""
    if system.name == "shipped":
        return _shipped(system, rtol, threads)
    case = _case(system, with_kinetics=False)
    return lambda: oih15_mechanisms.run(case, rtol, threads)


def prepare(system: System, setting: str, rtol: float) -> Callable[[], Array]:
    """Return work that solves every subject of the system; (n, t, s) states of the body."""
    work = runner(system, rtol, THREADS[setting])
    return lambda: work().y


def checked(system: System, setting: str, rtol: float) -> Array:
    """Return (n, t, s) every state that is compared."""
    if system.name == "shipped":
        return _shipped(system, rtol, THREADS[setting])().y
    case = _case(system, with_kinetics=True)
    return all_states(oih15_mechanisms.run(case, rtol, THREADS[setting]), case)
