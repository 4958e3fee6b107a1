"""Rules as written: what they resolve to, back again, changed, cut, and in words."""

import copy
import json
import random
from contextlib import suppress
from math import inf
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oihsim
from oihsim.files.errors import InputError
from oihsim.files.yaml import Document, parse_yaml, read_yaml
from oihsim.scenario import Scenario, load, parse
from oihsim.studies.washout import stopped
from oihsim.treatment.rule_sets import Condition, DoseLine, Rule
from oihsim.treatment.rules.conditions import condition, dose_change, in_unit, written_part

ALL_KINDS = Path(__file__).parents[2] / "scenario" / "files" / "valid" / "rules_of_every_kind.yaml"
LINE = {"drug": "morphine", "route": "oral", "amount": "30 mg", "every": "6 h"}
RAISE = {"when": "pain > 3", "then": "raise", "by": "50 %"}


def block(*rules, name="one", **fields):
    return {"name": name, "line": LINE, "visits": {"every": "1 d"}, "rules": list(rules), **fields}


def scenario(*blocks, **fields):
    arms = {"a": {"doses": [], "rules": list(blocks)}}
    return parse(Document("rules", {
        "schema": "oihsim-scenario/1", "question": "What do rules do?", "duration": "10 d",
        "output_every": "6 h", "population": {"of": "chronic_pain", "count": 2}, "arms": arms,
        **fields,
    }))  # fmt: skip


def problems(*blocks, **fields):
    with pytest.raises(InputError) as caught:
        scenario(*blocks, **fields)
    return caught.value.problems


def test_a_block_is_what_the_file_says():
    opioid, asks, therapist = load(ALL_KINDS).arms["every"].rules
    assert opioid.decision_points == tuple(168.0 * k for k in range(1, 8))
    assert opioid.line == DoseLine(
        "morphine", "oral_er", 30.0, every_h=12.0, from_h=24.0, until_h=1200.0,
        ladder=(15.0, 30.0, 60.0, 100.0, 200.0), low=15.0, high=200.0,
        largest=1.0, largest_is_part=True, per_h=168.0,
    )  # fmt: skip
    assert opioid.noise == {
        "pain": 0.8, "cold_pressor_tolerance": 0.1, "morphine_plasma_concentration": 5.0,
    }  # fmt: skip
    assert opioid.rules[0] == Rule(
        "switch", "switch", (Condition("dose", ">=", 200.0),), confirm=2,
        line=DoseLine("methadone", "oral", 0.0, ratio=0.1, every_h=8.0, after_h=12.0,
                  ladder=(5.0, 10.0, 20.0), low=5.0, high=20.0),
    )  # fmt: skip
    assert opioid.rules[1] == Rule(
        "up", "raise", (Condition("pain", ">", 5.0), Condition("time", ">=", 336.0)),
        by=1.0, by_kind="steps", lock_out_h=336.0,
    )  # fmt: skip
    assert (opioid.rules[2].by_kind, opioid.rules[2].by) == ("amount", 15.0)
    assert (opioid.rules[2].most, opioid.rules[2].per_h) == (2, 672.0)
    assert opioid.rules[3].when == (Condition("cyclic_amp_excess", ">=", 0.2),)
    assert opioid.rules[4].when == (Condition("morphine_plasma_concentration", ">", 500.0),)
    assert [rule.for_h for rule in opioid.rules[4:6]] == [48.0, inf]
    assert (opioid.rules[-1].when, opioid.rules[-1].by) == ((), 0.125)
    assert asks.decision_points == (0.0, 1.5, 48.0)
    assert [rule.name for rule in asks.rules] == ["hold", "rescue", "rescue-2", "rescue-3"]
    infused = asks.rules[1].line
    assert infused == DoseLine("morphine", "iv", 0.02, per_kg=True, duration_h=5 / 60)
    assert therapist.line == DoseLine(
        "physical_therapy", "session", 1.0, unit="session", every_h=168.0, until_h=1008.0, high=2.0
    )


def test_a_patch_in_words_is_worn_for_its_interval():
    (_, patch) = load(ALL_KINDS).arms["patch"].rules
    assert patch.line.duration_h == patch.line.every_h == 72.0
    assert patch.line.amount == pytest.approx(1.8, rel=1e-15)


