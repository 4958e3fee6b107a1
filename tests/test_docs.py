"""README and tour are run; links lead somewhere; the table is what the command prints."""

import re
from pathlib import Path

import pytest
from slow_parameters import slow

import oihsim

ROOT = Path(__file__).parents[1]
RUN = ("tour", "sensitivity", "engine")
PAGES = [ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in RUN)]
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


def blocks(path, language):
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text("utf-8"), re.M | re.S)


LONG = ("tour.md", "sensitivity.md")
"""Pages whose blocks take more than a second or two."""


@pytest.mark.parametrize(
    "path",
    [slow(path) if path.name in LONG else path for path in PAGES],
    ids=lambda p: p.name,
)
def test_python_blocks_run(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space = {}
    for block in blocks(path, "python"):
        exec(compile(block, path.name, "exec"), space)


def test_the_scenario_of_the_readme_is_right(tmp_path):
    file = tmp_path / "readme.yaml"
    file.write_text(blocks(ROOT / "README.md", "yaml")[0])
    small = oihsim.load(file).change({"population.count": 2})
    assert dict(oihsim.simulate(small).sizes)["scenario"] == 3


def test_the_first_two_shell_blocks_are_one_line_each():
    first, second = blocks(ROOT / "README.md", "bash")[:2]
    assert first.count("\n") == second.count("\n") == 1
    assert "oihsim compare" in first
    assert "pytest" in second


@pytest.mark.slow
def test_the_table_of_the_readme_is_what_the_command_prints():
    ds = oihsim.simulate("flagship")
    printed = oihsim.format_table(oihsim.endpoint_table(ds)).splitlines()
    stored = blocks(ROOT / "README.md", "text")[0].splitlines()
    assert len(stored) == len(printed) + 1  # and the files written
    for ours, theirs in zip(stored, printed, strict=False):
        assert NUMBER.sub("#", ours).split() == NUMBER.sub("#", theirs).split()
        # the last figure may round the other way on another processor
        for a, b in zip(NUMBER.findall(ours), NUMBER.findall(theirs), strict=True):
            last = 10.0 ** -len(a.partition(".")[2])
            assert abs(float(a) - float(b)) <= 1.01 * last


@pytest.mark.parametrize(
    "path", [*PAGES, *sorted((ROOT / "docs").glob("*.md"))], ids=lambda p: p.name
)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), target


CAUTIOUS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *(ROOT / name / "README.md" for name in ("scenarios", "benchmarks")),
    *sorted((ROOT / "docs").glob("*.md")),
]


@pytest.mark.parametrize("path", CAUTIOUS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_pages_carry_the_caution(path):
    text = " ".join(path.read_text("utf-8").replace("*", "").split())
    assert oihsim.CAUTION.rstrip(".").removeprefix("A ") in text
