"""Verdicts on numbers, bounds, directions and nulls, and the errors behind them."""

import math

import pytest

from oihsim.evidence.study_form import ObservedForm
from oihsim.evidence.verdict import (
    NORMAL_95,
    Simulated,
    Verdict,
    between_studies,
    judged,
    observed_error,
)

UNPAIRED = {"no_effect": 0.0, "relative": False, "tau": 0.0}


def verdict(role, simulated, se=0.01, study_sd=None, options=UNPAIRED, **observed):
    simulation = Simulated(simulated, se, study_sd, 200)
    return judged(role, ObservedForm(**observed), simulation, **options)


@pytest.mark.parametrize(
    ("simulated", "expected"),
    [(0.5, "inside"), (0.69, "inside"), (0.72, "sign only"), (0.05, "sign only"), (-0.1, "wrong")],
)
def test_a_number(simulated, expected):
    judgement = verdict("fit", simulated, se=0.001, value=0.5, interval=[0.304, 0.696])
    assert judgement.verdict == expected
    assert judgement.distance == pytest.approx((simulated - 0.5) / 0.1, rel=2e-3)


def test_what_the_study_simulation_and_other_studies_do_not_know_adds_up():
    options = {**UNPAIRED, "tau": 0.3}
    judgement = verdict("fit", 1.0, se=0.2, options=options, value=0.0, interval=[-0.6, 0.6])
    study = 0.6 / NORMAL_95
    assert judgement.distance == pytest.approx(1.0 / math.sqrt(study**2 + 0.04 + 0.09))
    assert judgement.spread == pytest.approx(1.0 / judgement.distance)


def test_a_ratio_is_judged_by_its_logarithm():
    options = {"no_effect": 1.0, "relative": True, "tau": 0.0}
    low, high = 0.5 * math.exp(-0.2 * NORMAL_95), 0.5 * math.exp(0.2 * NORMAL_95)
    judgement = verdict("fit", 0.25, se=1e-9, options=options, value=0.5, interval=[low, high])
    assert judgement.distance == pytest.approx(math.log(0.5) / 0.2)
    assert judgement.verdict == Verdict.SIGN_ONLY
    assert (
        verdict("fit", 1.25, se=1e-9, options=options, value=0.5, interval=[low, high]).verdict
        == Verdict.WRONG
    )


@pytest.mark.parametrize(
    ("simulated", "expected"),
    [(0.0, "null respected"), (0.2, "null respected"), (0.21, "null respected"),
     (0.23, "null violated"), (-0.5, "null violated")],
)  # fmt: skip
def test_a_null_is_respected_inside_its_band(simulated, expected):
    assert verdict("null", simulated, band=[-0.2, 0.2]).verdict == expected


def test_bounds_are_passed_on_one_side_only():
    assert verdict("fit", -5.0, at_most=2.0).verdict == "inside"
    assert verdict("fit", 2.5, at_most=2.0).verdict == "sign only"
    assert verdict("fit", -1.0, at_least=-2.0).verdict == "inside"
    assert verdict("fit", -2.5, at_least=-2.0).verdict == "sign only"
    assert verdict("fit", 2.01, at_most=2.0).verdict == "inside"  # by its own error


@pytest.mark.parametrize(
    ("simulated", "expected"),
    [(0.3, "inside"), (0.1, "sign only"), (0.01, "wrong"), (-0.3, "wrong")],
)
def test_a_direction_counts_if_a_study_of_that_size_would_see_it(simulated, expected):
    assert verdict("fit", simulated, study_sd=0.2, sign="above").verdict == expected
    assert verdict("fit", -simulated, study_sd=0.2, sign="below").verdict == expected


def test_context_is_not_judged():
    assert verdict("context", 3.0, value=1.0).verdict == Verdict.NOT_JUDGED


@pytest.mark.parametrize(
    ("observed", "plain", "relative"),
    [
        ({"value": 2.0, "interval": [1.0, 3.0]}, 1.0 / NORMAL_95, math.log(3.0) / 2 / NORMAL_95),
        ({"value": 2.0, "interval": [-1.0, 5.0]}, 3.0 / NORMAL_95, 1.5 / NORMAL_95),
        ({"value": -4.0, "se": 0.5}, 0.5, 0.125),
        ({"value": 4.0, "sd": 3.0, "n": 9}, 1.0, 0.25),
        ({"value": 4.0}, None, None),
        ({"sign": "above"}, None, None),
    ],
)
def test_the_error_of_what_was_observed(observed, plain, relative):
    form = ObservedForm(**observed)
    for expected, logs in ((plain, False), (relative, True)):
        assert observed_error(form, logs) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("value", "no_effect", "relative", "expected"),
    [(-0.5, 0.0, False, 0.15), (0.5, 1.0, True, 0.3 * math.log(2.0)), (8.0, None, False, 0.8),
     (23.0, 0.0, False, 6.9)],
)  # fmt: skip
def test_effects_of_like_studies_differ_by_a_part_of_their_size(
    value, no_effect, relative, expected
):
    observed = ObservedForm(value=value, se=1.0)
    apart = between_studies(observed, no_effect, relative=relative, pooled=False)
    assert apart == pytest.approx(expected)
    # a meta-analysis has it in its interval
    assert between_studies(observed, no_effect, relative=relative, pooled=True) == 0.0


def test_a_direction_has_no_spread_between_studies():
    assert between_studies(ObservedForm(sign="above"), 0.0, relative=False, pooled=False) == 0.0
