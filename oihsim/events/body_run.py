"""An event table drives the whole model: what the subjects of a scenario read at every record."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oihsim.drugs import Drug, load_drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.run import Run
from oihsim.engine.solver import STATUS
from oihsim.engine.threads import engine_threads
from oihsim.events.body_checks import covariates_of, ways_of
from oihsim.events.body_doses import Plan, plan
from oihsim.events.body_readings import Columns, Records, recipe
from oihsim.events.body_table import body_table
from oihsim.events.event_table import EventTable
from oihsim.events.steady_checks import Begins, begins_of, check_beside
from oihsim.events.steady_start import Settled, Start, settled_by, start
from oihsim.files.errors import InputError, Problem, SimulationError
from oihsim.files.yaml import closest
from oihsim.scenario import Scenario, load
from oihsim.scenario.population import population_of
from oihsim.simulation.cohort import Cohort
from oihsim.simulation.order_at_one_time import OBSERVES, RULES
from oihsim.simulation.steady.starting_states import last_period
from oihsim.simulation.subjects import draw_arm
from oihsim.treatment.arm import Arm, Course
from oihsim.treatment.doses.steady_past import MOST_MAPS, RESIDUAL

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
    data: EventTable | pd.DataFrame | str | Path,
    what: Sequence[str] | None = None,
    *,
    arm: str | None = None,
    observe: str = "file",
    order: str = "classes",
    residual: float = RESIDUAL,
    most_maps: int = MOST_MAPS,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Records:
    r"""Simulate the subjects of a scenario under the doses of an event table.

    Parameters
    ----------
    scenario : its population, model, switches and tolerance are used, and one arm's parameters and
        holds; a past before time 0 stays, the arm's own doses do not
    data : event records, times in h, CMT a drug and its route (``morphine.oral``), AMT as labelled;
        one ID is for every subject, several are the subjects in their order. SS=1 in the first
        dose record of an ID, or in one record each of several drugs at that time: drugs and body
        begin in the periodic steady state of these doses, as just before they are given again
    what : outputs, states and concentrations by name; None for every output and concentration
    arm : the scenario's reference by default; one without rules
    observe, order : at one time, see :mod:`oihsim.simulation.order_at_one_time`
    residual, most_maps : of the search of a steady state (SS=1): the largest change of a state over
        a period, in its typical size, and the periods tried
    threads : all cores by default
    progress : called with subjects done and subjects in all

    Returns
    -------
    Records
        one row for each observation record of each subject, in record order

    Raises
    ------
    oihsim.files.errors.InputError
        everything that is wrong with the table: file, row, column, ID, rule
    oihsim.files.errors.SimulationError
        a subject failed, did not reach its steady state, or the run was interrupted

    Examples
    --------
    >>> from oihsim.events.event_table import parse_table
    >>> table = parse_table("ID,TIME,AMT,CMT\n1,0,10,morphine.iv\n1,4,.,.\n", "doc.csv")
    >>> one = load("flagship").change({"population.count": 1, "population.typical": True})
    >>> simulate_events(one, table, ["pain"]).time.tolist()
    [4.0]
    """
    _refuse(observe, order, residual, most_maps)
    chosen_scenario = scenario if isinstance(scenario, Scenario) else load(scenario)
    table = body_table(data, chosen_scenario.vocabulary)
    chosen, ways, begins, covariates, unused = _checked(chosen_scenario, table, arm)
    search = (residual, most_maps)
    return _Work(chosen_scenario, chosen, table, ways, what, observe, order, begins, search).done(
        covariates, unused, threads, progress
    )


def _refuse(observe: str, order: str, residual: float, most_maps: int) -> None:
    """Refuse impossible options, all at once."""
    problems = [
        Problem("events", None, word, f"'{value}'", ", ".join(allowed))
        for value, allowed, word in ((observe, OBSERVES, "observe"), (order, RULES, "order"))
        if value not in allowed
    ]
    if not 1e-8 <= residual <= 0.1:
        problems.append(
            Problem("events", None, "residual", f"{residual!r}", "a number from 1e-8 to 0.1")
        )
    if not 2 <= most_maps <= 100_000:
        allowed = "a whole number from 2 to 100000"
        problems.append(Problem("events", None, "most_maps", f"{most_maps!r}", allowed))
    if problems:
        raise InputError(problems)


def _checked(
    scenario: Scenario, table: EventTable, arm: str | None
) -> tuple[Arm, Ways, list[Begins], dict[str, Array], tuple[str, ...]]:
    """Return arm, drug and route of each dose, steady states, covariates, columns not used.

    Raises
    ------
    oihsim.files.errors.InputError
        every flaw of the arm and of the table
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
    ids = len(table.label)
    if ids not in (1, scenario.count):
        shown = f"{ids} IDs for {scenario.count} subjects"
        allowed = f"1 ID for all subjects, or one ID per subject: population.count of {ids}"
        problems.append(Problem(table.name, None, "ID", shown, allowed))
    if not (table.evid == 0).any():
        allowed = "at least one observation record"
        problems.append(Problem(table.name, None, "EVID", "no 0 in any record", allowed))
    ways: Ways = {}
    covariates: tuple[dict[str, Array], tuple[str, ...]] = ({}, ())
    try:
        ways = ways_of(table, scenario.vocabulary)
    except InputError as error:
        problems += error.problems
    begins = begins_of(table, problems)
    if chosen is not None:
        past = scenario.steady_past is not None
        problems += check_beside(scenario.name, chosen, begins, table, steady_past=past)
    try:
        covariates = covariates_of(table)
    except InputError as error:
        problems += error.problems
    if problems or chosen is None:
        raise InputError(problems)
    return chosen, ways, begins, *covariates


