"""A judged finding as plain data: for JSON, for the stored scoreboard and for the page."""

from __future__ import annotations

import math
from typing import Any

from oihsim.evidence.finding_text import observed_text, simulated_text
from oihsim.evidence.simulated_study import JudgedFinding


def finding_data(row: JudgedFinding) -> dict[str, Any]:
    """Return a judged finding as plain data; numbers of the simulation with six figures.

    Parameters
    ----------
    row : a finding of :func:`oihsim.validate`
    """
    simulated = row.simulated
    numbers = {} if simulated is None else vars(simulated)
    return {
        "study": row.study, "finding": row.name, "meaning": row.finding.meaning,
        "theme": row.theme, "role": row.finding.role, "statistic": row.finding.statistic,
        "unit": row.unit, "provenance": row.finding.provenance,
        "observed": row.finding.observed.model_dump(exclude_none=True),
        "observed_text": observed_text(row),
        "simulated": {key: _number(value) for key, value in numbers.items()},
        "simulated_text": simulated_text(row),
        "verdict": str(row.judgement.verdict), "distance": _number(row.judgement.distance),
        "seconds": round(row.seconds, 2),
    }  # fmt: skip


def _number(value: float | None) -> float | None:
    """Return a number with six figures; None for one that JSON does not have."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.6g}")
