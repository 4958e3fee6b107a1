"""The mechanisms as one body: drug-free steady state, ranges, pedigree of numbers, variants."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interpreter import Body

import oihsim.neuroplasticity as neuroplasticity
from oihsim.files.references import entries
from oihsim.kinetics.binding import MU_RECEPTOR
from oihsim.kinetics.drives import DRIVES
from oihsim.model.equations import read
from oihsim.model.parameter import EVIDENCE
from oihsim.neuroplasticity import MECHANISMS, SWITCHES, VARIANTS
from oihsim.neuroplasticity.oih21 import OIH21

FOLDER = Path(neuroplasticity.__file__).parent
PARAMETERS = {p.address(m.name): p for m in MECHANISMS for p in m.parameters}
ROWS = [pytest.param(a, p, id=a) for a, p in PARAMETERS.items() if not a.startswith("mu_receptor")]
# parameters that must not be pushed past 1 by their range, or the ranges of states would break
BELOW_UNITY = ("glutamate.u_K", "glutamate.g_P", "microglia.c_M", "dynorphin.w_F")


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("gating", [0.0, 1.0])
def test_without_drug_nothing_moves_at_all(variant, gating):
    body = Body(
        {**VARIANTS[variant].parameters, "nociception.gating": gating},
        VARIANTS[variant].mechanisms,
    )
    assert body.derivatives(body.baseline, {}) == [0.0] * len(body.baseline)


@given(st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_without_drug_nothing_moves_whatever_the_parameters(random):
    body = Body(
        {a: random.uniform(p.low, p.high) for a, p in PARAMETERS.items() if p.low is not None}
    )
    assert max(map(abs, body.derivatives(body.baseline, {}))) < 1e-15


@given(st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_at_each_face_of_the_box_the_flow_is_inward(random):
    """Fractions start at 0 or 1 with the others anywhere inside and any mixture of ligands."""
    body = Body({f"mu_receptor.k_off_{i}": random.uniform(0.1, 50.0) for i in (1, 2)})
    symbols = [s.symbol for _, s in body.states]
    fast = random.uniform(0.0, 20.0)
    drives = {d.symbol: random.uniform(0.0, 50.0) for d in DRIVES} | {
        "total_mor_drive": fast,
        "total_mor_stimulus": fast * random.random(),
    }
    for pair in ("nonopioid", "descending", "release"):  # an Emax is at most 1
        drives[f"total_{pair}_stimulus"] = drives[f"total_{pair}_drive"] * random.random()
    held, inside = random.random(), random.random()
    top = {"D": 3.0, "G": 10.0}
    y = {s: random.uniform(0.0, top.get(s, 1.0)) for s in symbols}
    y |= {"U": random.uniform(0.55, 1.0), "KC": random.uniform(0.45, 1.0)}
    y |= {"D": random.uniform(1.0, 3.0), "O1": held * inside, "O2": held * (1.0 - inside)}
    y |= {
        "R_s": 0.6 * random.uniform(0.01, 1.0),
        "R_d": 0.3 * random.random(),
        "R_i": 0.1 * random.random(),
    }
    floor = {"U": 0.55, "KC": 0.45, "D": 1.0}
    for i, symbol in enumerate(symbols):
        # the outputs divide by R_s, which never reaches 0
        slack = 1e-6 if symbol == "R_s" else 1e-12
        low = [*{**y, symbol: floor.get(symbol, 1e-9 * (symbol == "R_s"))}.values()]
        assert body.derivatives(low, drives)[i] >= -slack, symbol
        if symbol not in ("O1", "O2", "R_s", "R_d", "R_i", "G"):
            high = [*{**y, symbol: top.get(symbol, 1.0)}.values()]
            assert body.derivatives(high, drives)[i] <= 1e-12, symbol


def test_every_state_stays_inside_its_stated_range_through_a_rough_course():
    body = Body({"mu_receptor.k_off_1": 0.6, "mu_receptor.e_1": 0.25})
    rng, y = np.random.default_rng(1), body.baseline
    for _ in range(12):
        x = rng.exponential(2.0)
        drives = {"total_mor_drive": x, "total_mor_stimulus": 0.8 * x,
                  "total_mor_desensitising": 2.0 * x, "total_mor_internalising": x,
                  "slow_drive_1": rng.exponential(3.0), "total_glial_drive": x}  # fmt: skip
        y = body.advance(y, lambda _t, d=drives: d, 0.0, 100.0)
        y = body.advance(y, lambda _t: {}, 0.0, 30.0)
        for value, (_, state) in zip(y, body.states, strict=True):
            assert state.bounds[0] - 1e-8 <= value <= state.bounds[1] + 1e-8, state.symbol


def test_all_sensitised_returns_to_naive_in_two_years():
    body = Body()
    worst = {"O1": 0.0, "O2": 0.0, "R_s": 0.2, "U": 0.55, "KC": 0.45, "D": 3.0, "G": 2.5}
    start = np.array([worst.get(s.symbol, 0.8) for _, s in body.states])
    y = body.advance(start, lambda _t: {}, 0.0, 2 * 8766.0)
    assert np.abs(y - body.baseline).max() < 5e-4


@pytest.mark.parametrize(("address", "parameter"), ROWS)
def test_every_number_has_a_pedigree(address, parameter):
    assert parameter.evidence in EVIDENCE
    assert parameter.low <= parameter.value <= parameter.high
    assert parameter.source in entries() or (
        not parameter.source and parameter.evidence == "assumed"
    )
    assert parameter.meaning
    if address in BELOW_UNITY:
        assert parameter.high <= 1.0


def test_every_reference_of_a_mechanism_or_switch_is_in_the_bibliography():
    cited = {key for m in MECHANISMS for key in m.references}
    cited |= {key for s in SWITCHES for key in s.references}
    assert cited <= entries().keys()


def test_sizes_of_errors_are_those_of_the_states():
    """After 60 days at 600 mg/d of morphine each state is within tenfold of its typical size."""
    body = Body({"mu_receptor.k_off_1": 40.0, "mu_receptor.e_1": 0.75,
                 "mu_receptor.e_arrestin_1": 0.75, "mu_receptor.k_des_1": 1.5,
                 "mu_receptor.k_int_1": 0.1})  # fmt: skip
    drives = {"slow_drive_1": 292.0 / 540.0, "total_glial_drive": 1.6}
    y = body.advance(body.baseline, lambda _t: drives, 0.0, 60 * 24.0)
    for value, (_, state) in zip(y, body.states, strict=True):
        if state.symbol != "O2":
            assert 0.1 * state.typical < value < 10.0 * state.typical, state.symbol


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda m: m.name)
def test_equations_keep_to_the_permitted_subset(mechanism):
    names = [read(o.equation).name for o in mechanism.outputs]
    assert names == [o.symbol for o in mechanism.outputs]
    if mechanism.rates:
        assert read(mechanism.rates).values == len(mechanism.states)


def test_symbols_and_names_are_unique_and_no_parameter_hides_one():
    wires = [x for m in MECHANISMS for x in (*m.states, *m.outputs)]
    drives = {drive.symbol for drive in DRIVES}
    symbols = {x.symbol for x in wires} | drives
    assert len(symbols) == len(wires) + len(DRIVES)
    assert len({x.name for x in wires} | drives) == len(wires) + len(DRIVES)
    assert not symbols & {p.symbol for p in PARAMETERS.values()}


def test_the_registry_holds_every_mechanism_once_and_in_order():
    names = [m.name for m in MECHANISMS]
    assert MECHANISMS[0] is MU_RECEPTOR
    assert names[1:] == sorted(names[1:])
    assert all((FOLDER / f"{name}.py").exists() for name in names[1:])
    assert len(set(names)) == 11


def test_the_prototype_variant_states_every_value_of_the_body():
    assert set(OIH21) == {a for a in PARAMETERS if not a.startswith("mu_receptor.")}
    assert all(math.isfinite(v) for v in OIH21.values())


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda s: s.name)
def test_a_switch_sets_known_parameters_and_its_default_changes_nothing(switch):
    assert all(address in PARAMETERS for option in switch.options.values() for address in option)
    for variant in VARIANTS.values():
        default = variant.switches.get(switch.name, switch.default)
        for address, value in switch.options[default].items():
            assert variant.parameters.get(address, PARAMETERS[address].value) == value
    assert len({tuple(option) for option in switch.options.values()}) == 1
    assert len({tuple(option.items()) for option in switch.options.values()}) == 2
