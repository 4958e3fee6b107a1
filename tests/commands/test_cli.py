"""The command line: what it prints, what it writes, its exit codes; no traceback at any time."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest

import oihsim
from oihsim.drugs import drug_names
from oihsim.files.caution import CAUTION
from oihsim.scenario import shipped

TEXT = """schema: oihsim-scenario/1
question: Does morphine help on the first day?
duration: 1 d
output_every: 6 h
population: {of: chronic_pain, count: 3, seed: 3}
arms:
  none: {doses: []}
  morphine:
    doses:
      - {drug: morphine, route: oral, amount: 30 mg, every: 12 h, from: 0 d, until: 1 d}
"""
BAD = TEXT.replace("30 mg", "30 mgg").replace("drug: morphine", "drug: morfine")
BAD = BAD.replace("of: chronic_pain", "of: cronic_pain")
# so fast a clearance that no step of the explicit solver is short enough
FAILING = TEXT.replace("  morphine:\n", "  morphine:\n    parameters: {glutamate.k_G: 1e14 1/h}\n")
PROBLEM = re.compile(r"\S+\.yaml:\d+: \S+: found .+; allowed: .+")


@pytest.fixture
def oihsim_command(tmp_path, monkeypatch, call_oihsim):
    """Run the command in ``tmp_path``; return exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    files = {"good": TEXT, "bad": BAD, "failing": FAILING}
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return call_oihsim


def test_list_names_everything(oihsim_command):
    code, out, err = oihsim_command("list")
    assert (code, err) == (0, "")
    for name in (*shipped(), *drug_names(), "chronic_pain", "oih21", "nmda", "m3g", "pain_mean"):
        assert name in out
    assert CAUTION in out


def test_list_as_json(oihsim_command):
    code, out, _ = oihsim_command("list", "--json")
    found = json.loads(out)
    assert code == 0
    assert [row["name"] for row in found["drugs"]] == list(drug_names())


def test_list_of_one_kind(oihsim_command):
    code, out, _ = oihsim_command("list", "drugs", "--json")
    assert code == 0
    assert list(json.loads(out)) == ["drugs", "caution"]
    code, out, err = oihsim_command("list", "drug")
    assert (code, out) == (2, "")
    assert "did you mean 'drugs'?" in err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("flagship", "arm escalation (reference)"),
        ("morphine", "CL/V1"),
        ("nmda", "dN/dt ="),
        ("volunteers", "nociception.p0"),
        ("good.yaml", "30 mg"),
    ],
)
def test_show_describes(oihsim_command, name, said):
    code, out, err = oihsim_command("show", name)
    assert (code, err) == (0, "")
    assert said in out
    assert CAUTION in out
    assert "object at 0x" not in out


@pytest.mark.parametrize("name", ["flagship", "morphine", "nmda"])
def test_show_as_json(oihsim_command, name):
    code, out, _ = oihsim_command("show", name, "--json")
    assert code == 0
    assert json.loads(out)


def test_show_population_as_standard_json(oihsim_command):
    _, out, _ = oihsim_command("show", "chronic_pain", "--json")
    assert "Infinity" not in out


def test_show_mechanism_as_latex(oihsim_command):
    code, out, _ = oihsim_command("show", "glutamate", "--latex")
    assert code == 0
    assert r"\frac{d G}{d t}" in out


def test_show_unknown(oihsim_command):
    code, out, err = oihsim_command("show", "morphin")
    assert (code, out) == (2, "")
    assert "found 'morphin'" in err
    assert "did you mean 'morphine'?" in err


def test_check_good_files(oihsim_command):
    code, out, err = oihsim_command("check", "good.yaml", "flagship", "ketamine")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "good.yaml: ok, scenario with 2 arms: none, morphine"
    assert "ketamine: ok, drug ketamine" in out


