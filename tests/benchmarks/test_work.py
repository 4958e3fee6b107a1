"""How much work the engine does, counted: what no machine's load can blur.

The limits are the counts of today's method and a tenth more. More work at the same tolerance is a
step back in speed; less may be a step back in accuracy, so the error stands beside each.
"""

import numpy as np
import pytest
from slow_parameters import slow

from benchmarks.accuracy import achieved
from benchmarks.engine import runner
from benchmarks.systems import system

SUBJECTS = 8


@pytest.fixture(scope="module", params=["shipped", slow("OIH-15")])
def counted(request):
    return request.param, runner(system(request.param, 16).first(SUBJECTS), 1e-6)()


# mean steps and right-hand sides a subject, and the error achieved, at rtol 1e-6
LIMITS = {"OIH-15": (2400, 30_000, 1e-6), "shipped": (9200, 117_000, 2e-5)}


def test_steps_and_right_hand_sides_do_not_grow(counted):
    problem, run = counted
    steps, calls, _ = LIMITS[problem]
    assert run.steps.mean() < steps
    assert run.rhs_calls.mean() < calls


@pytest.mark.slow
def test_the_error_does_not_grow(counted):
    problem, _ = counted
    assert achieved("engine", "one thread", problem, 1e-6, 4) < LIMITS[problem][2]


def test_few_steps_are_rejected(counted):
    _, run = counted
    assert run.rejected.mean() < 0.1 * run.steps.mean()


def test_every_dose_costs_some_steps(counted):
    """180 doses, each a discontinuity: fewer steps than that would mean one was stepped over."""
    _, run = counted
    assert run.steps.min() > 180


def test_the_same_work_is_done_again_and_by_two_threads(counted):
    problem, run = counted
    again = runner(system(problem, 16).first(SUBJECTS), 1e-6, threads=2)()
    np.testing.assert_array_equal(run.steps, again.steps)
    np.testing.assert_array_equal(run.rhs_calls, again.rhs_calls)
