"""Readings: one number per virtual subject from the simulated arms of a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oihsim.evidence.study_form import CriterionForm, FindingForm, ReadingForm
from oihsim.results.comparison import KNOWN
from oihsim.results.endpoints import NAMES
from oihsim.results.endpoints._endpoint import ROUNDING
from oihsim.results.endpoints._reductions import mean_over_time
from oihsim.results.endpoints._spans import Accumulation, from_spans

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

WEEK = 168.0
"""Hours."""

ACCUMULATED = ("mean", "lowest", "highest")
"""The reductions of a window that a run accumulates at the solver's own steps."""


def group_and_arm(name: str) -> tuple[str, str]:
    """Return the group and the arm of ``group/arm``, or no group and the arm.

    Examples
    --------
    >>> group_and_arm("maintained/none"), group_and_arm("placebo")
    (('maintained', 'none'), ('', 'placebo'))
    """
    group, _, arm = name.rpartition("/")
    return group, arm


def subject_values(results: Mapping[str, Dataset], reading: ReadingForm) -> Array:
    """Return the value of each subject, (id,); NaN for a subject whose simulation failed.

    Parameters
    ----------
    results : simulated scenario of each group
    reading : what is read; with a baseline, the change from the subject's own baseline
    """
    value = _value(results, reading)
    if reading.baseline is None:
        return value
    return changed(value, _at(_arm(results, reading), reading.baseline), reading.change)


def changed(value: Array, baseline: Array, change: str) -> Array:
    """Return how values relate to the baselines of the same subjects.

    Examples
    --------
    >>> changed(np.array([30.0]), np.array([40.0]), "percent").tolist()
    [-25.0]
    """
    if change == "difference":
        return value - baseline
    ratio = value / baseline
    return ratio if change == "ratio" else 100.0 * (ratio - 1.0)


def comparator(finding: FindingForm) -> ReadingForm | None:
    """Return the reading that a finding is compared with; None for a finding of a single arm."""
    if finding.against is None and finding.against_at is None:
        return None
    at = finding.at if finding.against_at is None else finding.against_at
    arm = finding.arm if finding.against is None else finding.against
    return finding.model_copy(update={"arm": arm, "at": at})


def _value(results: Mapping[str, Dataset], reading: ReadingForm) -> Array:
    if reading.reads in NAMES:
        group, arm = group_and_arm(reading.arm)
        options: dict[str, Any] = {"from_h": reading.from_, "until_h": reading.until}
        if reading.drug is not None:
            options["drug"] = reading.drug
        values = KNOWN[reading.reads](results[group], **options)
        return np.asarray(values.sel(scenario=arm).isel(draw=0).values)
    course = _arm(results, reading)
    if reading.at is not None:
        return _at(course, reading.at)
    inside = course.sel(time=slice(reading.from_, reading.until))
    spans = _from_spans(results, reading, inside)
    return reduced(inside, reading.over) if spans is None else spans


def _from_spans(
    results: Mapping[str, Dataset], reading: ReadingForm, inside: DataArray
) -> Array | None:
    """Return the mean or extreme of what the run accumulated; None where it accumulated nothing.

    The output times then decide nothing: every 12 h they would see a morphine tablet only at its
    trough.
    """
    times = inside["time"].values
    if reading.over not in ACCUMULATED or len(times) < 2:
        return None
    group, arm = group_and_arm(reading.arm)
    how = Accumulation(reading.over)
    edges = float(times[0]), float(times[-1])
    values = from_spans(results[group], reading.reads, how, *edges, ROUNDING)
    return None if values is None else np.asarray(values.sel(scenario=arm).isel(draw=0).values)


def reduced(course: DataArray, over: str) -> Array:
    """Return one number per subject from a window: mean, lowest, highest, or slope per week.

    The slope is that of least squares on the output times.
    """
    if over == "mean":
        return np.asarray(mean_over_time(course).values)
    if over in ("lowest", "highest"):
        extreme = course.min if over == "lowest" else course.max
        return np.asarray(extreme("time", skipna=False).values)
    weeks = course["time"] / WEEK
    centred = weeks - weeks.mean()
    slope = (course * centred).sum("time", skipna=False) / (centred**2).sum()
    return np.asarray(slope.values)


def event_times(results: Mapping[str, Dataset], finding: FindingForm, arm: str) -> Array:
    """Return when each subject first meets the criterion, h after the start of the window.

    A subject who does not is censored at the end of the window, or where he drops out and his
    values end: a negative number. NaN for a subject whose simulation failed.
    """
    assert finding.criterion is not None
    reading = finding.model_copy(update={"arm": arm})
    course = _arm(results, reading).sel(time=slice(finding.from_, finding.until))
    values = course.transpose("id", "time").values
    if finding.baseline is not None:
        before = _at(_arm(results, reading), finding.baseline)[:, None]
        values = changed(values, before, finding.change)
    hours = np.asarray(course["time"].values - course["time"].values[0])
    met = meets(values, finding.criterion) == 1.0
    last = hours[np.maximum(np.isfinite(values).sum(axis=1) - 1, 0)]
    # the very start counts as the shortest time, since 0 is neither an event nor a censoring
    event, censored = (
        np.maximum(time, np.finfo(float).tiny) for time in (hours[met.argmax(axis=1)], last)
    )
    first = np.where(met.any(axis=1), event, -censored)
    return np.asarray(np.where(_failed(results, reading, values), np.nan, first))


def _failed(results: Mapping[str, Dataset], reading: ReadingForm, values: Array) -> Bools:
    """Return whose simulation failed: without any value, or with a status that says so."""
    group, arm = group_and_arm(reading.arm)
    without = np.asarray(np.isnan(values).all(axis=1))
    if "status" not in results[group]:
        return without
    status = results[group]["status"].sel(scenario=arm).isel(draw=0).values
    return np.asarray(without | (status != 0))


def meets(values: Array, criterion: CriterionForm) -> Array:
    """Return 1 for each value that meets a criterion, else 0; NaN stays.

    Examples
    --------
    >>> meets(np.array([0.5, 0.9]), CriterionForm(below=0.8)).tolist()
    [1.0, 0.0]
    """
    limit = criterion.above if criterion.above is not None else criterion.below
    assert limit is not None
    counts = values > limit if criterion.above is not None else values < limit
    return np.where(np.isnan(values), np.nan, counts.astype(float))


def _arm(results: Mapping[str, Dataset], reading: ReadingForm) -> DataArray:
    group, arm = group_and_arm(reading.arm)
    return results[group][reading.reads].sel(scenario=arm).isel(draw=0)


def _at(course: DataArray, time_h: float) -> Array:
    return np.asarray(course.sel(time=time_h, method="nearest").values)
