"""Ten thousand damaged files: each is read, or refused in words; no traceback, warning or hang.

``python -c 'from mutations import *; …'`` in this folder makes any of them again by its number.
"""

import json
import multiprocessing
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from mutation_pools import KINDS, originals
from mutations import Case, mutated
from reading import Report, parsed, read_all
from running import run_all

from oihsim.commands.app import main
from oihsim.drugs import drug_names
from oihsim.files.errors import InputError

MANY = {"scenario": 4000, "drug": 4500, "population": 1500}
FEW = {"scenario": 60, "drug": 60, "population": 40}
RUNS = {"scenario": 100, "drug": 60, "population": 40}
BLOCK = 250
PROBLEM = re.compile(r".+: found .+; allowed: .+")


def judge(report: Report, kind: str) -> str:
    """Fail on any break, and where too few files came through to prove much; return the counts."""
    assert not report.breaks, f"{len(report.breaks)} broke, as\n" + "\n".join(report.breaks[:5])
    total = sum(report.counts[outcome] for outcome in ("unreadable", "refused", "loaded"))
    part = {
        outcome: report.counts[outcome] / total for outcome in ("unreadable", "refused", "loaded")
    }
    shares = ", ".join(f"{100 * value:.0f} % {outcome}" for outcome, value in part.items())
    assert 0.15 < part["loaded"] < 0.6, shares
    assert 0.3 < part["refused"] < 0.8, shares
    assert 0.05 < part["unreadable"] < 0.4, shares
    return f"{total} {kind} files: {shares}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_read_or_refused_in_words(kind):
    judge(read_all(kind, range(FEW[kind])), kind)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_ten_thousand_damaged_files(kind, capsys):
    """Read in fresh processes, which shows too that reading compiles and simulates nothing."""
    blocks = [range(first, first + BLOCK) for first in range(0, MANY[kind], BLOCK)]
    together = Report()
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        for report in pool.map(read_all, [kind] * len(blocks), blocks):
            together.counts += report.counts
            together.breaks += report.breaks
    assert together.counts["computed"] == 0
    assert sum(MANY.values()) == 10_000
    shares = judge(together, kind)
    with capsys.disabled():
        print(f"\n{shares}")


def loading(kind: str, count: int, folder: Path) -> list[int]:
    """Return numbers of damaged files that load; of drugs, those a scenario can name."""
    numbers: list[int] = []
    number = 20_000
    while len(numbers) < count:
        case = mutated(kind, number, folder)
        number += 1
        if kind == "drug" and case.base not in drug_names():
            continue
        try:
            parsed(case)
        except InputError:
            continue
        numbers.append(case.number)
    return numbers


def run_some(kind: str, count: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    ends, breaks = run_all(kind, loading(kind, count, folder), folder, monkeypatch.setattr)
    assert not breaks, "\n".join(breaks[:5])
    assert sum(ends.values()) == count
    assert ends["finished"] > count / 2, ends
    return ends


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_that_loads_runs_or_fails_in_words(kind, tmp_path, monkeypatch):
    run_some(kind, 3, tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_damaged_files_that_load_run_or_fail_in_words(kind, tmp_path, monkeypatch, capsys):
    ends = run_some(kind, RUNS[kind], tmp_path, monkeypatch)
    with capsys.disabled():
        print(f"\n{RUNS[kind]} damaged {kind} files that load were run: {dict(ends)}")


def on_disk(kind: str, number: int, folder: Path) -> tuple[Case, int]:
    """Write a damaged file and return it with the exit code that ``check`` should have."""
    case = mutated(kind, number, folder)
    if case.document is not None:  # JSON is YAML
        case.path.write_text(json.dumps(case.document.data), encoding="utf-8")
    try:
        parsed(Case(case.kind, case.number, case.base, case.how, case.path, None))
    except InputError:
        return case, 2
    return case, 0


def judge_command(case: Case, code: int, expected: int, out: str, err: str) -> None:
    assert "Traceback" not in out + err, case
    assert "internal error" not in err, f"{case}\n{err}"
    assert "Warning" not in err, f"{case}\n{err}"
    assert code == expected, f"{case}\n{err}"
    assert bool(err) == bool(code), f"{case}\n{err}"
    assert all(PROBLEM.fullmatch(line) for line in err.splitlines()), f"{case}\n{err}"


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_line_tells_what_is_wrong(kind, tmp_path, monkeypatch, capsys):
    codes = []
    for number in range(30_000, 30_006):
        case, expected = on_disk(kind, number, tmp_path)
        monkeypatch.setattr(sys, "argv", ["oihsim", "check", str(case.path)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        captured = capsys.readouterr()
        judge_command(case, code, expected, captured.out, captured.err)
        codes.append(code)
    assert 2 in codes


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_installed_command_tells_what_is_wrong(kind, tmp_path):
    codes: Counter[int] = Counter()
    for number in range(31_000, 31_020):
        case, expected = on_disk(kind, number, tmp_path)
        command = [sys.executable, "-m", "oihsim", "check", str(case.path)]
        ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60)
        judge_command(case, ran.returncode, expected, ran.stdout, ran.stderr)
        codes[ran.returncode] += 1
    assert codes[2] > 5
    assert codes[0] >= 1
    assert all(path.suffix == ".yaml" for path in tmp_path.iterdir()), "check wrote a file"


def test_the_same_number_is_the_same_file(tmp_path):
    for kind in KINDS:
        assert len(originals(kind)) > 1
        made = [[written(mutated(kind, number, tmp_path)) for number in range(30)] for _ in "ab"]
        assert made[0] == made[1]
        assert len(set(made[0])) > 25


def written(case: Case) -> str:
    if case.document is not None:
        return repr(case.document.data)
    return case.path.read_bytes().decode("latin-1")
