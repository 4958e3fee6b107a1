"""Rules that read a change from the subject's own baseline, or a mean over days."""

import numpy as np
import pytest

import oihsim
from oihsim.files.errors import InputError
from oihsim.files.yaml import parse_yaml
from oihsim.scenario import Scenario, parse

TEXT = """schema: oihsim-scenario/1
question: Does a rule read the course of what it observed?
duration: 20 d
output_every: 1 d
population: {of: chronic_pain, count: 6, seed: 4}
arms:
  diary:
    doses: []
    rules:
      - name: first
        line: {drug: morphine, route: oral_er, amount: 15 mg, every: 12 h, from: 1 d}
        visits: {every: 1 d, from: 0 d}
        noise: {pain: 1}
        rules:
          - {name: fell, when: change of pain < -25 %, then: lower, by: 10 %}
          - {name: rose, when: change of pain >= 0.4, then: raise, by: 10 %}
          - {name: high, when: mean of pain over 3 d > 3.4, then: raise, by: 5 %}
      - name: second
        visits: {every: 36 h, from: 2 d}
        rules:
          - name: rescue
            when: [change of pain > 0.1, mean of pain over 100 h > 2.5]
            then: rescue
            give: {drug: morphine, route: oral, amount: 5 mg}
"""


def scenario(text=TEXT):
    return parse(parse_yaml(text, "diary.yaml"))


def with_condition(text):
    return TEXT.replace("change of pain >= 0.4", text)


@pytest.fixture(scope="module")
def decisions():
    ds = oihsim.simulate(scenario()).sel(scenario="diary").isel(draw=0)
    blocks = ds.decision_block.attrs["flag_meanings"].split()
    rules = ds.decision_rule.attrs["flag_meanings"].split()
    return ds, blocks, rules


def logged(decisions, subject, block):
    """Return times, observed pain and names of the rules that matched at one rule set."""
    ds, blocks, rules = decisions
    of_subject = ds.isel(id=subject)
    here = of_subject.decision_block.values == blocks.index(block)
    pain = of_subject.decision_observed.sel(observation=f"pain ({block})").values[here]
    matched = [rules[code] for code in of_subject.decision_rule.values[here]]
    return of_subject.decision_time.values[here], pain, [name.split("/")[-1] for name in matched]


def test_the_log_judged_again_gives_the_same_rules(decisions):
    """The readings by NumPy, from what the log says was observed."""
    seen = set()
    for subject in range(6):
        times, pain, matched = logged(decisions, subject, "first")
        assert len(times) == 20
        for k, name in enumerate(matched):
            last_days = pain[: k + 1][times[: k + 1] > times[k] - 72.0 + 1e-6]
            assert len(last_days) == min(k + 1, 3)
            expected = "none"
            if (pain[k] - pain[0]) / pain[0] < -0.25:
                expected = "fell"
            elif pain[k] - pain[0] >= 0.4:
                expected = "rose"
            elif last_days.mean() > 3.4:
                expected = "high"
            assert name == expected, (subject, k)
            seen.add(name)
    assert seen == {"fell", "rose", "high", "none"}


def test_each_rule_set_has_a_baseline_and_a_mean_of_its_own(decisions):
    rescues = 0
    for subject in range(6):
        times, pain, matched = logged(decisions, subject, "second")
        for k, name in enumerate(matched):
            mean = pain[: k + 1][times[: k + 1] > times[k] - 100.0 + 1e-6].mean()
            assert (name == "rescue") == (pain[k] - pain[0] > 0.1 and mean > 2.5)
            rescues += name == "rescue"
    assert 0 < rescues < 6 * 12


def test_the_resolved_form_is_read_back_and_written_as_it_was():
    first = scenario()
    again = Scenario.from_resolved(first.resolved)
    assert again.arms == first.arms
    conditions = [c for rule in first.arms["diary"].rules[0].rules for c in rule.when]
    assert [(c.of, c.value, c.over_h) for c in conditions] == [
        ("relative change", -0.25, 0.0), ("change", 0.4, 0.0), ("mean", 3.4, 72.0),
    ]  # fmt: skip
    text = first.explain()
    for words in (
        "change of pain < -25 %", "change of pain >= 0.4", "mean of pain over 72 h (3 d) > 3.4",
        "change of pain > 0.1 and mean of pain over 100 h > 2.5",
    ):  # fmt: skip
        assert words in " ".join(text.split())


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("change of time > 3 h", "found 'change of time'; allowed: a change or a mean of what is"),
        ("mean of dose over 3 d > 3 mg", "found 'mean of dose'; allowed: a change or a mean"),
        ("change of pain > 11", "found 11 for change of pain; allowed: a change of a pain rating"),
        ("mean of pain over 3 d > 11", "found 11 for mean of pain; allowed: a pain rating from 0"),
        ("mean of pain over 3 mg > 4", "allowed: a mean over a time above 0"),
        ("mean of pain over -1 d > 4", "allowed: a mean over a time above 0"),
        ("mean of pain > 4", "allowed: a comparison such as"),
        ("change of pian > 2", "found no variable named 'pian'"),
        ("change of cold_pressor_tolerance > 2 mg", "'mg' cannot be converted to 's'"),
        ("'[x]'", "allowed: a comparison such as"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(condition, message):
    with pytest.raises(InputError) as caught:
        scenario(with_condition(condition))
    (problem,) = caught.value.problems
    assert str(problem).startswith("diary.yaml:16: arms.diary.rules[0].rules[1].when: ")
    assert message in str(problem)


def test_a_change_and_the_value_itself_are_two_things():
    assert scenario(with_condition("[pain > 4, change of pain < 2]"))
    with pytest.raises(InputError, match="change of pain above 3 and below 2"):
        scenario(with_condition("[change of pain > 3, change of pain < 2]"))


def test_a_baseline_of_zero_has_no_relative_change():
    """There is no morphine at the first decision point, and later there is."""
    text = with_condition("change of morphine_plasma_concentration > 1 %")
    ds = oihsim.simulate(scenario(text)).sel(scenario="diary").isel(draw=0)
    of_drug = [str(name) for name in ds.observation.values if "morphine" in str(name)]
    (observed,) = ds.decision_observed.sel(observation=of_drug).transpose("observation", ...).values
    assert np.nanmin(observed) == 0.0 < np.nanmax(observed)
    rose = ds.decision_rule.attrs["flag_meanings"].split().index("first/rose")
    assert not (ds.decision_rule.values == rose).any()
