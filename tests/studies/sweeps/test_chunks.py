"""How a sweep is cut into chunks, and in which order, changes no number; failed points stay."""

import json

import numpy as np
import pytest
import xarray as xr
from slow_parameters import slow
from small_sweeps import RATE, same, sweep_fields

import oihsim
from oihsim.scenario.shipped_scenarios import shipped_files
from oihsim.studies.sweeps import tiles
from oihsim.studies.sweeps.sweep_file import read_sweep
from oihsim.studies.sweeps.tiles import Tiling

KEEPING = [
    slow({"keep": "summaries", "above": {"pain": 3}, "quantiles": [0.25, 0.5]}),
    slow({"keep": "trajectories", "variables": ["pain", "tolerance_index"]}),
]


def small_rooms(monkeypatch, fields, subjects):
    """Leave room for so few subjects in a chunk that there are several blocks of them."""
    course = tiles.bytes_of_a_course(read_sweep(fields))
    arms = len(read_sweep(fields).arms)
    monkeypatch.setattr(tiles, "BYTES", (arms * subjects + 0.5) * course)


@pytest.mark.parametrize(
    ("sizes", "tile"),
    [((5, 1, 4), (2, 1, 3)), ((3, 4, 2, 7), (1, 4, 2, 7)), ((2, 9), (1, 4)), ((4, 3, 2), (2, 2, 1))],  # noqa: E501
)  # fmt: skip
def test_chunks_cover_all_points_once(sizes, tile):
    seen = np.zeros(sizes, dtype=int)
    cut = Tiling(sizes, tile)
    chunks = list(cut)
    for chunk in chunks:
        spans = (*chunk.points, chunk.draws, chunk.subjects)
        seen[tuple(slice(*span) for span in spans)] += 1
    assert (seen == 1).all()
    assert [chunk.number for chunk in chunks] == list(range(cut.number))


@pytest.mark.parametrize("keeping", KEEPING, ids=["summaries", "trajectories"])
def test_a_result_does_not_depend_on_its_chunks(keeping, monkeypatch):
    fields = sweep_fields(vary={}, draws=2, **keeping)
    small_rooms(monkeypatch, fields, 1)
    usual = oihsim.sweep(fields, threads=1)
    assert usual.sizes["block"] == 3
    for chunk in (4, 1000):
        other = oihsim.sweep({**fields, "chunk": chunk}, threads=1)
        if keeping["keep"] == "summaries":
            # blocks are the same whatever the chunk: they are added up in their order
            same(usual, other)
        else:
            same(usual.drop_dims("block"), other.drop_dims("block"))


@pytest.mark.slow
def test_a_result_does_not_depend_on_the_order_of_its_points():
    vary = sweep_fields()["vary"]
    result = oihsim.sweep(sweep_fields(), threads=1)
    turned = {
        "k_on": vary["k_on"],
        "dose": {**vary["dose"], "values": vary["dose"]["values"][::-1]},
    }
    other = oihsim.sweep(sweep_fields(vary=turned), threads=1)
    turned_back = other.isel(dose=slice(None, None, -1))
    same(result, turned_back.map(lambda values: values.transpose(*result[values.name].dims)))


@pytest.mark.slow
def test_a_point_has_the_numbers_it_has_alone():
    fields = sweep_fields(keep="trajectories", draws=2)
    ds = oihsim.sweep(fields, threads=1)
    sweep = read_sweep(fields)
    alone = sweep.first.change({**sweep.changes((2, 1), 1), "population.count": 3})
    expected = oihsim.compare(alone, threads=1).isel(draw=0)
    point = ds.isel(dose=2, k_on=1, draw=1)
    names = [name for name in point.data_vars if name not in ("reason", "status")]
    assert {"pain", "WT", "tolerance_last", "morphine_plasma_concentration"} < set(names)
    for name in names:
        np.testing.assert_array_equal(point[name].values, expected[name].values, err_msg=name)
        assert point[name].attrs["units"] == expected[name].attrs["units"]


