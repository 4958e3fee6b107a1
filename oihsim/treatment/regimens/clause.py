"""One clause of a regimen line: its content so far, its flaws, and its times and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from oihsim.treatment.doses.dose_form import LONGEST, SHORTEST
from oihsim.treatment.regimens.line import MIDNIGHT_ON_MONDAY
from oihsim.treatment.regimens.words import TIMES, Token


@dataclass(frozen=True)
class Flaw:
    """One flaw of a line: first and last place of its words, what was found, what is allowed."""

    start: int
    stop: int
    actual: str
    allowed: str


@dataclass
class Clause:
    """The content of one clause; ``where`` has the word of each kind of content."""

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

    def refuse(self, word: Token | None, actual: str, allowed: str) -> None:
        """Add a flaw of a word, or of the clause if ``word`` is None."""
        refused: Token | Clause = self if word is None else word
        self.flaws.append(Flaw(refused.start, refused.stop, actual, allowed))

    def says(self, what: str, word: Token) -> bool:
        """Note that a word gives ``what``, and refuse a second such word."""
        if what in self.where:
            self.refuse(word, f"a second {what}: '{word.text}'", f"one {what} in a part")
            return False
        self.where[what] = word
        return True


def bounded(clause: Clause, word: Token, hours: Fraction) -> Fraction | None:
    """Return a length of time; None and a flaw if it is too short or too long."""
    if not SHORTEST <= hours <= LONGEST:
        clause.refuse(word, f"'{word.text}'", "a time of 1 s to 5 years, such as '12 h'")
        return None
    return hours


def time_after(clause: Clause, word: Token, rest: list[Token], example: str) -> Fraction | None:
    """Take the time that must follow a word, h; a flaw if it does not."""
    if not rest or rest[0].kind not in ("quantity", "number"):
        clause.refuse(word, f"'{word.text}' without a time", example)
        return None
    time = rest.pop(0)
    if time.kind == "number" or time.unit.casefold() not in TIMES:
        clause.refuse(time, f"'{time.text}'", example)
        return None
    return bounded(clause, time, number(time.number) * TIMES[time.unit.casefold()])


def number(text: str) -> Fraction:
    """Return a number from its digits."""
    return Fraction(text.replace(",", ""))


def number_of(clause: Clause, word: Token) -> Fraction:
    """Return the number of a quantity; a comma in it is refused, as it has two meanings."""
    if "," in word.number:
        clause.refuse(word, f"'{word.text}'", f"no comma: '{word.text.replace(',', '')}'")
    return number(word.number)
