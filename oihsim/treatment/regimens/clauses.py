"""The clauses of a regimen line, read word by word, before a name is looked up."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from oihsim.treatment.doses.dose_form import LONGEST
from oihsim.treatment.regimens import rhythms
from oihsim.treatment.regimens.clause import Clause, Flaw, number, time_after
from oihsim.treatment.regimens.words import (
    AT_NIGHT,
    COUNTED_DOSES,
    NUMBERS,
    OFTEN,
    RELEASE,
    ROUTES,
    TIMES,
    WEEK_DAYS,
    Token,
    days_of,
)

A_TIME = "a time such as '12 h' or '28 d'"


def split(words: list[Token], flaws: list[Flaw]) -> list[list[Token]]:
    """Return the clauses, separated by commas and ``then``; commas within a list stay."""
    clauses: list[list[Token]] = [[]]
    for place, word in enumerate(words):
        after = words[place + 1] if place + 1 < len(words) else None
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
    return word.kind == "clock" or bool(days_of(word.word))


def _begins_with_a_day(word: Token) -> bool:
    return word.word.replace("–", "-").partition("-")[0] in WEEK_DAYS


def clause_of(words: list[Token], flaws: list[Flaw]) -> Clause:
    """Return the content of a clause that gives a dose; unknown words are its names."""
    clause = Clause(words, flaws)
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word.kind == "quantity":
            _quantity(clause, word, rest)
        elif word.kind == "interval":
            rhythms.interval(clause, word)
        elif word.kind == "clock":
            rhythms.clock(clause, word)
        elif word.kind == "times":
            _length(clause, word, rest)
        elif word.kind == "number":
            clause.refuse(word, f"{word.text} without a unit", "a number with a unit: '30 mg'")
        elif word.kind == "odd":
            clause.refuse(word, f"'{word.text}'", "words, numbers with units, and commas")
        elif word.word in _PLACED:
            _PLACED[word.word](clause, word, rest)
        elif word.word in ROUTES:
            clause.says("route", word)
        elif word.word in RELEASE:
            clause.says("release", word)
        elif word.word in OFTEN:
            if clause.says("interval", word):
                clause.every_h = Fraction(OFTEN[word.word])
        elif days_of(word.word) or _begins_with_a_day(word):
            rhythms.days(clause, word, rest)
        else:
            clause.names.append(word)
    rhythms.at_night(clause)
    return clause


def _quantity(clause: Clause, word: Token, rest: list[Token]) -> None:
    if word.unit.casefold() == "times":
        rhythms.times_of(clause, word, rest)
    elif word.unit.casefold() not in TIMES:
        clause.says("dose", word)
    else:
        clause.times.append(word)


def _length(clause: Clause, word: Token, rest: list[Token]) -> None:
    after = rest[0] if rest else None
    if after is not None and after.kind == "quantity" and after.unit.casefold() in COUNTED_DOSES:
        rest.pop(0)
        if after.unit.casefold() == "times" and rhythms.counted_twice(clause, after, rest):
            return
        if not after.number.isdecimal() or not 1 <= int(after.number) <= 100_000:
            clause.refuse(after, f"'{after.text}'", "a whole number of doses, at most 100000")
        elif clause.says("length", after):
            clause.doses = int(after.number)
        return
    length = time_after(clause, word, rest, f"{A_TIME}, or a number of doses: 'x 10 doses'")
    if length is not None and clause.says("length", word):
        clause.for_h = length


def _over(clause: Clause, word: Token, rest: list[Token]) -> None:
    length = time_after(clause, word, rest, "the time over which a dose runs: 'over 30 min'")
    if length is not None and clause.says("duration", word):
        clause.over_h = length


def moment_after(clause: Clause, word: Token, rest: list[Token]) -> Fraction | None:
    """Take the time that must follow from or until, h: ``day 15``, or a time with a unit."""
    if rest and rest[0].word == "day":
        day = rest.pop(0)
        if not rest or rest[0].kind != "number":
            clause.refuse(
                day, "'day' without its number", "such as 'day 15'; the first day is day 0"
            )
            return None
        hours = number(rest[0].text) * 24
        moment = rest.pop(0)
    elif rest and rest[0].kind == "quantity" and rest[0].unit.casefold() in TIMES:
        moment = rest.pop(0)
        hours = number(moment.number) * TIMES[moment.unit.casefold()]
    else:
        allowed = f"such as '{word.text} day 15' or '{word.text} 12 h'"
        clause.refuse(word, f"'{word.text}' without a time", allowed)
        if rest and rest[0].kind in ("quantity", "number"):
            rest.pop(0)
        return None
    if hours > LONGEST:
        clause.refuse(moment, f"'{moment.text}'", "a time of at most 5 years")
        return None
    return hours


def _from(clause: Clause, word: Token, rest: list[Token]) -> None:
    moment = moment_after(clause, word, rest)
    if moment is not None and clause.says("start", word):
        clause.from_h = moment


def _until(clause: Clause, word: Token, rest: list[Token]) -> None:
    moment = moment_after(clause, word, rest)
    if moment is not None and clause.says("length", word):
        clause.until_h = moment


def _at(clause: Clause, word: Token, rest: list[Token]) -> None:
    if rest and rest[0].word == "day":
        _from(clause, word, rest)
    else:
        rhythms.at(clause, word, rest)


def _starting(clause: Clause, word: Token, rest: list[Token]) -> None:
    if not rest or rest[0].word not in WEEK_DAYS:
        allowed = "the week day of time 0: 'starting Wed' or 'starting Wed 08:00'"
        clause.refuse(word, "'starting' without a week day", allowed)
        return
    day, minute = WEEK_DAYS[rest.pop(0).word], 0
    if rest and rest[0].kind == "clock":
        inner = Clause([rest[0]], clause.flaws)
        rhythms.clock(inner, rest.pop(0))
        minute = next(iter(inner.clocks), 0)
    if clause.says("starting day", word):
        clause.starting = (day, minute)


def _as_needed(clause: Clause, word: Token, _rest: list[Token]) -> None:
    allowed = "fixed doses; doses on demand are written as rescue or rules of an arm"
    clause.refuse(word, f"'{word.text}'", allowed)


def _continuously(clause: Clause, word: Token, _rest: list[Token]) -> None:
    clause.says("interval", word)


def _filler(_clause: Clause, _word: Token, _rest: list[Token]) -> None:
    """Leave out a word that only joins others."""


_PLACED: dict[str, Callable[[Clause, Token, list[Token]], None]] = {
    "over": _over,
    "x": _length,
    "for": _length,
    "every": rhythms.every,
    "q": rhythms.every,
    "alternate": rhythms.alternate,
    "once": rhythms.once,
    **dict.fromkeys(NUMBERS, rhythms.many),
    **dict.fromkeys(AT_NIGHT, rhythms.bedtime),
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