def test_check_names_every_problem_with_its_line(oihsim_command, tmp_path):
    before = sorted(tmp_path.iterdir())
    code, out, err = oihsim_command("check", "bad.yaml", "good.yaml")
    lines = err.splitlines()
    assert code == 2
    assert len(lines) == 3
    assert all(PROBLEM.fullmatch(line) for line in lines)
    assert [line.split(":")[1] for line in lines] == ["5", "10", "10"]
    assert "did you mean 'chronic_pain'?" in err
    assert "did you mean 'morphine'?" in err
    assert "good.yaml: ok" in out
    assert sorted(tmp_path.iterdir()) == before


def test_check_as_json(oihsim_command):
    code, out, err = oihsim_command("check", "--json", "bad.yaml", "good.yaml")
    bad, good = json.loads(out)
    assert (code, err) == (2, "")
    assert (bad["ok"], good["ok"]) == (False, True)
    assert {problem["line"] for problem in bad["problems"]} == {5, 10}
    assert {tuple(problem) for problem in bad["problems"]} == {
        ("file", "line", "field", "found", "allowed")
    }


def test_run_writes_the_result(oihsim_command, tmp_path):
    code, out, _ = oihsim_command("run", "good.yaml", "--count", "2")
    assert code == 0
    assert "morphine: 2 of 2 subjects" in out
    assert re.search(r"morphine: .* steps and 2 doses each", out)
    assert CAUTION in out
    ds = oihsim.open_result(tmp_path / "good.nc")
    assert dict(ds.sizes) == {"scenario": 2, "draw": 1, "id": 2, "time": 5, "dose": 2, "span": 4}
    assert ds.attrs["caution"] == CAUTION


@pytest.mark.slow
def test_run_as_json(oihsim_command, tmp_path):
    code, out, err = oihsim_command(
        "run", "good.yaml", "-o", "one.nc", "--json", "-q", "--count", "1", "--seed", "9"
    )
    summary = json.loads(out)
    assert (code, err) == (0, "")
    assert summary["seed"] == 9
    assert summary["caution"] == CAUTION
    assert [(arm["arm"], arm["finished"]) for arm in summary["arms"]] == [
        ("none", 1), ("morphine", 1),
    ]  # fmt: skip
    assert (tmp_path / "one.nc").is_file()


@pytest.mark.slow
def test_run_is_silent_when_asked(oihsim_command):
    assert oihsim_command("run", "good.yaml", "--count", "1", "--quiet") == (0, "", "")


@pytest.mark.parametrize("command", ["run", "compare"])
def test_a_bad_file_leaves_an_existing_output_alone(oihsim_command, tmp_path, command):
    kept = tmp_path / "kept.nc"
    kept.write_bytes(b"precious")
    code, out, err = oihsim_command(command, "bad.yaml", "-o", "kept.nc")
    assert (code, out) == (2, "")
    assert all(PROBLEM.fullmatch(line) for line in err.splitlines())
    assert kept.read_bytes() == b"precious"


@pytest.mark.slow
def test_a_failing_subject(oihsim_command, tmp_path):
    code, out, err = oihsim_command("run", "failing.yaml", "-q")
    assert (code, out) == (1, "")
    lines = err.splitlines()
    assert len(lines) == 3
    for i, line in enumerate(lines):
        assert line.startswith(f"arm morphine, subject {i}: the step became too small at ")
        assert "glutamate.k_G = 1e+14" in line
        assert "morphine.CL = " in line
    ds = oihsim.open_result(tmp_path / "failing.nc")
    lost, kept = ds.sel(scenario="morphine"), ds.sel(scenario="none")
    assert (lost.status == 1).all()
    assert lost.pain.isnull().all()
    assert lost.glutamate_tone.isnull().all()
    assert (kept.status == 0).all()
    assert kept.pain.notnull().all()
    meanings = ds.status.attrs["flag_meanings"].split()
    assert meanings[1] == "the_step_became_too_small"


