"""The examples of the page on rules load, and do what they are there to show."""

import re
from pathlib import Path

import numpy as np
import pytest

import oihsim
from oihsim.files.yaml import parse_yaml
from oihsim.scenario import Scenario, parse
from oihsim.treatment.rule_sets import ACTIONS
from oihsim.treatment.rules.rule_form import LineForm, RuleForm, RuleSetForm, ToForm

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)
FIRST_ARM = ("asks", "visits", "button", "waits", "rotates", "trial")


def example(number):
    return parse(parse_yaml(EXAMPLES[number], f"example-{number}.yaml"))


@pytest.mark.parametrize("number", range(len(FIRST_ARM)), ids=FIRST_ARM)
def test_an_example_loads_and_reads_back(number):
    scenario = example(number)
    assert next(iter(scenario.arms)) == FIRST_ARM[number]
    assert len(scenario.arms[FIRST_ARM[number]].rules) == 1
    assert Scenario.from_resolved(scenario.resolved).arms == scenario.arms


def test_all_examples_are_tested():
    assert len(EXAMPLES) == len(FIRST_ARM)


def test_all_fields_and_actions_are_on_the_page():
    forms = (RuleSetForm, RuleForm, LineForm, ToForm)
    fields = {info.alias or name for form in forms for name, info in form.model_fields.items()}
    for word in (fields | set(ACTIONS)) - {"rules"}:
        assert re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", PAGE), word


def final(ds, arm, name):
    return ds[name].sel(scenario=arm).isel(draw=0, time=-1).values


def small(number, **changes):
    scenario = example(number).change(
        {"population.count": 3, "compare": {"endpoints": []}, **changes}
    )
    return oihsim.simulate(scenario)


def test_who_asks_when_it_hurts_gets_more():
    ds = small(0, duration="120 d", output_every="1 d")
    on_demand, stable = (final(ds, arm, "morphine_cumulative_dose") for arm in ("asks", "stable"))
    assert np.all(on_demand >= stable)
    assert on_demand.max() > 1.5 * stable.max()


def test_a_taper_that_waits_gives_more_where_withdrawal_is_high():
    ds = small(3, **{"population.count": 6, "duration": "30 d", "output_every": "6 h"})
    waits, clock = (final(ds, arm, "morphine_cumulative_dose") for arm in ("waits", "by-the-clock"))
    limit = ds.cyclic_amp_excess.sel(scenario="by-the-clock").max("time").values.ravel() > 0.06
    assert 0 < limit.sum() < 6
    assert np.all(waits[limit] > clock[limit] + 10.0)
    np.testing.assert_allclose(waits[~limit], clock[~limit], atol=1e-9)


def test_a_button_keeps_its_lock_out():
    ds = small(2, duration="6 h")
    doses = ds.morphine_rescue_dose.isel(draw=0).values.ravel()
    assert doses.max() > 1.0
    assert doses.max() <= 6 * 6


def test_a_trial_that_does_not_help_is_ended():
    ds = small(5, **{"duration": "60 d", "population.count": 6})
    stopped = ds.decision_action.attrs["flag_meanings"].split().index("stop")
    ended = (ds.decision_action.values == stopped).any(axis=-1)
    change = ds.pain.isel(time=-1) / ds.pain.isel(time=0) - 1.0
    assert ended.any()
    assert (change.values[ended] > -0.5).all()
