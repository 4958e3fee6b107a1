"""The steady state that is found against the one that is waited for."""

import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

import oihsim
from oihsim.commands.app import app
from oihsim.engine.compiled_model import Model
from oihsim.files.yaml import parse_yaml
from oihsim.scenario import parse
from oihsim.simulation.steady.fixed_point import fixed_points
from oihsim.studies.steady_state import ArmSearch, steady_state

DAYS = 730
TREATMENTS = {
    "morphine": ("{drug: morphine, route: oral_er, amount: 100 mg, every: 12 h, ", 12.0),
    "methadone": ("{drug: methadone, route: oral, amount: 80 mg, every: 24 h, ", 24.0),
    "fentanyl": (
        "{drug: fentanyl, route: transdermal, amount: 3.6 mg, over: 72 h, every: 72 h, ",
        72.0,
    ),
    "buprenorphine": (
        "{drug: buprenorphine, route: sublingual, amount: 16 mg, every: 24 h, ",
        24.0,
    ),
}
MODEL = Model.named()
TOLERANCE = 1e-5


def scenario(arms, days=DAYS, population="count: 1, typical: true", extra="", name="test.yaml"):
    text = [
        "schema: oihsim-scenario/1",
        "question: Where do the same doses for ever lead?",
        f"duration: {days} d",
        "output_every: 6 h",
        f"population: {{of: chronic_pain, seed: 5, {population}}}",
        extra,
        "arms:",
    ]
    for arm, lines in arms.items():
        doses = ", ".join(f"{line}from: 0 d, until: {days} d}}" for line in lines)
        text.append(f"  {arm}: {{doses: [{doses}]}}")
    return parse(parse_yaml("\n".join(text), name))


def states(ds, **where):
    """Return the states in their typical sizes, the last axis over states."""
    names = [state.name for state in MODEL.linked.states]
    return np.stack([ds[n].sel(scenario=where["arm"]).values for n in names], axis=-1) / MODEL.sizes


def arrival(path, there, within):
    """Return the index after which a path stays within a distance of where it ends."""
    far = np.flatnonzero(np.abs(path - there).max(axis=-1) > within)
    return int(far[-1]) + 1 if far.size else 0


@pytest.fixture(scope="module", params=TREATMENTS)
def both(request):
    line, period = TREATMENTS[request.param]
    study = scenario({"given": [line]}, days=DAYS - DAYS % 3 if period == 72.0 else DAYS)
    # with the outputs of the search, so that both take steps of one kind
    waited = oihsim.simulate(study)
    return request.param, period, steady_state(study), waited


def test_it_equals_two_years_of_simulated_dosing(both):
    _, period, searched, waited = both
    end = states(waited, arm="given")[0, 0, -1]
    begin = states(searched, arm="given")[0, 0, 0]
    assert searched.time.values[-1] == period
    np.testing.assert_allclose(begin, end, atol=5e-5)  # of the typical sizes
    for output in ("pain", "tolerance_index", "hyperalgesia_index", "mor_occupancy"):
        np.testing.assert_allclose(
            searched[output].values[..., 0], waited[output].values[..., -1], rtol=1e-3, atol=1e-4
        )
    for ligand in (str(v) for v in searched.data_vars if str(v).endswith("_concentration")):
        np.testing.assert_allclose(
            searched[ligand].values[..., 0], waited[ligand].values[..., -1], rtol=1e-6
        )


def test_one_more_period_changes_nothing(both):
    name, _, searched, _ = both
    path = states(searched, arm="given")[0, 0]
    assert np.abs(path[-1] - path[0]).max() <= TOLERANCE
    # within the period something happens, unless a patch keeps the level
    assert (np.abs(path - path[0]).max() > 1e-3) == (name != "fentanyl")
    assert float(searched.residual.max()) == pytest.approx(np.abs(path[-1] - path[0]).max())
    assert float(searched.distance.max()) <= TOLERANCE
    assert searched.converged.values.tolist() == [[[1]]]


def test_it_takes_at_most_a_tenth_of_the_work(both):
    name, _, searched, waited = both
    work = searched.search_rhs_calls.item() + searched.rhs_calls.item()
    path = states(waited, arm="given")[0, 0]
    # what waiting costs until it is, and stays, within the same tolerance
    share = arrival(path, states(searched, arm="given")[0, 0, 0], 5 * TOLERANCE)
    needed = waited.rhs_calls.item() * min(share / (len(path) - 1), 1.0)
    assert waited.rhs_calls.item() >= 10 * work
    if name in ("morphine", "methadone"):
        assert needed >= 10 * work, (needed, work)


