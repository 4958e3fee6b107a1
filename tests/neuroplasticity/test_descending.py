"""Descending facilitation is recruited by agonism, and a block keeps it from the cord."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oihsim.neuroplasticity.descending import F_eff, F_free, rates

fraction = st.floats(0.0, 1.0)


@given(fraction)
def test_facilitation_stays_between_nothing_and_all(agonism):
    assert rates(0.0, agonism, 0.04, 0.01) >= 0.0
    assert rates(1.0, agonism, 0.04, 0.01) <= 0.0


@given(fraction, fraction)
def test_more_agonism_recruits_more(f, agonism):
    assert rates(f, agonism, 0.04, 0.01) <= rates(f, agonism + 0.1, 0.04, 0.01)


@given(fraction)
def test_a_block_leaves_the_state_and_takes_its_effect(f):
    assert F_free(f, 0.0) == f
    assert F_free(f, 1.0) == 0.0
    assert F_free(f, 0.25) == pytest.approx(0.75 * f)


@given(fraction)
def test_treatment_leaves_what_would_reach_the_cord_and_takes_its_part(f):
    assert F_eff(f, 0.0) == f
    assert F_eff(f, 1.0) == 0.0
    assert F_eff(f, 0.4) == pytest.approx(0.6 * f)
