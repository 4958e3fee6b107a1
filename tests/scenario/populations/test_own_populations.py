"""A population of a user's own: a file, covariates, fixed pain; stored, changed and refused."""

import json

import numpy as np
import pytest

import oihsim
from oihsim.files.errors import InputError
from oihsim.scenario import Scenario, load
from oihsim.scenario.population import Population, population_of
from oihsim.scenario.scenario_vocabulary import POPULATIONS

SCENARIO = """schema: oihsim-scenario/1
question: What does a weight-based dose do in children?
duration: 6 h
output_every: 2 h
population: {of: %s, count: 40, seed: 5%s}
arms:
  drug: {doses: [{drug: morphine, route: iv, amount: 0.1 mg/kg}]}
"""
CHILDREN = """schema: oihsim-population/1
population: children
meaning: Invented children without pain of their own.
covariates:
  AGE:
    {unit: y, typical: 8, distribution: normal, mean: 8, sd: 2, low: 4, high: 12,
     source: mine2020, evidence: measured}
  WT: {unit: kg, typical: 25, distribution: lognormal, mean: 26, sd: 5, evidence: assumed}
  HT: {unit: cm, typical: 128, distribution: normal, mean: 128, sd: 8, low: 90, evidence: assumed}
  SEX: {unit: "1", typical: 0, distribution: yes_or_no, mean: 0.5, evidence: assumed}
  EGFR: {unit: mL/min, typical: 90, distribution: lognormal, mean: 90, sd: 9, evidence: assumed}
  ALB: {unit: g/L, typical: 42, distribution: lognormal, mean: 42, sd: 3, evidence: assumed}
  SCR: {unit: mg/dL, typical: 0.5, distribution: lognormal, mean: 0.5, sd: 0.1, evidence: assumed}
  OUD: {unit: "1", typical: 0, distribution: yes_or_no, mean: 0, evidence: assumed}
history:
  duration: 2 d
  evidence: assumed
  doses: [{drug: morphine, route: oral, amount: 5 mg, every: 12 h, until: 2 d, evidence: assumed}]
"""


def written(folder, of="./children.yaml", extra="", children=CHILDREN):
    (folder / "children.yaml").write_text(children)
    (folder / "mine.bib").write_text("@article{mine2020, title={Invented}}\n")
    path = folder / "s.yaml"
    path.write_text(SCENARIO % (of, extra))
    return path


def problems(path):
    with pytest.raises(InputError) as caught:
        load(path)
    return [str(problem) for problem in caught.value.problems]


def weights(scenario):
    return oihsim.simulate(scenario)["WT"].isel(draw=0).values


def test_a_file_beside_the_scenario_is_its_population(tmp_path):
    scenario = load(written(tmp_path))
    assert scenario.population == "children"
    assert scenario.history_h == 48.0
    people = population_of(scenario)
    assert people.covariates[0].mean == 8.0
    ds = oihsim.simulate(scenario)
    assert 20.0 < float(ds["WT"].median()) < 32.0
    assert float(ds["AGE"].max()) <= 12.0
    assert "mine2020" in ds.attrs["references"]
    # a dose per kg is that of the subject
    amount = ds["morphine_cumulative_dose"].isel(time=-1)
    np.testing.assert_allclose(amount, 0.1 * ds["WT"].broadcast_like(amount), rtol=1e-12)


def test_a_result_is_made_again_without_the_file(tmp_path, monkeypatch):
    path = written(tmp_path)
    ds = oihsim.simulate(load(path))
    for file in tmp_path.iterdir():
        file.unlink()
    monkeypatch.chdir(tmp_path)
    again = Scenario.from_resolved(json.loads(ds.attrs["resolved_scenario"]))
    assert again.scenario_hash == ds.attrs["scenario_hash"]
    repeated = oihsim.simulate(again)
    np.testing.assert_array_equal(repeated["pain"], ds["pain"])
    assert repeated.attrs["population_hash"] == ds.attrs["population_hash"]


def test_a_copy_of_a_shipped_file_gives_the_same_subjects(tmp_path):
    text = (POPULATIONS / "chronic_pain.yaml").read_text()
    mine = load(written(tmp_path, children=text.replace("of: chronic_pain", "of: children")))
    shipped = load(written(tmp_path, of="chronic_pain"))
    np.testing.assert_array_equal(
        oihsim.simulate(mine)["pain"].values, oihsim.simulate(shipped)["pain"].values
    )


