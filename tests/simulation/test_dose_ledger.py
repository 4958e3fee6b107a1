"""The dose ledger: every dose that was written or decided, once, and what it adds up to."""

from itertools import pairwise

import numpy as np
import pytest
from ledger_cases import FIXED, RULES, fixed, rows, ruled, scenario, words

import oihsim
from oihsim.simulation.cumulative_dose import given_before
from oihsim.simulation.dose_ledger import DoseLedger


def expected(file, arm, weight):
    """Return the doses that a scenario's file means, one by one."""
    history_h = file.resolved["history_h"]
    doses = []
    for dose in file.arms[arm].doses:
        if dose.time_h >= file.duration_h:
            continue
        reason = "scheduled" if dose.time_h >= 0.0 else "history"
        reason = "history_of_the_population" if dose.time_h < -history_h else reason
        amount = dose.amount * (weight if dose.per_kg else 1.0)
        time = round(dose.time_h, 9)
        doses.append((time, amount, dose.duration_h, dose.drug, dose.route, reason))
    return doses


@pytest.mark.parametrize("arm", ["none", "several"])
def test_the_ledger_of_doses_by_the_clock_is_what_the_file_says(arm):
    ds, file = fixed(), scenario(FIXED)
    for i in ds.id.values:
        listed = rows(ds, arm, i)
        assert listed == expected(file, arm, float(ds.WT.sel(id=i)[0]))
        assert {row[5] for row in listed} >= {"history", "history_of_the_population"}
        assert all(a[0] <= b[0] for a, b in pairwise(listed))
    # two months every 8 h, two days every 8 h, and of the arm's own those before the end
    assert len(rows(ds, arm, 0)) == 180 + 6 + (9 + 1 + 4 if arm == "several" else 0)


def before(listed, drug, times, reasons=None):
    """Add up a ledger by hand: what was given of a drug before each time."""
    total = np.zeros(len(times))
    for time, amount, duration, name, _, reason in listed:
        if name != drug or time < 0.0 or (reasons is not None and reason not in reasons):
            continue
        for i, t in enumerate(times):
            run = min(max((t - time) / duration, 0.0), 1.0) if duration else float(t > time)
            total[i] += amount * run
    return total


@pytest.mark.parametrize("result", [fixed, ruled])
def test_cumulative_doses_are_the_sums_of_the_ledger(result):
    ds = result()
    for arm in ds.scenario.values:
        for i in ds.id.values:
            for drug in ds.dose_drug.attrs["flag_meanings"].split():
                cumulative = ds[f"{drug}_cumulative_dose"].sel(scenario=arm, id=i).values[0]
                summed = before(rows(ds, arm, i), drug, ds.time.values)
                np.testing.assert_allclose(cumulative, summed, rtol=1e-12, atol=1e-12)


def test_an_infusion_is_partly_given_and_a_dose_at_an_output_is_not_yet():
    subject_result = fixed().sel(scenario="several", id=0).isel(draw=0)
    weight, ketamine = float(subject_result.WT), subject_result.ketamine_cumulative_dose
    assert float(ketamine.sel(time=9)) == pytest.approx(0.1 * weight * 3.0, rel=1e-12)
    assert float(ketamine.sel(time=48)) == pytest.approx(
        0.1 * weight * 42.0 + 10.0 + 10.0 * 60 / 90
    )
    oral = subject_result.morphine_cumulative_dose.sel(time=[0, 3, 24, 27]) / (0.3 * weight)
    np.testing.assert_allclose(oral, [0.0, 1.0, 3.0, 4.0], rtol=1e-12)


def test_rescue_doses_are_those_of_rescue_rules_only():
    ds = ruled()
    for i in ds.id.values:
        listed = rows(ds, "chase", i)
        summed = before(listed, "morphine", ds.time.values, {"relief/rescue"})
        rescue = ds.morphine_rescue_dose.sel(scenario="chase", id=i).values[0]
        np.testing.assert_allclose(rescue, summed, rtol=1e-12, atol=1e-12)
        weight = float(ds.WT.sel(id=i)[0])
        amounts = [row[1] for row in listed if row[5] == "relief/rescue"]
        np.testing.assert_allclose(amounts, 0.05 * weight, rtol=1e-12)
    assert (ds.morphine_rescue_dose.sel(scenario="plain") == 0.0).all()
    assert "morphine_rescue_dose" not in fixed()
    assert "methadone_rescue_dose" not in ds


