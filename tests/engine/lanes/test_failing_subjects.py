"""Subjects that cannot be run to their end: why, when, and what it means to the others."""

from dataclasses import replace

import numpy as np
import pytest
from recorded_runs import Recorded, differences, recorded

from oihsim.engine.compiled_model import Model, Weights
from oihsim.engine.lanes.kernel import METHODS
from oihsim.engine.solver import STATUS, RuleArrays, Schedule
from oihsim.kinetics.propagation import together
from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State
from oihsim.model.shapes import odds

SMALL, NOT_FINITE, MANY, FULL = 1, 2, 3, 4


def explosion(A, k):
    return k * A * A


def burst(A, k):
    return k + 1e-300 * odds(A)


def relaxation(A, k):
    return k * (0.5 - A)


def itself(A):
    return 1.0 * A


def small_model(rates):
    return Model(
        [
            Mechanism(
                "small", "one state", rates=rates,
                states=[State("A", "amount", 1.0 if rates is explosion else 0.0, "1", "amount")],
                outputs=[Output("B", "itself", "1", "the amount", itself)],
                parameters=[Parameter("k", 0.5, "1/h", "rate")],
            )
        ]
    )  # fmt: skip


def subjects(rates, k, t):
    """Return a run of one subject for each rate constant."""
    model, n = small_model(rates), len(k)
    P = np.array(k)[:, None]
    return Recorded(
        model, P, t, Schedule.empty(n), together([], n), Weights.none(n), RuleArrays.none(n),
        np.tile(model.y0, (n, 1)),
    )  # fmt: skip


def ended(run, failing, **options):
    """Run; return it after checking that the others are as they are alone."""
    result = run.run(threads=1, width=8, **options)
    healthy = np.setdiff1d(np.arange(len(run.P)), failing)
    assert np.all(result.status[healthy] == 0)
    for lost in (result.y, result.outputs, result.concentrations):
        assert np.all(np.isnan(lost[failing]))
    assert differences(result, run.of(healthy).run(threads=1, width=8, **options), healthy) == []
    assert differences(result, run.run(threads=2, width=1, **options)) == []
    return result


@pytest.mark.parametrize("method", ["auto", *METHODS])
def test_a_state_that_explodes_ends_its_subject_when_it_does(method):
    k = np.array([0.01, 2.0, 0.02, 0.5, 0.03, 0.25, 0.01, 1.0, 0.04, 0.05, 4.0])
    run = subjects(explosion, k, [0.0, 1.0, 10.0])
    failing = np.flatnonzero(k > 0.1)
    result = ended(run, failing, method=method)
    assert set(result.status[failing]) <= {SMALL, NOT_FINITE}
    # A = 1 / (1 - k t)
    np.testing.assert_allclose(result.reached[failing], 1.0 / k[failing], rtol=1e-4)
    calm = np.flatnonzero(k < 0.1)
    np.testing.assert_allclose(result.y[calm, 2, 0], 1.0 / (1.0 - 10.0 * k[calm]), rtol=1e-5)


@pytest.mark.parametrize("method", ["auto", *METHODS])
def test_a_rate_that_becomes_infinite_ends_its_subject_there(method):
    k = np.array([0.01, 0.4, 0.05, 0.2, 0.02, 0.8, 0.03, 0.06, 0.07, 0.5])
    run = subjects(burst, k, [0.0, 10.0])
    failing = np.flatnonzero(k > 0.1)
    result = ended(run, failing, method=method)
    assert set(result.status[failing]) <= {SMALL, NOT_FINITE}
    np.testing.assert_allclose(result.reached[failing], 1.0 / k[failing], rtol=1e-6)


@pytest.mark.slow
def test_too_many_steps_end_a_subject_and_only_it():
    k = np.array([0.1, 0.2, 1e8, 0.3, 0.4])
    run = subjects(relaxation, k, [0.0, 1.0])
    result = ended(run, np.array([2]), method="explicit")
    assert STATUS[result.status[2]] == "too many steps"
    assert result.steps[2] + result.rejected[2] == 5_000_001
    assert 0.0 < result.reached[2] < 1.0


def test_what_is_too_stiff_for_one_method_is_nothing_to_the_other():
    k = np.array([0.1, 0.2, 1e8, 0.3, 0.4])
    result = subjects(relaxation, k, [0.0, 1.0]).run(threads=1, width=8)
    assert result.status.tolist() == [0] * 5
    assert result.method.tolist() == [0, 0, 1, 0, 0]
    assert result.steps[2] < 2_000
    np.testing.assert_allclose(result.y[:, 1, 0], 0.5 * -np.expm1(-k), atol=1e-6)


@pytest.fixture(scope="module")
def ruled():
    return recorded("demand_analgesia", 9)["lock_out_8_min"].until(48.0)


@pytest.mark.parametrize("field", ["doses", "entries"])
def test_ledgers_without_room_end_the_subjects_that_need_it(ruled, field):
    roomy = ruled.run(threads=1, width=8)
    wanted = np.array([len(ledger) for ledger in roomy.given])
    middle = int(np.median(wanted))
    assert wanted.min() < middle < wanted.max()
    # a dose here is one entry, and visits are in the schedule
    short = replace(ruled, rules=replace(ruled.rules, **{field: middle}))
    cramped = short.run(threads=1, width=8)
    failing = np.flatnonzero(cramped.status)
    assert np.all(cramped.status[failing] == FULL)
    if field == "doses":
        assert failing.tolist() == np.flatnonzero(wanted > middle).tolist()
    assert 0 < len(failing) < 9
    for i in failing:
        assert 0.0 < cramped.reached[i] <= 48.0
        assert cramped.given[i].tobytes() == roomy.given[i][: len(cramped.given[i])].tobytes()
    healthy = np.flatnonzero(cramped.status == 0)
    assert differences(roomy, short.of(healthy).run(threads=1, width=8), healthy) == []
    assert differences(cramped, short.run(threads=2, width=1)) == []


def test_a_log_without_room_ends_everybody_at_the_same_visit(ruled):
    result = replace(ruled, rules=replace(ruled.rules, decisions=5)).run(threads=1, width=8)
    assert np.all(result.status == FULL)
    assert len(set(result.reached)) == 1
    assert [len(log) for log in result.decisions] == [5] * 9


@pytest.mark.slow
def test_who_fails_at_the_start_has_done_no_more_than_try(ruled):
    P = ruled.P.copy()
    P[:] = np.nan
    result = replace(ruled, P=P).run(threads=1, width=8)
    assert np.all(result.status == NOT_FINITE)
    assert np.all(result.steps == 0)
    assert np.all(result.rejected < 100)
    assert np.all(result.reached < 1e-2)


def test_every_lane_may_fail_and_be_filled_again():
    k = np.tile([2.0, 2.5, 3.0, 0.01], 20)
    run = subjects(explosion, k, [0.0, 1.0])
    result = ended(run, np.flatnonzero(k > 1.0))
    assert np.count_nonzero(result.status) == 60
