"""Reported pain: each part against a calculation by hand; keys; the scenario's words for it."""

import json

import numpy as np
import pytest
import xarray as xr

import oihsim
from oihsim.files.errors import InputError
from oihsim.files.yaml import parse_yaml
from oihsim.results.trial_course import (
    NATURAL_COURSE,
    NATURAL_TIME,
    NOISE,
    PLACEBO,
    PLACEBO_TIME,
    reported_pain,
)
from oihsim.scenario import Scenario, parse

PEOPLE, HOURS = 4000, np.array([0.0, 84.0, 168.0, 672.0])


def result(level=5.0, people=PEOPLE, arms=("none", "drug"), first=0):
    values = np.broadcast_to(np.asarray(level), (len(arms), 1, people, len(HOURS)))
    return xr.Dataset(
        {"pain": (("scenario", "draw", "id", "time"), values.copy())},
        {"scenario": list(arms), "draw": [0], "id": first + np.arange(people), "time": HOURS},
        {"scenario_name": "s"},
    )


def rating(ds=None, seed=1, **settings):
    return reported_pain(result() if ds is None else ds, settings, seed)["reported_pain"]


def test_without_settings_it_is_the_pain():
    np.testing.assert_array_equal(rating(), result()["pain"])


def test_placebo_and_natural_course_fall_by_their_sizes():
    both = rating(placebo=1.0, natural_course=0.58, open_arms=["none"])
    placebo = 1.0 - np.exp(-HOURS / 168.0)
    natural = 0.58 * (1.0 - np.exp(-HOURS / 672.0))
    np.testing.assert_allclose(both[1, 0, 0], 5.0 - placebo - natural, rtol=1e-12)
    np.testing.assert_allclose(both[0, 0, 0], 5.0 - natural, rtol=1e-12)


def test_noise_has_its_sd_and_is_new_in_every_arm_and_at_every_time():
    noisy = rating(noise=1.0).values[:, 0]
    assert noisy.std() == pytest.approx(1.0, rel=0.02)
    assert noisy.mean() == pytest.approx(5.0, abs=0.03)
    correlations = np.corrcoef(noisy.transpose(0, 2, 1).reshape(-1, PEOPLE))
    assert np.abs(correlations - np.eye(len(correlations))).max() < 0.08


def test_ratings_stay_on_their_scale():
    noisy = rating(result(9.9), noise=2.0)
    assert float(noisy.max()) == 10.0
    assert float(rating(result(0.1), noise=2.0).min()) == 0.0


def test_an_entry_criterion_lets_ratings_regress_to_the_mean():
    people = np.random.default_rng(2).normal(5.0, 1.0, (1, 1, PEOPLE, 1))
    reported = rating(result(people), noise=1.0, entry_above=6.0)
    enrolled = reported.notnull().all("time")
    # screened = true + noise, both with an sd of 1: later ratings fall halfway back to the mean
    truth, z = people.ravel(), 6.0 - 5.0
    expected = 5.0 + 0.5 * np.sqrt(2.0) * np.exp(-(z**2) / 4.0) / np.sqrt(2.0 * np.pi) / 0.23975
    assert float(reported.mean()) == pytest.approx(expected, abs=0.06)
    assert float(enrolled.mean()) == pytest.approx(0.23975, abs=0.02)
    assert reported.attrs["enrolled"] == pytest.approx(float(enrolled.mean()))
    assert (enrolled[0] == enrolled[1]).all()
    assert truth[enrolled[0, 0].values].mean() > 5.5


def test_so_many_leave_each_week_and_the_same_in_every_arm():
    left = rating(drop_out_per_week=0.1).isnull()
    assert not left.isel(time=0).any()
    np.testing.assert_allclose(left[0, 0].mean("id")[[2, 3]], [0.1, 1 - 0.9**4], atol=0.02)
    assert (left[0] == left[1]).all()
    assert (left.values[..., 1:] >= left.values[..., :-1]).all()


def test_a_subject_reports_the_same_among_others():
    settings = {"noise": 1.0, "drop_out_per_week": 0.2, "entry_above": 5.0}
    some = rating(result(people=3, first=5), **settings)
    np.testing.assert_array_equal(some, rating(**settings).isel(id=slice(5, 8)))


TRIAL = "trial: {placebo: true, natural_course: 0.3, noise: true, open_arms: [untreated]}"
SCENARIO = f"""schema: oihsim-scenario/1
question: What do patients report?
duration: 14 d
output_every: 7 d
population: {{of: chronic_pain, count: 3, seed: 5}}
{TRIAL}
arms: {{untreated: {{doses: []}}, placebo: {{doses: []}}}}
"""


def scenario(text=SCENARIO):
    return parse(parse_yaml(text, "trial.yaml"))


def test_a_scenario_asks_for_it_and_the_recipe_makes_it_again():
    ds = oihsim.simulate(scenario())
    stored = json.loads(ds.attrs["resolved_scenario"])
    assert stored["trial"]["placebo"] == PLACEBO.value
    assert (stored["trial"]["natural_course"], stored["trial"]["noise"]) == (0.3, NOISE.value)
    again = oihsim.simulate(Scenario.from_resolved(stored, "trial"))
    np.testing.assert_array_equal(ds["reported_pain"], again["reported_pain"])
    assert "neckpain2022" in ds.attrs["references"]
    untreated, placebo = (ds["pain"].sel(scenario=arm) for arm in ("untreated", "placebo"))
    np.testing.assert_array_equal(untreated, placebo)
    silent = scenario().change({"trial": {"noise": 0.0}})
    reported = oihsim.simulate(silent)["reported_pain"].isel(draw=0, time=-1)
    fall = PLACEBO.value * (1.0 - np.exp(-2.0 / PLACEBO_TIME.value))
    gap = reported.sel(scenario="untreated") - reported.sel(scenario="placebo")
    np.testing.assert_allclose(gap, fall, rtol=1e-9)
    assert NATURAL_COURSE.value == 0.58
    assert NATURAL_TIME.value == 4.0


def test_without_it_there_is_none():
    plain = scenario().change({"trial": None})
    assert plain.trial is None
    assert "reported_pain" not in oihsim.simulate(plain)
    with pytest.raises(InputError, match="trial"):
        oihsim.compare([scenario(), plain])


def test_points_report_what_each_reports_alone():
    points = oihsim.simulate_points(scenario(), [{"nociception.p0": 3.0}, {"nociception.p0": 6.0}])
    alone = oihsim.simulate(scenario().change({"nociception.p0": 6.0}))
    np.testing.assert_array_equal(points["reported_pain"].isel(point=1), alone["reported_pain"])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ("placebo: 11", "trial.yaml:6: trial.placebo: found 11"),
        ("drop_out_per_week: 1", "trial.drop_out_per_week: found 1"),
        ("open_arms: [nobody]", "trial.open_arms[0]: found no arm named 'nobody'"),
        ("placeboo: 1", "trial.placeboo: found a key 'placeboo'; allowed: did you mean"),
    ],
)
def test_settings_that_cannot_be_are_refused(changed, words):
    with pytest.raises(InputError) as caught:
        scenario(SCENARIO.replace(TRIAL, f"trial: {{{changed}}}"))
    assert any(words in str(problem) for problem in caught.value.problems)
