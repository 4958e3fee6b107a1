"""Runs as labelled Datasets that carry their whole recipe, and their netCDF files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from oihsim.breathing import KINDS, sentence
from oihsim.caution import CAUTION
from oihsim.comparison import endpoint_values
from oihsim.drugs import Drug
from oihsim.files import write_atomically
from oihsim.kinetics.covariates import COVARIATES
from oihsim.model import Model
from oihsim.parameter import Output, State
from oihsim.population import Population
from oihsim.rescue import cumulative
from oihsim.scenario import Scenario
from oihsim.sensory import sensory_tests
from oihsim.solver import STATUS

if TYPE_CHECKING:
    from oihsim.simulation import ArmRun

DIMS = ("scenario", "draw", "id", "time")
PACKAGES = ("oihsim", "numpy", "numba", "scipy", "xarray")


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
        dims ``scenario, draw, id, time``; see :func:`oihsim.simulation.simulate`
    """
    arms = [one.arm.name for one in runs]
    coords = {
        "scenario": ("scenario", arms, {"long_name": "arm of the scenario"}),
        "draw": (
            "draw",
            [0],
            {"units": "1", "long_name": "draw of the parameters; 0: best estimates"},
        ),
        "id": ("id", np.arange(scenario.count), {"units": "1", "long_name": "virtual subject"}),
        "time": (
            "time",
            np.array(scenario.output_times()),
            {"units": "h", "long_name": "time since the start of the arms"},
        ),
    }
    variables = {
        **_symbols(model, runs),
        **_concentrations(drugs, runs),
        **_doses(scenario, drugs, runs),
        **_subjects(runs),
        **_work(runs),
    }
    ds = xr.Dataset(variables, coords, _recipe(scenario, model, drugs))
    ds = sensory_tests(ds, scenario.tests, scenario.seed, typical=scenario.typical)
    return with_breathing(ds, scenario.breathing)


def with_breathing(ds: xr.Dataset, found: Mapping[str, Sequence[str]]) -> xr.Dataset:
    """Return the result with its sentence on breathing, if there is anything to say.

    ``found`` is what :func:`oihsim.breathing.concerns` finds in its arms.
    """
    said = sentence(found)
    return ds.assign_attrs(breathing=said) if said else ds


def _stack(arrays: Sequence[Any]) -> Any:
    return np.stack(arrays)[:, None]


def _symbols(model: Model, runs: Sequence[ArmRun]) -> dict[str, Any]:
    found = {}
    parts: tuple[tuple[tuple[State | Output, ...], str], ...] = (
        (model.linked.states, "y"),
        (model.linked.outputs, "readouts"),
    )
    for part, field in parts:
        for i, one in enumerate(part):
            values = _stack([getattr(run.run, field)[..., i] for run in runs])
            attrs = {"units": one.unit, "long_name": one.meaning, "symbol": one.symbol}
            found[one.name] = (DIMS, values, attrs)
    return found


def _concentrations(drugs: Mapping[str, Drug], runs: Sequence[ArmRun]) -> dict[str, Any]:
    """Return what acts, nmol/L, or what is left of what is counted, in its own unit."""
    names = list(dict.fromkeys(name for run in runs for name in run.ligands))
    units = {name: one.concentration_unit for one in drugs.values() for name in one.ligands}
    found = {}
    for name in names:
        for place, shift in (("effect_site", 0), ("plasma", 1)):
            arrays = []
            for run in runs:
                conc, own = run.run.concentrations, len(run.ligands)
                # two drugs may bring the same ligand (heroin and morphine): they add up
                rows = [i + shift * own for i, one in enumerate(run.ligands) if one == name]
                total = conc[..., rows].sum(axis=-1)
                # a drug that an arm does not give is at 0 there, unless the subject failed
                arrays.append(np.where(np.isnan(run.run.y[..., 0]), np.nan, total))
            where = place.replace("_", " ")
            said = f"{name} in the {where}, total"
            if units[name] != "nmol/L":
                said = f"{name}, what is left of it" + (" and acts" if shift == 0 else "")
            attrs = {"units": units[name], "long_name": said}
            found[f"{name}_{place}_concentration"] = (DIMS, _stack(arrays), attrs)
    return found


