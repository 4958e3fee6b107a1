"""Arms that begin in the steady state of their past: found once, brought to every arm.

The past of such a scenario is doses given indefinitely. Where they led is found as
:mod:`oihsim.studies.steady_state` finds it, and each arm begins one period before time 0: with the
states found, with the drugs of a period at steady state on board, and with the last period of the
past simulated, so that time 0 is an output like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from oihsim.drugs import Drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.solver import Schedule
from oihsim.kinetics.propagation import Modes
from oihsim.scenario import Scenario
from oihsim.simulation.cohort import Cohort
from oihsim.simulation.steady.dosing_map import DosingMap
from oihsim.simulation.steady.fixed_point import FixedPoints, fixed_points
from oihsim.simulation.steady.period import one_period, still_to_come
from oihsim.simulation.subjects import OnBoard
from oihsim.treatment.arm import TIME_DECIMALS, Arm
from oihsim.treatment.doses.steady_past import SteadyPast

Array = NDArray[np.float64]

SOLVER_SHARE = 0.1
"""The solver's error per step is kept below this part of the residual that is sought."""

AGAIN, LEAST_MAPS = 4, 12
"""Searches that go on after one that arrived too early, and maps that must be left for one."""

MOST_LISTED = 20
"""Subjects that are named one by one; the rest are counted."""


@dataclass(frozen=True)
class FoundPast:
    """The steady state that a search found, and its work.

    Attributes
    ----------
    steady : what was asked for
    points : (n, s) states at the start of a period, residual, distance, maps, whether it arrived
    rhs_calls : (n,) evaluations of the right-hand side
    arms : names of the arms that begin there
    interrupted : whether the search was stopped from outside
    """

    steady: SteadyPast
    points: FixedPoints
    rhs_calls: NDArray[np.int64]
    arms: list[str]
    interrupted: bool


@dataclass(frozen=True)
class ArmStart:
    """How an arm begins: schedule, kinetics and states for a run, and the past behind them."""

    schedule: Schedule
    kinetics: Modes
    y0: Array | None = None
    past: FoundPast | None = None

    @property
    def interrupted(self) -> bool:
        """Whether the search of the past was stopped from outside."""
        return self.past is not None and self.past.interrupted


class StartingStates:
    """The starts of the arms of one scenario.

    Parameters
    ----------
    scenario, model, drugs : what is run
    threads : all cores by default
    """

    def __init__(
        self, scenario: Scenario, model: Model, drugs: Mapping[str, Drug],
        threads: int | None = None,
    ) -> None:  # fmt: skip
        self._scenario, self._model, self._drugs = scenario, model, drugs
        self._threads = threads
        self._pasts: dict[tuple[tuple[str, float], ...], FoundPast] = {}

    def without_past(self, arm: Arm) -> Arm:
        """Return the arm without the doses of a past in a steady state."""
        if self._scenario.steady_past is None:
            return arm
        return replace(
            arm, courses=tuple(course for course in arm.courses if course.first_h >= 0.0)
        )

    def begin(self, cohort: Cohort, schedule: Schedule, *, skip: bool = False) -> ArmStart:
        """Return the start of an arm.

        Parameters
        ----------
        cohort : the subjects, the same in every arm, and the arm with its past
        schedule : of :meth:`without_past`
        skip : search nothing (after an interruption)
        """
        steady = self._scenario.steady_past
        if steady is None:
            return ArmStart(schedule, cohort.board.kinetics)
        past = cohort.giving(last_period(cohort.arm, steady))
        past_state = self._search(cohort, past.arm, steady, skip)
        turn = one_period(past, steady.period_h)
        once = past.schedule(np.inf)
        early = replace(turn.schedule, time=turn.schedule.time - steady.period_h)
        late = still_to_come(once, steady.period_h, self._scenario.duration_h)
        y0 = self._in_slots(cohort, past.arm, past_state.points.y)
        together = Schedule.together([early, late, schedule])
        return ArmStart(together, turn.kinetics, y0, past_state)

    def _search(self, cohort: Cohort, past: Arm, steady: SteadyPast, skip: bool) -> FoundPast:
        """Return the steady state of the past, found before if the parameters agree."""
        past_drugs = set(past.drugs)
        key = tuple(
            sorted(
                (address, value)
                for address, value in cohort.arm.parameters.items()
                # what an arm changes in a drug that the past does not give has no part in it
                if (owner := address.partition(".")[0]) not in self._drugs or owner in past_drugs
            )
        )
        if key not in self._pasts:
            self._pasts[key] = self._find(past, cohort.values, steady, skip)
        self._pasts[key].arms.append(cohort.arm.name)
        return self._pasts[key]

    def _find(
        self, past: Arm, values: Mapping[str, Array], steady: SteadyPast, skip: bool
    ) -> FoundPast:
        cohort = Cohort.of(self._model, self._drugs, past, values)
        turn = one_period(cohort, steady.period_h)
        rtol = search_rtol(self._scenario.rtol, steady)
        take = DosingMap(cohort, turn, rtol, self._threads)
        take.interrupted = skip
        return searched(take, steady, np.arange(len(cohort)))

    def _in_slots(self, cohort: Cohort, past: Arm, y: Array) -> Array:
        """Return the states with those of slowly binding ligands where this arm has them."""
        before, after = _slow(past, cohort.board), _slow(cohort.arm, cohort.board)
        states = [
            self._model.states.index(f"O{k}") for k in (1, 2) if f"O{k}" in self._model.states
        ]
        moved = y.copy()
        moved[:, states] = self._model.y0[states]
        for slot, ligand in enumerate(before):
            moved[:, states[after.index(ligand)]] = y[:, states[slot]]
        return moved


