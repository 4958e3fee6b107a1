"""Reads YAML with line numbers, writes files in one step; the only module that imports ruamel.

The reader is stricter than YAML: no anchors, aliases, tags or tabs, no duplicate keys, one
document, a mapping at the top. Scalars follow the YAML 1.2 core schema only, so ``off`` and
``12:30`` stay text and ``1e-3`` is a number. Keys are always text.
"""

from __future__ import annotations

import copy
import difflib
import os
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from oihsim.files.errors import InputError, Problem

LARGEST_FILE = 1_000_000
"""Bytes; a longer file is refused before it is parsed."""

DEEPEST = 20
"""Levels of nesting; a deeper file is refused."""

LONGEST_KEY, LONGEST_ACTUAL, LONGEST_ALLOWED = 80, 300, 1500
"""Characters of a file that a message repeats."""

Place = tuple[str | int, ...]

_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,4})?")
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNSEEN_IN_KEY = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SLIPS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""Exceptions that ruamel raises on malformed text, besides its own."""

_WORDS: dict[str, Any] = {"null": None, "~": None, "": None, "true": True, "false": False}
_WORDS |= {"Null": None, "NULL": None, "True": True, "TRUE": True, "False": False, "FALSE": False}
_WORDS |= {".inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}


@dataclass(frozen=True)
class Document:
    r"""A file as plain data, with the line of every key and item.

    Examples
    --------
    >>> document = parse_yaml("arms:\n  a: {count: 3}\n", "s.yaml")
    >>> document.data, document.line(("arms", "a", "count"))
    ({'arms': {'a': {'count': 3}}}, 2)
    """

    name: str
    data: dict[str, Any]
    lines: Mapping[Place, int] = field(default_factory=dict)

    def line(self, loc: Place) -> int | None:
        """Return the line of ``loc``, or of its nearest parent that stands in the file."""
        for length in range(len(loc), 0, -1):
            if loc[:length] in self.lines:
                return self.lines[loc[:length]]
        return self.lines.get(())

    def problem(self, loc: Place, actual: str, allowed: str) -> Problem:
        """Return the problem at ``loc`` with this file's name and line."""
        return _problem(self.name, self.line(loc), loc, actual, allowed)


def field_name(loc: Place) -> str:
    """Return ``loc`` as text.

    Examples
    --------
    >>> field_name(("arms", "a", "doses", 0, "amount"))
    'arms.a.doses[0].amount'
    >>> field_name(("arms", " "))
    "arms.' '"
    """
    text = ""
    for part in loc:
        key = str(part) if str(part).strip() else repr(part)
        word = f"[{part}]" if isinstance(part, int) else message_text(key, LONGEST_KEY)
        text += f".{word}" if text and not isinstance(part, int) else word
    return text or "file"


def message_text(text: str, longest: int) -> str:
    r"""Return ``text`` fit for a message: one line, no invisible character, at most ``longest``.

    Examples
    --------
    >>> message_text("a\x1b[31m\u202eb", 80), message_text("abcdefgh", 5)
    ('a\\x1b[31m\\u202eb', 'abcd…')
    """
    if len(text) > longest:
        text = f"{text[: longest - 1]}…"
    if text.isprintable():
        return text
    escaped = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return "".join(escaped)


def _problem(name: str, line: int | None, loc: Place, actual: str, allowed: str) -> Problem:
    """Return a problem whose words come from a file; they are cut to length and made visible."""
    actual, allowed = message_text(actual, LONGEST_ACTUAL), message_text(allowed, LONGEST_ALLOWED)
    return Problem(name, line, field_name(loc), actual, allowed)


