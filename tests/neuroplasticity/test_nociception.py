"""Analgesia, expression of sensitisation and the outputs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interpreter import Body

from oihsim.neuroplasticity import SWITCHES, VARIANTS
from oihsim.neuroplasticity import nociception as n
from oihsim.neuroplasticity.nociception import NOCICEPTION

fraction = st.floats(0.0, 1.0)
VALUES = {p.symbol: p.value for p in NOCICEPTION.parameters}
SHAPE = [VALUES[k] for k in ("x_N", "x_L", "x_D", "x_F", "x_C", "x_S", "s_S", "eta")]
EXPRESSION = next(switch.options for switch in SWITCHES if switch.name == "expression")
GATE = [VALUES[k] for k in ("gate_power", "D_full", "C_full")]
INTERVENTIONS = ("dynorphin.antiserum", "descending.rvm_block", "microglia.kcc2_enhancer")


def sensitised(n_, late, r, d, f, c, gating=0.0):
    return n.sensitisation(n_, late, r, d, f, c, *SHAPE, gating, *GATE)


@given(st.floats(0.0, 1e6))
def test_analgesia_is_a_hyperbola_of_agonism_and_never_complete(stimulus):
    effect = n.analgesia(stimulus)
    assert 0.0 <= effect < 1.0
    assert effect / (1.0 - effect) == pytest.approx(stimulus)


def test_naive_half_effect_is_at_the_concentration_of_the_operational_model():
    body = Body()
    x = 1.0 / (20.0 * 0.75 - 1.0)
    look = body.look(body.baseline, {"total_mor_drive": x, "total_mor_stimulus": 0.75 * x})
    assert look["E"] == pytest.approx(0.5)


@given(fraction, fraction)
def test_tolerance_takes_gain_down(w, nmda):
    assert n.g_E(w, nmda, 20.0, 8.5, 0.8) <= 20.0
    assert n.g_E(w + 0.1, nmda, 20.0, 8.5, 0.8) < n.g_E(w, nmda, 20.0, 8.5, 0.8)
    assert n.g_E(w, nmda + 0.1, 20.0, 8.5, 0.8) < n.g_E(w, nmda, 20.0, 8.5, 0.8)


@pytest.mark.parametrize("gating", [0.0, 0.5, 1.0])
def test_expression_is_nothing_at_baseline_and_harmless_below_it(gating):
    """Late sensitisation has a part in proportion, so an error below 0 passes, no larger."""
    assert sensitised(0.0, 0.0, 1.0, 0.0, 0.0, 0.0, gating) == 0.0
    assert abs(sensitised(-1e-12, -1e-12, 1.0, -1e-12, -1e-12, -1e-12, gating)) < 1e-12


def test_both_forms_of_expression_are_equal_when_every_limb_is_full():
    full = (1.0, 1.0, 1.0, 2.0, 1.0, 0.55)
    assert sensitised(*full, 1.0) == pytest.approx(sensitised(*full, 0.0))


@given(st.lists(st.floats(0.01, 0.9), min_size=5, max_size=5), st.integers(0, 4), fraction)
def test_each_limb_adds_to_expression(limbs, which, gating):
    late, nmda, d, f, c = limbs
    more = list(limbs)
    more[which] += 0.1
    low = sensitised(nmda, late, 1.0, 2.0 * d, f, 0.55 * c, gating)
    late, nmda, d, f, c = more
    assert sensitised(nmda, late, 1.0, 2.0 * d, f, 0.55 * c, gating) > low


@given(st.floats(0.1, 1.0))
def test_the_gate_scales_as_the_sum_does(size):
    def gated(k):
        outside = VALUES["x_S"] * 0.5 * k
        z = sensitised(0.0, 0.5 * k, 1.0, k, 0.4 * k, 0.3 * k, 1.0) - outside
        return z ** (1.0 / VALUES["eta"])

    assert gated(size) == pytest.approx(size * gated(1.0))


def test_gated_expression_needs_every_limb_but_keeps_the_early_term_and_the_late_one():
    limbs = {"d": 1.2, "f": 0.6, "c": 0.3}
    early = sensitised(0.8, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    assert early == sensitised(0.8, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    assert early > 0.0
    for gone in limbs:
        remaining = {**limbs, gone: 0.0}
        ungated = early + VALUES["x_S"] * 0.5
        assert sensitised(0.8, 0.5, 1.0, *remaining.values(), 1.0) == pytest.approx(ungated)
        assert sensitised(0.8, 0.5, 1.0, *remaining.values(), 0.0) > 1.5 * ungated


def test_block_hides_a_part_of_expression_and_never_late_sensitisation_outside_the_gate():
    assert n.r_N(1.0, 0.7) == 1.0
    assert n.r_N(0.0, 0.7) == pytest.approx(0.3)
    assert sensitised(0.5, 0.5, 0.3, 1.0, 0.5, 0.3) < sensitised(0.5, 0.5, 1.0, 1.0, 0.5, 0.3)
    hidden = sensitised(0.5, 0.5, 0.0, 1.0, 0.5, 0.3, 1.0)
    assert hidden == pytest.approx(VALUES["x_S"] * 0.5)


@given(st.floats(0.0, 1e3))
def test_a_kappa_antagonist_removes_at_most_its_part_of_dynorphin(drive):
    assert 0.7 <= n.D_kappa(1.0, drive, 0.3) <= 1.0
    assert n.D_kappa(1.0, 1.0, 0.3) == pytest.approx(0.85)


@given(st.floats(0.001, 1e6), st.floats(0.5, 9.5))
def test_pain_is_a_rating_and_naive_pain_is_the_baseline(y, p0):
    k = n.k_in(p0, 0.0, 0.0)
    assert 0.0 <= n.pain(y, k) < 10.0
    assert n.pain(1.0, k) == pytest.approx(p0)
    assert n.pain(1.1 * y, k) > n.pain(y, k)


@given(fraction, st.floats(0.0, 5.0), st.floats(0.0, 3.0))
def test_analgesia_lowers_transmission_and_the_rest_raises_it(e, z, x):
    y = n.transmission(e, z, x, 0.6)
    assert n.transmission(min(e + 0.1, 1.0), z, x, 0.6) <= y
    assert n.transmission(e, z + 0.1, x, 0.6) > y
    assert n.transmission(e, z, x + 0.1, 0.6) >= y
    assert n.threshold(2.0, 1.0) == 0.5


def read(y, **states):
    """Return the three tests of pain at a state, all ligands gone."""
    body = Body(VARIANTS[y].parameters, VARIANTS[y].mechanisms)
    state = [states.get(s.symbol, s.initial) for _, s in body.states]
    look = body.look(state, {})
    return [look[name] for name in ("threshold", "tolerance_threshold", "threshold_det")]


def test_a_little_withdrawal_lowers_tolerance_and_not_the_threshold_more_lowers_both():
    assert read("oihsim-1") == [1.0, 1.0, 1.0]
    pain, tolerance, detection = read("oihsim-1", Q=0.01)
    assert 1.0 - tolerance > 10.0 * (1.0 - pain) > 0.0
    assert 1.0 - pain > 10.0 * (1.0 - detection) > 0.0
    pain, tolerance, detection = read("oihsim-1", Q=0.1)
    assert pain < 0.6
    assert tolerance < pain
    assert detection > 0.9


def test_late_sensitisation_weighs_most_in_tolerance_and_is_hardly_detected():
    pain, tolerance, detection = read("oihsim-1", L=0.6)
    assert tolerance < pain - 0.1
    assert pain < 0.95
    assert detection > 0.98


def test_without_sensitisation_and_withdrawal_the_tests_agree():
    body = Body()
    look = body.look(body.baseline, {"total_mor_drive": 0.1, "total_mor_stimulus": 0.08})
    assert look["threshold"] > 1.5
    assert look["tolerance_threshold"] == look["threshold_det"] == look["threshold"]


@given(st.floats(0.0, 0.9), st.floats(0.0, 0.9), st.floats(0.0, 0.9))
def test_in_the_prototype_one_transmission_serves_every_test(q, late, nmda):
    pain, tolerance, detection = read("oih21", Q=q, L=late, N=nmda, F=0.5, D=2.0)
    assert pain < 1.0
    assert tolerance == pytest.approx(pain, rel=1e-12)
    assert detection == pytest.approx(pain, rel=1e-12)


@given(
    st.lists(fraction, min_size=17, max_size=17), st.floats(0.0, 10.0), st.floats(0.0, 10.0),
    st.sampled_from([0.0, 1.0]),
)  # fmt: skip
def test_drug_free_read_outs_do_not_see_ligands_and_add_up(y, opioid, ketamine, gating):
    body = Body({"nociception.gating": gating, "mu_receptor.e_1": 0.3})
    y = [max(x, s.bounds[0]) for x, (_, s) in zip(y, body.states, strict=True)]
    y[0] = y[1] = 0.1
    y[14] = 0.05 + 0.95 * y[14]  # some receptors are left at the surface
    names = ("drug_free_threshold", "hyperalgesia_index", "withdrawal_part", "tolerance_index")
    free = [body.look(y, {})[name] for name in names]
    drives = {
        "total_mor_drive": opioid,
        "total_mor_stimulus": 0.8 * opioid,
        "total_nmda_drive": ketamine,
        "total_opioid_nmda_drive": 0.1 * opioid,
        "total_kappa_drive": opioid,
        "total_glial_drive": opioid,
    }
    seen = [body.look(y, drives)[name] for name in names]
    assert seen == free
    assert 1.0 - free[0] == pytest.approx(free[1] + free[2])
    assert free[2] >= -1e-12


def test_with_no_ligand_the_threshold_is_the_drug_free_one():
    body = Body()
    drives = {"total_mor_drive": 0.5, "total_mor_stimulus": 0.4,
              "total_mor_stimulus_arrestin": 0.4}  # fmt: skip
    y = body.advance(body.baseline, lambda _t: drives, 0.0, 1000.0)
    look = body.look(y, {})
    assert look["threshold"] == pytest.approx(look["drug_free_threshold"])
    assert look["hyperalgesia_index"] > 0.1
    assert look["withdrawal_part"] > 0.1
    assert look["tolerance_index"] > 2.0
    assert body.look(y, drives)["threshold"] > look["threshold"]


def test_naive_read_outs():
    body = Body()
    look = body.look(body.baseline, {})
    assert (look["pain"], look["threshold"], look["tolerance_index"]) == pytest.approx((4, 1, 1))
    assert look["drug_free_threshold"] == 1.0
    assert look["hyperalgesia_index"] == 0.0
    assert look["withdrawal_part"] == 0.0
    assert look["tolerance_threshold"] == look["threshold_det"] == 1.0


@given(st.floats(0.2, 1.0), st.floats(1.0, 4.0), st.floats(0.0, 0.02))
def test_the_tolerance_index_is_the_ratio_of_half_effective_drives(surface, loss, tone):
    tau, e = 20.0, 0.9
    index = n.tolerance_index(surface, tone, tau / loss, tau, e)

    def effect(drive):
        held = drive / (1.0 + drive)
        return n.analgesia(tau / loss * surface * (e * held + tone * (1.0 - held)))

    naive = 1.0 / (tau * e - 1.0)
    if index == math.inf:
        assert effect(1e12) <= 0.5
        return
    assert effect(index * naive) == pytest.approx(0.5)


def test_a_system_that_no_test_dose_can_move_to_half_is_infinitely_tolerant():
    assert n.tolerance_index(0.5, 0.0, 2.0, 20.0, 0.9) == math.inf


@pytest.mark.parametrize("expression", EXPRESSION)
def test_interventions_reverse_hyperalgesia_and_gating_makes_each_reverse_most(expression):
    """Gated, each leaves what is outside the gate and nothing else: early and late terms."""
    values = VALUES | {a.split(".")[1]: v for a, v in EXPRESSION[expression].items()}
    body = Body(EXPRESSION[expression])
    drives = {
        "total_mor_drive": 0.5, "total_mor_stimulus": 0.375,
        "total_mor_stimulus_arrestin": 0.375, "total_mor_desensitising": 0.75,
        "total_mor_internalising": 0.05,
    }  # fmt: skip
    y = body.advance(body.baseline, lambda _t: drives, 0.0, 40 * 24.0)
    y[[s.symbol for _, s in body.states].index("N")] = 0.1
    look = body.look(y, {})
    before = look["hyperalgesia_index"]
    outside_gate = (
        values["s_S"] * (values["x_N"] * 0.1) ** values["eta"] + values["x_S"] * look["L"]
    )
    outside = (
        n.hyperalgesia_index(look["E_free"], outside_gate, values["phi"], values["q"]) / before
    )
    fractions = []
    for address in INTERVENTIONS:
        body.change(address, 1.0)
        fractions.append(body.look(y, {})["hyperalgesia_index"] / before)
        body.change(address, 0.0)
    if expression == "gated":
        assert fractions == pytest.approx([outside] * 3)
        assert outside < 0.25
    else:
        assert np.all(np.array(fractions) < 1.0)
        assert np.all(np.array(fractions) > 0.5)