def test_words_and_keys_are_the_same_scenario():
    keys = {**LINE, "from": "1 d", "until": "8 d"}
    words = {"regimen": "morphine 30 mg PO q6h from day 1 x 7 d"}
    by_keys, other = (scenario(block(RAISE, line=line)) for line in (keys, words))
    assert by_keys.scenario_hash == other.scenario_hash


def test_an_arm_has_the_rules_of_its_base_unless_it_names_others():
    arms = load(ALL_KINDS).arms
    assert [rule_set.name for rule_set in arms["patch"].rules] == ["rescue", "patch"]
    assert arms["inherits"].rules == arms["patch"].rules
    assert arms["none"].rules == ()
    assert arms["every"].drugs == (
        "gabapentin", "hydromorphone", "ketamine", "methadone", "morphine",
        "physical_therapy",
    )  # fmt: skip
    assert arms["every"].routes("morphine") == {"oral_er", "iv"}


def test_without_rules_a_scenario_keeps_its_hash():
    assert "rules" not in load("flagship").resolved["arms"]["stable"]
    assert "rules" not in load(ALL_KINDS).resolved["arms"]["none"]


PARTS = st.floats(min_value=1e-6, max_value=100.0)


@given(PARTS)
def test_a_part_is_written_to_the_last_bit(part):
    assert dose_change(written_part(part)).value == part


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.none(), st.booleans()))
def test_texts_are_read_or_refused(text):
    for reader in (condition, dose_change, lambda value: in_unit(value, "mg/kg")):
        with suppress(ValueError):
            reader(text)


@pytest.mark.parametrize("text", ["pain>5", " pain > 5 ", "pain ≥ 5", "pain <= -1e3"])
def test_a_comparison_may_have_any_spacing(text):
    assert condition(text).reads == "pain"


def random_blocks(chance):
    """Return blocks with numbers of many digits, as files may have them."""

    def amount(low=1.0):
        return f"{low + 40.0 * chance.random()!r} mg"

    def time():
        return f"{0.5 + 30.0 * chance.random()!r} h"

    limits = [
        {},
        {"largest_change": {"by": written_part(0.01 + chance.random()), "per": time()}},
        {"bounds": ["0 mg", "1 g"], "largest_change": {"by": amount(), "per": time()}},
    ]
    line = {**LINE, "amount": amount(), "every": time(), **chance.choice(limits)}
    when = [f"pain > {chance.random()!r}", f"time >= {chance.random()!r} weeks",
            f"dose < {chance.random()!r} g", f"cold_pressor_tolerance < {chance.random()!r} min",
            f"morphine_effect_site_concentration > {chance.random()!r} uM"]  # fmt: skip
    rules = [
        {"when": chance.sample(when, 2), "then": "raise",
         "by": written_part(chance.random() + 0.1)},
        {"when": when[0], "then": "lower", "by": amount(0.1), "lock_out": time()},
        {"when": when[1], "then": "pause", "for": time(), "confirm": chance.randint(1, 9)},
        {"when": when[3], "then": "switch", "to": {
            "drug": "methadone", "route": "oral", "ratio": chance.random() + 0.1, "every": time(),
            "after": time()}},
        {"when": when[4], "then": "rescue", "at_most": {"times": 3, "per": time()},
         "give": {"drug": "morphine", "route": "iv", "amount": amount(), "over": time()}},
    ]  # fmt: skip
    chance.shuffle(rules)
    return block(*rules, line=line, visits={"every": time(), "from": time()})


@pytest.mark.parametrize("seed", range(20))
def test_resolved_and_written_and_resolved_is_the_same_to_the_last_bit(seed):
    first = scenario(random_blocks(random.Random(seed)))
    again = Scenario.from_resolved(json.loads(json.dumps(first.resolved, allow_nan=False)))
    assert again.resolved == first.resolved
    assert again.arms == first.arms
    assert first.change({"population.seed": 7}).arms == first.arms