def read_yaml(path: str | Path) -> Document:
    """Read a YAML file.

    Raises
    ------
    InputError
        the file is absent, too large, not UTF-8, or outside the strict form of this module
    """
    path = Path(path)
    name = str(path)

    def refusal(actual: str, allowed: str) -> InputError:
        return InputError([Problem(name, None, "file", actual, allowed)])

    try:
        if not path.is_file():
            raise refusal("a folder" if path.is_dir() else "nothing there", "an existing YAML file")
        if path.stat().st_size > LARGEST_FILE:
            raise refusal(f"{path.stat().st_size} bytes", f"at most {LARGEST_FILE} bytes")
        raw = path.read_bytes()
    except (OSError, ValueError) as error:
        raise refusal(f"a file that cannot be read ({error})", "a readable YAML file") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        actual = f"byte {raw[error.start]:#04x}, which is not UTF-8"
        raise InputError([Problem(name, line, "file", actual, "text in UTF-8")]) from None
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> Document:
    r"""Return the document in ``text``; ``name`` stands for the file in messages.

    Raises
    ------
    InputError
        as :func:`read_yaml`

    Examples
    --------
    >>> parse_yaml("a: 1\na: 2", "s.yaml")
    Traceback (most recent call last):
    oihsim.files.errors.InputError: s.yaml:2: a: found a second 'a'; allowed: each key once
    """
    data, lines = _parsed(text, name)
    # the caller may change what it gets
    return Document(name, copy.deepcopy(data), lines)


@lru_cache(maxsize=256)
def _parsed(text: str, name: str) -> tuple[dict[str, Any], Mapping[Place, int]]:
    """Return data and lines of a text; a process reads its drugs and scenarios many times."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    tabs = [number for number, line in enumerate(text.split("\n"), 1) if "\t" in line]
    if tabs:
        raise InputError([Problem(name, n, "file", "a tab", "spaces only") for n in tabs[:20]])
    builder = _Builder(name)
    try:
        data = builder.document(iter(YAML(typ="safe", pure=True).parse(text)))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        reason = " ".join(str(error.problem or error.context).split())
        raise InputError([Problem(name, line, "file", f"no YAML ({reason})", "YAML 1.2")]) from None
    except (YAMLError, *_SLIPS) as error:
        actual = f"no YAML ({' '.join(str(error).split())[:120]})"
        raise InputError([Problem(name, None, "file", actual, "YAML 1.2")]) from None
    if builder.problems:
        raise InputError(builder.problems)
    if not isinstance(data, dict):
        actual = "nothing" if data is None else f"a {type(data).__name__}"
        allowed = "keys with values at the top level (key: value)"
        raise InputError([Problem(name, 1, "file", actual, allowed)])
    return data, MappingProxyType(builder.lines)


class _Builder:
    """Builds plain data from parser events, so that only text and numbers can come out."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Place, int] = {(): 1}
        self.problems: list[Problem] = []

    def refuse(self, event: Any, place: Place, actual: str, allowed: str) -> None:
        line = event.start_mark.line + 1
        self.problems.append(_problem(self.name, line, place, actual, allowed))

    def document(self, events: Iterator[Any]) -> Any:
        data, count = None, 0
        for event in events:
            kind = type(event).__name__
            if kind in {"MappingStartEvent", "SequenceStartEvent", "ScalarEvent", "AliasEvent"}:
                count += 1
                if count > 1:
                    self.refuse(event, (), "a second document", "one document per file")
                    return None
                data = self.value(event, events, ())
        return data

    def value(self, event: Any, events: Iterator[Any], place: Place) -> Any:
        kind = type(event).__name__
        if kind == "AliasEvent":
            self.refuse(event, place, "an alias", "the value written out")
            return None
        if event.anchor is not None:
            self.refuse(event, place, f"an anchor '&{event.anchor}'", "the value without anchor")
        if event.tag is not None and str(event.tag) != "!":
            self.refuse(event, place, f"a tag '{event.tag}'", "the value without tag")
        if len(place) > DEEPEST:
            self.refuse(event, place[:3], "very deep nesting", f"at most {DEEPEST} levels")
            raise InputError(self.problems)
        if kind == "ScalarEvent":
            self.visible(event, place, _UNSEEN)
            return _scalar(event.value) if event.style is None else event.value
        if kind == "SequenceStartEvent":
            return self.sequence(events, place)
        return self.mapping(events, place)

    def visible(self, event: Any, place: Place, unseen: re.Pattern[str]) -> None:
        """Refuse a character that no result file can store and no screen shows."""
        character = unseen.search(event.value)
        if character:
            self.refuse(event, place, f"the control character {character[0]!r}", "plain text")

    def sequence(self, events: Iterator[Any], place: Place) -> list[Any]:
        items: list[Any] = []
        for event in events:
            if type(event).__name__ == "SequenceEndEvent":
                break
            child = (*place, len(items))
            self.lines[child] = event.start_mark.line + 1
            items.append(self.value(event, events, child))
        return items

    def mapping(self, events: Iterator[Any], place: Place) -> dict[str, Any]:
        items: dict[str, Any] = {}
        for event in events:
            if type(event).__name__ == "MappingEndEvent":
                break
            if type(event).__name__ != "ScalarEvent":
                self.refuse(event, place, "a key that is no plain text", "a word as key")
                self.value(event, events, (*place, "?"))
                self.value(next(events), events, (*place, "?"))
                continue
            key = event.value
            child = (*place, key)
            self.visible(event, child, _UNSEEN_IN_KEY)
            if event.anchor is not None:
                self.refuse(event, child, f"an anchor '&{event.anchor}'", "the key without anchor")
            if key in items:
                self.refuse(event, child, f"a second '{key}'", "each key once")
            else:
                self.lines[child] = event.start_mark.line + 1
            items[key] = self.value(next(events), events, child)
        return items


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def closest(word: str, known: Iterable[str]) -> str:
    """Return the known words, led by the one nearest to ``word``.

    Examples
    --------
    >>> closest("ketamin", ["morphine", "ketamine"])
    "did you mean 'ketamine'? (known: ketamine, morphine)"
    >>> closest("xyz", ["morphine"])
    'morphine'
    """
    names = sorted(set(known))
    listed = ", ".join(names[:30]) + (f" and {len(names) - 30} more" if len(names) > 30 else "")
    folded = {name.casefold(): name for name in names}
    nearest = difflib.get_close_matches(word[:80].casefold(), folded, n=1, cutoff=0.6)
    if nearest:
        return f"did you mean '{folded[nearest[0]]}'? (known: {listed})"
    return listed or "nothing"


