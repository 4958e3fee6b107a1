"""Endpoints do not depend on the output times: spans of results, on all roads."""

import csv
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import oihsim
from oihsim.results.endpoints import ENDPOINTS
from oihsim.results.endpoints._spans import OUTPUTS, STEPS
from oihsim.studies.points.simulate_points import point_endpoints, simulate_points

CASE = Path(__file__).parent / "same_daily_dose"
ACCUMULATED = [name for name, endpoint in ENDPOINTS.items() if endpoint.accumulation]


@pytest.fixture(scope="module")
def tablets():
    """The same daily dose in four tablets or two, printed at three intervals."""
    scenario = oihsim.load(CASE / "scenario.yaml")
    return {
        every: oihsim.compare(scenario.change({"output_every": every}))
        for every in ("6 h", "12 h", "1 min")
    }


def from_grid(ds, name):
    return ENDPOINTS[name](ds.drop_dims("span"))


@pytest.mark.parametrize("every", ["6 h", "12 h"])
def test_the_printing_interval_decides_no_endpoint(tablets, every):
    rows = csv.DictReader((CASE / "expected.csv").read_text().splitlines())
    for row in rows:
        value = tablets[every][row["endpoint"]].sel(scenario=row["arm"]).item()
        digit = 10.0 ** -len(row["value"].partition(".")[2])
        assert value == pytest.approx(float(row["value"]), rel=1e-3, abs=digit / 2.0), row


@pytest.mark.parametrize("name", ACCUMULATED)
def test_an_endpoint_agrees_with_the_trapezium_over_minutes(tablets, name):
    minute = from_grid(tablets["1 min"], name)
    for every in ("6 h", "12 h"):
        value = ENDPOINTS[name](tablets[every])
        assert value.attrs["rests_on"] == STEPS
        np.testing.assert_allclose(value, minute, rtol=1e-3, atol=1e-5)


def test_windows_rest_on_spans_and_a_dataset_without_spans_on_its_outputs(tablets):
    window = {"from_h": 24.0, "until_h": 72.0}
    fine = ENDPOINTS["pain_mean"](tablets["1 min"].drop_dims("span"), **window)
    coarse = ENDPOINTS["pain_mean"](tablets["12 h"], **window)
    np.testing.assert_allclose(coarse, fine, rtol=1e-3)
    assert fine.attrs["rests_on"] == OUTPUTS
    assert ENDPOINTS["tolerance_last"](tablets["12 h"]).attrs["rests_on"] == OUTPUTS
    # outputs that a user leaves out do not matter, nor does a part of the run
    thinned = tablets["6 h"].isel(time=slice(None, None, 4))
    xr.testing.assert_equal(ENDPOINTS["pain_peak"](thinned), ENDPOINTS["pain_peak"](tablets["6 h"]))
    part = tablets["12 h"].sel(time=slice(24.0, 72.0))
    xr.testing.assert_equal(ENDPOINTS["pain_mean"](part), coarse)
    # time in pain is counted from the first output, which a later part does not have
    assert ENDPOINTS["time_in_pain"](part).attrs["rests_on"] == OUTPUTS


@pytest.mark.slow
def test_spans_of_a_population_with_rules_survive_lanes_threads_and_the_file(tmp_path):
    scenario = oihsim.load("demand_analgesia").change({"population.count": 10, "duration": "12 h"})
    ds = oihsim.simulate(scenario, threads=1)
    spans = [name for name in ds.data_vars if str(name).startswith("span_")]
    assert len(spans) == 10
    other = oihsim.simulate(scenario, threads=2)
    one = oihsim.simulate(scenario.change({"population.count": 1}))
    for name in spans:
        np.testing.assert_array_equal(ds[name], other[name])
        np.testing.assert_array_equal(ds[name].isel(id=[0]), one[name])
    back = oihsim.open_result(oihsim.write_netcdf(ds, tmp_path / "r.nc"))
    for name in ACCUMULATED:
        xr.testing.assert_identical(ENDPOINTS[name](back), ENDPOINTS[name](ds))


def test_the_stiff_method_accumulates_too():
    scenario = oihsim.load("naloxone_challenge").change({"population.count": 2, "duration": "15 d"})
    fine = oihsim.simulate(scenario.change({"output_every": "2 min", "compare.endpoints": []}))
    coarse = oihsim.simulate(scenario.change({"output_every": "6 h", "compare.endpoints": []}))
    assert int(coarse["method"].max()) == 1
    for name in ACCUMULATED:
        np.testing.assert_allclose(
            ENDPOINTS[name](coarse), from_grid(fine, name), rtol=1e-3, atol=1e-4, err_msg=name
        )


def test_points_and_summaries_rest_on_the_same_spans():
    scenario = oihsim.load(CASE / "scenario.yaml").change({"duration": "2 d"})
    ds = oihsim.compare(scenario)
    points = simulate_points(scenario, [{}, {"morphine.CL": "60 L/h"}], each=point_endpoints)
    summary = oihsim.summarise(scenario)
    for name in ("pain_mean", "withdrawal_intensity_mean"):
        assert points[name].attrs["rests_on"] == STEPS
        np.testing.assert_array_equal(points[name].isel(point=0), ds[name])
        np.testing.assert_allclose(summary[f"{name}_mean"].squeeze(), ds[name].squeeze())


def test_scenarios_side_by_side_keep_their_spans():
    scenario = oihsim.load(CASE / "scenario.yaml").change({"duration": "2 d"})
    both = oihsim.compare([scenario, scenario.change({"morphine.CL": "60 L/h"})])
    alone = oihsim.compare(scenario)
    np.testing.assert_array_equal(both["pain_mean"].values[:2], alone["pain_mean"].values)
    assert both["pain_mean"].attrs["rests_on"] == STEPS


def test_the_day_before_the_end_is_an_output_where_the_endpoint_needs_it():
    scenario = oihsim.load(CASE / "scenario.yaml").change(
        {"duration": "2 d", "output_every": "7 h", "compare.endpoints": ["pain_last_day"]}
    )
    assert scenario.endpoint_times_h == [24.0]
    assert oihsim.compare(scenario)["pain_last_day"].attrs["rests_on"] == STEPS
