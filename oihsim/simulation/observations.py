"""What rules observe: outputs, states, concentrations and sensory tests, with their noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.compiled_model import Model
from oihsim.engine.solver.rule_columns import (
    K_AREA,
    K_CONCENTRATION,
    K_INHIBITION,
    K_OUTPUT,
    K_RATING,
    K_SENSITISATION,
    K_STATE,
    K_THRESHOLD,
    K_WITHDRAWAL,
)
from oihsim.files.errors import ModelError
from oihsim.model.variability import deviates
from oihsim.results.endpoints.withdrawal import HALF
from oihsim.results.sensory import (
    TESTS,
    AreaTest,
    InhibitionTest,
    RatingTest,
    SensitisationTest,
    SensoryTest,
    ThresholdTest,
)
from oihsim.treatment.rule_sets import RuleSet

Array = NDArray[np.float64]

FELT, EXCESS = "withdrawal_intensity", "cyclic_amp_excess"
"""Withdrawal as it is felt, and the output it follows from, as the endpoints have it."""

MOST_ROWS = 2
"""Drugs of one arm that may bring the same ligand, as heroin and morphine do."""


@dataclass(frozen=True)
class RuleObservation:
    """An observation that rules read.

    Attributes
    ----------
    reads : its name; what its noise is keyed by, beside the time
    label : the same, with the rule set where two observe it with different noise
    blocks : numbers of the rule sets that observe it
    place : kind, row, and a second row or -1
    numbers : noise, origin, cut-off and two parameters of a test
    of_subjects : (n, 2) baseline and gain of a test
    """

    reads: str
    label: str
    blocks: tuple[int, ...]
    place: tuple[int, int, int]
    numbers: tuple[float, float, float, float, float]
    of_subjects: Array


def observations(
    blocks: Sequence[RuleSet],
    model: Model,
    ligands: Sequence[str],
    n: int,
    seed: int,
    *,
    typical: bool = False,
    first: int = 0,
) -> list[RuleObservation]:
    """Return what the rule sets observe, once for each noise with which it is observed.

    Parameters
    ----------
    ligands : names of the effect sites, in the order of the rows
    seed, typical : of baselines and gains of tests; the typical subject is seen without noise
    first : number of the first subject

    Raises
    ------
    ModelError
        the model and the drugs on board have no such variable
    """
    readers: dict[tuple[str, float | None], list[int]] = {}
    for number, block in enumerate(blocks):
        for name in block.reads:
            readers.setdefault((name, block.noise.get(name)), []).append(number)
    names = [name for name, _ in readers]
    observed = []
    for (name, noise), numbers in readers.items():
        label = name if names.count(name) == 1 else f"{name} ({blocks[numbers[0]].name})"
        if name in TESTS:
            parts = _tested(TESTS[name], noise, model, n, seed, typical, first)
        else:
            place, half = _place(EXCESS if name == FELT else name, model, ligands), 0.0
            if name == FELT:
                place, half = (K_WITHDRAWAL, *place[1:]), HALF
            sd = 0.0 if typical else noise or 0.0
            parts = place, (sd, 0.0, 0.0, half, 0.0), np.zeros((n, 2))
        observed.append(RuleObservation(name, label, tuple(numbers), *parts))
    return observed


def _place(name: str, model: Model, ligands: Sequence[str]) -> tuple[int, int, int]:
    """Return the kind and the row of a variable."""
    groups = (
        (K_OUTPUT, [output.name for output in model.linked.outputs]),
        (K_STATE, [state.name for state in model.linked.states]),
    )
    for kind, names in groups:
        if name in names:
            return kind, names.index(name), -1
    for shift, end in enumerate(("_effect_site_concentration", "_plasma_concentration")):
        if name.endswith(end):
            ligand = name.removesuffix(end)
            rows = [i + shift * len(ligands) for i, site in enumerate(ligands) if site == ligand]
            if 0 < len(rows) <= MOST_ROWS:
                return K_CONCENTRATION, rows[0], rows[1] if len(rows) > 1 else -1
    raise ModelError(f"a rule reads {name!r}, which nothing in this arm provides")


def _tested(
    test: SensoryTest, noise: float | None, model: Model, n: int, seed: int, typical: bool,
    first: int,
) -> tuple[tuple[int, int, int], tuple[float, float, float, float, float], Array]:  # fmt: skip
    """Return place, numbers, and baseline and gain of each subject, of a sensory test."""

    def z(what: str) -> Array | None:
        return None if typical else deviates(seed, f"sensory.{what}", n, first)

    baseline = test.baselines(z(f"{test.modality}.baseline"), n)
    gain = test.gains(z(f"{test.name}.gain"), n)
    cv = test.noise.value if noise is None else noise
    sd = 0.0 if typical else math.sqrt(math.log1p(cv * cv))
    kind, one, two = _form(test)
    rows = [_place(name, model, ())[1] for name in test.reads]
    place = (kind, rows[0], rows[1] if len(rows) > 1 else -1)
    numbers = (sd, test.origin, test.cut_off.value, one, two)
    return place, numbers, np.stack([baseline, gain], axis=1)


def _form(test: SensoryTest) -> tuple[int, float, float]:
    """Return the kind of a sensory test and its two parameters beside the gain."""
    if test.repetition is None:
        match test:
            case ThresholdTest():
                return K_THRESHOLD, test.hyperalgesia_gain.value, 0.0
            case AreaTest():
                return K_AREA, test.reach.value, test.half_growth.value
            case SensitisationTest():
                return K_SENSITISATION, test.sensitisation_gain.value, test.sense
            case RatingTest():
                return K_RATING, 0.0, 0.0
            case InhibitionTest():
                return K_INHIBITION, 0.0, 0.0
    raise ModelError(f"rules cannot read the sensory test {test.name!r}")


def noise(
    observed: Sequence[RuleObservation], points: Sequence[tuple[float, int]], n: int, seed: int,
    first: int = 0,
) -> Array:  # fmt: skip
    """Return the deviates of measurement noise, (n, v, q); v is 0 if nothing has any.

    They are keyed by what is observed and when, not by arm or rule set: a subject is seen with the
    same error in every arm, however many subjects there are.

    Parameters
    ----------
    points : time and rule set of each decision point, in their order
    """
    if not any(observation.numbers[0] for observation in observed):
        return np.zeros((n, 0, len(observed)))
    drawn = np.zeros((n, len(points), len(observed)))
    for v, (time, block) in enumerate(points):
        for q, observation in enumerate(observed):
            if block in observation.blocks and observation.numbers[0]:
                drawn[:, v, q] = deviates(seed, f"rules.{observation.reads} {time:.9f}", n, first)
    return drawn
