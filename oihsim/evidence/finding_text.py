"""Findings in words: what was observed, what the model gives, and the verdict."""

from __future__ import annotations

from oihsim.evidence.simulated_study import JudgedFinding
from oihsim.evidence.verdict import NORMAL_95, observed_interval

UNITS = {
    "percent": " %",
    "incidence": "",
    "event-free share": "",
    "SMD": "",
    "correlation": "",
    "log10 ratio": "",
}
"""What stands behind a number instead of the unit of the reading."""


def observed_text(row: JudgedFinding, *, interval: bool = True) -> str:
    """Return the observed value, with its 95 % interval; or the band, bound or direction."""
    observed, unit = row.finding.observed, _unit(row)
    if observed.band is not None:
        return f"{_range(*observed.band)}{unit}"
    if observed.sign is not None:
        return observed.sign
    if observed.at_most is not None:
        return f"at most {_number(observed.at_most)}{unit}"
    if observed.at_least is not None:
        return f"at least {_number(observed.at_least)}{unit}"
    if observed.value is None:
        return "-"
    text = _number(observed.value)
    limits = observed_interval(observed) if interval else None
    return f"{text}{unit}" if limits is None else f"{text} [{_range(*limits)}]{unit}"


def simulated_text(row: JudgedFinding, *, interval: bool = True) -> str:
    """Return the simulated value, with the 95 % interval of its simulation error."""
    simulated = row.simulated
    if simulated is None:
        return "-"
    if not interval:
        return f"{_number(simulated.value)}{_unit(row)}"
    half = NORMAL_95 * simulated.se
    low, high = simulated.value - half, simulated.value + half
    return f"{_number(simulated.value)} [{_range(low, high)}]{_unit(row)}"


def sentence(row: JudgedFinding) -> str:
    """Return a finding as a sentence: what was measured, observed, simulated, and the verdict."""
    finding, distance = row.finding, row.judgement.distance
    far = "" if distance is None else f", {distance:+.1f} sd away"
    return (
        f"{finding.meaning} ({finding.statistic}): observed {observed_text(row)}; the model gives "
        f"{simulated_text(row)}: {row.judgement.verdict}{far}"
    )


def _range(low: float, high: float) -> str:
    return f"{_number(low)} to {_number(high)}"


def _number(value: float) -> str:
    """Return a number with three significant figures, at most three decimals."""
    text = f"{value:.3g}" if abs(value) >= 0.1 or value == 0.0 else f"{value:.3f}"
    return text.replace("-0.000", "0.000")


def _unit(row: JudgedFinding) -> str:
    if row.finding.statistic in UNITS:
        return UNITS[row.finding.statistic]
    if row.finding.statistic in ("ratio", "geometric ratio") or row.finding.change != "difference":
        return ""
    return "" if row.unit == "1" else f" {row.unit}"
