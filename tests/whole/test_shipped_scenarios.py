"""Every shipped scenario: honest error, and the same states by other solvers."""

import json
from functools import cache

import numpy as np
import pytest
from explicit import Explicit
from slow_parameters import slow_but

import oihsim
from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model
from oihsim.scenario import Scenario, shipped
from oihsim.simulation.simulate import run_arms

NAMES = sorted(shipped())
OTHER_SOLVER = {"remifentanil_surgery"}
"""A short one: the other solver takes a second a day."""

TOLERANCES = {"naloxone_challenge"}
"""Slow binding and precipitated withdrawal."""

STEEP = {"target_controlled_remifentanil": 100}
"""Withdrawal excitation sets in within seconds after remifentanil ends, and a step across its onset
may err by more: 68 tolerances at 1e-8 here, 72 at 1e-7 after 0.12 ug/kg/min for 45 min."""


def typical(name, rtol):
    scenario = oihsim.load(name).change({"population.count": 1, "population.typical": True})
    if any(arm.rules for arm in scenario.arms.values()):
        scenario = by_the_clock(scenario.change({"tolerance": {"relative": 1e-11}}))
    return scenario.change({"tolerance": {"relative": rtol}})


@cache
def decided_doses(name, resolved):
    """Return what rules gave the typical subject, arm -> courses of a resolved scenario."""
    scenario = Scenario.from_resolved(json.loads(resolved), name)
    drugs = {drug: load_drug(drug) for drug in scenario.drugs}
    courses = {}
    for arm_run in run_arms(scenario, Model.named(scenario.model), drugs):
        lines = () if arm_run.reactions is None else arm_run.reactions.options
        courses[arm_run.arm.name] = [
            {"first_h": float(row[0]), "drug": line.drug, "route": line.route,
             "amount": float(row[2]), "unit": line.unit, "per_kg": line.per_kg,
             "duration_h": line.duration_h, "number": 1, "every_h": 0.0}
            for row in arm_run.run.given[0]
            for line in [lines[int(row[1])]]
        ]  # fmt: skip
    return courses


def by_the_clock(scenario):
    """Return the scenario with the doses that rules gave as fixed doses: a close call at a decision
    point is no error of a solver."""
    resolved = scenario.resolved
    decided = decided_doses(scenario.name, json.dumps(resolved))
    resolved["compare"]["endpoints"] = []
    for name, arm in resolved["arms"].items():
        arm["rescue"] = None
        arm.pop("rules", None)
        arm["doses"] += decided[name]
    return Scenario.from_resolved(resolved, scenario.name)


def states(name, rtol):
    scenario = typical(name, rtol)
    model = Model.named(scenario.model)
    runs = run_arms(scenario, model, {drug: load_drug(drug) for drug in scenario.drugs})
    return model, {arm_run.arm.name: arm_run.run.y[0] for arm_run in runs}


@pytest.mark.parametrize("name", slow_but(TOLERANCES, NAMES))
def test_error_is_at_most_ten_times_the_tolerance(name):
    model, exact = states(name, 1e-11)
    for rtol in 10.0 ** -np.arange(3, 9):
        _, solutions = states(name, rtol)
        for arm, y in solutions.items():
            error = np.max(np.abs(y - exact[arm]) / model.sizes)
            assert error <= STEEP.get(name, 10) * rtol, f"{arm} at {rtol:g}: {error:g}"


@pytest.mark.parametrize("name", slow_but(OTHER_SOLVER, NAMES))
def test_lsoda_with_explicit_kinetics_agrees(name):
    model, solutions = states(name, 1e-8)
    scenario = typical(name, 1e-8)
    for arm, y in solutions.items():
        other = Explicit(scenario, arm)
        solved = other.solve("LSODA", 1e-10)
        theirs = np.array([solved[t][other.c :] for t in scenario.output_times()])
        assert np.max(np.abs(y - theirs) / model.sizes) <= 1e-6, arm


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arm", "day"),
    [("flagship", "escalation", 45), ("buprenorphine_rotation", "buprenorphine", 0),
     ("naloxone_challenge", "after_four_weeks", 25)],
)  # fmt: skip
def test_radau_agrees_over_seven_days(name, arm, day):
    model, solutions = states(name, 1e-9)
    scenario = typical(name, 1e-9)
    first, last = 24.0 * day, 24.0 * (day + 7)
    before = Explicit(scenario, arm).solve("LSODA", 1e-10, last=first)[first]
    other = Explicit(scenario, arm)
    solved = other.solve("Radau", 1e-8, first, last, before)
    times = scenario.output_times()
    ours = np.array([solutions[arm][times.index(t)] for t in solved])
    theirs = np.array([state[other.c :] for state in solved.values()])
    assert np.max(np.abs(ours - theirs) / model.sizes) <= 1e-6
