"""Tests in scenario files, as endpoints, side by side, in tables, lists and files."""

import json

import numpy as np
import pytest
from naive import result

import oihsim
from oihsim.commands.catalogue import catalogue
from oihsim.commands.comparison_text import as_json, format_table
from oihsim.commands.description import describe
from oihsim.files.errors import InputError
from oihsim.files.yaml import Document
from oihsim.results.comparison import endpoint_table
from oihsim.results.sensory import NAMES, TESTS, sensory_tests
from oihsim.scenario import Scenario, parse

FORM = {
    "schema": "oihsim-scenario/1",
    "question": "Does remifentanil lengthen the time in ice water?",
    "duration": "2 h",
    "output_every": "1 h",
    "population": {"of": "volunteers", "count": 5, "seed": 11},
    "tests": ["heat_pain_threshold", "cold_pressor_threshold"],
    "arms": {
        "none": {"doses": []},
        "remifentanil": {
            "doses": [
                {"drug": "remifentanil", "route": "iv", "rate": "6 ug/kg/h",
                 "from": "0 h", "until": "2 h"}
            ]
        },
    },
    "compare": {
        "endpoints": ["cold_pressor_tolerance", {"endpoint": "heat_pain_threshold", "from": "1 h"}]
    },
}  # fmt: skip


def scenario(**fields):
    return parse(Document("s.yaml", {**FORM, **fields}))


@pytest.fixture(scope="module")
def ds():
    return oihsim.compare(scenario())


def test_an_endpoint_that_names_a_test_adds_it():
    with_endpoints = scenario()
    assert with_endpoints.tests == [
        "cold_pressor_threshold", "cold_pressor_tolerance", "heat_pain_threshold"
    ]  # fmt: skip
    assert Scenario.from_resolved(with_endpoints.resolved).resolved == with_endpoints.resolved
    assert "cold_pressor_threshold, cold_pressor_tolerance" in with_endpoints.explain()
    bare = with_endpoints.change({"tests": []})
    assert bare.tests == ["cold_pressor_tolerance", "heat_pain_threshold"]
    assert "tests " not in scenario(tests=[], compare={}).explain()


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        (["cold_presor_tolerance"], "did you mean 'cold_pressor_tolerance'"),
        (["heat_pain_threshold", "heat_pain_threshold"], "each test once"),
        ("heat_pain_threshold", "a list of sensory tests"),
        ([3], "a list of sensory tests"),
        (None, "a list of sensory tests"),
    ],
)
def test_wrong_tests_are_refused(tests, message):
    with pytest.raises(InputError, match=message) as caught:
        scenario(tests=tests)
    assert len(caught.value.problems) == 1


def test_a_scenario_measures_with_its_seed(ds):
    bare = oihsim.simulate(scenario(tests=[], compare={}))
    assert not set(NAMES) & set(bare.data_vars)
    by_hand = sensory_tests(bare, scenario().tests, seed=11)
    for name in scenario().tests:
        np.testing.assert_array_equal(by_hand[name].values, ds[name].values)
        assert ds[name].attrs["noise_cv"] == TESTS[name].noise.value


def test_the_endpoint_is_the_mean_of_the_measured_values(ds):
    values = ds["cold_pressor_tolerance"].values
    assert values.shape == (2, 1, 5, 3)
    expected = (values[..., 0] + 2 * values[..., 1] + values[..., 2]) / 4
    np.testing.assert_allclose(ds["cold_pressor_tolerance_mean"].values, expected)
    assert ds["heat_pain_threshold_mean_h1_2"].attrs["units"] == "degC"
    assert ds["cold_pressor_tolerance_mean"].attrs["better"] == "higher"


