"""Rescue doses: given only when pain is high, no closer than the lock-out, replayed exactly."""

import json

import numpy as np
import pytest

import oihsim
from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model
from oihsim.files.yaml import Document
from oihsim.results.endpoints.dose_totals import RESCUE_CONSUMPTION
from oihsim.scenario import Scenario, parse
from oihsim.simulation.simulate import run_arms
from oihsim.treatment.rule_sets import Condition, DoseLine, Rule

PCA = {
    "drug": "morphine", "route": "iv", "amount": "1 mg", "when_pain_above": 4, "every": "10 min",
}  # fmt: skip


def scenario(arms, count=6, days=1, every="10 min", **fields):
    typical = {} if count > 1 else {"typical": True}
    return parse(
        Document(
            "rescue",
            {
                "schema": "oihsim-scenario/1",
                "question": "Does pain decide?",
                "duration": f"{days} d",
                "output_every": every,
                "population": {"of": "chronic_pain", "count": count, "seed": 4, **typical},
                "arms": arms,
                **fields,
            },
        )
    )


def background(mg):
    return [{"drug": "morphine", "route": "oral_er", "amount": f"{mg} mg", "every": "12 h",
             "until": "1 d"}] if mg else []  # fmt: skip


@pytest.fixture(scope="module")
def demand():
    return oihsim.simulate(
        scenario({f"mg_{mg}": {"doses": background(mg), "rescue": PCA} for mg in (0, 15, 60)})
    )


def given(ds, arm):
    """Return the doses in each output interval, (id, interval); judged at its start."""
    return np.diff(ds.morphine_rescue_dose.sel(scenario=arm).values[0], axis=-1)


def test_a_dose_follows_pain_above_the_limit_and_no_other(demand):
    for arm in demand.scenario.values:
        pain = demand.pain.sel(scenario=arm).values[0, :, :-1]
        np.testing.assert_array_equal(given(demand, arm), np.where(pain > 4.0, 1.0, 0.0))
    doses = demand.morphine_rescue_dose.isel(time=-1)
    assert 0.0 < doses.sum() < 3 * 6 * 144  # some decide for it and some against


def test_less_background_asks_for_more_rescue(demand):
    totals = RESCUE_CONSUMPTION(demand).values[:, 0]
    assert np.all(np.diff(totals, axis=0) <= 0.0)
    assert np.all(np.diff(totals.sum(axis=1)) < 0.0)


def test_the_cumulative_dose_is_the_clock_and_the_rescue_together(demand):
    for arm, mg in (("mg_0", 0.0), ("mg_60", 120.0)):
        end = demand.sel(scenario=arm).isel(time=-1)
        np.testing.assert_allclose(end.morphine_cumulative_dose, mg + end.morphine_rescue_dose)


def test_no_rescue_when_pain_stays_below():
    ds = oihsim.simulate(scenario({"a": {"doses": [], "rescue": {**PCA, "when_pain_above": 10}},
                                   "none": {"doses": []}}, every="1 h"))  # fmt: skip
    assert np.all(ds.morphine_rescue_dose == 0.0)
    # judging costs steps, so numbers differ within the tolerance of the solver
    np.testing.assert_allclose(ds.pain.sel(scenario="a"), ds.pain.sel(scenario="none"), atol=1e-4)


@pytest.mark.parametrize("every_h", [0.5, 3.0])
def test_the_lock_out_is_kept(every_h):
    rescue = {**PCA, "when_pain_above": 0, "every": f"{every_h} h", "from": "2 h", "until": "9 h"}
    locked = scenario({"a": {"doses": [], "rescue": rescue}}, count=2)
    model = Model.named(locked.model)
    (run,) = run_arms(locked, model, {"morphine": load_drug("morphine")})
    for doses in run.run.given:
        np.testing.assert_allclose(doses[:, 0], np.arange(2.0, 9.0, every_h), atol=1e-9)