def test_without_a_dose_it_is_the_naive_state():
    searched = steady_state(scenario({"none": []}, days=10))
    path = states(searched, arm="none")[0, 0]
    np.testing.assert_array_equal(path, np.tile(MODEL.y0 / MODEL.sizes, (len(path), 1)))
    assert searched.periods.values.tolist() == [[[1]]]
    assert searched.time.values.tolist() == [0.0, 6.0, 12.0, 18.0, 24.0]


def test_the_start_of_the_search_leaves_no_trace():
    line, period = TREATMENTS["morphine"]
    study = scenario({"given": [line]})
    search = ArmSearch(study, MODEL, study.arms["given"], 1e-6)
    take = search.map(period)
    rng = np.random.default_rng(8)
    low, high = search.bounds
    starts = [MODEL.y0]
    for _ in range(3):
        start = np.where(np.isinf(high), low + 2.0 * rng.random(len(low)), low + rng.random())
        # nothing moves the slow ligands of an arm without any
        starts.append(np.where([s in ("O1", "O2") for s in MODEL.states], MODEL.y0, start))
    ends = [
        fixed_points(take, start[None], MODEL.sizes, (low, high), TOLERANCE, 200).y[0]
        for start in starts
    ]
    for end in ends[1:]:
        np.testing.assert_allclose(end / MODEL.sizes, ends[0] / MODEL.sizes, atol=5 * TOLERANCE)


def test_several_people_and_arms_of_different_periods():
    morphine, methadone = TREATMENTS["morphine"][0], TREATMENTS["methadone"][0]
    eight = "{drug: morphine, route: oral, amount: 20 mg, every: 8 h, "
    arms = {"none": [], "er": [morphine], "both": [eight, methadone]}
    people = scenario(arms, population="count: 4", days=400)
    searched = steady_state(people)
    assert searched.period.values.tolist() == [24.0, 12.0, 24.0]
    assert searched.time.values.tolist() == [0.0, 6.0, 12.0, 18.0, 24.0]
    assert searched.converged.values.all()
    assert float(searched.residual.max()) <= TOLERANCE
    # each arm alone, and each person, is the same
    alone = steady_state(scenario({"er": [morphine]}, population="count: 4", days=400))
    er = states(searched, arm="er")[0]
    np.testing.assert_allclose(states(alone, arm="er")[0][:, 0], er[:, 0], atol=1e-12)
    # an arm of period 12 h is shown twice over
    np.testing.assert_allclose(er[:, 2], er[:, 0], atol=2 * TOLERANCE)


@pytest.mark.slow
def test_a_dozen_people_are_where_four_years_bring_them():
    arms = {name: [line] for name, (line, period) in TREATMENTS.items() if period < 72.0}
    people = scenario(arms, population="count: 12", days=1440)
    searched = steady_state(people)
    waited = oihsim.simulate(people.change({"output_every": "24 h"}))
    for arm in arms:
        end, begin = (states(ds, arm=arm)[0, :, at] for ds, at in ((waited, -1), (searched, 0)))
        np.testing.assert_allclose(begin, end, atol=1e-4)
    assert waited.rhs_calls.values.sum() >= 10 * searched.search_rhs_calls.values.sum()


def test_a_hold_stays_and_what_is_held_is_at_its_baseline():
    line, _ = TREATMENTS["morphine"]
    free = scenario({"given": [line]}, days=100)
    held = steady_state(free.change(hold=[{"mechanism": "nmda"}]))
    for name in ("nmda_sensitisation", "late_sensitisation"):
        assert (held[name].values == 0.0).all()
    whole = steady_state(free)
    assert float(whole.hyperalgesia_index.mean()) > 2 * float(held.hyperalgesia_index.mean())


def test_the_past_is_forgotten():
    line, _ = TREATMENTS["morphine"]
    past = "history: {duration: 30 d, doses: [{drug: methadone, route: oral, amount: 100 mg}]}"
    plain = steady_state(scenario({"given": [line]}, days=100))
    with_past = steady_state(scenario({"given": [line]}, days=100, extra=past))
    for name in ("pain", "late_sensitisation", "morphine_cumulative_dose"):
        np.testing.assert_array_equal(plain[name].values, with_past[name].values)


def test_an_infusion_without_end_is_a_rate_for_ever():
    rate = "{drug: remifentanil, route: iv, rate: 0.05 mg/h, "
    searched = steady_state(scenario({"given": [rate]}, days=20))
    np.testing.assert_allclose(
        np.ptp(searched.remifentanil_plasma_concentration.values), 0, atol=1e-9
    )
    path = states(searched, arm="given")[0, 0]
    np.testing.assert_allclose(path, np.tile(path[0], (len(path), 1)), atol=TOLERANCE)
    doses = searched.remifentanil_cumulative_dose.values[0, 0, 0]
    np.testing.assert_allclose(doses, 0.05 * searched.time.values)


