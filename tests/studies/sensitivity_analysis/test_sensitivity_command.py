"""The command ``oihsim sensitivity``: tables, files, figures, and what it refuses."""

import json

import pytest

import oihsim
from oihsim.engine.compiled_model import Model
from oihsim.engine.solver import INTERRUPTED
from oihsim.files.caution import CAUTION

TEXT = """schema: oihsim-scenario/1
question: What decides the pain of three days of morphine?
duration: 3 d
output_every: 6 h
population: {of: chronic_pain, count: 2, seed: 1}
arms:
  none: {doses: []}
  morphine:
    doses: [{drug: morphine, route: oral_er, amount: 60 mg, every: 12 h, until: 3 d}]
"""
COMMAND = ("sensitivity", "days.yaml", "--endpoint", "pain_mean", "--arm", "morphine")
NAMES = ("--parameters", "nociception.p0, nociception.tau", "--threads", "1", "-q")


@pytest.fixture
def command(tmp_path, monkeypatch, call_oihsim):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "days.yaml").write_text(TEXT)
    return call_oihsim


@pytest.mark.slow
def test_a_tornado_is_printed_written_and_drawn(command, tmp_path):
    code, out, err = command(*COMMAND, *NAMES[:4], "-o", "t.nc", "--figure", "t.png")
    assert code == 0
    assert "subjects over all arms" in err
    lines = out.splitlines()
    assert lines[0].startswith("mean pain (0-10), morphine: ")
    assert [line.split()[0] for line in lines[2:4]] == ["nociception.p0", "nociception.tau"]
    assert "5 runs, 0 of them failed." in out
    assert "not for dosing decisions" in out
    assert out.endswith("written: t.nc, t.png\n")
    ds = oihsim.open_result(tmp_path / "t.nc")
    assert ds["parameter"].values.tolist() == ["nociception.p0", "nociception.tau"]
    assert (tmp_path / "t.png").stat().st_size > 10_000


def test_shares_are_printed_with_intervals_and_drawn(command, tmp_path):
    arguments = (*COMMAND, *NAMES, "--method", "sobol", "--rows", "8", "--against", "none")
    code, out, _ = command(*arguments, "--figure", "s.svg")
    assert code == 0
    assert out.startswith("variance of mean pain (0-10), morphine minus none: ")
    assert "8 rows count; 0 were left out" in out
    assert "first order" in out
    assert CAUTION in (tmp_path / "s.svg").read_text()


def test_json_has_the_numbers_and_the_settings(command):
    window = ("--from", "1 d", "--until", "2 d", "--percent", "10", "--count", "2")
    code, out, err = command(*COMMAND, *NAMES, *window, "--json")
    assert (code, err) == (0, "")
    analysis = json.loads(out)
    assert analysis["endpoint"] == {"endpoint": "pain_mean", "from_h": 24.0, "until_h": 48.0}
    assert (analysis["percent"], analysis["count"], analysis["runs"]) == (10.0, 2, 5)
    first = analysis["parameters"][0]
    assert first["low"] == pytest.approx(0.9 * first["value"])
    assert first["at_low"] < analysis["base"] < first["at_high"]
    assert analysis["caution"] == CAUTION


def test_a_range_of_the_user(command):
    arguments = (*COMMAND, *NAMES[2:], "--range", "morphine.CL=0.5 L/min..3 L/min", "--json")
    code, out, _ = command(*arguments, "--parameters", "morphine.CL")
    (row,) = json.loads(out)["parameters"]
    assert code == 0
    assert (row["low"], row["high"], row["range_is"]) == (0.5, 3.0, "given")
    assert row["at_low"] < row["at_high"]


def test_all_problems_are_reported_at_once_and_nothing_is_computed(command, tmp_path):
    arguments = ("--endpoint", "pain_meen", "--arm", "morphin", "--range", "nmda.k_on=1")
    files = ("-o", "days.yaml", "--figure", "nowhere/a.png")
    code, out, err = command("sensitivity", "days.yaml", *arguments, *files, "--rows", "9")
    assert (code, out) == (2, "")
    for text in (
        "found no endpoint named 'pain_meen'", "arm: found 'morphin'", "range: found 'nmda.k_on=1'",
        "'.yaml'", "the scenario file", "no folder 'nowhere'", "a power of two",
    ):  # fmt: skip
        assert text in err
    assert (tmp_path / "days.yaml").read_text() == TEXT
    code, out, err = command("sensitivity", "no_such", *COMMAND[2:])
    assert (code, out) == (2, "")
    assert "nothing of that name" in err


def test_a_failed_run_is_reported_and_ends_with_1(command, tmp_path):
    arguments = (
        *COMMAND,
        *NAMES[2:],
        "--parameters",
        "morphine.FPO",
        "--range",
        "morphine.FPO=0.1..1.4",
    )
    code, out, err = command(*arguments, "-o", "t.nc", "--figure", "t.png")
    assert code == 1
    assert "failed" in out
    assert "point 2: morphine.FPO is 1.4" in err
    assert (tmp_path / "t.nc").exists()
    assert (tmp_path / "t.png").exists()


def test_after_an_interruption_what_was_done_is_written_beside(command, tmp_path, monkeypatch):
    run = Model.run

    def interrupted(self, P, *args, **kwargs):
        result = run(self, P, *args, **kwargs)
        result.status[2:] = INTERRUPTED
        for values in (result.y, result.outputs, result.concentrations):
            values[2:] = float("nan")
        return result

    monkeypatch.setattr(Model, "run", interrupted)
    code, out, err = command(*COMMAND, *NAMES, "-o", "t.nc")
    assert code == 1, err
    assert "interrupted" in err
    assert "interrupted" in out
    assert (tmp_path / "t.partial.nc").exists()
    assert not (tmp_path / "t.nc").exists()