def search_rtol(rtol: float, steady: SteadyPast) -> float:
    """Return the solver's error per step in a search, ``rtol`` or less.

    Examples
    --------
    >>> search_rtol(1e-4, SteadyPast(12.0, 1e-3)), search_rtol(1e-8, SteadyPast(12.0, 1e-3))
    (0.0001, 1e-08)
    """
    return min(rtol, SOLVER_SHARE * steady.residual)


def searched(take: DosingMap, steady: SteadyPast, who: NDArray[np.int64]) -> FoundPast:
    """Return the fixed point of a dosing map; ``points`` are those of the subjects ``who``.

    Each is confirmed by a period that the search has not seen. Where that moves too far after all,
    the search goes on from there, ten times as strict each time.
    """
    points = _confirmed(
        take, steady, who, np.tile(take.cohort.model.y0, (len(who), 1)), steady.residual
    )
    strict = steady.residual
    for _ in range(AGAIN):
        late = np.flatnonzero(
            points.reached
            & (points.residual > steady.residual)
            & (points.maps <= steady.most_maps - LEAST_MAPS)
        )
        if not late.size or take.interrupted:
            break
        strict /= 10.0
        more = _confirmed(take, steady, who[late], points.y[late], strict, points.maps[late])
        arrived = more.reached | (more.distance <= steady.residual)
        more = replace(more, reached=arrived)
        for old, new in zip(vars(points).values(), vars(more).values(), strict=True):
            old[late] = new
    reached = points.reached & (points.residual <= steady.residual)
    return FoundPast(steady, replace(points, reached=reached), take.rhs_calls, [], take.interrupted)


def _confirmed(
    take: DosingMap, steady: SteadyPast, who: NDArray[np.int64], start: Array, tolerance: float,
    before: NDArray[np.int64] | int = 0,
) -> FixedPoints:  # fmt: skip
    """Search from ``start``, after ``before`` maps, and take the residual from one more period."""
    model = take.cohort.model
    bounds = np.array([state.bounds for state in model.linked.states]).T
    points = fixed_points(
        lambda rows, y: take(who[rows], y), start, model.sizes, (bounds[0], bounds[1]),
        tolerance, steady.most_maps - 1 - int(np.max(before, initial=0)),
    )  # fmt: skip
    change = np.abs(take(who, points.y) - points.y) / model.sizes
    residual = change.max(axis=1, initial=0.0)
    return replace(points, residual=residual, maps=points.maps + 1 + before)


def last_period(arm: Arm, steady: SteadyPast) -> Arm:
    """Return one period of the past, from 0 on, as an arm."""
    courses = tuple(
        replace(course, first_h=round(course.first_h + steady.period_h, TIME_DECIMALS))
        for course in arm.courses
        if course.first_h < 0.0
    )
    return Arm("past", courses)


def _slow(arm: Arm, board: OnBoard) -> list[tuple[str, str]]:
    """Return drug and name of the slowly binding ligands of an arm, in the order of their slots."""
    slow = []
    for name in arm.drugs:
        drug, values = board.given[name].drug, board.given[name].values
        assert isinstance(drug, Drug)
        acts = drug.targets(values)
        slow += [(name, site) for site in drug.ligands if acts[site]["k_off"] is not None]
    return slow


def past_failures(pasts: Sequence[FoundPast | None]) -> str:
    """Return one line per subject whose past has no steady state as far as it was sought."""
    lines = []
    for past in _different(pasts):
        points, steady = past.points, past.steady
        late = np.flatnonzero(~points.reached) if not past.interrupted else ()
        lines += [
            f"past of {', '.join(past.arms)}, subject {i}: no steady state within "
            f"{steady.residual:g} after {points.maps[i]} periods of {steady.period_h:g} h; "
            f"residual {points.residual[i]:.2g}, about {points.distance[i]:.2g} away (typical "
            "sizes of the states)"
            for i in late
        ]
    if len(lines) > MOST_LISTED:
        lines[MOST_LISTED:] = [f"and {len(lines) - MOST_LISTED} more subjects did not reach it"]
    if lines:
        lines.append("history.steady_state takes a larger residual or more maps: "
                     "{residual: 1e-3, most_maps: 1000}")  # fmt: skip
    return "\n".join(lines)


def past_attrs(pasts: Sequence[FoundPast | None]) -> dict[str, float | int]:
    """Return what a result says of a past in steady state: its period, residual and work."""
    different = _different(pasts)
    if not different:
        return {}
    points = [past.points for past in different]
    return {
        "history_period": different[0].steady.period_h,
        "history_residual": float(max(at_end.residual.max() for at_end in points)),
        "history_residual_sought": different[0].steady.residual,
        "history_searches": len(different),
        "history_maps": int(max(at_end.maps.max() for at_end in points)),
        "history_rhs_calls": int(sum(past.rhs_calls.sum() for past in different)),
        "history_not_reached": int(sum((~at_end.reached).sum() for at_end in points)),
    }


def _different(pasts: Sequence[FoundPast | None]) -> list[FoundPast]:
    """Return every past once, though several arms begin there."""
    return list({id(past): past for past in pasts if past is not None}.values())
