"""Replay: the ledger given again as fixed doses leads to the same course, and no other does."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest
from ledger_cases import FIXED, RULES, fixed, ruled, scenario

import oihsim
from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model
from oihsim.simulation.ledger_replay import ALLOWED, by_name, check_replay
from oihsim.simulation.simulate import REPLAY_CHECK, run_arms


@pytest.mark.parametrize("result", [fixed, ruled])
def test_the_ledger_leads_to_the_same_course(result):
    ds = result()
    replays = oihsim.replay(ds)
    assert [replay.arm for replay in replays] == list(ds.scenario.values)
    for replay in replays:
        assert replay.equal
        # both runs stop at the same times, so that not even the steps differ
        assert replay.difference < 1e-8
        assert replay.tolerance == pytest.approx(ALLOWED * 1e-6)
        assert replay.subjects == ds.sizes["id"]
        assert replay.doses == (ds.dose_drug.sel(scenario=replay.arm) >= 0).sum()
    without_rules = [replay for replay in replays if replay.arm != "chase"]
    assert {replay.difference for replay in without_rules} == {0.0}


@pytest.mark.slow
def test_a_part_of_a_result_and_a_stored_one(tmp_path):
    ds = ruled()
    (replay,) = oihsim.replay(ds.sel(scenario="chase", id=[2, 5]))
    assert replay.equal
    assert replay.subjects == 2
    back = oihsim.open_result(oihsim.write_netcdf(ds.sel(id=[4]), tmp_path / "r.nc"))
    assert [arm.equal for arm in oihsim.replay(back.isel(draw=0, id=0))] == [True, True]


def test_batches_make_no_difference(monkeypatch):
    monkeypatch.setattr("oihsim.simulation.ledger_replay.AT_ONCE", 1.0)
    assert all(replay.equal for replay in oihsim.replay(ruled()))


def test_arms_of_several_scenarios():
    plain = FIXED.replace("heroin_use, count: 3, seed: 5", "chronic_pain, count: 6, seed: 3")
    short = {"duration": "2 d", "output_every": "6 h"}
    both = oihsim.compare([scenario(plain).change(short), scenario(RULES).change(short)])
    replays = oihsim.replay(both)
    assert [replay.arm for replay in replays] == list(both.scenario.values)
    assert all(replay.equal for replay in replays)


def dropped(ds, at):
    for name in ("drug", "route", "reason"):
        ds[f"dose_{name}"].loc[at] = -1
    for name in ("time", "amount", "duration"):
        ds[f"dose_{name}"].loc[at] = np.nan


def more(ds, at):
    ds["dose_amount"].loc[at] *= 1.001


def later(ds, at):
    ds["dose_time"].loc[at] -= 0.02


def other_route(ds, at):
    routes = ds.dose_route.attrs["flag_meanings"].split()
    ds["dose_route"].loc[at] = routes.index("oral_er")


@pytest.mark.parametrize("change", [dropped, more, later, other_route])
@pytest.mark.parametrize("which", ["first", "last"])
def test_a_ledger_that_was_changed_in_one_dose_is_found_out(change, which):
    ds = ruled().copy(deep=True)
    rescue = ds.dose_reason.attrs["flag_meanings"].split().index("relief/rescue")
    listed = np.flatnonzero(ds.dose_reason.sel(scenario="chase", id=4, draw=0) == rescue)
    place = listed[0 if which == "first" else -1]
    change(ds, {"scenario": "chase", "id": 4, "draw": 0, "dose": place})
    plain, chase = oihsim.replay(ds)
    assert plain.equal
    assert not chase.equal
    assert "of subject 4 at" in chase.where
    assert "NOT the same course" in str(chase)


def test_a_course_that_was_changed_is_found_out():
    ds = fixed().copy(deep=True)
    ds["glutamate_tone"].loc[{"scenario": "none", "id": 1, "time": 30.0}] += 1e-5
    none, several = oihsim.replay(ds)
    assert (none.equal, several.equal) == (False, True)
    assert none.where == "glutamate_tone of subject 1 at 30 h"


def arms_of(ruled_scenario):
    model = Model.named(ruled_scenario.model)
    drugs = {name: load_drug(name) for name in ruled_scenario.drugs}
    return ruled_scenario, model, drugs, run_arms(ruled_scenario, model, drugs)


def test_the_check_of_a_run_raises_when_the_solver_forgets_a_dose():
    ruled_scenario, model, drugs, runs = arms_of(scenario(RULES).change({"duration": "3 d"}))
    check_replay(ruled_scenario, model, drugs, runs)
    doses = [rows if i != 1 else rows[:-1] for i, rows in enumerate(runs[1].run.given)]
    wrong = [runs[0], replace(runs[1], run=replace(runs[1].run, given=doses))]
    with pytest.raises(oihsim.SimulationError, match=r"chase: NOT the same course.*subject 1"):
        check_replay(ruled_scenario, model, drugs, wrong)


def test_a_subject_that_failed_is_left_out():
    ruled_scenario, model, drugs, runs = arms_of(scenario(RULES).change({"duration": "2 d"}))
    run = runs[1].run
    run.status[2], run.given[2] = 1, run.given[2][:1]
    for values in (run.y, run.concentrations, run.outputs):
        values[2] = np.nan
    check_replay(ruled_scenario, model, drugs, runs)


def test_every_run_with_rules_is_checked_in_tests(monkeypatch):
    assert os.environ[REPLAY_CHECK] == "1"
    checked = []
    monkeypatch.setattr(
        "oihsim.simulation.simulate.check_replay", lambda *args: checked.append(args)
    )
    short = scenario(RULES).change({"duration": "1 d", "population.count": 1})
    oihsim.simulate(short)
    assert len(checked) == 1
    monkeypatch.setenv(REPLAY_CHECK, "0")
    oihsim.simulate(short)
    assert len(checked) == 1


def test_what_cannot_be_replayed_is_refused():
    ds = fixed()
    with pytest.raises(oihsim.InputError, match="no dose ledger"):
        oihsim.replay(ds.drop_dims("dose"))
    with pytest.raises(oihsim.InputError, match="equations of another version"):
        oihsim.replay(ds.assign_attrs(model_hash="0"))
    hashes = json.dumps({**json.loads(ds.attrs["drug_hashes"]), "ketamine": "0"})
    with pytest.raises(oihsim.InputError, match="another version of ketamine"):
        oihsim.replay(ds.assign_attrs(drug_hashes=hashes))


def test_concentrations_of_one_name_add_up():
    values = np.arange(8.0).reshape(1, 1, 8)
    sums = by_name(["a", "b", "a", "c"], values)
    assert sums["a_effect_site_concentration"].item() == 0.0 + 2.0
    assert sums["c_plasma_concentration"].item() == 7.0


@pytest.mark.slow
def test_the_command(call_oihsim, tmp_path):
    path = oihsim.write_netcdf(ruled().sel(id=[0]), tmp_path / "r.nc")
    code, out, err = call_oihsim("replay", str(path))
    assert (code, err) == (0, "")
    assert out.count("the same course") == 2
    assert oihsim.CAUTION in out
    ds = oihsim.open_result(path)
    ds["dose_amount"][1] *= 2.0
    other = oihsim.write_netcdf(ds, tmp_path / "other.nc")
    code, out, err = call_oihsim("replay", "--json", str(other))
    assert code == 1
    assert [arm["equal"] for arm in json.loads(out)["arms"]] == [True, False]
    assert "does not give the time courses" in err
    (tmp_path / "no.nc").write_text("nothing")
    code, out, err = call_oihsim("replay", str(tmp_path / "no.nc"))
    assert code == 2
    assert "no readable result" in err
    assert call_oihsim("replay", str(tmp_path / "absent.nc"))[0] == 2
