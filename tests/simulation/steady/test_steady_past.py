"""A past in a steady state: equal to years of history, found once, told, refused in words."""

import numpy as np
import pytest
from slow_parameters import slow_cases_but

import oihsim
from oihsim.engine.compiled_model import Model
from oihsim.files.errors import InputError, SimulationError
from oihsim.files.yaml import parse_yaml
from oihsim.scenario import Scenario, json_schema, parse
from oihsim.simulation.dataset import open_result, write_netcdf
from oihsim.studies.washout import stopped

MODEL = Model.named()
ARMS = """  stop: {doses: []}
  on: {doses: [{drug: morphine, route: oral_er, amount: 30 mg, every: 12 h, until: 5 d}]}
"""
MORPHINE = "{drug: morphine, route: oral_er, amount: 60 mg, every: 12 h}"


def scenario(history, arms=ARMS, population="{of: chronic_pain, typical: true}", extra=""):
    return parse(
        parse_yaml(
            f"""schema: oihsim-scenario/1
question: What does a past without beginning leave?
duration: 5 d
output_every: 6 h
population: {population}
{extra}
history: {history}
arms:
{arms}""",
            "past.yaml",
        )
    )


def steady(*lines, search="true", **kwargs):
    return scenario(f"{{steady_state: {search}, doses: [{', '.join(lines)}]}}", **kwargs)


def waited(days, *lines, **kwargs):
    """Return the same past as a history of many days."""
    doses = ", ".join(line.replace("}", f", until: {days} d}}") for line in lines)
    return scenario(f"{{duration: {days} d, doses: [{doses}]}}", **kwargs)


def states(ds):
    """Return the states in their typical sizes, (scenario, draw, id, time, state)."""
    return np.stack([ds[state.name].values for state in MODEL.linked.states], axis=-1) / MODEL.sizes


def apart(first, second):
    """Return the largest difference of states, in their sizes, and of concentrations, relative."""
    names = [str(name) for name in second.data_vars if str(name).endswith("_concentration")]
    far = [
        np.abs(first[name] - second[name]).max() / max(second[name].max(), 1e-12) for name in names
    ]
    return np.abs(states(first) - states(second)).max(), float(max(far))


FAST = {
    "tablets": ["{drug: gabapentin, route: oral, amount: 600 mg, every: 8 h}"],
    "infusions that overlap": [
        "{drug: ketamine, route: iv, amount: 20 mg, over: 10 h, every: 8 h, from: 3 h}"
    ],
    "a rate and tablets": [
        "{drug: ketamine, route: iv, rate: 5 mg/h}",
        "{drug: gabapentin, route: oral, amount: 600 mg, every: 12 h, from: 2 h}",
    ],
}


@pytest.mark.parametrize("lines", FAST.values(), ids=FAST)
def test_it_equals_two_months_of_a_drug_that_settles_fast(lines):
    until = [line.replace("rate: 5 mg/h}", "rate: 5 mg/h, from: 0 d}") for line in lines]
    far, conc = apart(oihsim.simulate(steady(*lines)), oihsim.simulate(waited(60, *until)))
    assert far < 5e-6
    assert conc < 1e-9


CHRONIC = {
    "tablets": (1095, [MORPHINE]),
    "patch and a slowly binding ligand": (
        1095,
        [
            "{drug: fentanyl, route: transdermal, amount: 1.8 mg, over: 72 h, every: 72 h, "
            "from: 8 h}",
            "{drug: buprenorphine, route: sublingual, amount: 4 mg, every: 24 h}",
        ],
    ),
}


@pytest.mark.parametrize(
    ("days", "lines"),
    slow_cases_but(("tablets",), CHRONIC),
)
def test_it_equals_three_years_of_an_opioid_at_a_tenth_of_the_work(days, lines):
    people = "{of: chronic_pain, count: 2, seed: 5}"
    searched = oihsim.simulate(steady(*lines, population=people))
    other = oihsim.simulate(waited(days, *lines, population=people))
    far, conc = apart(searched, other)
    assert far < 5e-5
    assert conc < 1e-9
    for name in ("pain", "tolerance_index", "hyperalgesia_index"):
        np.testing.assert_allclose(searched[name], other[name], rtol=1e-3, atol=1e-4)
    # what both do after time 0 is no part of the search
    after = searched.rhs_calls.values.sum()
    assert other.rhs_calls.values.sum() - after >= 10 * searched.attrs["history_rhs_calls"]
    # and the two arms wait for it once each
    assert searched.attrs["history_searches"] == 1


