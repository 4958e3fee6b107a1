"""The rhythm of a clause: intervals, times per day, week days, times of day."""

from __future__ import annotations

import re
from fractions import Fraction

from oihsim.treatment.regimens.clause import Clause, bounded, number, time_after
from oihsim.treatment.regimens.words import (
    AT_NIGHT,
    CLOCKS,
    NUMBERS,
    ORDINALS,
    TIMES,
    Token,
    days_of,
)

CYCLES = ("daily", "weekly")
A_NIGHT = "a time of day: 'at bedtime 22:00', or 'daily at 22:00'"
HALVES = re.compile(r"(\d+)(?:[:.](\d+))?\s*([ap])?", re.IGNORECASE)


def _refuse(clause: Clause, word: Token, actual: str, allowed: str) -> None:
    """Refuse a word of the rhythm; the missing rhythm is then no further flaw."""
    clause.refuse(word, actual, allowed)
    clause.where.setdefault("refused rhythm", word)


def interval(clause: Clause, word: Token) -> None:
    """Read ``q12h``."""
    match = re.fullmatch(r"[qQ](\d+(?:\.\d+)?)([A-Za-z]+)", word.text)
    assert match is not None
    if match[2].casefold() not in TIMES:
        _refuse(clause, word, f"'{word.text}'", "how often, such as 'q12h' or 'q3d'")
    elif clause.says("interval", word):
        clause.every_h = bounded(clause, word, Fraction(match[1]) * TIMES[match[2].casefold()])


def every(clause: Clause, word: Token, rest: list[Token]) -> None:
    """Read ``every 12 h``, ``every day``, ``every other day``, ``every Monday``."""
    after = rest[0] if rest else None
    if after is not None and days_of(after.word):
        return
    if after is not None and after.word in (*AT_NIGHT, "night", "morning", "evening"):
        rest.pop(0)
        if clause.says("bedtime", after):
            clause.where["bedtime"] = after
        return
    times = 1
    if len(rest) > 1 and rest[0].word in ORDINALS:
        ordinal = rest.pop(0)
        times = ORDINALS[ordinal.word]
        if rest[0].word not in ("day", "week", "hour"):
            actual = f"'{ordinal.text} {rest[0].text}'"
            allowed = "a day, a week or an hour: 'every other day'"
            _refuse(clause, rest.pop(0), actual, allowed)
            return
    if rest and rest[0].word in ("day", "week", "hour"):
        hours: Fraction | None = times * TIMES[rest.pop(0).word]
    else:
        hours = time_after(clause, word, rest, "how often: 'every 12 h' or 'q12h'")
    if hours is not None and clause.says("interval", word):
        clause.every_h = hours


def alternate(clause: Clause, word: Token, rest: list[Token]) -> None:
    """Read ``alternate days``."""
    if not rest or rest[0].word not in ("day", "days"):
        _refuse(
            clause, word, f"'{word.text}' without days", "'alternate days', or 'every other day'"
        )
        return
    rest.pop(0)
    if clause.says("interval", word):
        clause.every_h = Fraction(48)


def _cycle(rest: list[Token]) -> Fraction | None:
    """Take the cycle of a number of times, h: ``daily``, ``a day``, ``per week``."""
    if rest and rest[0].word in CYCLES:
        return Fraction(24 if rest.pop(0).word == "daily" else 168)
    joined = len(rest) > 1 and rest[0].word in ("a", "per", "each", "every")
    if joined and rest[1].word in ("day", "week"):
        rest.pop(0)
        return TIMES[rest.pop(0).word]
    return None


def _so_often(clause: Clause, word: Token, times: Fraction, rest: list[Token]) -> None:
    """Read the words after ``twice`` or ``three times``: doses at equal intervals."""
    cycle_h = _cycle(rest)
    if cycle_h is None:
        plain = word.kind == "quantity" or word.word in ("twice", "thrice")
        times_text = word.word if plain else f"{word.word} times"
        allowed = f"'{times_text} daily', or how often: 'BID', 'q12h'"
        _refuse(clause, word, f"'{word.text}' without daily", allowed)
    elif times < 1 or (cycle_h * 3600 / times).denominator != 1:
        allowed = "a number by which the time can be divided, such as '3 times daily'"
        _refuse(clause, word, f"'{word.text}'", allowed)
    elif clause.says("interval", word):
        clause.every_h = cycle_h / times


