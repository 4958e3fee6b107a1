"""Lines of rules in words: ``regimen: morphine ER 30 mg PO q12h`` becomes the keys it stands for.

What follows reads keys only; an error names the line that the author wrote.
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
from oihsim.treatment.rules.rule_form import MOST_BLOCKS, MOST_RULES, REGIMEN
from oihsim.treatment.vocabulary import Vocabulary

SAID = ("drug", "route", "amount", "ratio", "over", "every")
"""Keys that stand in no line beside words: these say them."""


def rule_lines(document: Document, known: Vocabulary) -> tuple[Document, list[Problem]]:
    """Return a scenario with the lines of its rules as keys, and what is wrong with the words.

    A line whose words are wrong stays as it is.
    """
    data, problems = document.data, []
    origin: dict[Place, tuple[Place, bool]] = dict(getattr(document, "origin", {}))
    for place, line in _lines(document.data):
        text = line.get(REGIMEN)
        if not isinstance(text, str):
            continue
        here = (*place, REGIMEN)
        keys, flaws = _keys(text, str(place[-1]), known)
        problems += [
            document.problem(here, f"{flaw.found}{pointed(text, flaw)}", flaw.allowed)
            for flaw in flaws
        ]
        beside = [key for key in line if key in SAID or key in keys]
        if beside:
            found = f"'{', '.join(beside)}' beside a regimen line"
            problems.append(document.problem(here, found, "one of the two"))
        if flaws or beside:
            continue
        kept = {key: value for key, value in line.items() if key != REGIMEN}
        data = _replaced(data, place, {**keys, **kept})
        origin |= {(*place, key): (here, True) for key in keys}
    if data is document.data:
        return document, problems
    own = {one.name: getattr(document, one.name) for one in fields(Document)}
    return Expanded(**{**own, "data": data}, origin=origin), problems


def _lines(data: Mapping[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield the place of every line, rescue dose and target of a switch, with its keys."""
    for name, arm in mapping(data.get("arms")).items():
        for number, block in enumerate(listed(mapping(arm).get("rules"))[:MOST_BLOCKS]):
            here: Place = ("arms", name, "rules", number)
            places: list[tuple[Place, Any]] = [((*here, "line"), mapping(block).get("line"))]
            for i, rule in enumerate(listed(mapping(block).get("rules"))[:MOST_RULES]):
                parts = mapping(rule)
                places += [((*here, "rules", i, key), parts.get(key)) for key in ("to", "give")]
            yield from ((place, line) for place, line in places if isinstance(line, dict))


def _keys(text: str, kind: str, known: Vocabulary) -> tuple[dict[str, Any], list[Flaw]]:
    """Return what a line in words says as keys, or why it is no line of this kind."""
    reading = read_line(text, known)
    if reading.line is None:
        return {}, list(reading.flaws)
    start, stop = reading.spans[0][0], reading.spans[-1][1]

    def refused(found: str, allowed: str) -> tuple[dict[str, Any], list[Flaw]]:
        return {}, [Flaw(start, stop, found, allowed)]

    one = reading.line.parts[0]
    if len(reading.line.parts) > 1 or not isinstance(one, Give):
        return refused("several parts", "one dose and how often: rules change it")
    if kind == "give":
        if one.rhythm.repeats or not one.single or one.from_h is not None:
            return refused("doses that repeat", "one dose, such as 'morphine 1 mg IV'")
        return _dose(text, one, one.over_h), []
    if one.rhythm.every_h is None or one.rhythm.clocks or one.rhythm.days:
        return refused("doses without one interval", "one interval, such as 'q12h' or 'daily'")
    ended = any(end is not None for end in (one.from_h, one.for_h, one.until_h, one.doses))
    if kind == "to" and ended:
        return refused("a beginning or an end", "a dose and how often: the switch begins it")
    keys = _dose(text, one, one.rhythm.every_h if one.is_rate and not one.over_h else one.over_h)
    keys["every"] = written_time(float(one.rhythm.every_h))
    if kind == "line":
        keys |= _window(one, one.rhythm.every_h)
    return keys, []


def _dose(text: str, one: Give, over_h: Fraction | None) -> dict[str, Any]:
    """Return drug, route, amount and duration of one dose; a patch is worn for its interval."""
    alone = replace(
        one, over_h=over_h, rhythm=Rhythm(), from_h=None, for_h=None, until_h=None, doses=None
    )
    doses, _ = expanded(Reading(text, RegimenLine((alone,)), (), ((0, len(text)),)))
    return {key: value for key, value in doses[0].items() if key != "from"}


def _window(one: Give, every_h: Fraction) -> dict[str, Any]:
    """Return from and until, where the words say them."""
    first = one.from_h or Fraction(0)
    until = one.until_h
    if one.for_h is not None:
        until = first + one.for_h
    elif one.doses is not None:
        until = first + one.doses * every_h
    window = {} if one.from_h is None else {"from": written_time(float(first))}
    return window if until is None else {**window, "until": written_time(float(until))}


def _replaced(data: Any, place: Place, value: Any) -> Any:
    """Return the data with another value at a place; nothing of the original changes."""
    if not place:
        return value
    key, rest = place[0], place[1:]
    if isinstance(data, list):
        return [_replaced(one, rest, value) if i == key else one for i, one in enumerate(data)]
    return {**data, key: _replaced(data[key], rest, value)}