def write_atomically(path: str | Path, writer: Callable[[Path], object]) -> None:
    """Let ``writer`` write a temporary file beside ``path``, then move it to ``path`` in one step.

    A failure leaves the old file at ``path`` untouched and removes the temporary one.

    Raises
    ------
    InputError
        the folder is absent or not writable, or ``path`` is no ordinary file

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> target = Path(folder.name) / "a.txt"
    >>> write_atomically(target, lambda part: part.write_text("text"))
    >>> target.read_text(), len(list(target.parent.iterdir()))
    ('text', 1)
    >>> folder.cleanup()
    """
    path = Path(path)
    refuse_unwritable(path)
    # the suffix is kept because writers choose the format by it
    part = path.with_name(f".{path.stem}.{uuid.uuid4().hex[:8]}{path.suffix}")
    try:
        writer(part)
        os.replace(part, path)  # noqa: PTH105  (one step on every system)
    except OSError as error:
        raise _refusal(path, f"a failure to write ({error.strerror or error})") from error
    finally:
        part.unlink(missing_ok=True)


def refuse_unwritable(path: str | Path) -> None:
    """Refuse a path that cannot be written, before the work whose result would go there.

    Raises
    ------
    InputError
        the folder is absent or not writable, or ``path`` is no ordinary file

    Examples
    --------
    >>> refuse_unwritable("a.nc")
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise _refusal(path, "no ordinary file")
    if not path.parent.is_dir():
        raise _refusal(path, f"no folder '{path.parent}'")
    if not os.access(path.parent, os.W_OK):
        raise _refusal(path, f"a folder '{path.parent}' that is not writable")


def _refusal(path: Path, actual: str) -> InputError:
    return InputError([Problem(str(path), None, "output", actual, "a file that can be written")])
