"""Adherence from a file to a result: who it concerns, what is given, and what it leaves alone."""

import json
from pathlib import Path

import numpy as np
import pytest

import oihsim
from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError
from oihsim.files.yaml import Document
from oihsim.scenario import Scenario, load, parse
from oihsim.treatment.arm import SELF_TAKEN, Adherence

VALID = Path(__file__).parents[1] / "scenario" / "files" / "valid" / "adherence.yaml"
MISSED = {"missed": "30 %", "missed_again": "60 %", "late": {"median": "30 min", "cv": "80 %"}}
WHOLE = ["morphine 30 mg PO q12h x 3 d"]
PARTS = ["morphine 30 mg PO q12h x 1 d, then 45 mg q12h x 2 d"]


def scenario(arms, **fields):
    data = {
        "schema": "oihsim-scenario/1",
        "question": "Does it hold?",
        "duration": "3 d",
        "population": {"of": "chronic_pain", "count": 4},
        "arms": arms,
    }
    return parse(Document("s", {**data, **fields}))


def test_an_arm_has_its_own_adherence_its_ancestor_s_or_that_of_the_scenario():
    arms = load(VALID).arms
    assert arms["everyone"].adherence == Adherence(
        0.1, 0.4, 1.0, 0.5, 0.8, routes=tuple(sorted(SELF_TAKEN))
    )
    expected = Adherence(0.2, 0.2, 0.0, 2.0, None, ("fentanyl",), ("transdermal",), typical=True)
    assert arms["patches"].adherence == arms["more_patches"].adherence == expected
    assert arms["on_time"].adherence is None


def test_the_typical_subject_takes_every_dose_unless_it_is_said_otherwise():
    typical = load(VALID).change({"population.count": 1, "population.typical": True})
    assert typical.arms["everyone"].adherence is None
    assert typical.arms["patches"].adherence is not None
    assert "on time by the typical subject" in typical.explain()


def test_the_explanation_says_what_is_missed_and_what_is_not_seen():
    text = " ".join(load(VALID).explain().split())
    assert "10 % of doses missed (40 % after a missed one)" in text
    assert "an sd of 1 in the logit" in text
    assert "late by a log-normal delay of median 0.5 h and cv 80 %; for every drug" in text
    assert "late by a half-normal delay of sd 2 h; for fentanyl by the routes transdermal" in text
    assert "They do not show a dose that is taken after days of missed doses" in text
    assert CAUTION in text
    assert "adherence" not in load("flagship").explain()


def test_without_adherence_nothing_is_stored_and_nothing_changes():
    plain = scenario({"a": {"doses": WHOLE}})
    assert "adherence" not in json.dumps(plain.resolved)
    with_it = scenario({"a": {"doses": WHOLE, "adherence": MISSED}})
    assert with_it.scenario_hash != plain.scenario_hash
    assert Scenario.from_resolved(with_it.resolved).scenario_hash == with_it.scenario_hash
    assert with_it.change(adherence=None).scenario_hash == plain.scenario_hash
    assert plain.change(adherence=MISSED).scenario_hash == with_it.scenario_hash
    none_missed = plain.change(adherence={"missed": "0 %"})
    first, second = oihsim.simulate(plain), oihsim.simulate(none_missed)
    for name in first.data_vars:
        np.testing.assert_array_equal(first[name].values, second[name].values)


@pytest.fixture(scope="module")
def result():
    arms = {
        "whole": {"doses": WHOLE},
        "parts": {"doses": PARTS},
        "on_time": {"doses": WHOLE, "adherence": {"missed": "0 %"}},
    }
    return oihsim.simulate(scenario(arms, adherence=MISSED))


def times(ds, arm):
    return ds["dose_time"].sel(scenario=arm).isel(draw=0).values


def test_a_subject_misses_the_same_doses_in_every_arm(result):
    undivided, parts = times(result, "whole"), times(result, "parts")
    assert np.isnan(undivided).any()
    assert not np.isnan(times(result, "on_time")).any()
    np.testing.assert_array_equal(undivided, parts)
    amounts = result["dose_amount"].sel(scenario="parts").isel(draw=0).values
    later = undivided >= 24.0
    np.testing.assert_array_equal(amounts[later], 45.0)
    np.testing.assert_array_equal(amounts[undivided < 24.0], 30.0)


def test_the_ledger_has_what_was_taken_and_the_sum_is_that_of_it(result):
    ledger = times(result, "whole")
    due = np.floor(ledger / 12.0) * 12.0
    assert (ledger > due)[~np.isnan(ledger)].all()
    count = (~np.isnan(ledger) & (ledger < 72.0)).sum(axis=1)
    total = result["morphine_cumulative_dose"].sel(scenario="whole").isel(draw=0, time=-1)
    np.testing.assert_allclose(total.values, 30.0 * count)
    assert all(replay.equal for replay in oihsim.replay(result))


def test_the_order_of_arms_and_the_number_of_subjects_leave_no_trace(result):
    arms = {"parts": {"doses": PARTS}, "whole": {"doses": WHOLE}}
    again = oihsim.simulate(
        scenario(arms, adherence=MISSED, population={"of": "chronic_pain", "count": 2})
    )
    for name in ("pain", "dose_time", "dose_amount", "morphine_cumulative_dose"):
        for arm in arms:
            first = result[name].sel(scenario=arm).isel(draw=0, id=slice(2)).values
            second = again[name].sel(scenario=arm).isel(draw=0).values
            np.testing.assert_array_equal(first[:, : second.shape[1]], second)


def test_doses_of_a_line_that_rules_act_on_are_missed_too():
    block = {
        "name": "chasing",
        "line": {"drug": "morphine", "route": "oral", "amount": "30 mg", "every": "12 h"},
        "visits": {"at": ["1 d"]},
        "rules": [{"when": "time > 99 d", "then": "raise", "by": "50 %"}],
    }
    arms = {"by_rule": {"doses": [], "rules": [block]}, "fixed": {"doses": WHOLE}}
    ds = oihsim.simulate(scenario(arms, adherence=MISSED))
    np.testing.assert_array_equal(times(ds, "by_rule"), times(ds, "fixed"))
    np.testing.assert_allclose(
        ds["pain"].sel(scenario="by_rule"), ds["pain"].sel(scenario="fixed"), rtol=1e-12
    )


def test_a_steady_state_of_doses_that_are_missed_is_refused():
    missing = scenario({"a": {"doses": WHOLE}}, adherence=MISSED)
    with pytest.raises(InputError, match="missed and late ones do not repeat"):
        oihsim.steady_state(missing)
