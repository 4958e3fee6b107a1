"""The page on regimens: its examples are read as it says, its table is the one in use."""

import re
from pathlib import Path

from oihsim.files.yaml import parse_yaml
from oihsim.scenario import parse
from oihsim.treatment.arm import SELF_TAKEN
from oihsim.treatment.regimens.equivalents import conversion_table
from oihsim.treatment.regimens.regimen_reading import read_line
from oihsim.treatment.vocabulary import SHIPPED

PAGE = (Path(__file__).parents[3] / "docs" / "regimens.md").read_text("utf-8")


def test_the_examples_are_read_as_the_page_says():
    rows = re.findall(r"^\| `(.+)` \| `(.+)` \|$", PAGE, re.M)
    assert len(rows) == 13
    for written, canonical in rows:
        assert str(read_line(written, SHIPPED).line) == canonical


def test_the_example_of_adherence_is_read_as_it_says():
    (text,) = re.findall(r"^```yaml\n(.+?)^```$", PAGE, re.M | re.S)
    scenario = parse(parse_yaml(text, "page"))
    written = {"missed": 0.1, "again": 0.4, "sd": 1.0, "late_h": 0.5, "late_cv": 0.8}
    resolved = vars(scenario.arms["as_people_do"].adherence)
    assert written.items() <= resolved.items()
    assert set(resolved["routes"]) == set(SELF_TAKEN)
    assert all(route in PAGE for route in SELF_TAKEN)
    assert scenario.arms["every_dose"].adherence is None


def test_the_factors_are_those_in_use():
    rows = re.findall(r"^\| (\w+)(?:, .+)? \| ([\d.]+) \|$", PAGE, re.M)
    used = {drug: float(row["factor"]) for drug, row in conversion_table()["factors"].items()}
    assert {drug: float(factor) for drug, factor in rows} == used
