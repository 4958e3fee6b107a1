"""simulate_points: one scenario at many points, each a set of changes, in few runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from oihsim.drugs import Drug, load_drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.solver import INTERRUPTED
from oihsim.files.errors import InputError, OihsimError, Problem, SimulationError
from oihsim.results.comparison import EndpointSpec, endpoint_values
from oihsim.scenario import Scenario, load
from oihsim.simulation.recipe import recipe
from oihsim.simulation.simulate import MOST_LISTED, Progress, refuse_too_large, run_arms
from oihsim.studies.points.packing import Family, array_bytes, families, packs, run_pack
from oihsim.studies.points.point_results import (
    REFUSED,
    in_order,
    laid,
    reasons_of,
    unpacked,
    with_fate,
)

BLOCK_BYTES = 1.5e8
"""Bytes of the arrays of points that are run together: enough to fill the lanes, and no more."""

__all__ = ["REFUSED", "Changes", "Each", "point_endpoints", "simulate_points"]

Changes = Mapping[str, Any]
Each = Callable[[xr.Dataset], xr.Dataset]


def simulate_points(
    scenario: Scenario | str,
    changes: Iterable[Changes],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    on_failure: str = "keep",
    each: Each | None = None,
) -> xr.Dataset:
    """Simulate a scenario at many points in the same virtual subjects.

    Parameters
    ----------
    scenario : a Scenario, a path, or the name of a shipped scenario
    changes : one mapping per point, as :meth:`oihsim.Scenario.change` takes it; ``{}`` is the
        scenario as it is
    threads : of the engine; all cores by default
    progress : called with finished and all subjects, over all points and arms
    on_failure : ``"keep"``, or ``"raise"`` at the first points that fail
    each : function that reduces each block of points, such as :func:`point_endpoints`: it gets a
        Dataset as described below, and returns one with the dimension ``point``. Trajectories
        then need no memory beyond a block

    Returns
    -------
    xarray.Dataset
        as of :func:`oihsim.simulate` with a leading dimension ``point`` and the coordinate
        ``changes``, the changes as JSON. A point that fails is NaN, with ``status``
        (:data:`REFUSED` if the changes are refused, -1 for an arm or a subject that the point does
        not have) and ``reason``, a text that is empty otherwise. The recipe is that of the
        scenario before the changes. Points may differ in arms, drugs, subjects and times:
        results that a point does not have are NaN, those of a drug that it does not give are 0.
        Dose ledgers are padded to the longest

    Raises
    ------
    InputError : no points, a point that is no mapping, or a result too large for the memory
    SimulationError : a point failed or was not run, and ``on_failure`` is "raise"

    Notes
    -----
    Points that differ in numbers of body, drugs or population, or in doses of the same drugs by
    the same routes, share a run, as further subjects of it; each has the numbers it would have
    alone. Points with rules share a run if they differ in numbers only; a past in a steady state
    is searched for point by point.

    Examples
    --------
    >>> import oihsim
    >>> short = {"population.count": 2, "duration": "1 d"}
    >>> scenario = oihsim.load("morphine_month").change(short)
    >>> ds = simulate_points(scenario, [{}, {"morphine.CL": "30 L/h"}, {"morphine.CL": "no"}])
    >>> ds["pain"].dims, ds.sizes["point"]
    (('point', 'scenario', 'draw', 'id', 'time'), 3)
    >>> ds["status"].max(["scenario", "draw", "id"]).values.tolist()
    [0, 0, 6]
    """
    base, points = _checked(scenario, changes, on_failure, in_memory=each is None)
    study = _Study(base, threads)
    scenarios, reasons = _changed(base, points)
    total = sum(changed.count * len(changed.arms) for changed in scenarios.values())
    parts: list[xr.Dataset] = []
    done, stopped = 0, False
    for numbers in study.blocks(range(len(points)), scenarios):
        of_block = {number: scenarios[number] for number in numbers if number in scenarios}

        def report(finished: int, before: int = done) -> None:
            if progress:
                progress(before + finished, total)

        ds = study.block(numbers, of_block, reasons, report, skip=stopped)
        texts = [json.dumps(points[number], default=str) for number in numbers]
        ds = ds.assign_coords(changes=("point", texts, {"long_name": "changes of the point"}))
        if on_failure == "raise" and any(ds["reason"].values):
            raise SimulationError(_failures(ds))
        stopped = stopped or bool((ds["status"] == INTERRUPTED).any())
        done += sum(changed.count * len(changed.arms) for changed in of_block.values())
        parts.append(ds if each is None else _with_fate_of(each(ds), ds))
    joined = laid(parts).assign_attrs(parts[0].attrs)
    failures = _failures(joined)
    return joined.assign_attrs(failures=failures) if failures else joined


def point_endpoints(ds: xr.Dataset, endpoints: Iterable[EndpointSpec] | None = None) -> xr.Dataset:
    """Return endpoints of points, (point, scenario, draw, id), NaN where a subject failed.

    Parameters
    ----------
    ds : from :func:`simulate_points`, with its trajectories
    endpoints : as for :func:`oihsim.endpoint_table`

    Raises
    ------
    InputError, OihsimError : as of :func:`oihsim.endpoint_table`

    Examples
    --------
    >>> import oihsim
    >>> typical = {"population.count": 1, "population.typical": True, "duration": "1 d"}
    >>> scenario = oihsim.load("morphine_month").change(typical)
    >>> ds = simulate_points(scenario, [{}], each=lambda ds: point_endpoints(ds, ["pain_mean"]))
    >>> ds["pain_mean"].dims
    ('point', 'scenario', 'draw', 'id')
    """
    flat = ds.isel(draw=0, drop=True).rename(point="draw").transpose("scenario", "draw", ...)
    endpoint_arrays = {
        name: values.where(flat["status"] == 0)
        .assign_attrs(values.attrs)
        .rename(draw="point")
        .expand_dims(draw=ds["draw"], axis=2)
        .transpose("point", "scenario", "draw", "id")
        for name, values in endpoint_values(flat, endpoints).items()
    }
    return xr.Dataset(endpoint_arrays, attrs=ds.attrs)


def _checked(
    scenario: Scenario | str, changes: Iterable[Changes], on_failure: str, *, in_memory: bool
) -> tuple[Scenario, list[Changes]]:
    """Return the scenario and the points, or refuse all their problems."""
    points = list(changes)
    problems = [
        Problem("simulate_points", None, f"changes[{i}]", repr(change), "a mapping of changes")
        for i, change in enumerate(points)
        if not isinstance(change, Mapping)
    ]
    if not points:
        problems.append(Problem("simulate_points", None, "changes", "none", "at least one point"))
    if on_failure not in ("raise", "keep"):
        allowed = "'raise' or 'keep'"
        problems.append(Problem("simulate_points", None, "on_failure", repr(on_failure), allowed))
    if problems:
        raise InputError(problems)
    base = scenario if isinstance(scenario, Scenario) else load(scenario)
    if in_memory:
        drugs = {name: load_drug(name) for name in base.drugs}
        refuse_too_large(base, Model.named(base.model), drugs, copies=len(points))
    return base, points


def _changed(
    scenario: Scenario, points: Sequence[Changes]
) -> tuple[dict[int, Scenario], dict[int, str]]:
    """Return the scenarios of valid points, and the reasons of the others, by number."""
    changed, reasons = {}, {}
    for number, changes in enumerate(points):
        try:
            changed[number] = scenario.change(changes)
        except InputError as error:
            reasons[number] = str(error)
    return changed, reasons


def _with_fate_of(results: xr.Dataset, ds: xr.Dataset) -> xr.Dataset:
    """Return the reduced results of a block, with status and reason of its points."""
    known = results.assign_coords(point=ds["point"], changes=ds["changes"])
    return known.assign(status=ds["status"], reason=ds["reason"])


def _failures(ds: xr.Dataset) -> str:
    """Return one line for each of the first points that failed, and the number of the rest."""
    failed = np.flatnonzero(ds["reason"].values != "")
    lines = [
        f"point {int(ds['point'].values[i])}: " + "; ".join(str(ds["reason"].values[i]).split("\n"))
        for i in failed[:MOST_LISTED]
    ]
    more = [f"and {len(failed) - MOST_LISTED} more points failed"]
    return "\n".join(lines + more * (len(failed) > MOST_LISTED))


class _Study:
    """The scenario that all blocks of points share."""

    def __init__(self, scenario: Scenario, threads: int | None) -> None:
        self.scenario = scenario
        self._threads = threads

    def _tools(self, scenarios: Iterable[Scenario]) -> tuple[Model, dict[str, Drug]]:
        """Return the model of scenarios that share it, and all their drugs."""
        several = list(scenarios)
        names = sorted({name for scenario in several for name in scenario.drugs})
        return Model.named(several[-1].model), {name: load_drug(name) for name in names}

    def blocks(
        self, numbers: Iterable[int], scenarios: Mapping[int, Scenario]
    ) -> Iterator[list[int]]:
        """Yield the numbers of points in blocks whose arrays are not too large."""
        block: list[int] = []
        held = 0.0
        for number in numbers:
            scenario = scenarios.get(number)
            size = 0.0 if scenario is None else self._bytes(scenario)
            if block and held + size > BLOCK_BYTES:
                yield block
                block, held = [], 0.0
            block.append(number)
            held += size
        yield block

    def _bytes(self, scenario: Scenario) -> float:
        """Return the approximate bytes of the arrays of a point."""
        model, drugs = self._tools([scenario])
        return array_bytes(scenario, model, len(drugs))

    def block(
        self, numbers: Sequence[int], scenarios: Mapping[int, Scenario],
        refused: Mapping[int, str], report: Callable[[int], None], *, skip: bool,
    ) -> xr.Dataset:  # fmt: skip
        """Run a block of points; return all of them in order, failed ones included."""
        reasons = {number: refused[number] for number in numbers if number in refused}
        parts: list[xr.Dataset] = []
        done = 0
        kinds = families(list(scenarios.items()))
        for pack in packs(kinds):

            def on(finished: int, before: int = done) -> None:
                report(before + finished)

            results = self._run(pack, reasons, on, skip)
            parts += results
            skip = skip or any(bool((ds["status"] == INTERRUPTED).any()) for ds in results)
            done += sum(family.subjects * len(family.first.arms) for family in pack)
        model, drugs = self._tools([self.scenario])
        if not parts:
            # no point of the block could be run: its shape is that of the unchanged scenario
            runs = run_arms(self.scenario, model, drugs, skip=True)
            parts = [unpacked(Family((-1,), (self.scenario,)), model, drugs, runs)]
        ds = in_order(laid(parts), numbers)
        attrs = {**ds.attrs, **recipe(self.scenario, model, drugs)}
        attrs["references"] = " ".join(
            sorted({key for part in parts for key in part.attrs["references"].split()})
        )
        ds.attrs = attrs
        return with_fate(ds, numbers, reasons, [family.first for family in kinds])

    def _run(
        self, pack: list[Family], reasons: dict[int, str], report: Callable[[int], None],
        skip: bool,
    ) -> list[xr.Dataset]:  # fmt: skip
        """Run a pack and return its families; if it is refused, search for the point."""
        model, drugs = self._tools([family.first for family in pack])
        try:
            runs = run_pack(pack, model, drugs, threads=self._threads, progress=report, skip=skip)
        # impossible values of a body or drug may show as refused arrays, a ValueError
        except (OihsimError, ValueError) as error:
            halves = _halves(pack)
            if not halves:
                reasons[pack[0].numbers[0]] = str(error)
            return [ds for half in halves for ds in self._run(half, reasons, report, skip)]
        for family, arm_runs in zip(pack, runs, strict=True):
            reasons |= reasons_of(family, arm_runs, model)
        return [
            unpacked(family, model, {name: drugs[name] for name in family.first.drugs}, arm_runs)
            for family, arm_runs in zip(pack, runs, strict=True)
        ]


def _halves(pack: list[Family]) -> list[list[Family]]:
    """Return a pack in two halves, or no half of a single point.

    Examples
    --------
    >>> scenario = load("flagship")
    >>> [half[0].numbers for half in _halves([Family((1, 2, 3), (scenario,) * 3)])]
    [(1,), (2, 3)]
    """
    if len(pack) > 1:
        middle = len(pack) // 2
        return [pack[:middle], pack[middle:]]
    family, middle = pack[0], len(pack[0].numbers) // 2
    if not middle:
        return []
    return [
        [Family(family.numbers[part], family.scenarios[part])]
        for part in (slice(0, middle), slice(middle, None))
    ]