def test_all_numbers_are_in_the_explanation():
    text = load(ALL_KINDS).explain()
    for words in (
        "rules opioid: 7 decision points from 168 h (7 d) to 1176 h (49 d), every 168 h (7 d)",
        "line: morphine oral_er 30 mg every 12 h from 24 h (1 d) to 1200 h (50 d)",
        "of 15, 30, 60, 100, 200 mg; 15 to 200 mg; no more than 100 % up or down in 168 h (7 d)",
        "1. switch: dose >= 200 mg, at 2 decision points in a row: "
        "switch to methadone oral 0.1 times",
        "2. up: pain > 5 and time >= 336 h (14 d): raise the dose by 1 step of the ladder; "
        "not again for 336 h (14 d)",
        "at most 2 times in 672 h (28 d)",
        "5. pause: morphine_plasma_concentration > 500 nmol/L: pause, for 48 h (2 d)",
        "9. lower: always: lower the dose by 12.5 %",
        "rescue dose: morphine iv 0.02 mg/kg over",
        "a rule may raise an opioid",
    ):
        assert words in text, words


def test_a_change_may_bring_other_rules():
    first = scenario(block(RAISE))
    lower = block({"then": "lower", "by": "10 %"}, name="taper")
    other = first.change({"arms.b": {"based_on": "a", "rules": [lower]}})
    assert [part.name for part in other.arms["a"].rules] == ["one"]
    assert [part.name for part in other.arms["b"].rules] == ["taper"]
    assert first.change({"arms.b": {"based_on": "a", "rules": []}}).arms["b"].rules == ()


CUT = [
    block(RAISE, {"when": "pain < 3", "then": "lower", "by": "20 %"}, visits={"every": "2 d"}),
    block({"when": "pain > 3", "then": "rescue", "give": {"regimen": "morphine 2 mg IV"}},
          name="asks", line={**LINE, "amount": "5 mg", "from": "5 d", "every": "24 h"},
          visits={"at": ["3 h", "40 h", "6 d"]}),
    block(RAISE, name="late", line={**LINE, "amount": "2 mg"},
          visits={"every": "1 d", "from": "9 d"}),
]  # fmt: skip


@pytest.mark.parametrize("days", [9.5, 8.0, 5.5, 3.0, 1.0])
def test_a_shorter_run_is_the_beginning_of_the_longer(days):
    longer_scenario = scenario(*copy.deepcopy(CUT))
    cut = longer_scenario.change(duration=f"{days} d")
    longer, shorter = (oihsim.simulate(run) for run in (longer_scenario, cut))
    for name in ("pain", "morphine_cumulative_dose", "hyperalgesia_index"):
        until = longer[name].sel(time=shorter.time)
        np.testing.assert_allclose(shorter[name], until, rtol=1e-5, atol=1e-7)
    remaining = {part.name for part in cut.arms["a"].rules}
    assert remaining == {"one", "asks", "late"} - ({"late"} if days <= 9.0 else set())


def test_a_line_that_would_begin_after_the_end_leaves_only_rescue_doses():
    rules = [RAISE, {"when": "dose > 1 mg", "then": "hold"}, {"when": "pain < 1", "then": "hold"},
             {"when": "pain > 2", "then": "rescue",
              "give": {"regimen": "morphine 2 mg IV"}}]  # fmt: skip
    titrated = scenario(block(*rules, line={**LINE, "from": "5 d"}, noise={"pain": 0.5}))
    (rest,) = titrated.change(duration="4 d").arms["a"].rules
    assert rest.line is None
    assert [rule.action for rule in rest.rules] == ["hold", "rescue"]
    assert scenario(block(RAISE, line={**LINE, "from": "5 d"})).change(duration="4 d").arms[
        "a"
    ].rules == ()  # fmt: skip


def test_rules_end_where_a_washout_begins():
    washed = stopped(scenario(*copy.deepcopy(CUT)), 60.0, 48.0)
    first, asks = washed.arms["a"].rules
    assert first.decision_points == (0.0, 48.0)
    assert first.line.until_h == 60.0
    assert asks.line is None
    assert {(dose.amount, dose.time_h) for dose in washed.arms["a"].doses} == {
        (2.0, 6.0 * k) for k in range(10)
    }
    therapy = block({"when": "pain > 1", "then": "hold"}, name="therapy",
                    line={"regimen": "physical_therapy 1 session daily"})  # fmt: skip
    assert len(stopped(scenario(therapy), 60.0, 48.0).arms["a"].rules[0].decision_points) == 5
    patch = block(RAISE, line={"regimen": "fentanyl 25 mcg/h TD q72h"})
    with pytest.raises(InputError, match="rules on infusions or patches"):
        stopped(scenario(patch), 60.0, 48.0)


