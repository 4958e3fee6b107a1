"""Judged findings as rows of a forest plot."""

from __future__ import annotations

from collections.abc import Sequence

from oihsim.evidence.finding_text import observed_text, simulated_text
from oihsim.evidence.simulated_study import JudgedFinding
from oihsim.evidence.statistic import STATISTICS
from oihsim.evidence.verdict import NORMAL_95, observed_error
from oihsim.results.plot.forest import ForestRow


def forest_rows(rows: Sequence[JudgedFinding]) -> list[ForestRow]:
    """Return a row of the plot for each finding that was simulated and judged."""
    drawn = (forest_row(row) for row in rows)
    return [row for row in drawn if row is not None]


def forest_row(row: JudgedFinding) -> ForestRow | None:
    """Return the row of a finding; None where nothing was simulated or judged."""
    if row.simulated is None or row.finding.role == "context":
        return None
    distance, observed, error = _scaled(row)
    return ForestRow(
        row.theme, f"{row.study}: {row.name.replace('_', ' ')}",
        observed_text(row, interval=False), simulated_text(row, interval=False),
        row.judgement.verdict, observed, distance, error,
    )  # fmt: skip


def _scaled(row: JudgedFinding) -> tuple[float | None, float | None, float]:
    """Return the distance, and half of the observed and of the simulated interval."""
    simulated, observed = row.simulated, row.finding.observed
    assert simulated is not None
    if observed.band is not None:
        # the edges of the band stand at the edges of what counts as inside
        low, high = observed.band
        unit = (high - low) / (2.0 * NORMAL_95)
        middle = (low + high) / 2.0
        return (simulated.value - middle) / unit, NORMAL_95, NORMAL_95 * simulated.se / unit
    if observed.sign is not None:
        unit = simulated.study_sd or simulated.se or 1.0
        effect = simulated.value - (STATISTICS[row.finding.statistic].no_effect or 0.0)
        right = effect if observed.sign == "above" else -effect
        # as far outside as the study is from seeing the effect
        return min(0.0, right / unit - 1.0), None, NORMAL_95 * simulated.se / unit
    distance, spread = row.judgement.distance, row.judgement.spread
    if distance is None:
        # a bound that is kept: nothing lies outside
        return 0.0, None, 0.0
    if not spread:
        return distance, None, 0.0
    relative = STATISTICS[row.finding.statistic].relative and simulated.value > 0.0
    error = simulated.se / (simulated.value if relative else 1.0)
    half = observed_error(observed, relative)
    return distance, None if half is None else NORMAL_95 * half / spread, NORMAL_95 * error / spread
