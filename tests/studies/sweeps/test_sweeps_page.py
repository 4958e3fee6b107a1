"""The page on sweeps is run: its Python prints what it says, and its file is the shipped one."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from oihsim.files.yaml import parse_yaml, read_yaml
from oihsim.studies.sweeps.sweep_file import read_sweep

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "sweeps.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)


@pytest.mark.slow
def test_the_python_of_the_page_prints_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space, printed, compared = {}, "", 0
    for language, text in BLOCK.findall(PAGE):
        if language == "python":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(text, "sweeps.md", "exec"), space)
            printed = printed.getvalue()
        elif language == "text":
            lines = [line.rstrip() for line in text.splitlines()]
            assert [line.rstrip() for line in printed.splitlines()] == lines
            compared += 1
    assert compared == 4


def test_the_file_of_the_page_is_the_shipped_file():
    shown = next(text for language, text in BLOCK.findall(PAGE) if language == "yaml")
    shipped = read_yaml(ROOT / "sweeps" / "dose_and_nmda.yaml")
    assert parse_yaml(shown, "page").data == shipped.data


@pytest.mark.parametrize("file", sorted((ROOT / "sweeps").glob("*.yaml")), ids=lambda p: p.stem)
def test_shipped_sweeps_have_no_errors(file):
    sweep = read_sweep(file)
    assert sweep.total >= 800
    assert "not for dosing decisions" in file.read_text("utf-8").splitlines()[0]
