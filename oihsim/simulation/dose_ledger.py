"""The dose ledger: every dose of every subject, what it was, when, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oihsim.drugs import Drug
from oihsim.engine.solver.rule_columns import (
    G_AMOUNT,
    G_BLOCK,
    G_OPTION,
    G_RULE,
    G_TIME,
    columns_of,
)
from oihsim.simulation.intake import dose_times
from oihsim.simulation.pumps import pump_doses
from oihsim.simulation.schedule import Doses
from oihsim.treatment.arm import TIME_DECIMALS, Course
from oihsim.treatment.rule_sets import START

if TYPE_CHECKING:
    from oihsim.simulation.arm_run import ArmRun

Array = NDArray[np.float64]
Codes = NDArray[np.int16]

PADDING = -1
"""Code behind the last dose of a subject; numbers are NaN there."""

SCHEDULED, HISTORY, POPULATION = "scheduled", "history", "history of the population"
"""Why a dose was given that no rule gave."""

PUMP = "target-controlled infusion"
"""Why a pump gave a dose: one infusion at one rate."""

SETTING = ("raise", "lower", "switch", "rescue")
"""Actions of rules that set the amount of a dose."""

DIMS = ("scenario", "draw", "id", "dose")


@dataclass(frozen=True)
class Names:
    """What the codes of the ledgers of one result stand for, by number."""

    drugs: tuple[str, ...]
    routes: tuple[str, ...]
    reasons: tuple[str, ...]

    @classmethod
    def of(cls, runs: Sequence[ArmRun], history_h: float) -> Names:
        """Return the names for the arms of one result."""
        arms = [arm_run.arm for arm_run in runs]
        drugs = sorted({drug for arm in arms for drug in arm.drugs})
        routes = sorted({route for arm in arms for drug in arm.drugs for route in arm.routes(drug)})
        reasons: dict[str, None] = {}
        for arm_run in runs:
            for course in arm_run.arm.courses:
                reasons |= {_reason(first, history_h): None for first in _ends(course)}
        if any(arm.target_lines for arm in arms):
            reasons[PUMP] = None
        for arm_run in runs:
            if arm_run.reactions is not None:
                starts = [
                    block.name for block in arm_run.reactions.blocks if block.line is not None
                ]
                reasons |= dict.fromkeys(f"{name}/{START}" for name in starts)
                rules = arm_run.reactions.rules
                set_amounts = [named for named in rules if named[1].action in SETTING]
                reasons |= dict.fromkeys(f"{name}/{rule.name}" for name, rule in set_amounts)
        return cls(tuple(drugs), tuple(routes), tuple(reasons))


@dataclass(frozen=True)
class DoseLedger:
    """Every dose of one arm, subjects in rows, each row sorted by time.

    Attributes
    ----------
    time, amount, duration : (n, k) h, as labelled for that subject (weight included), h; NaN
        behind the last dose of a subject
    drug, route, reason : (n, k) numbers of :class:`Names`; :data:`PADDING` behind the last
    rescue : (n, k) whether a rule gave it as rescue
    """

    time: Array
    amount: Array
    duration: Array
    drug: Codes
    route: Codes
    reason: Codes
    rescue: NDArray[np.bool_]

    @property
    def columns(self) -> tuple[NDArray[Any], ...]:
        """Every column, in the order of the attributes."""
        return (
            self.time, self.amount, self.duration, self.drug, self.route, self.reason, self.rescue,
        )  # fmt: skip


def arm_ledger(arm_run: ArmRun, names: Names, history_h: float, end_h: float) -> DoseLedger:
    """Return the ledger of an arm as it was run.

    Parameters
    ----------
    arm_run : the arm, its subjects and what its rules gave
    names : of the whole result
    history_h : length of the scenario's own past; what was given before is the population's
    end_h : doses at it or later are left out, as the run has ended there

    Notes
    -----
    Of a subject that failed it holds what was ordered by the clock, to the end, and what rules
    gave up to the failure.
    """
    clock = _by_the_clock(arm_run, names, history_h, end_h)
    pumped = arm_run.pumped or pump_doses(arm_run.arm, arm_run.values)
    if pumped is not None:
        clock = _merged(clock, _by_pumps(pumped, len(arm_run.run.status), names, end_h))
    return clock if arm_run.reactions is None else _merged(clock, _by_rules(arm_run, names, end_h))


def _ends(course: Any) -> set[float]:
    return {course.first_h, course.last_h}


def _reason(time_h: float, history_h: float) -> str:
    """Return why a dose by the clock was given.

    Examples
    --------
    >>> [_reason(time_h, 24.0) for time_h in (0.0, -24.0, -36.0)]
    ['scheduled', 'history', 'history of the population']
    """
    if time_h >= 0.0:
        return SCHEDULED
    edge = history_h + 10.0**-TIME_DECIMALS
    return HISTORY if time_h >= -edge else POPULATION


def _by_the_clock(arm_run: ArmRun, names: Names, history_h: float, end_h: float) -> DoseLedger:
    """Return the doses that were ordered, as they were taken."""
    on_time = [course for course in arm_run.arm.courses if course not in arm_run.intake]
    ledger = _of_courses(arm_run, on_time, names, history_h, end_h, None)
    with_intake = [course for course in arm_run.arm.courses if course in arm_run.intake]
    if with_intake:
        n = len(arm_run.run.status)
        times = [dose_times(course, arm_run.intake[course], n) for course in sorted(with_intake)]
        late = _of_courses(
            arm_run, with_intake, names, history_h, end_h, np.concatenate(times, axis=1)
        )
        ledger = _merged(ledger, late)
    return ledger


def _of_courses(
    arm_run: ArmRun, courses: Sequence[Course], names: Names, history_h: float, end_h: float,
    taken: Array | None,
) -> DoseLedger:  # fmt: skip
    """Return the doses of courses, due or, (n, k), as they were ``taken``; NaN where missed."""
    n, courses = len(arm_run.run.status), sorted(courses)
    number = np.array([course.number for course in courses], dtype=np.int64)
    which = np.repeat(np.arange(len(courses)), number)
    count = np.arange(len(which)) - np.repeat(np.cumsum(number) - number, number)

    def each(field: str) -> Array:
        return np.array([getattr(course, field) for course in courses], dtype=float)[which]

    def number_of(field: str, known: Sequence[str]) -> Codes:
        codes = [known.index(getattr(course, field)) for course in courses]
        return np.array(codes, dtype=np.int16)[which]

    due = np.round(each("first_h") + each("every_h") * count, TIME_DECIMALS)
    drug, route = number_of("drug", names.drugs), number_of("route", names.routes)
    past = np.where(due >= -history_h - 10.0**-TIME_DECIMALS, HISTORY, POPULATION)
    reason = _numbers(np.where(due >= 0.0, SCHEDULED, past), names.reasons)
    amount, duration, per_kg = each("amount"), each("duration_h"), each("per_kg") > 0.0
    order = np.lexsort((duration, amount, route, drug, due))
    if taken is None:
        order = order[due[order] < end_h]
    shape = n, len(order)
    time = np.broadcast_to(due[order], shape) if taken is None else taken[:, order]
    amounts = np.broadcast_to(amount[order], shape)
    if per_kg.any():
        amounts = np.where(per_kg[order], amounts * arm_run.values["WT"][:, None], amounts)
    others = (np.broadcast_to(column[order], shape) for column in (duration, drug, route, reason))
    columns = (time, amounts, *others, np.zeros(shape, dtype=bool))
    if taken is not None:
        missed = ~(time < end_h)
        columns = tuple(
            np.where(missed, _blank(column.dtype), column).astype(column.dtype)
            for column in columns
        )
    return DoseLedger(*columns)


def _numbers(words: NDArray[Any], known: Sequence[str]) -> Codes:
    """Return the number of each word among those known."""
    codes = np.full(words.shape, PADDING, dtype=np.int16)
    for code, word in enumerate(known):
        codes[words == word] = code
    return codes


def _by_pumps(doses: Doses, n: int, names: Names, end_h: float) -> DoseLedger:
    """Return what pumps gave, each rate as one dose."""
    order = np.lexsort((doses.time_h, doses.subject))
    order = order[doses.time_h[order] < end_h]
    subject = doses.subject[order]
    number = np.bincount(subject, minlength=n)
    place = np.arange(len(order)) - np.repeat(np.cumsum(number) - number, number)
    code = np.full(len(order), names.reasons.index(PUMP), dtype=np.int16)
    columns = (
        doses.time_h[order], doses.amount[order], doses.duration_h[order],
        _numbers(doses.drug[order], names.drugs), _numbers(doses.route[order], names.routes), code,
        np.zeros(len(order), dtype=bool),
    )  # fmt: skip
    return DoseLedger(*(padded(column, subject, place, n) for column in columns))


def padded(
    column: NDArray[Any], subject: NDArray[np.int64], place: NDArray[np.int64], n: int
) -> NDArray[Any]:
    """Return a column of doses as subjects in rows, blank where there is no dose.

    Examples
    --------
    >>> padded(np.array([1.0, 2.0]), np.array([1, 1]), np.array([0, 1]), 2).tolist()
    [[nan, nan], [1.0, 2.0]]
    """
    rows = np.full((n, int(place.max(initial=-1)) + 1), _blank(column.dtype), dtype=column.dtype)
    rows[subject, place] = column
    return rows


def _by_rules(arm_run: ArmRun, names: Names, end_h: float) -> DoseLedger:
    """Return the doses that rules gave, of lines and as rescue."""
    reactions = arm_run.reactions
    assert reactions is not None
    rows, subject, place, _ = flat(arm_run.run.given, len(columns_of("G")))
    time = np.round(rows[:, G_TIME], TIME_DECIMALS)
    option, rule, block = (rows[:, i].astype(np.int64) for i in (G_OPTION, G_RULE, G_BLOCK))
    lines = reactions.options
    weight = np.where([line.per_kg for line in lines], arm_run.values["WT"][:, None], 1.0)
    drug = np.array([names.drugs.index(line.drug) for line in lines], dtype=np.int16)
    route = np.array([names.routes.index(line.route) for line in lines], dtype=np.int16)
    code = {name: number for number, name in enumerate(names.reasons)}
    start = [code.get(f"{block.name}/{START}", PADDING) for block in reactions.blocks]
    named = [code.get(f"{block}/{rule.name}", PADDING) for block, rule in reactions.rules]
    reason = np.where(rule < 0, np.array(start)[block], np.array([*named, PADDING])[rule])
    rescue = np.array([*(rule.action == "rescue" for _, rule in reactions.rules), False])[rule]
    columns: tuple[NDArray[Any], ...] = (
        time,
        rows[:, G_AMOUNT] * weight[subject, option],
        np.array([line.duration_h for line in lines])[option],
        drug[option],
        route[option],
        reason.astype(np.int16),
        rescue,
    )
    in_time, n = time < end_h, len(arm_run.run.status)
    subject, place = subject[in_time], place[in_time]
    return DoseLedger(*(padded(column[in_time], subject, place, n) for column in columns))


def flat(
    tables: Sequence[Array], width: int
) -> tuple[Array, NDArray[np.int64], NDArray[np.int64], int]:
    """Return the rows of all subjects, of each its subject and its place, and the most of one.

    Examples
    --------
    >>> rows, subject, place, most = flat([np.ones((2, 3)), np.zeros((1, 3))], 3)
    >>> rows.shape, subject.tolist(), place.tolist(), most
    ((3, 3), [0, 0, 1], [0, 1, 0], 2)
    """
    number = np.array([len(table) for table in tables], dtype=np.int64)
    rows = np.concatenate([np.zeros((0, width)), *tables])
    subject = np.repeat(np.arange(len(tables)), number)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(number) - number, number)
    return rows, subject, place, int(number.max(initial=0))


def _blank(dtype: np.dtype[Any]) -> Any:
    """Return what stands where there is no dose."""
    return {"f": np.nan, "i": PADDING, "b": False}[dtype.kind]


def _merged(first: DoseLedger, second: DoseLedger) -> DoseLedger:
    """Return both ledgers as one; at one time the doses of the first come first."""
    pairs = zip(first.columns, second.columns, strict=True)
    joined = [np.concatenate(pair, axis=1) for pair in pairs]
    order = np.argsort(joined[0], axis=1, kind="stable")  # NaN sorts last
    most = int((~np.isnan(joined[0])).sum(axis=1).max(initial=0))
    return DoseLedger(*(np.take_along_axis(column, order, axis=1)[:, :most] for column in joined))


def ledger_variables(
    ledgers: Sequence[DoseLedger], names: Names, drugs: Mapping[str, Drug]
) -> dict[str, Any]:
    """Return the ledgers of a result's arms as its variables, padded to one length."""
    most = max(1, *(ledger.time.shape[1] for ledger in ledgers))
    units = [drugs[drug].dose_unit for drug in names.drugs]
    attributes: dict[str, dict[str, Any]] = {
        "time": {"units": "h", "long_name": "time of the dose; negative in the history"},
        "amount": {"units": unit_of(units), "long_name": "amount of the dose, as labelled"},
        "duration": {"units": "h", "long_name": "time over which the dose runs in; 0 at once"},
        "drug": {"long_name": "drug of the dose", **flags(names.drugs)},
        "route": {"long_name": "route of the dose", **flags(names.routes)},
        "reason": {
            "long_name": "why the dose was given: by the clock, or the block and rule that set it",
            **flags(names.reasons),
        },
    }
    attributes["drug"]["flag_units"] = " ".join(units)
    variables: dict[str, Any] = {}
    for name, attrs in attributes.items():
        columns = [getattr(ledger, name) for ledger in ledgers]
        shape = (len(ledgers), 1, len(columns[0]), most)
        padded = np.full(shape, _blank(columns[0].dtype), dtype=columns[0].dtype)
        for i, column in enumerate(columns):
            padded[i, 0, :, : column.shape[1]] = column
        variables[f"dose_{name}"] = (DIMS, padded, attrs)
    return {**variables, "dose": counted("dose", most, "number of the dose")}


def counted(dim: str, length: int, long_name: str) -> tuple[str, NDArray[np.int64], dict[str, str]]:
    """Return the coordinate that counts the rows of a table."""
    return dim, np.arange(length), {"units": "1", "long_name": long_name}


def unit_of(units: Sequence[str]) -> str:
    """Return the unit of amounts of several drugs, 1 if they differ.

    Examples
    --------
    >>> unit_of(["mg", "mg"]), unit_of(["mg", "session"]), unit_of([])
    ('mg', '1', 'mg')
    """
    return (units or ["mg"])[0] if len(set(units)) <= 1 else "1"


def flags(names: Sequence[str]) -> dict[str, Any]:
    """Return the attributes that say what the codes of a variable mean.

    Examples
    --------
    >>> flags(["history of the population"])["flag_meanings"]
    'history_of_the_population'
    """
    return {
        "units": "1",
        "flag_values": np.arange(len(names), dtype=np.int16),
        "flag_meanings": " ".join(name.replace(" ", "_") for name in names),
    }
