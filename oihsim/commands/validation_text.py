"""A validation as text and as JSON: a table of findings, sentences on a study, the scoreboard."""

from __future__ import annotations

from collections.abc import Sequence

from oihsim.commands.number_text import fixed, json_text
from oihsim.evidence.finding_data import finding_data
from oihsim.evidence.finding_text import observed_text, sentence, simulated_text
from oihsim.evidence.scoreboard import counts_by_group, tally
from oihsim.evidence.simulated_study import JudgedFinding
from oihsim.evidence.study import Study
from oihsim.evidence.validation import Validation
from oihsim.files.caution import CAUTION
from oihsim.files.text_table import Column, folded, table_lines

COLUMNS = (
    Column("finding"), Column("observed"), Column("simulated"), Column("distance", right=True),
    Column("role"), Column("verdict"), Column("s", right=True),
)  # fmt: skip

FEW = 3
"""Studies up to this number are told in sentences, more in a table."""


def format_validation(
    validation: Validation, lost: Sequence[JudgedFinding] = (), width: int | None = None
) -> str:
    """Return a validation as text.

    Parameters
    ----------
    validation : what was run
    lost : findings whose verdict is worse than the stored one
    width : characters of a line; None for as many as the table needs
    """
    lines: list[str] = []
    if len(validation.studies) <= FEW:
        for study in validation.studies:
            lines += [*study_lines(study, validation.rows, width), ""]
    else:
        lines += [*table_lines(COLUMNS, [_cells(row) for row in validation.rows], width), ""]
        for name, reason in validation.not_simulated.items():
            lines += folded(f"{name} is not simulated: {reason}", width, hanging="  ")
        lines += ["", *scoreboard_lines(validation.rows, width)]
    for row in lost:
        lines += folded(f"worse than stored: {row.address} is {row.judgement.verdict}", width)
    return "\n".join([*lines, *folded(CAUTION, width)])


def study_lines(study: Study, rows: Sequence[JudgedFinding], width: int | None = None) -> list[str]:
    """Return what was done in a study, and a sentence for each finding."""
    form = study.form
    people = f", n = {form.n}" if form.n else ""
    lines = folded(f"{study.name} ({form.design}{people}). {form.done}", width)
    for assumption in form.assumed:
        lines += folded(f"assumed: {assumption}", width, indent="  ", hanging="    ")
    if form.cannot:
        lines += folded(f"not simulated: {form.cannot}", width, indent="  ", hanging="    ")
    for row in rows:
        if row.study == study.name:
            lines += folded(f"{row.name}: {sentence(row)}", width, indent="  ", hanging="    ")
    return lines


def scoreboard_lines(rows: Sequence[JudgedFinding], width: int | None = None) -> list[str]:
    """Return the numbers of verdicts by role and by theme."""
    verdicts, groups = counts_by_group([finding_data(row) for row in rows])
    columns = [Column(""), *(Column(str(verdict), right=True) for verdict in verdicts)]
    cells = [[group, *counts] for _, group, counts in groups]
    return table_lines(columns, cells, width)


def _cells(row: JudgedFinding) -> list[str]:
    return [
        row.address, observed_text(row), simulated_text(row),
        fixed(row.judgement.distance, 1, sign=True), row.finding.role,
        str(row.judgement.verdict), fixed(row.seconds, 1),
    ]  # fmt: skip


def validation_json(validation: Validation, lost: Sequence[JudgedFinding] = ()) -> str:
    """Return a validation as JSON: recipe, findings, scoreboard, and what was lost."""
    findings = [finding_data(row) for row in validation.rows]
    return json_text(
        {
            "caution": CAUTION,
            "recipe": validation.recipe,
            "not_simulated": validation.not_simulated,
            "findings": findings,
            "scoreboard": {
                by: {group: dict(counts) for group, counts in tally(findings, by).items()}
                for by in ("role", "theme")
            },
            "worse_than_stored": [row.address for row in lost],
        }
    )
