"""The scoreboard: findings counted by verdict, stored, and compared with what is stored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from oihsim.evidence.finding_data import finding_data
from oihsim.evidence.forest_rows import forest_row
from oihsim.evidence.simulated_study import JudgedFinding
from oihsim.evidence.study_form import ROLES, THEMES
from oihsim.evidence.verdict import Verdict
from oihsim.files.yaml import write_atomically
from oihsim.results.plot.forest import ForestRow

STORED = Path(__file__).parent / "scoreboard.json"
"""Verdicts on the shipped studies with the shipped body."""

LOST = {Verdict.RESPECTED: {Verdict.VIOLATED}, Verdict.INSIDE: {Verdict.SIGN_ONLY, Verdict.WRONG}}
"""What no change of the body may do silently: from a good verdict to a worse one."""


def tally(findings: Iterable[Mapping[str, Any]], by: str) -> dict[str, Counter[str]]:
    """Return the number of findings with each verdict, by theme or by role.

    Parameters
    ----------
    findings : as :func:`oihsim.evidence.finding_data.finding_data` returns them
    by : ``"theme"`` or ``"role"``
    """
    groups = THEMES if by == "theme" else ROLES
    counted: dict[str, Counter[str]] = {group: Counter() for group in groups}
    for finding in findings:
        counted[finding[by]][finding["verdict"]] += 1
    return {group: verdicts for group, verdicts in counted.items() if verdicts}


def counts_by_group(
    findings: Sequence[Mapping[str, Any]],
) -> tuple[list[Verdict], list[tuple[str, str, list[str]]]]:
    """Return the verdicts that occur, and for each role and theme its numbers of them as text.

    Parameters
    ----------
    findings : as for :func:`tally`

    Returns
    -------
    tuple
        verdicts; (``"role"`` or ``"theme"``, its name, a text per verdict, empty for none)
    """
    verdicts = [v for v in Verdict if any(finding["verdict"] == v for finding in findings)]
    groups = [
        (by, group, [str(counts[verdict] or "") for verdict in verdicts])
        for by in ("role", "theme")
        for group, counts in tally(findings, by).items()
    ]
    return verdicts, groups


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
    findings = json.loads(path.read_text(encoding="utf-8"))["findings"]
    return {f"{entry['study']}.{entry['finding']}": entry["verdict"] for entry in findings}


def store(
    rows: Sequence[JudgedFinding], recipe: Mapping[str, Any],
    not_simulated: Mapping[str, str] = MappingProxyType({}), path: Path = STORED,
) -> None:  # fmt: skip
    """Store the findings with the recipe of the run that judged them.

    Parameters
    ----------
    rows, recipe : of a :class:`~oihsim.evidence.validation.Validation`
    not_simulated : reason by study that cannot be simulated
    path : file to write

    Raises
    ------
    InputError : the file cannot be written
    """
    findings = [{**finding_data(row), "plot": _plot(forest_row(row))} for row in rows]
    for entry in findings:
        # of the machine, not of the model
        del entry["seconds"]
    document = {"recipe": recipe, "not_simulated": not_simulated, "findings": findings}
    text = json.dumps(document, indent=1, ensure_ascii=False, default=dict) + "\n"
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))


def _plot(row: ForestRow | None) -> dict[str, Any] | None:
    """Return a row of the forest plot as plain data, numbers with four figures."""
    if row is None:
        return None
    return {
        key: float(f"{value:.4g}") if isinstance(value, float) else value
        for key, value in vars(row).items()
    }
