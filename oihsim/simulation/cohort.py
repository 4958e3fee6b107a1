"""Cohort: the subjects of one arm, sampled, with the drugs of the arm on board."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from oihsim.drugs import Drug, load_drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.observable import Observable
from oihsim.engine.run import Run
from oihsim.engine.solver import RuleArrays, Schedule
from oihsim.kinetics.propagation import Modes
from oihsim.scenario import Scenario
from oihsim.scenario.population import population_of
from oihsim.simulation.pumps import pump_doses
from oihsim.simulation.schedule import Doses, compile_schedule
from oihsim.simulation.subjects import OnBoard, draw_arm, parameter_matrix, put_on_board
from oihsim.treatment.arm import Arm, Course

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Cohort:
    """The ``n`` subjects of one arm.

    Attributes
    ----------
    model : the equations of the body
    arm : doses, holds, rules and parameters
    values : every covariate and every parameter of body and drugs, (n,) each, by address
    P : (n, p) parameters of the body, those of slowly binding ligands filled in
    board : the drugs of the arm

    Examples
    --------
    >>> from oihsim.scenario import load
    >>> scenario = load("flagship").change({"population.count": 3})
    >>> cohort = Cohort.sample(scenario, scenario.arms["stable"])
    >>> run = cohort.run([0.0, 24.0], cohort.schedule(24.0))
    >>> len(cohort), run.y.shape[:2]
    (3, (3, 2))

    A subject does not depend on who else is in the cohort:

    >>> second = cohort.subset(np.array([1]))
    >>> bool((second.run([0.0, 24.0], second.schedule(24.0)).y[0] == run.y[1]).all())
    True
    """

    model: Model
    arm: Arm
    values: Mapping[str, Array]
    P: Array
    board: OnBoard

    @classmethod
    def sample(
        cls,
        scenario: Scenario,
        arm: Arm,
        model: Model | None = None,
        drugs: Mapping[str, Drug] | None = None,
    ) -> Cohort:
        """Return the subjects of a scenario in one of its arms.

        Parameters
        ----------
        scenario, arm : population, number of subjects, seed, switches; the arm's parameters
        model, drugs : those of the scenario by default

        Raises
        ------
        InputError, ModelError : a combination that cannot be simulated
        """
        model = Model.named(scenario.model) if model is None else model
        drugs = {name: load_drug(name) for name in scenario.drugs} if drugs is None else drugs
        population = population_of(scenario)
        return cls.of(model, drugs, arm, draw_arm(scenario, arm, model, drugs, population))

    @classmethod
    def of(
        cls, model: Model, drugs: Mapping[str, Drug], arm: Arm, values: Mapping[str, Array]
    ) -> Cohort:
        """Return subjects whose values are known, with the drugs of an arm on board.

        Raises
        ------
        InputError : more slowly binding ligands in the arm than the body has room for
        ModelError : kinetics that cannot be solved
        """
        P = parameter_matrix(model, values)  # noqa: N806
        board = put_on_board(model, drugs, arm, values, P)
        return cls(model, arm, values, P, board)

    def __len__(self) -> int:
        """Return the number of subjects."""
        return len(self.P)

    def subset(self, who: Ints | slice) -> Cohort:
        """Return some of the subjects, in the order of ``who``."""
        values = {address: numbers[who] for address, numbers in self.values.items()}
        return replace(self, values=values, P=self.P[who], board=self.board.subset(who))

    def giving(self, arm: Arm) -> Cohort:
        """Return the same subjects in an arm whose drugs are among those on board."""
        return self if arm is self.arm else replace(self, arm=arm)

    @cached_property
    def pumped(self) -> Doses | None:
        """What the pumps of the arm give, :func:`oihsim.simulation.pumps.pump_doses`."""
        return pump_doses(self.arm, self.values)

    def schedule(
        self,
        end_h: float,
        doses: Doses | None = None,
        intake: Mapping[Course, Array] | None = None,
    ) -> Schedule:
        """Return the schedule of the arm; see :func:`oihsim.simulation.schedule.compile_schedule`.

        Parameters
        ----------
        end_h : end of the run, h
        doses : doses of single subjects beside those of the arm
        intake : how late each dose of a course is taken
        """
        rows = self.model.states_by_mechanism
        return compile_schedule(
            self.arm, self.board.given, rows, len(self), end_h, doses, intake, self.pumped
        )

    def run(
        self,
        times: Sequence[float] | Array,
        schedule: Schedule,
        kinetics: Modes | None = None,
        *,
        y0: Array | None = None,
        rtol: float = 1e-6,
        rules: RuleArrays | None = None,
        threads: int | None = None,
        progress: Callable[[int], None] | None = None,
        skip: bool = False,
        observe: Sequence[Observable] = (),
    ) -> Run:
        """Advance every subject over the output times; see ``Model.run``.

        Parameters
        ----------
        times : (t,) h, ascending
        schedule : from :meth:`schedule`
        kinetics : those of the drugs on board by default
        observe : what is accumulated between outputs
        """
        return self.model.run(
            self.P, times, schedule, self.board.kinetics if kinetics is None else kinetics,
            self.board.weights, y0=y0, rtol=rtol, rules=rules, threads=threads,
            progress=progress, skip=skip, observe=observe,
        )  # fmt: skip