def test_every_dose_of_a_rule_says_which_rule():
    ds = ruled()
    reasons = words(ds.dose_reason.sel(scenario="chase"))
    assert set(np.unique(reasons)) - {""} == {
        "scheduled", "chasing/start", "chasing/raise", "chasing/lower", "chasing/switch",
        "relief/rescue",
    }  # fmt: skip
    np.testing.assert_array_equal(ds.dose_reason >= 0, ds.dose_drug >= 0)
    np.testing.assert_array_equal(ds.dose_time.notnull(), ds.dose_drug >= 0)
    first = [rows(ds, "chase", i)[0] for i in ds.id.values]
    assert set(first) == {(0.0, 30.0, 0.0, "morphine", "oral_er", "chasing/start")}
    for i in ds.id.values:
        line = [row for row in rows(ds, "chase", i) if row[5].startswith("chasing")]
        drugs = [row[3] for row in line]
        assert drugs == sorted(drugs, key=["morphine", "methadone"].index)
        begun = [row for row in line if row[3] == "methadone"][:1]
        assert all(row[5] == "chasing/switch" and row[1] == 5.0 for row in begun)


def test_missed_doses_are_not_in_the_ledger_and_late_ones_are_late():
    text = FIXED.replace(
        "  none: {doses: []}",
        "  none: {doses: []}\n  forgetful:\n    doses: [{drug: morphine, route: oral, "
        "amount: 30 mg, every: 4 h, until: 3 d}]\n"
        "    adherence: {missed: 30 %, late: {sd: 30 min}}",
    ).replace("heroin_use", "volunteers")
    ds = oihsim.simulate(scenario(text))
    due = np.arange(0.0, 72.0, 4.0)
    taken = 0
    for i in ds.id.values:
        listed = [row for row in rows(ds, "forgetful", i) if row[5] == "scheduled"]
        late = np.array([row[0] - due[due <= row[0]].max() for row in listed])
        assert (late >= 0.0).all()
        assert late.max() > 0.0
        assert len({due[due <= row[0]].max() for row in listed}) == len(listed)
        taken += len(listed)
        summed = before(listed, "morphine", ds.time.values)
        cumulative = ds.morphine_cumulative_dose.sel(scenario="forgetful", id=i).values[0]
        np.testing.assert_allclose(cumulative, summed, rtol=1e-12)
    assert 0.4 * 3 * len(due) < taken < 0.95 * 3 * len(due)
    assert all(arm.equal for arm in oihsim.replay(ds))


def test_a_subject_that_failed_keeps_its_orders_but_no_sum_that_rules_decide():
    text = RULES.replace("  chase:\n", "  chase:\n    parameters: {glutamate.k_G: 1e14 1/h}\n")
    failing = scenario(text).change({"duration": "2 d"})
    ds = oihsim.simulate(failing, on_failure="keep").sel(scenario="chase")
    assert (ds.status > 0).all()
    assert ds.morphine_cumulative_dose.isnull().all()
    assert ds.morphine_rescue_dose.isnull().all()
    # what the clock orders is known
    assert (ds.ketamine_cumulative_dose.isel(time=-1) == 5.0).all()
    scheduled = list(ds.dose_reason.attrs["flag_meanings"].split()).index("scheduled")
    assert ((ds.dose_reason == scheduled).sum("dose") == 1).all()


def test_a_scenario_without_a_dose_has_an_empty_ledger():
    doseless = scenario(RULES).change({"arms.chase": None, "arms.plain": {"doses": []}})
    ds = oihsim.simulate(doseless.change({"duration": "1 d"}))
    assert ds.sizes["dose"] == 1
    assert (ds.dose_drug == -1).all()
    assert ds.dose_time.isnull().all()
    assert "decision" not in ds.dims


def test_sums_of_random_ledgers_are_those_by_hand():
    rng = np.random.default_rng(4)
    times = np.sort(rng.integers(0, 40, 12).astype(float))
    times = np.unique(times)
    shape = (5, 30)
    start = rng.integers(-5, 40, shape).astype(float)
    duration = rng.choice([0.0, 0.0, 0.5, 3.0, 50.0], shape)
    start[rng.random(shape) < 0.2] = np.nan
    code = rng.integers(0, 2, shape).astype(np.int16)
    ledger = DoseLedger(start, rng.random(shape), duration, code, code, code, code == 1)
    sums = given_before(ledger, code == 1, times)
    for i in range(shape[0]):
        listed = [
            (start[i, k], ledger.amount[i, k], duration[i, k], "x", "", "")
            for k in range(shape[1])
            if code[i, k] == 1 and not np.isnan(start[i, k])
        ]
        np.testing.assert_allclose(sums[i], before(listed, "x", times), rtol=1e-12, atol=1e-14)
    assert sums.max() > 0.0