def _doses(scenario: Scenario, drugs: Mapping[str, Drug], runs: Sequence[ArmRun]) -> dict[str, Any]:
    """Return what was given since time 0, before the doses of each output time.

    The cumulative dose of a drug includes what was given of it as rescue.
    """
    times = np.array(scenario.output_times())
    found = {}
    for drug in sorted({run.rescue.drug for run in runs if run.rescue}):
        arrays = [_rescued(run, drug, times) for run in runs]
        attrs = {"units": "mg", "long_name": f"{drug} given as rescue since time 0, as labelled"}
        found[f"{drug}_rescue_dose"] = (DIMS, _stack(arrays), attrs)
    for drug in scenario.drugs:
        arrays = []
        for run in runs:
            total = _rescued(run, drug, times)
            for dose in run.arm.doses:
                if dose.drug != drug or dose.time_h < 0.0:
                    continue
                amount = dose.amount * (run.values["WT"] if dose.per_kg else 1.0)
                share = (
                    np.clip((times - dose.time_h) / dose.duration_h, 0.0, 1.0)
                    if dose.duration_h
                    else (times > dose.time_h).astype(float)
                )
                total += np.multiply.outer(np.broadcast_to(amount, scenario.count), share)
            arrays.append(total)
        unit = drugs[drug].dose_unit
        labelled = ", as labelled" if unit == "mg" else ""
        attrs = {"units": unit, "long_name": f"{drug} given since time 0{labelled}"}
        found[f"{drug}_cumulative_dose"] = (DIMS, _stack(arrays), attrs)
    return found


def _rescued(run: ArmRun, drug: str, times: Any) -> Any:
    """Return the rescue doses of a drug in one arm; NaN where a subject did not reach the end."""
    if run.rescue is None or run.rescue.drug != drug:
        return np.zeros((len(run.run.status), len(times)))
    total = cumulative(run.rescue, run.run.appended, times)
    total[run.run.status != 0] = np.nan
    return total


def _subjects(runs: Sequence[ArmRun]) -> dict[str, Any]:
    """Return covariates, which all arms share, and the parameters that vary between subjects."""
    values = runs[0].values
    found: dict[str, Any] = {}
    for symbol, covariate in COVARIATES.items():
        if symbol in values:
            attrs = {"units": covariate.unit, "long_name": covariate.meaning}
            found[symbol] = (("draw", "id"), values[symbol][None], attrs)
    return found


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


