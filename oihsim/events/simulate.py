"""An event table drives the whole model: what the subjects of a scenario read at every record."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oihsim.drugs import Drug, load_drug
from oihsim.errors import InputError, Problem, SimulationError
from oihsim.events.records import Columns, Records, recipe
from oihsim.events.table import Table, table_of
from oihsim.events.whole import Plan, plan
from oihsim.events.whole_rules import covariates_of, ways_of
from oihsim.files import closest
from oihsim.model import Model, Run
from oihsim.order import OBSERVES, RULES
from oihsim.population import Population
from oihsim.scenario import Scenario, load
from oihsim.schedule import compile_schedule
from oihsim.solver import STATUS, Schedule
from oihsim.subjects import OnBoard, draw_arm, parameter_matrix, put_on_board
from oihsim.treatment import Arm, Course

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Ways = Mapping[int, tuple[str, str]]
Group = tuple[Ints, Ints, Array]
"""Subjects, their observations, and the times of these."""

MOST_LISTED = 20
"""Failed subjects that are described one by one; the rest are counted."""


def simulate_events(
    scenario: Scenario | str | Path,
    data: Table | pd.DataFrame | str | Path,
    what: Sequence[str] | None = None,
    *,
    arm: str | None = None,
    observe: str = "file",
    order: str = "classes",
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Records:
    r"""Simulate the subjects of a scenario under the doses of an event table.

    Parameters
    ----------
    scenario : its population, model, switches and tolerance are used, and one arm's parameters and
        holds; a past before time 0 stays, the arm's own doses do not
    data : event records, times in h, CMT a drug and its route (``morphine.oral``), AMT as labelled;
        one ID is for every subject, several are the subjects in their order
    what : read-outs, states and concentrations by name; None for every read-out and concentration
    arm : the scenario's reference by default; one without rules
    observe, order : at one time, see :mod:`oihsim.order`
    threads : all cores by default
    progress : called with subjects done and subjects in all

    Returns
    -------
    Records
        one row for each observation record of each subject, in record order

    Raises
    ------
    oihsim.errors.InputError
        everything that is wrong with the table: file, row, column, ID, rule
    oihsim.errors.SimulationError
        a subject failed or the run was interrupted

    Examples
    --------
    >>> from oihsim.events.table import parse_table
    >>> table = parse_table("ID,TIME,AMT,CMT\n1,0,10,morphine.iv\n1,4,.,.\n", "doc.csv")
    >>> one = load("flagship").change({"population.count": 1, "population.typical": True})
    >>> simulate_events(one, table, ["pain"]).time.tolist()
    [4.0]
    """
    for value, allowed, word in ((observe, OBSERVES, "observe"), (order, RULES, "order")):
        if value not in allowed:
            raise InputError([Problem("events", None, word, f"'{value}'", ", ".join(allowed))])
    one = scenario if isinstance(scenario, Scenario) else load(scenario)
    table = table_of(data)
    chosen, ways, covariates, unused = _checked(one, table, arm)
    return _Work(one, chosen, table, ways, what, observe, order).done(
        covariates, unused, threads, progress
    )


def _checked(
    scenario: Scenario, table: Table, arm: str | None
) -> tuple[Arm, Ways, dict[str, Array], tuple[str, ...]]:
    """Return the arm, drug and route of each dose record, covariates, and columns not used.

    Raises
    ------
    oihsim.errors.InputError
        all that is wrong with the arm and with the table
    """
    problems: list[Problem] = []
    name = scenario.reference if arm is None else arm
    chosen = scenario.arms.get(name)
    if chosen is None:
        problems.append(
            Problem(scenario.name, None, "arm", f"'{name}'", closest(name, scenario.arms))
        )
    elif chosen.rules:
        allowed = "an arm without rules or rescue: the doses are those of the table"
        problems.append(Problem(scenario.name, None, f"arms.{name}", "rules", allowed))
    if scenario.steady_past is not None:
        allowed = "a past as a list of doses, or none"
        problems.append(Problem(scenario.name, None, "history", "a steady state", allowed))
    ids = len(table.label)
    if ids not in (1, scenario.count):
        found = f"{ids} IDs for {scenario.count} subjects"
        allowed = f"1 ID for all, or one a subject: population.count of {ids}"
        problems.append(Problem(table.name, None, "ID", found, allowed))
    if not (table.evid == 0).any():
        allowed = "at least one observation record, to be read"
        problems.append(Problem(table.name, None, "EVID", "no 0 in any record", allowed))
    ways: Ways = {}
    covariates: tuple[dict[str, Array], tuple[str, ...]] = ({}, ())
    try:
        ways = ways_of(table, scenario.vocabulary)
    except InputError as error:
        problems += error.problems
    try:
        covariates = covariates_of(table)
    except InputError as error:
        problems += error.problems
    if problems or chosen is None:
        raise InputError(problems)
    return chosen, ways, *covariates


class _Work:
    """One table in one arm, on the way to what its records read."""

    def __init__(
        self, scenario: Scenario, arm: Arm, table: Table, ways: Ways, what: Sequence[str] | None,
        observe: str, rule: str,
    ) -> None:  # fmt: skip
        self.scenario, self.arm, self.table, self.ways = scenario, arm, table, ways
        self.observe, self.rule = observe, rule
        self.model = Model.named(scenario.model)
        self.past = tuple(course for course in arm.courses if course.first_h < 0.0)
        names = {course.drug for course in self.past} | {drug for drug, _ in ways.values()}
        self.drugs: dict[str, Drug] = {name: load_drug(name) for name in sorted(names)}
        self.columns = Columns.chosen(self.model, self.drugs, what)

    def done(
        self, covariates: Mapping[str, Array], unused: Sequence[str], threads: int | None,
        progress: Callable[[int, int], None] | None,
    ) -> Records:  # fmt: skip
        """Return what the records read."""
        scenario, table, n = self.scenario, self.table, self.scenario.count
        people = Population.load(scenario.population)
        values = draw_arm(scenario, self.arm, self.model, self.drugs, people)
        own = [word for word in covariates if word in values]
        values |= {word: np.broadcast_to(covariates[word], (n,)).copy() for word in own}
        P = parameter_matrix(self.model, values)
        routes = sorted(set(self.ways.values()))
        carried = tuple(Course(0.0, drug, route, 0.0) for drug, route in routes)
        all_drugs = replace(self.arm, courses=(*self.past, *carried))
        board = put_on_board(self.model, self.drugs, all_drugs, values, P)
        asked = plan(table, self.ways, board.given, n, self.observe, self.rule)
        found = self._read(P, board, asked, threads, progress)
        other = [*unused, *(word for word in covariates if word not in values)]
        names = self.columns.names
        return Records(
            table.label[table.subject[asked.record]], asked.subject, table.time[asked.record],
            dict(zip(names, found.T, strict=True)),
            {name: self.columns.units[name] for name in names},
            recipe(scenario, self.arm.name, self.model, self.drugs, table,
                   (self.observe, self.rule), own, other),
            table,
        )  # fmt: skip

    def _read(
        self, P: Array, board: OnBoard, asked: Plan, threads: int | None,
        progress: Callable[[int, int], None] | None,
    ) -> Array:  # fmt: skip
        """Run the subjects, those with the same observation times together; (o, columns)."""
        n, end = len(P), float(asked.read_h.max())
        states: dict[str, list[int]] = {one.name: [] for one in self.model.linked.mechanisms}
        for i, owner in enumerate(self.model.linked.owner):
            states[owner].append(i)
        arm = replace(self.arm, courses=self.past)
        until = end + math.ulp(end)
        schedule = compile_schedule(arm, board.given, states, n, until, asked.doses)
        groups = _alike(asked, n)
        _ = self.model.page  # compiled once, before there are threads
        found = np.full((len(asked.read_h), len(self.columns.names)), np.nan)
        cores = threads or cpu_count() or 1
        failures: list[str] = []
        done = 0

        def run(group: Group) -> Run:
            return self._run(P, board, schedule, group, 1 if len(groups) > 1 else cores)

        with ThreadPoolExecutor(cores if len(groups) > 1 else 1) as pool:
            for (who, here, times), one in zip(groups, pool.map(run, groups), strict=True):
                values = self.columns.of(one, board.ligands)
                row = np.searchsorted(who, asked.subject[here])
                found[here] = values[row, np.searchsorted(times, asked.read_h[here])]
                failures += self._failed(one, who)
                done += len(who)
                if progress:
                    progress(done, n)
        if failures:
            more = len(failures) - MOST_LISTED
            shown = failures[:MOST_LISTED] + ([f"and {more} more failed"] if more > 0 else [])
            raise SimulationError("\n".join(shown))
        return found

    def _run(
        self,
        P: Array,
        board: OnBoard,
        schedule: Schedule,
        group: Group,
        threads: int,
    ) -> Run:
        """Run some subjects."""
        who, _, times = group
        kinetics, weights = board.kinetics, board.weights
        some = replace(
            kinetics, rate=kinetics.rate[who], chain=kinetics.chain[who],
            bolus=kinetics.bolus[who], steady=kinetics.steady[who], rows=kinetics.rows[who],
        )  # fmt: skip
        return self.model.run(
            P[who], times, _of(schedule, who), some, replace(weights, factor=weights.factor[who]),
            rtol=self.scenario.rtol, threads=threads,
        )  # fmt: skip

    def _failed(self, run: Run, who: Ints) -> list[str]:
        table = self.table
        return [
            f"{table.name}: ID {table.label[0 if len(table.label) == 1 else who[k]]}, subject "
            f"{who[k]}: {STATUS[run.status[k]]} at {run.reached[k]:.6g} h"
            for k in np.flatnonzero(run.status)
        ]


def _alike(asked: Plan, n: int) -> list[Group]:
    """Return subjects with the same observation times together; those without any are left out."""
    alike: dict[bytes, tuple[Array, list[int]]] = {}
    ends = np.searchsorted(asked.subject, np.arange(n + 1))
    for i in range(n):
        own = np.unique(asked.read_h[ends[i] : ends[i + 1]])
        if len(own):
            alike.setdefault(own.tobytes(), (own, []))[1].append(i)
    return [
        (np.array(who), np.concatenate([np.arange(ends[i], ends[i + 1]) for i in who]), times)
        for times, who in alike.values()
    ]


def _of(schedule: Schedule, who: Ints) -> Schedule:
    """Return the entries of some subjects."""
    count = np.diff(schedule.offset)[who]
    offset = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    entry = np.arange(offset[-1]) + np.repeat(schedule.offset[who] - offset[:-1], count)
    return Schedule(
        offset, schedule.time[entry], schedule.kind[entry], schedule.index[entry],
        schedule.value[entry],
    )  # fmt: skip