@pytest.mark.slow
def test_summaries_are_those_of_the_trajectories(monkeypatch):
    fields = sweep_fields(vary={"k_on": RATE}, subjects=7)
    small_rooms(monkeypatch, fields, 3)
    trajectories = oihsim.sweep({**fields, "keep": "trajectories"}, threads=1)
    ds = oihsim.sweep({**fields, "keep": "summaries", "above": {"pain": 3}}, threads=1)
    assert ds.sizes["block"] == 3
    pain = trajectories["pain"]
    np.testing.assert_allclose(ds["pain_mean"], pain.mean("id"), rtol=1e-12)
    np.testing.assert_allclose(ds["pain_sd"], pain.std("id", ddof=1), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(ds["pain_max"], pain.max("id"))
    assert (ds["pain_count"] == 7).all()
    exact = np.quantile(pain, 0.5, axis=pain.dims.index("id"), method="inverted_cdf")
    np.testing.assert_allclose(ds["pain_quantile"].sel(quantile=0.5), exact, rtol=0.01)
    above = ds["pain_time_above_3_mean"] + ds["pain_time_below_3_mean"]
    np.testing.assert_allclose(above, 48.0, rtol=1e-12)
    np.testing.assert_array_equal(ds["tolerance_last"], trajectories["tolerance_last"])


def test_a_failed_point_is_there_as_nan_with_status_and_reason():
    # mg/kg of a dose by the clock cannot stand beside a rate: the two are fine only alone
    vary = {
        "sigma": {"of": "nociception.p0", "values": [4.0, 40.0]},
        "dose": {"of": "arms.morphine.doses[0].amount", "values": ["15 mg", "30 mg"]},
    }
    ds = oihsim.sweep(sweep_fields(vary=vary), threads=1)
    bad, good = ds.sel(sigma=40.0), ds.sel(sigma=4.0)
    assert ds.sizes["sigma"] == 2
    assert (good["status"] == 0).all()
    assert (good["reason"] == "").all()
    assert (bad["status"] > 0).all()
    assert bad["tolerance_last"].isnull().all()
    assert all("nociception.p0" in str(text) for text in bad["reason"].values.ravel())
    meanings = ds["status"].attrs["flag_meanings"].split()
    assert len(meanings) > int(bad["status"].max())


@pytest.mark.slow
def test_labels_of_another_drug_bring_their_variables():
    vary = {"drug": {"of": "arms.morphine.doses[0].drug", "values": ["morphine", "oxycodone"]}}
    ds = oihsim.sweep(sweep_fields(vary=vary, keep="trajectories"), threads=1)
    oxycodone = ds["oxycodone_plasma_concentration"].sel(scenario="morphine").isel(time=-1)
    assert (oxycodone.sel(drug="oxycodone") > 0.0).all()
    assert (oxycodone.sel(drug="morphine") == 0.0).all()
    assert ds["drug"].values.tolist() == ["morphine", "oxycodone"]


@pytest.mark.slow
def test_several_scenarios_lie_side_by_side(tmp_path):
    fields = {key: value for key, value in sweep_fields().items() if key != "scenario"}
    other = shipped_files()["morphine_month"].read_text("utf-8")
    (tmp_path / "later.yaml").write_text(other.replace("39 mg", "20 mg"))
    scenarios = ["morphine_month", str(tmp_path / "later.yaml")]
    ds = oihsim.sweep({**fields, "scenarios": scenarios}, threads=1)
    assert ds["scenario"].values.tolist() == [
        "morphine_month/placebo", "morphine_month/morphine", "later/placebo", "later/morphine"
    ]  # fmt: skip
    month, later = (ds.sel(scenario=f"{name}/morphine") for name in ("morphine_month", "later"))
    # the swept dose replaces what differed
    np.testing.assert_array_equal(month["tolerance_last"], later["tolerance_last"])


def test_sampled_points_carry_their_coordinates():
    vary = {"k_on": {"of": "nmda.k_on", "from": "0.005 1/h", "to": "0.02 1/h"}}
    ds = oihsim.sweep(sweep_fields(vary=vary, method="sobol", count=4), threads=1)
    assert ds["tolerance_last"].dims == ("point", "scenario", "draw", "id")
    assert ds["k_on"].dims == ("point",)
    assert ds["k_on"].attrs["units"] == "1/h"


def test_draws_alone_are_a_sweep():
    ds = oihsim.sweep(sweep_fields(vary={}, draws=3), threads=1)
    assert ds["tolerance_last"].dims == ("scenario", "draw", "id")
    last = ds["tolerance_last"].sel(scenario="morphine").isel(id=0).values
    assert len(set(last.tolist())) == 3


@pytest.mark.slow
def test_the_store_opens_in_xarray_with_units_and_its_recipe(tmp_path):
    path = tmp_path / "out.zarr"
    oihsim.sweep(sweep_fields(keep="trajectories", draws=2), path, threads=1)
    ds = xr.open_zarr(path)
    for name, variable in ds.variables.items():
        assert variable.dtype.kind == "U" or variable.attrs["units"], name
    same(ds, xr.open_zarr(path, consolidated=False))
    recipe = json.loads(ds.attrs["sweep"])
    assert recipe["model_hash"] == ds.attrs["model_hash"]
    assert set(recipe["versions"]) == {"oihsim", "numpy", "numba", "scipy"}
    assert len(recipe["drawn"]) > 40
    assert "not for dosing decisions" in ds.attrs["caution"]
    assert "begun" in ds.attrs["breathing"]
    assert "assumed" in ds.attrs["draws"]
