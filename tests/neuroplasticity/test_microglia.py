"""Microglia add the mu input and the contested one, and take KCC2 down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oihsim.neuroplasticity.microglia import C_eff, rates

fraction = st.floats(0.0, 1.0)
K = (0.02, 0.012, 1.0, 0.35)
KCC2 = (0.02, 0.55)


@given(fraction, fraction, fraction, st.floats(0.0, 100.0))
def test_states_stay_in_their_ranges(m, kc, agonism, m3g):
    assert rates(0.0, kc, agonism, m3g, *K, 1.0, *KCC2)[0] >= 0.0
    assert rates(1.0, kc, agonism, m3g, *K, 1.0, *KCC2)[0] <= 0.0
    assert rates(m, 0.45, agonism, m3g, *K, 1.0, *KCC2)[1] >= -1e-12
    assert rates(m, 1.0, agonism, m3g, *K, 1.0, *KCC2)[1] <= 0.0


@given(fraction, fraction, st.floats(0.0, 100.0))
def test_the_switch_takes_the_glucuronide_out_and_nothing_else(m, agonism, m3g):
    off = rates(m, 1.0, agonism, m3g, *K, 0.0, *KCC2)
    assert off == rates(m, 1.0, agonism, 0.0, *K, 1.0, *KCC2)


def test_the_glucuronide_input_saturates_at_its_weight():
    base = rates(0.0, 1.0, 0.0, 0.0, *K, 1.0, *KCC2)[0]
    half = rates(0.0, 1.0, 0.0, 1.0, *K, 1.0, *KCC2)[0]
    full = rates(0.0, 1.0, 0.0, 1e9, *K, 1.0, *KCC2)[0]
    assert base == 0.0
    assert full == pytest.approx(0.02 * 0.35)
    assert half == pytest.approx(full / 2.0)


@given(fraction)
def test_kcc2_at_rest_falls_in_proportion_and_an_enhancer_makes_it_good(m):
    assert rates(m, 1.0 - 0.55 * m, 0.0, 0.0, *K, 1.0, *KCC2)[1] == pytest.approx(0.0, abs=1e-12)
    assert C_eff(1.0 - 0.55 * m, 0.0) == pytest.approx(0.55 * m)
    assert C_eff(1.0 - 0.55 * m, 1.0) == 0.0
