"""A linear model run over an event table: amounts and concentrations at every observation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oihsim.drugs.linear_model import LinearModel
from oihsim.drugs.linear_model_file import read_linear_model
from oihsim.events.advance import advance
from oihsim.events.event_list import EventList
from oihsim.events.event_table import EventTable, table_of
from oihsim.events.expand import expand
from oihsim.events.match import Matched, matched
from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError, Problem
from oihsim.files.yaml import closest, write_atomically

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


@dataclass(frozen=True)
class EventResult:
    """The result of a linear model over an event table.

    Attributes
    ----------
    id : (observations,) IDs as written
    time : (observations,) as written, in the model's time unit
    columns : name -> (observations,) amounts and concentrations
    attrs : the order at one time, the fill rule, units, hashes, the caution
    event_list : every entry, expanded
    """

    id: NDArray[np.object_]
    time: Array
    columns: dict[str, Array]
    attrs: dict[str, Any]
    event_list: EventList

    def frame(self) -> pd.DataFrame:
        """Return ID, TIME and the columns as a data frame; ``attrs`` go with it."""
        import pandas as pd

        frame = pd.DataFrame({"ID": self.id, "TIME": self.time, **self.columns})
        frame.attrs = dict(self.attrs)
        return frame

    def write(self, path: str | Path) -> Path:
        """Write a CSV file, and beside it a JSON file with the attributes; return the latter.

        Raises
        ------
        oihsim.files.errors.InputError
            a file cannot be written
        """
        path = Path(path)
        write_atomically(path, lambda part: self.frame().to_csv(part, index=False))
        beside = path.with_name(f"{path.name}.json")
        text = json.dumps(self.attrs, indent=2) + "\n"
        write_atomically(beside, lambda part: part.write_text(text, encoding="utf-8"))
        return beside


def columns_of(model: LinearModel) -> tuple[str, ...]:
    """Return the names of the columns that a model can return.

    Examples
    --------
    >>> columns_of(read_linear_model("naltrexone"))[:2]
    ('gut_amount', 'central_amount')
    """
    amounts = [f"{name}_amount" for name in model.volumes]
    concentrations = [f"{n}_concentration" for n, v in model.volumes.items() if v is not None]
    sites = [f"{site.ligand}_effect_site_concentration" for site in model.sites]
    return (*amounts, *concentrations, *sites)


def chosen(model: LinearModel, what: Sequence[str] | None) -> tuple[str, ...]:
    """Return the requested columns; a compartment's name alone means its amount.

    Raises
    ------
    oihsim.files.errors.InputError
        a name that the model does not have
    """
    known = columns_of(model)
    if not what:
        return known
    names = [f"{word}_amount" if word in model.volumes else word for word in what]
    problems = [
        Problem("events", None, "what", f"'{word}'", closest(word, known))
        for word in names
        if word not in known
    ]
    if problems:
        raise InputError(problems)
    return tuple(dict.fromkeys(names))


def run_events(
    model: LinearModel | str | Path,
    data: EventTable | pd.DataFrame | str | Path,
    what: Sequence[str] | None = None,
    *,
    fill: str | None = None,
    observe: str = "file",
    order: str = "classes",
) -> EventResult:
    """Run a linear model over an event table, exactly.

    Parameters
    ----------
    model : a model file, or the name or the file of a drug
    data : a table, a data frame, or a CSV file
    what : columns, see :func:`columns_of`; None for all
    fill : ``locf`` or ``nocb`` for covariates; None as the model's file says
    observe, order : at one time, see :mod:`oihsim.simulation.order_at_one_time`

    Raises
    ------
    oihsim.files.errors.InputError
        every problem of model or table: file, row, column, ID, rule
    """
    try:
        linear_model = model if isinstance(model, LinearModel) else read_linear_model(model)
    except InputError as error:
        problems = list(error.problems)
        try:
            table_of(data)
        except InputError as other:
            problems += other.problems
        raise InputError(problems) from None
    names = chosen(linear_model, what)
    records = matched(data, linear_model, fill)
    table = records.table
    event_list = expand(records, observe, order)
    states = advance(event_list)
    seen = np.flatnonzero(table.evid == 0)
    return EventResult(
        table.label[table.subject[seen]],
        table.time[seen],
        {name: _column(records, name, states, seen) for name in names},
        _attrs(records, event_list, names),
        event_list,
    )


def _column(records: Matched, name: str, states: Array, seen: NDArray[np.int64]) -> Array:
    """Return one column; a concentration takes the volume of its own record."""
    model = records.model
    stem, _, end = name.rpartition("_")
    if end == "amount":
        return states[:, model.compartments.index(stem)]
    site = stem.removesuffix("_effect_site")
    for i, effect_site in enumerate(model.sites):
        if effect_site.ligand == site and stem != site:
            return states[:, len(model.volumes) + i] * effect_site.molar
    return states[:, model.compartments.index(stem)] / records.volumes[stem][records.page[seen]]


def _attrs(records: Matched, event_list: EventList, names: Sequence[str]) -> dict[str, Any]:
    """Return the attributes of a result: its origin, rules and units."""
    model, table = records.model, records.table
    amount = model.amount_unit
    if model.kind != "model":
        amount = "the drug file's own amount unit"
    units = {
        name: "nmol/L" if name.endswith("effect_site_concentration") and model.kind == "drug"
        else "MAC" if name.endswith("concentration") and model.kind == "gas"
        else f"{amount}/L" if name.endswith("concentration") else amount
        for name in names
    }  # fmt: skip
    digest = ""
    if model.path.is_file():
        digest = hashlib.sha256(model.path.read_bytes()).hexdigest()
    return {
        "model": str(model.path), "model_hash": digest, "data": table.name,
        "order_at_one_time": event_list.order,
        "covariate_fill": records.fill or "none, as nothing varies within an ID",
        "modelled_rate_and_duration": "fixed when the infusion begins",
        "reset": "every amount to its initial value, 0; infusions and pending doses cancelled",
        "time_unit": model.time_unit, "units": units,
        "subjects": len(table.label), "records": len(table), "ledger_entries": len(event_list),
        "caution": CAUTION,
    }  # fmt: skip
