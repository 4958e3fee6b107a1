"""Laws that hold whatever the values of the parameters: of scenarios with the real drugs."""

import shutil

import numpy as np
import pytest
from slow_parameters import slow_but

import oihsim
from oihsim import drugs as drug_folder
from oihsim.drugs import drug_names, load_drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.driver import driver
from oihsim.engine.lanes import object_code
from oihsim.files.yaml import Document
from oihsim.model import generated_module
from oihsim.scenario import parse
from oihsim.scenario.scenario_vocabulary import ScenarioVocabulary
from oihsim.simulation.simulate import run_arms

TYPICAL = {"of": "chronic_pain", "count": 1, "typical": True}
WITH_STATES = [m.name for m in oihsim.MECHANISMS if m.states]


def scenario(arms, days, every="6 h", population=TYPICAL, rtol=1e-6, vocabulary=None, **fields):
    data = {
        "schema": "oihsim-scenario/1",
        "question": "Does a law hold?",
        "duration": f"{days} d",
        "output_every": every,
        "population": dict(population),
        "tolerance": {"relative": rtol},
        "arms": {name: {"doses": doses} for name, doses in arms.items()},
        **fields,
    }
    return parse(Document("laws", data), *([vocabulary] if vocabulary else []))


def simulate(*args, **kwargs):
    return oihsim.simulate(scenario(*args, **kwargs))


def dose(drug, route, **fields):
    return {"drug": drug, "route": route, **fields}


def morphine(amount="30 mg", days=1, route="oral_er"):
    return dose("morphine", route, amount=amount, every="12 h", until=f"{days} d")


def model_states(ds):
    return [state.name for state in Model.named().linked.states if state.name in ds]


USUAL = {
    ("morphine", "iv"): ("amount", 5.0, "mg"),
    ("morphine", "oral"): ("amount", 30.0, "mg"),
    ("morphine", "oral_er"): ("amount", 60.0, "mg"),
    ("fentanyl", "iv"): ("amount", 0.1, "mg"),
    ("fentanyl", "transdermal"): ("rate", 0.025, "mg/h"),
    ("remifentanil", "iv"): ("rate", 0.1, "ug/kg/min"),
    ("buprenorphine", "iv"): ("amount", 0.3, "mg"),
    ("buprenorphine", "sublingual"): ("amount", 8.0, "mg"),
    ("buprenorphine", "sc_weekly"): ("amount", 16.0, "mg"),
    ("buprenorphine", "transdermal"): ("rate", 0.02, "mg/h"),
    ("ketamine", "iv"): ("rate", 0.1, "mg/kg/h"),
    ("ketamine", "oral"): ("amount", 50.0, "mg"),
    ("ketamine", "intranasal"): ("amount", 25.0, "mg"),
    ("naloxone", "iv"): ("amount", 0.4, "mg"),
    ("alfentanil", "iv"): ("amount", 1.0, "mg"),
    ("sufentanil", "iv"): ("amount", 0.01, "mg"),
    ("pethidine", "iv"): ("amount", 50.0, "mg"),
    ("oliceridine", "iv"): ("amount", 1.5, "mg"),
    ("carfentanil", "iv"): ("amount", 0.005, "mg"),
    ("hydromorphone", "oral"): ("amount", 4.0, "mg"),
    ("oxycodone", "oral_er"): ("amount", 10.0, "mg"),
    ("codeine", "oral"): ("amount", 30.0, "mg"),
    ("heroin", "iv"): ("amount", 10.0, "mg"),
    ("methadone", "oral"): ("amount", 20.0, "mg"),
    ("naltrexone", "oral"): ("amount", 50.0, "mg"),
    ("s_ketamine", "iv"): ("rate", 0.05, "mg/kg/h"),
    ("memantine", "oral"): ("amount", 20.0, "mg"),
    ("dextromethorphan", "oral"): ("amount", 30.0, "mg"),
    ("magnesium", "iv"): ("amount", 2000.0, "mg"),
    ("pregabalin", "oral"): ("amount", 150.0, "mg"),
    ("gabapentin", "oral"): ("amount", 600.0, "mg"),
    ("clonidine", "oral"): ("amount", 0.15, "mg"),
    ("paracetamol", "oral"): ("amount", 1000.0, "mg"),
    ("ibuprofen", "iv"): ("amount", 400.0, "mg"),
    ("physical_therapy", "session"): ("amount", 1.0, "session"),
    ("local_anaesthetic_block", "nerve"): ("amount", 1.0, "block"),
    ("incision", "surgery"): ("amount", 1.0, "incision"),
}
BASE = sorted({drug for drug, _ in USUAL})