def test_covariates_are_fixed_or_distributed(tmp_path):
    extra = (
        ", covariates: {AGE: 80 y, SEX: 1, WT: {mean: 0.05 t, sd: 4 kg, low: 45 kg, high: 55 kg}}"
    )
    scenario = load(written(tmp_path, of="chronic_pain", extra=extra))
    ds = oihsim.simulate(scenario)
    assert set(ds["AGE"].values.ravel()) == {80.0}
    assert set(ds["SEX"].values.ravel()) == {1.0}
    low, high = float(ds["WT"].min()), float(ds["WT"].max())
    assert 45.0 <= low < 48.0 < 52.0 < high <= 55.0
    resolved = scenario.resolved["population"]["covariates"]
    assert resolved["WT"] == {
        "mean": 50.0, "sd": 4.0, "low": 45.0, "high": 55.0, "distribution": "normal",
    }  # fmt: skip
    assert Scenario.from_resolved(scenario.resolved).resolved == scenario.resolved
    text = scenario.explain()
    assert "AGE: value 80 y, the same in everybody" in text
    assert "WT: mean 50, sd 4, low 45, high 55 kg, normal" in text


def test_other_numbers_of_the_subjects_stay(tmp_path):
    plain = load(written(tmp_path, of="chronic_pain"))
    fixed = plain.change({"population.covariates": {"AGE": "80 y"}})
    a, b = oihsim.simulate(plain), oihsim.simulate(fixed)
    np.testing.assert_array_equal(a["HT"], b["HT"])
    assert not np.array_equal(a["AGE"], b["AGE"])


def test_pain_is_the_same_in_everybody(tmp_path):
    scenario = load(written(tmp_path, of="volunteers", extra=", pain: 5.5"))
    start = oihsim.simulate(scenario)["pain"].isel(time=0, draw=0).values
    np.testing.assert_allclose(start, 5.5, rtol=1e-12)
    assert "pain without drug: 5.5 in everybody" in scenario.explain()


def test_another_population_takes_the_place_of_the_file(tmp_path):
    scenario = load(written(tmp_path))
    other = scenario.change({"population.of": "volunteers"})
    assert "file" not in other.resolved["population"]
    assert population_of(other) == Population.load("volunteers")
    assert scenario.change({"population.count": 2}).resolved["population"]["file"]


def test_people_that_differ_are_not_compared(tmp_path):
    plain = load(written(tmp_path, of="chronic_pain"))
    older = plain.change({"population.covariates": {"AGE": "80 y"}})
    with pytest.raises(InputError, match="population_label"):
        oihsim.compare([plain, older])


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (", covariates: {AGEE: 8 y}", "s.yaml:5: population.covariates.AGEE: found no covariate"),
        (", covariates: {AGE: 8}", "population.covariates.AGE: found 8; allowed: a number with a"),
        (", covariates: {WT: 8 y}", "population.covariates.WT: found '8 y'"),
        (", covariates: {SEX: 0.5}", "population.covariates.SEX: found 0.5; allowed: 0 or 1"),
        (", covariates: {WT: {mean: 50 kg}}", "WT: found numbers out of order"),
        (", covariates: {WT: {mean: 50 kg, sd: 0 kg}}", "WT: found numbers out of order"),
        (", covariates: {SEX: {mean: 2, distribution: yes_or_no}}", "SEX.mean: found 2; allowed"),
        (", pain: 10", "population.pain: found 10"),
        (", pain: 0", "population.pain: found 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(tmp_path, extra, words):
    lines = problems(written(tmp_path, of="chronic_pain", extra=extra))
    assert any(words in line for line in lines), lines


def test_problems_of_the_file_have_its_name_and_lines(tmp_path):
    lines = problems(written(tmp_path, children=CHILDREN.replace("mine2020", "other2020")))
    assert any("children.yaml:7: covariates.AGE.source: found no source" in x for x in lines)
    (line,) = problems(written(tmp_path, of="./nowhere.yaml"))
    assert "s.yaml:5: population.of: found no file './nowhere.yaml'" in line


def test_a_covariate_that_drugs_may_read_has_to_be_there(tmp_path):
    lines = [line for line in CHILDREN.splitlines() if "EGFR" not in line]
    (problem,) = problems(written(tmp_path, children="\n".join(lines) + "\n"))
    assert "children.yaml:4: covariates: found no EGFR; allowed: each of AGE, WT" in problem


def test_check_and_show_know_it(tmp_path, call_oihsim):
    path = written(tmp_path)
    assert call_oihsim("check", str(path))[0] == 0
    code, out, _ = call_oihsim("show", str(path))
    assert code == 0
    assert "subjects of children, seed 5" in out