def test_a_second_slow_ligand_moves_the_first_to_its_slot():
    lines = ["{drug: carfentanil, route: iv, amount: 0.05 mcg, every: 12 h}"]
    arms = """  alone: {doses: []}
  both: {doses: [{drug: buprenorphine, route: sublingual, amount: 2 mg, from: 1 d}]}
"""
    ds = oihsim.simulate(steady(*lines, arms=arms))
    assert float(ds["carfentanil_effect_site_concentration"][0, 0, 0, 0]) > 0.0
    slots = [state.name for state in MODEL.linked.states if state.symbol in ("O1", "O2")]
    first, second = (ds[name].isel(time=0).values.ravel() for name in slots)
    assert first[0] == second[1] > 0.0
    assert first[1] == second[0] == 0.0
    far, conc = apart(ds, oihsim.simulate(waited(1095, *lines, arms=arms)))
    assert far < 5e-5
    assert conc < 1e-9


def test_time_goes_on_where_the_past_ends():
    arms = (
        "  on: {doses: [{drug: morphine, route: oral_er, amount: 60 mg, every: 12 h, until: 5 d}]}"
    )
    path = states(oihsim.simulate(steady(MORPHINE, arms=arms)))[0, 0, 0]
    assert np.abs(path[2::2] - path[0]).max() < 5e-5
    assert np.abs(path[1] - path[0]).max() > 1e-3


def test_arms_share_the_search_where_their_parameters_agree():
    arms = """  one: {doses: []}
  two: {doses: [{drug: ketamine, route: iv, amount: 20 mg}]}
  other_drug: {doses: [{drug: ketamine, route: iv, amount: 20 mg}], parameters: {ketamine.V1: 9 L}}
  other_body: {doses: [], parameters: {nmda.k_on: 1e-4 1/h}}
"""
    ketamine = oihsim.drugs.load_drug("ketamine").parameters[0]
    arms = arms.replace("ketamine.V1: 9 L", f"{ketamine.address('ketamine')}: 9 {ketamine.unit}")
    ds = oihsim.simulate(steady(MORPHINE, arms=arms))
    assert ds.attrs["history_searches"] == 2
    start = states(ds)[:, 0, 0, 0]
    np.testing.assert_array_equal(start[0], start[1])
    np.testing.assert_array_equal(start[0], start[2])
    assert np.abs(start[3] - start[0]).max() > 1e-3


@pytest.mark.slow
def test_the_result_says_what_was_found_and_keeps_it(tmp_path):
    ds = oihsim.simulate(steady(MORPHINE))
    report = {key: ds.attrs[key] for key in ds.attrs if key.startswith("history_")}
    assert report["history_period"] == 12.0
    assert report["history_residual"] <= report["history_residual_sought"] == 1e-5
    assert report["history_not_reached"] == 0
    assert 10 < report["history_maps"] <= 200
    write_netcdf(ds, tmp_path / "past.nc")
    again = open_result(tmp_path / "past.nc")
    assert {key: again.attrs[key] for key in report} == report
    assert "history_period" not in oihsim.simulate(waited(5, MORPHINE)).attrs


def test_not_reached_names_the_subjects_and_can_be_relaxed():
    people = "{of: chronic_pain, count: 3}"
    hasty = steady(MORPHINE, search="{residual: 1e-6, most_maps: 9}", population=people)
    with pytest.raises(SimulationError) as caught:
        oihsim.simulate(hasty)
    for i in range(3):
        words = (
            f"past of stop, on, subject {i}: no steady state within 1e-06 after 9 periods of 12 h"
        )
        assert words in str(caught.value)
    assert "{residual: 1e-3, most_maps: 1000}" in str(caught.value)
    failing = oihsim.simulate(hasty, on_failure="keep")
    assert failing.attrs["failures"] == str(caught.value)
    assert failing.attrs["history_not_reached"] == 3
    assert np.isfinite(failing.pain.values).all()
    relaxed = hasty.change({"history.steady_state": {"residual": 0.05, "most_maps": 60}})
    assert oihsim.simulate(relaxed).attrs["history_not_reached"] == 0
    assert relaxed.steady_past.residual == 0.05


