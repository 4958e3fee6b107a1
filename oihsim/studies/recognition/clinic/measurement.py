"""From readings to observations: whole-number ratings, noise, other causes, missing observations.

Every size is an assumption unless a source is named; all sizes concern the observer and the day,
none the model.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oihsim.model.variability import deviates
from oihsim.studies.recognition.clinic.visit import Visit
from oihsim.studies.recognition.clinical_observations import NAMES, OBSERVATIONS

Array = NDArray[np.float64]

RATING_SD = 0.8
"""SD of one rating, points: smallest detectable changes of 1.6 to 2.8 points (williams2025)."""

RATINGS = {"before": 7, "first": 7, "start": 7, "now": 4, "after": 7}
"""Whole-number ratings behind each mean: a week's diary, but four in the last day."""

DRIFT_SD = 0.5
"""SD of the change of the disease itself from the first week to the visit, points."""

VISIT_SD = 0.3
"""SD of hope or fear about a test dose or step, points."""

SESSION_SD = 0.58
"""Of one rating against another within the hour, points: the lower end of the same range."""

SESSION_RATINGS = 3
"""Ratings before and after the test dose."""

PER_HALVING = 5.0
"""Rating of spreading pain when pain tolerance elsewhere is half of the naive one."""

SPREAD_SD, OTHER_PAIN, OTHER_PAIN_SHARE = 1.5, 3.0, 0.15
"""Noise of that rating, and widespread pain of other causes: points, and part of patients."""

SIGNS_HALF, SIGNS_SD, OTHER_SIGNS = 0.08, 1.0, 0.7
"""Excess of cyclic AMP with half of the signs; noise; mean of signs of other causes."""

RECALL_SD = 0.25
"""SD of ``doses_overdue``, log2: the time of the last dose is remembered."""

MISSING = 0.1
"""Fraction of the observations that nobody made."""


def observe(visit: Visit, *, missing: float = MISSING, noisy: bool = True) -> Array:
    """Return the noisy observations of the patients of a visit, (n, k), NaN where there is none.

    The noise is keyed by the seed of the treatment history, the reading and the patient, so that a
    patient has the same observations in any order and number. ``noisy=False`` gives the readings
    without noise: a textbook case.
    """
    seed, read = visit.history.seed, visit.readings
    n = len(visit.truth)

    def noise(purpose: str) -> Array:
        return deviates(seed, f"observation.{purpose}", n) if noisy else np.zeros(n)

    def rounded(values: Array) -> Array:
        # the mean of noisy whole numbers is not whole
        return np.rint(values) if noisy else values

    def rated(name: str, shift: Array | float = 0.0) -> Array:
        """Return the mean of several whole-number ratings of one pain."""
        each = [
            np.clip(rounded(read[name] + shift + RATING_SD * noise(f"{name}.{k}")), 0, 10)
            for k in range(RATINGS[name])
        ]
        return np.asarray(np.mean(each, axis=0))

    drift = DRIFT_SD * noise("drift")
    before, first, now = rated("before"), rated("first"), rated("now", drift)
    # the first week of treatment may be the first week at this dose: the same ratings
    start = first if len(visit.history.steps) == 1 else rated("start")
    start = np.where(np.isnan(read["start"]), np.nan, start)
    after = rated("after", drift + VISIT_SD * noise("step"))
    test_dose = (
        read["test_dose"]
        + SESSION_SD * np.sqrt(2.0 / SESSION_RATINGS) * noise("test dose")
        + VISIT_SD * noise("hope")
    )
    uniform = _uniform(noise("other pain"))
    spreading = (
        PER_HALVING * np.maximum(read["halvings"], 0.0)
        + SPREAD_SD * noise("spreading")
        + np.where(uniform < OTHER_PAIN_SHARE, OTHER_PAIN, 0.0)
    )
    excess = read["excess"]
    signs = (
        10.0 * excess / (excess + SIGNS_HALF)
        + SIGNS_SD * noise("signs")
        - OTHER_SIGNS * np.log(_uniform(noise("other signs"))) * noisy
    )
    values = {
        "pain_before": before,
        "relief_first_week": before - first,
        "relief_now": before - now,
        "rise_at_constant_dose": now - start,
        "pain_per_doubling": _slope(visit, noise),
        "test_dose_response": test_dose,
        "step_response": after - now,
        "spreading_pain": rounded(np.clip(spreading, 0, 10)),
        "withdrawal_signs": rounded(np.clip(signs, 0, 10)),
        "doses_overdue": np.clip(read["overdue"] + RECALL_SD * noise("recall"), 0, 10),
        "dose_growth": read["growth"],
    }
    seen = np.stack([values[name] for name in NAMES], axis=-1)
    made = np.stack([_uniform(noise(f"made.{name}")) for name in NAMES], axis=-1) >= missing
    low, high = (
        [getattr(observation, end) for observation in OBSERVATIONS] for end in ("low", "high")
    )
    return np.asarray(np.where(made, np.clip(seen, low, high), np.nan))


def _slope(visit: Visit, noise) -> Array:  # type: ignore[no-untyped-def]
    """Return the mean change of pain over past steps, for each doubling of the dose."""
    read = visit.readings
    steps = [name.removeprefix("step_") for name in read if name.startswith("step_")]
    if not steps:
        return np.full(len(visit.truth), np.nan)
    # two means of ratings a step, each with their error
    error = RATING_SD * np.sqrt(2.0 / RATINGS["first"])
    change = sum(read[f"step_{i}"] + error * noise(f"past step.{i}") for i in steps)
    return np.asarray(change / sum(read[f"doublings_{i}"] for i in steps))


def _uniform(normal: Array) -> Array:
    from scipy.special import ndtr

    return np.asarray(ndtr(normal))
