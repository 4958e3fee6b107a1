"""Regimen lines wherever doses stand: the same courses as with keys, errors by file and word."""

import copy

import pytest

from oihsim.files.errors import InputError
from oihsim.files.yaml import Document, parse_yaml, read_yaml
from oihsim.scenario import Scenario, load, parse
from oihsim.scenario.population_file import parse_population
from oihsim.treatment.arm import Course

LINES = """schema: oihsim-scenario/1
question: Do lines read like keys?
duration: 60 d
population: {of: chronic_pain, count: 10}
history: {duration: 30 d, doses: morphine 60 mg ER PO q12h}
arms:
  a:
    doses:
      - morphine 30 mg PO q12h x 20.1 d, then 0.3 mg/kg q8h
      - ketamine 0.5 mg/kg IV over 30 min from day 5, then 0.1 mg/kg/h x 5 d
      - {drug: naloxone, route: iv, amount: 2 mg, from: 7 d}
      - physical_therapy 1 session weekly x 4 doses
  b:
    based_on: a
    add: fentanyl 25 mcg/h TD q72h, then 50 mcg/h from day 30
"""
KEYS = """schema: oihsim-scenario/1
question: Do lines read like keys?
duration: 60 d
population: {of: chronic_pain, count: 10}
history:
  duration: 30 d
  doses: [{drug: morphine, route: oral_er, amount: 60 mg, every: 12 h, until: 30 d}]
arms:
  a:
    doses:
      - {drug: morphine, route: oral, amount: 30 mg, every: 12 h, from: 0 d, until: 20.1 d}
      - {drug: morphine, route: oral, amount: 0.3 mg/kg, every: 8 h, from: 20.1 d, until: 60 d}
      - {drug: ketamine, route: iv, amount: 0.5 mg/kg, over: 30 min, from: 5 d}
      - {drug: ketamine, route: iv, rate: 0.1 mg/kg/h, from: 120.5 h, until: 240.5 h}
      - {drug: naloxone, route: iv, amount: 2 mg, from: 7 d}
      - {drug: physical_therapy, route: session, amount: 1 session, every: 7 d, times: 4}
  b:
    based_on: a
    add:
      - {drug: fentanyl, route: transdermal, rate: 25 mcg/h, from: 0 d, until: 30 d}
      - {drug: fentanyl, route: transdermal, rate: 50 mcg/h, from: 30 d, until: 60 d}
"""
POPULATION = """schema: oihsim-population/1
population: given
meaning: people with a past
covariates:
  WT: {unit: kg, typical: 70, distribution: lognormal, mean: 70, sd: 10, evidence: assumed}
history:
  duration: 30 d
  evidence: assumed
  note: invented
  doses:
"""


def test_lines_and_keys_make_the_same_scenario():
    lines, keys = parse(parse_yaml(LINES, "a.yaml")), parse(parse_yaml(KEYS, "b.yaml"))
    assert lines.resolved == keys.resolved
    assert lines.scenario_hash == keys.scenario_hash
    assert lines.arms == keys.arms
    assert lines.explain() == keys.explain()


def test_another_line_is_another_scenario():
    other = LINES.replace("30 mg PO", "31 mg PO")
    assert (
        parse(parse_yaml(LINES, "a")).scenario_hash != parse(parse_yaml(other, "a")).scenario_hash
    )


def test_the_document_does_not_change():
    document = parse_yaml(LINES, "a.yaml")
    before = copy.deepcopy(document.data)
    parse(document)
    assert document.data == before


def test_a_scenario_of_lines_survives_storage_and_changes():
    scenario = parse(parse_yaml(LINES, "a.yaml"))
    assert Scenario.from_resolved(scenario.resolved).scenario_hash == scenario.scenario_hash
    more = scenario.change({"arms.c": {"doses": "morphine 10 mg IV q4h"}})
    assert [course.number for course in more.arms["c"].courses if course.route == "iv"] == [360]
    with pytest.raises(InputError, match=r"arms\.c\.doses: found '10 mgg' at column 10"):
        scenario.change({"arms.c": {"doses": "morphine 10 mgg IV q4h"}})