def test_every_dose_that_is_not_periodic_is_named_at_once():
    text = """schema: oihsim-scenario/1
question: What is refused?
duration: 20 d
population: {of: chronic_pain}
arms:
  single: {doses: [{drug: morphine, route: iv, amount: 5 mg}]}
  late: {doses: [{drug: morphine, route: iv, amount: 5 mg, every: 12 h, from: 2 d, until: 20 d}]}
  stops: {doses: [{drug: morphine, route: iv, amount: 5 mg, every: 12 h, until: 10 d}]}
  holds: {doses: [], hold: [{mechanism: nmda, from: 3 d}]}
  asks:
    doses: []
    rescue: {drug: morphine, route: iv, amount: 1 mg, when_pain_above: 4, every: 6 h}
  odd:
    doses:
      - {drug: morphine, route: iv, amount: 5 mg, every: 53 h, until: 20 d}
      - {drug: morphine, route: iv, amount: 5 mg, every: 59 h, until: 20 d}
"""
    with pytest.raises(oihsim.InputError) as caught:
        steady_state(parse(parse_yaml(text, "refused.yaml")))
    fields = [problem.field for problem in caught.value.problems]
    assert fields == [f"arms.{n}" for n in ("single", "late", "stops", "holds", "asks", "odd")]
    assert all(problem.file == "refused.yaml" for problem in caught.value.problems)
    with pytest.raises(oihsim.InputError) as caught:
        steady_state("flagship", tolerance=0.0, most_periods=0, on_failure="hope")
    assert len(caught.value.problems) == 3


def test_not_reached_is_an_error_that_can_be_relaxed():
    study = scenario({"given": [TREATMENTS["morphine"][0]]})
    with pytest.raises(oihsim.SimulationError, match="subject 0: no steady state within 1e-05"):
        steady_state(study, most_periods=4)
    kept = steady_state(study, most_periods=4, on_failure="keep")
    assert kept.converged.values.tolist() == [[[0]]]
    assert kept.status.values.tolist() == [[[0]]]
    assert kept.distance.item() > TOLERANCE
    assert "no steady state" in kept.attrs["failures"]
    rough = steady_state(study, tolerance=0.1)
    assert rough.periods.item() < steady_state(study).periods.item()


def test_an_interruption_is_told_and_nothing_more_is_run(monkeypatch):
    line, _ = TREATMENTS["morphine"]
    run, calls = Model.run, []

    def interrupted(self, *args, **fields):
        calls.append(fields["skip"])
        return run(self, *args, **{**fields, "skip": fields["skip"] or len(calls) > 3})

    monkeypatch.setattr(Model, "run", interrupted)
    both = scenario({"given": [line], "more": [line]}, days=20)
    with pytest.raises(oihsim.SimulationError, match="2 subjects were not run: interrupted"):
        steady_state(both)
    assert len(calls) < 12
    kept = steady_state(both, on_failure="keep")
    assert (kept.converged == 0).all()


@pytest.mark.slow
def test_the_result_carries_its_recipe(tmp_path):
    study = scenario({"given": [TREATMENTS["buprenorphine"][0]]}, days=30)
    searched = steady_state(study, tolerance=1e-4)
    assert searched.attrs["caution"] == oihsim.CAUTION
    assert searched.attrs["steady_state_tolerance"] == 1e-4
    again = oihsim.Scenario.from_resolved(json.loads(searched.attrs["resolved_scenario"]))
    assert again.scenario_hash == searched.attrs["scenario_hash"] == study.scenario_hash
    for name in searched.variables:
        if searched[name].dtype.kind in "fi":
            assert "units" in searched[name].attrs, name
    path = oihsim.write_netcdf(searched, tmp_path / "rest.nc")
    np.testing.assert_array_equal(oihsim.open_result(path).pain, searched.pain)


@pytest.mark.slow
def test_the_command_prints_a_table_and_json(tmp_path):
    file = tmp_path / "given.yaml"
    file.write_text(
        "schema: oihsim-scenario/1\nquestion: Where does it lead?\nduration: 30 d\n"
        "population: {of: chronic_pain, count: 3}\narms:\n  none: {doses: []}\n"
        "  given:\n    doses:\n"
        "      - {drug: morphine, route: oral, amount: 20 mg, every: 8 h, until: 30 d}\n"
    )
    out = tmp_path / "rest.nc"
    done = CliRunner().invoke(app, ["steady", str(file), "-q", "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert re.search(r"^given +3/3 +8 h", done.stdout, re.MULTILINE)
    assert oihsim.CAUTION.split()[0] in done.stdout
    assert out.exists()
    told = json.loads(CliRunner().invoke(app, ["steady", str(file), "-q", "--json"]).stdout)
    assert [row["converged"] for row in told["rows"]] == [3, 3]
    assert told["caution"] == oihsim.CAUTION
