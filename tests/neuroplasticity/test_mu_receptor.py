"""Laws of binding: conservation, competition, the limit of fast kinetics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interpreter import Body

from oihsim.kinetics.binding import MU_RECEPTOR, mor_free, mor_occupancy, rates

drive = st.floats(0.0, 1e4)
fraction = st.floats(0.0, 1.0)


@given(fraction, fraction, drive)
def test_all_fractions_of_a_receptor_sum_to_one(share, held, fast):
    o1, o2 = held * share, held * (1.0 - share)
    free = mor_free(o1, o2, fast)
    assert 0.0 <= free <= 1.0
    assert o1 + o2 + free * fast + free == pytest.approx(1.0)
    assert mor_occupancy(free) == pytest.approx(o1 + o2 + free * fast)


@given(fraction, drive, drive, drive, st.floats(0.01, 200.0), st.floats(0.01, 200.0))
def test_occupancy_cannot_leave_its_triangle(share, fast, slow_1, slow_2, k_1, k_2):
    at_zero = rates(0.0, 0.0, mor_free(0.0, 0.0, fast), slow_1, slow_2, k_1, k_2)
    assert min(at_zero) >= 0.0
    full = rates(share, 1.0 - share, mor_free(share, 1.0 - share, fast), slow_1, slow_2, k_1, k_2)
    assert sum(full) <= 1e-9


@given(st.floats(0.0, 1e3), st.floats(0.01, 1e3))
def test_an_antagonist_shifts_the_curve_of_an_agonist_by_one_plus_its_drive(antagonist, agonist):
    alone = agonist * mor_free(0.0, 0.0, agonist)
    shifted = agonist * (1.0 + antagonist)
    assert shifted * mor_free(0.0, 0.0, shifted + antagonist) == pytest.approx(alone)


def test_doubling_the_antagonist_raises_the_dose_ratio_less_one_twofold():
    def half(antagonist):  # drive of agonist for half of the receptors
        drives = np.logspace(-2, 3, 20001)
        held = [x * mor_free(0.0, 0.0, x + antagonist) for x in drives]
        return np.interp(0.5, held, drives)

    assert (half(6.0) - half(0.0)) / (half(3.0) - half(0.0)) == pytest.approx(2.0, rel=1e-4)


@given(st.floats(0.01, 100.0), st.floats(0.0, 100.0))
def test_at_rest_a_slow_slot_binds_as_a_fast_ligand_does(agonist, other):
    slow = agonist / (1.0 + agonist + other)
    assert rates(slow, 0.0, mor_free(slow, 0.0, other), agonist, 0.0, 2.0, 0.0)[0] == (
        pytest.approx(0.0, abs=1e-12)
    )
    fast = agonist * mor_free(0.0, 0.0, agonist + other)
    assert slow == pytest.approx(fast)


def test_a_slow_ligand_approaches_with_koff_and_the_drive_of_others_slows_it():
    body = Body({"mu_receptor.k_off_1": 0.6}, [MU_RECEPTOR])
    for other in (0.0, 9.0):
        drives = {"slow_drive_1": 4.0, "total_mor_drive": other}
        held = body.advance(body.baseline, lambda _t, d=drives: d, 0.0, 1.0)[0]
        end = 4.0 / (5.0 + other)
        rate = 0.6 * (1.0 + 4.0 / (1.0 + other))
        assert held == pytest.approx(end * (1.0 - np.exp(-rate)), rel=1e-5)


@given(fraction, drive, drive)
def test_weights_of_ligands_add_over_fast_and_slow(o1, x, y):
    body = Body({"mu_receptor.e_1": 0.25, "mu_receptor.k_des_1": 0.15}, [MU_RECEPTOR])
    drives = {
        "total_mor_drive": x + y,
        "total_mor_stimulus": 0.75 * x,
        "total_mor_stimulus_arrestin": 0.5 * x,
        "total_mor_desensitising": 1.5 * x,
        "total_mor_internalising": 0.1 * x,
    }
    look = body.look([o1, 0.0], drives)
    bound = x * look["mor_free"]
    assert look["mor_efficacy"] == pytest.approx(0.75 * bound + 0.25 * o1)
    assert look["mor_efficacy_arrestin"] == pytest.approx(0.5 * bound)
    assert look["mor_k_des"] == pytest.approx(1.5 * bound + 0.15 * o1)
    assert look["mor_k_int"] == pytest.approx(0.1 * bound)


def test_an_empty_slot_stays_empty():
    assert rates(0.0, 0.0, 1.0, 5.0, 5.0, 0.0, 0.0) == (0.0, 0.0)
