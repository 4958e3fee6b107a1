"""The clauses of a regimen line: what each says, word by word, before anything is looked up."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from oihsim.doses.form import LONGEST, SHORTEST
from oihsim.regimens.line import MIDNIGHT_ON_MONDAY
from oihsim.regimens.words import (
    COUNTED_DOSES,
    OFTEN,
    RELEASE,
    ROUTES,
    TIMES,
    WEEK_DAYS,
    Token,
)

A_TIME = "a time such as '12 h' or '28 d'"
MOST_TIMES_OF_DAY = 24


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a word of a line: from where to where, what was found, what is allowed."""

    start: int
    stop: int
    found: str
    allowed: str


@dataclass
class Clause:
    """What the words of one clause say; ``where`` has the word that said it."""

    words: list[Token]
    flaws: list[Flaw]
    names: list[Token] = field(default_factory=list)
    over_h: Fraction | None = None
    every_h: Fraction | None = None
    days: set[int] = field(default_factory=set)
    clocks: set[int] = field(default_factory=set)
    from_h: Fraction | None = None
    for_h: Fraction | None = None
    until_h: Fraction | None = None
    doses: int | None = None
    starting: tuple[int, int] = MIDNIGHT_ON_MONDAY
    times: list[Token] = field(default_factory=list)
    where: dict[str, Token] = field(default_factory=dict)

    @property
    def start(self) -> int:
        """Where the clause begins."""
        return self.words[0].start

    @property
    def stop(self) -> int:
        """Where it ends."""
        return self.words[-1].stop

    def refuse(self, word: Token | None, found: str, allowed: str) -> None:
        """Add a flaw of a word, or of the whole clause."""
        one: Token | Clause = self if word is None else word
        self.flaws.append(Flaw(one.start, one.stop, found, allowed))

    def says(self, what: str, word: Token) -> bool:
        """Note that a word says ``what``, and refuse a second one that does."""
        if what in self.where:
            self.refuse(word, f"a second {what}: '{word.text}'", f"one {what} in a part")
            return False
        self.where[what] = word
        return True


def split(words: list[Token], flaws: list[Flaw]) -> list[list[Token]]:
    """Return the clauses: parted by commas and by ``then``, but lists keep their commas."""
    clauses: list[list[Token]] = [[]]
    for number, word in enumerate(words):
        after = words[number + 1] if number + 1 < len(words) else None
        if word.kind == "comma":
            goes_on = after is not None and (
                (_listed(after) and clauses[-1] and _listed(clauses[-1][-1]))
                or after.word in ("and", "at", "for", "from", "starting", "until", "x")
                or after.kind == "times"
            )
            if after is None or after.kind == "comma":
                flaws.append(
                    Flaw(word.start, word.stop, "nothing after the comma", "a dose, or no comma")
                )
            elif not goes_on and clauses[-1]:
                clauses.append([])
        elif word.word == "then":
            if after is None:
                flaws.append(Flaw(word.start, word.stop, "nothing after then", "a dose, or 'stop'"))
            elif clauses[-1]:
                clauses.append([])
        else:
            clauses[-1].append(word)
    return [clause for clause in clauses if clause]


def _listed(word: Token) -> bool:
    return word.kind == "clock" or word.word in WEEK_DAYS


def clause_of(words: list[Token], flaws: list[Flaw]) -> Clause:
    """Return what a clause that gives a dose says; every word it cannot place is a flaw."""
    clause = Clause(words, flaws)
    left = list(words)
    while left:
        word = left.pop(0)
        if word.kind == "quantity":
            _quantity(clause, word)
        elif word.kind == "interval":
            _interval(clause, word)
        elif word.kind == "clock":
            _clock(clause, word)
        elif word.kind == "times":
            _length(clause, word, left)
        elif word.kind == "number":
            clause.refuse(word, f"{word.text} without a unit", "a number with a unit: '30 mg'")
        elif word.kind == "odd":
            clause.refuse(word, f"'{word.text}'", "words, numbers with units, and commas")
        elif word.word in _PLACED:
            _PLACED[word.word](clause, word, left)
        elif word.word in ROUTES:
            clause.says("route", word)
        elif word.word in RELEASE:
            clause.says("release", word)
        elif word.word in OFTEN:
            if clause.says("interval", word):
                clause.every_h = Fraction(OFTEN[word.word])
        elif word.word in WEEK_DAYS:
            clause.days.add(WEEK_DAYS[word.word])
            clause.where.setdefault("week day", word)
        else:
            clause.names.append(word)
    return clause


