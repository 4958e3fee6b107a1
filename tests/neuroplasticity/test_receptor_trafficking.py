"""Receptors are neither made nor lost except by synthesis and degradation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interpreter import Body

from oihsim.neuroplasticity.receptor_trafficking import a_c, a_s, a_t, rates

fraction = st.floats(0.0, 1.0)
rate = st.floats(0.0, 10.0)
TURN, LYS, RES, REC = 0.029, 0.031, 1.5, 1.4


@given(fraction, fraction, fraction, rate, rate)
def test_receptors_change_in_number_only_by_synthesis_and_loss(s, d, i, k_des, k_int):
    flow = sum(rates(s, d, i, k_des, k_int, TURN, LYS, RES, REC))
    assert flow == pytest.approx(TURN * (1.0 - s - d - i) - LYS * i, abs=1e-12)


@given(fraction, fraction, rate, rate, rate, rate)
def test_the_number_of_receptors_cannot_pass_the_naive_one(s, share, k_des, k_int, turn, lys):
    """Whatever the rates: no scenario may make one negative, so none has to be above another."""
    d, i = (1.0 - s) * share, (1.0 - s) * (1.0 - share)
    assert sum(rates(s, d, i, k_des, k_int, turn, lys, RES, REC)) <= 1e-12


@given(fraction, fraction, rate, rate)
def test_no_pool_of_receptors_becomes_negative(x, y, k_des, k_int):
    assert rates(0.0, x, y, k_des, k_int, TURN, LYS, RES, REC)[0] >= 0.0
    assert rates(x, 0.0, y, k_des, k_int, TURN, LYS, RES, REC)[1] >= 0.0
    assert rates(x, y, 0.0, k_des, k_int, TURN, LYS, RES, REC)[2] >= 0.0


def settled(k_des, k_int):
    body = Body({"mu_receptor.k_off_1": 100.0, "mu_receptor.k_des_1": k_des,
                 "mu_receptor.k_int_1": k_int})  # fmt: skip
    y = body.advance(body.baseline, lambda _t: {"slow_drive_1": 1.0}, 0.0, 500.0)
    return body.look(y, {"slow_drive_1": 1.0})


def test_a_ligand_that_desensitises_more_leaves_fewer_coupled_receptors():
    surface = [settled(k, 0.1)["R_s"] for k in (0.0, 1.0, 2.0, 4.0)]
    assert surface[0] == pytest.approx(1.0)
    assert surface == sorted(surface, reverse=True)


def test_without_internalisation_none_is_inside_and_none_is_lost():
    look = settled(2.0, 0.0)
    assert look["R_i"] == 0.0
    assert look["R_s"] + look["R_d"] == pytest.approx(1.0)


@given(fraction, fraction, fraction)
def test_tone_acts_only_where_no_drug_is_bound(surface, tone, free):
    assert a_s(surface, 0.0, free, tone) == pytest.approx(surface * tone * free)
    assert a_s(surface, 0.0, 0.0, tone) == 0.0
    assert a_c(surface, 0.0, free, tone) == a_s(surface, 0.0, free, tone)


@given(fraction, fraction, fraction, fraction)
def test_analgesia_and_cyclase_read_the_same_receptors_with_their_own_efficacies(s, e, free, tone):
    assert a_c(s, e, free, tone) == a_s(s, e, free, tone)
    assert a_c(s, 0.3 * e, free, 0.0) == pytest.approx(0.3 * a_s(s, e, free, 0.0))


@given(fraction, fraction, fraction, fraction)
def test_the_switch_chooses_which_efficacy_the_pronociceptive_limb_reads(s, d, e, e_arrestin):
    assert a_t(s, d, e, e_arrestin, 1.0, 0.0) == pytest.approx((s + d) * e)
    assert a_t(s, d, e, e_arrestin, 1.0, 1.0) == pytest.approx((s + d) * e_arrestin)
    assert a_t(s, d, e, e_arrestin, 0.0, 0.0) == pytest.approx(s * e)