def test_all_flaws_are_reported_together_each_with_its_line():
    text = ALL_KINDS.read_text("utf-8")
    slips = {
        "pain > 5, time >= 2 weeks": "pain > 5, time >= 2 mg",
        "by: 1 step,": "by: 15 mg/kg,",
        "[15 mg, 200 mg]": "[200 mg, 15 mg]",
        "{at: [0 h, 90 min, 2 d]}": "{at: [0 h, 90 d]}",
        "{then: lower, by: 12.5 %}": "{then: lower, by: 0 %}",
        "give: {drug: hydromorphone": "give: {drug: hydromorfone",
    }
    for right, wrong in slips.items():
        assert text.count(right) == 1
        text = text.replace(right, wrong)
    with pytest.raises(InputError) as caught:
        parse(parse_yaml(text, "slips.yaml"))
    rows = text.splitlines()
    lines = {problem.line for problem in caught.value.problems}
    assert lines == {i for i, row in enumerate(rows, 1) if any(w in row for w in slips.values())}
    assert len(caught.value.problems) == len(slips)


@pytest.mark.parametrize(
    ("rules", "number"),
    [
        ([{"then": "hold"}, RAISE], 1),
        ([{"then": "lower", "by": "10 %", "lock_out": "1 d"}, RAISE], None),
        ([{"then": "lower", "by": "10 %", "confirm": 2}, RAISE], None),
        ([{"when": "pain > 9", "then": "pause"}, {"then": "lower", "by": "10 %"},
          {"then": "resume"}], None),
        ([{"when": "pain > 9", "then": "pause"}, {"then": "lower", "by": "10 %"},
          {"then": "resume"}, {"when": "pain > 1", "then": "stop"}], None),
        ([{"then": "stop"}, RAISE], 1),
        ([{"then": "stop"}, {"then": "rescue", "give": {"regimen": "morphine 1 mg IV"}}], None),
    ],
)  # fmt: skip
def test_a_rule_that_no_visit_reaches_is_refused(rules, number):
    if number is None:
        scenario(block(*rules))
    else:
        (problem,) = problems(block(*rules))
        assert problem.field == f"arms.a.rules[0].rules[{number}]"


def test_a_population_brings_drugs_that_rules_may_read():
    reads = block({"when": "R_methadone_plasma_concentration < 100 nM", "then": "hold"})
    assert problems(reads)[0].actual.endswith("of a drug that this arm does not give")
    theirs = {"of": "methadone_maintenance", "count": 1}
    assert scenario(reads, population=theirs).arms["a"].rules
    assert problems(reads, population={**theirs, "past": False})


def test_a_rescue_block_and_rules_of_its_name_do_not_meet():
    arms = {"a": {"doses": [], "rules": [block(RAISE, name="rescue")]},
            "b": {"based_on": "a", "rescue": {"drug": "morphine", "route": "iv", "amount": "1 mg",
                                              "when_pain_above": 4, "every": "1 h"}}}  # fmt: skip
    (problem,) = problems(arms=arms)
    assert (problem.field, problem.actual) == (
        "arms.b.rescue", "a rescue block beside rules named 'rescue'",
    )  # fmt: skip


def test_a_damaged_resolved_form_is_refused_in_words():
    chance = random.Random(4)
    resolved = load(ALL_KINDS).resolved

    def places(node):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield node, key
            if isinstance(value, dict | list):
                yield from places(value)

    ends = {"refused": 0, "read": 0}
    for _ in range(150):
        data = copy.deepcopy(resolved)
        parent, key = chance.choice(list(places(data["arms"]["every"]["rules"])))
        parent[key] = chance.choice([None, -1, 0, 1e308, inf, "x", [], {}, True, [[1]], "5 mg"])
        try:
            Scenario.from_resolved(data)
            ends["read"] += 1
        except InputError:
            ends["refused"] += 1
    assert min(ends.values()) > 10, ends


def test_the_file_of_all_kinds_has_all_keys_and_actions():
    written = read_yaml(ALL_KINDS).data
    text = json.dumps(written)
    for word in ("ladder", "bounds", "largest_change", "noise", "confirm", "lock_out", "at_most",
                 "for", "after", "ratio", "over", "at", "regimen", "raise", "lower", "hold",
                 "pause", "resume", "stop", "switch", "rescue"):  # fmt: skip
        assert f'"{word}"' in text, word
