"""Oral morphine equivalents: a description with its table, and nothing where there is no factor."""

import pytest

import oihsim
from oihsim.scenario import load
from oihsim.treatment.arm import Course
from oihsim.treatment.regimens.equivalents import (
    DESCRIPTIVE,
    conversion_table,
    equivalents,
    factor,
    in_words,
)
from oihsim.treatment.vocabulary import SHIPPED


def a_day(line, duration=None):
    return oihsim.regimen(line, duration=duration).oral_morphine_equivalents.a_day


@pytest.mark.parametrize(
    ("line", "mg"),
    [
        # the two worked examples of the guideline, and its rate of a patch
        ("oxycodone 10 mg ER PO q12h x 2 d", 30.0),
        ("morphine 30 mg PO q12h x 2 d", 60.0),
        ("fentanyl 25 mcg/h TD q72h x 6 d", 60.0),
        ("methadone 10 mg PO q8h x 2 d", 141.0),
        ("codeine 60 mg PO q6h x 2 d", 36.0),
        ("hydromorphone 4 mg PO q6h x 2 d", 80.0),
        ("morphine-oosten2017 30 mg PO q12h x 2 d", 60.0),
    ],
)
def test_the_number_of_a_day_is_the_dose_times_its_factor(line, mg):
    assert a_day(line) == pytest.approx([mg] * len(a_day(line)), rel=1e-12)


def test_each_day_has_the_doses_of_that_day():
    assert a_day(
        "morphine 30 mg PO q12h x 2 d, then 45 mg x 1 d, then pause 1 d, then 5 mg once"
    ) == (pytest.approx([60.0, 60.0, 90.0, 0.0, 5.0]))
    assert a_day("morphine 10 mg PO q12h from 18 h x 1 d", "3 d") == pytest.approx([10, 10, 0])


def test_a_patch_counts_where_it_is_worn():
    # 25 mcg/h for 36 h from 12 h on: half a day, a day
    assert a_day("fentanyl 25 mcg/h TD from 12 h x 36 h", "3 d") == pytest.approx([30.0, 60.0, 0.0])


def test_the_sum_of_the_days_is_the_sum_of_the_doses():
    courses = (
        Course(-30.0, "morphine", "oral", 10.0, number=100, every_h=7.0),
        Course(3.3, "fentanyl", "transdermal", 1.8, duration_h=71.0),
    )
    daily = equivalents(courses, 240.0, SHIPPED.opioid)
    inside = sum(0.0 <= -30.0 + 7.0 * k < 240.0 for k in range(100))
    assert len(daily.a_day) == 10
    assert sum(daily.a_day) == pytest.approx(10.0 * inside + 100.0 * 1.8)


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("buprenorphine 16 mg SL daily x 3 d", "buprenorphine sublingual"),
        ("morphine 5 mg IV q4h x 1 d", "morphine iv"),
        ("morphine 0.3 mg/kg PO q4h x 1 d", "morphine per kg of body weight"),
        ("morphine 30 mg PO q12h x 3 d, then fentanyl 100 mcg IV", "fentanyl iv"),
    ],
)
def test_without_a_factor_there_is_no_number(line, missing):
    daily = oihsim.regimen(line).oral_morphine_equivalents
    assert daily.a_day == ()
    assert missing in daily.missing
    assert f"not given (no factor for {missing})" in in_words(daily)


def test_what_is_no_opioid_has_no_equivalents():
    assert oihsim.regimen("ketamine 20 mg IV").oral_morphine_equivalents is None
    assert oihsim.regimen("naloxone 2 mg IV").oral_morphine_equivalents is None
    assert "morphine equivalents" not in oihsim.regimen("ketamine 20 mg IV").table()


def test_the_table_has_its_source_and_routes_that_exist():
    table = conversion_table()
    assert (table["source"], table["evidence"]) == ("dowell2022", "derived")
    for drug, row in table["factors"].items():
        assert row["factor"] > 0.0
        if drug in SHIPPED.drugs:
            assert set(row["routes"]) <= set(SHIPPED.routes(drug))
    assert factor("remifentanil", "iv") is None


def test_the_explanation_says_that_the_number_only_describes():
    text = load("flagship").explain()
    assert "equivalents per day: 60 mg on the first, 600 mg on the last, at most 600 mg" in text
    assert DESCRIPTIVE in " ".join(text.split())
    assert "never for converting" in DESCRIPTIVE
    assert "tolerance" in DESCRIPTIVE
