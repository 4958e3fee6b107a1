"""Every shipped scenario: honest error, another solver, bounds, and a stored summary."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from explicit import Explicit

import oihsim
from oihsim.drugs import load_drug
from oihsim.engine.model import Model
from oihsim.results.comparison import endpoint_table
from oihsim.scenario import Scenario, shipped
from oihsim.simulation.simulate import run_arms

NAMES = sorted(shipped())
BASELINES = Path(__file__).parent / "baselines"
DAYS = {name: oihsim.load(name).duration_h / 24.0 for name in NAMES}


def long_ones_slow(most):
    """Return the names, those of more than so many days among the slow tests; not the flagship."""
    return [
        pytest.param(name, marks=pytest.mark.slow) if name != "flagship" and days > most else name
        for name, days in DAYS.items()
    ]


def typical(name, rtol):
    one = oihsim.load(name).change({"population.count": 1, "population.typical": True})
    if any(arm.rules for arm in one.arms.values()):
        one = by_the_clock(one.change({"tolerance": {"relative": 1e-11}}))
    return one.change({"tolerance": {"relative": rtol}})


@cache
def decided_doses(name, resolved):
    """Return what rules gave the typical subject, arm -> courses of a resolved scenario."""
    scenario = Scenario.from_resolved(json.loads(resolved), name)
    drugs = {drug: load_drug(drug) for drug in scenario.drugs}
    found = {}
    for one in run_arms(scenario, Model.named(scenario.model), drugs):
        lines = () if one.reactions is None else one.reactions.options
        found[one.arm.name] = [
            {"first_h": float(row[0]), "drug": line.drug, "route": line.route,
             "amount": float(row[2]), "unit": line.unit, "per_kg": line.per_kg,
             "duration_h": line.duration_h, "number": 1, "every_h": 0.0}
            for row in one.run.given[0]
            for line in [lines[int(row[1])]]
        ]  # fmt: skip
    return found


def by_the_clock(scenario):
    """Return the scenario with the doses that rules gave as fixed ones: a close call at a visit
    is no error of a solver."""
    resolved = scenario.resolved
    given = decided_doses(scenario.name, json.dumps(resolved))
    resolved["compare"]["endpoints"] = []
    for name, arm in resolved["arms"].items():
        arm["rescue"] = None
        arm.pop("rules", None)
        arm["doses"] += given[name]
    return Scenario.from_resolved(resolved, scenario.name)


def states(name, rtol):
    scenario = typical(name, rtol)
    model = Model.named(scenario.model)
    runs = run_arms(scenario, model, {drug: load_drug(drug) for drug in scenario.drugs})
    return model, {one.arm.name: one.run.y[0] for one in runs}


@pytest.mark.parametrize("name", long_ones_slow(120))
def test_error_is_at_most_ten_times_the_tolerance(name):
    model, exact = states(name, 1e-11)
    for rtol in 10.0 ** -np.arange(3, 9):
        _, found = states(name, rtol)
        for arm, y in found.items():
            error = np.max(np.abs(y - exact[arm]) / model.sizes)
            assert error <= 10 * rtol, f"{arm} at {rtol:g}: {error:g}"


@pytest.mark.parametrize("name", long_ones_slow(45))
def test_lsoda_with_explicit_kinetics_agrees(name):
    model, found = states(name, 1e-8)
    scenario = typical(name, 1e-8)
    for arm, y in found.items():
        other = Explicit(scenario, arm)
        solved = other.solve("LSODA", 1e-10)
        theirs = np.array([solved[t][other.c :] for t in scenario.output_times()])
        assert np.max(np.abs(y - theirs) / model.sizes) <= 1e-6, arm


@pytest.mark.parametrize(
    ("name", "arm", "day"),
    [("flagship", "escalation", 45), ("buprenorphine_rotation", "buprenorphine", 0),
     ("naloxone_challenge", "after_four_weeks", 25)],
)  # fmt: skip
def test_radau_agrees_over_seven_days(name, arm, day):
    model, found = states(name, 1e-9)
    scenario = typical(name, 1e-9)
    first, last = 24.0 * day, 24.0 * (day + 7)
    before = Explicit(scenario, arm).solve("LSODA", 1e-10, last=first)[first]
    other = Explicit(scenario, arm)
    solved = other.solve("Radau", 1e-8, first, last, before)
    times = scenario.output_times()
    ours = np.array([found[arm][times.index(t)] for t in solved])
    theirs = np.array([state[other.c :] for state in solved.values()])
    assert np.max(np.abs(ours - theirs) / model.sizes) <= 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_states_stay_within_their_bounds(name):
    scenario = oihsim.load(name).change({"population.count": 4})
    model = Model.named(scenario.model)
    slack = 10 * scenario.rtol * model.sizes
    low = np.array([state.bounds[0] for state in model.linked.states]) - slack
    high = np.array([state.bounds[1] for state in model.linked.states]) + slack
    for one in run_arms(scenario, model, {drug: load_drug(drug) for drug in scenario.drugs}):
        assert np.all(one.run.status == 0)
        assert np.all((one.run.y >= low) & (one.run.y <= high))
        assert one.run.concentrations.size == 0 or one.run.concentrations.min() >= -1e-9


def summary(name):
    scenario = oihsim.load(name).change({"population.count": 8})
    rows = endpoint_table(oihsim.simulate(scenario))
    return {f"{row.endpoint}/{row.arm}": [row.mean, row.median] for row in rows}


@pytest.mark.parametrize("name", NAMES)
def test_summary_is_the_stored_one(name):
    """After a change of science or numerics on purpose: python tests/whole/rebuild_baselines.py."""
    stored = json.loads((BASELINES / f"{name}.json").read_text())
    found = summary(name)
    assert found.keys() == stored.keys()
    for key, values in stored.items():
        assert found[key] == pytest.approx(values, rel=1e-4, abs=1e-5), key
