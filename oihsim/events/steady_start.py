"""Subjects of an event table that begin in the periodic steady state of their doses.

In the whole model SS=1 is a history in steady state
(:mod:`oihsim.simulation.steady.starting_states`) that ends at the record: the fixed point of one
period of the doses is found, and the subject begins one period before the record, there, with the
drugs of a period at steady state on board and its doses given once more. Subjects whose doses
repeat after the same time are searched together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.solver import Schedule
from oihsim.events.event_table import EventTable
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
    steady : the period, and the settings of the search
    who : (k,) the subjects
    at_h : (n,) time at which each subject begins, h
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
    """How the subjects begin: the arguments of a run, and the results of the searches.

    Attributes
    ----------
    schedule, kinetics, y0 : for ``Model.run``; ``y0`` is None if no
        subject begins in a steady state
    pasts : result of each search, with its subjects
    """

    schedule: Schedule
    kinetics: Modes
    y0: Array | None = None
    pasts: list[tuple[Ints, FoundPast]] = field(default_factory=list)

    @property
    def interrupted(self) -> bool:
        """Whether a search was stopped from outside."""
        return any(past.interrupted for _, past in self.pasts)

    def failures(self, table: EventTable, advice: str, most: int) -> list[str]:
        """Return lines for at most ``most`` subjects without a steady state, and the advice."""
        lines = []
        for who, past in self.pasts:
            points, steady = past.points, past.steady
            for k in np.flatnonzero(~points.reached) if not past.interrupted else ():
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
        """Attributes of a result about its steady states: residual and work."""
        pasts = [past for _, past in self.pasts]
        if not pasts:
            return {}
        return {
            "steady_state_subjects": sum(len(who) for who, _ in self.pasts),
            "steady_state_residual": float(max(past.points.residual.max() for past in pasts)),
            "steady_state_residual_sought": pasts[0].steady.residual,
            "steady_state_searches": len(pasts),
            "steady_state_maps": int(max(past.points.maps.max() for past in pasts)),
            "steady_state_rhs_calls": int(sum(past.rhs_calls.sum() for past in pasts)),
        }


def settled_by(
    begins: Sequence[Begins], table: EventTable, ways: Mapping[int, tuple[str, str]],
    drugs: Mapping[str, Given], n: int, residual: float, most_maps: int,
) -> list[Settled]:  # fmt: skip
    """Return the subjects of the IDs that begin in a steady state, those of one period together.

    Parameters
    ----------
    begins, table, ways : as checked; one ID is for all subjects
    drugs : drug -> the drug as the subjects get it
    n : subjects
    residual, most_maps : of the search
    """
    groups = []
    for period in sorted({beginning.period_h for beginning in begins}):
        at, who, rows = np.zeros(n), [], []
        for beginning in (begin for begin in begins if begin.period_h == period):
            subjects = list(range(n)) if len(table.label) == 1 else [beginning.label]
            at[subjects] = beginning.at_h
            who += subjects
            for record in beginning.records:
                rows += _doses_of(table, record, ways[record], drugs, subjects, period)
        subject, time, drug, route, amount, lasts, rate = zip(*rows, strict=True)
        doses = Doses(
            np.array(subject), np.array(time), np.array(drug), np.array(route), np.array(amount),
            np.array(lasts), np.array(rate),
        )  # fmt: skip
        steady = SteadyPast(period, residual, most_maps)
        groups.append(Settled(steady, np.array(sorted(who)), at, Arm("past", ()), doses))
    return groups


def _doses_of(
    table: EventTable, record: int, way: tuple[str, str], drugs: Mapping[str, Given],
    subjects: Sequence[int], period_h: float,
) -> list[tuple[int, float, str, str, float, float, float]]:  # fmt: skip
    """Return one period of the doses of a record, for each subject."""
    drug, route = way
    interval_h = float(table.ii[record])
    rate = max(float(table.rate[record]), 0.0)
    if interval_h:
        amount, lasts = float(table.amt[record]), float(table.dur[record])
        return [
            (i, count * interval_h, drug, route, amount, lasts, rate)
            for i in subjects
            for count in range(round(period_h / interval_h))
        ]
    # a constant infusion: by the rules of event records the rate is what gets in
    drug_of_subjects = drugs[drug]
    parts = drug_of_subjects.drug.route_inputs(route, drug_of_subjects.values, 1.0)
    share = np.sum([np.asarray(factor) for _, factor, *_ in parts], axis=0)
    share = np.broadcast_to(share / drug_of_subjects.drug.amount_per_mg(), (max(subjects) + 1,))
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
    resets : subject and time of every reset, before which every dose is lost
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
    pasts: list[tuple[Ints, FoundPast]] = []
    for group in groups:
        length, who = group.steady.period_h, group.who
        dosed = cohort.giving(group.arm)
        turn = one_period(dosed, length, doses=group.doses)
        take = DosingMap(dosed, turn, search_rtol(rtol, group.steady), threads)
        take.interrupted = bool(pasts) and pasts[-1][1].interrupted
        past = searched(take, group.steady, who)
        pasts.append((who, past))
        y0[who], modes[who] = past.points.y, turn.modes[who]
        once = dosed.schedule(np.inf, group.doses)
        late = still_to_come(once, length, end_h - float(group.at_h[who].min()))
        parts += [
            _moved(turn.schedule, who, group.at_h - length, first),
            _moved(late, who, group.at_h, first),
        ]
    return Start(Schedule.together([*parts, after]), started(kinetics, modes), y0, pasts)


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
