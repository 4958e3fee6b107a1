"""NMDA receptors: block, a steep threshold in calcium, and a slow memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oihsim.neuroplasticity.nmda import J, block, rates

fraction = st.floats(0.0, 1.0)
calcium = st.floats(-1.0, 20.0)
K = (2.5, 4.0, 2.0, 0.0193, 0.003, 0.00048)


@given(fraction, fraction, calcium)
def test_both_states_stay_between_nothing_and_all(n, late, j):
    assert rates(0.0, late, j, *K)[0] >= 0.0
    assert rates(1.0, late, j, *K)[0] <= 0.0
    assert rates(n, 0.0, j, *K)[1] >= 0.0
    assert rates(n, 1.0, j, *K)[1] <= 0.0


@given(fraction, st.floats(-1.0, 0.0))
def test_below_the_naive_calcium_entry_nothing_is_made(n, j):
    assert rates(n, 0.0, j, *K)[0] == pytest.approx(-0.0193 * n)


@given(st.floats(0.0, 100.0), st.floats(0.0, 100.0))
def test_blockers_compete_for_one_site(x, y):
    assert block(x, y, 1.0) == pytest.approx(1.0 / (1.0 + x + y))
    assert block(x, y, 0.0) == block(x, 0.0, 1.0)


def test_half_of_the_channels_are_blocked_at_the_half_blocking_concentration():
    assert block(1.0, 0.0, 1.0) == 0.5
    assert J(block(0.0, 0.0, 1.0), 1.0, 0.0, 4.0) == 0.0


@given(st.floats(0.1, 3.0), fraction)
def test_calcium_needs_both_glutamate_and_kinase_to_be_large(tone, kinase):
    both = J(1.0, tone, kinase, 4.0)
    assert both <= J(1.0, tone, 1.0, 4.0) + 1e-12
    assert both <= J(1.0, 3.0, kinase, 4.0) + 1e-12
    assert J(1.0, 2.0, 0.0, 4.0) < 2.5
    assert J(1.0, 2.0, 0.5, 4.0) > 2.5


def test_the_threshold_is_steep():
    low, half, high = (rates(0.0, 0.0, 2.5 * x, *K)[0] for x in (0.5, 1.0, 2.0))
    assert half == pytest.approx(1.0)
    assert low < 0.13
    assert high > 1.87


def test_late_sensitisation_needs_early_and_outlasts_it():
    assert rates(0.0, 0.0, 5.0, *K)[1] == 0.0
    assert rates(1.0, 0.0, 0.0, *K)[1] == pytest.approx(0.003)
    early, late = rates(0.5, 0.0, 0.0, *K)[0] / 0.5, rates(0.0, 0.5, 0.0, *K)[1] / 0.5
    assert early / late > 30.0
