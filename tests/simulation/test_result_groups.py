"""DoseLedger and log as groups of the file, and joined across results of different lengths."""

import h5py
import numpy as np
import pytest
import xarray as xr
from ledger_cases import FIXED, RULES, fixed, rows, ruled, scenario, words

import oihsim
from oihsim.results.groups import alike


@pytest.mark.parametrize("result", [fixed, ruled])
@pytest.mark.slow
def test_a_result_survives_the_file_with_its_tables(result, tmp_path):
    ds = result().isel(id=slice(2))
    back = oihsim.open_result(oihsim.write_netcdf(ds, tmp_path / "r.nc"))
    xr.testing.assert_identical(back.drop_attrs(), ds.drop_attrs())
    assert set(back.coords) == set(ds.coords)
    for name in ds.variables:
        assert back[name].dtype.kind in (ds[name].dtype.kind, "O", "T"), name
        assert back[name].attrs.keys() == ds[name].attrs.keys(), name


@pytest.mark.slow
def test_the_file_has_the_groups_small(tmp_path):
    path = oihsim.write_netcdf(ruled(), tmp_path / "r.nc")
    with h5py.File(path) as file:
        assert {"doses", "decisions"} < set(file)
        assert not [name for name in file if name.startswith(("dose_", "decision_"))]
        for name in ("dose_drug", "dose_route", "dose_reason"):
            assert file["doses"][name].dtype == np.int16
        for name in (*file["doses"], *file["decisions"]):
            variable = file["doses" if name in file["doses"] else "decisions"][name]
            assert variable.ndim < 4 or variable.compression == "gzip", name
    tree = xr.open_datatree(path, engine="h5netcdf")
    assert set(tree.children) == {"doses", "decisions", "spans"}
    assert list(tree["doses"].to_dataset()["scenario"].values) == ["plain", "chase"]
    tree.close()


def test_groups_of_a_result_and_of_a_part_of_it():
    ds = ruled()
    tree = oihsim.groups(ds)
    assert set(tree.children) == {"doses", "decisions", "spans"}
    assert "dose" not in tree.dataset.dims
    assert "pain" in tree.dataset
    xr.testing.assert_identical(tree["doses"]["dose_amount"].variable, ds.dose_amount.variable)
    assert "decision_observed" in tree["decisions"].data_vars
    subject_tree = oihsim.groups(ds.sel(scenario="chase", id=2))
    assert subject_tree["doses"]["dose_amount"].dims == ("draw", "dose")
    assert set(oihsim.groups(fixed()).children) == {"doses", "spans"}
    assert tree.sel(scenario="chase", id=2)["doses"]["dose_time"].dims == ("draw", "dose")


@pytest.mark.slow
def test_a_file_from_before_there_were_groups_opens(tmp_path):
    old = fixed().drop_dims(["dose", "span"])
    old.to_netcdf(tmp_path / "old.nc", engine="h5netcdf")
    back = oihsim.open_result(tmp_path / "old.nc")
    assert set(back.variables) == set(old.variables)
    assert not oihsim.groups(back).children
    with pytest.raises(oihsim.InputError, match="no dose ledger"):
        oihsim.replay(back)
    np.testing.assert_array_equal(back.pain, old.pain)


def test_some_arms_and_subjects_are_selected_as_everything_else():
    ds = ruled()
    part = ds.sel(scenario=["chase"], id=[1, 4])
    assert part.dose_time.shape == (1, 1, 2, ds.sizes["dose"])
    assert rows(part, "chase", 4) == rows(ds, "chase", 4)


def short(text, days):
    return scenario(text).change({"duration": f"{days} d", "output_every": "6 h"})


@pytest.mark.slow
def test_scenarios_side_by_side_keep_their_ledgers():
    plain = FIXED.replace("heroin_use, count: 3, seed: 5", "chronic_pain, count: 6, seed: 3")
    first, second = short(plain, 2), short(RULES, 2)
    both = oihsim.compare([first, second])
    apart = {"fixed": oihsim.simulate(first), "rules": oihsim.simulate(second)}
    names = {"fixed": "rules", "rules": "rules-2"}  # both documents bear the same name
    for key, ds in apart.items():
        for arm in ds.scenario.values:
            for i in ds.id.values:
                assert rows(both, f"{names[key]}/{arm}", i) == rows(ds, arm, i)
    of_rules = both.sel(scenario="rules-2/chase")
    alone = apart["rules"].sel(scenario="chase")
    for name in ("block", "rule", "action"):
        merged, separate = words(of_rules[f"decision_{name}"]), words(alone[f"decision_{name}"])
        np.testing.assert_array_equal(merged, separate)
    np.testing.assert_array_equal(of_rules.decision_observed, alone.decision_observed)
    assert (both.decision_block.sel(scenario=["rules/none", "rules/several"]) == -1).all()
    assert both.decision_time.sel(scenario="rules/none").isnull().all()
    assert both.dose_drug.dtype == both.decision_rule.dtype == np.int16
    assert both.dose_amount.attrs["units"] == "mg"


def test_results_of_different_rules_are_joined_by_name():
    first = short(RULES, 3)
    second = short(
        RULES.replace("name: relief", "name: comfort").replace("pain: 0.8", "pain: 0.5"), 2
    )
    parts = [oihsim.simulate(first), oihsim.simulate(second)]
    for part, name in zip(parts, ("a", "b"), strict=True):
        part["scenario"] = [f"{name}/{arm}" for arm in part.scenario.values]
    same = alike(parts)
    joined = xr.concat(same, "id", data_vars="minimal", join="outer", coords="minimal",
                       compat="override")  # fmt: skip
    assert joined.sizes["scenario"] == 4
    assert same[0].sizes["dose"] == same[1].sizes["dose"] == parts[0].sizes["dose"]
    assert list(same[0].observation.values) == list(same[1].observation.values)
    assert dict(zip(same[1].observation.values, same[1].observation_units.values, strict=True)) == {
        "pain (chasing)": "1", "pain (relief)": "1", "pain (comfort)": "1",
    }  # fmt: skip
    for before, after in zip(parts, same, strict=True):
        arm = str(before.scenario.values[1])
        assert rows(before, arm, 3) == rows(after, arm, 3)
        for name in before.observation.values:
            was = before.decision_observed.sel(observation=name)
            now = after.decision_observed.sel(observation=name, decision=before.decision)
            np.testing.assert_array_equal(was, now)
    assert all(part.attrs == before.attrs for part, before in zip(same, parts, strict=True))


def test_counted_agents_have_their_own_unit():
    ds = oihsim.simulate(
        short(FIXED, 1).change(
            {"population.count": 1, "population.of": "volunteers",
             "arms.several": {"doses": [
                {"drug": "physical_therapy", "route": "session", "amount": "1 session"},
                {"drug": "morphine", "route": "oral", "amount": "10 mg"}]}}
        )
    )  # fmt: skip
    meanings = ds.dose_drug.attrs["flag_meanings"].split()
    units = dict(zip(meanings, ds.dose_drug.attrs["flag_units"].split(), strict=True))
    assert units == {"morphine": "mg", "physical_therapy": "session"}
    assert ds.dose_amount.attrs["units"] == "1"
    listed = [row for row in rows(ds, "several", 0) if row[5] == "scheduled"]
    assert sorted(row[1] for row in listed) == [1.0, 10.0]