def polypharmacy(seed):
    """Return random doses of one to six drugs, up to twenty times the usual, and the days."""
    rng = np.random.default_rng(seed)
    days = int(rng.integers(3, 11))
    chosen = rng.choice(BASE, rng.integers(1, 7), replace=False)
    doses = []
    for drug in [*chosen, *rng.choice(chosen, 2)]:
        routes = [route for name, route in USUAL if name == drug]
        route = routes[rng.integers(len(routes))]
        key, usual, unit = USUAL[drug, route]
        first = round(float(rng.uniform(0.0, 0.8 * days)), 3)
        amount = usual * 10.0 ** rng.uniform(-1.0, np.log10(20.0))
        line = dose(drug, route, **{key: f"{amount:.6g} {unit}", "from": f"{first} d"})
        if key == "rate":
            line["until"] = f"{first + 0.1 + 0.9 * rng.uniform() * (days - first - 0.1):.3f} d"
        elif rng.uniform() < 0.7:
            line |= {"every": f"{rng.integers(2, 25)} h", "until": f"{days} d"}
        doses.append(line)
    return doses, days


def test_random_polypharmacy_uses_all_drugs():
    drugs = {line["drug"] for seed in range(60) for line in polypharmacy(seed)[0]}
    assert drugs == set(BASE) <= set(drug_names())


@pytest.mark.parametrize("seed", slow_but(range(10), range(60)))
def test_polypharmacy_stays_within_bounds(seed):
    doses, days = polypharmacy(seed)
    who = {"of": "chronic_pain", "count": 2, "seed": seed}
    mixed = scenario({"mixed": doses}, days, every="2 h", population=who)
    model = Model.named()
    (done,) = run_arms(mixed, model, {drug: load_drug(drug) for drug in mixed.drugs})
    assert (done.run.status == 0).all()
    slack = 10.0 * mixed.rtol * model.sizes
    low = np.array([state.bounds[0] for state in model.linked.states]) - slack
    high = np.array([state.bounds[1] for state in model.linked.states]) + slack
    assert (done.run.y >= low).all()
    assert (done.run.y <= high).all()
    assert np.isfinite(done.run.outputs[..., model.outputs.index("pain")]).all()
    peak = done.run.concentrations.max()
    assert peak > 0.0
    assert done.run.concentrations.min() >= -1e-9 * peak


@pytest.mark.parametrize("seed", [1, 3])
def test_the_order_of_listing_changes_nothing(seed):
    doses, days = polypharmacy(seed)
    assert len(doses) >= 3
    plain = simulate({"mixed": doses, "none": []}, days)
    other = simulate({"none": [], "mixed": doses[::-1]}, days).sel(scenario=plain.scenario)
    for name in plain.data_vars:
        np.testing.assert_array_equal(plain[name].values, other[name].values, err_msg=name)


def test_no_drug_is_the_baseline_for_90_days():
    ds = simulate({"none": []}, 90, every="1 d")
    model = Model.named()
    for state in model.linked.states:
        assert (ds[state.name] == state.initial).all(), state.name
    for output in model.linked.outputs:
        assert (ds[output.name] == ds[output.name].isel(time=0)).all(), output.name


def test_a_held_mechanism_stays_at_its_baseline():
    doses = [morphine("200 mg", 8)]
    window = {"mechanism": "adenylyl_cyclase", "from": "2 d", "until": "5 d"}
    free = simulate({"a": doses}, 8)
    held = simulate({"a": doses}, 8, hold=[window])
    states = next(m for m in oihsim.MECHANISMS if m.name == "adenylyl_cyclase").states
    inside = held.sel(time=slice(48.0 + 1.0, 120.0))
    before, after = slice(0.0, 48.0), slice(120.0 + 5.0, None)
    for state in states:
        assert (inside[state.name] == state.initial).all()
        assert (held[state.name].sel(time=before) == free[state.name].sel(time=before)).all()
        assert (held[state.name].sel(time=after) != state.initial).all()
    assert (held["pain"].sel(time=after) != free["pain"].sel(time=after)).any()