def _quantity(clause: Clause, word: Token) -> None:
    if word.unit.casefold() not in TIMES:
        clause.says("dose", word)
    else:
        clause.times.append(word)


def _interval(clause: Clause, word: Token) -> None:
    match = re.fullmatch(r"[qQ](\d+(?:\.\d+)?)([A-Za-z]+)", word.text)
    assert match is not None
    if match[2].casefold() not in TIMES:
        clause.refuse(word, f"'{word.text}'", "how often, such as 'q12h' or 'q3d'")
    elif clause.says("interval", word):
        clause.every_h = bounded(clause, word, Fraction(match[1]) * TIMES[match[2].casefold()])


def bounded(clause: Clause, word: Token, hours: Fraction) -> Fraction | None:
    """Return a length of time, and refuse one that is too short or too long."""
    if not SHORTEST <= hours <= LONGEST:
        clause.refuse(word, f"'{word.text}'", "a time of 1 s to 5 years, such as '12 h'")
        return None
    return hours


def time_after(clause: Clause, word: Token, left: list[Token], example: str) -> Fraction | None:
    """Take the time that must follow a word, h; a flaw if it does not."""
    if not left or left[0].kind not in ("quantity", "number"):
        clause.refuse(word, f"'{word.text}' without a time", example)
        return None
    time = left.pop(0)
    if time.kind == "number" or time.unit.casefold() not in TIMES:
        clause.refuse(time, f"'{time.text}'", example)
        return None
    return bounded(clause, time, _number(time.number) * TIMES[time.unit.casefold()])


def _number(text: str) -> Fraction:
    return Fraction(text.replace(",", ""))


def number_of(clause: Clause, word: Token) -> Fraction:
    """Return the number of a quantity; a comma in it is refused, as it means two things."""
    if "," in word.number:
        clause.refuse(word, f"'{word.text}'", f"no comma: '{word.text.replace(',', '')}'")
    return _number(word.number)


def _length(clause: Clause, word: Token, left: list[Token]) -> None:
    after = left[0] if left else None
    if after is not None and after.kind == "quantity" and after.unit.casefold() in COUNTED_DOSES:
        left.pop(0)
        if not after.number.isdecimal() or not 1 <= int(after.number) <= 100_000:
            clause.refuse(after, f"'{after.text}'", "a whole number of doses, at most 100000")
        elif clause.says("length", after):
            clause.doses = int(after.number)
        return
    length = time_after(clause, word, left, f"{A_TIME}, or a number of doses: 'x 10 doses'")
    if length is not None and clause.says("length", word):
        clause.for_h = length


def _over(clause: Clause, word: Token, left: list[Token]) -> None:
    length = time_after(clause, word, left, "the time over which a dose runs: 'over 30 min'")
    if length is not None and clause.says("duration", word):
        clause.over_h = length


def _every(clause: Clause, word: Token, left: list[Token]) -> None:
    if left and left[0].word in WEEK_DAYS:
        return
    if left and left[0].word in ("day", "week", "hour"):
        hours: Fraction | None = TIMES[left.pop(0).word]
    else:
        hours = time_after(clause, word, left, "how often: 'every 12 h' or 'q12h'")
    if hours is not None and clause.says("interval", word):
        clause.every_h = hours


def _twice(clause: Clause, word: Token, left: list[Token]) -> None:
    if not left or left[0].word not in ("daily", "weekly"):
        clause.refuse(word, "'twice' without daily", "'twice daily', 'BID' or 'q12h'")
        return
    hours = OFTEN[left.pop(0).word]
    if clause.says("interval", word):
        clause.every_h = Fraction(hours, 2)


