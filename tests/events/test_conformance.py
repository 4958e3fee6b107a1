"""The conformance table, each case from a CSV file through ``oihsim events run``."""

import csv

import pytest
from case import MODELS
from cases_repeated import CASES as REPEATED
from cases_single import CASES as SINGLE
from slow_parameters import slow_but

CASES = [*SINGLE, *REPEATED]


@pytest.fixture
def command(tmp_path, call_oihsim):
    """Run ``oihsim events run`` on a case; return the column and what was said."""

    def run(case):
        (tmp_path / "model.yaml").write_text(MODELS[case.body])
        (tmp_path / "data.csv").write_text(case.csv)
        words = [
            f"--{key.replace('fill', 'covariate-fill')}={v}" for key, v in case.options.items()
        ]
        column = f"{case.seen}_{case.what}"
        out = tmp_path / "out.csv"
        code, message, err = call_oihsim(
            "events", "run", str(tmp_path / "model.yaml"), str(tmp_path / "data.csv"),
            "-o", str(out), "--what", column, *words,
        )  # fmt: skip
        assert code == 0, err
        with out.open() as file:
            return list(csv.DictReader(file)), column, message

    return run


@pytest.mark.parametrize(
    "case",
    slow_but(CASES[::3], CASES),
    ids=lambda case: case.name,
)
def test_case(case, command):
    rows, column, message = command(case)
    assert [float(row["TIME"]) for row in rows] == case.times
    values = [float(row[column]) for row in rows]
    assert values == pytest.approx(case.values, rel=1e-10, abs=1e-12)
    assert "at one time:" in message
    if case.stated:
        assert values == pytest.approx(case.stated, abs=0.005)


def test_there_are_enough_cases():
    assert len({case.name for case in CASES}) == len(CASES) >= 60
    # a case whose every value is 0 shows a cancellation; most must show amounts
    assert sum(any(case.values) for case in CASES) > 60
