"""The dosing map: states at the start of a period to states at its end, drugs at steady state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.model import Model, Weights
from oihsim.engine.run import Run
from oihsim.engine.solver import Schedule
from oihsim.kinetics.propagation import Modes
from oihsim.simulation.steady.period import Period
from oihsim.simulation.subjects import OnBoard
from oihsim.treatment.arm import Arm

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


class DosingMap:
    """One period of dosing that has gone on for ever, as a map of the states of ``n`` subjects.

    Parameters
    ----------
    model : the body
    arm, values, board : one period of each course, the subjects, and the drugs on board
    P : (n, p) parameters of the body
    period : as :func:`oihsim.simulation.steady.period.one_period` has it
    rtol : error per step of the solver
    threads : all cores by default

    Attributes
    ----------
    rhs_calls : (n,) evaluations of the right-hand side so far
    interrupted : whether a run was stopped from outside; from then on nobody is run
    """

    def __init__(
        self, model: Model, arm: Arm, values: Mapping[str, Array], board: OnBoard,
        P: Array,  # noqa: N803
        period: Period, rtol: float, threads: int | None = None,
    ) -> None:  # fmt: skip
        self.model, self.arm, self.values, self.board = model, arm, values, board
        self._P, self._period, self._rtol, self._threads = P, period, rtol, threads
        self.rhs_calls = np.zeros(len(P), dtype=np.int64)
        self.interrupted = False

    def __call__(self, who: Rows, y: Array) -> Array:
        """Return the states of some subjects one period later; NaN where the run failed."""
        run = self._run(who, y, [0.0, self._period.length_h])
        self.rhs_calls[who] += run.rhs_calls
        return run.y[:, -1]

    def trajectory(self, y: Array, times: Sequence[float]) -> Run:
        """Run one period with its outputs; the first time is 0, before the doses of that time."""
        run = self._run(np.arange(len(self._P)), y, times)
        for i in np.flatnonzero(run.status == 0):
            self._at_the_start(run, int(i), y[i])
        return run

    def _run(self, who: Rows, y: Array, times: Sequence[float]) -> Run:
        period, weights = self._period, self.board.weights
        run = self.model.run(
            self._P[who], times, _schedule_of(period.schedule, who),
            _modes_of(period.kinetics, who),
            Weights(weights.drive, weights.ligand, np.ascontiguousarray(weights.factor[who])),
            y0=y, rtol=self._rtol, threads=self._threads, skip=self.interrupted,
        )  # fmt: skip
        self.interrupted = self.interrupted or run.interrupted
        return run

    def _at_the_start(self, run: Run, i: int, y: Array) -> None:
        """Put in what is on board at time 0: the solver writes outputs before it brings that."""
        kinetics, weights = self.board.kinetics, self.board.weights
        concentrations = kinetics.rows[i] @ self._period.modes[i]
        u = np.zeros(len(self.model.drives))
        np.add.at(u, weights.drive, weights.factor[i] * concentrations[weights.ligand])
        run.concentrations[i, 0] = concentrations
        self.model.page.readouts(np.ascontiguousarray(y), self._P[i], u, run.readouts[i, 0])


def _modes_of(kinetics: Modes, who: Rows) -> Modes:
    rate, chain, bolus, steady, rows = (
        np.ascontiguousarray(part[who])
        for part in (kinetics.rate, kinetics.chain, kinetics.bolus, kinetics.steady, kinetics.rows)
    )
    return replace(kinetics, rate=rate, chain=chain, bolus=bolus, steady=steady, rows=rows)


def _schedule_of(schedule: Schedule, who: Rows) -> Schedule:
    size = np.diff(schedule.offset)[who]
    rows = [np.arange(schedule.offset[i], schedule.offset[i + 1]) for i in who]
    at = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    return Schedule(
        np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
        schedule.time[at], schedule.kind[at], schedule.index[at], schedule.value[at],
    )  # fmt: skip
