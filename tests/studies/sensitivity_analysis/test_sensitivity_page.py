"""The table of the page is what the command prints."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "sensitivity.md"


@pytest.mark.slow
def test_the_table_of_the_page_is_what_its_command_prints(call_oihsim, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text("utf-8")
    (command,) = re.findall(r"^oihsim (sensitivity .*--against .*)$", text, re.M)
    stored = re.search(r"^```text\n(.*?)^```", text, re.M | re.S).group(1).splitlines()
    code, out, _ = call_oihsim(*command.split())
    assert code == 0
    assert (tmp_path / "tornado.nc").exists()
    assert (tmp_path / "tornado.png").exists()
    for ours, theirs in zip(stored, out.splitlines(), strict=False):
        for a, b in zip(ours.split(), theirs.split(), strict=True):
            # the last figure may round the other way on another processor
            assert a == b or float(a) == pytest.approx(float(b), rel=2e-3)
