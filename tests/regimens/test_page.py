"""The page on regimens: its examples are read as it says, its table is the one in use."""

import re
from pathlib import Path

from oihsim.regimens.equivalents import conversion_table
from oihsim.regimens.reading import read_line
from oihsim.vocabulary import SHIPPED

PAGE = (Path(__file__).parents[2] / "docs" / "regimens.md").read_text("utf-8")


def test_the_examples_are_read_as_the_page_says():
    rows = re.findall(r"^\| `(.+)` \| `(.+)` \|$", PAGE, re.M)
    assert len(rows) == 10
    for written, canonical in rows:
        assert str(read_line(written, SHIPPED).line) == canonical


def test_the_factors_are_those_in_use():
    rows = re.findall(r"^\| (\w+)(?:, .+)? \| ([\d.]+) \|$", PAGE, re.M)
    used = {drug: float(row["factor"]) for drug, row in conversion_table()["factors"].items()}
    assert {drug: float(factor) for drug, factor in rows} == used
