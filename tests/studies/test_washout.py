"""The clinical hyperalgesia index by simulated washout, beside the frozen one."""

import json
import subprocess
import sys

import numpy as np
import pytest

import oihsim
from oihsim.commands.washout_text import format_washout, washout_rows
from oihsim.files.errors import InputError
from oihsim.files.yaml import Document
from oihsim.scenario import parse
from oihsim.studies.washout import naive_threshold, stopped

STEADY = {"drug": "morphine", "route": "oral_er", "amount": "120 mg", "every": "12 h"}


def scenario(arms, days=20, count=4, **fields):
    return parse(
        Document(
            "washout",
            {
                "schema": "oihsim-scenario/1",
                "question": "What would a clinic read?",
                "duration": f"{days} d",
                "population": {"of": "chronic_pain", "count": count, "seed": 2},
                "arms": arms,
                **fields,
            },
        )
    )


@pytest.fixture(scope="module")
def month():
    return scenario(
        {"none": {"doses": []}, "steady": {"doses": [{**STEADY, "until": "30 d"}]}}, days=30
    )


@pytest.fixture(scope="module")
def read(month):
    return oihsim.washout(month, "30 d", "72 h")


def test_without_drug_both_indices_and_the_gap_are_0(read):
    none = read.sel(scenario="none")
    for name in ("frozen_hyperalgesia_index", "clinical_hyperalgesia_index", "hyperalgesia_gap"):
        np.testing.assert_allclose(none[name], 0.0, atol=1e-9)


def drug_free(reading):
    """Return what the clinical index would be if every ligand had left at the reading."""
    return reading.frozen_hyperalgesia_index_at_reading + reading.withdrawal_part_at_reading


def test_without_drug_on_board_the_gap_is_withdrawal_and_healed_plasticity(read):
    steady = read.sel(scenario="steady")
    assert np.all(steady.hyperalgesia_gap > 0.0)
    assert np.all(steady.withdrawal_part_at_reading > 0.0)
    assert np.all(steady.morphine_residual < 0.02)
    np.testing.assert_allclose(steady.clinical_hyperalgesia_index, drug_free(steady), atol=0.01)


@pytest.mark.parametrize("after", ["30 min", "2 h"])
def test_read_too_soon_the_drug_still_relieves(month, after):
    soon = oihsim.washout(month, "712 h", after).sel(scenario="steady")
    assert np.all(soon.morphine_residual > 0.3)
    assert np.all(soon.clinical_hyperalgesia_index < drug_free(soon) - 0.05)


def test_read_at_once_after_a_first_dose_relief_is_all_there_is(month):
    reading = oihsim.washout(month, "4 h", "1 h").sel(scenario="steady")
    assert np.all(reading.clinical_hyperalgesia_index < reading.frozen_hyperalgesia_index - 0.05)


def test_after_months_both_indices_go_to_0(month, read):
    late = [oihsim.washout(month, "30 d", f"{days} d") for days in (60, 365)]
    for reading in late:
        np.testing.assert_allclose(
            reading.clinical_hyperalgesia_index.sel(scenario="steady"),
            reading.frozen_hyperalgesia_index_at_reading.sel(scenario="steady"),
            atol=5e-3,
        )
    worst = [float(abs(x.clinical_hyperalgesia_index).max()) for x in (read, *late)]
    assert worst[0] > worst[1] > worst[2]
    assert worst[2] < 0.02


def test_the_frozen_index_is_that_of_the_run_that_was_not_stopped(month, read):
    continued = oihsim.simulate(month)
    np.testing.assert_allclose(
        read.frozen_hyperalgesia_index, continued.hyperalgesia_index.sel(time=720.0), atol=1e-4
    )


def test_two_roads_a_stopped_scenario_is_that_written_to_stop():
    arms = {
        "a": {
            "doses": [
                {**STEADY, "until": "20 d"},
                {"drug": "ketamine", "route": "iv", "rate": "0.1 mg/kg/h", "from": "9 d",
                 "until": "12 d"},
                {"drug": "fentanyl", "route": "transdermal", "rate": "25 mcg/h", "from": "15 d",
                 "until": "18 d"},
            ],
            "rescue": {"drug": "morphine", "route": "iv", "amount": "5 mg", "when_pain_above": 4,
                       "every": "8 h", "from": "5 d"},
            "hold": [{"mechanism": "dynorphin", "from": "9 d"}],
        }
    }  # fmt: skip
    road = stopped(scenario(arms), 244.5, 72.0)
    by_hand = scenario(
        {
            "a": {
                "doses": [
                    {**STEADY, "until": "244.5 h"},
                    {"drug": "ketamine", "route": "iv", "rate": "0.1 mg/kg/h", "from": "9 d",
                     "until": "244.5 h"},
                ],
                "rescue": {**arms["a"]["rescue"], "until": "244.5 h"},
                "hold": arms["a"]["hold"],
            }
        },
        days=316.5 / 24.0,
        output_every="244.5 h",
    ).resolved  # fmt: skip
    resolved = road.resolved
    for course, hand in zip(resolved["arms"]["a"]["doses"], by_hand["arms"]["a"]["doses"],
                            strict=True):  # fmt: skip
        assert course.pop("amount") == pytest.approx(hand.pop("amount"))
        assert course == hand
    assert resolved == by_hand
    assert stopped(road, 244.5, 72.0).resolved == road.resolved