@pytest.mark.parametrize(
    ("drug", "route", "amount"),
    [
        ("morphine", "iv", "0.07 mg/kg"),
        ("hydromorphone", "oral", "2 mg"),  # enters after a lag
        ("buprenorphine", "sublingual", "0.4 mg"),  # in two ways, one of them over a time
    ],
)
def test_the_doses_given_by_the_clock_give_the_same_course(drug, route, amount):
    rescue = {"drug": drug, "route": route, "amount": amount, "when_pain_above": 3.5,
              "every": "2 h", "from": "1 h"}  # fmt: skip
    tight = {"tolerance": {"relative": 1e-8}}
    arms = {"a": {"doses": background(15), "rescue": rescue}}
    ruled = scenario(arms, count=1, every="1 h", **tight)
    ds = oihsim.simulate(ruled)
    total = ds[f"{drug}_rescue_dose"].values.ravel()
    starts = ds.time.values[:-1][np.diff(total) > 0.0]
    assert 1 < len(starts) < 12
    doses = [{"drug": drug, "route": route, "amount": amount, "from": f"{t} h"} for t in starts]
    replay = oihsim.simulate(
        scenario({"a": {"doses": background(15) + doses}}, count=1, every="1 h", **tight)
    )
    for name in ("pain", "tolerance_index", "hyperalgesia_index", f"{drug}_cumulative_dose"):
        np.testing.assert_allclose(ds[name], replay[name], rtol=1e-5, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(
        ds[f"{drug}_plasma_concentration"], replay[f"{drug}_plasma_concentration"], rtol=1e-9,
        atol=1e-9,
    )  # fmt: skip


def test_amounts_lags_and_shares_are_the_subjects_own():
    """Hydromorphone by mouth per kg: F and lag spread. Each subject alone has the same course."""
    rescue = {"drug": "hydromorphone", "route": "oral", "amount": "0.03 mg/kg",
              "when_pain_above": 3, "every": "4 h"}  # fmt: skip
    four = scenario({"a": {"doses": [], "rescue": rescue}}, count=4, every="1 h")
    ds = oihsim.simulate(four)
    per_dose = 0.03 * ds.WT.values[0]
    number = ds.hydromorphone_rescue_dose.values[0, 0, :, -1] / per_dose
    np.testing.assert_allclose(number, np.round(number), atol=1e-9)
    assert number.max() > 1
    first = oihsim.simulate(four.change({"population.count": 1}))
    np.testing.assert_array_equal(first.pain[0, 0, 0], ds.pain[0, 0, 0])


def test_a_rescue_drug_is_nowhere_else_and_the_arm_is_still_whole(demand):
    rescued = scenario({"none": {"doses": []}, "a": {"doses": [], "rescue": PCA}}, count=1)
    assert rescued.drugs == ("morphine",)
    ds = oihsim.simulate(rescued)
    assert np.all(ds.morphine_rescue_dose.sel(scenario="none") == 0.0)
    assert ds.morphine_effect_site_concentration.sel(scenario="a").max() > 0.0


def test_resolved_and_back_written_and_changed():
    written = scenario(
        {"a": {"doses": [], "rescue": {**PCA, "until": "20 h"}}, "b": {"based_on": "a"},
         "c": {"based_on": "b", "rescue": {**PCA, "amount": "0.02 mg/kg"}}}
    )  # fmt: skip
    assert written.arms["b"].rules == written.arms["a"].rules
    (block,) = written.arms["c"].rules
    assert block.name == "rescue"
    assert block.rules == (
        Rule("rescue", "rescue", (Condition("pain", ">", 4.0),),
             line=DoseLine("morphine", "iv", 0.02, per_kg=True)),
    )  # fmt: skip
    assert block.decision_points == tuple(round(k / 6, 9) for k in range(144))
    again = Scenario.from_resolved(json.loads(json.dumps(written.resolved)))
    assert again.resolved == written.resolved
    cut = written.change({"duration": "12 h"})
    assert {name: len(arm.rules[0].decision_points) for name, arm in cut.arms.items()} == {
        "a": 72, "b": 72, "c": 72,
    }  # fmt: skip
    text = written.explain()
    assert "rescue: morphine iv 1 mg when pain is above 4" in text
    assert "from 0 h to 20 h: at most 120 doses" in text


def test_a_cut_before_the_rescue_leaves_it_and_its_endpoint_out():
    late_rescue = scenario({"a": {"doses": [], "rescue": {**PCA, "from": "20 h"}}},
                   compare={"endpoints": ["rescue_consumption", "pain_mean"]})  # fmt: skip
    cut = late_rescue.change({"duration": "12 h"})
    assert cut.arms["a"].rules == ()
    assert [each["endpoint"] for each in cut.endpoints] == ["pain_mean"]


def test_results_from_before_rescue_doses_read_back():
    old = scenario({"a": {"doses": background(15)}}).resolved
    assert old["arms"]["a"].pop("rescue") is None
    assert Scenario.from_resolved(old).arms["a"].rules == ()


def test_the_table_has_a_row_for_each_drug_given_as_rescue():
    by_mouth = {**PCA, "drug": "hydromorphone", "route": "oral", "every": "4 h"}
    ds = oihsim.compare(
        scenario(
            {"iv": {"doses": [], "rescue": PCA}, "oral": {"doses": [], "rescue": by_mouth}},
            compare={"endpoints": ["rescue_consumption"]},
        )
    )
    rows = oihsim.endpoint_table(ds)
    assert [row.endpoint for row in rows[::2]] == [
        "rescue_consumption_hydromorphone",
        "rescue_consumption_morphine",
    ]
    assert rows[0].mean == 0.0
    assert rows[1].mean > 0.0
    with pytest.raises(oihsim.OihsimError, match="name one drug"):
        RESCUE_CONSUMPTION(ds)
