"""Cohorts of virtual patients: the observations and the true picture of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oihsim.studies.recognition.clinic.measurement import observe
from oihsim.studies.recognition.clinic.treatment_histories import cohort
from oihsim.studies.recognition.clinic.visit import Visit, see
from oihsim.studies.recognition.truth import COUNTS, PICTURES

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Patients:
    """Patients in a row, (n,) each.

    Attributes
    ----------
    seen : (n, k) observations, NaN where there is none
    truth : index of the true picture in ``PICTURES``
    withdrawing, stopped : whether withdrawal is at work, and whether the drug was stopped
    way : name of the way in which the drug was given
    hidden : what the truth rests on
    """

    seen: Array
    truth: NDArray[np.int64]
    withdrawing: NDArray[np.bool_]
    stopped: NDArray[np.bool_]
    way: NDArray[np.str_]
    hidden: Mapping[str, Array]

    def __len__(self) -> int:
        """Return the number of patients."""
        return len(self.truth)

    def take(self, rows: NDArray[np.int64]) -> Patients:
        """Return the patients of some rows."""
        return Patients(
            self.seen[rows],
            self.truth[rows],
            self.withdrawing[rows],
            self.stopped[rows],
            self.way[rows],
            {name: values[rows] for name, values in self.hidden.items()},
        )


def patients_of(visits: Sequence[Visit]) -> Patients:
    """Return the patients of several visits, one after the other."""
    names = {name for visit in visits for name in visit.hidden}
    hidden = {
        name: np.concatenate(
            [visit.hidden.get(name, np.full(len(visit.truth), np.nan)) for visit in visits]
        )
        for name in sorted(names)
    }
    sizes = [len(visit.truth) for visit in visits]
    return Patients(
        np.concatenate([observe(visit) for visit in visits]),
        np.concatenate([visit.truth for visit in visits]),
        hidden["withdrawal"] >= COUNTS,
        np.repeat([visit.history.stopped for visit in visits], sizes),
        np.repeat([visit.history.way for visit in visits], sizes),
        hidden,
    )


def draw(
    seed: int,
    ways: tuple[str, ...],
    *,
    count: int,
    most: int | None = None,
    as_is: bool = False,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Patients:
    """Simulate a cohort; return all patients, or a random sample of each picture.

    Parameters
    ----------
    seed, ways, count : see :func:`oihsim.studies.recognition.clinic.treatment_histories.cohort`
    most : largest number of patients per picture, so that no picture is commoner than another
    as_is : see :func:`oihsim.studies.recognition.clinic.visit.see`
    threads, progress : as for :func:`oihsim.simulate`; progress counts treatment histories

    Returns
    -------
    Patients
        in random order, so that the first patients are as good a sample as any
    """
    histories = cohort(seed, ways, count=count)
    visits = []
    for i, history in enumerate(histories):
        visits.append(see(history, threads=threads, as_is=as_is))
        if progress:
            progress(i + 1, len(histories))
    everybody = patients_of(visits)
    lot = np.random.Generator(np.random.Philox(seed + 1)).permutation(len(everybody))
    rows: list[int] = []
    room = dict.fromkeys(range(len(PICTURES)), most or len(everybody))
    for row in lot:
        picture = int(everybody.truth[row])
        if room[picture] > 0:
            room[picture] -= 1
            rows.append(int(row))
    return everybody.take(np.array(rows, dtype=np.int64))
