"""Treatment in the equations: laws of the pairs of drives, and nothing changes without them."""

import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interpreter import Body

from oihsim.kinetics.drives import DRIVES
from oihsim.model.parameter import Output
from oihsim.neuroplasticity import MECHANISMS, OIH21
from oihsim.neuroplasticity.descending import descending_effect
from oihsim.neuroplasticity.glutamate import release_effect
from oihsim.neuroplasticity.nociception import k_in, nonopioid_effect, pain
from oihsim.simulation.subjects import PAIR_DRIVES

EFFECTS = (nonopioid_effect, descending_effect, release_effect)
concentration = st.floats(0.0, 1e6)
part = st.floats(0.0, 1.0)
agents = st.lists(st.tuples(concentration, part), min_size=1, max_size=5)


def pair(effect, agents):
    """Return the effect of agents given as (C/EC50, Emax)."""
    return effect(sum(x for x, _ in agents), sum(x * most for x, most in agents))


@pytest.mark.parametrize("effect", EFFECTS)
@given(agents)
def test_a_mixture_never_does_more_than_the_largest_emax(effect, mixture):
    effect_of_pair = pair(effect, mixture)
    assert 0.0 <= effect_of_pair <= max(most for _, most in mixture) * (1.0 + 1e-12)
    assert effect_of_pair < 1.0


@pytest.mark.parametrize("effect", EFFECTS)
@given(concentration, part)
def test_one_agent_has_the_usual_curve(effect, x, most):
    assert pair(effect, [(x, most)]) == pytest.approx(most * x / (1.0 + x))
    assert pair(effect, [(1.01 * x, most)]) >= pair(effect, [(x, most)])


@pytest.mark.parametrize("effect", EFFECTS)
@given(agents, concentration)
def test_more_of_the_strongest_never_does_less(effect, mixture, more):
    strongest = max(most for _, most in mixture)
    assert pair(effect, [*mixture, (more, strongest)]) >= pair(effect, mixture) * (1.0 - 1e-12)


@pytest.mark.parametrize("effect", EFFECTS)
def test_two_agents_add_up_at_low_doses_and_not_at_high_ones(effect):
    for size, slack in ((1e-3, 3e-3), (1e-5, 3e-5)):
        a, b = [(size, 0.9)], [(2.0 * size, 0.5)]
        both = pair(effect, [*a, *b])
        assert both == pytest.approx(pair(effect, a) + pair(effect, b), rel=slack)
    high = pair(effect, [(1e6, 0.9), (1e6, 0.9)])
    assert high == pytest.approx(0.9, rel=1e-5)
    assert high > pair(effect, [(1e6, 0.9)])


def test_the_same_agent_under_two_names_is_that_agent():
    assert pair(nonopioid_effect, [(0.4, 0.7), (0.6, 0.7)]) == pair(nonopioid_effect, [(1.0, 0.7)])


# ---- without treatment the equations are the former ones ----


def former_F_eff(F, rvm_block):
    return F * (1.0 - rvm_block)


def former_release(P, S_w, F_eff, D_eff, g_P, g_S, g_F, g_D):
    return 1.0 + g_P * (P - 1.0) + g_S * S_w + g_F * F_eff + g_D * D_eff


def former_pain(Y, p0):
    k = p0 / (10.0 - p0)
    return 10.0 * k * Y / (1.0 + k * Y)


FORMER = {"F_eff": former_F_eff, "F_free": former_F_eff, "release": former_release,
          "pain": former_pain}  # fmt: skip
TREATMENT = {drive for name in PAIR_DRIVES.values() for drive in (f"{name}_drive",
             f"{name}_stimulus")} | {"total_injury_drive"}  # fmt: skip
NEW = {"k_in", "nonopioid_effect", "descending_effect", "release_effect"}


def former(mechanism):
    """Return a mechanism with the equations it had before there were treatments."""
    outputs = [
        dataclasses.replace(output, equation=FORMER.get(output.symbol, output.equation))
        for output in mechanism.outputs
        if output.symbol not in NEW
    ]
    assert all(isinstance(output, Output) for output in outputs)
    return dataclasses.replace(mechanism, outputs=tuple(outputs))


RANGES = {"D": (1.05, 3.0), "G": (0.5, 10.0), "U": (0.55, 1.0), "KC": (0.45, 0.95),
          "O1": (0.0, 0.4), "O2": (0.0, 0.4), "R_s": (0.05, 0.6), "R_d": (0.0, 0.3),
          "R_i": (0.0, 0.1)}  # fmt: skip


def inside(body, chance):
    """Return a state inside the bounds, in which something is sensitised."""
    return [chance.uniform(*RANGES.get(s.symbol, (0.05, 0.95))) for _, s in body.states]


@pytest.mark.parametrize("parameters", [{}, OIH21], ids=["oihsim-1", "oih21"])
def test_without_treatment_nothing_has_changed_to_the_last_bit(parameters):
    chance = random.Random(7)
    now, before = Body(parameters), Body(parameters, map(former, MECHANISMS))
    for _ in range(50):
        y = inside(now, chance)
        drives = {d.symbol: chance.uniform(0.0, 3.0) for d in DRIVES if d.symbol not in TREATMENT}
        assert list(now.derivatives(y, drives)) == list(before.derivatives(y, drives))
        seen = before.look(y, drives)
        assert {name: now.look(y, drives)[name] for name in seen} == seen


def test_treatment_is_not_seen_by_what_is_read_without_drugs():
    chance = random.Random(3)
    body = Body({"descending.rvm_block": 0.2})
    y = inside(body, chance)
    treated = {f"total_{n}_{k}": v for n in ("nonopioid", "descending", "release")
               for k, v in (("drive", 2.0), ("stimulus", 1.5))}  # fmt: skip
    plain, seen = body.look(y, {}), body.look(y, treated | {"total_injury_drive": 1.0})
    for name in ("drug_free_threshold", "hyperalgesia_index", "withdrawal_part", "F_free",
                 "tolerance_index", "Z_free"):  # fmt: skip
        assert seen[name] == plain[name], name
    assert seen["F_eff"] == pytest.approx(0.5 * plain["F_eff"])
    assert seen["Z_s"] < plain["Z_s"]
    assert seen["release"] < plain["release"]


@given(st.floats(0.1, 9.0), st.floats(0.0, 20.0), part, st.floats(0.01, 100.0))
def test_pain_is_the_odds_of_the_input_times_transmission(p0, injury, effect, y):
    odds = (p0 / (10.0 - p0) + injury) * (1.0 - effect) * y
    assert pain(y, k_in(p0, injury, effect)) == pytest.approx(10.0 * odds / (1.0 + odds))