def test_holding_everything_leaves_neither_tolerance_nor_hyperalgesia():
    names = [name for name in WITH_STATES if name != "mu_receptor"]
    hold = [{"mechanism": name, "from": "0 d"} for name in names]
    doses = {"a": [morphine("300 mg", 10)]}
    held, free = simulate(doses, 10, hold=hold), simulate(doses, 10)
    assert (held["tolerance_index"] == held["tolerance_index"].isel(time=0)).all()
    assert float(held["tolerance_index"][0, 0, 0, -1]) == pytest.approx(1.0, rel=1e-12)
    assert (abs(held["hyperalgesia_index"]) < 1e-12).all()
    assert (abs(held["withdrawal_part"]) < 1e-12).all()
    assert float(free["tolerance_index"][0, 0, 0, -1]) > 2.0
    assert (held["analgesic_effect"].isel(time=slice(1, None)) > 0.0).all()


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """A folder of drugs with one more file in it; return a function that writes such a file."""
    for path in drug_folder.FOLDER.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(drug_folder, "FOLDER", tmp_path)

    def write(name, text):
        (tmp_path / f"{name}.yaml").write_text(text)
        return ScenarioVocabulary()

    return write


def slow_morphine(k_off):
    """Return the name and the file of morphine, followed in time at the receptor."""
    text = (drug_folder.FOLDER / "morphine.yaml").read_text()
    name = f"morphine_{k_off}"
    fast = "mor: {C50: C50, efficacy: E, efficacy_arrestin: EA, k_des: KDES, k_int: KINT, "
    assert text.count(f"{fast}kinetics: fast}}") == 1
    text = text.replace(f"{fast}kinetics: fast}}", f"{fast}kinetics: slow, k_off: KOFF}}")
    off = f"  KOFF: {{value: {k_off}, unit: 1/h, meaning: dissociation, evidence: assumed}}\n"
    text = text.replace("drug: morphine\n", f"drug: {name}\n")
    return name, text.replace("\nderived:\n", f"\n{off}derived:\n")


def test_quasi_equilibrium_is_the_limit_of_explicit_binding(own_folder):
    """At 40/h no state differs by more than 0.0015 over five days; by a tenth of that at 400/h."""
    course = {"every": "6 h", "until": "5 d", "amount": "60 mg"}
    fast = simulate({"a": [dose("morphine", "oral", **course)]}, 5, every="1 h", rtol=1e-8)
    largest = []
    for k_off in (40, 400, 4000):
        name, text = slow_morphine(k_off)
        words = own_folder(name, text)
        arms = {"a": [dose(name, "oral", **course)]}
        slow = simulate(arms, 5, every="1 h", rtol=1e-8, vocabulary=words)
        assert float(slow["slow_occupancy_1"].max()) > 0.05
        assert float(fast["slow_occupancy_1"].max()) == 0.0
        names = [n for n in model_states(fast) if not n.startswith("slow_occupancy")]
        largest.append(max(float(abs(fast[n] - slow[n]).max()) for n in names))
        pain = float(abs(fast["pain"] - slow["pain"]).max())
        assert pain < 0.4 / k_off, pain
    assert largest[0] < 0.002
    assert largest[1] == pytest.approx(largest[0] / 10.0, rel=0.2)
    assert largest[2] == pytest.approx(largest[1] / 10.0, rel=0.2)


def test_naloxone_shifts_the_curve_of_remifentanil():
    """Gaddum: with naloxone the same effect needs (1 + C/KD) times the remifentanil."""
    hold = [{"mechanism": n, "from": "0 d"} for n in WITH_STATES if n != "mu_receptor"]
    rates = (0.01, 0.03, 0.1, 0.3)
    block = dose("naloxone", "iv", rate="0.4 mg/h", until="0.5 d")

    def remifentanil(rate):
        return dose("remifentanil", "iv", rate=f"{rate!r} ug/kg/min", until="0.5 d")

    alone = {f"r{i}": [remifentanil(rate)] for i, rate in enumerate(rates)}
    blocked = {f"b{i}": [remifentanil(rate), block] for i, rate in enumerate(rates)}
    first = simulate({**alone, **blocked}, 0.5, hold=hold, rtol=1e-10)
    conc = float(first["naloxone_effect_site_concentration"].sel(scenario="b0")[0, 0, -1])
    kd = next(p.value for p in load_drug("naloxone").parameters if p.symbol == "KD")
    ratio = 1.0 + conc / kd
    assert ratio > 2.0
    shifted = {f"s{i}": [remifentanil(rate * ratio), block] for i, rate in enumerate(rates)}
    second = simulate(shifted, 0.5, hold=hold, rtol=1e-10).isel(draw=0, id=0, time=-1)
    last = first.isel(draw=0, id=0, time=-1)
    for i in range(len(rates)):
        unblocked = float(last["mor_efficacy"].sel(scenario=f"r{i}"))
        assert float(last["mor_efficacy"].sel(scenario=f"b{i}")) < 0.9 * unblocked
        # free receptors fall by the ratio: efficacy per free receptor is what is shared
        gain = second.sel(scenario=f"s{i}")
        assert float(gain["mor_efficacy"]) == pytest.approx(unblocked, rel=1e-9)
        effect = float(last["analgesic_effect"].sel(scenario=f"r{i}"))
        assert float(gain["analgesic_effect"]) == pytest.approx(effect, rel=1e-9)


