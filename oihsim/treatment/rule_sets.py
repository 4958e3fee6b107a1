"""Rules that react to the subject, in resolved form: hours and mg, nothing left to defaults.

A block is judged at visits. Its rules are read in order and the first that matches acts on the
block's own line of treatment, or gives a rescue dose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

ACTIONS = ("raise", "lower", "hold", "pause", "resume", "stop", "switch", "rescue")
"""What a rule does: ``raise`` and ``lower`` change the dose from the next one on, ``hold`` leaves
it as it is, ``pause`` withholds doses until ``resume`` or for a time, ``stop`` ends the line for
good, ``switch`` ends it and begins another, ``rescue`` gives one dose beside it."""

SENSES = (">", ">=", "<", "<=")

DOSE, TIME = "dose", "time"
"""What a condition may read of the block itself: the amount of one dose of its line in force, and
the hours since the start of the arms."""

START = "start"
"""What stands for a rule, after the name of its block, where no rule has changed a dose."""

PART, AMOUNT, STEPS = "part", "amount", "steps"
"""How far ``by`` goes: a part of the dose, an amount, or steps of the ladder."""


@dataclass(frozen=True)
class DoseLine:
    """A line of treatment that rules act on, or one rescue dose.

    Parameters
    ----------
    drug, route : names
    amount : one dose as labelled, in ``unit``, per kg if ``per_kg``; of a line that a switch
        begins, 0 where ``ratio`` says it
    ratio : of a line that a switch begins: its amount a day to that of the line before; 0 for none
    every_h : interval of the doses, h; 0 for a rescue dose
    duration_h : time over which a dose runs in, h; 0 at once
    after_h : time from the switch to the first dose, h
    from_h, until_h : the first line's start and the end of every line of the block, h
    ladder : amounts of one dose there are, ascending; empty for any
    low, high : bounds of one dose
    largest, largest_is_part, per_h : largest change of a dose within ``per_h`` hours, an amount or
        a part of what it was before them; infinite for none
    """

    drug: str
    route: str
    amount: float
    per_kg: bool = False
    unit: str = "mg"
    ratio: float = 0.0
    every_h: float = 0.0
    duration_h: float = 0.0
    after_h: float = 0.0
    from_h: float = 0.0
    until_h: float = inf
    ladder: tuple[float, ...] = ()
    low: float = 0.0
    high: float = inf
    largest: float = inf
    largest_is_part: bool = False
    per_h: float = 0.0


@dataclass(frozen=True)
class Condition:
    """What must hold: ``reads sense value``.

    ``reads`` is a variable of the result, a sensory test, ``dose`` or ``time``; ``value`` is in its
    unit.
    """

    reads: str
    sense: str
    value: float


@dataclass(frozen=True)
class Rule:
    """One rule: when all its conditions hold, it acts.

    Parameters
    ----------
    name : shown in the log; unique in its block
    when : all must hold; none always holds
    action : one of :data:`ACTIONS`
    by, by_kind : of a raise or a lowering, see :data:`PART`
    line : of a switch the line it begins, of a rescue the dose it gives
    for_h : length of a pause, h; infinite until a rule resumes
    confirm : visits in a row at which the conditions must hold
    lock_out_h : time after it acted in which it does not match, h
    most, per_h : it acts at most ``most`` times in ``per_h`` hours; 0 for no limit
    """

    name: str
    action: str
    when: tuple[Condition, ...] = ()
    by: float = 0.0
    by_kind: str = PART
    line: DoseLine | None = None
    for_h: float = inf
    confirm: int = 1
    lock_out_h: float = 0.0
    most: int = 0
    per_h: float = 0.0


@dataclass(frozen=True)
class RuleSet:
    """Visits, what is observed there, and what happens.

    Parameters
    ----------
    name : unique in its arm
    decision_points : times at which the rules are judged, h, ascending
    rules : in order; the first that matches acts
    line : the line of treatment they act on; None if they only give rescue doses
    noise : what a condition reads -> its measurement noise: standard deviation in its own unit, or
        of a sensory test the coefficient of variation; what is not named has none, a sensory test
        its own
    """

    name: str
    decision_points: tuple[float, ...]
    rules: tuple[Rule, ...]
    line: DoseLine | None = None
    noise: Mapping[str, float] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[DoseLine, ...]:
        """Every line and rescue dose: the block's own first, then those of the rules."""
        first = () if self.line is None else (self.line,)
        return (*first, *(rule.line for rule in self.rules if rule.line is not None))

    @property
    def reads(self) -> tuple[str, ...]:
        """What its conditions read, each once, ``dose`` and ``time`` aside."""
        names = [condition.reads for rule in self.rules for condition in rule.when]
        return tuple(name for name in dict.fromkeys(names) if name not in (DOSE, TIME))
