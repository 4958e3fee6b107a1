"""The kinase follows agonism without amplification."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oihsim.neuroplasticity.pkc_gamma import rates

fraction = st.floats(0.0, 1.0)


@given(fraction)
def test_activity_stays_between_nothing_and_all(agonism):
    assert rates(0.0, agonism, 1.3, 1.0) >= 0.0
    assert rates(1.0, agonism, 1.3, 1.0) <= 0.0


@given(st.floats(0.001, 1.0))
def test_at_rest_it_is_a_hyperbola_of_agonism_without_reserve(agonism):
    settled = 1.3 * agonism / (1.3 * agonism + 1.0)
    assert rates(settled, agonism, 1.3, 1.0) == pytest.approx(0.0, abs=1e-12)
    # half of its maximum at full agonism needs more than a quarter of full agonism
    assert settled >= agonism * 1.3 / 2.3


def test_half_of_it_is_gone_in_forty_minutes():
    assert 0.693 / -rates(1.0, 0.0, 1.3, 1.0) * 60.0 == pytest.approx(41.6, abs=0.1)