@pytest.mark.slow
def test_a_ledger_is_replayed_from_the_same_past():
    arms = ARMS.replace(
        "until: 5 d}]}",
        "until: 5 d}], rescue: {drug: morphine, route: iv, amount: 5 mg, when_pain_above: 2, "
        "every: 6 h}}",
    )
    ds = oihsim.simulate(steady(MORPHINE, arms=arms))
    assert all(replay.equal for replay in oihsim.replay(ds))
    assert float(ds["dose_time"].min()) == -12.0  # of doses without beginning, the last period


@pytest.mark.parametrize(
    ("doses", "period", "first"),
    [
        ('"morphine ER 60 mg PO q12h"', 12.0, [-12.0]),
        # patches without a gap are one rate
        ('["fentanyl 25 mcg/h TD q72h", "gabapentin 300 mg PO q8h"]', 8.0, [-8.0, -8.0]),
        ('"methadone 40 mg PO at 08:00 and 20:00"', 24.0, [-16.0, -4.0]),
        ("[{drug: ketamine, route: iv, rate: 5 mg/h}]", 24.0, [-24.0]),
    ],
)
def test_the_written_form_is_read_and_comes_back(doses, period, first):
    written = scenario(f"{{steady_state: true, doses: {doses}}}")
    assert written.history_h == written.steady_past.period_h == period
    assert [course["first_h"] for course in written.resolved["history"]] == first
    assert Scenario.from_resolved(written.resolved).resolved == written.resolved
    assert written.change({"population.seed": 1}).resolved == written.resolved
    text = " ".join(written.explain().split())
    assert "before time 0, indefinitely: the steady state of these doses" in text
    assert f"which repeat every {period:g} h" in text


def test_changes_of_the_past():
    endless = steady(MORPHINE)
    other = {"duration": "10 d", "doses": []}
    finite = endless.change({"history": other})
    assert (finite.history_h, finite.steady_past) == (240.0, None)
    again = finite.change({"history": {"steady_state": True, "doses": "morphine ER 60 mg PO q12h"}})
    assert again.resolved == endless.resolved
    assert (
        endless.scenario_hash
        != endless.change({"history.steady_state": {"residual": 1e-3}}).scenario_hash
    )


def test_a_past_of_the_population_does_not_go_with_it():
    with pytest.raises(InputError, match=r"allowed: population: \{past: false\}"):
        steady(MORPHINE, population="{of: methadone_maintenance, typical: true}")
    without_past = steady(
        MORPHINE, population="{of: methadone_maintenance, typical: true, past: false}"
    )
    assert without_past.history_h == 12.0
    with pytest.raises(InputError, match="at least 0 h"):
        steady(MORPHINE, extra="hold: [{mechanism: nmda, from: -1 h}]")


def test_doses_for_ever_count_as_use():
    assert steady(MORPHINE).breathing == {"stopped": ["stop"]}


def test_washout_of_it():
    patch = (
        "{drug: fentanyl, route: transdermal, amount: 1.8 mg, over: 72 h, every: 72 h, from: 9 h}"
    )
    patched = steady(patch)
    assert stopped(patched, 24.0, 72.0).resolved["history"] == patched.resolved["history"]
    assert stopped(patched, 24.0, 72.0).steady_past == patched.steady_past
    with pytest.raises(InputError, match="an infusion of the past that runs until 9 h"):
        stopped(patched, 6.0, 72.0)


def test_the_schema_has_both_pasts():
    schema = json_schema()
    past = schema["$defs"]["PastForm"]["properties"]
    assert {"const": True, "type": "boolean"} in past["steady_state"]["anyOf"]
    assert "duration" in past
