"""Runs as labelled Datasets that carry their whole recipe, and their netCDF files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from oihsim.drugs import Drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.lanes.kernel import METHODS
from oihsim.engine.solver import STATUS
from oihsim.files.yaml import write_atomically
from oihsim.kinetics.covariates import COVARIATES
from oihsim.model.parameter import Output, State
from oihsim.results.comparison import endpoint_values
from oihsim.results.groups import alike, read, save
from oihsim.results.sensory import TESTS, sensory_tests
from oihsim.results.trial_course import reported_pain
from oihsim.scenario import Scenario
from oihsim.simulation.cumulative_dose import given_before
from oihsim.simulation.decision_log import COORDINATES, decision_variables
from oihsim.simulation.dose_ledger import (
    DoseLedger,
    Names,
    arm_ledger,
    ledger_variables,
)
from oihsim.simulation.recipe import recipe
from oihsim.simulation.spans import span_variables
from oihsim.simulation.steady.starting_states import past_attrs
from oihsim.treatment.breathing import KINDS, sentence

if TYPE_CHECKING:
    from oihsim.simulation.arm_run import ArmRun

DIMS = ("scenario", "draw", "id", "time")
NOWHERE = -2
"""Code of a drug that no ledger has."""


def labelled(
    scenario: Scenario, model: Model, drugs: Mapping[str, Drug], runs: Sequence[ArmRun]
) -> xr.Dataset:
    """Return the Dataset of a scenario's arms.

    Parameters
    ----------
    scenario, model, drugs : what was run
    runs : one per arm, in the order of the scenario

    Returns
    -------
    xarray.Dataset
        dims ``scenario, draw, id, time``, and the tables ``dose_*`` with a further dim ``dose``
        and, where an arm has rules, ``decision_*``; see :func:`oihsim.simulation.simulate.simulate`
    """
    arms = [arm_run.arm.name for arm_run in runs]
    times, history_h = np.array(scenario.output_times()), float(scenario.resolved["history_h"])
    names = Names.of(runs, history_h)
    ledgers = [arm_ledger(arm_run, names, history_h, times[-1]) for arm_run in runs]
    coords = {
        "scenario": ("scenario", arms, {"long_name": "arm of the scenario"}),
        "draw": (
            "draw",
            [0],
            {"units": "1", "long_name": "draw of the parameters; 0: best estimates"},
        ),
        "id": (
            "id",
            scenario.first + np.arange(len(runs[0].run.status)),
            {"units": "1", "long_name": "virtual subject"},
        ),
        "time": (
            "time",
            times,
            {"units": "h", "long_name": "time since the start of the arms"},
        ),
    }
    variables = {
        **_symbols(model, runs),
        **_concentrations(drugs, runs),
        **_doses(scenario, drugs, runs, ledgers, names),
        **_subjects(runs),
        **_work(runs),
        **ledger_variables(ledgers, names, drugs),
    }
    of_spans, span_coords = span_variables(model, runs, times)
    variables |= of_spans
    coords |= span_coords
    decisions = decision_variables(runs, _units(variables))
    coords |= {name: decisions.pop(name) for name in COORDINATES if name in decisions}
    variables |= decisions
    ds = xr.Dataset(variables, coords, recipe(scenario, model, drugs))
    ds = measured(ds, scenario)
    ds.attrs |= past_attrs([arm_run.past for arm_run in runs])
    return with_breathing(ds, scenario.breathing)


def measured(ds: xr.Dataset, scenario: Scenario) -> xr.Dataset:
    """Return a result with the sensory tests of its scenario, and with what patients report."""
    ds = sensory_tests(ds, scenario.tests, scenario.seed, typical=scenario.typical)
    return ds if scenario.trial is None else reported_pain(ds, scenario.trial, scenario.seed)


def with_breathing(ds: xr.Dataset, concerns: Mapping[str, Sequence[str]]) -> xr.Dataset:
    """Return the result with its sentence on breathing, if there is anything to say.

    ``concerns`` is what :func:`oihsim.treatment.breathing.concerns` finds in its arms.
    """
    text = sentence(concerns)
    return ds.assign_attrs(breathing=text) if text else ds


def _stack(arrays: Sequence[Any]) -> Any:
    return np.stack(arrays)[:, None]


def _symbols(model: Model, runs: Sequence[ArmRun]) -> dict[str, Any]:
    variables = {}
    parts: tuple[tuple[tuple[State | Output, ...], str], ...] = (
        (model.linked.states, "y"),
        (model.linked.outputs, "outputs"),
    )
    for part, field in parts:
        for i, quantity in enumerate(part):
            values = _stack([getattr(run.run, field)[..., i] for run in runs])
            attrs = {
                "units": quantity.unit,
                "long_name": quantity.meaning,
                "symbol": quantity.symbol,
            }
            variables[quantity.name] = (DIMS, values, attrs)
    return variables


def _concentrations(drugs: Mapping[str, Drug], runs: Sequence[ArmRun]) -> dict[str, Any]:
    """Return what acts, nmol/L, or what is left of what is counted, in its own unit."""
    names = list(dict.fromkeys(name for run in runs for name in run.ligands))
    units = {name: drug.concentration_unit for drug in drugs.values() for name in drug.ligands}
    variables = {}
    for name in names:
        for place, shift in (("effect_site", 0), ("plasma", 1)):
            arrays = []
            for run in runs:
                conc, ligands = run.run.concentrations, len(run.ligands)
                # two drugs may bring the same ligand (heroin and morphine): they add up
                rows = [
                    i + shift * ligands for i, ligand in enumerate(run.ligands) if ligand == name
                ]
                total = conc[..., rows].sum(axis=-1)
                # a drug that an arm does not give is at 0 there, unless the subject failed
                arrays.append(np.where(np.isnan(run.run.y[..., 0]), np.nan, total))
            where = place.replace("_", " ")
            long_name = f"{name} in the {where}, total"
            if units[name] != "nmol/L":
                long_name = f"{name}, what is left of it" + (" and acts" if shift == 0 else "")
            attrs = {"units": units[name], "long_name": long_name}
            variables[f"{name}_{place}_concentration"] = (DIMS, _stack(arrays), attrs)
    return variables


def _doses(
    scenario: Scenario, drugs: Mapping[str, Drug], runs: Sequence[ArmRun],
    ledgers: Sequence[DoseLedger], names: Names,
) -> dict[str, Any]:  # fmt: skip
    """Return what was given since time 0, before the doses of each output time.

    The cumulative dose of a drug includes what was given of it by rules, as rescue or not; where
    rules may give it, it is NaN in a subject that did not reach the end.
    """
    times = np.array(scenario.output_times())
    rescued: set[str] = set()
    reacting: list[set[str]] = []
    for run in runs:
        blocks = [] if run.reactions is None else run.reactions.blocks
        reacting.append({line.drug for block in blocks for line in block.lines})
        rescued |= {
            rule.line.drug
            for block in blocks
            for rule in block.rules
            if rule.action == "rescue" and rule.line is not None
        }
    variables = {}
    kinds = [("rescue", drug) for drug in sorted(rescued)]
    for kind, drug in (*kinds, *(("cumulative", drug) for drug in scenario.drugs)):
        code = names.drugs.index(drug) if drug in names.drugs else NOWHERE
        sums = []
        for run, ledger, reacting_drugs in zip(runs, ledgers, reacting, strict=True):
            chosen = (ledger.drug == code) & (ledger.rescue | (kind == "cumulative"))
            unknown = (run.run.status != 0)[:, None] & (drug in reacting_drugs)
            sums.append(np.where(unknown, np.nan, given_before(ledger, chosen, times)))
        unit, how = drugs[drug].dose_unit, " as rescue" if kind == "rescue" else ""
        labelled = ", as labelled" if unit == "mg" else ""
        attrs = {"units": unit, "long_name": f"{drug} given{how} since time 0{labelled}"}
        variables[f"{drug}_{kind}_dose"] = (DIMS, _stack(sums), attrs)
    return variables


def _units(variables: Mapping[str, Any]) -> dict[str, str]:
    """Return the unit of everything that a rule may observe, by name."""
    units = {name: str(attrs["units"]) for name, (_, _, attrs) in variables.items()}
    return units | {name: test.unit for name, test in TESTS.items()}


def _subjects(runs: Sequence[ArmRun]) -> dict[str, Any]:
    """Return covariates, which all arms share, and the parameters that vary between subjects."""
    values = runs[0].values
    variables: dict[str, Any] = {}
    for symbol, covariate in COVARIATES.items():
        if symbol in values:
            attrs = {"units": covariate.unit, "long_name": covariate.meaning}
            variables[symbol] = (("draw", "id"), values[symbol][None], attrs)
    return variables


def _work(runs: Sequence[ArmRun]) -> dict[str, Any]:
    dims = DIMS[:3]
    codes = list(range(len(STATUS)))
    flags = {
        "units": "1",
        "long_name": "whether the subject reached the end",
        "flag_values": codes,
        "flag_meanings": " ".join(text.replace(" ", "_").replace(":", "") for text in STATUS),
    }
    return {
        "status": (dims, _stack([run.run.status for run in runs]), flags),
        "method": (
            dims,
            _stack([run.run.method for run in runs]),
            {
                "units": "1",
                "long_name": "method that solved the body",
                "flag_values": list(range(len(METHODS))),
                "flag_meanings": " ".join(METHODS),
            },
        ),
        "steps": (
            dims,
            _stack([run.run.steps for run in runs]),
            {"units": "1", "long_name": "accepted steps of the solver"},
        ),
        "rhs_calls": (
            dims,
            _stack([run.run.rhs_calls for run in runs]),
            {"units": "1", "long_name": "evaluations of the right-hand side"},
        ),
    }


def side_by_side(scenarios: Sequence[Scenario], parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Join the results of several scenarios in the same subjects; arms become ``scenario/arm``.

    Variables that one scenario lacks (a drug it does not give) are 0 there; its ledger and its
    decisions are padded to the length of the longest.
    """
    names = _distinct([Path(scenario.name).stem for scenario in scenarios])
    tests = {test for scenario in scenarios for test in scenario.tests}
    parts = [
        sensory_tests(
            part, sorted(tests - set(scenario.tests)), scenario.seed, typical=scenario.typical
        )
        for scenario, part in zip(scenarios, parts, strict=True)
    ]
    renamed = []
    for name, part in zip(names, parts, strict=True):
        arms = [f"{name}/{arm}" for arm in part["scenario"].values]
        renamed.append(part.assign_coords(scenario=("scenario", arms, part["scenario"].attrs)))
    renamed = alike(renamed)
    variables = dict.fromkeys(str(key) for part in renamed for key in part.data_vars)
    complete = []
    for part in renamed:
        lacking = {
            key: part["pain"]
            .where(part["pain"].isnull(), 0.0)
            .assign_attrs(next(other[key].attrs for other in renamed if key in other))
            for key in variables
            if key not in part
        }
        complete.append(part.assign(lacking))
    joined = xr.concat(
        complete, "scenario", data_vars="minimal", coords="minimal", compat="override",
        combine_attrs="override", join="exact",
    )  # fmt: skip
    joined.attrs["resolved_scenario"] = json.dumps(
        {name: scenario.resolved for name, scenario in zip(names, scenarios, strict=True)}
    )
    for of_drug in ("drug_hashes", "ways_in"):
        each = [json.loads(part.attrs[of_drug]) for part in parts]
        joined.attrs[of_drug] = json.dumps({k: v for table in each for k, v in table.items()})
    keys = {key for part in parts for key in part.attrs["references"].split()}
    joined.attrs["references"] = " ".join(sorted(keys))
    joined.attrs["scenario_hash"] = " ".join(scenario.scenario_hash for scenario in scenarios)
    joined.attrs["reference_arm"] = f"{names[0]}/{parts[0].attrs['reference_arm']}"
    joined.attrs["question"] = " / ".join(scenario.question for scenario in scenarios)
    joined.attrs["title"] = joined.attrs["question"]
    joined.attrs["scenario_name"] = " ".join(names)
    concerns: dict[str, list[str]] = {}
    for kind in KINDS:
        arms = [
            f"{name}/{arm}"
            for name, scenario in zip(names, scenarios, strict=True)
            for arm in scenario.breathing.get(kind, [])
        ]
        concerns |= {kind: arms} if arms else {}
    joined = with_breathing(joined, concerns)
    failures = [part.attrs["failures"] for part in parts if "failures" in part.attrs]
    if failures:
        joined.attrs["failures"] = "\n".join(failures)
    return joined


def _distinct(names: Sequence[str]) -> list[str]:
    """Return the names, later ones of the same name numbered.

    Examples
    --------
    >>> _distinct(["a", "b", "a"])
    ['a', 'b', 'a-2']
    """
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return distinct


def with_endpoints(ds: xr.Dataset) -> xr.Dataset:
    """Return the result with one variable for each of its endpoints."""
    return ds.assign(endpoint_values(ds))


def write_netcdf(ds: xr.Dataset, path: Path | str) -> Path:
    """Write a result to a netCDF-4 file, first to a temporary file which is then renamed.

    Dose ledger and decision log are the groups ``doses`` and ``decisions`` of the file.

    Raises
    ------
    OihsimError : the folder cannot be written
    """
    target = Path(path)
    write_atomically(target, lambda part: save(ds, part))
    return target


def open_result(path: Path | str) -> xr.Dataset:
    """Read a stored result back into memory, its dose ledger and decision log joined to it."""
    return read(path)
