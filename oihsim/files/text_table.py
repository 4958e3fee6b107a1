"""Tables and paragraphs that fit a width: folded between columns and words, never inside a word.

A table is as wide as its cells if that fits. Otherwise its heads fold, then its cells; a table
that is still too wide, or whose rows would be tall, shows each row as a short list.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Self

WIDTH = 92
"""Characters in a line of a paragraph, at most."""

NARROWEST = 16
"""Characters that a column of sentences has at least."""

SHORT = 24
"""Characters of a cell that may fold as narrow as its longest word."""

TALLEST = 6
"""Lines of a folded row, at most."""

GAP = "  "
NO_BREAK = "\u00a0"


@dataclass(frozen=True)
class Column:
    """Head, alignment and usual width of a column.

    Parameters
    ----------
    head : may be empty
    right : whether cells end at the right edge, as numbers do
    usual : characters, where there is room, so that tables below each other align
    """

    head: str
    right: bool = False
    usual: int = 0


def unbroken(text: str) -> str:
    """Return text that no line break parts."""
    return text.replace(" ", NO_BREAK)


def folded(
    text: str, width: int | None = None, indent: str = "", hanging: str | None = None
) -> list[str]:
    """Return a paragraph in lines of at most ``width`` and :data:`WIDTH` characters.

    Parameters
    ----------
    text : a longer word has a line of its own
    width : characters of a line; None for :data:`WIDTH`
    indent : before the first line
    hanging : before every other line; ``indent`` if left out

    Examples
    --------
    >>> folded("pain of the drug-free subject", 14, hanging="  ")
    ['pain of the', '  drug-free', '  subject']
    """
    lines = _wrapped(
        text, min(width or WIDTH, WIDTH), indent, indent if hanging is None else hanging
    )
    return [line.replace(NO_BREAK, " ") for line in lines]


def folded_page(text: str, width: int | None) -> str:
    r"""Return text whose longer lines go on below themselves, indented; as it is without a width.

    Examples
    --------
    >>> print(folded_page("parameters\n  k_on: fastest sensitisation", 20))
    parameters
      k_on: fastest
          sensitisation
    """
    if width is None:
        return text
    lines: list[str] = []
    for line in text.splitlines():
        if len(line) <= width:
            lines.append(line)
            continue
        bare = line.lstrip(" ")
        indent = line[: len(line) - len(bare)]
        lines += _wrapped(bare, width, indent, indent + "    ")
    return "\n".join(lines)


def _wrapped(text: str, width: int, indent: str, hanging: str) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=hanging,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


@dataclass(frozen=True)
class TextTable:
    r"""A table laid out for all its rows. Made by :meth:`fitted`.

    Parameters
    ----------
    columns : from left to right
    sizes : characters of each column; None if each row is a list
    width : characters of a line; None for as many as the cells need
    indent : before every line

    Examples
    --------
    >>> columns = (Column("drug"), Column("in all", right=True))
    >>> table = TextTable.fitted(columns, [("morphine", "5400 mg")])
    >>> print("\n".join(table.lines([("morphine", "5400 mg")])))
      drug       in all
      morphine  5400 mg
    """

    columns: tuple[Column, ...]
    sizes: tuple[int, ...] | None
    width: int | None
    indent: str

    @classmethod
    def fitted(
        cls,
        columns: Sequence[Column],
        rows: Sequence[Sequence[str]],
        width: int | None = None,
        indent: str = "  ",
    ) -> Self:
        """Return the layout in which every one of ``rows`` fits ``width``."""
        sizes = _sizes(columns, rows, len(indent) + len(GAP) * (len(columns) - 1), width)
        table = cls(tuple(columns), sizes, width, indent)
        headed = any(column.head for column in columns)
        if sizes and headed and any(len(table._row(row)) > TALLEST for row in rows):
            return cls(table.columns, None, width, indent)
        return table

    def lines(self, rows: Iterable[Sequence[str]]) -> list[str]:
        """Return the heads, if there are any, and ``rows``."""
        if self.sizes is None:
            return [line for row in rows for line in self._list(row)]
        heads = self._row([column.head for column in self.columns], at_bottom=True)
        lines = heads if any(column.head for column in self.columns) else []
        return [*lines, *(line for row in rows for line in self._row(row))]

    def _row(self, row: Sequence[str], *, at_bottom: bool = False) -> list[str]:
        """Return the lines of a row; its cells begin in the first line, or end in the last."""
        sizes = self.sizes or ()
        cells = [_folded_cell(cell, size) for cell, size in zip(row, sizes, strict=True)]
        if at_bottom:
            tallest = max(map(len, cells))
            cells = [[""] * (tallest - len(cell)) + cell for cell in cells]
        lines = []
        for words in zip_longest(*cells, fillvalue=""):
            aligned = [
                word.rjust(size) if column.right else word.ljust(size)
                for word, size, column in zip(words, sizes, self.columns, strict=True)
            ]
            lines.append((self.indent + GAP.join(aligned)).rstrip().replace(NO_BREAK, " "))
        return lines

    def _list(self, row: Sequence[str]) -> list[str]:
        """Return a row as its first cell and, below, the heads and texts of the others."""
        within = self.indent + GAP
        room = (self.width or WIDTH) - len(within) - 1
        pairs = []
        for column, cell in list(zip(self.columns, row, strict=True))[1:]:
            pair = f"{column.head}: {cell}" if column.head else cell
            if cell:
                pairs.append(unbroken(pair) if len(pair) <= room else pair)
        return [
            *folded(row[0], self.width, self.indent),
            *folded("; ".join(pairs), self.width, within),
        ]


def table_lines(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    width: int | None = None,
    indent: str = "  ",
) -> list[str]:
    """Return one table, fitted to ``width``."""
    return TextTable.fitted(columns, rows, width, indent).lines(rows)


def _folded_cell(cell: str, size: int) -> list[str]:
    """Return a cell in lines of ``size`` characters."""
    return [cell] if len(cell) <= size else _wrapped(cell, size, "", "")


def _sizes(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], blank: int, width: int | None
) -> tuple[int, ...] | None:
    """Return the characters of each column, or None if ``width`` is too small for them.

    What gives way first is the usual width, then heads fold, then cells. ``blank`` is the sum of
    indent and gaps.
    """
    usual, plain, heads_folded, cells_folded = [], [], [], []
    for number, column in enumerate(columns):
        longest = max((len(row[number]) for row in rows), default=0)
        word = max((_longest_word(row[number]) for row in rows), default=0)
        head = _longest_word(column.head)
        usual.append(max(column.usual, len(column.head), longest))
        plain.append(max(len(column.head), longest))
        heads_folded.append(max(head, longest))
        cells_folded.append(max(head, word, NARROWEST if longest > SHORT else 0))
    sizes = usual
    if width is None:
        return tuple(usual if sum(usual) + blank <= WIDTH else plain)
    room = width - blank
    for least in (plain, heads_folded, cells_folded):
        excess = sum(sizes) - room
        while excess > 0 and sizes != least:
            widest = max(
                (number for number, size in enumerate(sizes) if size > least[number]),
                key=lambda number: sizes[number],
            )
            sizes[widest] -= 1
            excess -= 1
    return tuple(sizes) if sum(sizes) <= room else None


def _longest_word(text: str) -> int:
    return max(map(len, text.split(" ")))
