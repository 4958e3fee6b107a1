"""The stored scoreboard is what the shipped studies and the shipped body give."""

import json

import pytest

import oihsim
from oihsim.engine.compiled_model import Model
from oihsim.evidence.scoreboard import STORED, lost, stored_verdicts
from oihsim.evidence.study import load_study, study_files

FIVE = ("comelon2016", "chu2012", "olesen2014", "huang2024", "hood2003")


def entries():
    return {
        f"{entry['study']}.{entry['finding']}": entry
        for entry in json.loads(STORED.read_text("utf-8"))["findings"]
    }


def agrees(rows):
    stored = entries()
    for row in rows:
        entry = stored[row.address]
        # verdicts at an edge may differ between processors, values may not by much
        slack = 0.05 * row.simulated.se + 1e-6
        assert row.simulated.value == pytest.approx(entry["simulated"]["value"], abs=slack)
    assert lost(rows, stored_verdicts()) == []


def test_it_has_every_finding_of_every_study_and_no_other():
    wanted = {
        f"{name}.{finding}" for name in study_files() for finding in load_study(name).findings
    }
    assert set(stored_verdicts()) == wanted


def test_few_studies_cannot_be_simulated_and_each_says_why():
    reasons = json.loads(STORED.read_text("utf-8"))["not_simulated"]
    assert len(reasons) <= 5
    assert all(reasons.values())


def test_it_belongs_to_the_shipped_body():
    models = json.loads(STORED.read_text("utf-8"))["recipe"]["models"]
    assert set(models) == {Model.named().name}


def test_five_studies_give_what_is_stored():
    agrees(oihsim.validate(FIVE).rows)


@pytest.mark.slow
def test_every_study_gives_what_is_stored():
    rows = oihsim.validate().rows
    agrees(rows)
    assert {row.address: str(row.judgement.verdict) for row in rows} == stored_verdicts()
