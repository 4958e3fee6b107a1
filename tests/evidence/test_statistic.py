"""Statistics: each against the same number by hand, and errors against their formulas."""

import math

import numpy as np
import pytest
from scipy.stats import CensoredData, ecdf

from oihsim.evidence.statistic import STATISTICS, resampled

A, B = np.array([1.0, 2.0, 6.0]), np.array([2.0, 2.0, 8.0])

# events of A at 1, 2 and 6, of B at 2 (twice) and 8: those of A over what is expected, then of B
HAZARDS = (
    3.0 / (3 / 6 + 3 * 2 / 5 + 1 / 2),
    3.0 / (3 / 6 + 3 * 3 / 5 + 1 / 2 + 1),
)

BY_HAND = {
    "mean": 3.0,
    "median": 2.0,
    "incidence": 3.0,
    "difference": -1.0,
    "median difference": 0.0,
    "ratio": 0.75,
    "percent": -25.0,
    "geometric ratio": (12.0 / 32.0) ** (1 / 3),
    "log10 ratio": math.log10(12.0 / 32.0) / 3.0,
    "SMD": -1.0 / math.sqrt((7.0 + 12.0) / 2.0),
    "hazard ratio": HAZARDS[0] / HAZARDS[1],
    "event-free share": 0.0,
    "correlation": (-2.0 * -2.0 + -1.0 * -2.0 + 3.0 * 4.0) / math.sqrt(14.0 * 24.0),
}


@pytest.mark.parametrize("name", sorted(STATISTICS))
def test_a_statistic_is_what_a_hand_computes(name):
    assert STATISTICS[name].of(A[None], B[None])[0] == pytest.approx(BY_HAND[name], rel=1e-12)


@pytest.mark.parametrize("name", [n for n, s in STATISTICS.items() if s.compares])
def test_equal_arms_have_no_effect(name):
    if name != "correlation":
        assert STATISTICS[name].of(A[None], A[None])[0] == STATISTICS[name].no_effect


def test_the_error_of_a_mean_is_that_of_the_formula():
    values = np.random.default_rng(1).normal(5.0, 2.0, 200)
    draws = resampled(
        STATISTICS["mean"], values, None, size=200, samples=4000, together=False, seed=2
    )
    assert draws.std(ddof=1) == pytest.approx(values.std() / math.sqrt(200), rel=0.05)


def test_pairs_make_the_error_of_a_difference_smaller():
    rng = np.random.default_rng(3)
    people = rng.normal(5.0, 2.0, 300)
    arm = people + 0.5 + rng.normal(0.0, 0.3, 300)
    errors = {
        together: resampled(
            STATISTICS["difference"], arm, people,
            size=30, samples=4000, together=together, seed=4,
        ).std(ddof=1)
        for together in (True, False)
    }  # fmt: skip
    paired = (arm - people).std() / math.sqrt(30)
    apart = math.sqrt((arm.var() + people.var()) / 30)
    assert errors[True] == pytest.approx(paired, rel=0.06)
    assert errors[False] == pytest.approx(apart, rel=0.06)


def test_the_hazard_ratio_is_that_of_the_rates_with_censoring():
    rng = np.random.default_rng(5)
    fast, slow = rng.exponential(1.0, (1, 4000)), rng.exponential(2.0, (1, 4000))
    fast, slow = (np.where(times < 1.5, times, -1.5) for times in (fast, slow))
    ratio = STATISTICS["hazard ratio"].of(fast, slow)[0]
    assert ratio == pytest.approx(2.0, rel=0.06)
    assert STATISTICS["hazard ratio"].of(slow, fast)[0] == pytest.approx(1.0 / ratio, rel=1e-9)


def test_the_hazard_ratio_by_hand():
    # at 1: one of 2 + 2 at risk has it, in the first arm; at 2: one of 1 + 2, in the second
    values, others = np.array([[1.0, -3.0]]), np.array([[2.0, -3.0]])
    first, second = 1 / (2 / 4 + 1 / 3), 1 / (2 / 4 + 2 / 3)
    assert STATISTICS["hazard ratio"].of(values, others)[0] == pytest.approx(first / second)


def test_the_event_free_share_is_that_of_scipy_with_censoring():
    rng = np.random.default_rng(8)
    times, ends = rng.exponential(2.0, 300).round(1) + 0.1, rng.uniform(0.5, 4.0, 300).round(1)
    values = np.where(times <= ends, times, -ends)
    censored = CensoredData.right_censored(np.abs(values), values < 0.0)
    steps = ecdf(censored).sf
    last = steps.quantiles[steps.quantiles <= times[times <= ends].max()][-1]
    share = STATISTICS["event-free share"].of(values[None], values[None])[0]
    assert 0.05 < share < 0.6
    assert share == pytest.approx(float(steps.evaluate(last)), rel=1e-12)


def test_the_event_free_share_by_hand():
    # one of 4 at 1; one is censored at 2; one of 2 at 3
    values = np.array([[1.0, -2.0, 3.0, -4.0]])
    assert STATISTICS["event-free share"].of(values, values)[0] == pytest.approx(3 / 4 * 1 / 2)


def test_without_events_there_is_no_hazard_ratio():
    censored = np.full((1, 3), -2.0)
    assert np.isnan(STATISTICS["hazard ratio"].of(censored, censored)[0])


def test_nobody_varies():
    same = np.full(10, 2.0)
    assert STATISTICS["SMD"].of(same[None], same[None])[0] == 0.0
    assert STATISTICS["correlation"].of(same[None], A[None, [0] * 10])[0] == 0.0