def _once(clause: Clause, word: Token, left: list[Token]) -> None:
    if left and left[0].word in ("daily", "weekly"):
        return
    clause.says("interval", word)


def moment_after(clause: Clause, word: Token, left: list[Token]) -> Fraction | None:
    """Take the time that must follow from or until, h: ``day 15``, or a time with a unit."""
    if left and left[0].word == "day":
        day = left.pop(0)
        if not left or left[0].kind != "number":
            clause.refuse(day, "'day' without its number", "such as 'day 15'; the first is day 0")
            return None
        hours = Fraction(left[0].text.replace(",", "")) * 24
        number = left.pop(0)
    elif left and left[0].kind == "quantity" and left[0].unit.casefold() in TIMES:
        number = left.pop(0)
        hours = _number(number.number) * TIMES[number.unit.casefold()]
    else:
        allowed = f"such as '{word.text} day 15' or '{word.text} 12 h'"
        clause.refuse(word, f"'{word.text}' without a time", allowed)
        if left and left[0].kind in ("quantity", "number"):
            left.pop(0)
        return None
    if hours > LONGEST:
        clause.refuse(number, f"'{number.text}'", "a time of at most 5 years")
        return None
    return hours


def _from(clause: Clause, word: Token, left: list[Token]) -> None:
    moment = moment_after(clause, word, left)
    if moment is not None and clause.says("start", word):
        clause.from_h = moment


def _until(clause: Clause, word: Token, left: list[Token]) -> None:
    moment = moment_after(clause, word, left)
    if moment is not None and clause.says("length", word):
        clause.until_h = moment


def _at(clause: Clause, word: Token, left: list[Token]) -> None:
    if left and left[0].word == "day":
        _from(clause, word, left)
    elif not left or left[0].kind != "clock":
        clause.refuse(word, "'at' without a time of day", "such as 'at 08:00 and 20:00'")


def _clock(clause: Clause, word: Token) -> None:
    hour, minute = (int(part) for part in word.text.split(":"))
    if hour > 23 or minute > 59:
        clause.refuse(word, f"'{word.text}'", "a time of day from 00:00 to 23:59")
        return
    if hour * 60 + minute in clause.clocks:
        clause.refuse(word, f"'{word.text}' again", "each time of day once")
    clause.clocks.add(hour * 60 + minute)
    clause.where.setdefault("time of day", word)


def _starting(clause: Clause, word: Token, left: list[Token]) -> None:
    if not left or left[0].word not in WEEK_DAYS:
        allowed = "the week day of time 0: 'starting Wed' or 'starting Wed 08:00'"
        clause.refuse(word, "'starting' without a week day", allowed)
        return
    day, minute = WEEK_DAYS[left.pop(0).word], 0
    if left and left[0].kind == "clock":
        inner = Clause([left[0]], clause.flaws)
        _clock(inner, left.pop(0))
        minute = next(iter(inner.clocks), 0)
    if clause.says("starting day", word):
        clause.starting = (day, minute)


def _as_needed(clause: Clause, word: Token, _left: list[Token]) -> None:
    clause.refuse(word, f"'{word.text}'", "fixed doses; doses by need are a rescue block of an arm")


def _continuously(clause: Clause, word: Token, _left: list[Token]) -> None:
    clause.says("interval", word)


def _filler(_clause: Clause, _word: Token, _left: list[Token]) -> None:
    """Leave out a word that only joins others."""


_PLACED: dict[str, Callable[[Clause, Token, list[Token]], None]] = {
    "over": _over,
    "x": _length,
    "for": _length,
    "every": _every,
    "q": _every,
    "twice": _twice,
    "once": _once,
    "from": _from,
    "until": _until,
    "at": _at,
    "starting": _starting,
    "prn": _as_needed,
    "continuously": _continuously,
    "continuous": _continuously,
    "and": _filler,
    "on": _filler,
}
