"""Endpoints of pain and of its relief."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.results.endpoints._endpoint import Endpoint
from oihsim.results.endpoints._reductions import (
    highest,
    hours_above_zero,
    lowest,
    mean_of_last_day,
    mean_over_time,
)
from oihsim.results.endpoints._spans import Accumulation

if TYPE_CHECKING:
    from xarray import DataArray

MARGIN = 1e-3
"""Excess of pain that counts (points of 0-10): above the error of the solver, below any rating."""


def excess_over_start(values: DataArray) -> DataArray:
    """Return by how much values exceed the first one by more than the margin."""
    return values - values.isel(time=0, drop=True) - MARGIN


PAIN_MEAN = Endpoint(
    name="pain_mean",
    reads="pain",
    reduce=mean_over_time,
    unit="1",
    long_name="mean pain (0-10)",
    better="lower",
    meaning="mean pain rating over time, 0 (none) to 10 (worst)",
    definition="the time-weighted mean of the simulated rating per subject.",
    source="descriptive; trials report the mean of daily 0-10 ratings, whereas a simulated rating "
    "has no recall and no missing days and follows peaks and troughs between doses",
    example={0: 4.0, 6: 2.0, 24: 4.0},
    gives=3.0,
)

PAIN_LAST_DAY = Endpoint(
    name="pain_last_day",
    reads="pain",
    reduce=mean_of_last_day,
    unit="1",
    long_name="mean pain of the last 24 h (0-10)",
    better="lower",
    meaning="mean pain rating over the last 24 h of the window, 0 (none) to 10 (worst)",
    definition="the time-weighted mean of the simulated rating over the 24 h "
    "before the last output time of the window, or over the window if it is shorter.",
    source="descriptive; the simulated counterpart of a rating of the average pain of the past "
    "24 hours",
    example={0: 9.0, 24: 4.0, 36: 2.0, 48: 4.0},
    gives=3.0,
)

PAIN_PEAK = Endpoint(
    name="pain_peak",
    reads="pain",
    reduce=highest,
    unit="1",
    long_name="peak pain (0-10)",
    better="lower",
    meaning="highest pain rating of the window, 0 (none) to 10 (worst)",
    definition="the maximum over the window.",
    source="descriptive; the simulated counterpart of a rating of worst pain",
    example={0: 4.0, 6: 2.0, 24: 5.5},
    gives=5.5,
)

PAIN_TROUGH = Endpoint(
    name="pain_trough",
    reads="pain",
    reduce=lowest,
    unit="1",
    long_name="lowest pain (0-10)",
    better="lower",
    meaning="lowest pain rating of the window, 0 (none) to 10 (worst)",
    definition="the minimum over the window.",
    source="descriptive; the simulated counterpart of a rating of least pain",
    example={0: 4.0, 6: 2.0, 24: 5.5},
    gives=2.0,
)

TIME_IN_PAIN = Endpoint(
    name="time_in_pain",
    reads="pain",
    transform=excess_over_start,
    reduce=hours_above_zero,
    accumulation=Accumulation("hours_above_start", margin=MARGIN),
    unit="h",
    long_name="time with more pain than at the first output",
    better="lower",
    meaning="hours during which pain exceeds the same subject's pain at the first output",
    definition="the time counts during which pain exceeds the pain of the same subject and arm "
    "at the first output time of the result, not of the window, by more than 0.001. That margin "
    "is numerical and not clinical. After a history of doses the first output is already pain on "
    "drug.",
    source="descriptive",
    example={0: 4.0, 10: 5.0, 20: 3.0},
    gives=14.985,
)

ANALGESIC_EFFECT_MEAN = Endpoint(
    name="analgesic_effect_mean",
    reads="analgesic_effect",
    reduce=mean_over_time,
    unit="1",
    long_name="mean analgesic effect (0-1)",
    better="higher",
    meaning="mean over time of the analgesic effect, 0 (none) to 1 (complete)",
    definition="the time-weighted mean of the transduced opioid effect, before "
    "it is set against sensitised pain.",
    source="descriptive; no bedside measure corresponds to it",
    example={0: 0.0, 6: 0.5, 24: 0.0},
    gives=0.25,
)

ANALGESIC_EFFECT_PEAK = Endpoint(
    name="analgesic_effect_peak",
    reads="analgesic_effect",
    reduce=highest,
    unit="1",
    long_name="peak analgesic effect (0-1)",
    better="higher",
    meaning="highest analgesic effect of the window, 0 (none) to 1 (complete)",
    definition="the maximum over the window.",
    source="descriptive; no bedside measure corresponds to it",
    example={0: 0.0, 6: 0.5, 24: 0.25},
    gives=0.5,
)

ANALGESIC_EFFECT_TROUGH = Endpoint(
    name="analgesic_effect_trough",
    reads="analgesic_effect",
    reduce=lowest,
    unit="1",
    long_name="lowest analgesic effect (0-1)",
    better="higher",
    meaning="lowest analgesic effect of the window, 0 (none) to 1 (complete)",
    definition="the minimum over the window.",
    source="descriptive; no bedside measure corresponds to it",
    example={0: 0.5, 6: 0.125, 24: 0.25},
    gives=0.125,
)
