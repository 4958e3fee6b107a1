"""What is told of the benchmarks: the table, the block of the README, the page, the command."""

import json
import re
from pathlib import Path

import pytest

from benchmarks import readme_block, target_table
from benchmarks.machine import RESULTS, summary
from benchmarks.work_precision import marks
from oihsim.commands import bench_command

ROOT = Path(__file__).parents[2]


def contender(name, ms, reason=""):
    row = {"contender": name, "problem": "OIH-15", "reason": reason}
    if not reason:
        row |= {"rtol": 1e-6, "error": 3e-7, "ms_per_subject": summary(ms),
                "cpu_ms_per_subject": summary(ms), "solved": 8,
                "first_answer_s": 1.0, "megabytes": 100.0}  # fmt: skip
    return row


DOCUMENT = {
    "accuracy": 1e-6,
    "machine": {"processor": "one", "cores": 2, "python": "3.11", "versions": {"numba": "1"}},
    "rows": [
        {"number": 2, "title": "stiff", "subjects": 10, "oihsim": contender("oihsim", [], "stuck"),
         "rivals": [contender("a rival", [4.0, 5.0])], "best_rival": "a rival",
         "times_as_fast": None, "commit": "abc"},
        {"number": 1, "title": "population", "subjects": 1000, "commit": "abc",
         "oihsim": contender("oihsim, one thread", [0.2, 0.3, 0.25]),
         "rivals": [contender("heyoka, batch of 8", [0.5, 0.6, 0.55])],
         "best_rival": "heyoka, batch of 8", "times_as_fast": summary([2.2]),
         "times_as_fast_cpu": summary([2.1]), "times_as_fast_least": 2.0},
        {"number": 7, "title": "first compile, s", "seconds": summary([9.0]), "commit": "abc",
         "load_average": {"before": [0.25, 0.5, 0.5], "after": [1.0, 0.5, 0.5]}},
    ],
}  # fmt: skip


def test_the_block_holds_every_row_in_order():
    text = readme_block.block(DOCUMENT)
    assert text.startswith(readme_block.BEGIN)
    assert text.endswith(readme_block.END)
    table = [line for line in text.splitlines() if line.startswith("| ")]
    assert "population (1000 subjects)" in table[1]
    assert "0.250 (0.200-0.300) ms, error 3e-07" in table[1]
    assert "heyoka, batch of 8: 0.550" in table[1]
    assert table[1].endswith("| 2.10 (2.10-2.10) | 2.00 |")
    assert table[2].endswith("| - | - |")
    assert "not measured: stuck" in table[2]
    assert "- population: 2.00 times as fast as heyoka, batch of 8." in text
    assert "- first compile, s: 9.00 (9.00-9.00)." in text
    assert "Measured on one, 2 cores" in text
    assert "commit abc; load average at most 0.2 before a row." in text
    assert "busy" not in text


def test_the_block_says_that_the_machine_was_busy():
    busy = [{**row, "load_average": {"before": [2.5, 1.0, 1.0]}} for row in DOCUMENT["rows"]]
    assert "busy with other work" in readme_block.block({**DOCUMENT, "rows": busy})


def test_the_block_says_which_rows_another_processor_measured():
    first, *others = DOCUMENT["rows"]
    text = readme_block.block({**DOCUMENT, "rows": [{**first, "processor": "another"}, *others]})
    assert "Measured on one (rows 1, 7) and another (row 2), 2 cores" in text


def test_the_printed_table_says_why_somebody_is_out():
    text = "\n".join(target_table.lines(DOCUMENT["rows"]))
    assert "out: stuck" in text
    assert "2.20 (2.20-2.20) times as fast as heyoka, batch of 8" in text


def test_a_row_that_fails_does_not_cost_the_others(monkeypatch):
    def broken(effort):
        raise ValueError("no cores today")

    monkeypatch.setattr(target_table, "two_cores", broken)
    (row,) = target_table.measured([5], target_table.QUICK)
    assert row["reason"] == "ValueError: no cores today"
    assert set(row["load_average"]) == {"before", "after"}


def test_the_claims_of_the_readme_are_the_stored_results():
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme_block.placed(page, readme_block.stored_block()) == page


def test_stored_results_name_machine_and_commit():
    for path in RESULTS.glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        rows = document.get("rows", [])
        assert "processor" in document["machine"], path.name
        assert "commit" in document or all("commit" in row for row in rows), path.name


@pytest.mark.slow
def test_the_example_of_the_page_runs_and_is_ten_lines(capsys):
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    exec(compile(code, "docs/benchmarks.md", "exec"), {})
    custom, engine = capsys.readouterr().out.strip().splitlines()
    assert custom.startswith("your method")
    assert engine.startswith("oihsim")
    # an error that RK45 can have, and one that the engine must not
    assert 1e-7 < float(re.search(r"error (\S+),", custom)[1]) < 0.1
    assert float(re.search(r"error (\S+),", engine)[1]) < 1e-5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["guess"], "found 'guess'"),
        (["throughput", "--row", "2"], "with table"),
    ],
)  # fmt: skip
def test_the_command_refuses_what_it_does_not_know(call_oihsim, words, said):
    code, _, errors = call_oihsim("bench", *words)
    assert code == 2
    assert said in errors


def test_the_command_says_where_the_benchmarks_are(call_oihsim, monkeypatch):
    monkeypatch.setattr(bench_command, "repository", lambda: None)
    code, _, errors = call_oihsim("bench")
    assert code == 2
    assert "source repository" in errors


def test_the_command_runs_a_process_for_each_benchmark(call_oihsim, monkeypatch):
    ran = []

    class Done:
        returncode = 0

    def run(words, **_):
        ran.append(words[2:])
        return Done

    monkeypatch.setattr(bench_command.subprocess, "run", run)
    code, out, _ = call_oihsim("bench", "all", "--quick")
    assert code == 0
    assert "not for dosing" in out
    assert ran == [
        ["benchmarks.target_table", "--quick"],
        ["benchmarks.work_precision", "--quick"],
        ["benchmarks.throughput", "--quick"],
        ["benchmarks.cold_start", "--repetitions", "1", "--quick"],
    ]
    Done.returncode = 1
    code, _, errors = call_oihsim("bench", "table", "--row", "1", "--row", "4")
    assert ran[-1] == ["benchmarks.target_table", "--rows", "1", "4"]
    assert code == 1
    assert "table" in errors


def test_a_contender_has_the_same_mark_in_every_panel():
    curves = json.loads((RESULTS / "work_precision.json").read_text(encoding="utf-8"))["curves"]
    signs = marks([curve["contender"] for curve in curves])
    by_tool = {}
    for name, mark in signs.items():
        by_tool.setdefault(name.split(",")[0], []).append(mark)
    assert all(len(set(those)) == len(those) for those in by_tool.values()), by_tool
    assert max(map(len, by_tool.values())) > 2
