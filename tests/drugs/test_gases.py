"""Gases: doses in MAC-hours, the fraction of MAC that acts, and what a wrong file says."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oihsim
from oihsim.drugs import FOLDER, load_drug
from oihsim.files.errors import InputError
from oihsim.files.yaml import Document
from oihsim.scenario import Scenario, parse

GASES = ("sevoflurane", "isoflurane", "nitrous_oxide")


def inhaled(name, amount, over="2 h", **fields):
    return {"drug": name, "route": "end_tidal", "amount": amount, "over": over, "from": "0 h",
            **fields}  # fmt: skip


def scenario(*doses):
    data = {
        "schema": "oihsim-scenario/1",
        "question": "What does a gas do to an evoked pain of 6?",
        "duration": "4 h",
        "output_every": "10 min",
        "population": {"of": "volunteers", "count": 1, "typical": True},
        "parameters": {"nociception.p0": 6.0},
        "arms": {"none": {"doses": []}, "gas": {"doses": list(doses)}},
    }
    return parse(Document("s.yaml", data))


@pytest.mark.parametrize("name", GASES)
def test_a_dose_over_its_time_is_the_fraction_of_MAC(name):
    run = scenario(inhaled(name, "1 MACh"))
    assert Scenario.from_resolved(json.loads(json.dumps(run.resolved))).resolved == run.resolved
    ds = oihsim.simulate(run).isel(draw=0, id=0).sel(scenario="gas")
    lung, site = (ds[f"{name}_{place}_concentration"] for place in ("plasma", "effect_site"))
    assert lung.attrs["units"] == site.attrs["units"] == "MAC"
    # two exponentials by pencil: the lung with 1/120 h, the effect site with ke0
    ke0, k = {p.symbol: p.value for p in load_drug(name).parameters}["KE0"], 120.0
    t = ds.time.values
    rise = 0.5 * (1.0 - (k * np.exp(-ke0 * t) - ke0 * np.exp(-k * t)) / (k - ke0))
    np.testing.assert_allclose(site.values[t <= 2.0], rise[t <= 2.0], atol=1e-12)
    expected = 0.5 * (1.0 - np.exp(-k * t[t <= 2.0]))
    np.testing.assert_allclose(lung.values[t <= 2.0], expected, atol=1e-12)
    assert float(site[-1]) < 1e-9


@given(fraction=st.floats(0.01, 3.0), TL=st.floats(0.2, 2.0), age=st.floats(20.0, 80.0))
@settings(max_examples=40, deadline=None)
def test_what_is_held_is_the_fraction_whatever_the_lung_and_the_age(fraction, TL, age):
    drug = load_drug("sevoflurane")
    values = drug.typical() | {"TL": np.array([TL]), "AGE": np.array([age])}
    kinetics = drug.kinetics(values)
    [(index, amount, _, _)] = drug.route_inputs("end_tidal", values, 1.0)
    held = np.linalg.solve(-kinetics.A[0], fraction * amount[0] * kinetics.B[0, index])
    assert kinetics.plasma[0, 0] @ held == pytest.approx(fraction, rel=1e-12)
    assert kinetics.C[0, 0] @ held == pytest.approx(fraction, rel=1e-12)


def test_a_file_in_minutes_gives_the_same_fraction(tmp_path):
    text = (FOLDER / "nitrous_oxide.yaml").read_text(encoding="utf-8")
    path = tmp_path / "nitrous_oxide.yaml"
    path.write_text(text.replace("time: h, amount", "time: min, amount"), encoding="utf-8")
    hours, minutes = load_drug("nitrous_oxide"), load_drug(path)
    for field in ("A", "B", "plasma", "C"):
        one, other = (getattr(d.kinetics(d.typical()), field) for d in (hours, minutes))
        np.testing.assert_allclose(one, other, rtol=1e-12)
    for drug in (hours, minutes):
        action = drug.targets(drug.typical())["nitrous_oxide"]
        assert action["nociceptive_input_EC50"] == pytest.approx([0.574])


@pytest.mark.parametrize(("age", "ratio"), [(40.0, 1.0), (50.0, 0.94), (20.0, 1.132)])
def test_a_MAC_falls_by_six_percent_in_ten_years(age, ratio):
    for name, at_40 in zip(GASES, (1.8, 1.17, 104.0), strict=True):
        drug = load_drug(name)
        full = drug.individual(drug.typical() | {"AGE": np.array([age])})
        assert float(full["MAC"][0]) == pytest.approx(at_40 * ratio, rel=1e-3)


def test_nitrous_oxide_of_66_percent_does_as_much_as_fentanyl_in_vereecke2013():
    # the part of transmission that 0.27 ng/mL of fentanyl takes away in naive people, by pencil
    fentanyl = {p.symbol: p.value for p in load_drug("fentanyl").parameters}
    nM, gain = 0.27e-6 / 336.47 * 1e9, 20.0 * fentanyl["E"]
    x = gain * nM / (nM + fentanyl["C50"] * (gain - 1.0))
    part = x / (1.0 + x)
    fraction = 66.0 / 104.0
    ds = oihsim.simulate(scenario(inhaled("nitrous_oxide", f"{2.0 * fraction!r} MACh")))
    gas = ds.isel(draw=0, id=0).sel(scenario="gas")
    assert float(gas.nonopioid_effect.sel(time=1.5)) == pytest.approx(part, rel=2e-3)
    odds = 1.5 * (1.0 - part)
    assert float(gas.pain.sel(time=1.5)) == pytest.approx(10 * odds / (1 + odds), rel=1e-3)
    # nothing is left of it, and nothing of tolerance or hyperalgesia comes of it
    assert float(gas.pain[-1]) == pytest.approx(6.0, rel=1e-6)
    assert (gas.nociceptive_transmission == 1.0).all()
    assert (gas.nmda_unblocked == 1.0).all()


@pytest.mark.parametrize("name", ["sevoflurane", "isoflurane"])
def test_a_gas_without_a_source_does_nothing_to_the_body(name):
    ds = oihsim.simulate(scenario(inhaled(name, "2 MACh")))
    for output in ("pain", "nociceptive_transmission", "tolerance_index", "threshold"):
        np.testing.assert_array_equal(
            ds[output].sel(scenario="gas"), ds[output].sel(scenario="none")
        )


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"amount": "30 mg"}, "amount", "such as '1 MACh'"),
        ({"amount": "1 session"}, "amount", "such as '1 MACh'"),
        ({"amount": "0.5 MAC"}, "amount", "no unit"),
        ({"route": "iv"}, "route", "did you mean"),
    ],
)
def test_a_wrong_dose_is_refused(change, field, message):
    with pytest.raises(InputError) as caught:
        scenario(inhaled("sevoflurane", "1 MACh") | change)
    (problem,) = caught.value.problems
    assert problem.field.endswith(field)
    assert message in str(caught.value) or field == "route"


def test_a_rate_of_a_gas_is_refused():
    dose = {"drug": "sevoflurane", "route": "end_tidal", "rate": "5 mg/h", "from": "0 h",
            "until": "1 h"}  # fmt: skip
    with pytest.raises(InputError, match="an amount such as '1 MACh'"):
        scenario(dose)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value: 0.5\n    unit: min", "value: 0.5\n    unit: L", "which is volume; allowed: time"),
        ("{volume: TL,", "{", "a compartment with a volume"),
        ("nociceptive_input:", "nmda:", "allowed: descending, nociceptive_input, release"),
        ("unit: MACh/h", "unit: MACh", "which is amount; allowed: amount/time"),
        ("amount: MACh}", "amount: mg}", "found 'mg'; allowed: MACh"),
        ("kind: gas", "kind: vapour", "allowed: drug, gas, injury, therapy"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path, old, new, message):
    text = (FOLDER / "nitrous_oxide.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "nitrous_oxide.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_drug(path)
    assert all(problem.line is not None for problem in caught.value.problems)
    assert message in str(caught.value)