def test_what_is_no_drug_goes_on():
    arms = {
        "a": {
            "doses": [
                {"drug": "physical_therapy", "route": "session", "amount": "1 session",
                 "every": "1 d", "until": "20 d"},
                {**STEADY, "until": "20 d"},
            ]
        }
    }  # fmt: skip
    courses = {
        course.drug: course for course in stopped(scenario(arms), 120.0, 240.0).arms["a"].courses
    }
    assert courses["morphine"].last_h == 108.0
    assert courses["physical_therapy"].last_h == 336.0


def test_stopped_at_0_reads_the_effect_of_the_past():
    past = {"duration": "20 d", "doses": [{**STEADY, "until": "20 d"}]}
    with_past = scenario({"on": {"doses": [{**STEADY, "until": "20 d"}]}, "off": {"doses": []}},
                   history=past)  # fmt: skip
    ds = oihsim.washout(with_past, "0 d", "72 h")
    assert np.all(ds.frozen_hyperalgesia_index.sel(scenario="on") > 0.0)
    np.testing.assert_allclose(
        ds.clinical_hyperalgesia_index.sel(scenario="on"),
        ds.clinical_hyperalgesia_index.sel(scenario="off"),
    )


def test_the_reference_is_the_threshold_of_the_naive_subject(month):
    naive = naive_threshold(month)
    continued = oihsim.simulate(month)
    np.testing.assert_allclose(naive, continued.threshold.values[:, 0, :, 0])


def test_the_recipe_is_complete_and_the_file_reads_back(read, tmp_path):
    assert (read.attrs["washout_at_h"], read.attrs["washout_after_h"]) == (720.0, 72.0)
    assert read.attrs["caution"] == oihsim.CAUTION
    assert "steady" in read.attrs["breathing"]
    stored = json.loads(read.attrs["resolved_scenario"])
    assert oihsim.Scenario.from_resolved(stored).duration_h == 792.0
    again = oihsim.open_result(oihsim.write_netcdf(read, tmp_path / "washout.nc"))
    assert again.equals(read)
    assert again.attrs["breathing"] == read.attrs["breathing"]
    for name, variable in read.data_vars.items():
        assert variable.attrs["units"] == "1", name
        assert variable.attrs["long_name"], name


def test_the_table_has_a_row_an_arm_and_the_cautions(read):
    rows = washout_rows(read)
    assert [row["arm"] for row in rows] == ["none", "steady"]
    assert rows[1]["hyperalgesia_gap"] == pytest.approx(
        rows[1]["clinical_hyperalgesia_index"] - rows[1]["frozen_hyperalgesia_index"]
    )
    text = " ".join(format_washout(read).split())
    assert oihsim.CAUTION in text
    assert read.attrs["breathing"] in text


def test_wrong_times_are_all_reported(month):
    with pytest.raises(InputError) as caught:
        oihsim.washout(month, "31 d", "0 h")
    assert [problem.field for problem in caught.value.problems] == ["at", "after"]
    with pytest.raises(InputError, match="washout: at"):
        oihsim.washout(month, "soon")


@pytest.mark.slow
def test_the_name_is_the_function_whatever_was_imported_first():
    code = (
        "from oihsim.commands.washout_text import washout_rows; import oihsim.studies.washout\n"
        "import oihsim; assert callable(oihsim.washout)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def command(tmp_path, monkeypatch, call_oihsim):
    """Run the command in ``tmp_path``."""
    monkeypatch.chdir(tmp_path)
    return call_oihsim


def test_the_command_prints_the_table_and_json(command, tmp_path):
    options = ("morphine_month", "--at", "10d", "--after", "48h", "--count", "2", "-q")
    code, out, err = command("washout", *options, "-o", "w.nc")
    assert (code, err) == (0, "")
    assert "every drug stopped at 240 h (10 d), threshold read 48 h later" in out
    assert (tmp_path / "w.nc").exists()
    printed = json.loads(command("washout", *options, "--json")[1])
    assert printed["washout_after_h"] == 48.0
    assert [row["arm"] for row in printed["rows"]] == ["placebo", "morphine"]


def test_without_a_time_the_drugs_are_stopped_at_the_end_of_the_scenario(command):
    code, out, err = command("washout", "remifentanil_volunteers", "--count", "1", "-q")
    assert (code, err) == (0, "")
    assert "every drug stopped at 4 h" in out


def test_the_command_refuses_wrong_times(command):
    code, _, err = command("washout", "morphine_month", "--at", "40d", "--after", "x", "-q")
    assert code == 2
    assert "washout: at: found '40d'" in err
    assert "washout: after: found 'x'" in err
    assert "Traceback" not in err
