"""The command ``oihsim regimen``."""

import json
from functools import partial

import pytest

from oihsim.files.caution import CAUTION


@pytest.fixture
def command(call_oihsim):
    """Run ``oihsim regimen``."""
    return partial(call_oihsim, "regimen")


def test_it_prints_the_canonical_line_and_every_dose(command):
    code, out, err = command(
        "methadone 40 mg PO daily, taper 50 % every 7 d until 10 mg, then stop"
    )
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == (
        "methadone 40 mg oral daily, taper 50 % of the first dose every 7 d until 10 mg, then stop"
    )
    assert [line.split()[2] for line in lines[3:6]] == ["40", "20", "10"]
    assert "oral morphine equivalents per day: 188 mg on the first, 47 mg on the last" in out
    assert CAUTION in out


def test_it_prints_json(command):
    code, out, _ = command("fentanyl 25 mcg/h TD q72h", "--duration", "30 d", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["regimen"] == "fentanyl 25 mcg/h transdermal q72h"
    assert found["courses"][0]["amount"] == 18.0
    assert found["oral_morphine_equivalents"]["mg_a_day"] == pytest.approx([60.0] * 30)
    assert found["caution"] == CAUTION


def test_a_line_without_an_end_is_open_ended(command):
    code, out, err = command("fentanyl 25 mcg/h TD q72h")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "fentanyl 25 mcg/h transdermal q72h"
    assert "open-ended: shown until 672 h (28 d)" in out
    assert "--duration '90 d'" in out
    assert "oral morphine equivalents per day: 60 mg" in out
    found = json.loads(command("fentanyl 25 mcg/h TD q72h", "--json")[1])
    assert (found["open_ended"], found["courses"], found["doses"]) == (True, None, None)
    assert found["oral_morphine_equivalents"]["mg_a_day"] == pytest.approx([60.0] * 28)
    code, out, _ = command("fentanyl 25 mcg/h TD q72h", "--duration", "90 d")
    assert code == 0
    assert "open-ended" not in out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["morphine 30 mgg PO q12h x 3 d"], "         ^^^^^^\nregimen: column 10: found '30 mgg'"),
        (["morphine 30 mg PO q12h, then 45 mg"], "found no end before the next part"),
        (["morphine 30 mg PO q12h", "--duration", "soon"], "regimen: duration: found 'soon'"),
        (["morphine 30 mg\x1b[31m PO"], "regimen: column"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(command, args, said):
    code, out, err = command(*args)
    assert (code, out) == (2, "")
    assert said in err
    assert "\x1b" not in err