@pytest.mark.slow
def test_compare_two_scenarios(oihsim_command, tmp_path):
    (tmp_path / "double.yaml").write_text(TEXT.replace("30 mg", "60 mg"))
    code, out, _ = oihsim_command(
        "compare", "good.yaml", "double.yaml", "-o", "both.nc", "--figure", "both.svg"
    )
    assert code == 0
    for arm in ("good/none (ref.)", "good/morphine", "double/none", "double/morphine"):
        assert arm in out
    assert CAUTION in " ".join(out.split())
    ds = oihsim.open_result(tmp_path / "both.nc")
    assert ds.attrs["caution"] == CAUTION
    assert list(ds.scenario.values) == [
        "good/none", "good/morphine", "double/none", "double/morphine",
    ]  # fmt: skip
    given = ds["cumulative_dose_morphine"].isel(draw=0, id=0).values.tolist()
    assert given == [0.0, 60.0, 0.0, 120.0]
    figure = (tmp_path / "both.svg").read_text()
    assert "<svg" in figure
    assert "not for dosing decisions" in " ".join(figure.split())


@pytest.mark.slow
def test_compare_as_json(oihsim_command):
    code, out, _ = oihsim_command("compare", "good.yaml", "--json", "--count", "2")
    found = json.loads(out)
    assert code == 0
    assert found["caution"] == CAUTION
    rows = {(row["endpoint"], row["arm"]): row for row in found["rows"]}
    row = rows["pain_last_day", "morphine"]
    assert (row["reference"], row["n"]) == ("none", 2)
    assert row["low"] <= row["difference"] <= row["high"]


def test_compare_refuses_other_subjects(oihsim_command, tmp_path):
    (tmp_path / "others.yaml").write_text(TEXT.replace("seed: 3", "seed: 4"))
    code, out, err = oihsim_command("compare", "good.yaml", "others.yaml")
    assert (code, out) == (2, "")
    assert "others.yaml: seed: found 4; allowed: 3, as in good.yaml" in err


@pytest.mark.slow
def test_compare_tells_files_of_one_name_apart(oihsim_command, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "good.yaml").write_text(TEXT.replace("30 mg", "60 mg"))
    code, *_ = oihsim_command("compare", "good.yaml", "other/good.yaml", "-o", "both.nc")
    names = oihsim.open_result(tmp_path / "both.nc").scenario.values if code == 0 else []
    assert len({*names}) == len(names)


@pytest.mark.slow
def test_compare_draws_nothing_broken_when_a_whole_arm_failed(oihsim_command, tmp_path):
    code, out, err = oihsim_command("compare", "failing.yaml", "--count", "2")
    assert code == 1
    assert "subject 0: the step became too small" in err
    assert "morphine        0         -" in out
    assert "Warning" not in err
    assert (tmp_path / "failing.nc").is_file()


def test_doctor(oihsim_command):
    code, out, _ = oihsim_command("doctor")
    assert code == 0
    assert "FAIL" not in out
    assert "without drug nothing moves" in out
    assert CAUTION in out
    code, out, _ = oihsim_command("doctor", "--json")
    assert code == 0
    assert json.loads(out)["healthy"] is True


