"""Regimen lines in files, replaced by the lines of doses that they stand for.

A list of doses may hold text, ``morphine 30 mg PO q12h x 28 d``, beside lines with keys, and the
whole list may be one text. Later steps read keys only; this module puts them there and keeps their
origin, so that an error names the line that the author wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from oihsim.files.errors import Problem
from oihsim.files.findings import hours, listed, mapping
from oihsim.files.yaml import Document, Place
from oihsim.treatment.doses.dose_form import LONGEST, MOST_LINES, DoseForm
from oihsim.treatment.doses.steady_past import endless, is_steady
from oihsim.treatment.regimens.clause import Flaw
from oihsim.treatment.regimens.expansion import NO_END, expanded
from oihsim.treatment.regimens.regimen_reading import read_line
from oihsim.treatment.vocabulary import Vocabulary

KEY = "regimen"
"""The key of a regimen line in a population, where a pedigree may stand beside the line."""

PEDIGREE = ("source", "evidence", "note")

NEAR = 30
"""Characters of a line that a message shows on either side of a word."""

_DOSE_KEYS = {info.alias or name for name, info in DoseForm.model_fields.items()}


@dataclass(frozen=True)
class Expanded(Document):
    """A document whose regimen lines are expanded; problems name what the file has.

    ``origin`` has, for the place of each line of doses, the place in the file, and whether a
    regimen line stands there.
    """

    origin: Mapping[Place, tuple[Place, bool]] = field(default_factory=dict)

    def line(self, loc: Place) -> int | None:
        """Return the line of ``loc`` in the file."""
        return super().line(self._written(loc))

    def problem(self, loc: Place, found: str, allowed: str) -> Problem:
        """Return the problem at ``loc``, by its place in the file."""
        written = self._written(loc)
        return Document(self.name, self.data, self.lines).problem(written, found, allowed)

    def _written(self, loc: Place) -> Place:
        for length in range(len(loc), 0, -1):
            if loc[:length] in self.origin:
                place, is_line = self.origin[loc[:length]]
                return place if is_line else (*place, *loc[length:])
        return loc


def scenario_lines(document: Document, known: Vocabulary) -> tuple[Document, list[Problem]]:
    """Return a scenario with its regimen lines expanded, and the problems of these lines."""
    end = _end(document.data.get("duration"))
    places: list[tuple[Place, float | None]] = [_past(document)]
    for name, arm in mapping(document.data.get("arms")).items():
        if isinstance(arm, dict):
            places += [(("arms", name, "doses"), end), (("arms", name, "add"), end)]
    longer, problems = _with_lines(document, places, known, pedigree=False)
    if longer is document or not is_steady(document.data.get("history")):
        return longer, problems
    past: Place = ("history", "doses")
    doses = [endless(mapping(dose)) or dose for dose in listed(_at(longer.data, past))]
    return replace(longer, data=_replaced(longer.data, past, doses)), problems


def population_lines(document: Document, known: Vocabulary) -> tuple[Document, list[Problem]]:
    """Return a population with the regimen lines of its past expanded.

    A line that is only text has the pedigree of the past.
    """
    return _with_lines(document, [_past(document)], known, pedigree=True)


def _past(document: Document) -> tuple[Place, float | None]:
    past = mapping(document.data.get("history"))
    if is_steady(past):
        return ("history", "doses"), LONGEST
    return ("history", "doses"), _end(past.get("duration"))


def _end(value: Any) -> float | None:
    length = hours(value)
    return length if length is not None and length > 0.0 else None


def _with_lines(
    document: Document,
    places: Iterable[tuple[Place, float | None]],
    known: Vocabulary,
    *,
    pedigree: bool,
) -> tuple[Document, list[Problem]]:
    data = document.data
    origin: dict[Place, tuple[Place, bool]] = {}
    problems: list[Problem] = []
    for place, end in places:
        doses = _at(data, place)
        if isinstance(doses, str):
            doses, one_text = [doses], True
        elif isinstance(doses, list) and any(_is_line(line, pedigree) for line in doses):
            one_text = False
        else:
            continue
        history = mapping(data.get("history"))
        past_pedigree: dict[str, Any] = {key: history[key] for key in PEDIGREE if key in history}
        items: list[Any] = []
        for number, line in enumerate(doses[:MOST_LINES]):
            line_place = place if one_text else (*place, number)
            lines: list[Any] = [line]
            if _is_line(line, pedigree):
                text, rest = _parts(line, past_pedigree if pedigree else {})
                line_place = line_place if isinstance(line, str) else (*line_place, KEY)
                lines, wrong = _line(document, line_place, text, known, end)
                problems += [*wrong, *_extra(document, line_place, rest)]
                lines = [{**dose, **rest} for dose in lines]
            for dose in lines:
                origin[*place, len(items)] = (line_place, dose is not line)
                items.append(dose)
        data = _replaced(data, place, [*items, *doses[MOST_LINES:]])
    if data is document.data:
        return document, []
    document_fields = {member.name: getattr(document, member.name) for member in fields(Document)}
    return Expanded(**{**document_fields, "data": data}, origin=origin), problems


def _is_line(line: Any, pedigree: bool) -> bool:
    return isinstance(line, str) or (pedigree and isinstance(mapping(line).get(KEY), str))


def _parts(line: Any, pedigree: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a line's text and the keys beside it."""
    if isinstance(line, str):
        return line, pedigree
    return line[KEY], {key: value for key, value in line.items() if key != KEY}


def _extra(document: Document, place: Place, rest: dict[str, Any]) -> list[Problem]:
    """Refuse keys of a dose beside a regimen line, which has them itself."""
    extra = sorted(_DOSE_KEYS & rest.keys())
    actual = f"'{', '.join(extra)}' beside a regimen line"
    return [document.problem(place, actual, "the line alone, with its pedigree")] if extra else []


def _line(
    document: Document, place: Place, text: str, known: Vocabulary, end: float | None
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Return the doses of one line, none if it is wrong."""
    reading = read_line(text, known)
    doses: list[dict[str, Any]] = []
    flaws = reading.flaws
    if reading.line is not None:
        doses, flaws = expanded(reading, end)
        if end is None:
            # a period without a length of its own is refused already
            flaws = tuple(flaw for flaw in flaws if not flaw.actual.startswith(NO_END))
    if not flaws:
        return doses, []
    return [], [
        document.problem(place, f"{flaw.actual}{pointed(text, flaw)}", flaw.allowed)
        for flaw in flaws
    ]


def pointed(text: str, flaw: Flaw) -> str:
    """Return where a flaw stands in a line, for a message of one line.

    Examples
    --------
    >>> pointed("morphine 30 mgg PO q12h", Flaw(9, 15, "", ""))
    " at column 10 of 'morphine >>30 mgg<< PO q12h'"
    """
    before, after = text[max(0, flaw.start - NEAR) : flaw.start], text[flaw.stop :][:NEAR]
    word = text[flaw.start : flaw.stop]
    word = word if len(word) <= 3 * NEAR else f"{word[: 3 * NEAR]}…"
    before = before if flaw.start <= NEAR else f"…{before}"
    after = after if len(text) - flaw.stop <= NEAR else f"{after}…"
    return f" at column {flaw.start + 1} of '{before}>>{word}<<{after}'"


def _at(data: Any, place: Place) -> Any:
    for part in place:
        data = mapping(data).get(str(part))
    return data


def _replaced(data: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    """Return the data with another value at a place; nothing of the original changes."""
    key, *rest = place
    inner = _replaced(data[str(key)], tuple(rest), value) if rest else value
    return {**data, str(key): inner}
