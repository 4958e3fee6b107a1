"""Replay: the doses of a ledger given again as fixed doses, to the same subjects.

Whatever rules decided, the doses they led to are in the ledger. Given again without any rule they
must lead to the same course; where they do not, ledger and run do not belong together.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oihsim.drugs import Drug, load_drug
from oihsim.engine.compiled_model import Model
from oihsim.files.errors import InputError, Problem, SimulationError
from oihsim.model.mechanism import Mechanism
from oihsim.scenario import Scenario
from oihsim.simulation.cohort import Cohort
from oihsim.simulation.dose_ledger import DoseLedger, Names, arm_ledger
from oihsim.simulation.schedule import Doses
from oihsim.simulation.steady.starting_states import StartingStates
from oihsim.treatment.arm import Arm

if TYPE_CHECKING:
    import xarray as xr

    from oihsim.simulation.arm_run import ArmRun

Array = NDArray[np.float64]

ALLOWED = 5.0
"""Difference that is allowed, as a multiple of the solver's relative tolerance. Measured over
titrations with pauses and rescue: 1.1 at a tolerance of 1e-3, where a step may come out otherwise,
and below 0.002 from 1e-4 down to 1e-8."""

ROUNDING = 1e-9
"""Difference that is allowed however small the tolerance is."""

AT_ONCE = 2e7
"""Numbers that a replay holds in memory at once; subjects are run in batches of that size."""

PLASMA, EFFECT_SITE = "_plasma_concentration", "_effect_site_concentration"


@dataclass(frozen=True)
class Replayed:
    """How far the replay of one arm is from its run.

    Attributes
    ----------
    arm : its name
    subjects, doses : that were compared, and given to them
    difference : the largest of any state, in its declared typical size, and of any concentration,
        relative to the subject's highest of it
    tolerance : what it is judged against
    where : what differs most, in which subject, when; empty without any difference
    """

    arm: str
    subjects: int
    doses: int
    difference: float
    tolerance: float
    where: str = ""

    @property
    def equal(self) -> bool:
        """Whether ledger and run belong together."""
        return self.difference <= self.tolerance

    def __str__(self) -> str:
        """Return it as a line of text."""
        verdict = "the same course" if self.equal else "NOT the same course"
        where = f" ({self.where})" if self.where else ""
        return (
            f"{self.arm}: {verdict}; {self.doses} doses of {self.subjects} subjects given again, "
            f"largest difference {self.difference:.2g} of the typical size{where}, "
            f"allowed {self.tolerance:.2g}"
        )


@dataclass(frozen=True)
class _Trajectories:
    """What a run and its replay are compared in.

    Attributes
    ----------
    states : (n, t, s)
    concentrations : name -> (n, t)
    """

    states: Array
    concentrations: Mapping[str, Array]


def replay(
    ds: xr.Dataset,
    *,
    mechanisms: Sequence[Mechanism] | None = None,
    threads: int | None = None,
) -> list[Replayed]:
    """Give the doses of a result's ledger again, as fixed doses, and compare the courses.

    Parameters
    ----------
    ds : result of :func:`oihsim.simulate` or :func:`oihsim.compare`, or some arms or subjects of it
    mechanisms : those of the run, if it was not one of the named models
    threads : all cores by default

    Returns
    -------
    list of Replayed
        one for each arm: the largest difference and the tolerance it is judged against. Subjects
        that failed are left out

    Raises
    ------
    InputError : the result has no dose ledger, or was made with another model or other drugs

    Examples
    --------
    >>> import oihsim
    >>> typical = {"population.count": 1, "population.typical": True, "duration": "2 d"}
    >>> ds = oihsim.simulate(oihsim.load("morphine_month").change(typical))
    >>> all(arm.equal for arm in oihsim.replay(ds))
    True
    """
    _refuse(ds)
    for dim in ("scenario", "draw", "id"):
        ds = ds if dim in ds.dims else ds.expand_dims(dim)
    scenarios = _scenarios(ds)
    replayed = []
    for label in (str(name) for name in ds["scenario"].values):
        first = label.split("/")[0]
        scenario, name = (
            (scenarios[""], label)
            if "" in scenarios
            else (scenarios[first], label[len(first) + 1 :])
        )
        model = Model.named(scenario.model) if mechanisms is None else Model(mechanisms)
        drugs = {drug: load_drug(drug) for drug in scenario.drugs}
        _refuse_others(ds, model, drugs)
        result = ds.sel(scenario=label).isel(draw=0)
        states = np.stack([result[state.name].values for state in model.linked.states], axis=-1)
        concentrations = {
            str(key): result[key].values for key in ds.data_vars
            if str(key).endswith((PLASMA, EFFECT_SITE))
        }  # fmt: skip
        again = _Replay(scenario, model, drugs, scenario.arms[name], result["time"].values, threads)
        who = result["id"].values.astype(np.int64) - scenario.first
        ended = result["status"].values == 0
        stored = _Trajectories(states, concentrations)
        replayed.append(again.compared(label, _stored_doses(result), stored, who, ended))
    return replayed


def check_replay(
    scenario: Scenario, model: Model, drugs: Mapping[str, Drug], runs: Sequence[ArmRun]
) -> None:
    """Replay every arm that has rules.

    Raises
    ------
    SimulationError : an arm whose ledger leads elsewhere
    """
    times, history_h = np.array(scenario.output_times()), float(scenario.resolved["history_h"])
    names = Names.of(runs, history_h)
    wrong = []
    for arm_run in (arm_run for arm_run in runs if arm_run.reactions is not None):
        arm, run = arm_run.arm, arm_run.run
        doses = _ledger_doses(arm_ledger(arm_run, names, history_h, times[-1]), names)
        course = _Trajectories(run.y, by_name(arm_run.ligands, run.concentrations))
        again = _Replay(scenario, model, drugs, arm, times, None)
        everybody = np.arange(scenario.count)
        replayed = again.compared(arm.name, doses, course, everybody, run.status == 0)
        wrong += [] if replayed.equal else [str(replayed)]
    if wrong:
        raise SimulationError("\n".join(["replay of the dose ledger:", *wrong]))


def by_name(ligands: Sequence[str], concentrations: Array) -> dict[str, Array]:
    """Return the concentrations of each ligand, (n, t), those of the same name added.

    Examples
    --------
    >>> values = np.array([[[1.0, 2.0, 30.0, 40.0]]])
    >>> [float(series[0, 0]) for series in by_name(["M6G", "M6G"], values).values()]
    [3.0, 70.0]
    """
    sums: dict[str, Array] = {}
    for shift, place in ((0, EFFECT_SITE), (len(ligands), PLASMA)):
        for i, name in enumerate(ligands):
            key = f"{name}{place}"
            sums[key] = sums.get(key, 0.0) + concentrations[..., i + shift]
    return sums


@dataclass(frozen=True)
class _Replay:
    """One arm that is run again."""

    scenario: Scenario
    model: Model
    drugs: Mapping[str, Drug]
    arm: Arm
    times: Array
    threads: int | None

    def compared(
        self, label: str, doses: Doses, course: _Trajectories, who: NDArray[np.int64],
        ended: NDArray[np.bool_],
    ) -> Replayed:  # fmt: skip
        """Run the arm with these doses, and compare it with its course in the subjects that ended.

        ``doses`` count subjects as rows of ``course``; ``who`` are their places among the subjects
        of the scenario.
        """
        again = self.run(doses, who, ended)
        largest, where = 0.0, ""
        series: list[tuple[str, Array, Array, Array]] = [
            (state.name, course.states[..., i], again.states[..., i], np.full(len(who), size))
            for i, (state, size) in enumerate(
                zip(self.model.linked.states, self.model.sizes, strict=True)
            )
        ]
        for name, values in again.concentrations.items():
            highest = values.max(axis=1, initial=0.0)
            series.append(
                (name, course.concentrations[name], values, np.where(highest > 0.0, highest, 1.0))
            )
        for name, before, after, size in series:
            difference = np.abs(before - after)[ended] / size[ended, None]
            # what is not there cannot be equal
            difference = np.where(np.isnan(difference), math.inf, difference)
            if difference.size and difference.max() > largest:
                largest = float(difference.max())
                i, t = np.unravel_index(difference.argmax(), difference.shape)
                number = self.scenario.first + who[ended][i]
                where = f"{name} of subject {number} at {self.times[t]:g} h"
        tolerance = max(ALLOWED * self.scenario.rtol, ROUNDING)
        number_of_doses = int(ended[doses.subject].sum())
        return Replayed(label, int(ended.sum()), number_of_doses, largest, tolerance, where)

    def run(self, doses: Doses, who: NDArray[np.int64], ended: NDArray[np.bool_]) -> _Trajectories:
        """Return the course under fixed doses; NaN in subjects that did not end."""
        scenario, model = self.scenario, self.model
        everybody = Cohort.sample(scenario, self.arm, model, self.drugs)
        fixed = Arm("doses", (), self.arm.holds)
        # decision points are outputs, so that both runs stop at the same times
        decision_points = [time for block in self.arm.rules for time in block.decision_points]
        stops = np.unique(
            [*self.times, *(t for t in np.round(decision_points, 9) if t < self.times[-1])]
        )
        shown = np.searchsorted(stops, self.times)
        states = np.full((len(who), len(self.times), len(model.states)), np.nan)
        concentrations: dict[str, Array] = {}
        rows = np.flatnonzero(ended)
        series = len(model.states) + len(model.outputs) + 10 * len(self.arm.drugs)
        size = max(1, int(AT_ONCE / (len(stops) * series)))
        for batch in (rows[i : i + size] for i in range(0, len(rows), size)):
            cohort = everybody.subset(who[batch])
            starts = StartingStates(scenario, model, self.drugs, self.threads)
            fixed_doses = _of(doses, batch, scenario.steady_past is not None)
            schedule = cohort.giving(fixed).schedule(self.times[-1], fixed_doses)
            start = starts.begin(cohort, schedule)
            run = cohort.run(
                stops, start.schedule, start.kinetics, y0=start.y0, rtol=scenario.rtol,
                threads=self.threads,
            )  # fmt: skip
            states[batch] = run.y[:, shown]
            for name, values in by_name(cohort.board.ligands, run.concentrations).items():
                blank = np.full((len(who), len(self.times)), np.nan)
                concentrations.setdefault(name, blank)[batch] = values[:, shown]
        return _Trajectories(states, concentrations)


def _of(doses: Doses, rows: NDArray[np.int64], later: bool) -> Doses:
    """Return the doses of some subjects, numbered as these are; ``later``: from time 0 on.

    A past in a steady state begins with what is on board, its doses among it.
    """
    number = np.full(int(max(doses.subject.max(initial=0), rows.max(initial=0))) + 1, -1)
    number[rows] = np.arange(len(rows))
    chosen = (number[doses.subject] >= 0) & ((doses.time_h >= 0.0) | (not later))
    return Doses(
        number[doses.subject[chosen]], doses.time_h[chosen], doses.drug[chosen],
        doses.route[chosen], doses.amount[chosen], doses.duration_h[chosen],
    )  # fmt: skip


def _ledger_doses(ledger: DoseLedger, names: Names) -> Doses:
    return _listed(ledger.columns[:5], names.drugs, names.routes)


def _stored_doses(ds: xr.Dataset) -> Doses:
    """Return the doses in the ledger of one arm of a result."""
    names = ("time", "amount", "duration", "drug", "route")
    columns = [ds[f"dose_{name}"].transpose("id", "dose").values for name in names]
    drugs, routes = (ds[f"dose_{name}"].attrs["flag_meanings"].split() for name in names[3:])
    return _listed(columns, drugs, routes)


def _listed(columns: Sequence[NDArray[Any]], drugs: Sequence[str], routes: Sequence[str]) -> Doses:
    """Return the doses of a ledger one by one."""
    time, amount, duration, drug, route = columns
    at = np.nonzero(~np.isnan(time))
    return Doses(
        at[0], time[at], np.array([*drugs, ""])[drug[at]], np.array([*routes, ""])[route[at]],
        amount[at], duration[at],
    )  # fmt: skip


def _scenarios(ds: xr.Dataset) -> dict[str, Scenario]:
    """Return the scenarios of a result by name; the one of a single scenario has none."""
    resolved = json.loads(ds.attrs["resolved_scenario"])
    several = {"": resolved} if "schema" in resolved else resolved
    return {name: Scenario.from_resolved(form) for name, form in several.items()}


def _refuse(ds: xr.Dataset) -> None:
    """Refuse what cannot be replayed."""
    allowed = "a result of simulate or compare"
    if "dose_time" not in ds:
        raise InputError([Problem("replay", None, "result", "no dose ledger", allowed)])
    if "steady_state_tolerance" in ds.attrs:
        no_start = "a periodic steady state, which has no beginning"
        raise InputError([Problem("replay", None, "result", no_start, allowed)])


def _refuse_others(ds: xr.Dataset, model: Model, drugs: Mapping[str, Drug]) -> None:
    """Refuse a result of another model, or of drugs that have changed since."""
    problems = []
    if ds.attrs["model_hash"] != model.hash:
        allowed = f"the model it was made with, here {model.name}"
        problems.append(Problem("replay", None, "model", "equations of another version", allowed))
    stored = json.loads(ds.attrs["drug_hashes"])
    for name, drug in drugs.items():
        if stored.get(name) != drug.hash:
            other = f"another version of {name}"
            problems.append(Problem("replay", None, "drugs", other, "the one it was made with"))
    if problems:
        raise InputError(problems)