def many(clause: Clause, word: Token, rest: list[Token]) -> None:
    """Read ``twice daily`` and ``three times a day``."""
    times = Fraction(NUMBERS[word.word])
    if word.word not in ("twice", "thrice"):
        if not rest or rest[0].word != "times":
            _refuse(clause, word, f"'{word.text}'", "a number with a unit, or 'three times daily'")
            return
        rest.pop(0)
    _so_often(clause, word, times, rest)


def counted_twice(clause: Clause, word: Token, rest: list[Token]) -> bool:
    """Refuse ``x 3 times daily``, which may mean three doses a day or three days."""
    if _cycle(rest) is None:
        return False
    allowed = "'three times daily', or 'daily x 3 doses'"
    _refuse(clause, word, f"'x {word.text}' with daily", allowed)
    return True


def times_of(clause: Clause, word: Token, rest: list[Token]) -> None:
    """Read ``3 times daily``, of which the first two words are one quantity."""
    _so_often(clause, word, number(word.number), rest)


def once(clause: Clause, word: Token, rest: list[Token]) -> None:
    """Read ``once``, ``once daily`` and ``once a day``."""
    cycle_h = _cycle(rest)
    if clause.says("interval", word):
        clause.every_h = cycle_h


def bedtime(clause: Clause, word: Token, _rest: list[Token]) -> None:
    """Read ``at bedtime``, which needs its time of day."""
    clause.says("bedtime", word)


def at_night(clause: Clause) -> None:
    """Make a dose at bedtime a daily dose, and refuse a bedtime without a time of day."""
    word = clause.where.get("bedtime")
    if word is None:
        return
    if not clause.clocks:
        _refuse(clause, word, f"'{word.text}', whose time is not known", A_NIGHT)
    elif "interval" not in clause.where and not clause.days:
        clause.where["interval"], clause.every_h = word, Fraction(24)
    elif not clause.days and clause.every_h != 24:
        _refuse(clause, word, f"'{word.text}' of doses that are not daily", A_NIGHT)


def days(clause: Clause, word: Token, rest: list[Token]) -> None:
    """Read ``Mon``, ``Mon-Fri``, ``Mon to Fri`` and ``weekdays``."""
    week_days = days_of(word.word)
    if not week_days:
        _refuse(clause, word, f"'{word.text}'", "two week days, such as 'Mon-Fri'")
    if len(rest) > 1 and rest[0].word in ("to", "through", "-", "–"):
        week_days = days_of(f"{word.word}-{rest[1].word}")
        if not week_days:
            _refuse(clause, rest[1], f"'{rest[1].text}'", "two week days, such as 'Mon-Fri'")
        del rest[:2]
    clause.days |= set(week_days)
    clause.where.setdefault("week day", word)


def _is_day(word: Token) -> bool:
    return bool(days_of(word.word))


def at(clause: Clause, word: Token, rest: list[Token]) -> None:
    """Read ``at``, which introduces a time of day, a week day or bedtime."""
    after = rest[0] if rest else None
    if after is None or not (after.kind == "clock" or after.word in AT_NIGHT or _is_day(after)):
        _refuse(clause, word, "'at' without a time of day", "such as 'at 08:00 and 20:00'")


def minute_of(word: Token) -> int | None:
    """Return the minute of the day of a time of day; None if there is no such time.

    Examples
    --------
    >>> [minute_of(Token("clock", text, 0)) for text in ("20:30", "8:30 pm", "12 AM", "13 pm")]
    [1230, 1230, 0, None]
    """
    if word.word in CLOCKS:
        return CLOCKS[word.word]
    match = HALVES.match(word.text)
    assert match is not None
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").casefold()
    if minute > 59 or hour > 23 or (half and not 1 <= hour <= 12):
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour * 60 + minute


def clock(clause: Clause, word: Token) -> None:
    """Read ``20:00``, ``8 pm``, ``8:30 a.m.`` and ``noon``."""
    minute = minute_of(word)
    if minute is None:
        allowed = "a time of day from 00:00 to 23:59, or from 1 am to 12 pm"
        _refuse(clause, word, f"'{word.text}'", allowed)
        return
    if minute in clause.clocks:
        _refuse(clause, word, f"'{word.text}' again", "each time of day once")
    clause.clocks.add(minute)
    clause.where.setdefault("time of day", word)
