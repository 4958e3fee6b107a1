"""A study run as it was done, and each of its findings judged."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oihsim.evidence.readings import (
    comparator,
    event_times,
    group_and_arm,
    meets,
    subject_values,
)
from oihsim.evidence.statistic import OF_TIMES, STATISTICS, Statistic, resampled
from oihsim.evidence.study import Study
from oihsim.evidence.study_form import FindingForm, ReadingForm
from oihsim.evidence.verdict import (
    Judgement,
    Simulated,
    Verdict,
    between_studies,
    judged,
)
from oihsim.simulation.simulate import simulate

if TYPE_CHECKING:
    from xarray import Dataset

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

SUBJECTS = 200
"""Virtual subjects of a study, unless asked otherwise."""

SAMPLES = 400
"""Samples of virtual subjects behind each standard error."""


@dataclass(frozen=True)
class JudgedFinding:
    """A finding with what the model gives, and the verdict.

    Attributes
    ----------
    study, name : of the study and of the finding
    finding : as the file has it
    theme : of the study
    unit : of what is read
    simulated : the model's statistic; None where nothing could be simulated
    judgement : the verdict, with its distance
    seconds : of the study, shared by its findings
    """

    study: str
    name: str
    finding: FindingForm
    theme: str
    unit: str
    simulated: Simulated | None
    judgement: Judgement
    seconds: float

    @property
    def address(self) -> str:
        """``study.finding``, as the stored scoreboard names it."""
        return f"{self.study}.{self.name}"


def run_study(
    study: Study, subjects: int = SUBJECTS, *, as_many: bool = False,
    threads: int | None = None, progress: Progress | None = None,
) -> list[JudgedFinding]:  # fmt: skip
    """Simulate a study as it was done, and judge its findings.

    Parameters
    ----------
    study : what was done and found
    subjects : virtual subjects per group
    as_many : errors are those of samples as large as the study: what it could have shown
    threads, progress : as for :func:`oihsim.simulate`

    Raises
    ------
    InputError : a scenario that cannot be simulated
    """
    begin = time.perf_counter()
    results = {}
    for group, scenario in study.scenarios.items():
        people = scenario.change({"population.count": subjects})
        results[group] = simulate(people, threads=threads, progress=progress, on_failure="keep")
    rows = [judged_finding(study, name, results, as_many=as_many) for name in study.findings]
    seconds = (time.perf_counter() - begin) / max(len(rows), 1)
    return [replace(row, seconds=seconds) for row in rows]


def judged_finding(
    study: Study, name: str, results: Mapping[str, Dataset], *, as_many: bool = False
) -> JudgedFinding:
    """Return the verdict on a finding of a study whose scenarios have been simulated.

    Parameters
    ----------
    study, name : the study and the name of its finding
    results : result of each group
    as_many : whether the error is that of samples as large as the study
    """
    finding = study.findings[name]
    unit = _unit(results, finding)
    row = JudgedFinding(
        study.name, name, finding, study.form.theme, unit, None, Judgement(Verdict.FAILED), 0.0
    )
    if not results:
        return row
    statistic = STATISTICS[finding.statistic]
    simulated = _simulated(study, finding, statistic, results)
    if simulated is None:
        return row
    if as_many and simulated.study_sd is not None:
        simulated = replace(simulated, se=simulated.study_sd)
    tau = between_studies(
        finding.observed, statistic.no_effect, relative=statistic.relative,
        pooled=study.form.design == "meta-analysis",
    )  # fmt: skip
    judgement = judged(
        finding.role, finding.observed, simulated,
        no_effect=statistic.no_effect, relative=statistic.relative, tau=tau,
    )  # fmt: skip
    return replace(row, simulated=simulated, judgement=judgement)


def _simulated(
    study: Study, finding: FindingForm, statistic: Statistic, results: Mapping[str, Dataset]
) -> Simulated | None:
    """Return the model's statistic with its errors; None if nobody could be simulated."""
    second = finding.with_ or comparator(finding)
    values, others = _values(results, finding, second)
    together = second is None or _same_subjects(study, finding.arm, second.arm)
    values, others = _complete(values, others, together)
    if len(values) < 2 or (others is not None and len(others) < 2):
        return None
    single = values[None] if others is None else others[None]
    seed = zlib.crc32(f"{study.name} {finding.meaning}".encode())
    draws = resampled(
        statistic, values, others, size=len(values), samples=SAMPLES, together=together, seed=seed
    )
    of_one_group = second is not None and _group(second.arm) == _group(finding.arm)
    paired = of_one_group and (study.form.design == "crossover" or finding.against is None)
    of_size = None if study.form.n is None else resampled(
        statistic, values, others, size=study.form.n, samples=SAMPLES, together=paired, seed=seed
    )  # fmt: skip
    return Simulated(
        float(statistic.of(values[None], single)[0]), float(draws.std(ddof=1)),
        None if of_size is None else float(np.nanstd(of_size, ddof=1)), len(values),
    )  # fmt: skip


def _values(
    results: Mapping[str, Dataset], finding: FindingForm, second: ReadingForm | None
) -> tuple[Array, Array | None]:
    """Return the values of the subjects of a finding, and those they are compared with."""
    if finding.statistic in OF_TIMES:
        times = event_times(results, finding, finding.arm)
        return times, None if second is None else event_times(results, finding, second.arm)
    values = subject_values(results, finding)
    if finding.criterion is not None:
        values = meets(values, finding.criterion)
    return values, None if second is None else subject_values(results, second)


def _group(arm: str) -> str:
    return group_and_arm(arm)[0]


def _same_subjects(study: Study, arm: str, other: str) -> bool:
    """Return whether two arms have the same subjects, or groups with the same random numbers.

    Groups of one seed share baselines and sensitivities: the error of the simulation is smaller,
    as in a study with twins.
    """
    seeds = {study.scenarios[_group(name)].seed for name in (arm, other)}
    return _group(arm) == _group(other) or len(seeds) == 1


def _complete(values: Array, others: Array | None, together: bool) -> tuple[Array, Array | None]:
    """Leave out subjects whose simulation failed, in pairs where the subjects are the same."""
    if others is None:
        return values[np.isfinite(values)], None
    if together:
        both = np.isfinite(values) & np.isfinite(others)
        return values[both], others[both]
    return values[np.isfinite(values)], others[np.isfinite(others)]


def _unit(results: Mapping[str, Dataset], finding: FindingForm) -> str:
    group, _ = group_and_arm(finding.arm)
    if group not in results or finding.reads not in results[group]:
        return "1"
    return str(results[group][finding.reads].attrs.get("units", "1"))
