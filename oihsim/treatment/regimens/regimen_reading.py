"""From the text of a regimen line to its data, or to every flaw with the place of its word."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from oihsim.treatment.regimens.agreement import give_of
from oihsim.treatment.regimens.clause import Clause, Flaw, number_of, time_after
from oihsim.treatment.regimens.clauses import clause_of, split
from oihsim.treatment.regimens.line import (
    MIDNIGHT_ON_MONDAY,
    Give,
    Part,
    Pause,
    Quantity,
    RegimenLine,
    Taper,
)
from oihsim.treatment.regimens.words import OFTEN, Token, amount_unit, tokens
from oihsim.treatment.vocabulary import Vocabulary

LONGEST_LINE = 4000
"""Characters; a longer line is refused."""

LONGEST_WORD = 50
"""Characters of a number with its unit; arithmetic is exact, so digits need a limit."""

_TAPER_EXAMPLE = "such as 'taper 10 % every 7 d until 5 mg'"


@dataclass(frozen=True)
class Reading:
    """A line as read: ``line`` is None where there are flaws.

    ``spans`` has, for each part of the line, where it stands in the text.
    """

    text: str
    line: RegimenLine | None
    flaws: tuple[Flaw, ...]
    spans: tuple[tuple[int, int], ...] = ()


def read_line(text: str, known: Vocabulary) -> Reading:
    """Return a regimen line as data, or its flaws.

    Examples
    --------
    >>> from oihsim.treatment.vocabulary import SHIPPED
    >>> print(read_line("morphine 30 mg PO q12h x 4 wk, then 45 mg", SHIPPED).line)
    morphine 30 mg oral q12h x 28 d, then 45 mg q12h
    >>> read_line("morphine 30 mgg PO q12h", SHIPPED).flaws[0].actual
    "'30 mgg'"
    """
    if len(text) > LONGEST_LINE:
        actual, allowed = f"{len(text)} characters", f"at most {LONGEST_LINE}"
        return Reading(text, None, (Flaw(0, LONGEST_LINE, actual, allowed),))
    flaws: list[Flaw] = []
    words = tokens(text)
    for word in words:
        if word.kind in ("number", "quantity", "interval") and len(word.text) > LONGEST_WORD:
            actual = f"a number of {len(word.text)} characters with its unit"
            flaws.append(Flaw(word.start, word.stop, actual, f"at most {LONGEST_WORD}"))
    if flaws:
        return Reading(text, None, tuple(flaws))
    clauses = split(words, flaws)
    if not clauses:
        allowed = "a drug and its dose, such as 'morphine 30 mg PO q12h x 28 d'"
        flaws.append(Flaw(0, max(1, len(text)), "nothing", allowed))
    parts, starting, stop = _parts(clauses, flaws, known)
    spans = tuple((words[0].start, words[-1].stop) for words, _ in parts)
    sorted_flaws = tuple(sorted(set(flaws), key=lambda flaw: (flaw.start, flaw.stop)))
    if sorted_flaws:
        return Reading(text, None, sorted_flaws, spans)
    return Reading(
        text, RegimenLine(tuple(part for _, part in parts if part), stop, starting), (), spans
    )


def _parts(
    clauses: list[list[Token]], flaws: list[Flaw], known: Vocabulary
) -> tuple[list[tuple[list[Token], Part | None]], tuple[int, int], bool]:
    """Return the parts with their words, the week day at time 0, and whether the last one stops.

    A part with a flaw is None; what follows is still read.
    """
    parts: list[tuple[list[Token], Part | None]] = []
    before: Give | None = None
    starting, stop = MIDNIGHT_ON_MONDAY, False
    for number, words in enumerate(clauses):
        clause, first = Clause(words, flaws), words[0]
        if stop:
            clause.refuse(None, f"'{first.text}' after stop", "nothing after stop")
        elif first.word == "stop":
            stop = True
            _stop(clause, [part for _, part in parts])
        elif first.word == "pause":
            parts.append((words, _pause(clause, bool(parts))))
        elif first.word == "taper":
            parts.append((words, _taper(clause, parts[-1][1] if parts else None)))
        else:
            clause = clause_of(words, flaws)
            give = give_of(clause, before, known, first=number == 0)
            parts.append((words, give))
            before = give or before
            if "starting day" in clause.where:
                if starting != MIDNIGHT_ON_MONDAY or number > 0:
                    word = clause.where["starting day"]
                    clause.refuse(
                        word, "'starting' in a later part", "starting in the first part only"
                    )
                starting = clause.starting
    # a stop after anything but a taper adds nothing to what has an end
    stop = stop and bool(parts) and isinstance(parts[-1][1], Taper)
    _ends(parts, flaws)
    return parts, starting, stop


def _ends(parts: list[tuple[list[Token], Part | None]], flaws: list[Flaw]) -> None:
    """Refuse a part without an end, unless it is the last or what follows says when."""
    for (words, part), (_, after) in pairwise(parts):
        ended = isinstance(after, Taper) or (isinstance(after, Give) and after.from_h is not None)
        if isinstance(part, Give) and part.open and after is not None and not ended:
            end = words[-1]
            allowed = "a length, such as 'x 28 d', or 'from day 28' in the next part"
            flaws.append(Flaw(words[0].start, end.stop, "no end before the next part", allowed))


def _stop(clause: Clause, parts: list[Part | None]) -> None:
    if len(clause.words) > 1:
        clause.refuse(clause.words[1], f"'{clause.words[1].text}' after stop", "nothing after stop")
    last = parts[-1] if parts else None
    if not parts:
        clause.refuse(None, "nothing to stop", "a dose before it")
    elif isinstance(last, Give) and last.open:
        clause.refuse(None, "'stop' without a time", "a length before it, such as 'x 28 d'")


def _pause(clause: Clause, begun: bool) -> Pause | None:
    rest = clause.words[1:]
    if rest and rest[0].word in ("for", "x"):
        rest.pop(0)
    length = time_after(clause, clause.words[0], rest, "how long: 'pause 7 d'")
    if rest:
        clause.refuse(rest[0], f"'{rest[0].text}'", "nothing but a time in a pause")
    if not begun:
        clause.refuse(None, "a pause at the beginning", "a dose before it, or 'from day 7'")
    return None if length is None or rest or not begun else Pause(length)


def _taper(clause: Clause, before: Part | None) -> Taper | None:
    """Return a taper of the dose before it."""
    count = len(clause.flaws)
    rest = [word for word in clause.words[1:] if word.word not in ("by", "the")]
    step = _quantity(clause, rest, "a step: 10 %, or an amount such as 5 mg")
    of_first = True
    if rest and rest[0].word == "of":
        of_first = len(rest) > 1 and rest[1].word == "first"
        if len(rest) < 3 or rest[1].word not in ("first", "last") or rest[2].word != "dose":
            clause.refuse(rest[0], "'of'", "'of the first dose' or 'of the last dose'")
        del rest[:3]
    step_h = _step_length(clause, rest)
    if rest and rest[0].word in ("until", "to"):
        rest.pop(0)
        until = _quantity(clause, rest, "the lowest dose, such as 'until 5 mg'")
    else:
        clause.refuse(None, "a taper without its end", f"until: a dose, {_TAPER_EXAMPLE}")
        until = None
    for word in rest:
        clause.refuse(word, f"'{word.text}'", _TAPER_EXAMPLE)
    if step is None or step_h is None or until is None or len(clause.flaws) > count:
        return None
    if step.unit != "%":
        of_first = False
    taper = Taper(step, of_first, step_h, until)
    return taper if _agrees(clause, taper, before) else None


def _quantity(clause: Clause, rest: list[Token], allowed: str) -> Quantity | None:
    if rest and rest[0].kind == "quantity":
        word = rest.pop(0)
        return Quantity(number_of(clause, word), amount_unit(word.unit))
    clause.refuse(rest[0] if rest else None, f"'{rest[0].text}'" if rest else "no dose", allowed)
    return None


def _step_length(clause: Clause, rest: list[Token]) -> Fraction | None:
    if rest and rest[0].word in OFTEN:
        return Fraction(OFTEN[rest.pop(0).word])
    if rest and rest[0].word in ("every", "q"):
        word = rest.pop(0)
        return time_after(clause, word, rest, "how long a step lasts: 'every 7 d'")
    clause.refuse(rest[0] if rest else None, "no length of a step", f"every 7 d, {_TAPER_EXAMPLE}")
    return None


def _agrees(clause: Clause, taper: Taper, before: Part | None) -> bool:
    """Refuse a taper that does not fit the dose before it."""
    count, words = len(clause.flaws), clause.words
    if not isinstance(before, Give):
        if before is not None or words[0].start == 0:
            clause.refuse(words[0], "a taper of nothing", "a repeated dose just before it")
        return False
    dose, steps = before.dose, taper.step
    if before.single:
        clause.refuse(words[0], "a taper of a single dose", "a repeated dose: 'q12h' or 'daily'")
    if taper.until.unit != dose.unit:
        clause.refuse(words[-1], f"'{taper.until}'", f"in {dose.unit}, as the dose before")
    elif taper.until.number >= dose.number:
        clause.refuse(words[-1], f"'{taper.until}'", f"less than {dose}")
    if steps.unit not in ("%", dose.unit):
        clause.refuse(words[1], f"'{steps}'", f"in % or {dose.unit}, as the dose before")
    elif steps.number <= 0 or (steps.unit == "%" and steps.number >= 100):
        clause.refuse(words[1], f"'{steps}'", "more than 0, and less than 100 %")
    elif taper.until.number == 0 and steps.unit == "%" and not taper.of_first:
        clause.refuse(words[-1], f"'{taper.until}'", "more than 0: a part of the last dose is left")
    rhythm = before.rhythm.every_h
    if rhythm is not None and not before.is_rate and (taper.every_h / rhythm).denominator != 1:
        allowed = "steps that hold a whole number of doses"
        clause.refuse(words[0], "steps that end between two doses", allowed)
    if before.rhythm.days and taper.every_h % 168:
        clause.refuse(words[0], "steps that are no whole weeks", "'every 7 d' or 'every 14 d'")
    return len(clause.flaws) == count
