"""Damaged blocks of rules: each is read, or refused in words; each that is read runs."""

import copy
import random
from collections import Counter
from pathlib import Path

import pytest
from mutations_of_data import change_data
from reading import inspect, limited
from slow_parameters import slow

import oihsim
from oihsim.files.errors import InputError, ModelError, SimulationError
from oihsim.files.yaml import Document, read_yaml
from oihsim.scenario import Scenario, parse

SEED = (
    Path(__file__).parents[1] / "scenario" / "files" / "valid" / "rules_of_every_kind.yaml"
)  # every key and every action
FEW, MANY = 40, 4000


def damaged(number):
    """Return the file with one to three changes in the rules of an arm; always the same."""
    chance = random.Random(f"rules {number}")
    data = copy.deepcopy(read_yaml(SEED).data)
    arm = data["arms"][chance.choice(["every", "patch"])]
    part = {"rules": arm["rules"], "other": "x"}
    how = [change_data(chance, part, "scenario") for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    if "rules" in part:
        arm["rules"] = part["rules"]
    return Document("rules.yaml", data), f"{number}: {', '.join(how)}"


def read(number):
    """Return the scenario of a damaged file, or None where it is refused."""
    document, how = damaged(number)
    try:
        with limited(2.0):
            scenario = parse(document)
            scenario.explain()
            assert Scenario.from_resolved(scenario.resolved).arms == scenario.arms, how
    except InputError as error:
        inspect(error.problems, "rules.yaml")
        return None
    except Exception as error:
        raise AssertionError(how) from error
    return scenario


def judge(numbers):
    ends = Counter("refused" if read(number) is None else "read" for number in numbers)
    assert ends["refused"] > 0.3 * len(numbers), ends
    assert ends["read"] > 0.1 * len(numbers), ends


def test_damaged_rules_are_read_or_refused_in_words():
    judge(range(FEW))


@pytest.mark.slow
def test_many_damaged_rules_are_read_or_refused_in_words():
    judge(range(FEW, FEW + MANY))


@pytest.mark.parametrize("runs", [3, slow(20)])
def test_damaged_rules_that_are_read_run(runs):
    ended = Counter()
    for number in range(10_000, 10_400):
        scenario = read(number)
        if scenario is None:
            continue
        short = scenario.change({"duration": "21 d", "output_every": "7 d", "population.count": 1})
        try:
            oihsim.simulate(short.change({"population.typical": True}))
            ended["finished"] += 1
        except (ModelError, SimulationError):
            ended["refused"] += 1
        if sum(ended.values()) == runs:
            break
    assert sum(ended.values()) == runs
    assert ended["finished"] > runs / 2, ended
