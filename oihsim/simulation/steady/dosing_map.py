"""The dosing map: states at the start of a period to states at its end, drugs at steady state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.run import Run
from oihsim.simulation.cohort import Cohort
from oihsim.simulation.steady.period import Period

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class DosingMap:
    """One period of dosing that goes on indefinitely, as a map of the states of ``n`` subjects.

    Parameters
    ----------
    cohort : the subjects, with one period of each course
    period : as :func:`oihsim.simulation.steady.period.one_period` has it
    rtol : error per step of the solver
    threads : all cores by default

    Attributes
    ----------
    rhs_calls : (n,) evaluations of the right-hand side so far
    interrupted : whether a run was stopped from outside; from then on nobody is run
    """

    def __init__(
        self, cohort: Cohort, period: Period, rtol: float, threads: int | None = None
    ) -> None:
        self.cohort, self._period, self._rtol, self._threads = cohort, period, rtol, threads
        self.rhs_calls = np.zeros(len(cohort), dtype=np.int64)
        self.interrupted = False

    def __call__(self, who: Ints, y: Array) -> Array:
        """Return the states of some subjects one period later; NaN where the run failed."""
        run = self._run(who, y, [0.0, self._period.length_h])
        self.rhs_calls[who] += run.rhs_calls
        return run.y[:, -1]

    def trajectory(self, y: Array, times: Sequence[float]) -> Run:
        """Run one period with its outputs; the first time is 0, before the doses of that time."""
        run = self._run(np.arange(len(self.cohort)), y, times)
        for i in np.flatnonzero(run.status == 0):
            self._at_the_start(run, int(i), y[i])
        return run

    def _run(self, who: Ints, y: Array, times: Sequence[float]) -> Run:
        period = self._period
        run = self.cohort.subset(who).run(
            times, period.schedule.subset(who), period.kinetics.subset(who), y0=y,
            rtol=self._rtol, threads=self._threads, skip=self.interrupted,
        )  # fmt: skip
        self.interrupted = self.interrupted or run.interrupted
        return run

    def _at_the_start(self, run: Run, i: int, y: Array) -> None:
        """Put in what is on board at time 0: the solver writes outputs before it brings that."""
        cohort, weights = self.cohort, self.cohort.board.weights
        concentrations = cohort.board.kinetics.rows[i] @ self._period.modes[i]
        u = np.zeros(len(cohort.model.drives))
        np.add.at(u, weights.drive, weights.factor[i] * concentrations[weights.ligand])
        run.concentrations[i, 0] = concentrations
        cohort.model.generated.outputs(np.ascontiguousarray(y), cohort.P[i], u, run.outputs[i, 0])
