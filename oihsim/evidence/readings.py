"""Readings: one number per virtual subject from the simulated arms of a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oihsim.evidence.study_form import FindingForm, ReadingForm
from oihsim.results.comparison import KNOWN
from oihsim.results.endpoints import NAMES
from oihsim.results.endpoints._reductions import mean_over_time

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

Array = NDArray[np.float64]


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
    return ReadingForm.model_construct(
        reads=finding.reads, drug=finding.drug, arm=arm, at=at,
        from_=finding.from_, until=finding.until, baseline=finding.baseline, change=finding.change,
    )  # fmt: skip


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
    return np.asarray(mean_over_time(inside).values)


def _arm(results: Mapping[str, Dataset], reading: ReadingForm) -> DataArray:
    group, arm = group_and_arm(reading.arm)
    return results[group][reading.reads].sel(scenario=arm).isel(draw=0)


def _at(course: DataArray, time_h: float) -> Array:
    return np.asarray(course.sel(time=time_h, method="nearest").values)
