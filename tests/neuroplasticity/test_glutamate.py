"""Glutamate tone stays positive, and each of its drivers moves it the way the data say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oihsim.neuroplasticity.glutamate import GLUTAMATE, rates, release

fraction = st.floats(0.0, 1.0)
camp = st.floats(0.0, 5.0)


GAINS = (0.0, 0.75, 1.6, 0.3, 0.08)  # no treatment, then the gains


@given(camp, fraction, fraction, st.floats(0.0, 6.0))
def test_release_is_positive_while_its_cyclic_amp_part_is_below_one(p, s, f, d):
    assert release(p, s, f, d, *GAINS) >= 0.25


@given(st.floats(0.55, 1.0), fraction, camp)
def test_tone_rises_from_nothing_and_uptake_stays_in_its_range(uptake, kinase, released):
    assert rates(uptake, 0.0, kinase, 0.25 + released, 0.025, 0.45, 10.0)[1] > 0.0
    assert rates(0.55, 1.0, kinase, 1.0, 0.025, 0.45, 10.0)[0] >= -1e-12
    assert rates(1.0, 1.0, kinase, 1.0, 0.025, 0.45, 10.0)[0] <= 0.0


@given(camp, fraction, fraction, st.floats(0.0, 6.0), fraction)
def test_treatment_takes_a_part_of_what_facilitation_adds_and_nothing_else(p, s, f, d, effect):
    treated = release(p, s, f, d, effect, *GAINS[1:])
    at_rest = release(p, 0.0, 0.0, 0.0, *GAINS)
    added = release(p, s, f, d, *GAINS) - at_rest
    assert treated == pytest.approx(at_rest + (1.0 - effect) * added)
    assert release(1.0, 0.0, 0.0, 0.0, effect, *GAINS[1:]) == 1.0


def test_opioid_lowers_release_and_withdrawal_raises_it():
    assert release(0.5, 0.0, 0.0, 0.0, *GAINS) < release(1.0, 0.0, 0.0, 0.0, *GAINS)
    assert release(1.5, 0.0, 0.0, 0.0, *GAINS) > 1.0
    assert release(1.5, 0.5, 0.0, 0.0, *GAINS) > release(1.5, 0.0, 0.0, 0.0, *GAINS)
    assert release(1.0, 0.0, 0.5, 0.0, *GAINS) > 1.0
    assert release(1.0, 0.0, 0.0, 1.0, *GAINS) > 1.0
    assert release(1.0, 0.0, 0.0, 0.0, *GAINS) == 1.0


@given(fraction)
def test_tone_at_rest_is_release_over_uptake(kinase):
    uptake = 1.0 - 0.45 * kinase
    d_uptake, d_tone = rates(uptake, 1.3 / uptake, kinase, 1.3, 0.025, 0.45, 10.0)
    assert d_uptake == pytest.approx(0.0, abs=1e-12)
    assert d_tone == pytest.approx(0.0, abs=1e-12)


def test_release_stays_positive_over_the_whole_stated_range():
    g_P = next(p for p in GLUTAMATE.parameters if p.symbol == "g_P")
    assert g_P.high < 1.0