@pytest.mark.parametrize("first", ["duration", "arms.c"])
def test_a_change_of_arm_and_duration_may_come_in_any_order(first):
    changes = {"duration": "3 d", "arms.c": {"doses": ["morphine 10 mg IV q4h"]}}
    changes["nmda.k_on"] = "1 1/h"
    changes = {first: changes[first], **changes}
    short = parse(parse_yaml(LINES, "a.yaml")).change(changes)
    assert [course.number for course in short.arms["c"].courses if course.route == "iv"] == [18]
    assert [arm.parameters for arm in short.arms.values()] == [{"nmda.k_on": 1.0}] * 3


def test_flaws_of_lines_and_keys_are_reported_together_each_with_its_line():
    text = LINES.replace("30 mg PO q12h", "30 mgg PO q12h").replace("amount: 2 mg", "amount: 2")
    text = text.replace("25 mcg/h TD", "25 mcg/h PO").replace("4 doses", "40 doses")
    with pytest.raises(InputError) as caught:
        parse(parse_yaml(text, "a.yaml"))
    places = [(problem.line, problem.field) for problem in caught.value.problems]
    assert places == [
        (9, "arms.a.doses[0]"),
        (11, "arms.a.doses[2].amount"),
        (12, "arms.a.doses[3]"),
        (15, "arms.b.add"),
    ]


def test_a_period_without_a_length_is_reported_once():
    text = LINES.replace("duration: 60 d", "duration: soon")
    with pytest.raises(InputError) as caught:
        parse(parse_yaml(text, "a.yaml"))
    assert [problem.field for problem in caught.value.problems] == ["duration"]


def test_too_many_doses_of_lines_are_refused():
    data = parse_yaml(LINES, "a.yaml").data
    data["arms"]["a"]["doses"] = ["morphine 1 mg IV q1min"] * 2
    with pytest.raises(InputError, match="172800 doses; allowed: at most 100000"):
        parse(Document("a.yaml", data))


def test_the_past_of_a_population_may_be_a_line():
    keys = "    - {drug: morphine, route: oral_er, amount: 60 mg, every: 12 h, until: 30 d,"
    keys += " evidence: assumed, note: invented}\n"
    line = "    - morphine 60 mg ER PO q12h\n"
    graded = "    - {regimen: morphine 60 mg ER PO q12h, evidence: assumed, note: invented}\n"
    as_text = POPULATION.replace("  doses:\n", "  doses: morphine 60 mg ER PO q12h\n")
    texts = [POPULATION + keys, POPULATION + line, POPULATION + graded, as_text]
    parts = [parse_population(parse_yaml(text, "given.yaml")) for text in texts]
    assert parts[0]["history"].courses == (
        Course(0.0, "morphine", "oral_er", 60.0, number=60, every_h=12.0),
    )
    for parsed in parts[1:]:
        assert parsed["history"] == parts[0]["history"]
        assert parsed["pedigree"] == parts[0]["pedigree"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("- morphine 60 mgg ER PO q12h", r"history\.doses\[0\]: found '60 mgg' at column 10"),
        ("- {regimen: morphine 60 mg, evidence: assumed}", r"doses\[0\]\.regimen: found no route"),
        ("- {regimen: morphine 60 mg PO q12h}", r"doses\[0\]\.regimen: found nothing"),
        ("- {regimen: morphine 60 mg PO, every: 12 h, evidence: assumed}", "beside a regimen line"),
        ("- {regimen: 3, evidence: assumed}", r"a key 'regimen'"),
    ],
)
def test_a_flaw_in_the_line_of_a_past_is_refused(line, message):
    with pytest.raises(InputError, match=message) as caught:
        parse_population(parse_yaml(f"{POPULATION}    {line}\n", "given.yaml"))
    assert {problem.line for problem in caught.value.problems} == {11}


def test_shipped_scenarios_that_use_lines_are_what_they_were():
    text = read_yaml("scenarios/fentanyl_patch.yaml").data["arms"]["raised_to_150"]["doses"]
    assert all(isinstance(line, str) for line in text)
    rates = [(25, 0, 15), (50, 15, 30), (100, 30, 45), (150, 45, 90)]
    doses = [
        {"drug": "fentanyl", "route": "transdermal", "rate": f"{rate} mcg/h",
         "from": f"{first} d", "until": f"{until} d"}
        for rate, first, until in rates
    ]  # fmt: skip
    scenario = load("fentanyl_patch")
    again = scenario.change({"arms.raised_to_150": {"doses": doses}})
    assert again.scenario_hash == scenario.scenario_hash
