"""Rules that react to the subject, in resolved form: hours and mg, nothing left to defaults.

A rule set is judged at its decision points. Its rules are read in order, and the first that matches
acts on the dose line of the rule set, or gives a rescue dose.
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
"""What a condition may read beside observations: the amount of one dose of the line in force, and
the time since the start of the arms, h."""

START = "start"
"""Stands for a rule, after the name of its rule set, where no rule has changed a dose."""

VALUE, CHANGE, RELATIVE, MEAN = "value", "change", "relative change", "mean"
"""What a condition compares of an observation: its value at the decision point, its change from the
first decision point of the rule set, that change as a part of the value there, or its mean over the
decision points of the last hours."""

PART, AMOUNT, STEPS = "part", "amount", "steps"
"""What ``by`` is: a part of the dose, an amount, or a number of steps of the ladder."""


@dataclass(frozen=True)
class DoseLine:
    """A line of doses that rules act on, or one rescue dose.

    Parameters
    ----------
    drug, route : names
    amount : one dose as labelled, in ``unit``, per kg if ``per_kg``; 0 where a switch has a
        ``ratio`` instead
    ratio : daily dose of a line that a switch begins, relative to that of the line before; 0 for
        none
    every_h : interval of the doses, h; 0 for a rescue dose
    duration_h : time over which a dose runs in, h; 0 at once
    after_h : time from the switch to the first dose, h
    from_h, until_h : start of the first line and end of every line of the rule set, h
    ladder : available amounts of one dose, ascending; empty for any amount
    low, high : bounds of the amount of one dose
    largest, largest_is_part, per_h : largest change of a dose within ``per_h`` hours, an amount or
        a part of the dose before them; infinite for no limit
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
    """A comparison: ``reads sense value``.

    Parameters
    ----------
    reads : a variable of the result, a sensory test, ``dose`` or ``time``
    sense : one of :data:`SENSES`
    value : the limit, in the unit of what is read; a part where that is a relative change
    of : what is compared, see :data:`VALUE`
    over_h : time over which a mean is taken, h
    """

    reads: str
    sense: str
    value: float
    of: str = VALUE
    over_h: float = 0.0


@dataclass(frozen=True)
class Rule:
    """One rule: when all its conditions hold, it acts.

    Parameters
    ----------
    name : shown in the log; unique in its rule set
    when : conditions that must all hold; without a condition the rule always matches
    action : one of :data:`ACTIONS`
    by, by_kind : size of a raise or lowering; see :data:`PART`
    line : the line that a switch begins, or the dose of a rescue
    for_h : length of a pause, h; infinite until a rule resumes
    confirm : number of decision points in a row at which the conditions must hold
    lock_out_h : time after an action in which the rule does not match, h
    most, per_h : the rule acts at most ``most`` times in ``per_h`` hours; 0 for no limit
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
    """Rules that share one dose line, and the times at which they are judged.

    Parameters
    ----------
    name : unique in its arm
    decision_points : times at which the rules are judged, h, ascending
    rules : in order; the first that matches acts
    line : the dose line that the rules act on; None if they only give rescue doses
    noise : variable -> measurement noise: its standard deviation, or of a sensory test the
        coefficient of variation; other variables have no noise, other sensory tests their own
    """

    name: str
    decision_points: tuple[float, ...]
    rules: tuple[Rule, ...]
    line: DoseLine | None = None
    noise: Mapping[str, float] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[DoseLine, ...]:
        """Every dose line and rescue dose: that of the rule set first, then those of the rules."""
        first = () if self.line is None else (self.line,)
        return (*first, *(rule.line for rule in self.rules if rule.line is not None))

    @property
    def reads(self) -> tuple[str, ...]:
        """Variables that the conditions read, each once, without ``dose`` and ``time``."""
        names = [condition.reads for rule in self.rules for condition in rule.when]
        return tuple(name for name in dict.fromkeys(names) if name not in (DOSE, TIME))
