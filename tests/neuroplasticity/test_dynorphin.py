"""Dynorphin rises with facilitation and NMDA sensitisation, up to a ceiling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oihsim.neuroplasticity.dynorphin import D_eff, rates

fraction = st.floats(0.0, 1.0)
K = (0.0072, 2.0, 0.45, 0.5)


@given(fraction, fraction)
def test_content_stays_between_naive_and_its_ceiling(f, n):
    assert rates(1.0, f, n, *K) >= 0.0
    assert rates(3.0, f, n, *K) <= 0.0


def test_half_of_the_ceiling_at_the_half_drive():
    assert rates(2.0, 0.45, 0.45, *K) == pytest.approx(0.0, abs=1e-12)


@given(fraction, fraction)
def test_either_driver_raises_it(f, n):
    assert rates(1.0, f + 0.1, n, *K) > rates(1.0, f, n, *K)
    assert rates(1.0, f, n + 0.1, *K) > rates(1.0, f, n, *K)


@given(st.floats(1.0, 3.0))
def test_antiserum_binds_what_is_above_naive(d):
    assert D_eff(d, 0.0) == pytest.approx(d - 1.0)
    assert D_eff(d, 1.0) == 0.0
    assert D_eff(1.0, 0.3) == 0.0


def test_a_knock_out_of_the_rise_keeps_the_content_naive():
    assert rates(1.0, 1.0, 1.0, 0.0072, 0.0, 0.45, 0.5) == 0.0
