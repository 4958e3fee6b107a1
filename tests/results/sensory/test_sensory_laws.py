"""Laws of every test: naive is baseline, more is more, the cut-off holds, numbers stay put."""

import math
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import distance, result

import oihsim.results.sensory
from oihsim.files.errors import InputError, OihsimError
from oihsim.model.parameter import Parameter
from oihsim.model.variability import deviates
from oihsim.results.sensory import (
    NAMES,
    TESTS,
    RatingTest,
    ThresholdTest,
    measured_tests,
    sensory_tests,
)

for_all_tests = pytest.mark.parametrize("name", NAMES)
STOPPED = [name for name in NAMES if not isinstance(TESTS[name], RatingTest)]
"""Tests that end at a cut-off; a rating comes near 10 and stays below."""
FRESH = {name: replace(TESTS[name], repetition=None) for name in NAMES}
"""The tests without an effect of earlier tests, which is a law of its own (test_repetition)."""


@pytest.fixture(autouse=True)
def without_repetition(monkeypatch):
    for name in NAMES:
        monkeypatch.setitem(oihsim.results.sensory.TESTS, name, FRESH[name])


@for_all_tests
def test_a_naive_typical_subject_gives_the_median_of_the_test(name):
    ds = sensory_tests(result(4), [name], typical=True)
    assert (ds[name] == TESTS[name].baseline.value).all()
    assert (ds[f"{name}_censored"] == 0).all()


@for_all_tests
def test_without_noise_a_naive_subject_gives_its_baseline(name):
    test, n = TESTS[name], 40
    ds = sensory_tests(result(n), [name], noise=False)
    z = deviates(3, f"sensory.{test.modality}.baseline", n)
    # who feels pain late rates a stimulus low
    sense = -1.0 if isinstance(test, RatingTest) else 1.0
    above = distance(test, test.baseline.value) * np.exp(
        sense * math.sqrt(math.log1p(test.baseline.cv**2)) * z
    )
    if isinstance(test, RatingTest):
        expected = 10.0 * above / (1.0 + above)
    else:
        expected = np.minimum(test.origin + above, test.cut_off.value)
    for arm in ("a", "b"):
        for time in (0.0, 6.0):
            values = ds[name].sel(scenario=arm, time=time, draw=0).values
            np.testing.assert_allclose(values, expected, rtol=1e-14)
    assert len(np.unique(expected)) > n / 2


@given(
    low=st.floats(0.05, 5.0),
    factor=st.floats(1.01, 3.0),
    gain=st.floats(0.01, 2.0),
    name=st.sampled_from([n for n in NAMES if isinstance(TESTS[n], ThresholdTest)]),
)
@settings(max_examples=60, deadline=None)
def test_a_higher_output_gives_a_higher_threshold(low, factor, gain, name):
    test = TESTS[name]
    read = {test.output: np.array([low, low * factor])}
    below, above = test.response(read, np.array([gain, gain]))
    assert below < above
    assert test.response({test.output: np.ones(1)}, np.array([gain])) == 1.0


@given(E=st.floats(0.0, 0.98), Z=st.floats(0.0, 5.0), gain=st.floats(0.01, 5.0))
@settings(max_examples=60, deadline=None)
def test_an_area_falls_with_analgesia_and_grows_with_sensitisation_up_to_a_limit(E, Z, gain):
    test = TESTS["hyperalgesia_area_electrical"]

    def area(effect, sensitisation):
        read = {"analgesic_effect": np.array([effect]), "sensitisation": np.array([sensitisation])}
        return test.response(read, np.array([gain]))[0]

    assert area(E + 0.02, Z) < area(E, Z)
    assert area(E, Z) < area(E, Z + 0.1) < (1.0 + gain) * area(E, 0.0) + 1e-12
    assert area(0.0, 0.0) == 1.0