def test_doctor_says_what_is_wrong(oihsim_command, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("oihsim.engine.compiled_model.Model.run", broken)
    code, out, _ = oihsim_command("doctor")
    assert code == 1
    assert "FAIL model: RuntimeError: the disk is full" in out


@pytest.mark.parametrize("target", ["absent/out.nc", "good.yaml/out.nc", "."])
@pytest.mark.parametrize("command", ["run", "compare"])
def test_unwritable_output_is_refused_before_computing(
    oihsim_command, monkeypatch, command, target
):
    computed = []
    monkeypatch.setattr("oihsim.simulation.simulate.run_arms", lambda *a, **_: computed.append(a))
    code, out, err = oihsim_command(command, "good.yaml", "-o", target)
    assert (code, out, computed) == (2, "", [])
    assert "output: found no" in err
    assert "allowed: a file that can be written" in err


@pytest.mark.parametrize("command", ["run", "compare", "steady"])
def test_a_result_is_netcdf_by_its_name_too(oihsim_command, tmp_path, command):
    code, out, err = oihsim_command(command, "good.yaml", "-o", "x.csv")
    assert (code, out) == (2, "")
    assert "x.csv: output: found '.csv'; allowed: a file that ends in .nc" in err
    assert not (tmp_path / "x.csv").exists()


def test_usage_errors(oihsim_command):
    assert oihsim_command("run")[0] == 2
    code, _, err = oihsim_command("run", "good.yaml", "--cout", "3")
    assert code == 2
    assert "--count" in err
    assert oihsim_command("run", "good.yaml", "--count", "-1")[0] == 2


def test_the_scenario_file_is_no_output(oihsim_command, tmp_path):
    oihsim_command("run", "good.yaml", "-o", "good.yaml", "--count", "1")
    assert (tmp_path / "good.yaml").read_text() == TEXT


def test_a_figure_that_cannot_be_drawn_is_refused_before_computing(oihsim_command, monkeypatch):
    computed = []
    monkeypatch.setattr("oihsim.simulation.simulate.run_arms", lambda *a, **_: computed.append(a))
    code, _, err = oihsim_command("compare", "good.yaml", "--figure", "one.xyz")
    assert (code, computed) == (2, [])
    assert ".png" in err


@pytest.mark.parametrize("command", ["run", "compare"])
def test_an_internal_error_shows_no_traceback(oihsim_command, monkeypatch, tmp_path, command):
    def broken(*_, **__):
        raise ZeroDivisionError("float division by zero")

    monkeypatch.setattr("oihsim.simulation.simulate.run_arms", broken)
    code, out, err = oihsim_command(command, "good.yaml")
    assert (code, out) == (1, "")
    assert "internal error: ZeroDivisionError: float division by zero" in err
    assert "please report it" in err
    assert not (tmp_path / "good.nc").exists()


RUN_AND_SAY_WHEN = """
import sys
from oihsim.commands.progress import Reporter
from oihsim.commands.app import main
Reporter.update = lambda self, done, total: print("done", done, file=sys.stderr, flush=True)
main()
"""


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_finished(tmp_path):
    text = TEXT.replace("duration: 1 d", "duration: 30 d").replace("until: 1 d", "until: 30 d")
    text = text.replace("count: 3", "count: 2000").replace("every: 6 h", "every: 10 d")
    text = text.replace("every: 12 h", "every: 2 h").replace("  none: {doses: []}\n", "")
    (tmp_path / "long.yaml").write_text(text + "  none: {doses: []}\n")
    with subprocess.Popen(
        [sys.executable, "-c", RUN_AND_SAY_WHEN, "run", "long.yaml", "--threads", "1"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        # one block is done: the thread is at work on the next
        assert 0 < int(process.stderr.readline().removeprefix("done ")) < 200
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "Traceback" not in out + err
    assert re.search(r"^\d+ subjects were not run: interrupted$", err, re.MULTILINE)
    assert not (tmp_path / "long.nc").exists()
    ds = oihsim.open_result(tmp_path / "long.partial.nc")
    finished = ds.status == 0
    assert 0 < int(finished.sel(scenario="morphine").sum()) < 2000
    assert not finished.sel(scenario="none").any()
    assert (ds.pain.notnull() == finished).all()


def test_ctrl_c_before_anything_is_computed(oihsim_command, monkeypatch, tmp_path):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("oihsim.scenario.load", interrupted)
    code, out, err = oihsim_command("run", "good.yaml")
    assert (code, out) == (1, "")
    assert err.strip()
    assert not (tmp_path / "good.nc").exists()


def test_a_screen_without_a_letter_shows_its_number(tmp_path):
    text = TEXT.replace("morphine help", "μ-agonism help 痛み")
    (tmp_path / "q.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "oihsim", "show", "q.yaml"]
    env = os.environ | {"PYTHONIOENCODING": "cp1252"}
    ran = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=True)
    assert rb"\u03bc-agonism help \u75db\u307f" in ran.stdout
    assert ran.stderr == b""
