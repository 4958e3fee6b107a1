"""Doses, holds and arms in resolved form: hours and mg, nothing left to defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    unit : mg, or what is counted (:data:`oihsim.units.COUNTED`)
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


@dataclass(frozen=True)
class Past:
    """What was given before; none if ``duration_h`` is 0.

    Parameters
    ----------
    duration_h : its length, h
    courses : lines of doses, their times counted from the start of the past
    """

    duration_h: float = 0.0
    courses: tuple[Course, ...] = ()


@dataclass(frozen=True, order=True)
class Hold:
    """A mechanism kept where it is from ``from_h`` to ``until_h`` (infinite: to the end)."""

    mechanism: str
    from_h: float
    until_h: float


@dataclass(frozen=True)
class Rescue:
    """A dose given at each of ``number`` times, if pain is then above ``when_pain_above``.

    Times are ``from_h`` and then every ``every_h`` hours; amounts as in :class:`Dose`.
    """

    drug: str
    route: str
    amount_mg: float
    per_kg: bool
    when_pain_above: float
    from_h: float
    every_h: float
    number: int


@dataclass(frozen=True)
class Arm:
    """One course of treatment, its shared past included.

    Parameters
    ----------
    courses : lines of doses, the history's with negative times
    holds : mechanisms held
    parameters : address -> value in the parameter's own unit, already merged with the scenario's
    rescue : doses that pain decides on
    """

    name: str
    courses: tuple[Course, ...]
    holds: tuple[Hold, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    rescue: Rescue | None = None

    @property
    def doses(self) -> tuple[Dose, ...]:
        """Every dose, sorted; the order in which a file lists them has no effect."""
        return tuple(sorted(dose for course in self.courses for dose in course.doses()))

    @property
    def drugs(self) -> tuple[str, ...]:
        """Names of the drugs given, sorted, the rescue's included."""
        return tuple(sorted({one.drug for one in self._given}))

    def routes(self, drug: str) -> set[str]:
        """Return the routes by which a drug is given."""
        return {one.route for one in self._given if one.drug == drug}

    @property
    def _given(self) -> tuple[Course | Rescue, ...]:
        return self.courses if self.rescue is None else (*self.courses, self.rescue)
