"""What event records must satisfy to drive the whole model: drugs by name, no linear-only code."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from oihsim.events.event_table import EventTable
from oihsim.events.refusals import number
from oihsim.files.errors import InputError, Problem
from oihsim.files.yaml import closest
from oihsim.kinetics.covariates import COVARIATES
from oihsim.treatment.doses.dose_form import SHORTEST
from oihsim.treatment.vocabulary import Vocabulary

Array = NDArray[np.float64]

MOST_PROBLEMS = 1000
"""Problems of one kind that are named for one table."""

NAME = "a drug and its route, such as 'morphine.iv'"

ADDED = "0, or 1 in the first dose record of an ID: steady states add up in a linear model only"

YES_NO = ("SEX", "OUD")


def ways_of(table: EventTable, known: Vocabulary) -> dict[int, tuple[str, str]]:
    """Return drug and route of each dose record.

    Raises
    ------
    oihsim.files.errors.InputError
        a record that the whole model cannot take: file, row, ID, column, what is allowed
    """
    problems: list[Problem] = []
    ways: dict[int, tuple[str, str]] = {}
    read: dict[str, tuple[str, str] | str] = {}
    dose = np.isin(table.evid, (1, 4))
    for k in np.flatnonzero(dose)[: None if table.named else MOST_PROBLEMS]:
        record = int(k)
        word = table.named.get(record)
        if word is None:
            shown = str(table.cmt[record]) if table.cmt[record] else "nothing"
            allowed = f"{NAME}; compartments have numbers in a model file only"
            problems.append(table.problem(record, "CMT", shown, allowed))
            continue
        if word not in read:
            read[word] = _way(word, known)
        way = read[word]
        if isinstance(way, str):
            problems.append(table.problem(record, "CMT", f"'{word}'", way))
        else:
            ways[record] = way
    off = (table.evid == 2) & (table.cmt < 0)
    off[[k for k, word in table.named.items() if word.startswith("-")]] = True
    for k in np.flatnonzero(off)[:MOST_PROBLEMS]:
        shown = table.named.get(int(k), str(table.cmt[k]))
        allowed = "no compartment to switch off: only a linear model has them"
        problems.append(table.problem(int(k), "CMT", shown, allowed))
    problems += [
        table.problem(int(k), "SS", str(table.ss[k]), ADDED)
        for k in np.flatnonzero(dose & (table.ss == 2))[:MOST_PROBLEMS]
    ]
    _rates(table, ways, known, problems)
    if problems:
        raise InputError(problems)
    return ways


def _way(word: str, known: Vocabulary) -> tuple[str, str] | str:
    """Return drug and route, or the text of what is allowed."""
    drug, _, route = word.partition(".")
    if drug not in known.drugs:
        near = closest(drug, known.drugs).split(" (known")[0]
        return f"{NAME}: {near}" if near.startswith("did you mean") else NAME
    routes = known.routes(drug)
    if route not in routes:
        return closest(word, [f"{drug}.{name}" for name in routes])
    return drug, route


def _rates(
    table: EventTable,
    ways: Mapping[int, tuple[str, str]],
    known: Vocabulary,
    problems: list[Problem],
) -> None:
    """Note rates and durations that a route does not accept, or that it lacks."""
    form = {way: known.dosing(*way) for way in set(ways.values())}
    unit = {way: known.dosed_in(way[0]) for way in form}
    timed = {way: _has_duration(way) for way in form}
    for record, way in ways.items():
        rate, duration = float(table.rate[record]), float(table.dur[record])
        name = ".".join(way)
        column, value = ("DUR", duration) if duration else ("RATE", rate)
        allowed = ""
        if rate == -1.0:
            allowed = "0, a rate or -2: no drug here has a modelled rate"
        elif rate == -2.0:
            allowed = "" if timed[way] else f"0 or a rate: {name} has no duration of its own"
        elif value and unit[way] != "mg" and column == "RATE":
            allowed = f"0: {way[0]} is counted"
        elif value and form[way] == "bolus":
            allowed = f"0: {name} is given at once"
        elif not value and form[way] == "rate":
            allowed = f"a rate, or a DUR: {name} is worn"
        elif value and table.amt[record] and (duration or table.amt[record] / rate) < SHORTEST:
            allowed = "a duration of at least 1 s"
        if allowed:
            problems.append(table.problem(record, column, number(value), allowed))
        if len(problems) > MOST_PROBLEMS:
            return


def _has_duration(way: tuple[str, str]) -> bool:
    """Return whether a route has a fixed duration, that of absorption at a constant rate."""
    from oihsim.drugs import load_drug

    return any(part.duration is not None for part in load_drug(way[0]).route_parts[way[1]])


def covariates_of(table: EventTable) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Return the covariates of each ID, and the unused columns.

    Raises
    ------
    oihsim.files.errors.InputError
        a covariate that varies within an ID, lacks a value, or has an impossible one
    """
    problems: list[Problem] = []
    values: dict[str, Array] = {}
    unused = []
    for word, column in table.covariates.items():
        if word == "DOSE":
            continue
        if word not in COVARIATES:
            if word.upper() in COVARIATES:
                allowed = f"'{word.upper()}' in capitals"
                problems.append(Problem(table.name, 1, "header", f"'{word}'", allowed))
            unused.append(word)
            continue
        values[word] = _of_each(table, word, column, problems)
    if problems:
        raise InputError(problems)
    return values, tuple(unused)


def _of_each(table: EventTable, word: str, column: Array, problems: list[Problem]) -> Array:
    """Return one value per ID."""
    ids = len(table.label)
    low, high = np.full(ids, np.inf), np.full(ids, -np.inf)
    known = ~np.isnan(column)
    np.minimum.at(low, table.subject[known], column[known])
    np.maximum.at(high, table.subject[known], column[known])
    possible = np.isin(low, (0.0, 1.0)) if word in YES_NO else low > 0.0
    wanted = "0 or 1" if word in YES_NO else "above 0"
    for s in np.flatnonzero(~((low == high) & possible))[:MOST_PROBLEMS]:
        first, last = int(table.first[s]), int(table.first[s + 1])
        if not known[first:last].any():
            problems.append(table.problem(first, word, "no value", "one for this ID"))
        elif low[s] != high[s]:
            records = np.flatnonzero(known[first:last]) + first
            changed = int(records[np.argmax(column[records] != column[records[0]])])
            allowed = "one value per ID: the whole model has no covariate that varies in time"
            problems.append(table.problem(changed, word, number(float(column[changed])), allowed))
        else:
            problems.append(table.problem(first, word, number(float(low[s])), wanted))
    return low
