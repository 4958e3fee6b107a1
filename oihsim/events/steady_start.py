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

from oihsim.engine.model import Model
from oihsim.engine.solver import Schedule
from oihsim.events.event_table import Table
from oihsim.events.steady_checks import Begins
from oihsim.kinetics.propagation import Modes
from oihsim.simulation.schedule import Doses, Given, compile_schedule
from oihsim.simulation.steady.dosing_map import DosingMap
from oihsim.simulation.steady.period import one_period, still_to_come, together_by_time
from oihsim.simulation.steady.starting_states import FoundPast, search_rtol, searched
from oihsim.simulation.steady.steady_drugs import started
from oihsim.simulation.subjects import OnBoard
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
    model: Model, groups: Sequence[Settled], values: Mapping[str, Array], board: OnBoard,
    P: Array, own: Schedule, resets: tuple[Ints, Array], end_h: float, rtol: float,
    threads: int | None = None,
) -> Start:  # fmt: skip
    """Find the steady states, and return how the subjects begin.

    Parameters
    ----------
    groups : disjoint subjects
    values, board, P : all subjects with every drug
    own : schedule of the doses from the steady states on
    resets : subject and time of every reset: nothing of a dose before it is left
    end_h : end of the run, h
    rtol : of the run
    """
    if not groups:
        return Start(own, board.kinetics)
    n = len(P)
    first = np.full(n, np.inf)
    np.minimum.at(first, *resets)
    y0 = np.tile(model.y0, (n, 1))
    modes = np.zeros(board.kinetics.rate.shape)
    parts: list[Schedule] = []
    found: list[tuple[Ints, FoundPast]] = []
    for one in groups:
        length = one.steady.period_h
        turn = one_period(one.arm, board, length, (), n, one.doses)
        take = DosingMap(
            model, one.arm, values, board, P, turn, search_rtol(rtol, one.steady), threads
        )
        take.interrupted = bool(found) and found[-1][1].interrupted
        past = searched(take, one.steady, one.who)
        found.append((one.who, past))
        y0[one.who], modes[one.who] = past.points.y, turn.modes[one.who]
        once = compile_schedule(one.arm, board.given, {}, n, np.inf, one.doses)
        late = still_to_come(once, n, length, end_h - float(one.at_h[one.who].min()))
        parts += [
            _moved(turn.schedule, one.who, one.at_h - length, first),
            _moved(late, one.who, one.at_h, first),
        ]
    return Start(together_by_time([*parts, own], n), started(board.kinetics, modes), y0, found)


def _moved(schedule: Schedule, who: Ints, by_h: Array, until_h: Array) -> Schedule:
    """Return the entries of some subjects, each moved in time, before the subject's end.

    Examples
    --------
    >>> two = Schedule(np.array([0, 1, 3]), np.array([1.0, 1.0, 5.0]), np.zeros(3, int),
    ...     np.zeros(3, int), np.ones(3))
    >>> one = _moved(two, np.array([1]), np.array([0.0, 2.0]), np.array([np.inf, 6.0]))
    >>> one.offset.tolist(), one.time.tolist()
    ([0, 0, 1], [3.0])
    """
    n = len(schedule.offset) - 1
    subject = np.repeat(np.arange(n), np.diff(schedule.offset))
    time = np.round(schedule.time + by_h[subject], TIME_DECIMALS)
    keep = np.isin(subject, who) & (time < until_h[subject])
    count = np.bincount(subject[keep], minlength=n)
    return replace(
        schedule, offset=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        time=time[keep], kind=schedule.kind[keep], index=schedule.index[keep],
        value=schedule.value[keep],
    )  # fmt: skip