@pytest.mark.parametrize("name", STOPPED)
def test_who_reaches_the_cut_off_has_its_value_and_a_flag(name):
    test = TESTS[name]
    limit = test.cut_off.value
    outputs = dict.fromkeys(test.reads, 1e9) if isinstance(test, ThresholdTest) else {}
    if "sensitisation" in test.reads:
        outputs = {"sensitisation": 1.0} if test.better == "lower" else {"analgesic_effect": 0.98}
    wide = replace(test, baseline=replace(test.baseline, value=0.9 * limit, cv=0.5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(oihsim.results.sensory.TESTS, name, wide)
        ds = sensory_tests(result(400, **outputs), [name])
        still = sensory_tests(result(400), [name], noise=False)
    assert (ds[name] <= limit).all()
    assert (ds[f"{name}_censored"] == 1).sum() > 100
    for measured in (ds, still):
        reached = measured[f"{name}_censored"] == 1
        xr.testing.assert_equal(reached, measured[name] == limit)
        assert reached.any()
    assert ds[name].attrs["cut_off"] == limit
    assert (still[f"{name}_censored"] == 0).any()


def test_a_value_at_exactly_the_cut_off_is_censored_and_a_value_just_below_is_not():
    test = TESTS["cold_pressor_tolerance"]
    ratio = 180.0 / test.baseline.value
    gain = test.relief_gain.value
    out = np.array([1.001, 0.999])[:, None] * ratio ** (1.0 / gain)
    ds = sensory_tests(result(2, times=(0.0,), pain_tolerance=out), [test.name], typical=True)
    assert ds["cold_pressor_tolerance_censored"].values[0, 0, :, 0].tolist() == [1, 0]
    level = replace(test, baseline=replace(test.baseline, value=180.0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(oihsim.results.sensory.TESTS, test.name, level)
        exact = sensory_tests(result(1), [test.name], typical=True)
    assert (exact["cold_pressor_tolerance_censored"] == 1).all()


def test_the_cut_off_moves_the_mean_and_leaves_the_median():
    test = TESTS["cold_pressor_tolerance"]
    medians, means = [], []
    for limit in (60.0, 180.0, 300.0):
        with pytest.MonkeyPatch.context() as patch:
            cut = Parameter("cut_off", limit, "s", "for this test")
            patch.setitem(oihsim.results.sensory.TESTS, test.name, replace(test, cut_off=cut))
            ds = sensory_tests(result(2001, arms=("a",), times=(0.0,)), [test.name])
        assert (ds[f"{test.name}_censored"] == 1).mean() < 0.5
        medians.append(float(ds[test.name].median()))
        means.append(float(ds[test.name].mean()))
    assert medians[0] == medians[1] == medians[2]
    assert means[0] < 0.8 * means[1] < 0.8 * means[2]


@for_all_tests
def test_the_noise_has_the_stated_coefficient_of_variation(name):
    test, n = TESTS[name], 20_000
    tall = replace(FRESH[name], cut_off=Parameter("cut_off", 1e9, test.unit, "none"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(oihsim.results.sensory.TESTS, name, tall)
        ds = result(n, arms=("a", "b"), times=(0.0, 6.0))
        noisy, still = (sensory_tests(ds, [name], noise=noise)[name] for noise in (True, False))
    ratio = (distance(test, noisy) / distance(test, still)).values[:, 0]
    cv = test.noise.value
    for arm in range(2):
        for time in range(2):
            sample = ratio[arm, :, time]
            # the error of a CV is about cv / sqrt(2 n), of a median about 1.25 cv / sqrt(n)
            assert sample.std() / sample.mean() == pytest.approx(cv, abs=4 * cv / math.sqrt(2 * n))
            assert np.median(sample) == pytest.approx(1.0, abs=5 * cv / math.sqrt(n))
    logs = np.log(ratio.transpose(0, 2, 1).reshape(4, n))
    correlation = np.corrcoef(logs)[np.triu_indices(4, 1)]
    assert np.abs(correlation).max() < 4.5 / math.sqrt(n)


@for_all_tests
def test_nothing_that_is_added_changes_a_number(name):
    alone = sensory_tests(result(30), [name])
    others = sensory_tests(result(30))
    arm = sensory_tests(result(30, arms=("c", "b", "a")), [name])
    time = sensory_tests(result(30, times=(0.0, 3.0, 6.0)), [name])
    people = sensory_tests(result(60), [name])
    for more in (others, arm, time, people):
        same = more[name].sel(scenario=["a", "b"], id=range(30), time=[0.0, 6.0])
        np.testing.assert_array_equal(same.values, alone[name].values)
    few = sensory_tests(result(30).isel(id=[7, 21], time=[1], scenario=[1]), [name])
    np.testing.assert_array_equal(
        few[name].values, alone[name].isel(id=[7, 21], time=[1], scenario=[1]).values
    )
    assert not np.array_equal(sensory_tests(result(30), [name], seed=4)[name], alone[name])
    again = sensory_tests(result(30), [name], seed=3)
    np.testing.assert_array_equal(again[name].values, alone[name].values)


@for_all_tests
def test_noise_differs_between_arms_and_times_and_baseline_does_not(name):
    out = sensory_tests(result(30), [name])[name].values[:, 0]
    assert not np.array_equal(out[0, :, 0], out[1, :, 0])
    assert not np.array_equal(out[0, :, 0], out[0, :, 1])
    still = sensory_tests(result(30), [name], noise=False)[name].values[:, 0]
    assert np.ptp(still, axis=(0, 2)).max() == 0.0


@pytest.mark.parametrize("modality", ["cold_pressor", "electrical", "heat", "pressure"])
def test_almost_nobody_stops_before_it_hurts(modality):
    (low,) = (n for n in NAMES if n.startswith(modality) and n.endswith("threshold"))
    (high,) = (n for n in NAMES if n.startswith(modality) and n.endswith("tolerance"))
    ds = sensory_tests(result(4000, arms=("a",), times=(0.0,)), [low, high], noise=False)
    assert (ds[low] > ds[high]).mean() < 0.003


def test_the_gain_belongs_to_the_subject():
    test = TESTS["pressure_pain_tolerance"]
    ds = sensory_tests(result(2000, threshold=3.0), [test.name], noise=False)
    naive = sensory_tests(result(2000), [test.name], noise=False)
    low = naive[test.name].values < 800.0  # far from the cut-off
    gains = np.log(ds[test.name].values[low] / naive[test.name].values[low]) / np.log(3.0)
    assert np.median(gains) == pytest.approx(test.relief_gain.value, rel=0.02)
    assert gains.std() / gains.mean() == pytest.approx(test.relief_gain.cv, rel=0.08)
    both = np.log(ds[test.name].values / naive[test.name].values)
    np.testing.assert_allclose(both[0, 0], both[1, 0])


def test_a_subject_without_a_result_is_neither_measured_nor_censored():
    out = np.where(np.arange(50) == 3, np.nan, 1.0)[:, None]
    ds = sensory_tests(result(pain_tolerance=out), ["cold_pressor_tolerance"])
    lost = ds["cold_pressor_tolerance"].isnull()
    assert lost.sel(id=3).all()
    assert int(lost.sum()) == 4
    xr.testing.assert_equal(lost, ds["cold_pressor_tolerance_censored"] == -1)


def test_a_result_says_what_was_measured_and_what_it_rests_on():
    ds = sensory_tests(result(), ["heat_pain_threshold", "cold_pressor_tolerance"])
    assert measured_tests(ds) == ("heat_pain_threshold", "cold_pressor_tolerance")
    assert ds["heat_pain_threshold"].attrs["units"] == "degC"
    assert {"chu2012", "sand2010", "pud2006"} <= set(ds.attrs["references"].split())
    flags = ds["heat_pain_threshold_censored"].attrs
    assert len(flags["flag_values"]) == len(flags["flag_meanings"].split()) == 3


def test_what_cannot_be_measured_is_refused_at_once():
    with pytest.raises(InputError) as caught:
        sensory_tests(result(), ["cold_presor_tolerance", "ischaemia", "heat_pain_threshold"])
    assert len(caught.value.problems) == 2
    assert "did you mean 'cold_pressor_tolerance'" in str(caught.value)
    with pytest.raises(OihsimError, match="reads 'pain_tolerance'"):
        sensory_tests(result().drop_vars("pain_tolerance"), ["cold_pressor_tolerance"])
    bare = result()
    del bare.attrs["seed"]
    with pytest.raises(InputError, match="seed"):
        sensory_tests(bare, ["heat_pain_threshold"])
