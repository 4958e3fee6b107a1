"""A regimen line as data, and its canonical text: reading the text gives the same data."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from oihsim.treatment.regimens.words import DAYS, clock_text, decimal, is_rate, time_text

MIDNIGHT_ON_MONDAY = (0, 0)


@dataclass(frozen=True)
class Quantity:
    """A number with a unit, as written.

    Examples
    --------
    >>> str(Quantity(Fraction(25), "mcg/h"))
    '25 mcg/h'
    """

    number: Fraction
    unit: str

    def __str__(self) -> str:
        """Return number and unit."""
        return f"{decimal(self.number)} {self.unit}"


@dataclass(frozen=True)
class Rhythm:
    """How often: at an interval, on week days (0 is Monday), at times of day (minutes).

    Without any of them it is one dose, or a continuous rate.
    """

    every_h: Fraction | None = None
    days: tuple[int, ...] = ()
    clocks: tuple[int, ...] = ()

    @property
    def repeats(self) -> bool:
        """Whether there is more than one dose."""
        return self.every_h is not None or bool(self.days) or len(self.clocks) > 1

    def __str__(self) -> str:
        """Return the rhythm in words."""
        words = []
        if self.every_h is not None:
            named = {Fraction(24): "daily", Fraction(168): "weekly"}
            words.append(named.get(self.every_h, f"q{time_text(self.every_h, compact=True)}"))
        words += [DAYS[day] for day in self.days]
        if self.clocks:
            words.append(f"at {' and '.join(clock_text(minute) for minute in self.clocks)}")
        return " ".join(words)


@dataclass(frozen=True)
class Give:
    """One dose of one drug, once or repeated, or a rate.

    Parameters
    ----------
    drug, route : names, as drug files have them
    dose : an amount or a rate
    over_h : duration of each dose, h
    rhythm : how often
    from_h : start, h; None for the end of the part before
    for_h, until_h, doses : length, end or number of doses; all None for the end of the period
    """

    drug: str
    route: str
    dose: Quantity
    over_h: Fraction | None = None
    rhythm: Rhythm = Rhythm()
    from_h: Fraction | None = None
    for_h: Fraction | None = None
    until_h: Fraction | None = None
    doses: int | None = None

    @property
    def is_rate(self) -> bool:
        """Whether the dose is a rate."""
        return is_rate(self.dose.unit)

    @property
    def single(self) -> bool:
        """Whether it is one dose that ends by itself."""
        return not self.rhythm.repeats and (not self.is_rate or self.over_h is not None)

    @property
    def open(self) -> bool:
        """Whether it has no end of its own."""
        ends = (self.for_h, self.until_h, self.doses)
        return not self.single and all(end is None for end in ends)

    def text(self, before: Give | None) -> str:
        """Return the part in words, without a drug and route that it shares with ``before``."""
        same = before is not None and before.drug == self.drug
        words = [] if same else [self.drug]
        words.append(str(self.dose))
        if (not same or before is None or before.route != self.route) and (
            # 1 session is given as a session
            self.route != self.dose.unit
        ):
            words.append(self.route)
        if self.over_h is not None:
            words.append(f"over {time_text(self.over_h)}")
        if not self.rhythm.repeats and before is not None and before.rhythm.repeats:
            # without a word it would take over the rhythm of the part before
            words.append("once" if self.single else "continuously")
        words.append(str(self.rhythm))
        if self.from_h is not None:
            words.append(f"from {_moment(self.from_h)}")
        if self.for_h is not None:
            words.append(f"x {time_text(self.for_h)}")
        if self.until_h is not None:
            words.append(f"until {_moment(self.until_h)}")
        if self.doses is not None:
            words.append(f"x {self.doses} doses")
        return " ".join(word for word in words if word)


@dataclass(frozen=True)
class Taper:
    """The dose of the part before, lowered step by step.

    Parameters
    ----------
    step : percentage or amount
    of_first : whether a percentage refers to the first dose, else to the present dose
    every_h : length of each step, h
    until : the lowest dose; the last step is exactly this
    """

    step: Quantity
    of_first: bool
    every_h: Fraction
    until: Quantity

    def text(self) -> str:
        """Return the part in words."""
        of = ""
        if self.step.unit == "%":
            of = " of the first dose" if self.of_first else " of the last dose"
        interval = time_text(self.every_h)
        return f"taper {self.step}{of} every {interval} until {self.until}"


@dataclass(frozen=True)
class Pause:
    """A time without doses."""

    for_h: Fraction

    def text(self) -> str:
        """Return the part in words."""
        return f"pause {time_text(self.for_h)}"


Part = Give | Taper | Pause


@dataclass(frozen=True)
class RegimenLine:
    """A regimen: parts that follow each other.

    Parameters
    ----------
    parts : in the order of time
    stop : whether a last taper ends; else its lowest dose goes on
    starting : week day (0 is Monday) and minute of the day at time 0

    Examples
    --------
    >>> thirty = Give("morphine", "oral", Quantity(Fraction(30), "mg"), None,
    ...               Rhythm(Fraction(12)), for_h=Fraction(672))
    >>> print(RegimenLine((thirty,)))
    morphine 30 mg oral q12h x 28 d
    """

    parts: tuple[Part, ...]
    stop: bool = False
    starting: tuple[int, int] = MIDNIGHT_ON_MONDAY

    def __str__(self) -> str:
        """Return the canonical text."""
        texts: list[str] = []
        before: Give | None = None
        for part in self.parts:
            text = part.text(before) if isinstance(part, Give) else part.text()
            before = part if isinstance(part, Give) else before
            join = "" if not texts else ", " if isinstance(part, Taper) else ", then "
            texts.append(join + text)
            if len(texts) == 1 and self.starting != MIDNIGHT_ON_MONDAY:
                day, minute = self.starting
                texts[0] += f" starting {DAYS[day]}{f' {clock_text(minute)}' if minute else ''}"
        return "".join(texts) + (", then stop" if self.stop else "")


def _moment(hours: Fraction) -> str:
    whole_days = (hours / 24).denominator == 1
    return f"day {decimal(hours / 24)}" if whole_days else time_text(hours)
