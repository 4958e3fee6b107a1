"""What non-opioids, therapies and injuries do in a simulated subject."""

import numpy as np
import pytest

import oihsim
from oihsim.drugs import load_drug
from oihsim.files.yaml import Document
from oihsim.neuroplasticity import MECHANISMS
from oihsim.scenario import parse


def simulate(arms, days, of="surgical", output_interval="1 h", **fields):
    data = {
        "schema": "oihsim-scenario/1",
        "question": "What does a treatment do?",
        "duration": f"{days} d",
        "output_every": output_interval,
        "population": {"of": of, "count": 1, "typical": True},
        "tolerance": {"relative": 1e-8},
        "arms": {name: {"doses": doses} for name, doses in arms.items()},
        **fields,
    }
    ds = oihsim.simulate(parse(Document("treatments", data)))
    return {arm: ds.sel(scenario=arm, draw=0, id=0) for arm in arms}


INCISION = {"drug": "incision", "route": "surgery", "amount": "1 incision"}


def test_the_pain_of_an_incision_fades_in_odds():
    """Analytic: one exponential in the odds once it is there, with the stated half-life."""
    half, gain, ke0, p0 = 15.0, 1.85, 10.0, 0.5
    k = np.log(2.0) / half
    arms = simulate({"twice": [{**INCISION, "amount": "2 incisions"}], "once": [INCISION]}, 4)
    for amount, ds in ((2.0, arms["twice"]), (1.0, arms["once"])):
        t = ds.time.values
        amount_at_site = amount * ke0 / (ke0 - k) * (np.exp(-k * t) - np.exp(-ke0 * t))
        added = ds.pain / (10.0 - ds.pain) - p0 / (10.0 - p0)
        np.testing.assert_allclose(added, gain * amount_at_site, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(
            ds.incision_effect_site_concentration, amount_at_site, atol=1e-12
        )
        assert float(added.sel(time=35.0) / added.sel(time=50.0)) == pytest.approx(2.0, rel=1e-9)
        assert (ds.threshold == 1.0).all()
    assert 6.0 < float(arms["once"].pain.max()) < 7.0
    assert float(arms["once"].pain.isel(time=0)) == pytest.approx(0.5)


def test_two_non_opioids_together():
    def course(drug, amount):
        return {"drug": drug, "route": "oral", "amount": amount, "every": "6 h", "until": "1 d"}

    sizes = (("", "1 g", "400 mg"), ("_low", "5 mg", "2 mg"), ("_high", "1 kg", "1 kg"))
    arms = {
        f"{name}{size}": [INCISION, *(course(drug, amount) for drug, amount in doses)]
        for size, p, i in sizes
        for name, doses in (
            ("p", [("paracetamol", p)]),
            ("i", [("ibuprofen", i)]),
            ("both", [("paracetamol", p), ("ibuprofen", i)]),
        )
    }  # fmt: skip
    results = simulate({"none": [INCISION], **arms}, 1)
    late = slice(1.0, None)
    effect = {name: ds.nonopioid_effect.sel(time=late).values for name, ds in results.items()}
    assert (effect["none"] == 0.0).all()
    for name in ("both", "both_high"):
        assert (effect[name] < 0.9).all()
    assert (effect["both"] > np.maximum(effect["p"], effect["i"])).all()
    assert (effect["both"] < effect["p"] + effect["i"]).all()
    np.testing.assert_allclose(effect["both_low"], effect["p_low"] + effect["i_low"], rtol=0.02)
    assert (effect["both_high"] > 0.89).all()
    pains = {name: ds.pain.sel(time=late).values for name, ds in results.items()}
    assert (pains["both"] < np.minimum(pains["p"], pains["i"])).all()
    assert (np.maximum(pains["p"], pains["i"]) < pains["none"]).all()


def test_a_block_ends_when_it_should():
    block = {"drug": "local_anaesthetic_block", "route": "nerve", "amount": "1 block"}
    ds = simulate({"none": [INCISION], "block": [INCISION, block]}, 2, output_interval="30 min")
    effect = ds["block"].nonopioid_effect
    assert (effect.sel(time=slice(0.5, 8.0)) > 0.94).all()
    # half of it is gone 16 h after its onset, a quarter of an hour
    assert float(effect.sel(time=16.0)) > 0.49 > float(effect.sel(time=16.5))
    assert (effect.sel(time=slice(26.0, None)) < 0.02).all()
    assert (ds["block"].pain.sel(time=slice(0.5, 8.0)) < 0.6).all()
    assert float(ds["none"].pain.sel(time=8.0)) > 5.0


MORPHINE = {"drug": "morphine", "route": "oral_er", "amount": "100 mg", "every": "12 h",
            "until": "28 d"}  # fmt: skip


def often(drug, route, amount, interval):
    return {"drug": drug, "route": route, "amount": amount, "every": interval, "until": "28 d"}


@pytest.fixture(scope="module")
def lasting():
    treatments = {
        "physical": often("physical_therapy", "session", "1 session", "84 h"),
        "psychological": often("psychological_therapy", "session", "1 session", "7 d"),
        "pregabalin": often("pregabalin", "oral", "150 mg", "12 h"),
        "gabapentin": often("gabapentin", "oral", "600 mg", "8 h"),
    }
    arms = {"none": [], "opioid": [MORPHINE]}
    arms |= {name: [line] for name, line in treatments.items()}
    arms |= {f"opioid_{name}": [MORPHINE, line] for name, line in treatments.items()}
    return simulate(arms, 28, of="chronic_pain", output_interval="12 h")


@pytest.mark.parametrize("name", ["physical", "psychological"])
def test_therapy_takes_away_pain_and_facilitation_and_fades(lasting, name):
    alone, added = lasting[name], lasting[f"opioid_{name}"]
    assert (alone.pain.isel(time=slice(2, None)) < lasting["none"].pain.isel(time=0)).all()
    assert float(alone.pain[-1]) < float(alone.pain[4]) < 5.0
    assert (added.pain.isel(time=slice(4, None)) < lasting["opioid"].pain[4:]).all()
    remaining = added.effective_facilitation[4:] / added.drug_free_facilitation[4:]
    np.testing.assert_allclose(remaining, 1.0 - added.descending_effect[4:], rtol=1e-9)
    assert (remaining < 1.0).all()
    assert float(added.effective_facilitation[-1]) < float(
        lasting["opioid"].effective_facilitation[-1]
    )
    assert float(added.hyperalgesia_index[-1]) < float(lasting["opioid"].hyperalgesia_index[-1])


@pytest.mark.parametrize("name", ["pregabalin", "gabapentin"])
def test_gabapentinoids_hold_back_sensitisation_and_leave_the_naive_alone(lasting, name):
    states = [state.name for mechanism in MECHANISMS for state in mechanism.states]
    for state in states:
        assert float(abs(lasting[name][state] - lasting["none"][state]).max()) == 0.0, state
    assert float(lasting[name].release_effect[-1]) > 0.3
    with_opioid, opioid = lasting[f"opioid_{name}"], lasting["opioid"]
    assert float(with_opioid.nmda_sensitisation[-1]) < 0.8 * float(opioid.nmda_sensitisation[-1])
    assert float(with_opioid.pain[-1]) < float(opioid.pain[-1])


def test_pregabalin_reaches_the_cord_late():
    """buvanendran2010: 300 mg by mouth, spinal fluid highest after 8 h."""
    line = {"drug": "pregabalin", "route": "oral", "amount": "300 mg"}
    ds = simulate({"a": [line]}, 1, of="chronic_pain", output_interval="30 min")["a"]
    peak = float(ds.time[int(np.argmax(ds.pregabalin_effect_site_concentration.values))])
    assert 6.0 <= peak <= 10.0
    assert float(ds.time[int(np.argmax(ds.pregabalin_plasma_concentration.values))]) <= 2.0


def area(drug, route, dose):
    """Return mg h/L after one dose."""
    definition = load_drug(drug)
    kinetics = definition.kinetics(definition.typical())
    dose_vector = np.zeros(len(kinetics.compartments))
    for index, amount, _, _ in definition.route_inputs(route, definition.typical(), dose):
        dose_vector += dose * amount[0] * kinetics.B[0, index]
    plasma_area = kinetics.plasma[0, 0] @ np.linalg.solve(-kinetics.A[0], dose_vector)
    return float(plasma_area) * definition.molar_mass * 1e-6


def test_areas_of_the_sources():
    assert area("paracetamol", "iv", 1000.0) == pytest.approx(1000.0 / 16.7)
    assert area("paracetamol", "oral", 1000.0) == pytest.approx(790.0 / 16.7)
    # martin1990: 3786 and 7260 ug min/mL after 200 and 400 mg
    assert area("ibuprofen", "iv", 200.0) == pytest.approx(3786 / 60, rel=0.03)
    assert area("ibuprofen", "iv", 400.0) == pytest.approx(7260 / 60, rel=0.03)
    assert area("ibuprofen", "oral", 400.0) == area("ibuprofen", "iv", 400.0)
