"""Closed-form steady state of linear kinetics against dosing that goes on and on."""

import math

import numpy as np
import pytest
from slow_parameters import slow_but

from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model
from oihsim.scenario.population import Population
from oihsim.simulation.cohort import Cohort
from oihsim.simulation.steady.period import common_period, one_period, period, repeated
from oihsim.simulation.subjects import draw_subjects
from oihsim.treatment.arm import Arm, Course

END = 2400.0
MODEL = Model.named()
N = 3


def endless(interval, number=None, **fields):
    number = number or math.ceil((END - fields.get("first_h", 0.0)) / interval)
    dose = {"first_h": 0.0, "route": "iv", "amount": 10.0, **fields}
    return Course(every_h=interval, number=number, **dose)


ARMS = {
    "boluses": [endless(8.0, drug="morphine")],
    "a lag": [endless(12.0, drug="morphine", route="oral_er")],
    "short infusions": [endless(24.0, drug="morphine", duration_h=3.0, first_h=5.0)],
    "infusions as long as the interval": [endless(12.0, drug="ketamine", duration_h=12.0)],
    "infusions longer than the interval": [endless(12.0, drug="morphine", duration_h=31.5)],
    "two of them, overlapping each other": [
        endless(8.0, drug="morphine", duration_h=19.0),
        endless(12.0, drug="morphine", amount=7.0, duration_h=30.0, first_h=2.0),
    ],
    "patches": [endless(72.0, drug="fentanyl", route="transdermal", amount=3.6, duration_h=72.0)],
    "zero order by itself, and slow binding": [
        endless(24.0, drug="buprenorphine", route="sublingual", amount=16.0)
    ],
    "two drugs": [
        endless(8.0, drug="ketamine", first_h=1.0),
        endless(12.0, drug="methadone", route="oral"),
    ],
    "an infusion without end": [
        Course(0.0, "morphine", "iv", 2.0 * END, duration_h=END),
        endless(24.0, drug="morphine", amount=5.0, first_h=23.0),
    ],
}


def on_board(courses):
    arm = Arm("arm", tuple(courses))
    drugs = {name: load_drug(name) for name in arm.drugs}
    values = draw_subjects(MODEL, drugs, Population.load("chronic_pain"), N, seed=4)
    return Cohort.of(MODEL, drugs, arm, values)


@pytest.mark.parametrize(
    "name",
    slow_but(("boluses",), ARMS),
)
def test_a_period_is_what_a_hundred_days_end_with(name):
    cohort = on_board(ARMS[name])
    arm, board = cohort.arm, cohort.board
    length, problems = period(arm, END, "test")
    assert problems == []
    grid = np.linspace(0.0, length, 9)
    start = END - 2.0 * length - END % length
    long = cohort.run([*(start + grid)], cohort.schedule(END), rtol=1e-4)
    turn = one_period(cohort.giving(repeated(arm, length, END)), length)
    result = cohort.run(grid, turn.schedule, turn.kinetics, rtol=1e-4)
    expected = long.concentrations
    # at time 0 the solver has not yet brought what is on board: it is in ``modes``
    begin = np.einsum("nrm,nm->nr", board.kinetics.rows, turn.modes)
    np.testing.assert_allclose(begin, expected[:, 0], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(result.concentrations[:, 1:], expected[:, 1:], rtol=1e-6, atol=1e-9)
    assert expected.max() > 0.1


def test_mean_concentration_is_dose_over_clearance_whatever_the_interval():
    means = []
    for interval, duration in ((6.0, 0.0), (24.0, 0.0), (12.0, 12.0)):
        cohort = on_board(
            [endless(interval, drug="morphine", amount=interval, duration_h=duration)]
        )
        turn = one_period(cohort.giving(repeated(cohort.arm, interval, END)), interval)
        grid = np.linspace(0.0, interval, 20001)
        run = cohort.run(grid, turn.schedule, turn.kinetics, rtol=1e-2)
        # effect sites: the peak in plasma falls between two points of the grid
        sites = run.concentrations[:, 1:, : cohort.board.kinetics.ligands]
        means.append(sites.mean(axis=1))
    np.testing.assert_allclose(means[0], means[1], rtol=1e-5)
    np.testing.assert_allclose(means[0], means[2], rtol=1e-5)


def test_common_period():
    assert common_period([8.0, 12.0, 24.0]) == 24.0
    assert common_period([1.5, 2.0]) == 6.0
    assert common_period([5.0 / 60.0, 1.0]) == 1.0
    assert common_period([]) == 0.0
    assert common_period([7.0, 11.0, 13.0, 17.0]) == math.inf
