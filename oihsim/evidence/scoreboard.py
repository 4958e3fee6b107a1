"""The scoreboard: verdicts counted by role and by theme, stored, and compared with the stored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from oihsim.evidence.simulated_study import JudgedFinding
from oihsim.evidence.study_form import ROLES, THEMES
from oihsim.evidence.verdict import Verdict
from oihsim.files.yaml import write_atomically

STORED = Path(__file__).parent / "scoreboard.json"
"""Verdicts on the shipped studies with the shipped body."""

LOST = {Verdict.RESPECTED: {Verdict.VIOLATED}, Verdict.INSIDE: {Verdict.SIGN_ONLY, Verdict.WRONG}}
"""What no change of the body may do silently: from a good verdict to a worse one."""


def tally(rows: Iterable[JudgedFinding], by: str) -> dict[str, Counter[str]]:
    """Return the number of findings with each verdict, by theme or by role.

    Parameters
    ----------
    rows : judged findings
    by : ``"theme"`` or ``"role"``
    """
    groups = THEMES if by == "theme" else ROLES
    counted: dict[str, Counter[str]] = {group: Counter() for group in groups}
    for row in rows:
        group = row.theme if by == "theme" else row.finding.role
        counted[group][row.judgement.verdict] += 1
    return {group: verdicts for group, verdicts in counted.items() if verdicts}


def lost(rows: Sequence[JudgedFinding], stored: Mapping[str, str]) -> list[JudgedFinding]:
    """Return the fits that were inside and the nulls that were respected, and are so no more.

    Parameters
    ----------
    rows : judged findings
    stored : verdict by address, as :func:`stored_verdicts` returns them
    """
    return [
        row
        for row in rows
        if row.finding.role in ("fit", "null")
        and row.address in stored
        and row.judgement.verdict in LOST.get(Verdict(stored[row.address]), set())
    ]


def stored_verdicts(path: Path = STORED) -> dict[str, str]:
    """Return the stored verdict of each finding, by address; nothing if nothing is stored."""
    if not path.is_file():
        return {}
    verdicts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["verdicts"]
    return verdicts


def store(rows: Sequence[JudgedFinding], recipe: Mapping[str, Any], path: Path = STORED) -> None:
    """Store the verdicts with the recipe of the run that gave them.

    Raises
    ------
    InputError : the file cannot be written
    """
    document = {**recipe, "verdicts": {row.address: str(row.judgement.verdict) for row in rows}}
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))
