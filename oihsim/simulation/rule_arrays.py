"""Rules of an arm to the arrays that compiled code judges, and the names of what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oihsim.engine.solver import RuleArrays, rule_columns
from oihsim.engine.solver.rule_columns import filled
from oihsim.files.errors import ModelError
from oihsim.simulation.cohort import Cohort
from oihsim.simulation.observations import RuleObservation, noise, observations
from oihsim.simulation.schedule import Given
from oihsim.treatment.arm import TIME_DECIMALS
from oihsim.treatment.rule_sets import (
    AMOUNT,
    DOSE,
    PART,
    STEPS,
    TIME,
    DoseLine,
    Rule,
    RuleSet,
)

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

ACTION_CODES = {
    "raise": rule_columns.RAISE, "lower": rule_columns.LOWER, "hold": rule_columns.HOLD_ON,
    "pause": rule_columns.PAUSE, "resume": rule_columns.RESUME, "stop": rule_columns.STOP,
    "switch": rule_columns.SWITCH, "rescue": rule_columns.RESCUE,
}  # fmt: skip
BY_CODES = {
    PART: rule_columns.BY_PART, AMOUNT: rule_columns.BY_AMOUNT, STEPS: rule_columns.BY_STEPS,
}  # fmt: skip
SENSE_CODES = {
    ">": rule_columns.ABOVE, ">=": rule_columns.AT_LEAST, "<": rule_columns.BELOW,
    "<=": rule_columns.AT_MOST,
}  # fmt: skip


@dataclass(frozen=True)
class Reactions:
    """The blocks of an arm, flat, as compiled code numbers them.

    Attributes
    ----------
    blocks : in the order of the arm
    options : lines and rescue doses, block by block
    rules : name of the block and the rule, block by block
    observed : names of what is observed, the last columns of the decisions
    arrays : what the solver takes
    """

    blocks: tuple[RuleSet, ...]
    options: tuple[DoseLine, ...]
    rules: tuple[tuple[str, Rule], ...]
    observed: tuple[str, ...]
    arrays: RuleArrays


def react(
    cohort: Cohort,
    end_h: float,
    seed: int,
    *,
    typical: bool = False,
    late: Sequence[Array] = (),
    first: int = 0,
) -> Reactions:
    """Return the rules of an arm for its subjects.

    Parameters
    ----------
    cohort : the subjects, with the rules of their arm
    end_h : end of the run, h
    seed, typical : of measurement noise and of sensory tests; the typical subject has no noise
    late : of each block, (n, m) delay of its doses in h, NaN for a missed one; empty for none
    first : number of the first subject

    Raises
    ------
    ModelError
        a route whose absorption depends on the dose without a ladder, a duration of absorption
        that is not above 0, or a variable that the model and the drugs on board do not have
    """
    blocks, given, n = cohort.arm.rules, cohort.board.given, len(cohort)
    options = tuple(line for block in blocks for line in block.lines)
    rules = tuple((block.name, rule) for block in blocks for rule in block.rules)
    seen = observations(
        blocks, cohort.model, cohort.board.ligands, n, seed, typical=typical, first=first
    )
    visits = held(blocks, end_h)
    entering = [_ways(line, given[line.drug], n) for line in options]
    arrays = RuleArrays(
        _block_rows(blocks, end_h),
        _option_rows(options, entering),
        np.array([step for line in options for step in line.ladder], dtype=np.float64),
        np.array([index for one in entering for index, _ in one], dtype=np.int64),
        _rule_rows(blocks),
        _condition_rows(blocks, seen),
        _observation_rows(seen),
        _reads(seen, len(blocks)),
        _padded_ways(entering, n),
        noise(seen, visits, n, seed, first),
        np.stack([one.own for one in seen], axis=1) if seen else np.zeros((n, 0, 2)),
        _late(late, len(blocks), n),
        *_room(blocks, entering, len(visits), end_h),
    )
    return Reactions(tuple(blocks), options, rules, tuple(one.label for one in seen), arrays)


def held(blocks: Sequence[RuleSet], end_h: float) -> list[tuple[float, int]]:
    """Return time and block of every visit before the end, in the order in which they are held.

    Examples
    --------
    >>> a, b = RuleSet("a", (2.0, 4.0), ()), RuleSet("b", (2.0,), ())
    >>> held([a, b], 4.0)
    [(2.0, 0), (2.0, 1)]
    """
    times = [
        (round(t, TIME_DECIMALS), b)
        for b, block in enumerate(blocks)
        for t in block.decision_points
    ]
    return sorted(one for one in times if one[0] < end_h)


def _block_rows(blocks: Sequence[RuleSet], end_h: float) -> Array:
    rows: list[dict[str, float]] = []
    rule = option = 0
    for block in blocks:
        line, last = block.line, rule + len(block.rules)
        times = (0.0, 0.0) if line is None else (line.from_h, min(line.until_h, end_h))
        begins, ends = np.round(times, TIME_DECIMALS)
        rows.append({
            "first": rule, "last": last, "line": -1 if line is None else option,
            "from": begins, "until": ends,
        })  # fmt: skip
        rule, option = last, option + len(block.lines)
    return filled("B", rows)


def _reads(seen: Sequence[RuleObservation], blocks: int) -> Ints:
    found = np.zeros((blocks, len(seen)), dtype=np.int64)
    for q, one in enumerate(seen):
        found[list(one.blocks), q] = 1
    return found


def _ways(line: DoseLine, given: Given, n: int) -> list[tuple[int, Array]]:
    """Return input, and (n, steps, 3) amount per labelled dose, lag and duration of each way in.

    There is one step if they are the same for every step of the ladder.
    """
    weight = given.values["WT"] if line.per_kg else np.ones(n)
    amounts = line.ladder or (line.amount or 1.0,)
    tables = [_entering(line, given, weight, amount) for amount in amounts]
    fixed = line.every_h == 0.0
    if not line.ladder and not fixed:
        other = _entering(line, given, weight, 2.0 * amounts[0])
        if any(not np.array_equal(a, b) for (_, a), (_, b) in zip(tables[0], other, strict=True)):
            raise ModelError(f"{line.drug} {line.route} depends on the dose: rules need a ladder")
    ways = []
    for way, (index, first) in enumerate(tables[0]):
        steps = [table[way][1] for table in tables]
        same = all(np.array_equal(step, first) for step in steps)
        ways.append((index, np.stack(steps[:1] if same else steps, axis=1)))
    return ways


def _entering(
    line: DoseLine, given: Given, weight: Array, amount: float
) -> list[tuple[int, Array]]:
    """Return input, and (n, 3) amount per labelled dose, lag and duration for one dose."""
    rows = []
    dose: ArrayLike = amount * weight
    for index, factor, lag, duration in given.drug.route_inputs(line.route, given.values, dose):
        if duration is not None and not np.all(duration > 0.0):
            raise ModelError(f"{line.drug} {line.route}: a duration of absorption is not above 0")
        over = np.zeros_like(weight) if duration is None else duration
        columns = np.broadcast_arrays(factor * weight, lag, over)
        rows.append((given.first_input + index, np.stack(columns, axis=1)))
    return rows


def _option_rows(options: Sequence[DoseLine], entering: Sequence[list[tuple[int, Array]]]) -> Array:
    rows: list[dict[str, float]] = []
    step = way = 0
    for line, ways in zip(options, entering, strict=True):
        last_step, last_way = step + len(line.ladder), way + len(ways)
        by_step = any(table.shape[1] > 1 for _, table in ways)
        if by_step and not line.ratio and line.amount not in line.ladder:
            raise ModelError(f"{line.drug}: {line.amount:g} {line.unit} is no step of the ladder")
        rows.append({
            "amount": line.amount, "ratio": line.ratio, "every": line.every_h,
            "duration": line.duration_h, "after": line.after_h, "low": line.low,
            "high": line.high, "largest": line.largest, "part": line.largest_is_part,
            "per": line.per_h, "step": step, "last_step": last_step, "way": way,
            "last_way": last_way, "by_step": by_step,
        })  # fmt: skip
        step, way = last_step, last_way
    return filled("O", rows)


def _rule_rows(blocks: Sequence[RuleSet]) -> Array:
    rows: list[dict[str, float]] = []
    condition = option = 0
    for block in blocks:
        option += block.line is not None
        for rule in block.rules:
            last = condition + len(rule.when)
            rows.append({
                "first": condition, "last": last, "action": ACTION_CODES[rule.action],
                "by": rule.by, "by_kind": BY_CODES[rule.by_kind],
                "option": -1 if rule.line is None else option, "confirm": rule.confirm,
                "pause": rule.for_h, "lock_out": rule.lock_out_h, "most": rule.most,
                "per": rule.per_h,
            })  # fmt: skip
            condition, option = last, option + (rule.line is not None)
    return filled("R", rows)


def _condition_rows(blocks: Sequence[RuleSet], observed: Sequence[RuleObservation]) -> Array:
    rows: list[dict[str, float]] = []
    for b, block in enumerate(blocks):
        sources = {DOSE: rule_columns.FROM_DOSE, TIME: rule_columns.FROM_TIME}
        sources |= {value.reads: q for q, value in enumerate(observed) if b in value.blocks}
        rows += [
            {"source": sources[condition.reads], "sense": SENSE_CODES[condition.sense],
             "limit": condition.value}
            for rule in block.rules
            for condition in rule.when
        ]  # fmt: skip
    return filled("C", rows)


def _observation_rows(observed: Sequence[RuleObservation]) -> Array:
    names = (*("kind", "row", "second"), *("noise", "origin", "cut_off", "one", "two"))
    return filled("Q", [dict(zip(names, (*q.place, *q.numbers), strict=True)) for q in observed])


def _padded_ways(entering: Sequence[list[tuple[int, Array]]], n: int) -> Array:
    """Return the ways of all options, (n, ways, steps, 3), padded."""
    tables = [table for ways in entering for _, table in ways]
    steps = max((table.shape[1] for table in tables), default=1)
    found = np.zeros((n, len(tables), steps, 3))
    for way, table in enumerate(tables):
        found[:, way, : table.shape[1]] = table
    return found


def _late(late: Sequence[Array], blocks: int, n: int) -> Array:
    """Return the delays of all blocks, (n, blocks, m), padded with doses on time."""
    longest = max((one.shape[1] for one in late), default=0)
    found = np.zeros((n, blocks, longest))
    for block, one in enumerate(late):
        found[:, block, : one.shape[1]] = one
    return found


def most_doses(block: RuleSet, end_h: float) -> int:
    """Return how many doses the line of a block can come to, whatever its rules do."""
    if block.line is None:
        return 0
    lines = [block.line, *(r.line for r in block.rules if r.action == "switch" and r.line)]
    # a switch begins its line at once, also before the block's own has begun
    switches = block.decision_points if len(lines) > 1 else ()
    span = min(block.line.until_h, end_h) - min(block.line.from_h, *switches[:1], end_h)
    return max(0, int(span / min(line.every_h for line in lines)) + 2) + len(switches)


def _room(
    blocks: Sequence[RuleSet], entering: Sequence[list[tuple[int, Array]]], visits: int,
    end_h: float,
) -> tuple[int, int, int]:  # fmt: skip
    """Return room for the doses, visits and entries of the ledger of one subject."""
    doses = 0
    for block in blocks:
        rescued = any(rule.action == "rescue" for rule in block.rules)
        doses += most_doses(block, end_h) + (len(block.decision_points) if rescued else 0)
    widest = max((len(ways) for ways in entering), default=0)
    return doses, visits, doses * (2 + 2 * widest) + visits + len(blocks)
