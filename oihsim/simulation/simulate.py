"""simulate: a scenario to a labelled Dataset. compare: several arms or scenarios side by side."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oihsim.drugs import Drug, load_drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.observable import accumulations
from oihsim.engine.solver import INTERRUPTED, STATUS
from oihsim.files.errors import InputError, Problem, SimulationError
from oihsim.model.mechanism import Mechanism
from oihsim.scenario import Scenario, load
from oihsim.simulation.arm_run import ArmRun
from oihsim.simulation.cohort import Cohort
from oihsim.simulation.intake import arm_intake, block_intake
from oihsim.simulation.ledger_replay import check_replay
from oihsim.simulation.pumps import RATES_OF_A_TARGET
from oihsim.simulation.rule_arrays import most_doses, react
from oihsim.simulation.spans import observables
from oihsim.simulation.steady.starting_states import StartingStates, past_failures
from oihsim.simulation.subjects import parameter_matrix
from oihsim.treatment.arm import Arm

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]
"""Called with subjects done and subjects in all, over every arm."""

REPLAY_CHECK = "OIHSIM_REPLAY_CHECK"
"""Environment variable: with 1 every run that has rules is replayed from its dose ledger."""


def run_arms(
    scenario: Scenario,
    model: Model,
    drugs: Mapping[str, Drug],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    skip: bool = False,
) -> list[ArmRun]:
    """Run the arms of a scenario in the same subjects; with ``skip`` say of all they were not.

    Raises
    ------
    InputError, ModelError : a combination that cannot be simulated
    """
    n, total = scenario.count, scenario.count * len(scenario.arms)
    end = scenario.duration_h + math.ulp(scenario.duration_h)
    starts = StartingStates(scenario, model, drugs, threads)
    done, runs, stopped = 0, [], skip
    for arm in scenario.arms.values():
        cohort = Cohort.sample(scenario, arm, model, drugs)
        intake = arm_intake(arm, n, scenario.seed, scenario.first)
        schedule = cohort.giving(starts.without_past(arm)).schedule(end, intake=intake)
        start = starts.begin(cohort, schedule, skip=stopped)
        stopped = stopped or start.interrupted
        reactions = None
        if arm.rules:
            reactions = react(
                cohort, end, scenario.seed, typical=scenario.typical, first=scenario.first,
                late=late_doses(arm, n, end, scenario.seed, scenario.first),
            )  # fmt: skip
        before = done

        def report(finished: int, before: int = before) -> None:
            if progress:
                progress(before + finished, total)

        run = cohort.run(
            scenario.output_times(), start.schedule, start.kinetics, y0=start.y0,
            rtol=scenario.rtol, rules=reactions.arrays if reactions else None, threads=threads,
            progress=report, skip=stopped, observe=observables(model),
        )  # fmt: skip
        stopped = stopped or run.interrupted
        done += n
        runs.append(ArmRun.of(cohort, run, reactions, intake, start.past))
    return runs


def late_doses(arm: Arm, n: int, end_h: float, seed: int, first: int = 0) -> list[Array]:
    """Return how late the doses of each rule set are taken; nothing if all are on time."""
    adherence = arm.adherence
    if adherence is None:
        return []
    return [block_intake(adherence, b, n, most_doses(b, end_h), seed, first) for b in arm.rules]


def simulate(
    scenario: Scenario | str,
    *,
    mechanisms: Sequence[Mechanism] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    on_failure: str = "raise",
) -> xr.Dataset:
    """Simulate every arm of a scenario in the same virtual subjects.

    Parameters
    ----------
    scenario : a Scenario, a path, or the name of a shipped scenario
    mechanisms : instead of those of the scenario's model, for example
        ``[*oihsim.MECHANISMS, mine]``
    threads : all cores by default
    progress : called with subjects done and subjects in all
    on_failure : ``"raise"``, or ``"keep"`` to keep a failed subject as a row of NaN with its status

    Returns
    -------
    xarray.Dataset
        dims ``scenario, draw, id, time``, never squeezed; time in hours; one variable for every
        state, output and concentration; the whole recipe in ``attrs``. With a further dim
        ``span`` what endpoints rest on, accumulated from one output to the next. With a further dim
        ``dose`` the dose ledger, ``dose_time`` and others: every dose, history included. Where an
        arm has rules, with ``decision`` their log. Both are padded with NaN or the code -1;
        :func:`oihsim.groups` shows them apart

    Raises
    ------
    InputError : something is wrong with the scenario or a drug file
    SimulationError : a subject failed or the run was interrupted, and ``on_failure`` is "raise"

    Examples
    --------
    >>> import oihsim
    >>> typical = {"population.count": 1, "population.typical": True, "duration": "1 d"}
    >>> ds = oihsim.simulate(oihsim.load("flagship").change(typical))
    >>> dict(ds["pain"].sizes)
    {'scenario': 4, 'draw': 1, 'id': 1, 'time': 5}
    >>> ds["dose_amount"].sel(scenario="stable", id=0).values.tolist()
    [[30.0, 30.0]]
    """
    return _simulate(scenario, mechanisms, threads, progress, on_failure, skip=False)


def _simulate(
    scenario: Scenario | str,
    mechanisms: Sequence[Mechanism] | None,
    threads: int | None,
    progress: Progress | None,
    on_failure: str,
    *,
    skip: bool,
) -> xr.Dataset:
    """Do what :func:`simulate` says; with ``skip`` nobody is run (after an interruption)."""
    if on_failure not in ("raise", "keep"):
        problem = Problem("simulate", None, "on_failure", repr(on_failure), "'raise' or 'keep'")
        raise InputError([problem])
    scenario = _loaded(scenario)
    model = Model.named(scenario.model) if mechanisms is None else Model(mechanisms)
    drugs = {name: load_drug(name) for name in scenario.drugs}
    refuse_too_large(scenario, model, drugs)
    runs = run_arms(scenario, model, drugs, threads=threads, progress=progress, skip=skip)
    failures = describe_failures(runs, model, scenario.first)
    if failures and on_failure == "raise":
        raise SimulationError(failures)
    if os.environ.get(REPLAY_CHECK) == "1":
        check_replay(scenario, model, drugs, runs)
    # imported late: the first result of a process should not wait for pandas
    from oihsim.simulation.dataset import labelled

    ds = labelled(scenario, model, drugs, runs)
    if failures:
        ds.attrs["failures"] = failures
    return ds


def refuse_too_large(
    scenario: Scenario, model: Model, drugs: Mapping[str, Drug], *, copies: int = 1
) -> None:
    """Refuse a run whose result, or ``copies`` of it, would not fit into this machine's memory.

    Raises
    ------
    InputError : with the estimate and what the machine has
    """
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return
    ligands = sum(len(drug.ligands) for drug in drugs.values())
    series = len(model.states) + len(model.outputs) + 2 * ligands + len(drugs)
    series += (
        len(accumulations(observables(model)))
        + 2 * len(scenario.tests)
        + (scenario.trial is not None)
    )
    values = len(scenario.arms) * scenario.count * len(scenario.output_times()) * series
    ledger = 0
    # doses and decisions of rules, and their decision points in the schedule
    for arm in scenario.arms.values():
        decisions = sum(len(block.decision_points) for block in arm.rules)
        doses = sum(most_doses(block, scenario.duration_h) for block in arm.rules)
        values += scenario.count * (10 * decisions + 5 * (doses + decisions))
        doses += RATES_OF_A_TARGET * len(arm.target_lines)
        ledger = max(ledger, sum(course.number for course in arm.courses) + doses + decisions)
    # the ledgers, all as long as the longest: three numbers and three short codes a dose
    values += len(scenario.arms) * scenario.count * 4 * ledger
    # the arrays of the arms, and their copy in the Dataset
    need, have = 2 * 8 * copies * values, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if need > 0.8 * have:
        size = f"a result of about {need / 1e9:.1f} GB"
        allowed = (
            f"at most 80 % of this machine's {have / 1e9:.1f} GB: fewer subjects, or output_every"
        )
        raise InputError([Problem(scenario.name, None, "population.count", size, allowed)])


def _loaded(scenario: Scenario | str | Path) -> Scenario:
    if isinstance(scenario, Scenario):
        return scenario
    if not isinstance(scenario, str | Path):
        allowed = "a Scenario, a path, or the name of a shipped scenario"
        raise InputError([Problem("simulate", None, "scenario", repr(scenario), allowed)])
    return load(scenario)


def compare(
    scenarios: Scenario | str | Iterable[Scenario | str],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    on_failure: str = "raise",
) -> xr.Dataset:
    """Simulate one scenario, or several, and lay their arms side by side with their endpoints.

    Parameters
    ----------
    scenarios : one scenario or several; several must have the same output times, population,
        seed and model, so that the same subjects are compared. Arms of several scenarios are
        named ``scenario/arm`` (file names without suffix); the first one's reference, endpoints
        and recipe are those of the result
    threads, progress, on_failure : as for :func:`simulate`

    Returns
    -------
    xarray.Dataset
        as from :func:`simulate`, with a variable for each endpoint, dims ``scenario, draw, id``

    Raises
    ------
    InputError : nothing to compare, or scenarios whose subjects or times differ
    SimulationError : as for :func:`simulate`

    Examples
    --------
    >>> import oihsim
    >>> typical = {"population.count": 1, "population.typical": True, "duration": "1 d"}
    >>> ds = oihsim.compare(oihsim.load("naloxone_challenge").change(typical))
    >>> ds["hyperalgesia_last"].dims
    ('scenario', 'draw', 'id')
    """
    single = isinstance(scenarios, Scenario | str)
    several = [scenarios] if isinstance(scenarios, Scenario | str) else list(scenarios)
    loaded = [_loaded(scenario) for scenario in several]
    _same_subjects(loaded)
    counts = [scenario.count * len(scenario.arms) for scenario in loaded]
    parts: list[xr.Dataset] = []
    before = 0
    for scenario, count in zip(loaded, counts, strict=True):

        def report(done: int, _: int, before: int = before) -> None:
            if progress:
                progress(before + done, sum(counts))

        stopped = bool(parts) and bool((parts[-1].status == INTERRUPTED).any())
        timed = _at_times_of(loaded, scenario)
        parts.append(_simulate(timed, None, threads, report, on_failure, skip=stopped))
        before += count
    from oihsim.simulation.dataset import side_by_side, with_endpoints

    if single:
        return with_endpoints(parts[0])
    joined = side_by_side(loaded, parts)
    # those of the first scenario, also where others added output times
    joined.attrs["endpoints"] = json.dumps(loaded[0].endpoints)
    return with_endpoints(joined)


def _at_times_of(scenarios: Sequence[Scenario], scenario: Scenario) -> Scenario:
    """Return the scenario with outputs where endpoints of any of the scenarios begin or end."""
    if all(other.endpoint_times_h == scenario.endpoint_times_h for other in scenarios):
        return scenario
    resolved = scenario.resolved
    for other in scenarios:
        resolved["compare"]["endpoints"] += other.endpoints
    return Scenario(scenario.name, resolved, scenario.vocabulary)


def _same_subjects(scenarios: Sequence[Scenario]) -> None:
    if not scenarios:
        raise InputError([Problem("compare", None, "scenarios", "none", "at least one scenario")])
    first = scenarios[0]
    problems = [
        Problem(
            other.name, None, what, f"{getattr(other, what)}",
            f"{getattr(first, what)}, as in {first.name}",
        )
        for other in scenarios[1:]
        for what in ("duration_h", "output_every_h", "outputs", "population_label", "count", "seed",
                     "typical", "model", "trial")
        if getattr(other, what) != getattr(first, what)
    ]  # fmt: skip
    if problems:
        raise InputError(problems)


MOST_LISTED = 20
"""Failed subjects that are described one by one; the rest are counted."""


def describe_failures(runs: Sequence[ArmRun], model: Model, first: int = 0) -> str:
    """Return one line per failed subject: arm, id, reason, time reached, parameters.

    The parameters are those that differ between subjects and those that the arm changes; ``first``
    is the number of the first subject.
    Subjects that were not run because of an interruption are counted, not listed.
    """
    lines, not_run = [], 0
    for arm_run in runs:
        for i in np.flatnonzero(arm_run.run.status):
            if arm_run.run.status[i] == INTERRUPTED:
                not_run += 1
            else:
                lines.append(_describe(arm_run, int(i), model, first))
    if len(lines) > MOST_LISTED:
        lines[MOST_LISTED:] = [f"and {len(lines) - MOST_LISTED} more subjects failed"]
    if not_run:
        lines.append(f"{not_run} subjects were not run: interrupted")
    past = past_failures([arm_run.past for arm_run in runs])
    return "\n".join([past, *lines] if past else lines)


def _describe(arm_run: ArmRun, i: int, model: Model, first: int) -> str:
    arm, run = arm_run.arm, arm_run.run
    parameters = {
        address: values[i]
        for address, values in arm_run.values.items()
        if address in arm.parameters or ("." in address and not (values[i] == values).all())
    }
    if not parameters:
        row = parameter_matrix(model, arm_run.values)[i]
        parameters = dict(zip(model.addresses, row, strict=True))
    text = ", ".join(f"{address} = {value:.6g}" for address, value in parameters.items())
    reason, hours = STATUS[run.status[i]], run.reached[i]
    return f"arm {arm.name}, subject {first + i}: {reason} at {hours:.6g} h, with {text}"
