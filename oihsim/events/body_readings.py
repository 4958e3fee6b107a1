"""Values of the whole model at observation records, with the recipe of the result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oihsim.drugs import Drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.lanes.kernel import SOLVER
from oihsim.engine.run import Run
from oihsim.events.event_table import EventTable
from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError, Problem
from oihsim.files.yaml import closest, write_atomically
from oihsim.scenario import Scenario
from oihsim.scenario.population import population_of
from oihsim.simulation.order_at_one_time import sentence

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

PLACES = ("effect_site", "plasma")
"""Of concentrations, in the order of the rows of a run."""


@dataclass(frozen=True)
class Columns:
    """Requested variables, and the units of every variable.

    Attributes
    ----------
    names : requested, in order
    units : name -> unit, of every variable
    model : model of the outputs and states
    """

    names: tuple[str, ...]
    units: Mapping[str, str]
    model: Model

    @classmethod
    def chosen(cls, model: Model, drugs: Mapping[str, Drug], what: Sequence[str] | None) -> Columns:
        """Return the requested columns: every output and concentration if None.

        Raises
        ------
        oihsim.files.errors.InputError
            an unknown name
        """
        read = {variable.name: variable.unit for variable in model.linked.outputs}
        ligands = {
            name: drug.concentration_unit for drug in drugs.values() for name in drug.ligands
        }
        there = {
            f"{name}_{place}_concentration": unit
            for name, unit in ligands.items()
            for place in PLACES
        }
        states = {variable.name: variable.unit for variable in model.linked.states}
        units = {**read, **there, **states}
        problems = [
            Problem("events", None, "what", f"'{word}'", closest(word, units))
            for word in what or ()
            if word not in units
        ]
        if problems:
            raise InputError(problems)
        return cls(tuple(dict.fromkeys(what or (*read, *there))), units, model)

    def of(self, run: Run, ligands: Sequence[str]) -> Array:
        """Return the values of a run, (n, t, columns)."""
        outputs = [output.name for output in self.model.linked.outputs]
        states = [state.name for state in self.model.linked.states]
        values = []
        for name in self.names:
            if name in outputs:
                values.append(run.outputs[..., outputs.index(name)])
            elif name in states:
                values.append(run.y[..., states.index(name)])
            else:
                stem = name.removesuffix("_concentration")
                place = next(word for word in PLACES if stem.endswith(f"_{word}"))
                shift = PLACES.index(place) * len(ligands)
                ligand = stem.removesuffix(f"_{place}")
                rows = [i + shift for i, name_ in enumerate(ligands) if name_ == ligand]
                values.append(run.concentrations[..., rows].sum(axis=-1))
        return np.stack(values, axis=-1)


@dataclass(frozen=True)
class Records:
    """Values of the subjects at every observation record.

    Attributes
    ----------
    id : (o,) IDs as written
    subject : (o,) number of the subject, the ``id`` of other results
    time : (o,) h, as written
    columns : name -> (o,) values
    units : name -> unit
    attrs : the recipe: scenario, arm, model, the order at one time, the caution
    table : the event records
    """

    id: NDArray[np.object_]
    subject: Ints
    time: Array
    columns: dict[str, Array]
    units: dict[str, str]
    attrs: dict[str, Any]
    table: EventTable

    def frame(self) -> pd.DataFrame:
        """Return ID, SUBJECT, TIME and the columns as a data frame; ``attrs`` go with it."""
        import pandas as pd

        first = {"ID": self.id, "SUBJECT": self.subject, "TIME": self.time}
        frame = pd.DataFrame({**first, **self.columns})
        frame.attrs = {**self.attrs, "event_table": self.table.text()}
        return frame

    def dataset(self) -> xr.Dataset:
        """Return a Dataset: dim ``observation``, and the event records along ``record``."""
        import xarray as xr

        variables: dict[str, Any] = {
            name: ("observation", values, {"units": self.units[name]})
            for name, values in self.columns.items()
        }
        for name, values in self.table.columns().items():
            variables[f"record_{name}"] = ("record", values)
        coords = {
            "ID": ("observation", self.id.astype(str), {"long_name": "ID in the table"}),
            "id": ("observation", self.subject, {"units": "1", "long_name": "virtual subject"}),
            "time": ("observation", self.time, {"units": "h", "long_name": "TIME in the table"}),
        }
        return xr.Dataset(variables, coords, {"Conventions": "CF-1.11", **self.attrs})

    def write(self, path: str | Path) -> Path | None:
        """Write a netCDF file (``.nc``), or a CSV file with its recipe as JSON beside it.

        Returns
        -------
        the JSON file, None for netCDF

        Raises
        ------
        oihsim.files.errors.InputError
            a file cannot be written
        """
        path = Path(path)
        if path.suffix == ".nc":
            ds = self.dataset()
            write_atomically(path, lambda part: ds.to_netcdf(part, engine="h5netcdf"))
            return None
        frame = self.frame()
        write_atomically(path, lambda part: frame.to_csv(part, index=False))
        beside = path.with_name(f"{path.name}.json")
        text = json.dumps({**frame.attrs, "units": self.units}, indent=2) + "\n"
        write_atomically(beside, lambda part: part.write_text(text, encoding="utf-8"))
        return beside


def recipe(
    scenario: Scenario, arm: str, model: Model, drugs: Mapping[str, Drug], table: EventTable,
    order_words: tuple[str, str], covariates: Sequence[str], unused: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """Return the recipe of a result; the event records stand beside it."""
    packages = ("oihsim", "numpy", "numba")
    return {
        "title": scenario.question,
        "caution": CAUTION,
        "scenario_name": Path(scenario.name).stem,
        "resolved_scenario": json.dumps(scenario.resolved),
        "scenario_hash": scenario.scenario_hash,
        "arm": arm,
        "doses": "those of the event records; of the scenario only a past before time 0",
        "event_table_name": table.name,
        "event_table_hash": hashlib.sha256(table.text().encode()).hexdigest(),
        "order_at_one_time": sentence(*order_words),
        "observation_after_a_dose": "read 1e-9 h after it",
        "reset": "every state to its initial value, every amount of drug to 0; infusions and "
        "pending doses cancelled",
        "covariates_of_the_table": " ".join(covariates),
        "columns_not_used": " ".join(unused),
        "model": model.name,
        "model_hash": model.hash,
        "drug_hashes": json.dumps({name: drug.hash for name, drug in sorted(drugs.items())}),
        "population_hash": population_of(scenario).hash,
        "seed": scenario.seed,
        "rtol": scenario.rtol,
        "solver": SOLVER,
        "versions": json.dumps({name: version(name) for name in packages}),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
