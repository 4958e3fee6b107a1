"""A regimen line as the lines of doses that a file would have."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from oihsim.files.units import quantity
from oihsim.treatment.doses.courses import written_time
from oihsim.treatment.doses.dose_checks import dose_number
from oihsim.treatment.doses.dose_form import LONGEST, MOST_LINES
from oihsim.treatment.regimens.clause import Flaw
from oihsim.treatment.regimens.line import Give, Quantity, RegimenLine, Rhythm, Taper
from oihsim.treatment.regimens.regimen_reading import Reading
from oihsim.treatment.regimens.words import decimal

NO_END = "no end"

SHOWN_H = Fraction(28 * 24)
"""Time shown of a line without an end, from the start of its last dose or rate, h."""


class _Expansion:
    """The walk over the parts of a line; ``now`` is where the next part begins, h."""

    def __init__(self, reading: Reading, end_h: float | None) -> None:
        assert reading.line is not None
        self.line: RegimenLine = reading.line
        self.reading = reading
        self.end = None if end_h is None else Fraction(repr(float(end_h)))
        self.now = Fraction(0)
        self.doses: list[dict[str, Any]] = []
        self.flaws: list[Flaw] = []
        self.open_from: Fraction | None = None

    def refuse(self, number: int, actual: str, allowed: str) -> None:
        start, stop = self.reading.spans[number]
        self.flaws.append(Flaw(start, stop, actual, allowed))

    def run(self) -> None:
        parts = self.line.parts
        for number, part in enumerate(parts):
            if isinstance(part, Give):
                self.give(number, part)
            elif isinstance(part, Taper):
                self.taper(number, part)
            else:
                self.now += part.for_h
            if self.flaws:
                return
        if len(self.doses) > MOST_LINES:
            self.refuse(0, f"{len(self.doses)} courses of doses", f"at most {MOST_LINES}")

    def give(self, number: int, part: Give) -> None:
        start = self.now if part.from_h is None else part.from_h
        if start < self.now:
            before = written_time(float(self.now))
            self.refuse(number, f"a part that begins before {before}", "parts in the order of time")
            return
        stop = self.stop_of(number, part, start)
        if stop is None:
            return
        if stop <= start and not part.single:
            self.refuse(number, "an end that is not after the beginning", "a later end")
            return
        begin = _first(part.rhythm, start, self.line.starting)
        if self.end is not None and begin >= self.end:
            allowed = f"a time before the end ({float(self.end):g} h)"
            self.refuse(number, f"a part that begins at {float(begin):g} h", allowed)
        elif self.end is not None and stop > self.end and not part.single:
            allowed = f"at most the end ({float(self.end):g} h)"
            self.refuse(number, f"a part that ends at {float(stop):g} h", allowed)
        else:
            self.add(number, part, part.dose, start, stop)
        self.now = stop

    def add(self, number: int, part: Give, dose: Quantity, start: Fraction, stop: Fraction) -> None:
        """Add the doses of a part, or of a step of a taper, between two times."""
        doses = _doses(part, dose, start, stop, self.line.starting)
        self.doses += doses
        if not doses and not self.flaws:
            when = f"from {float(start):g} to {float(stop):g} h"
            self.refuse(number, f"no dose {when}", "days, times and a length that include a dose")

    def stop_of(self, number: int, part: Give, start: Fraction) -> Fraction | None:
        """Return when a part ends, h."""
        if part.single:
            return _first(part.rhythm, start, self.line.starting) + (part.over_h or 0)
        if part.for_h is not None:
            return start + part.for_h
        if part.until_h is not None:
            return part.until_h
        if part.doses is not None:
            return _after(part, start, self.line.starting)
        parts = self.line.parts
        after = parts[number + 1] if number + 1 < len(parts) else None
        if isinstance(after, Taper):
            return start + after.every_h
        if isinstance(after, Give) and after.from_h is not None:
            return after.from_h
        if self.end is None:
            self.open_from = _first(part.rhythm, start, self.line.starting)
            self.refuse(number, NO_END, "a length, such as 'x 30 d', or a duration beside the line")
        return self.end

    def taper(self, number: int, taper: Taper) -> None:
        base = self.line.parts[number - 1]
        assert isinstance(base, Give)
        last = number + 1 == len(self.line.parts)
        amounts = _amounts(base.dose, taper)
        if len(amounts) > MOST_LINES:
            self.refuse(number, "a taper of very many steps", f"at most {MOST_LINES} steps")
            return
        for amount in amounts:
            stop = self.now + taper.every_h
            if last and not self.line.stop and amount is amounts[-1] and amount.number:
                if self.end is None:
                    self.open_from = self.now
                    allowed = "'then stop', or a duration beside the line"
                    self.refuse(number, f"{NO_END}: the lowest dose goes on", allowed)
                    return
                stop = max(stop, self.end)
            if self.end is not None and stop > self.end:
                allowed = f"at most the end ({float(self.end):g} h)"
                self.refuse(number, f"a taper that ends at {float(stop):g} h or later", allowed)
                return
            if amount.number:
                self.add(number, base, amount, self.now, stop)
                self.now = stop


def expanded(
    reading: Reading, end_h: float | None = None
) -> tuple[list[dict[str, Any]], tuple[Flaw, ...]]:
    """Return the doses of a line as a file writes them, and the flaws against its period.

    Parameters
    ----------
    reading : a line without flaws
    end_h : end of its period, h; None if that is not known

    Examples
    --------
    >>> from oihsim.treatment.regimens.regimen_reading import read_line
    >>> from oihsim.treatment.vocabulary import SHIPPED
    >>> expanded(read_line("morphine 30 mg PO q12h x 2 d", SHIPPED))[0]
    ... # doctest: +NORMALIZE_WHITESPACE
    [{'drug': 'morphine', 'route': 'oral', 'amount': '30 mg', 'from': '0.0 h',
      'every': '12.0 h', 'until': '48.0 h'}]
    """
    walk = _Expansion(reading, end_h)
    walk.run()
    return walk.doses, tuple(walk.flaws)


def shown_end(reading: Reading) -> float | None:
    """Return the time until which a line without an end is shown, h; None for any other line.

    Examples
    --------
    >>> from oihsim.treatment.regimens.regimen_reading import read_line
    >>> from oihsim.treatment.vocabulary import SHIPPED
    >>> shown_end(read_line("fentanyl 25 mcg/h TD q72h", SHIPPED))
    672.0
    """
    walk = _Expansion(reading, None)
    walk.run()
    if walk.open_from is None:
        return None
    intervals = [part.rhythm.every_h or 0 for part in walk.line.parts if isinstance(part, Give)]
    return min(float(walk.open_from + max(SHOWN_H, 4 * max(intervals))), LONGEST)


def _amounts(dose: Quantity, taper: Taper) -> list[Quantity]:
    """Return the doses of the steps of a taper, the lowest last; 0 for no dose."""
    amounts: list[Quantity] = []
    number = dose.number
    while number > taper.until.number and len(amounts) <= MOST_LINES:
        step = taper.step.number
        if taper.step.unit == "%":
            step = step / 100 * (dose.number if taper.of_first else number)
        number = max(number - step, taper.until.number)
        amounts.append(Quantity(number, dose.unit))
    return amounts


def _doses(
    part: Give, dose: Quantity, start: Fraction, stop: Fraction, starting: tuple[int, int]
) -> list[dict[str, Any]]:
    """Return the courses of a part between two times."""
    common = {"drug": part.drug, "route": part.route}
    if part.is_rate and part.over_h is None:
        start = _first(part.rhythm, start, starting)
        if start >= stop:
            return []
        times = {"from": _time(start), "until": _time(stop)}
        return [{**common, "rate": _written(dose), **times}]
    common["amount"] = _amount(dose, part.over_h)
    if part.over_h is not None:
        common["over"] = _time(part.over_h)
    if part.single:
        return [{**common, "from": _time(_first(part.rhythm, start, starting))}]
    courses = []
    for first, interval_h in _series(part.rhythm, start, starting):
        if first < stop:
            times = {"from": _time(first), "every": _time(interval_h)}
            courses.append({**common, **times, "until": _time(stop)})
    return courses


def _series(
    rhythm: Rhythm, start: Fraction, starting: tuple[int, int]
) -> list[tuple[Fraction, Fraction]]:
    """Return first dose and interval of every series of equally spaced doses, h."""
    if not rhythm.days and len(rhythm.clocks) < 2:
        assert rhythm.every_h is not None
        return [(_first(rhythm, start, starting), rhythm.every_h)]
    clocks = rhythm.clocks or (starting[1],)
    if not rhythm.days:
        return [(_next(start, starting, clock, 1440), Fraction(24)) for clock in clocks]
    return [
        (_next(start, starting, day * 1440 + clock, 10080), Fraction(168))
        for day in rhythm.days
        for clock in clocks
    ]


def _first(rhythm: Rhythm, start: Fraction, starting: tuple[int, int]) -> Fraction:
    """Return the time of the first dose, h: the next time of day, if the rhythm has one."""
    if len(rhythm.clocks) == 1 and not rhythm.days:
        return _next(start, starting, rhythm.clocks[0], 1440)
    return start


def _next(start: Fraction, starting: tuple[int, int], minute: int, cycle: int) -> Fraction:
    """Return the first time from ``start`` on at a minute of the day or week, h."""
    day, zero = starting
    now = start * 60 + day * 1440 + zero
    return start + (minute - now) % cycle / 60


def _after(part: Give, start: Fraction, starting: tuple[int, int]) -> Fraction:
    """Return the end of a number of doses, h: the time of the next dose."""
    assert part.doses is not None
    if part.is_rate and part.over_h is None:
        assert part.rhythm.every_h is not None
        return _first(part.rhythm, start, starting) + part.doses * part.rhythm.every_h
    series = sorted(_series(part.rhythm, start, starting))
    rounds, rest = divmod(part.doses, len(series))
    first, interval_h = series[rest]
    return first + rounds * interval_h


def _time(hours: Fraction) -> str:
    return written_time(float(hours))


def _written(dose: Quantity) -> str:
    """Return a dose as a file writes it; digits beyond those of a float are of no use."""
    text = decimal(dose.number)
    return f"{text if len(text) <= 17 else repr(float(dose.number))} {dose.unit}"


def _amount(dose: Quantity, over_h: Fraction | None) -> str:
    """Return the amount of one dose: as written, or its rate times its duration."""
    unit = dose.unit
    if over_h is None or "/" not in unit or unit.endswith("/kg"):
        return _written(dose)
    weighed = "/kg" in unit
    rate = quantity(str(dose), "rate_per_weight" if weighed else "rate")
    amount = Fraction(repr(rate)) * over_h
    return f"{float(amount)!r} mg{'/kg' if weighed else ''}"


def total_doses(courses: Sequence[dict[str, Any]]) -> int:
    """Return the number of doses of expanded lines.

    Examples
    --------
    >>> total_doses([{"from": "0 h", "every": "12 h", "until": "48 h"}, {"from": "0 h"}])
    5
    """
    return sum(
        dose_number(*(quantity(line[key], "time") for key in ("from", "every", "until")))
        if "every" in line
        else 1
        for line in courses
    )
