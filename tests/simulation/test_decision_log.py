"""The decision log: what was observed, which rule matched first, and what became of the dose."""

import re

import numpy as np
import pytest
from ledger_cases import RULES, fixed, rows, ruled, scenario, words

import oihsim
from oihsim.commands.decision_text import meanings


def log(ds, arm, subject, block):
    """Return the decisions of one block: time, rule, action, before, after, observed by name."""
    subject_result = ds.sel(scenario=arm, id=subject).isel(draw=0)
    of_block = words(subject_result.decision_block) == block
    columns = [
        subject_result.decision_time.values,
        words(subject_result.decision_rule), words(subject_result.decision_action),
        subject_result.decision_dose_before.values, subject_result.decision_dose_after.values,
    ]  # fmt: skip
    seen = {
        str(name): subject_result.decision_observed.sel(observation=name).values[of_block]
        for name in subject_result.observation.values
    }
    return [column[of_block] for column in columns], seen


def test_the_first_rule_that_holds_is_the_one_in_the_log():
    ds = ruled()
    for i in ds.id.values:
        (time, rule, action, before, after), seen = log(ds, "chase", i, "chasing")
        pain = seen["pain (chasing)"]
        np.testing.assert_array_equal(time, np.arange(24.0, 288.0, 24.0))
        np.testing.assert_array_equal(before[1:], after[:-1])
        paused_until, switched = -1.0, False
        for k, value in enumerate(pain):
            paused = time[k] < paused_until
            wanted = "none"
            if value > 4.0 and time[k] >= 216.0:
                wanted = "switch"
            elif value > 4.0 and not paused:
                wanted = "raise"
            elif value < 3.0 and not paused:
                wanted, paused_until = "pause", time[k] + 48.0
            elif value < 3.5 and not paused:
                wanted = "lower"
            if switched and wanted == "switch":
                wanted = rule[k].removeprefix("chasing/")  # a line switched away does so only once
            switched = switched or wanted == "switch"
            assert rule[k].removeprefix("chasing/") == wanted == action[k], (i, time[k])
            factor = {"raise": 1.5, "lower": 0.8, "none": 1.0, "pause": 1.0}.get(wanted)
            if factor:
                assert after[k] == pytest.approx(before[k] * factor, rel=1e-12)
    assert {"none", "raise", "lower", "pause", "switch"} <= set(
        np.unique(words(ds.decision_action))
    )


def test_what_is_read_without_noise_is_the_read_out():
    ds = ruled()
    for i in ds.id.values:
        (time, *_), seen = log(ds, "chase", i, "relief")
        pain = ds.pain.sel(scenario="chase", id=i, time=time).values[0]
        np.testing.assert_array_equal(seen["pain (relief)"], pain)
        assert np.isnan(seen["pain (chasing)"]).all()


def test_noise_is_of_the_size_that_was_asked_for():
    ds = ruled()
    errors = []
    for i in ds.id.values:
        (time, *_), seen = log(ds, "chase", i, "chasing")
        errors.append(seen["pain (chasing)"] - ds.pain.sel(scenario="chase", id=i, time=time)[0])
    errors = np.concatenate(errors)
    assert 0.55 < errors.std() < 1.1
    assert abs(errors.mean()) < 0.4


def test_decisions_and_doses_belong_together():
    ds = ruled()
    for i in ds.id.values:
        (time, rule, *_), _ = log(ds, "chase", i, "relief")
        rescue_times = [row[0] for row in rows(ds, "chase", i) if row[5] == "relief/rescue"]
        assert time[rule == "relief/rescue"].tolist() == rescue_times
        assert np.diff(rescue_times).min(initial=8.0) >= 8.0
        (time, _, action, _, after), _ = log(ds, "chase", i, "chasing")
        doses = [row for row in rows(ds, "chase", i) if row[5].startswith("chasing")]
        for at, amount, what in zip(time, after, action, strict=True):
            following = [row for row in doses if at <= row[0] < at + 24.0]
            if what in ("raise", "lower"):
                assert following
                assert all(row[1] == pytest.approx(amount, rel=1e-12) for row in following)
                assert {row[5] for row in following} == {f"chasing/{what}"}
            elif what == "pause":
                assert not following


