"""Doses, targets, holds and arms in resolved form: hours and mg, nothing left to defaults."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from oihsim.treatment.rule_sets import DoseLine, RuleSet

TIME_DECIMALS = 9
"""Times in hours are rounded to a few microseconds, so that 35 min and seven times 5 min are one
time: an output there is the value before the dose."""


@dataclass(frozen=True, order=True)
class Dose:
    """One dose.

    Parameters
    ----------
    time_h : when it is given, h; negative in the history
    drug, route : names
    amount : as labelled, in ``unit``, per kg of body weight if ``per_kg``
    per_kg : whether the amount is multiplied by the subject's weight
    duration_h : time over which it runs in, h; 0 for a bolus
    unit : mg, or what is counted (:data:`oihsim.files.units.COUNTED`)
    """

    time_h: float
    drug: str
    route: str
    amount: float
    per_kg: bool = False
    duration_h: float = 0.0
    unit: str = "mg"


@dataclass(frozen=True, order=True)
class Course:
    """Equal doses at equal intervals, as one line of a scenario gives them.

    Examples
    --------
    >>> [dose.time_h for dose in Course(0.0, "morphine", "iv", 5.0, number=3, every_h=12.0).doses()]
    [0.0, 12.0, 24.0]
    """

    first_h: float
    drug: str
    route: str
    amount: float
    per_kg: bool = False
    duration_h: float = 0.0
    number: int = 1
    every_h: float = 0.0
    unit: str = "mg"

    @property
    def last_h(self) -> float:
        """Time of the last dose, h."""
        return self.first_h + (self.number - 1) * self.every_h

    @property
    def total(self) -> float:
        """Sum of the doses, in ``unit``, per kg if ``per_kg``."""
        return self.number * self.amount

    def doses(self) -> list[Dose]:
        """Return the doses one by one, in time order."""
        return [
            Dose(
                self.first_h + count * self.every_h,
                self.drug,
                self.route,
                self.amount,
                self.per_kg,
                self.duration_h,
                self.unit,
            )
            for count in range(self.number)
        ]


@dataclass(frozen=True, order=True)
class TargetLine:
    """A concentration that a pump is set to for a while; each subject gets rates of its own.

    The target lines of one drug in an arm are one pump, which goes from target to target.

    Parameters
    ----------
    from_h, until_h : h
    drug, route : what is given, and how
    target, unit : the concentration, in ``ng/mL`` or ``nM``
    site : ``"plasma"`` or ``"effect"``
    controller : the drug file whose typical parameters the pump computes with
    max_rate : largest rate, mg/h; infinite for no limit
    per_kg : whether ``max_rate`` is per kg of body weight
    """

    from_h: float
    until_h: float
    drug: str
    route: str
    target: float
    unit: str = "ng/mL"
    site: str = "plasma"
    controller: str = ""
    max_rate: float = math.inf
    per_kg: bool = False


@dataclass(frozen=True)
class Past:
    """Doses before time 0; none if ``duration_h`` is 0.

    Parameters
    ----------
    duration_h : its length, h
    courses : lines of doses, their times counted from the start of the past
    """

    duration_h: float = 0.0
    courses: tuple[Course, ...] = ()


@dataclass(frozen=True, order=True)
class Hold:
    """A mechanism whose states stay constant from ``from_h`` to ``until_h`` (infinite: the end)."""

    mechanism: str
    from_h: float
    until_h: float


SELF_TAKEN = ("oral", "sublingual", "buccal", "transdermal", "intranasal", "rectal", "inhaled")
"""Routes by which people take their doses themselves, by the beginning of their names."""


@dataclass(frozen=True)
class Adherence:
    """How doses are missed and taken late, from time 0 on.

    Parameters
    ----------
    missed : chance that a dose is missed; the mean over subjects
    again : chance to miss a dose after a missed one, in a subject whose chance is ``missed``
    sd : standard deviation between subjects of the logit of their chance
    late_h : delay of a dose, h: the median if log-normal, the standard deviation of the underlying
        normal distribution if half-normal; 0 for on time
    late_cv : coefficient of variation of a log-normal delay; None for a half-normal delay
    drugs : drugs concerned; empty for every drug
    routes : routes concerned; a name stands for its products too, ``oral`` for ``oral_er``
    typical : whether the typical subject misses doses as well
    """

    missed: float = 0.0
    again: float = 0.0
    sd: float = 0.0
    late_h: float = 0.0
    late_cv: float | None = None
    drugs: tuple[str, ...] = ()
    routes: tuple[str, ...] = SELF_TAKEN
    typical: bool = False

    def concerns(self, drug: str, route: str) -> bool:
        """Return whether doses of a drug by a route may be missed or late.

        Examples
        --------
        >>> Adherence(0.1, 0.1).concerns("morphine", "oral_er"), Adherence().concerns("x", "iv")
        (True, False)
        """
        named = not self.drugs or drug in self.drugs
        return named and any(route == name or route.startswith(f"{name}_") for name in self.routes)


@dataclass(frozen=True)
class Arm:
    """One arm: its doses, rule sets and holds, the shared past included.

    Parameters
    ----------
    courses : lines of doses, the history's with negative times
    holds : mechanisms whose states stay constant for a time
    parameters : address -> value in the parameter's own unit, already merged with the scenario's
    rules : rule sets, in order
    adherence : how doses are missed and late; None if all are taken on time
    target_lines : what pumps are set to, in order of time
    """

    name: str
    courses: tuple[Course, ...]
    holds: tuple[Hold, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    rules: tuple[RuleSet, ...] = ()
    adherence: Adherence | None = None
    target_lines: tuple[TargetLine, ...] = ()

    @property
    def doses(self) -> tuple[Dose, ...]:
        """Every dose, sorted; the order in which a file lists them has no effect."""
        return tuple(sorted(dose for course in self.courses for dose in course.doses()))

    @property
    def drugs(self) -> tuple[str, ...]:
        """Names of the drugs of the arm, sorted, those that rules may give included."""
        return tuple(sorted({part.drug for part in self._dosed}))

    def routes(self, drug: str) -> set[str]:
        """Return the routes by which a drug is given, or may be given by a rule."""
        return {part.route for part in self._dosed if part.drug == drug}

    @property
    def _dosed(self) -> tuple[Course | TargetLine | DoseLine, ...]:
        by_rules = (line for rule_set in self.rules for line in rule_set.lines)
        return (*self.courses, *self.target_lines, *by_rules)
