"""What a clinician can observe, and the check of one patient's observations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oihsim.files.errors import InputError, Problem
from oihsim.files.yaml import closest

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ClinicalObservation:
    """What a clinician can observe: name, unit, lowest and highest value, and meaning."""

    name: str
    unit: str
    low: float
    high: float
    meaning: str


OBSERVATIONS = (
    ClinicalObservation("pain_before", "0-10", 0, 10, "mean pain rating before the first dose"),
    ClinicalObservation(
        "relief_first_week", "points", -10, 10,
        "pain before treatment less mean pain in the first week of it",
    ),
    ClinicalObservation(
        "relief_now", "points", -10, 10, "pain before treatment less pain of the last day",
    ),
    ClinicalObservation(
        "rise_at_constant_dose", "points", -10, 10,
        "pain of the last day less pain in the first week of the present dose: relief that fades "
        "(only after two weeks at that dose)",
    ),
    ClinicalObservation(
        "pain_per_doubling", "points", -10, 10,
        "mean change of pain in the week after past dose steps, for each doubling of the dose",
    ),
    ClinicalObservation(
        "test_dose_response", "points", -10, 10,
        "pain 3 h after a single test dose (0.1 mg/kg of morphine into a vein) less pain before it",
    ),
    ClinicalObservation(
        "step_response", "points", -10, 10,
        "pain on days 4 to 7 after a test step of +50 % less pain of the last day before it",
    ),
    ClinicalObservation(
        "spreading_pain", "0-10", 0, 10,
        "new or spreading pain, or tenderness, away from the original site",
    ),
    ClinicalObservation(
        "withdrawal_signs", "0-10", 0, 10, "worst signs of withdrawal in the last day",
    ),
    ClinicalObservation(
        "doses_overdue", "log2", 0, 10,
        "log2(1 + hours since the last dose / usual hours between doses)",
    ),
    ClinicalObservation(
        "dose_growth", "log2", -10, 10,
        "log2 of the present daily dose (the last one, if stopped) over the first",
    ),
)  # fmt: skip
"""All observations, in the order of every array."""

NAMES = tuple(observation.name for observation in OBSERVATIONS)


def read_observations(observed: Mapping[str, Any], source: str = "observations") -> Array:
    """Return the observations of one patient as a row, NaN where nothing was observed.

    Parameters
    ----------
    observed : name -> number; None, NaN or no entry means not observed
    source : name of the input in errors

    Returns
    -------
    (k,) in the order of :data:`OBSERVATIONS`

    Raises
    ------
    InputError : an unknown name or an impossible value; all are named

    Examples
    --------
    >>> int(np.isfinite(read_observations({"pain_before": 6, "relief_now": None})).sum())
    1
    """
    if not isinstance(observed, Mapping):
        actual = f"{type(observed).__name__}"
        raise InputError([Problem(source, None, source, actual, "names with numbers")])
    problems = [
        Problem(source, None, str(name), "an unknown observation", closest(str(name), NAMES))
        for name in observed
        if name not in NAMES
    ]
    row = np.full(len(NAMES), np.nan)
    for i, observation in enumerate(OBSERVATIONS):
        value = observed.get(observation.name)
        if value is None:
            continue
        if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
            allowed = "a number, or nothing if it was not observed"
            problems.append(Problem(source, None, observation.name, repr(value), allowed))
        elif not (math.isnan(value) or observation.low <= float(value) <= observation.high):
            allowed = f"{observation.low:g} to {observation.high:g}"
            problems.append(Problem(source, None, observation.name, f"{float(value):g}", allowed))
        else:
            row[i] = float(value)
    if problems:
        raise InputError(problems)
    return row