def test_two_half_doses_are_one_dose():
    single = simulate({"a": [morphine("60 mg", 3)]}, 3, rtol=1e-9)
    halves = simulate({"a": [morphine("30 mg", 3), morphine("30 mg", 3)]}, 3, rtol=1e-9)
    for name in (*model_states(single), "pain", "morphine_plasma_concentration"):
        np.testing.assert_allclose(single[name], halves[name], rtol=1e-9, atol=1e-9, err_msg=name)


def test_doses_per_kg_scale_with_weight():
    who = {"of": "chronic_pain", "count": 4, "seed": 8}
    arms = {
        "per_kg": [dose("ketamine", "iv", amount="0.5 mg/kg", over="40 min")],
        "absolute": [dose("ketamine", "iv", amount="35 mg", over="40 min")],
    }
    ds = simulate(arms, 1, every="1 h", population=who)
    for name in ("ketamine_plasma_concentration", "ketamine_cumulative_dose"):
        ratio = ds[name].sel(scenario="per_kg") / ds[name].sel(scenario="absolute")
        expected = (ds["WT"] / 70.0).values
        after = ratio.isel(time=slice(1, None)).values
        np.testing.assert_allclose(after, np.broadcast_to(expected[..., None], after.shape), 1e-9)
    assert float(ds["WT"].max() - ds["WT"].min()) > 1.0


def test_a_short_infusion_does_not_burden_the_rest_of_a_long_run():
    """Remifentanil on day 1, with its minutes, adds no steps to the 89 days after it."""
    morning = [morphine("30 mg", 90)]
    bolus = dose("remifentanil", "iv", amount="50 ug", **{"from": "2 h"})
    work = {}
    for name, extra in (("morphine", []), ("both", [bolus])):
        long = scenario({"a": [*morning, *extra]}, 90)
        early = oihsim.simulate(long.change({"duration": "1 d"}))
        full = oihsim.simulate(long)
        work[name] = {
            key: int(full[key].sum() - early[key].sum()) for key in ("steps", "rhs_calls")
        }
    for key, alone in work["morphine"].items():
        assert alone > 500
        assert abs(work["both"][key] - alone) < 0.05 * alone


def test_neither_a_hold_nor_a_drug_needs_compilation(own_folder, monkeypatch):
    ketamine = dose("ketamine", "iv", amount="20 mg")
    plain = simulate({"a": [morphine()]}, 1)
    simulate({"a": [dose("buprenorphine", "sublingual", amount="8 mg"), ketamine]}, 1)
    signatures, made = list(driver().signatures), []
    monkeypatch.setattr(object_code, "compiled", made.append)
    monkeypatch.setattr(generated_module, "_write_module", lambda name, _: made.append(name))
    name, text = slow_morphine(7)
    words = own_folder(name, text)
    held = simulate({"a": [morphine()]}, 1, hold=[{"mechanism": "nmda", "from": "0 d"}])
    mixed = simulate(
        {"a": [morphine(), ketamine, dose(name, "oral", amount="30 mg")]}, 1, vocabulary=words
    )
    assert plain.attrs["model_hash"] == held.attrs["model_hash"] == mixed.attrs["model_hash"]
    assert (driver().signatures, made) == (signatures, [])


def test_a_ligand_that_two_drugs_bring_is_shown_once_and_adds_up():
    heroin = dose("heroin", "iv", amount="10 mg")
    drugs = {"heroin": [heroin], "morphine": [morphine()], "both": [heroin, morphine()]}
    shown = simulate(drugs, 1).morphine_plasma_concentration
    apart = shown.sel(scenario="heroin") + shown.sel(scenario="morphine")
    assert apart.max() > 10.0
    np.testing.assert_allclose(shown.sel(scenario="both"), apart, rtol=1e-9)