def test_the_typical_subject_has_neither_spread_nor_noise():
    typical = scenario().change({"population.count": 1, "population.typical": True})
    ds = oihsim.simulate(typical)
    for name in typical.tests:
        assert (ds[name].sel(scenario="none") == TESTS[name].baseline.value).all()
    again = sensory_tests(ds, ["electrical_pain_tolerance"])  # read from the stored recipe
    assert (again["electrical_pain_tolerance"].sel(scenario="none") == 65.3).all()


def test_side_by_side_each_scenario_has_the_tests_of_all(ds):
    other = parse(Document("t.yaml", {**FORM, "tests": ["pressure_pain_tolerance"], "compare": {}}))
    both = oihsim.compare([scenario(), other])
    for name in ("pressure_pain_tolerance", "cold_pressor_tolerance"):
        assert (both[name] > 0.0).all()
    first = both["cold_pressor_tolerance"].sel(scenario="s/none")
    np.testing.assert_array_equal(first, ds["cold_pressor_tolerance"].sel(scenario="none"))
    # the same people, tested on another day
    second = both["cold_pressor_tolerance"].sel(scenario="t/none")
    assert not np.array_equal(first, second)
    assert np.corrcoef(np.log(first.values.ravel()), np.log(second.values.ravel()))[0, 1] > 0.8


@pytest.mark.slow
def test_measured_values_survive_a_file(ds, tmp_path):
    stored = oihsim.open_result(oihsim.write_netcdf(ds, tmp_path / "r.nc"))
    for name in ("cold_pressor_tolerance", "cold_pressor_tolerance_censored"):
        np.testing.assert_array_equal(stored[name].values, ds[name].values)
    assert stored["cold_pressor_tolerance_censored"].dtype == np.int8
    assert stored["cold_pressor_tolerance"].attrs["cut_off"] == 180.0
    assert format_table(endpoint_table(stored)) == format_table(endpoint_table(ds))
    assert "@article{luginbuhl2001" in oihsim.cite(stored)


def test_a_table_shows_the_censored_shares():
    rise = np.array([1.0, 1e5])[:, None, None, None]
    ds = sensory_tests(result(200, pain_tolerance=rise), ["cold_pressor_tolerance"])
    ds = ds.assign_attrs(reference_arm="a")
    rows = endpoint_table(ds, ["cold_pressor_tolerance"])
    shares = [
        float((ds["cold_pressor_tolerance_censored"] == 1).sel(scenario=a).mean()) for a in "ab"
    ]
    assert [row.censored for row in rows] == pytest.approx(shares)
    assert 0.0 < shares[0] < 0.2 < 0.5 < shares[1]
    text = " ".join(format_table(rows).split())
    assert f"cold_pressor_tolerance_mean {100 * shares[1]:.2g} %" in text
    assert "means and differences are too small; the median holds" in text
    stored = json.loads(as_json(rows))["rows"]
    assert stored[1]["censored"] == pytest.approx(shares[1])
    low = sensory_tests(result(200), ["pressure_pain_threshold"], typical=True)
    quiet = endpoint_table(low.assign_attrs(reference_arm="a"), ["pressure_pain_threshold"])
    assert [row.censored for row in quiet] == [0.0, 0.0]
    assert "cut-off" not in format_table(quiet)


def test_a_test_that_was_not_done_is_no_endpoint():
    with pytest.raises(InputError, match=r"sensory_tests\(ds, \['heat_pain_threshold'\]\) first"):
        endpoint_table(result(), ["heat_pain_threshold"])
    with pytest.raises(InputError, match="did you mean 'heat_pain_threshold'"):
        endpoint_table(result(), ["heat_pain_treshold"])


def test_tests_are_listed_and_shown():
    rows = catalogue("tests")["tests"]
    assert [row["name"] for row in rows] == list(NAMES)
    assert {row["unit"] for row in rows} == {"s", "degC", "kPa", "mA", "mN", "cm**2", "1", "1/K"}
    shown = describe("cold_pressor_tolerance")
    assert "censored at 180 s" in shown.text
    assert shown.data["parameters"][0]["source"] == "treister2012"
