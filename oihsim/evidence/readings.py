"""Readings: one number per virtual subject from the simulated arms of a study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oihsim.evidence.study_form import CriterionForm, FindingForm, ReadingForm
from oihsim.results.comparison import KNOWN
from oihsim.results.endpoints import NAMES
from oihsim.results.endpoints._endpoint import over_window
from oihsim.results.endpoints._reductions import ACCUMULATIONS, highest, lowest, mean_over_time

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

WEEK = 168.0
"""Hours."""


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
    reduce = REDUCTIONS[reading.over]
    inside = course.sel(time=slice(reading.from_, reading.until))
    group, arm = group_and_arm(reading.arm)
    # every 12 h the output times would see a morphine tablet only at its trough
    spans = over_window(results[group], reading.reads, ACCUMULATIONS.get(reduce), inside)
    if spans is None:
        return np.asarray(reduce(inside).values)
    return np.asarray(spans.sel(scenario=arm).isel(draw=0).values)


def slope_per_week(values: DataArray) -> DataArray:
    """Return the slope per week by least squares on the output times."""
    weeks = values["time"] / WEEK
    centred = weeks - weeks.mean()
    return (values * centred).sum("time", skipna=False) / (centred**2).sum()


REDUCTIONS: dict[str, Callable[[DataArray], DataArray]] = {
    "mean": mean_over_time, "lowest": lowest, "highest": highest, "slope": slope_per_week,
}  # fmt: skip
"""How a window becomes one number per subject, by the word of ``over``."""


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
