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
    amount_mg : as labelled, mg, or mg per kg of body weight if ``per_kg``
    per_kg : whether the amount is multiplied by the subject's weight
    duration_h : time over which it runs in, h; 0 for a bolus
    """

    time_h: float
    drug: str
    route: str
    amount_mg: float
    per_kg: bool = False
    duration_h: float = 0.0


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
    amount_mg: float
    per_kg: bool = False
    duration_h: float = 0.0
    number: int = 1
    every_h: float = 0.0

    @property
    def last_h(self) -> float:
        """Time of the last dose, h."""
        return self.first_h + (self.number - 1) * self.every_h

    @property
    def total_mg(self) -> float:
        """Sum of the doses, mg or mg per kg."""
        return self.number * self.amount_mg

    def doses(self) -> list[Dose]:
        """Return the doses one by one, in time order."""
        return [
            Dose(
                self.first_h + count * self.every_h,
                self.drug,
                self.route,
                self.amount_mg,
                self.per_kg,
                self.duration_h,
            )
            for count in range(self.number)
        ]


@dataclass(frozen=True, order=True)
class Hold:
    """A mechanism kept where it is from ``from_h`` to ``until_h`` (infinite: to the end)."""

    mechanism: str
    from_h: float
    until_h: float


@dataclass(frozen=True)
class Arm:
    """One course of treatment, its shared past included.

    Parameters
    ----------
    courses : lines of doses, the history's with negative times
    holds : mechanisms held
    parameters : address -> value in the parameter's own unit, already merged with the scenario's
    """

    name: str
    courses: tuple[Course, ...]
    holds: tuple[Hold, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)

    @property
    def doses(self) -> tuple[Dose, ...]:
        """Every dose, sorted; the order in which a file lists them has no effect."""
        return tuple(sorted(dose for course in self.courses for dose in course.doses()))

    @property
    def drugs(self) -> tuple[str, ...]:
        """Names of the drugs given, sorted."""
        return tuple(sorted({course.drug for course in self.courses}))