def test_without_rules_there_is_no_log():
    assert not [name for name in fixed().variables if "decision" in name or "observ" in name]
    with pytest.raises(oihsim.InputError, match="no decision log"):
        oihsim.decision_text(fixed())


@pytest.mark.slow
def test_rules_that_observe_nothing_have_a_log_too(tmp_path):
    text = RULES.split("      - name: relief")[0]
    head = text.split("        rules:\n")[0].replace("        noise: {pain: 0.8}\n", "")
    unobserved = scenario(head + "        rules: [{when: time >= 3 d, then: lower, by: 10 %}]\n")
    ds = oihsim.simulate(unobserved.change({"duration": "5 d", "population.count": 1}))
    (_, rule, _, _, after), _ = log(ds, "chase", 0, "chasing")
    assert rule.tolist() == ["none", "none", "chasing/lower", "chasing/lower"]
    np.testing.assert_allclose(after, [30.0, 30.0, 27.0, 24.3])
    assert ds.decision_observed.isnull().all()
    back = oihsim.open_result(oihsim.write_netcdf(ds, tmp_path / "r.nc"))
    assert back.decision_rule.identical(ds.decision_rule)
    assert "27 -> 24.3" in oihsim.decision_text(ds)


def test_the_log_of_one_subject_as_text():
    ds = ruled()
    text = oihsim.decision_text(ds, id=2)
    table = text.split("\n\n")[1].splitlines()
    count = int((ds.decision_block.sel(scenario="chase", id=2) >= 0).sum())
    assert len(table) == 1 + count
    assert table[0].split() == ["time", "block", "observed", "rule", "action", "dose"]
    (time, rule, _, before, after), _ = log(ds, "chase", 2, "chasing")
    k = int(np.flatnonzero(rule == "chasing/raise")[0])
    line = next(
        row for row in table if row.startswith(f"{time[k] / 24:g} d  ") and "chasing" in row
    )
    change = f"{before[k]:.4g} -> {after[k]:.4g} mg morphine"
    assert line.split("  ")[-1].strip() == change
    assert oihsim.CAUTION.split(";")[0] in " ".join(text.split())
    acted = oihsim.decision_text(ds, id=2, acted=True).split("\n\n")[1].splitlines()
    cells = [[line.split() for line in lines] for lines in (acted, table)]
    assert all(line in cells[1] for line in cells[0])
    assert len(acted) == 1 + int((ds.decision_rule.sel(scenario="chase", id=2) > 0).sum())


def test_a_rotation_names_both_drugs():
    ds = ruled()
    switches = ds.decision_action == meanings(ds.decision_action).index("switch")
    subject = int(ds.id.values[switches.any("decision").sel(scenario="chase").values[0].argmax()])
    lines = oihsim.decision_text(ds, id=subject, acted=True).splitlines()
    at = next(k for k, line in enumerate(lines) if "  switch  " in line)
    assert re.search(r"  [\d.]+ mg morphine -> [\d.]+ mg methadone$", lines[at])
    later = [line for line in lines[at + 1 :] if line.split("  ")[0].endswith(" d")]
    assert not [line for line in later if "chasing" in line and "morphine" in line]


def test_one_arm_or_subject_of_a_result_is_read_too():
    ds = ruled()
    text = oihsim.decision_text(ds, id=1)
    assert oihsim.decision_text(ds.sel(scenario="chase"), id=1) == text
    assert oihsim.decision_text(ds.sel(id=1), id=1) == text
    assert oihsim.decision_text(ds.sel(scenario="chase", id=1).isel(draw=0), id=1) == text
    with pytest.raises(oihsim.InputError, match="found 0; allowed: 1 to 1"):
        oihsim.decision_text(ds.sel(id=1), id=0)


def test_the_text_names_what_it_does_not_know():
    with pytest.raises(oihsim.InputError) as refused:
        oihsim.decision_text(ruled(), scenario="nobody", id=77)
    assert {problem.field for problem in refused.value.problems} == {"scenario", "id"}
    two = scenario(RULES).change({"arms.more": {"based_on": "chase"}, "duration": "2 d"})
    with pytest.raises(oihsim.InputError, match="one of chase, more"):
        oihsim.decision_text(oihsim.simulate(two))
