"""Endogenous tone follows sensitisation and saturates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oihsim.neuroplasticity.endogenous_tone import e_end, rates

fraction = st.floats(0.0, 1.0)


@given(st.floats(0.0, 1e3))
def test_tone_stays_between_nothing_and_all(z):
    assert rates(0.0, z, 0.0096, 0.5) >= 0.0
    assert rates(1.0, z, 0.0096, 0.5) <= 0.0


def test_half_of_the_tone_at_half_recruiting_sensitisation():
    assert rates(0.5, 0.5, 0.0096, 0.5) == pytest.approx(0.0, abs=1e-15)


@given(fraction, fraction)
def test_agonism_is_in_proportion_to_tone(v, e):
    assert e_end(v, e) == pytest.approx(e * v)