def _recipe(scenario: Scenario, model: Model, drugs: Mapping[str, Drug]) -> dict[str, Any]:
    evidence = [parameter.evidence for _, parameter in model.linked.parameters]
    population = Population.load(scenario.population)
    return {
        "Conventions": "CF-1.11",
        "title": scenario.question,
        "question": scenario.question,
        "caution": CAUTION,
        "scenario_name": Path(scenario.name).stem,
        "resolved_scenario": json.dumps(scenario.resolved),
        "scenario_hash": scenario.scenario_hash,
        "reference_arm": scenario.reference,
        "endpoints": json.dumps(scenario.endpoints),
        "model": model.name,
        "model_hash": model.hash,
        "drug_hashes": json.dumps({name: drug.hash for name, drug in sorted(drugs.items())}),
        "population_hash": population.hash,
        "references": " ".join(_references(scenario, model, drugs, population)),
        "assumed_parameters": f"{evidence.count('assumed')} of {len(evidence)}",
        "versions": json.dumps({name: version(name) for name in PACKAGES}),
        "seed": scenario.seed,
        "rtol": scenario.rtol,
        "error_scale": "error per step below rtol times the declared typical size of each state",
        "solver": "DOP853, linear kinetics exact",
        "time_zero": "start of the arms; a past of population or scenario lies before it",
        "output_convention": "the value at a dose time is the value before the dose",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _references(
    scenario: Scenario, model: Model, drugs: Mapping[str, Drug], population: Population
) -> list[str]:
    """Return the keys of all sources that the result rests on."""
    keys = {*scenario.references, *population.references}
    for mechanism in model.linked.mechanisms:
        keys |= {*mechanism.references, *(one.source for one in mechanism.parameters)}
    for drug in drugs.values():
        keys |= set(drug.references)
    return sorted(keys - {""})


def side_by_side(scenarios: Sequence[Scenario], parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Join the results of several scenarios in the same subjects; arms become ``scenario/arm``.

    Variables that one scenario lacks (a drug it does not give) are 0 there.
    """
    names = _distinct([Path(one.name).stem for one in scenarios])
    tests = {test for one in scenarios for test in one.tests}
    parts = [
        sensory_tests(part, sorted(tests - set(one.tests)), one.seed, typical=one.typical)
        for one, part in zip(scenarios, parts, strict=True)
    ]
    renamed = []
    for name, part in zip(names, parts, strict=True):
        arms = [f"{name}/{arm}" for arm in part["scenario"].values]
        renamed.append(part.assign_coords(scenario=("scenario", arms, part["scenario"].attrs)))
    every = dict.fromkeys(str(key) for part in renamed for key in part.data_vars)
    whole = []
    for part in renamed:
        lacking = {
            key: part["pain"]
            .where(part["pain"].isnull(), 0.0)
            .assign_attrs(next(other[key].attrs for other in renamed if key in other))
            for key in every
            if key not in part
        }
        whole.append(part.assign(lacking))
    joined = xr.concat(
        whole, "scenario", data_vars="minimal", coords="minimal", compat="override",
        combine_attrs="override", join="exact",
    )  # fmt: skip
    joined.attrs["resolved_scenario"] = json.dumps(
        {name: one.resolved for name, one in zip(names, scenarios, strict=True)}
    )
    hashes = [json.loads(part.attrs["drug_hashes"]) for part in parts]
    joined.attrs["drug_hashes"] = json.dumps({k: v for one in hashes for k, v in one.items()})
    keys = {key for part in parts for key in part.attrs["references"].split()}
    joined.attrs["references"] = " ".join(sorted(keys))
    joined.attrs["scenario_hash"] = " ".join(one.scenario_hash for one in scenarios)
    joined.attrs["reference_arm"] = f"{names[0]}/{parts[0].attrs['reference_arm']}"
    joined.attrs["question"] = " / ".join(one.question for one in scenarios)
    joined.attrs["title"] = joined.attrs["question"]
    joined.attrs["scenario_name"] = " ".join(names)
    concerns: dict[str, list[str]] = {}
    for kind in KINDS:
        found = [
            f"{name}/{arm}"
            for name, one in zip(names, scenarios, strict=True)
            for arm in one.breathing.get(kind, [])
        ]
        concerns |= {kind: found} if found else {}
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
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return found


def with_endpoints(ds: xr.Dataset) -> xr.Dataset:
    """Return the result with one variable for each of its endpoints."""
    return ds.assign(endpoint_values(ds))


def write_netcdf(ds: xr.Dataset, path: Path | str) -> Path:
    """Write a result to a netCDF-4 file, first to a temporary file which is then renamed.

    Raises
    ------
    OihsimError : the folder cannot be written
    """
    encoding = {
        name: {"zlib": True, "complevel": 1, "shuffle": True}
        for name, variable in ds.data_vars.items()
        if variable.ndim == len(DIMS)
    }
    target = Path(path)
    write_atomically(target, lambda part: ds.to_netcdf(part, engine="h5netcdf", encoding=encoding))
    return target


def open_result(path: Path | str) -> xr.Dataset:
    """Read a stored result back into memory."""
    with xr.open_dataset(path, engine="h5netcdf") as ds:
        return ds.load()
