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
    CHANGE,
    DOSE,
    MEAN,
    PART,
    RELATIVE,
    STEPS,
    TIME,
    VALUE,
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
OF_CODES = {
    VALUE: rule_columns.OF_VALUE, CHANGE: rule_columns.OF_CHANGE,
    RELATIVE: rule_columns.OF_RELATIVE, MEAN: rule_columns.OF_MEAN,
}  # fmt: skip
SENSE_CODES = {
    ">": rule_columns.ABOVE, ">=": rule_columns.AT_LEAST, "<": rule_columns.BELOW,
    "<=": rule_columns.AT_MOST,
}  # fmt: skip


@dataclass(frozen=True)
class Reactions:
    """The rule sets of an arm, flat, as compiled code numbers them.

    Attributes
    ----------
    blocks : rule sets, in the order of the arm
    options : lines and rescue doses, rule set by rule set
    rules : name of the rule set and the rule, rule set by rule set
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
    late : of each rule set, (n, m) delay of its doses in h, NaN for a missed one; empty for none
    first : number of the first subject

    Raises
    ------
    ModelError
        a route whose absorption depends on the dose without a ladder, a duration of absorption
        that is not above 0, or a variable that the model and the drugs on board do not have
    """
    blocks, n = cohort.arm.rules, len(cohort)
    options = tuple(line for block in blocks for line in block.lines)
    rules = tuple((block.name, rule) for block in blocks for rule in block.rules)
    observed = observations(
        blocks, cohort.model, cohort.board.ligands, n, seed, typical=typical, first=first
    )
    decision_points = held(blocks, end_h)
    entering = [_inputs(line, cohort.board.given[line.drug], n) for line in options]
    arrays = RuleArrays(
        _block_rows(blocks, end_h),
        _option_rows(options, entering),
        np.array([step for line in options for step in line.ladder], dtype=np.float64),
        np.array([index for inputs in entering for index, _ in inputs], dtype=np.int64),
        _rule_rows(blocks),
        _condition_rows(blocks, observed),
        _observation_rows(observed),
        _reads(observed, len(blocks)),
        _padded_inputs(entering, n),
        noise(observed, decision_points, n, seed, first),
        np.stack([q.of_subjects for q in observed], axis=1) if observed else np.zeros((n, 0, 2)),
        _late(late, len(blocks), n),
        *_room(blocks, entering, len(decision_points), end_h),
    )
    return Reactions(tuple(blocks), options, rules, tuple(q.label for q in observed), arrays)


def held(blocks: Sequence[RuleSet], end_h: float) -> list[tuple[float, int]]:
    """Return time and rule set of every decision point before the end, in their order.

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
    return sorted(point for point in times if point[0] < end_h)


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


def _reads(observed: Sequence[RuleObservation], blocks: int) -> Ints:
    reads = np.zeros((blocks, len(observed)), dtype=np.int64)
    for q, observation in enumerate(observed):
        reads[list(observation.blocks), q] = 1
    return reads


def _inputs(line: DoseLine, drug: Given, n: int) -> list[tuple[int, Array]]:
    """Return input, and (n, steps, 3) amount per labelled dose, lag and duration of each input.

    There is one step if they are the same for every step of the ladder.
    """
    weight = drug.values["WT"] if line.per_kg else np.ones(n)
    amounts = line.ladder or (line.amount or 1.0,)
    tables = [_entering(line, drug, weight, amount) for amount in amounts]
    fixed = line.every_h == 0.0
    if not line.ladder and not fixed:
        other = _entering(line, drug, weight, 2.0 * amounts[0])
        if any(not np.array_equal(a, b) for (_, a), (_, b) in zip(tables[0], other, strict=True)):
            raise ModelError(f"{line.drug} {line.route} depends on the dose: rules need a ladder")
    inputs = []
    for place, (index, first) in enumerate(tables[0]):
        steps = [table[place][1] for table in tables]
        same = all(np.array_equal(step, first) for step in steps)
        inputs.append((index, np.stack(steps[:1] if same else steps, axis=1)))
    return inputs


def _entering(line: DoseLine, drug: Given, weight: Array, amount: float) -> list[tuple[int, Array]]:
    """Return input, and (n, 3) amount per labelled dose, lag and duration for one dose."""
    rows = []
    dose: ArrayLike = amount * weight
    for index, factor, lag, duration in drug.drug.route_inputs(line.route, drug.values, dose):
        if duration is not None and not np.all(duration > 0.0):
            raise ModelError(f"{line.drug} {line.route}: a duration of absorption is not above 0")
        over = np.zeros_like(weight) if duration is None else duration
        columns = np.broadcast_arrays(factor * weight, lag, over)
        rows.append((drug.first_input + index, np.stack(columns, axis=1)))
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
             "limit": condition.value, "compared": OF_CODES[condition.of], "over": condition.over_h}
            for rule in block.rules
            for condition in rule.when
        ]  # fmt: skip
    return filled("C", rows)


def _observation_rows(observed: Sequence[RuleObservation]) -> Array:
    names = (*("kind", "row", "second"), *("noise", "origin", "cut_off", "one", "two"))
    return filled("Q", [dict(zip(names, (*q.place, *q.numbers), strict=True)) for q in observed])


def _padded_inputs(entering: Sequence[list[tuple[int, Array]]], n: int) -> Array:
    """Return the inputs of all options, (n, inputs, steps, 3), padded."""
    tables = [table for inputs in entering for _, table in inputs]
    steps = max((table.shape[1] for table in tables), default=1)
    padded = np.zeros((n, len(tables), steps, 3))
    for place, table in enumerate(tables):
        padded[:, place, : table.shape[1]] = table
    return padded


def _late(late: Sequence[Array], blocks: int, n: int) -> Array:
    """Return the delays of all rule sets, (n, rule sets, m), padded with doses on time."""
    longest = max((delays.shape[1] for delays in late), default=0)
    padded = np.zeros((n, blocks, longest))
    for block, delays in enumerate(late):
        padded[:, block, : delays.shape[1]] = delays
    return padded


def most_doses(block: RuleSet, end_h: float) -> int:
    """Return the largest number of doses that the line of a rule set can give."""
    if block.line is None:
        return 0
    lines = [block.line, *(r.line for r in block.rules if r.action == "switch" and r.line)]
    # a switch begins its line at once, also before the line of the rule set has begun
    switches = block.decision_points if len(lines) > 1 else ()
    span = min(block.line.until_h, end_h) - min(block.line.from_h, *switches[:1], end_h)
    return max(0, int(span / min(line.every_h for line in lines)) + 2) + len(switches)


def _room(
    blocks: Sequence[RuleSet], entering: Sequence[list[tuple[int, Array]]], decisions: int,
    end_h: float,
) -> tuple[int, int, int]:  # fmt: skip
    """Return room for the doses, decisions and ledger entries of one subject."""
    doses = 0
    for block in blocks:
        rescued = any(rule.action == "rescue" for rule in block.rules)
        doses += most_doses(block, end_h) + (len(block.decision_points) if rescued else 0)
    widest = max((len(inputs) for inputs in entering), default=0)
    return doses, decisions, doses * (2 + 2 * widest) + decisions + len(blocks)