class _Work:
    """One table in one arm, run up to the values at its records."""

    def __init__(
        self, scenario: Scenario, arm: Arm, table: EventTable, ways: Ways,
        what: Sequence[str] | None, observe: str, rule: str, begins: Sequence[Begins],
        search: tuple[float, int],
    ) -> None:  # fmt: skip
        self.scenario, self.arm, self.table, self.ways = scenario, arm, table, ways
        self.observe, self.rule = observe, rule
        self.begins, self.search = begins, search
        self.model = Model.named(scenario.model)
        self.past = tuple(course for course in arm.courses if course.first_h < 0.0)
        names = {course.drug for course in self.past} | {drug for drug, _ in ways.values()}
        self.drugs: dict[str, Drug] = {name: load_drug(name) for name in sorted(names)}
        self.columns = Columns.chosen(self.model, self.drugs, what)

    def done(
        self, covariates: Mapping[str, Array], unused: Sequence[str], threads: int | None,
        progress: Callable[[int, int], None] | None,
    ) -> Records:  # fmt: skip
        """Return the values at the records."""
        scenario, table, n = self.scenario, self.table, self.scenario.count
        people = population_of(scenario)
        values = draw_arm(scenario, self.arm, self.model, self.drugs, people)
        used = [word for word in covariates if word in values]
        values |= {word: np.broadcast_to(covariates[word], (n,)).copy() for word in used}
        routes = sorted(set(self.ways.values()))
        carried = tuple(Course(0.0, drug, route, 0.0) for drug, route in routes)
        all_drugs = replace(self.arm, courses=(*self.past, *carried), target_lines=())
        cohort = Cohort.of(self.model, self.drugs, all_drugs, values)
        evid = table.evid.copy()
        # where a subject begins there is nothing to reset
        evid[[k for beginning in self.begins for k in beginning.records]] = 1
        records = replace(table, evid=evid)
        planned = plan(records, self.ways, cohort.board.given, n, self.observe, self.rule)
        begun = self._begin(cohort, planned, threads)
        values_read = self._read(cohort, begun, planned, threads, progress)
        other = [*unused, *(word for word in covariates if word not in values)]
        names = self.columns.names
        return Records(
            table.label[table.subject[planned.record]], planned.subject, table.time[planned.record],
            dict(zip(names, values_read.T, strict=True)),
            {name: self.columns.units[name] for name in names},
            recipe(scenario, self.arm.name, self.model, self.drugs, table,
                   (self.observe, self.rule), used, other) | begun.attrs,
            table,
        )  # fmt: skip

    def _begin(self, cohort: Cohort, planned: Plan, threads: int | None) -> Start:
        """Compile the schedule, and find the steady states in which subjects begin.

        Raises
        ------
        oihsim.files.errors.SimulationError
            names the subjects without a steady state
        """
        scenario, n, end = self.scenario, len(cohort), float(planned.read_h.max())
        until = end + math.ulp(end)
        steady = scenario.steady_past
        arm = replace(self.arm, courses=() if steady else self.past, target_lines=())
        schedule = cohort.giving(arm).schedule(until, planned.doses)
        drugs = cohort.board.given
        groups = settled_by(self.begins, self.table, self.ways, drugs, n, *self.search)
        advice = "a larger residual or more maps help: residual 1e-3, most_maps 1000"
        if steady is not None:
            who, past = np.arange(n), last_period(self.arm, steady)
            groups = [Settled(steady, who, np.zeros(n), past)]
            advice = "history.steady_state takes them: {residual: 1e-3, most_maps: 1000}"
        doses = planned.doses
        assert doses.reset_subject is not None
        assert doses.reset_h is not None
        resets = (doses.reset_subject, doses.reset_h)
        begun = start(cohort, groups, schedule, resets, until, scenario.rtol, threads)
        failures = begun.failures(self.table, advice, MOST_LISTED)
        if failures:
            raise SimulationError("\n".join(failures))
        return begun

    def _read(
        self, cohort: Cohort, begun: Start, planned: Plan, threads: int | None,
        progress: Callable[[int, int], None] | None,
    ) -> Array:  # fmt: skip
        """Run the subjects, those with the same observation times together; (o, columns)."""
        n = len(cohort)
        groups = _alike(planned, n)
        _ = self.model.generated  # compiled once, before there are threads
        values_read = np.full((len(planned.read_h), len(self.columns.names)), np.nan)
        cores = engine_threads(threads)
        failures: list[str] = []
        done = 0

        def run(group: Group) -> Run:
            return self._run(cohort, begun, group, 1 if len(groups) > 1 else cores)

        with ThreadPoolExecutor(cores if len(groups) > 1 else 1) as pool:
            for (who, rows_read, times), group_run in zip(
                groups, pool.map(run, groups), strict=True
            ):
                values = self.columns.of(group_run, cohort.board.ligands)
                row = np.searchsorted(who, planned.subject[rows_read])
                values_read[rows_read] = values[
                    row, np.searchsorted(times, planned.read_h[rows_read])
                ]
                failures += self._failed(group_run, who)
                done += len(who)
                if progress:
                    progress(done, n)
        if failures:
            more = len(failures) - MOST_LISTED
            shown = failures[:MOST_LISTED] + ([f"and {more} more failed"] if more > 0 else [])
            raise SimulationError("\n".join(shown))
        return values_read

    def _run(self, cohort: Cohort, begun: Start, group: Group, threads: int) -> Run:
        """Run some subjects."""
        who, _, times = group
        return cohort.subset(who).run(
            times, begun.schedule.subset(who), begun.kinetics.subset(who),
            y0=None if begun.y0 is None else begun.y0[who], rtol=self.scenario.rtol,
            threads=threads, skip=begun.interrupted,
        )  # fmt: skip

    def _failed(self, run: Run, who: Ints) -> list[str]:
        table = self.table
        return [
            f"{table.name}: ID {table.label[0 if len(table.label) == 1 else who[k]]}, subject "
            f"{who[k]}: {STATUS[run.status[k]]} at {run.reached[k]:.6g} h"
            for k in np.flatnonzero(run.status)
        ]


def _alike(planned: Plan, n: int) -> list[Group]:
    """Return subjects with the same observation times together, without those that have none."""
    alike: dict[bytes, tuple[Array, list[int]]] = {}
    ends = np.searchsorted(planned.subject, np.arange(n + 1))
    for i in range(n):
        times_read = np.unique(planned.read_h[ends[i] : ends[i + 1]])
        if len(times_read):
            alike.setdefault(times_read.tobytes(), (times_read, []))[1].append(i)
    return [
        (np.array(who), np.concatenate([np.arange(ends[i], ends[i + 1]) for i in who]), times)
        for times, who in alike.values()
    ]
