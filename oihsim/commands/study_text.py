"""A study file as text and as plain data: what was done, what was found, what is simulated."""

from __future__ import annotations

from typing import Any

from oihsim.evidence.study import Study
from oihsim.evidence.study_form import FindingForm
from oihsim.files.caution import CAUTION
from oihsim.files.text_table import folded


def study_text(study: Study, width: int | None = None) -> str:
    """Return a study as text: its findings, then each scenario as resolved.

    Parameters
    ----------
    study : as :func:`oihsim.evidence.study.load_study` returns it
    width : characters of a line; None for as many as the tables need
    """
    form = study.form
    people = f", n = {form.n}" if form.n else ""
    lines = folded(f"{study.name} ({form.design}, {form.theme}{people}). {form.done}", width)
    lines += folded(f"source: {form.citation}", width)
    for assumption in form.assumed:
        lines += folded(f"assumed: {assumption}", width, hanging="  ")
    if form.cannot:
        lines += folded(f"not simulated: {form.cannot}", width, hanging="  ")
    for name, finding in study.findings.items():
        lines += folded(f"{name} ({finding.role}): {_found(finding)}", width, "  ", "    ")
    for group, scenario in study.scenarios.items():
        lines += ["", *([f"group {group}"] if group else []), scenario.explain(width)]
    return "\n".join(lines if study.scenarios else [*lines, "", CAUTION])


def _found(finding: FindingForm) -> str:
    observed = finding.observed.model_dump(exclude_none=True)
    how = observed.pop("how", None)
    numbers = ", ".join(f"{key} {value}" for key, value in observed.items())
    derived = f" ({how})" if how else ""
    return f"{finding.meaning}; {finding.statistic}: {numbers}{derived}; {finding.provenance}"


def study_data(study: Study) -> dict[str, Any]:
    """Return a study as plain data: the file's fields, and each scenario as resolved."""
    written = study.form.model_dump(by_alias=True, exclude_none=True, exclude={"groups"})
    scenarios = {group: scenario.resolved for group, scenario in study.scenarios.items()}
    return {"name": study.name, **written, "scenarios": scenarios, "caution": CAUTION}
