"""Lines of rules in words: ``regimen: morphine ER 30 mg PO q12h`` is replaced by keys.

Later steps read keys only; an error names the line that the author wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

from oihsim.files.errors import Problem
from oihsim.files.findings import listed, mapping
from oihsim.files.yaml import Document, Place
from oihsim.treatment.doses.courses import written_time
from oihsim.treatment.regimens.clause import Flaw
from oihsim.treatment.regimens.expansion import expanded
from oihsim.treatment.regimens.line import Give, RegimenLine, Rhythm
from oihsim.treatment.regimens.regimen_documents import Expanded, pointed
from oihsim.treatment.regimens.regimen_reading import Reading, read_line
from oihsim.treatment.rules.rule_form import MOST_RULE_SETS, MOST_RULES, REGIMEN
from oihsim.treatment.vocabulary import Vocabulary

WORDED = ("drug", "route", "amount", "ratio", "over", "every")
"""Keys that may not stand beside words, which have their values."""


def rule_lines(document: Document, known: Vocabulary) -> tuple[Document, list[Problem]]:
    """Return a scenario with the lines of its rules as keys, and the problems of the words.

    A line with a flaw stays as it is.
    """
    data, problems = document.data, []
    origin: dict[Place, tuple[Place, bool]] = dict(getattr(document, "origin", {}))
    for place, line in _lines(document.data):
        text = line.get(REGIMEN)
        if not isinstance(text, str):
            continue
        text_place = (*place, REGIMEN)
        keys, flaws = _keys(text, str(place[-1]), known)
        problems += [
            document.problem(text_place, f"{flaw.actual}{pointed(text, flaw)}", flaw.allowed)
            for flaw in flaws
        ]
        beside = [key for key in line if key in WORDED or key in keys]
        if beside:
            actual = f"'{', '.join(beside)}' beside a regimen line"
            problems.append(document.problem(text_place, actual, "one of the two"))
        if flaws or beside:
            continue
        other_keys = {key: value for key, value in line.items() if key != REGIMEN}
        data = _replaced(data, place, {**keys, **other_keys})
        origin |= {(*place, key): (text_place, True) for key in keys}
    if data is document.data:
        return document, problems
    document_fields = {member.name: getattr(document, member.name) for member in fields(Document)}
    return Expanded(**{**document_fields, "data": data}, origin=origin), problems


def _lines(data: Mapping[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield the place of every line, rescue dose and target of a switch, with its keys."""
    for name, arm in mapping(data.get("arms")).items():
        for number, rule_set in enumerate(listed(mapping(arm).get("rules"))[:MOST_RULE_SETS]):
            set_place: Place = ("arms", name, "rules", number)
            places: list[tuple[Place, Any]] = [
                ((*set_place, "line"), mapping(rule_set).get("line"))
            ]
            for i, rule in enumerate(listed(mapping(rule_set).get("rules"))[:MOST_RULES]):
                parts = mapping(rule)
                places += [
                    ((*set_place, "rules", i, key), parts.get(key)) for key in ("to", "give")
                ]
            yield from ((place, line) for place, line in places if isinstance(line, dict))


def _keys(text: str, kind: str, known: Vocabulary) -> tuple[dict[str, Any], list[Flaw]]:
    """Return the keys of a line in words, or the flaws that make it no line of this kind."""
    reading = read_line(text, known)
    if reading.line is None:
        return {}, list(reading.flaws)
    start, stop = reading.spans[0][0], reading.spans[-1][1]

    def refused(actual: str, allowed: str) -> tuple[dict[str, Any], list[Flaw]]:
        return {}, [Flaw(start, stop, actual, allowed)]

    give = reading.line.parts[0]
    if len(reading.line.parts) > 1 or not isinstance(give, Give):
        return refused("several parts", "one dose and its interval, as rules change the dose")
    if kind == "give":
        if give.rhythm.repeats or not give.single or give.from_h is not None:
            return refused("doses that repeat", "one dose, such as 'morphine 1 mg IV'")
        return _dose(text, give, give.over_h), []
    if give.rhythm.every_h is None or give.rhythm.clocks or give.rhythm.days:
        return refused("doses without one interval", "one interval, such as 'q12h' or 'daily'")
    ended = any(end is not None for end in (give.from_h, give.for_h, give.until_h, give.doses))
    if kind == "to" and ended:
        return refused("a beginning or an end", "a dose and how often: the switch begins it")
    keys = _dose(
        text, give, give.rhythm.every_h if give.is_rate and not give.over_h else give.over_h
    )
    keys["every"] = written_time(float(give.rhythm.every_h))
    if kind == "line":
        keys |= _window(give, give.rhythm.every_h)
    return keys, []


def _dose(text: str, give: Give, over_h: Fraction | None) -> dict[str, Any]:
    """Return drug, route, amount and duration of one dose; a patch is worn for its interval."""
    alone = replace(
        give, over_h=over_h, rhythm=Rhythm(), from_h=None, for_h=None, until_h=None, doses=None
    )
    doses, _ = expanded(Reading(text, RegimenLine((alone,)), (), ((0, len(text)),)))
    return {key: value for key, value in doses[0].items() if key != "from"}


def _window(give: Give, every_h: Fraction) -> dict[str, Any]:
    """Return from and until, where the words have them."""
    first = give.from_h or Fraction(0)
    until = give.until_h
    if give.for_h is not None:
        until = first + give.for_h
    elif give.doses is not None:
        until = first + give.doses * every_h
    window = {} if give.from_h is None else {"from": written_time(float(first))}
    return window if until is None else {**window, "until": written_time(float(until))}


def _replaced(data: Any, place: Place, value: Any) -> Any:
    """Return the data with another value at a place; nothing of the original changes."""
    if not place:
        return value
    key, rest = place[0], place[1:]
    if isinstance(data, list):
        return [
            _replaced(member, rest, value) if i == key else member for i, member in enumerate(data)
        ]
    return {**data, key: _replaced(data[key], rest, value)}
