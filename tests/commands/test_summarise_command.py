"""``oihsim summarise``: the arms of a scenario in many subjects, as a table."""

import json

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import oihsim
from oihsim.commands.app import app
from oihsim.commands.summary_text import endpoints_of, format_summary

TEXT = """
schema: oihsim-scenario/1
question: Does a higher dose leave more pain after a day?
duration: 1 d
output_every: 6 h
population: {of: chronic_pain, count: 5, seed: 3}
arms:
  low: {doses: [{drug: morphine, route: iv, amount: 5 mg, every: 12 h, from: 0 d, until: 1 d}]}
  high: {doses: [{drug: morphine, route: iv, amount: 20 mg, every: 12 h, from: 0 d, until: 1 d}]}
compare: {reference: low, endpoints: [pain_mean, hyperalgesia_last]}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "two.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def called(*words):
    return CliRunner().invoke(app, ["summarise", *map(str, words)])


def test_the_table_is_of_all_subjects_and_says_how_long_it_took(file, tmp_path):
    out = tmp_path / "many.nc"
    result = called(file, "--count", 9, "-o", out, "-q")
    assert result.exit_code == 0, result.output
    assert "pain_mean: " in result.stdout
    assert "9 subjects in 2 arms of two. It took " in result.stdout
    assert oihsim.CAUTION.split(";")[0] in result.stdout.replace("\n", " ")
    assert max(map(len, result.stdout.splitlines())) <= 92
    with xr.open_dataset(out, engine="h5netcdf") as ds:
        assert int(ds["subjects"].min()) == 9
        assert ds.attrs["model_hash"]


def test_the_numbers_are_those_of_a_comparison(file):
    told = json.loads(called(file, "--json", "-q").stdout)
    ds = oihsim.compare(oihsim.load(file))
    for arm in ("low", "high"):
        values = ds["pain_mean"].sel(scenario=arm).values.ravel()
        found = told["endpoints"]["pain_mean"][arm]
        assert found["mean"] == pytest.approx(values.mean(), rel=1e-12)
        assert found["sd"] == pytest.approx(values.std(ddof=1), rel=1e-9)
        assert found["quantile"][2] == pytest.approx(np.median(values), rel=0.01)
    gap = (ds["pain_mean"].sel(scenario="high") - ds["pain_mean"].sel(scenario="low")).mean()
    change = told["endpoints"]["pain_mean"]["high"]["difference_mean"]
    assert change == pytest.approx(float(gap), rel=1e-9)
    assert told["caution"] == oihsim.CAUTION


def test_every_problem_is_named_at_once_and_nothing_is_written(file, tmp_path):
    file.write_text(TEXT.replace("morphine", "morfine"), encoding="utf-8")
    out = tmp_path / "no" / "folder.csv"
    result = called(file, "-o", out)
    assert result.exit_code == 2 or result.exception
    problems = [problem.actual for problem in result.exception.problems]
    assert len(problems) >= 3
    assert not out.parent.exists()


def test_only_what_has_no_time_is_an_endpoint():
    ds = oihsim.summarise(
        oihsim.load("morphine_month").change({"population.count": 2, "duration": "1 d"})
    )
    assert endpoints_of(ds)
    assert "pain" not in endpoints_of(ds)
    assert all(f"{name}: " in format_summary(ds) for name in endpoints_of(ds))
