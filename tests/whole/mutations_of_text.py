"""Changes of a file's text: what an editor's slip or a broken transfer can do."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

from mutation_pools import (
    CONTROLS,
    ESCAPES,
    FORMULAS,
    KINDS,
    NUMBERS,
    SNIPPETS,
    TEXTS,
    UNITS,
    originals,
)


def _lines(change: Callable[[random.Random, list[str]], None]) -> Any:
    def on_text(chance: random.Random, text: str) -> str:
        lines = text.split("\n")
        change(chance, lines)
        return "\n".join(lines)

    on_text.__name__ = change.__name__
    return on_text


@_lines
def delete_line(chance: random.Random, lines: list[str]) -> None:
    first = chance.randrange(len(lines))
    del lines[first : first + chance.choice((1, 1, 1, 2, 5))]


@_lines
def repeat_line(chance: random.Random, lines: list[str]) -> None:
    at = chance.randrange(len(lines))
    lines.insert(chance.choice((at, chance.randrange(len(lines)))), lines[at])


@_lines
def swap_lines(chance: random.Random, lines: list[str]) -> None:
    a = chance.randrange(len(lines))
    b = min(len(lines) - 1, a + chance.choice((1, 1, 2, 7)))
    lines[a], lines[b] = lines[b], lines[a]


@_lines
def indent_line(chance: random.Random, lines: list[str]) -> None:
    at = chance.randrange(len(lines))
    lines[at] = chance.choice((" ", "  ", "    ", "\t")) + lines[at]


@_lines
def unindent_line(chance: random.Random, lines: list[str]) -> None:
    at = chance.randrange(len(lines))
    lines[at] = lines[at].removeprefix(" " * chance.choice((1, 2, 4)))


@_lines
def foreign_line(chance: random.Random, lines: list[str]) -> None:
    _, text, _ = chance.choice(originals(chance.choice(KINDS)))
    lines.insert(chance.randrange(len(lines)), chance.choice(text.split("\n")))


def cut_off(chance: random.Random, text: str) -> str:
    return text[: chance.randrange(len(text) + 1)]


def other_character(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    new = chance.choice(":-{}[],#&*!|>'\"%@` \n0.ae/_é漢\u00a0") if chance.random() < 0.7 else ""
    return text[:at] + new + text[at + 1 :]


def control_character(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(CONTROLS) + text[at:]


def misspelt_word(chance: random.Random, text: str) -> str:
    def misspelt(word: str) -> str:
        at = chance.randrange(len(word))
        return chance.choice((word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]))

    return _replaced(chance, text, r"[A-Za-z_]{3,}", misspelt)


def other_case(chance: random.Random, text: str) -> str:
    return _replaced(chance, text, r"[A-Za-z]{2,}", str.swapcase)


def other_number(chance: random.Random, text: str) -> str:
    return _replaced(chance, text, r"(?<![\w.])[0-9.]+", lambda _: chance.choice(NUMBERS))


def other_size(chance: random.Random, text: str) -> str:
    power = chance.choice((-20, -6, -3, -1, 1, 3, 6, 12, 20, 300))
    return _replaced(chance, text, r"(?<![\w.])[0-9.]+\b", lambda old: f"{old}e{power}")


def near_number(chance: random.Random, text: str) -> str:
    factor = chance.choice((0.5, 0.9, 1.01, 1.5, 2.0, 3.0))
    return _replaced(
        chance, text, r"(?<![\w.])[0-9]+(\.[0-9]+)?\b", lambda old: f"{float(old) * factor:.6g}"
    )


@_lines
def comment(chance: random.Random, lines: list[str]) -> None:
    at = chance.randrange(len(lines))
    lines[at] += chance.choice((" # é \u202e", "  # &a *a !x", " #", "   ", "# no space before"))


def negative_number(chance: random.Random, text: str) -> str:
    return _replaced(chance, text, r"(?<![\w.])[0-9.]+", lambda old: f"-{old}")


def other_unit(chance: random.Random, text: str) -> str:
    return _replaced(
        chance, text, r"(?<=\d )[A-Za-z/%]+|(?<=unit: )\S+", lambda _: chance.choice(UNITS)
    )


def other_value(chance: random.Random, text: str) -> str:
    pool = chance.choice((TEXTS, SNIPPETS, ESCAPES, FORMULAS, NUMBERS, ("",)))
    return _replaced(chance, text, r"(?<=: )[^\n,{}\[\]]+", lambda _: chance.choice(pool))


def other_key(chance: random.Random, text: str) -> str:
    pool = (*TEXTS, *SNIPPETS, *ESCAPES, *CONTROLS)
    return _replaced(chance, text, r"[\w.]+(?=:)", lambda _: chance.choice(pool))


def other_formula(chance: random.Random, text: str) -> str:
    return _replaced(
        chance, text, r"(?<=: )[A-Z][A-Z0-9_*/+().]+", lambda _: chance.choice(FORMULAS)
    )


def anchor(chance: random.Random, text: str) -> str:
    marked = _replaced(chance, text, r"(?<=: )", lambda _: "&a ")
    return _replaced(chance, marked, r"(?<=: )[^\n&,{}\[\]]+", lambda _: "*a")


def deep_nesting(chance: random.Random, text: str) -> str:
    deep = chance.choice((5, 15, 25, 300))
    opened, closed = chance.choice((("[", "]"), ("{a: ", "}")))
    return _replaced(
        chance, text, r"(?<=: )[^\n,{}\[\]]+", lambda old: opened * deep + old + closed * deep
    )


def other_endings(chance: random.Random, text: str) -> str:
    return text.replace("\n", chance.choice(("\r\n", "\r", "\n\n", "\u2028", " \n")))


def _replaced(chance: random.Random, text: str, what: str, by: Callable[[str], str]) -> str:
    """Return ``text`` with one place that matches changed."""
    places = list(re.finditer(what, text))
    if not places:
        return text
    match = chance.choice(places)
    return text[: match.start()] + by(match[0]) + text[match.end() :]


TEXT_CHANGES: tuple[Callable[[random.Random, str], str], ...] = (
    *(delete_line, repeat_line, swap_lines, indent_line, unindent_line, foreign_line, cut_off),
    *(other_character, control_character, misspelt_word, other_case, other_number, other_size),
    *(negative_number, other_unit, other_value, other_key, other_formula, anchor, deep_nesting),
    *(other_endings, other_number, other_size, other_unit, other_formula, other_value),
    *(near_number, near_number, near_number, near_number, comment, comment, other_formula),
)
