"""Cyclic AMP is controlled about its set point: no overshoot on drug, one when it leaves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interpreter import Body

from oihsim.neuroplasticity.adenylyl_cyclase import (
    ADENYLYL_CYCLASE,
    P,
    P_free,
    S_w,
    S_w_free,
    X_w,
    rates,
)

fraction = st.floats(0.0, 1.0)
K = (1.5, 1.5, 0.025, 0.0083, 0.5, 0.02)
VALUES = {p.symbol: p for p in ADENYLYL_CYCLASE.parameters}
# analgesia reads the stimulus, the cyclase that of the low-gain efficacy
DRUG = {"total_mor_drive": 0.4, "total_mor_stimulus": 0.3, "total_mor_stimulus_arrestin": 0.3}


@given(fraction, fraction, st.floats(0.0, 5.0), fraction)
def test_both_arms_stay_between_nothing_and_all(q, w, camp, block):
    assert rates(0.0, w, camp, block, *K)[0] >= 0.0
    assert rates(1.0, w, camp, block, *K)[0] <= 0.0
    assert rates(q, 0.0, camp, block, *K)[1] >= 0.0
    assert rates(q, 1.0, camp, block, *K)[1] <= 0.0


@given(fraction, fraction, st.floats(1.0, 5.0))
def test_at_or_above_the_set_point_the_fast_arm_decays_and_alone_feeds_the_slow_one(q, w, camp):
    """The slow arm goes on for as long as the fast one lasts: it is fed by it, not by a deficit."""
    fed = 0.025 * q * (1.0 - w)
    assert rates(q, w, camp, 1.0, *K) == (pytest.approx(-1.5 * q), pytest.approx(fed - 0.0083 * w))
    assert rates(0.0, w, camp, 1.0, *K) == (0.0, pytest.approx(-0.0083 * w))


@given(fraction, fraction)
@pytest.mark.parametrize("end", ["value", "worst"])
def test_above_the_set_point_cyclic_amp_only_falls(end, q, w):
    """What the slow arm gains there the fast one more than loses, over the whole stated range."""
    worst = {"c_Q": "low", "k_Q_off": "low", "c_W": "high", "k_W_on": "high", "k_W_off": "low"}
    v = {s: getattr(p, worst.get(s, "value") if end == "worst" else "value")
         for s, p in VALUES.items()}  # fmt: skip
    speeds = [v[k] for k in ("k_Q_on", "k_Q_off", "k_W_on", "k_W_off", "f_N", "delta")]
    d_q, d_w = rates(q, w, 1.0, 1.0, *speeds)
    assert v["c_Q"] * d_q + v["c_W"] * d_w <= 0.0


@given(fraction, fraction, fraction)
def test_agonism_lowers_cyclic_amp_and_adaptation_raises_it(q, w, agonism):
    camp = P(q, w, agonism, 6.0, 3.0, 8.0)
    assert camp > 0.0
    assert P(q, w, agonism + 0.1, 6.0, 3.0, 8.0) < camp
    assert P(q + 0.1, w, agonism, 6.0, 3.0, 8.0) > camp
    assert P(q, w + 0.1, agonism, 6.0, 3.0, 8.0) > camp


def test_the_set_point_is_met_exactly_without_drug():
    assert P(0.0, 0.0, 0.0, 6.0, 3.0, 8.0) == 1.0
    assert P_free(0.0, 0.0, 1.0, 0.0, 6.0, 3.0, 8.0) == 1.0
    assert X_w(1.0, 0.02) == 0.0
    assert S_w(0.0, 0.09) == S_w_free(0.0, 0.09) == 0.0


@given(st.floats(0.0, 5.0))
def test_half_of_an_excess_excites_much_less_than_half(excess):
    assert S_w(0.09, 0.09) == pytest.approx(0.5)
    assert S_w(0.045, 0.09) < 0.06
    assert 0.0 <= S_w(excess, 0.09) <= S_w(excess + 0.01, 0.09) < 1.0
    assert S_w_free(excess, 0.09) == S_w(excess, 0.09)


def test_a_partial_agonist_inhibits_in_proportion_to_its_low_gain_efficacy():
    """With the same analgesic stimulus, less of the other leaves cyclic AMP higher."""
    body = Body()
    full, partial = (
        body.look(body.baseline, {**DRUG, "total_mor_stimulus_arrestin": s}) for s in (0.3, 0.1)
    )
    assert full["E"] == partial["E"]
    assert full["P"] < partial["P"] < 1.0


def test_cyclic_amp_never_passes_its_set_point_on_drug_and_does_so_on_leaving():
    body = Body()
    y, seen = body.baseline, []
    for _ in range(40):
        y = body.advance(y, lambda _t: DRUG, 0.0, 12.0)
        seen.append(body.look(y, DRUG)["P"])
    assert seen[0] < 1.0
    assert max(seen) < 1.0
    assert body.look(y, {})["P"] > 1.2
    assert body.look(y, DRUG)["P_free"] == pytest.approx(body.look(y, {})["P"], rel=1e-9)


def test_block_of_nmda_receptors_slows_only_the_slow_arm():
    open_, blocked = rates(0.1, 0.1, 0.5, 1.0, *K), rates(0.1, 0.1, 0.5, 0.0, *K)
    assert blocked[0] == open_[0]
    onset = [dw + 0.0083 * 0.1 for dw in (open_[1], blocked[1])]
    assert onset[1] / onset[0] == pytest.approx(0.5)
