"""What conditions and noise may say: limits that meet, the scale of pain, units, percentages."""

import pytest
from test_written_rules import RAISE, block, problems, scenario


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        (["time >= 0.3 h", "time <= 0.3 h"], True),
        (["time > 0.3 h", "time <= 0.3 h"], False),
        (["time >= 0.3 h", "time < 0.3 h"], False),
        (["time >= 0.3 h", "time > 0.3 h", "time <= 0.3 h"], False),
        (["time <= 0.3 h", "time < 0.3 h", "time >= 0.3 h"], False),
        (["time < 0.3 h", "time <= 0.4 h", "time >= 0.2 h"], True),
        (["pain > 5", "pain < 4"], False),
    ],
)
def test_only_limits_that_leave_nothing_are_refused(when, holds):
    rule = {**RAISE, "when": when}
    if holds:
        assert len(scenario(block(rule)).arms["a"].rules[0].rules[0].when) == len(when)
        return
    (problem,) = problems(block(rule))
    assert problem.allowed == "conditions that can hold together"


@pytest.mark.parametrize("limit", ["11", "-0.5", "10.01"])
def test_pain_is_compared_with_ratings_only(limit):
    (problem,) = problems(block({**RAISE, "when": f"pain > {limit}"}))
    assert problem.allowed == "a pain rating from 0 to 10"
    for rating in ("0", "10"):
        scenario(block({**RAISE, "when": f"pain >= {rating}"}))


@pytest.mark.parametrize("unit", ["cm**2", "cm^2", "cm²"])
def test_an_area_is_read_however_its_power_is_written(unit):
    rule = {**RAISE, "when": f"hyperalgesia_area_capsaicin > 20 {unit}"}
    (condition,) = scenario(block(rule)).arms["a"].rules[0].rules[0].when
    assert condition.value == 20.0


def test_only_the_noise_of_a_sensory_test_is_a_percentage():
    (problem,) = problems(block(RAISE, noise={"pain": "10 %"}))
    assert problem.allowed == "a value without a unit: the standard deviation, not a percentage"
    cold = {**RAISE, "when": "cold_pressor_tolerance < 20 s"}
    parsed = scenario(block(cold, noise={"cold_pressor_tolerance": "10 %"}))
    assert parsed.arms["a"].rules[0].noise == {"cold_pressor_tolerance": 0.1}


def test_a_condition_that_cannot_be_read_hides_no_noise_and_accuses_none():
    (problem,) = problems(block({**RAISE, "when": "pain much"}, noise={"pain": 0.8}))
    assert problem.field == "arms.a.rules[0].rules[0].when"


def test_a_rule_may_not_be_named_as_what_no_rule_changed():
    (problem,) = problems(block({**RAISE, "name": "start"}))
    assert "'start'" in problem.actual
    assert scenario(block({**RAISE, "name": "started"})).arms["a"].rules[0].rules[0].name


def test_rescue_consumption_tells_of_rules_that_give_rescue_doses():
    compare = {"reference": "a", "endpoints": ["rescue_consumption"]}
    (problem,) = problems(block(RAISE), compare=compare)
    assert problem.allowed == "an arm with rescue: {drug: ...}, or with a rule whose then is rescue"
