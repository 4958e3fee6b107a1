"""The recipe of a result: the attributes from which it can be made again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from oihsim.drugs import Drug, load_drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.lanes.kernel import SOLVER
from oihsim.files.caution import CAUTION
from oihsim.scenario import Scenario
from oihsim.scenario.population import Population, population_of
from oihsim.simulation.order_at_one_time import scenario_sentence

PACKAGES = ("oihsim", "numpy", "numba", "scipy", "xarray")


def recipe(scenario: Scenario, model: Model, drugs: Mapping[str, Drug]) -> dict[str, Any]:
    """Return what a result says of how it was made: its attributes."""
    evidence = [parameter.evidence for _, parameter in model.linked.parameters]
    population = population_of(scenario)
    files = {**{name: load_drug(name) for name in scenario.controllers}, **drugs}
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
        "drug_hashes": json.dumps({name: drug.hash for name, drug in sorted(files.items())}),
        "ways_in": json.dumps(
            {name: drug.route_compartments for name, drug in sorted(drugs.items())}
        ),
        "population_hash": population.hash,
        "references": " ".join(_references(scenario, model, files, population)),
        "assumed_parameters": f"{evidence.count('assumed')} of {len(evidence)}",
        "versions": _versions(),
        "seed": scenario.seed,
        "rtol": scenario.rtol,
        "error_scale": "error per step below rtol times the declared typical size of each state",
        "solver": SOLVER,
        "time_zero": "start of the arms; a past of population or scenario lies before it",
        "output_convention": "the value at a dose time is the value before the dose",
        "order_at_one_time": scenario_sentence(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


@cache
def _versions() -> str:
    """Return the versions of packages on which numbers depend, as JSON."""
    return json.dumps({name: version(name) for name in PACKAGES})


def _references(
    scenario: Scenario, model: Model, drugs: Mapping[str, Drug], population: Population
) -> list[str]:
    """Return the keys of all sources that the result rests on."""
    keys = {*scenario.references, *population.references}
    for mechanism in model.linked.mechanisms:
        keys |= {*mechanism.references, *(parameter.source for parameter in mechanism.parameters)}
    for drug in drugs.values():
        keys |= set(drug.references)
    return sorted(keys - {""})
