"""Subjects of an event table that begin in the periodic steady state of their doses.

What SS=1 says of the whole model is a history in steady state
(:mod:`oihsim.simulation.steady.starting_states`) that ends at the record: the fixed point of one
period of the doses is found, and the subject begins one period before the record, there, with the
drugs of a settled period on board and its doses given once more. Subjects whose doses repeat after
the same time are searched together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.solver import Schedule
from oihsim.events.event_table import Table
from oihsim.events.steady_checks import Begins
from oihsim.kinetics.propagation import Modes
from oihsim.simulation.cohort import Cohort
from oihsim.simulation.schedule import Doses, Given
from oihsim.simulation.steady.dosing_map import DosingMap
from oihsim.simulation.steady.period import one_period, still_to_come
from oihsim.simulation.steady.starting_states import FoundPast, search_rtol, searched
from oihsim.simulation.steady.steady_drugs import started
from oihsim.treatment.arm import TIME_DECIMALS, Arm
from oihsim.treatment.doses.steady_past import SteadyPast

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Settled:
    """Subjects that begin in the steady state of doses with one period.

    Attributes
    ----------
    steady : the period, and how the steady state is searched for
    who : (k,) the subjects
    at_h : (n,) when each of all subjects begins, h
    arm : one period of courses that every subject gets
    doses : one period of doses of single subjects
    """

    steady: SteadyPast
    who: Ints
    at_h: Array
    arm: Arm
    doses: Doses | None = None


@dataclass(frozen=True)
class Start:
    """How the subjects begin: what a run takes, and what the searches found.

    Attributes
    ----------
    schedule, kinetics, y0 : for :meth:`oihsim.engine.model.Model.run`; ``y0`` is None if nobody
    begins
        in a steady state
    found : of each search, with its subjects
    """

    schedule: Schedule
    kinetics: Modes
    y0: Array | None = None
    found: list[tuple[Ints, FoundPast]] = field(default_factory=list)

    @property
    def interrupted(self) -> bool:
        """Whether a search was stopped from outside."""
        return any(one.interrupted for _, one in self.found)

    def failures(self, table: Table, advice: str, most: int) -> list[str]:
        """Return lines for at most ``most`` subjects that did not reach it, and what helps."""
        lines = []
        for who, one in self.found:
            points, steady = one.points, one.steady
            for k in np.flatnonzero(~points.reached) if not one.interrupted else ():
                label = table.label[0 if len(table.label) == 1 else who[k]]
                lines.append(
                    f"{table.name}: ID {label}, subject {who[k]}: no steady state within "
                    f"{steady.residual:g} after {points.maps[k]} periods of "
                    f"{steady.period_h:g} h; residual {points.residual[k]:.2g}, about "
                    f"{points.distance[k]:.2g} away (typical sizes of the states)"
                )
        if len(lines) > most:
            lines[most:] = [f"and {len(lines) - most} more subjects did not reach it"]
        return [*lines, advice] if lines else []

    @property
    def attrs(self) -> dict[str, float | int]:
        """What a result says of the steady states: residual and work."""
        found = [one for _, one in self.found]
        if not found:
            return {}
        return {
            "steady_state_subjects": sum(len(who) for who, _ in self.found),
            "steady_state_residual": float(max(one.points.residual.max() for one in found)),
            "steady_state_residual_sought": found[0].steady.residual,
            "steady_state_searches": len(found),
            "steady_state_maps": int(max(one.points.maps.max() for one in found)),
            "steady_state_rhs_calls": int(sum(one.rhs_calls.sum() for one in found)),
        }


def settled_by(
    begins: Sequence[Begins], table: Table, ways: Mapping[int, tuple[str, str]],
    given: Mapping[str, Given], n: int, residual: float, most_maps: int,
) -> list[Settled]:  # fmt: skip
    """Return the subjects of the IDs that begin in a steady state, those of one period together.

    Parameters
    ----------
    begins, table, ways : as checked; one ID is for all subjects
    given : drug -> the drug as the subjects get it
    n : subjects
    residual, most_maps : of the search
    """
    found = []
    for period in sorted({one.period_h for one in begins}):
        at, who, rows = np.zeros(n), [], []
        for one in (one for one in begins if one.period_h == period):
            own = list(range(n)) if len(table.label) == 1 else [one.label]
            at[own] = one.at_h
            who += own
            for record in one.records:
                rows += _doses_of(table, record, ways[record], given, own, period)
        subject, time, drug, route, amount, lasts, rate = zip(*rows, strict=True)
        doses = Doses(
            np.array(subject), np.array(time), np.array(drug), np.array(route), np.array(amount),
            np.array(lasts), np.array(rate),
        )  # fmt: skip
        steady = SteadyPast(period, residual, most_maps)
        found.append(Settled(steady, np.array(sorted(who)), at, Arm("past", ()), doses))
    return found


def _doses_of(
    table: Table, record: int, way: tuple[str, str], given: Mapping[str, Given],
    subjects: Sequence[int], period_h: float,
) -> list[tuple[int, float, str, str, float, float, float]]:  # fmt: skip
    """Return one period of the doses of a record, for each subject."""
    drug, route = way
    every = float(table.ii[record])
    rate = max(float(table.rate[record]), 0.0)
    if every:
        amount, lasts = float(table.amt[record]), float(table.dur[record])
        return [
            (i, count * every, drug, route, amount, lasts, rate)
            for i in subjects
            for count in range(round(period_h / every))
        ]
    # a constant infusion: by the rules of event records the rate is what gets in
    one = given[drug]
    parts = one.drug.route_inputs(route, one.values, 1.0)
    share = np.sum([np.asarray(factor) for _, factor, *_ in parts], axis=0)
    share = np.broadcast_to(share / one.drug.amount_per_mg(), (max(subjects) + 1,))
    return [
        (i, 0.0, drug, route, rate * period_h / float(share[i]), period_h, 0.0) for i in subjects
    ]


def start(
    cohort: Cohort, groups: Sequence[Settled], after: Schedule, resets: tuple[Ints, Array],
    end_h: float, rtol: float, threads: int | None = None,
) -> Start:  # fmt: skip
    """Find the steady states, and return how the subjects begin.

    Parameters
    ----------
    cohort : all subjects, with every drug on board
    groups : disjoint subjects
    after : schedule of the doses from the steady states on
    resets : subject and time of every reset: nothing of a dose before it is left
    end_h : end of the run, h
    rtol : of the run
    """
    kinetics = cohort.board.kinetics
    if not groups:
        return Start(after, kinetics)
    first = np.full(len(cohort), np.inf)
    np.minimum.at(first, *resets)
    y0 = np.tile(cohort.model.y0, (len(cohort), 1))
    modes = np.zeros(kinetics.rate.shape)
    parts: list[Schedule] = []
    found: list[tuple[Ints, FoundPast]] = []
    for group in groups:
        length, who = group.steady.period_h, group.who
        dosed = cohort.giving(group.arm)
        turn = one_period(dosed, length, doses=group.doses)
        take = DosingMap(dosed, turn, search_rtol(rtol, group.steady), threads)
        take.interrupted = bool(found) and found[-1][1].interrupted
        past = searched(take, group.steady, who)
        found.append((who, past))
        y0[who], modes[who] = past.points.y, turn.modes[who]
        once = dosed.schedule(np.inf, group.doses)
        late = still_to_come(once, length, end_h - float(group.at_h[who].min()))
        parts += [
            _moved(turn.schedule, who, group.at_h - length, first),
            _moved(late, who, group.at_h, first),
        ]
    return Start(Schedule.together([*parts, after]), started(kinetics, modes), y0, found)


def _moved(schedule: Schedule, who: Ints, by_h: Array, until_h: Array) -> Schedule:
    """Return the entries of some subjects, each moved in time, before the subject's end.

    Examples
    --------
    >>> two = Schedule(np.array([0, 1, 3]), np.array([1.0, 1.0, 5.0]), np.zeros(3, int),
    ...     np.zeros(3, int), np.ones(3))
    >>> moved = _moved(two, np.array([1]), np.array([0.0, 2.0]), np.array([np.inf, 6.0]))
    >>> moved.offset.tolist(), moved.time.tolist()
    ([0, 0, 1], [3.0])
    """
    subject = schedule.subject
    time = np.round(schedule.time + by_h[subject], TIME_DECIMALS)
    chosen = np.isin(subject, who) & (time < until_h[subject])
    return replace(schedule, time=time).entries(chosen)
