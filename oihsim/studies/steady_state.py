"""steady_state: the periodic state under indefinite dosing, by search instead of simulation.

Drug amounts at steady state are a closed form (:mod:`oihsim.simulation.steady.steady_drugs`). The
body is not linear and heals over weeks to months. The search therefore looks for a state that one
period of dosing leads back to: a fixed point of the dosing map, each value of which is one run over
one period (:mod:`oihsim.simulation.steady.fixed_point`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.run import Run
from oihsim.files.errors import InputError, Problem, SimulationError
from oihsim.model.mechanism import Mechanism
from oihsim.scenario import Scenario, load
from oihsim.simulation.arm_run import ArmRun
from oihsim.simulation.cohort import Cohort
from oihsim.simulation.simulate import MOST_LISTED, Progress, describe_failures, refuse_too_large
from oihsim.simulation.steady.dosing_map import DosingMap
from oihsim.simulation.steady.fixed_point import FixedPoints, fixed_points
from oihsim.simulation.steady.period import one_period, period, repeated
from oihsim.treatment.arm import Arm
from oihsim.treatment.doses.steady_past import IDLE_PERIOD, LONGEST_PERIOD, common_period

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
DIMS = ("scenario", "draw", "id")
TOLERANCE = 1e-5
SOLVER_SHARE = 0.1
"""Largest tolerance of the solver, as a fraction of the tolerance of the search."""


def steady_state(
    scenario: Scenario | str,
    *,
    tolerance: float = TOLERANCE,
    most_periods: int = 200,
    mechanisms: Sequence[Mechanism] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    on_failure: str = "raise",
) -> xr.Dataset:
    """Find the periodic steady state of every arm and subject of a scenario.

    The doses of each arm continue indefinitely and unchanged. A past of the scenario or of its
    population is ignored: the search begins at the naive state, and its result does not depend on
    the start as long as there is only one steady state. The result is a mathematical limit, not a
    forecast.

    Parameters
    ----------
    scenario : a Scenario, a path, or the name of a shipped scenario. In every arm each course must
        begin within its first interval and continue to the end (or be an infusion over the whole
        scenario), without rules or rescue; holds from 0 to the end stay
    tolerance : largest distance to the fixed point, in declared typical sizes of the states, as
        the last two steps of the search estimate it; from 1e-8 to 0.1. The tolerance of the
        solver is that of the scenario, or a tenth of this one if that is less
    most_periods : periods of dosing after which a search is given up
    mechanisms, threads : as for :func:`oihsim.simulate`
    progress : called with finished and all subjects, over all arms
    on_failure : ``"raise"``, or ``"keep"``: a subject that did not converge then has
        ``converged`` 0 and the last state, a subject that failed has NaN and its status

    Returns
    -------
    xarray.Dataset
        as from :func:`oihsim.simulate`, ``time`` running over one period, common to all arms,
        from the periodic state (``time`` 0, before the doses of that time) to the state one period
        later, with the recipe in ``attrs`` and, dims ``scenario, draw, id``:

        - ``residual``: largest change of a state from one period to the next, in its typical size
        - ``distance``: estimate of the distance to the fixed point, in typical sizes
        - ``converged``: 1 where both were within the tolerance
        - ``periods``: periods of dosing that the search simulated
        - ``search_rhs_calls``: evaluations of the right-hand side in the search; ``steps`` and
          ``rhs_calls`` are those of the period shown
        - ``period`` (dims ``scenario``): period of the doses of the arm, h

    Raises
    ------
    InputError : the doses are not periodic, or the scenario has another problem
    SimulationError : a steady state was not reached, and ``on_failure`` is "raise"

    Examples
    --------
    >>> from oihsim.scenario import load
    >>> typical = {"population.count": 1, "population.typical": True}
    >>> ds = steady_state(load("morphine_month").change(typical))
    >>> bool((ds.residual < 1e-5).all()), bool(ds.time[-1] == 12.0)
    (True, True)
    """
    scenario = scenario if isinstance(scenario, Scenario) else load(scenario)
    _refuse(tolerance, most_periods, on_failure)
    lengths, shown_h = _periods(scenario)
    shown = _over(scenario, shown_h)
    model = Model.named(scenario.model) if mechanisms is None else Model(mechanisms)
    drugs = {name: load_drug(name) for name in scenario.drugs}
    refuse_too_large(shown, model, drugs)
    rtol = min(scenario.rtol, SOLVER_SHARE * tolerance)
    total = scenario.count * len(scenario.arms)
    settled: list[SettledArm] = []
    for arm in scenario.arms.values():
        before = scenario.count * len(settled)

        def report(done: int, before: int = before) -> None:
            if progress:
                progress(before + done, total)

        search = ArmSearch(scenario, model, arm, rtol, threads)
        skip = bool(settled) and settled[-1].shown.run.interrupted
        settled.append(
            search.settle(lengths[arm.name], shown, tolerance, most_periods, report, skip)
        )
    failures = _failures(settled, model, tolerance)
    if failures and on_failure == "raise":
        raise SimulationError(failures)
    ds = _labelled(scenario, shown, model, drugs, settled)
    ds.attrs |= {"steady_state_tolerance": tolerance, "rtol": rtol}
    return ds.assign_attrs(failures=failures) if failures else ds


@dataclass(frozen=True)
class SettledArm:
    """One arm in its periodic state: period, result and work of the search, one shown period."""

    length_h: float
    points: FixedPoints
    rhs_calls: NDArray[np.int64]
    shown: ArmRun


@dataclass(frozen=True)
class ArmSearch:
    """The search of the periodic state of one arm."""

    scenario: Scenario
    model: Model
    arm: Arm
    rtol: float
    threads: int | None = None

    def settle(
        self, length_h: float, shown: Scenario, tolerance: float, most: int,
        report: Callable[[int], None], skip: bool,
    ) -> SettledArm:  # fmt: skip
        """Search, and run one period from the result; with ``skip`` run no subject."""
        model, n = self.model, self.scenario.count
        take = self.map(length_h)
        take.interrupted = skip
        points = fixed_points(
            take, np.tile(model.y0, (n, 1)), model.sizes, self.bounds, tolerance, most, report
        )
        shown_map = self.map(shown.duration_h)
        shown_map.interrupted = take.interrupted
        run = shown_map.trajectory(points.y, shown.output_times())
        residual = self.residual(points, run)
        reached = points.reached & (residual <= tolerance)
        points = replace(points, residual=residual, reached=reached)
        return SettledArm(length_h, points, take.rhs_calls, ArmRun.of(shown_map.cohort, run))

    @property
    def bounds(self) -> tuple[Array, Array]:
        """Lowest and highest value of every state."""
        states = self.model.linked.states
        return (
            np.array([state.bounds[0] for state in states]),
            np.array([state.bounds[1] for state in states]),
        )

    def map(self, length_h: float) -> DosingMap:
        """Return the dosing map of the arm over a period."""
        scenario, model = self.scenario, self.model
        once = repeated(self.arm, length_h, scenario.duration_h)
        cohort = Cohort.sample(scenario, once, model)
        rows, held = model.states_by_mechanism, {hold.mechanism for hold in self.arm.holds}
        fixed = sorted(row for mechanism in held for row in rows[mechanism])
        turn = one_period(cohort, length_h, fixed)
        return DosingMap(cohort, turn, self.rtol, self.threads)

    def residual(self, points: FixedPoints, run: Run) -> Array:
        """Return the change over the period shown, which is not part of the search."""
        change = np.abs(run.y[:, -1] - points.y) / self.model.sizes
        return np.asarray(change.max(axis=1, initial=0.0), dtype=np.float64)


def _refuse(tolerance: float, most_periods: int, on_failure: str) -> None:
    """Refuse impossible arguments, all at once."""
    problems = []
    if not 1e-8 <= tolerance <= 0.1:
        problems.append(("tolerance", f"{tolerance!r}", "a number from 1e-8 to 0.1"))
    if most_periods < 1:
        problems.append(("most_periods", f"{most_periods!r}", "a whole number above 0"))
    if on_failure not in ("raise", "keep"):
        problems.append(("on_failure", repr(on_failure), "'raise' or 'keep'"))
    if problems:
        raise InputError([Problem("steady_state", None, *problem) for problem in problems])


def _periods(scenario: Scenario) -> tuple[dict[str, float], float]:
    """Return the period of every arm and the one that is shown, h.

    Raises
    ------
    InputError : an arm has no period; all reasons are named
    """
    lengths, problems = {}, []
    for arm in scenario.arms.values():
        lengths[arm.name], arm_problems = period(arm, scenario.duration_h, scenario.name)
        problems += arm_problems
    shown = common_period([length for length in lengths.values() if length]) or IDLE_PERIOD
    if not problems and shown > LONGEST_PERIOD:
        texts = ", ".join(f"{name}: {length:g} h" for name, length in lengths.items() if length)
        allowed = f"periods with a common multiple of at most {LONGEST_PERIOD:g} h"
        problems.append(Problem(scenario.name, None, "arms", f"periods of {texts}", allowed))
    if problems:
        raise InputError(problems)
    return {name: length or shown for name, length in lengths.items()}, shown


def _over(scenario: Scenario, length_h: float) -> Scenario:
    """Return the scenario for the labels: outputs over one period, no past, no endpoint."""
    resolved = scenario.resolved
    resolved |= {"population_history": [], "history": []}
    resolved.pop("history_steady", None)
    resolved.pop("outputs", None)
    resolved["duration_h"] = length_h
    resolved["output_every_h"] = min(resolved["output_every_h"], length_h)
    resolved["compare"]["endpoints"] = []
    return Scenario(scenario.name, resolved, scenario.vocabulary)


def _failures(arms: Sequence[SettledArm], model: Model, tolerance: float) -> str:
    """Return one line per subject that failed or did not arrive."""
    failed = describe_failures([settled.shown for settled in arms], model)
    lines = [
        f"arm {settled.shown.arm.name}, subject {i}: no steady state within {tolerance:g} "
        f"after {settled.points.maps[i]} periods; residual {settled.points.residual[i]:.2g}, about "
        f"{settled.points.distance[i]:.2g} away (typical sizes of the states)"
        for settled in arms
        for i in np.flatnonzero(~settled.points.reached & (settled.shown.run.status == 0))
    ]
    if len(lines) > MOST_LISTED:
        lines[MOST_LISTED:] = [f"and {len(lines) - MOST_LISTED} more did not reach it"]
    return "\n".join([failed, *lines] if failed else lines)


def _labelled(
    scenario: Scenario, shown: Scenario, model: Model, drugs: Any, arms: Sequence[SettledArm]
) -> xr.Dataset:
    """Return the Dataset of one period, with residual and work of the search."""
    from oihsim.simulation.dataset import labelled, with_breathing

    ds = labelled(shown, model, drugs, [settled.shown for settled in arms])
    findings: dict[str, tuple[str, str, Any]] = {
        "residual": (
            "1",
            "largest change of a state over the period shown, in its typical size",
            [settled.points.residual for settled in arms],
        ),
        "distance": (
            "1",
            "estimate of the distance to the fixed point, in typical sizes of the states",
            [settled.points.distance for settled in arms],
        ),
        "converged": (
            "1",
            "1 where the steady state was reached within the tolerance",
            [settled.points.reached.astype(np.int64) for settled in arms],
        ),
        "periods": (
            "1",
            "periods of dosing that the search simulated",
            [settled.points.maps for settled in arms],
        ),
        "search_rhs_calls": (
            "1",
            "evaluations of the right-hand side in the search",
            [settled.rhs_calls for settled in arms],
        ),
    }
    variables: dict[str, Any] = {
        name: (DIMS, np.stack(values)[:, None], {"units": unit, "long_name": long_name})
        for name, (unit, long_name, values) in findings.items()
    }
    length = {"units": "h", "long_name": "period of the doses of the arm"}
    variables["period"] = ("scenario", np.array([settled.length_h for settled in arms]), length)
    ds = ds.assign(variables)
    ds.attrs.pop("breathing", None)
    ds["time"].attrs["long_name"] = "time since the start of a period of the steady state"
    ds.attrs |= {
        "resolved_scenario": json.dumps(scenario.resolved),
        "scenario_hash": scenario.scenario_hash,
        "time_zero": "start of a period; the same doses have been given indefinitely",
        "search": "Anderson acceleration of the dosing map, linear kinetics in closed form",
    }
    return with_breathing(ds, scenario.breathing)
