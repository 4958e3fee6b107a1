"""The sentence on breathing: which arms raise an opioid, change it, stop it or start it again.

The model has no output for breathing (docs/decisions/0010). Where an arm does what kills people,
every result says that breathing is not modelled. The daily dose of an opioid is counted so:

- doses at equal intervals are spread over their interval, infusions and patches over their
  duration, and a single dose over one day; when the next course of the same drug begins within the
  interval of a last dose, it takes over;
- a line that rules act on counts with its first dose; what its rules may do is named separately,
  whether they will do it or not;
- a target of a pump counts as a dose of its own kind, with the concentration as its amount;
- the same drug by another route, or per kg instead of in mg, counts as another opioid: without a
  table of equivalent doses, which tolerance makes untrue, the two cannot be compared.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from oihsim.treatment.arm import Arm, Course, TargetLine
from oihsim.treatment.rule_sets import AMOUNT, PART, DoseLine, Rule, RuleSet

ABSTINENT_H = 72.0
"""Hours without opioid that count as abstinence: after three missed days of methadone tolerance
may be reduced, says the guidance of maintenance treatment (ausmethadone)."""

DEPENDENT_H = 168.0
"""Hours of use, without a gap that counts as abstinence, after which somebody counts as used to
opioids. Assumed."""

DAY = 24.0
SAME = 1e-6
"""Doses whose relative difference is smaller are equal, and so are times less hours apart."""

MOST_NAMED = 6
"""Largest number of arms that one part of the sentence names."""

KINDS = {
    "begun": "an opioid is begun in {}",
    "raised": "the dose of an opioid is raised in {}",
    "changed": "another opioid or route, whose dose cannot be compared, is given in {}",
    "resumed": "an opioid is given again after three days or more without, following use, in {}",
    "stopped": "no opioid is given for three days or more after use in {}",
    "rescue": "rescue doses may raise an opioid in {}",
    "rule_raises": "a rule may raise an opioid, or change it for another, in {}",
    "rule_stops": "a rule may pause or stop an opioid, or give it again after a pause, in {}",
}
"""What an arm may do, in the order and the words of the sentence."""

Key = tuple[str, str, bool]
"""Drug, route, per kg: doses of one key can be compared."""


@dataclass(frozen=True)
class _Piece:
    """A daily dose, mg or mg/kg, from ``start`` to ``end``, h."""

    start: float
    end: float
    daily: float


def concerns(
    arms: Mapping[str, Arm], is_opioid: Callable[[str], bool], end_h: float
) -> dict[str, list[str]]:
    """Return the kinds of :data:`KINDS` that occur, each with the names of its arms.

    Parameters
    ----------
    arms : name -> arm, its past included
    is_opioid : whether a drug is an opioid agonist
    end_h : end of the run, h

    Examples
    --------
    >>> daily = Course(0.0, "morphine", "oral", 30.0, number=10, every_h=24.0)
    >>> more = Course(240.0, "morphine", "oral", 60.0, number=10, every_h=24.0)
    >>> arms = {"stable": Arm("stable", (daily,)), "steps": Arm("steps", (daily, more))}
    >>> concerns(arms, lambda drug: drug == "morphine", 480.0)
    {'begun': ['stable', 'steps'], 'raised': ['steps'], 'stopped': ['stable']}
    """
    arms_by_kind: dict[str, list[str]] = {}
    each = {name: _concerns(arm, is_opioid, end_h) for name, arm in arms.items()}
    for kind in KINDS:
        names = [name for name, kinds in each.items() if kind in kinds]
        if names:
            arms_by_kind[kind] = names
    return arms_by_kind


def sentence(arms_by_kind: Mapping[str, Sequence[str]]) -> str:
    """Return the sentence on breathing; empty if no arm gives reason for it.

    Examples
    --------
    >>> sentence({})
    ''
    >>> sentence({"raised": ["steps"]}).split(": ")[1].split(".")[0]
    'the dose of an opioid is raised in steps'
    """
    if not arms_by_kind:
        return ""
    parts = [KINDS[kind].format(_named(names)) for kind, names in arms_by_kind.items()]
    return (
        f"Breathing and overdose are not modelled, and here they matter: {'; '.join(parts)}. "
        "Opioids can stop breathing. Tolerance to that is lost in abstinence, so that a dose "
        "which was usual before can kill."
    )


def _named(names: Sequence[str]) -> str:
    shown = list(names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        shown.append(f"{len(names) - MOST_NAMED} more arms")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _concerns(arm: Arm, is_opioid: Callable[[str], bool], end_h: float) -> set[str]:
    """Return the kinds of one arm. What lies in its past alone is no concern of the arm."""
    lines = [rule_set.line for rule_set in arm.rules if rule_set.line is not None]
    courses = (*arm.courses, *(course for line in lines for course in _as_course(line, end_h)))
    pieces_by_opioid = {
        key: _pieces(same_opioid)
        for key, same_opioid in _by_key(courses).items()
        if is_opioid(key[0])
    }
    targets = _targets(arm.target_lines).items()
    pieces_by_opioid |= {key: pieces for key, pieces in targets if is_opioid(key[0])}
    all_pieces = sorted(
        (p for pieces in pieces_by_opioid.values() for p in pieces), key=lambda p: p.start
    )
    kinds = set()
    for rule_set in arm.rules:
        kinds |= _by_rules(rule_set, is_opioid)
    if _abstinent_after_use(all_pieces, end_h):
        kinds.add("stopped")
    for key, pieces in pieces_by_opioid.items():
        for time in sorted({piece.start for piece in pieces if 0.0 <= piece.start < end_h}):
            kind = _step(key, time, pieces_by_opioid, all_pieces)
            if kind:
                kinds.add(kind)
    return kinds


def _targets(lines: Iterable[TargetLine]) -> dict[Key, list[_Piece]]:
    """Return the targets of pumps over time; a target can be compared with no dose."""
    pieces: dict[Key, list[_Piece]] = defaultdict(list)
    for line in sorted(lines):
        key = (line.drug, f"{line.unit} {line.site}", False)
        pieces[key].append(_Piece(line.from_h, line.until_h, line.target))
    return pieces


def _as_course(line: DoseLine, end_h: float) -> list[Course]:
    """Return a line that rules act on as fixed doses, as it would be without its rules."""
    until = min(line.until_h, end_h)
    if line.from_h >= until:
        return []
    number = max(1, math.ceil((until - line.from_h) / line.every_h - SAME))
    interval_h = line.every_h if number > 1 else 0.0
    return [
        Course(
            line.from_h, line.drug, line.route, line.amount, line.per_kg, line.duration_h,
            number, interval_h, line.unit,
        )
    ]  # fmt: skip


def _by_rules(rule_set: RuleSet, is_opioid: Callable[[str], bool]) -> set[str]:
    """Return the kinds that the rules of a rule set may cause."""
    switched = [rule.line for rule in rule_set.rules if rule.action == "switch"]
    lines = [line for line in (rule_set.line, *switched) if line is not None]
    opioids = [is_opioid(line.drug) for line in lines]
    kinds = set()
    for rule in rule_set.rules:
        to_opioid = rule.line is not None and is_opioid(rule.line.drug)
        if rule.action == "rescue" and to_opioid:
            kinds.add("rescue")
        elif rule.action == "switch" and any(opioids):
            kinds.add("rule_raises" if to_opioid else "rule_stops")
        elif rule.action == "raise" and any(opioids):
            kinds.add("rule_raises")
        elif any(
            opioid and _may_stop(rule, line) for opioid, line in zip(opioids, lines, strict=True)
        ):
            kinds.add("rule_stops")
    return kinds


def _may_stop(rule: Rule, line: DoseLine) -> bool:
    """Return whether a rule may leave a line without doses for a while, or give them again."""
    all_of_it = rule.by_kind == AMOUNT or (rule.by_kind == PART and rule.by >= 1.0)
    lowered = rule.action == "lower" and all_of_it and line.low == 0.0 and not line.ladder
    return lowered or rule.action in ("pause", "stop", "resume")


def _step(
    key: Key, time: float, pieces_by_opioid: Mapping[Key, list[_Piece]], all_pieces: list[_Piece]
) -> str | None:
    """Return what a course that begins at ``time`` does to the dose of its opioid."""
    pieces = pieces_by_opioid[key]
    dose = _dose(pieces, time)
    if not any(piece.start < time for piece in all_pieces):
        return "begun"  # the first opioid of all: a raise from none
    last = max(piece.end for piece in all_pieces if piece.start < time)
    if time - last >= ABSTINENT_H and _used(all_pieces, time):
        return "resumed"
    # after a pause without abstinence the last doses count, however long ago they were
    recent = min(time, last) - ABSTINENT_H
    before = _highest(pieces, recent, time)
    if before == 0.0:
        return "changed"
    return "raised" if dose > before * (1.0 + SAME) else None


def _by_key(courses: Iterable[Course]) -> dict[Key, list[Course]]:
    courses_by_key: dict[Key, list[Course]] = defaultdict(list)
    for course in courses:
        courses_by_key[course.drug, course.route, course.per_kg].append(course)
    return courses_by_key


def _pieces(courses: Sequence[Course]) -> list[_Piece]:
    """Return the courses of one opioid as daily doses over time, sorted by their start."""
    ordered = sorted(courses)
    pieces = []
    for course in ordered:
        once = course.duration_h or DAY
        length = course.every_h if course.number > 1 else once
        last, end = course.last_h, course.last_h + length
        # what begins at the very end, as written, may lie a rounding before it
        within = last if course.number > 1 else end - SAME
        end = min(
            [end, *(following.first_h for following in ordered if within < following.first_h < end)]
        )
        pieces.append(_Piece(course.first_h, end, course.amount / length * DAY))
    return pieces


def _dose(pieces: Iterable[_Piece], time: float) -> float:
    """Return the daily dose at a time."""
    return sum(piece.daily for piece in pieces if piece.start <= time < piece.end)


def _highest(pieces: list[_Piece], start: float, end: float) -> float:
    """Return the highest daily dose in ``[start, end)``, which is that where a piece begins."""
    times = [start, *(piece.start for piece in pieces if start < piece.start < end)]
    return max(_dose(pieces, time) for time in times)


def _stretches(pieces: list[_Piece]) -> list[tuple[float, float]]:
    """Return the times of use, from start to end, separated by abstinence."""
    stretches: list[tuple[float, float]] = []
    for piece in pieces:
        if stretches and piece.start - stretches[-1][1] < ABSTINENT_H:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], piece.end))
        else:
            stretches.append((piece.start, piece.end))
    return stretches


def _used(pieces: list[_Piece], time: float) -> bool:
    """Return whether there was a stretch of use before ``time`` that was long enough."""
    return any(end - start >= DEPENDENT_H for start, end in _stretches(pieces) if start < time)


def _abstinent_after_use(pieces: list[_Piece], end_h: float) -> bool:
    """Return whether somebody who was used to opioids is abstinent at some time of the run."""
    stretches = _stretches(pieces)
    starts = [*(start for start, _ in stretches), end_h][1:]
    return any(
        following > 0.0 and min(following, end_h) - end >= ABSTINENT_H and _used(pieces, end)
        for (_, end), following in zip(stretches, starts, strict=True)
    )
