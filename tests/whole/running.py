"""Damaged files that load, run to the end: a Dataset of numbers, or an error told in words."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from mutations import Case, mutated
from reading import MOST_SECONDS, inspect, limited, parsed, shortened

import oihsim
from oihsim.drugs import load_drug
from oihsim.files.errors import InputError, ModelError, SimulationError
from oihsim.files.yaml import Document
from oihsim.scenario import Scenario, parse
from oihsim.scenario.population import Population
from oihsim.simulation import simulate

FINITE = ("concentration", "dose", "pain", "receptor", "occupancy", "WT", "sensitisation")
SECONDS_OF_A_RUN = 150 * MOST_SECONDS
"""Work allowed for one short run; an arm too stiff is given up after some millions of steps."""

SAID = (InputError, ModelError, SimulationError)
"""What the command line prints as it is."""


def run_all(
    kind: str, numbers: list[int], folder: Path, setattr_: Callable[[Any, str, Any], None]
) -> tuple[Counter[str], list[str]]:
    """Run files that load, and return how they ended and what broke."""
    ends: Counter[str] = Counter()
    breaks: list[str] = []
    for number in numbers:
        case = mutated(kind, number, folder)
        try:
            with limited(SECONDS_OF_A_RUN), warnings.catch_warnings():
                warnings.simplefilter("error")
                scenario = SCENARIOS[kind](case, setattr_)
                ends[_run(scenario)] += 1
        except Exception as error:
            breaks.append(f"{case}\n{type(error).__name__}: {error}")
    return ends, breaks


def _run(scenario: Scenario) -> str:
    try:
        ds = oihsim.simulate(scenario)
    except SAID as error:
        return _told(error)
    assert (ds["status"] == 0).all()
    for name, array in ds.items():
        if array.dtype.kind == "f":
            # a threshold is infinite where no dose of a test reaches its effect
            assert not np.isnan(_entered(ds, array)).any(), name
            assert np.isfinite(array.values).all() or not str(name).endswith(FINITE), name
    json.dumps(ds.attrs["resolved_scenario"])
    return "finished"


def _entered(ds: xr.Dataset, array: xr.DataArray) -> Any:
    """Return the values of a variable without the padding behind the last dose or decision."""
    if "observation" in array.dims:
        return np.empty(0)  # a block reads some of what is observed
    for table, code in (("dose", "dose_reason"), ("decision", "decision_block")):
        if table in array.dims:
            return array.values[ds[code].values >= 0]
    return array.values


def _told(error: Exception) -> str:
    assert 0 < len(str(error).strip()) < 20_000
    if isinstance(error, InputError):
        inspect(error.problems, error.problems[0].file)
    return type(error).__name__


def _scenario(case: Case, _: Any) -> Scenario:
    """Return a short scenario; where parameters may be stiff, without the past that takes long."""
    scenario = shortened(parsed(case))
    if scenario.history_h and any(arm.parameters for arm in scenario.arms.values()):
        dose = {"drug": "morphine", "route": "iv", "amount": "5 mg"}
        changes = {"population.past": False, "history": {"duration": "4 h", "doses": [dose]}}
        return scenario.change(changes | {"hold": []})
    return scenario


def _drug(case: Case, setattr_: Callable[[Any, str, Any], None]) -> Scenario:
    """Return a scenario in which the damaged drug is given by each of its routes."""
    drug, shipped = parsed(case), load_drug(case.base)
    setattr_(simulate, "load_drug", lambda _: drug)
    doses = []
    for route in shipped.routes:
        dose = {
            "drug": case.base,
            "route": route,
            "amount": f"1 {shipped.dose_unit}",
            "from": "1 h",
        }
        doses.append(dose | ({"over": "4 h"} if route in shipped.worn else {}))
    return _with_doses(doses, typical=case.number % 2 == 0)


def _population(case: Case, setattr_: Callable[[Any, str, Any], None]) -> Scenario:
    """Return a scenario whose subjects come from the damaged population."""
    people = parsed(case)
    setattr_(Population, "load", lambda _: people)
    dose = {"drug": "morphine", "route": "iv", "amount": "0.1 mg/kg", "from": "1 h"}
    return _with_doses([dose], typical=case.number % 2 == 0)


def _with_doses(doses: list[dict[str, str]], typical: bool) -> Scenario:
    data = {
        "schema": "oihsim-scenario/1",
        "question": "Does a damaged file run?",
        "duration": "6 h",
        "output_every": "2 h",
        "population": {"of": "volunteers", "count": 1 if typical else 3, "typical": typical},
        "arms": {"none": {"doses": []}, "given": {"doses": doses}},
    }
    return parse(Document("running", data))


SCENARIOS: dict[str, Callable[[Case, Any], Scenario]] = {
    "scenario": _scenario,
    "drug": _drug,
    "population": _population,
}
