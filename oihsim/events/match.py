"""Records matched with a model: compartments named, covariates filled, formulas evaluated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oihsim.drugs.linear_model import FILLS, LinearModel
from oihsim.events.event_table import EventTable, TableError, table_of
from oihsim.events.refusals import number
from oihsim.files.errors import InputError, Problem
from oihsim.files.yaml import closest
from oihsim.kinetics.expressions import Expression

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

IMPOSSIBLE = 1e12
"""Per time unit; a larger rate is a mistake in the model or the table."""


@dataclass(frozen=True)
class Values:
    """Values of a formula over the records: by page, or by record if the formula reads the dose."""

    values: Array
    by_record: bool

    def at(self, page: int, record: int) -> float:
        """Return the value on a page of covariates, for the dose of a record."""
        return float(self.values[record if self.by_record else page])


@dataclass(frozen=True)
class Dosed:
    """A :class:`oihsim.drugs.linear_model.Part` with its values."""

    into: int
    F: Values
    lag: Values
    rate: Values | None
    duration: Values | None
    always: bool


@dataclass(frozen=True)
class Matched:
    """Records and model from which an event list is made.

    Attributes
    ----------
    table, model : matched with each other
    ways : inputs of a dose, by number
    way : (n,) index into ``ways``
    switch : (n,) compartment number switched by EVID 2, from 1; negative is off, 0 none
    page : (n,) set of covariate values in force; all records of a subject share one unless
        a covariate varies
    varies : whether a covariate varies within a subject
    fill : ``locf``, ``nocb`` or None
    A : (pages, rows, rows) rate matrices
    volumes : compartment -> (pages,) volume
    molar : (sites,) nM in one amount/L
    """

    table: EventTable
    model: LinearModel
    ways: tuple[tuple[Dosed, ...], ...]
    way: Ints
    switch: Ints
    page: Ints
    varies: bool
    fill: str | None
    A: Array
    volumes: dict[str, Array]


def matched(
    data: EventTable | pd.DataFrame | str | Path, model: LinearModel, fill: str | None = None
) -> Matched:
    """Return a table as the model reads it.

    Raises
    ------
    InputError
        every flaw of the table, with every compartment that the model does not have; of a table
        without flaws the problems of :func:`match`
    """
    try:
        table = table_of(data)
    except TableError as error:
        problems = list(error.problems)
        _targets(error.table, model, list(model.inputs), problems)
        raise InputError(problems) from None
    return match(table, model, fill)


def match(table: EventTable, model: LinearModel, fill: str | None = None) -> Matched:
    """Return the records as the model reads them.

    Parameters
    ----------
    table : event records
    model : a linear model
    fill : ``locf`` or ``nocb``; None takes that of the model's file

    Raises
    ------
    InputError
        unknown compartments, missing columns, a missing fill rule, impossible rates or volumes
    """
    problems: list[Problem] = []
    if fill is not None and fill not in FILLS:
        raise InputError([Problem("events", None, "fill", f"'{fill}'", " or ".join(FILLS))])
    fill = fill or model.fill
    names = list(model.inputs)
    way, switch = _targets(table, model, names, problems)
    columns = _columns(table, model, fill, problems)
    if problems:
        raise InputError(problems)
    page, pages, varies = _pages(table, columns)
    full = model.symbols(pages)
    n = len(next(iter(pages.values()))) if pages else 1
    volumes = {
        name: np.broadcast_to(np.asarray(formula.value(full), dtype=np.float64), (n,))
        for name, formula in model.volumes.items()
        if formula is not None
    }
    A = model.rates(full, n)
    _possible(table, model, page, A, volumes, problems)
    if problems:
        raise InputError(problems)

    def values(formula: Expression) -> Values:
        if "DOSE" not in formula.names:
            value = np.asarray(formula.value(full), dtype=np.float64)
            return Values(np.broadcast_to(value, (n,)), False)
        space = {k: v[page] if np.ndim(v) else v for k, v in full.items()}
        value = formula.value({**space, "DOSE": table.covariates["DOSE"]})
        return Values(np.broadcast_to(np.asarray(value, dtype=np.float64), (len(table),)), True)

    row = {name: i for i, name in enumerate(model.compartments)}
    ways = tuple(
        tuple(
            Dosed(
                row[part.into], values(part.F), values(part.lag),
                None if part.rate is None else values(part.rate),
                None if part.duration is None else values(part.duration), part.always,
            )
            for part in model.inputs[name]
        )
        for name in names
    )  # fmt: skip
    return Matched(table, model, ways, way, switch, page, varies, fill, A, dict(volumes))


def _targets(
    table: EventTable, model: LinearModel, names: list[str], problems: list[Problem]
) -> tuple[Ints, Ints]:
    """Return the inputs of each dose, by number, and the compartment that each EVID 2 switches."""
    count = len(model.compartments)
    way = np.where(table.cmt > 0, table.cmt - 1, names.index(model.default))
    way = np.where(table.cmt > count, 0, way)
    switch = np.where(table.evid == 2, table.cmt, 0)
    for k in np.flatnonzero(np.abs(table.cmt) > count):
        listed = ", ".join(f"{i} {name}" for i, name in enumerate(model.compartments, 1))
        problems.append(table.problem(int(k), "CMT", str(table.cmt[k]), f"0 or one of {listed}"))
    for k in np.flatnonzero((table.cmt < 0) & (table.evid != 2) & (table.evid >= 0)):
        allowed = "a compartment; a negative one is switched off by EVID 2"
        problems.append(table.problem(int(k), "CMT", str(table.cmt[k]), allowed))
    for record, word in table.named.items():
        off = word.startswith("-") and table.evid[record] in (2, -1)
        bare = word[1:] if off else word
        if bare not in names or (table.evid[record] == 2 and bare not in model.compartments):
            problems.append(table.problem(record, "CMT", f"'{word}'", closest(bare, names)))
            continue
        way[record] = names.index(bare)
        if table.evid[record] == 2:
            switch[record] = (model.compartments.index(bare) + 1) * (-1 if off else 1)
    return way.astype(np.int64), switch.astype(np.int64)


def _columns(
    table: EventTable, model: LinearModel, fill: str | None, problems: list[Problem]
) -> dict[str, Array]:
    """Return the columns that the model reads, filled."""
    covariates = {word: value for word, value in table.covariates.items() if word != "DOSE"}
    for word in sorted(model.reads() - covariates.keys() - model.defaults.keys()):
        allowed = f"a parameter, or a column of {table.name}"
        near = closest(word, {*model.parameters, *covariates}).split(" (known")[0]
        hint = f"; {near}" if near.startswith("did you mean") else ""
        problems.append(Problem(str(model.path), _line(model, word), word, f"'{word}' in a formula",
                                allowed + hint))  # fmt: skip
    read = {*model.reads(), *model.parameters} & covariates.keys()
    columns = {word: covariates[word] for word in sorted(read)}
    same = np.zeros(len(table), dtype=bool)
    same[1:] = table.subject[1:] == table.subject[:-1]
    loose = []
    for word, value in columns.items():
        changes = np.zeros(len(table), dtype=bool)
        changes[1:] = same[1:] & (value[1:] != value[:-1])
        if changes.any() or np.isnan(value).any():
            loose.append(word)
    if loose and fill is None:
        shown = f"nothing, though {', '.join(loose)} varies or has gaps within an ID"
        problems.append(
            Problem(str(model.path), None, "covariate_fill", shown,
                    "locf (last value carried forward) or nocb (next value carried backward)")
        )  # fmt: skip
    elif loose:
        for word in loose:
            columns[word] = filled(columns[word], table.subject, str(fill))
            for s in np.unique(table.subject[np.isnan(columns[word])]):
                record = int(table.first[s])
                problems.append(table.problem(record, word, "no value", "at least one for this ID"))
    return columns


def filled(value: Array, subject: Ints, rule: str) -> Array:
    """Return a column without gaps: values carried on within the subject, ends filled from inside.

    Examples
    --------
    >>> column = np.array([np.nan, 1.0, np.nan, 2.0, np.nan])
    >>> filled(column, np.zeros(5, dtype=int), "locf").tolist()
    [1.0, 1.0, 1.0, 2.0, 2.0]
    >>> filled(column, np.zeros(5, dtype=int), "nocb").tolist()
    [1.0, 1.0, 2.0, 2.0, 2.0]
    """
    ahead = _carried(value, subject)
    back = _carried(value[::-1], subject[::-1])[::-1]
    first, second = (ahead, back) if rule == "locf" else (back, ahead)
    return np.where(np.isnan(first), second, first)


def _carried(value: Array, subject: Ints) -> Array:
    place = np.where(np.isnan(value), 0, np.arange(len(value)))
    starts = np.zeros(len(value), dtype=bool)
    starts[:1] = True
    starts[1:] = subject[1:] != subject[:-1]
    place[starts] = np.flatnonzero(starts)
    return value[np.maximum.accumulate(place)]


def _pages(table: EventTable, columns: dict[str, Array]) -> tuple[Ints, dict[str, Array], bool]:
    """Return the page of each record, the different pages, and whether any subject has several."""
    if not columns:
        return np.zeros(len(table), dtype=np.int64), {}, False
    records = np.column_stack(list(columns.values()))
    starts = table.first[:-1]
    varies = bool((records != records[starts][table.subject]).any())
    different, back = np.unique(records if varies else records[starts], axis=0, return_inverse=True)
    back = back.reshape(-1).astype(np.int64)
    page = back if varies else back[table.subject]
    return page, {word: different[:, i] for i, word in enumerate(columns)}, varies


def _possible(
    table: EventTable, model: LinearModel, page: Ints, A: Array, volumes: dict[str, Array],
    problems: list[Problem],
) -> None:  # fmt: skip
    """Note negative or infinite rates and volumes that are not positive, one record a page."""

    def refuse(bad: NDArray[np.bool_], what: str, value: Any, allowed: str) -> None:
        for set_number in np.flatnonzero(bad):
            record = int(np.argmax(page == set_number))
            shown = f"{what} of {number(float(value[set_number]))}"
            problems.append(table.problem(record, "covariates", shown, allowed))

    rows = model.rows
    for i, to in enumerate(rows):
        for j, origin in enumerate(rows):
            value = A[:, i, j] if i != j else -A[:, i, j]
            bad = ~((value >= 0.0) & (value <= IMPOSSIBLE))
            what = f"a rate from {origin} to {to}" if i != j else f"a rate out of {origin}"
            refuse(bad, what, value, f"a rate from 0 to {IMPOSSIBLE:g}")
    for name, value in volumes.items():
        refuse(~((value > 0.0) & np.isfinite(value)), f"a volume {name}", value, "a volume above 0")
    n = len(model.compartments)
    # the amount that leaves a compartment is at least the amount that arrives elsewhere
    short = A[:, :n, :n].sum(axis=1) > 1e-9 * np.abs(A).max(initial=1.0)
    if problems:
        return  # the same problem would be named again
    for j, origin in enumerate(model.compartments):
        refuse(short[:, j], f"a rate out of {origin}", A[:, :n, j].sum(axis=1), "none below 0")


def _line(model: LinearModel, word: str) -> int | None:
    """Return the line of the first formula that reads ``word``."""
    if model.document is None:
        return None
    for place, line in sorted(model.document.lines.items(), key=lambda item: item[1]):
        value: Any = model.document.data
        try:
            for key in place:
                value = value[key]
        except (KeyError, IndexError, TypeError):
            continue
        if isinstance(value, str) and re.search(rf"\b{re.escape(word)}\b", value):
            return line
    return None
