"""Verdicts: what a simulated study says of the observed value. Computed, never typed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from oihsim.evidence.study_form import ObservedForm
from oihsim.model.parameter import Parameter

NORMAL_95 = 1.959963984540054
"""Standard deviations from the middle to the end of a 95 % interval."""

EFFECT = Parameter("between_studies_effect", 0.3, "1",
    "sd between studies that were done alike, as a part of the effect",
    low=0.1, high=0.6)  # fmt: skip
LEVEL = Parameter("between_studies_level", 0.1, "1",
    "sd between studies of a number that is no comparison, as a part of it",
    low=0.03, high=0.3)  # fmt: skip
"""How far true values lie apart in studies that were done alike; assumed. A meta-analysis has it in
its interval already."""


class Verdict(StrEnum):
    """What became of a finding."""

    INSIDE = "inside"
    SIGN_ONLY = "sign only"
    WRONG = "wrong"
    RESPECTED = "null respected"
    VIOLATED = "null violated"
    NOT_JUDGED = "not judged"
    FAILED = "not simulated"


@dataclass(frozen=True)
class Simulated:
    """The statistic of a simulated study.

    Attributes
    ----------
    value : the statistic over all virtual subjects
    se : its standard error, from resampled virtual subjects
    study_sd : sd of the statistic over samples as large as the study, or None without its n
    subjects : virtual subjects behind it
    """

    value: float
    se: float
    study_sd: float | None
    subjects: int


@dataclass(frozen=True)
class Judgement:
    """A verdict; with a number observed also its distance, and the spread that is the unit of it.

    Attributes
    ----------
    verdict : what became of the finding
    distance : simulated less observed, in units of ``spread``
    spread : sd of that difference: study, simulation and between studies; of logarithms for ratios
    """

    verdict: Verdict
    distance: float | None = None
    spread: float | None = None


def observed_error(observed: ObservedForm, relative: bool) -> float | None:
    """Return the standard error of an observed value, of its logarithm if ``relative``.

    Examples
    --------
    >>> ten = ObservedForm(value=2.0, sd=3.0, n=9)
    >>> observed_error(ten, relative=False), observed_error(ten, relative=True)
    (1.0, 0.5)
    """
    value = observed.value
    if value is None:
        return None
    if observed.interval is not None:
        low, high = observed.interval
        if relative and low > 0.0:
            return math.log(high / low) / (2.0 * NORMAL_95)
        error = (high - low) / (2.0 * NORMAL_95)
    elif observed.se is not None:
        error = observed.se
    elif observed.sd is not None and observed.n is not None:
        error = observed.sd / math.sqrt(observed.n)
    else:
        return None
    return error / abs(value) if relative else error


def observed_interval(observed: ObservedForm) -> tuple[float, float] | None:
    """Return the 95 % interval of a study alone; None without a number and its error.

    Examples
    --------
    >>> observed_interval(ObservedForm(value=1.0, interval=[0.5, 2.0]))
    (0.5, 2.0)
    """
    if observed.value is None:
        return None
    if observed.interval is not None:
        low, high = observed.interval
        return low, high
    error = observed_error(observed, relative=False)
    if error is None:
        return None
    return observed.value - NORMAL_95 * error, observed.value + NORMAL_95 * error


def between_studies(
    observed: ObservedForm, no_effect: float | None, *, relative: bool, pooled: bool
) -> float:
    """Return the sd between studies on the scale of a statistic's distance.

    Parameters
    ----------
    observed : its value, or bound, sets the scale
    no_effect : value of the statistic without an effect, None where it is no comparison
    relative : whether distances are those of logarithms
    pooled : whether the value is that of a meta-analysis

    Examples
    --------
    >>> between_studies(ObservedForm(value=-0.5, se=0.1), 0.0, relative=False, pooled=False)
    0.15
    """
    value = target(observed)
    if pooled or value is None:
        return 0.0
    if no_effect is None:
        return LEVEL.value * abs(value)
    effect = math.log(value / no_effect) if relative and value > 0.0 else value - no_effect
    return EFFECT.value * abs(effect)


def target(observed: ObservedForm) -> float | None:
    """Return the observed value, or the bound; None for a direction or a band."""
    known = (observed.value, observed.at_most, observed.at_least)
    return next((number for number in known if number is not None), None)


def judged(
    role: str, observed: ObservedForm, simulated: Simulated,
    *, no_effect: float | None, relative: bool, tau: float,
) -> Judgement:  # fmt: skip
    """Return the verdict on a finding.

    Parameters
    ----------
    role : of the finding
    no_effect : value of the statistic without an effect, None where it is no comparison
    relative : whether distances are those of logarithms
    tau : sd between studies

    Notes
    -----
    A number: *inside* if the standardised distance is at most 1.96, with the errors of study and
    simulation and the sd between studies; else *sign only* or *wrong*. A bound: *inside* unless it
    is passed by more than that. A direction alone: *inside* if a study of that size would see the
    simulated effect (at least one standard deviation of its own statistic), *sign only* if it is
    too small for that. A null: *respected* if the simulated value lies in the band, give or take
    its own error.
    """
    if role == "context":
        return Judgement(Verdict.NOT_JUDGED)
    if observed.band is not None:
        slack = NORMAL_95 * simulated.se
        low, high = observed.band
        respected = low - slack <= simulated.value <= high + slack
        return Judgement(Verdict.RESPECTED if respected else Verdict.VIOLATED)
    if observed.sign is not None:
        return Judgement(_direction(observed.sign, simulated, no_effect or 0.0))
    return _number(observed, simulated, no_effect, relative, tau)


def _direction(sign: str, simulated: Simulated, no_effect: float) -> Verdict:
    effect = simulated.value - no_effect
    effect = effect if sign == "above" else -effect
    if effect <= NORMAL_95 * simulated.se:
        return Verdict.WRONG
    unit = simulated.study_sd or simulated.se
    return Verdict.INSIDE if effect >= unit else Verdict.SIGN_ONLY


def _number(
    observed: ObservedForm,
    simulated: Simulated,
    no_effect: float | None,
    relative: bool,
    tau: float,
) -> Judgement:
    wanted = target(observed)
    if wanted is None:
        return Judgement(Verdict.NOT_JUDGED)
    if _keeps(observed, simulated.value):
        return Judgement(Verdict.INSIDE)
    logs = relative and simulated.value > 0.0
    gap = math.log(simulated.value / wanted) if logs else simulated.value - wanted
    error = simulated.se / simulated.value if logs else simulated.se
    spread = math.sqrt((observed_error(observed, logs) or 0.0) ** 2 + error**2 + tau**2)
    distance = gap / spread if spread > 0.0 else math.copysign(math.inf, gap)
    if abs(distance) <= NORMAL_95:
        return Judgement(Verdict.INSIDE, distance, spread)
    neutral = no_effect
    if neutral is not None and (simulated.value - neutral) * (wanted - neutral) > 0.0:
        return Judgement(Verdict.SIGN_ONLY, distance, spread)
    return Judgement(Verdict.WRONG, distance, spread)


def _keeps(observed: ObservedForm, value: float) -> bool:
    """Return whether a value is on the right side of a bound."""
    if observed.at_most is not None:
        return value <= observed.at_most
    return observed.at_least is not None and value >= observed.at_least
