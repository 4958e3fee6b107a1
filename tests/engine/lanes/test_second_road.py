"""Laws of the stepping: outputs, shifts and tolerances, in lanes whose subjects differ."""

from dataclasses import replace

import numpy as np
import pytest
from random_people import HOURS, people, random_people, random_plan
from slow_parameters import slow_but

from oihsim.engine.compiled_model import Model
from oihsim.engine.lanes.kernel import METHODS
from oihsim.engine.solver import Schedule
from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State

TOLERANCES = 10.0 ** -np.arange(3, 10)


def rates(x, z, total_mor_drive, k, m):
    return k * (total_mor_drive / (1.0 + total_mor_drive) - x), m * (x * x / (x * x + 0.1) - z)


def read(x, z):
    return x + z


SMOOTH = Model(
    [
        Mechanism(
            "smooth", "two states without a corner",
            states=[State("x", "first", 0.0, "1", "follows the drug", typical=0.3),
                    State("z", "second", 0.0, "1", "follows the first", typical=0.3)],
            outputs=[Output("a", "sum", "1", "their sum", read)],
            parameters=[Parameter("k", 1.0, "1/h", "rate"), Parameter("m", 0.2, "1/h", "rate")],
            rates=rates,
        )
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
def different():
    """Subjects with different events, and their nearly exact results."""
    rng = np.random.default_rng(21)
    factor = np.exp(0.5 * rng.standard_normal((20, 2)))
    run = replace(
        people().of(np.arange(20)), model=SMOOTH, P=SMOOTH.defaults * factor,
        y0=rng.uniform(0.0, 0.3, (20, 2)),
    )  # fmt: skip
    run = replace(run, schedule=random_plan(run, rng))
    return run, replace(run, rtol=1e-13).run(threads=1, width=8, method="explicit")


def errors(run, exact, **options):
    """Return the largest error of each subject, in sizes of the states."""
    result = run.run(threads=1, width=8, **options)
    assert np.all(result.status == 0)
    return np.max(np.abs(result.y - exact.y) / run.model.sizes, axis=(1, 2))


@pytest.mark.parametrize("method", METHODS)
def test_error_follows_the_tolerance_in_every_lane(different, method):
    run, exact = different
    achieved = np.array(
        [errors(replace(run, rtol=rtol), exact, method=method) for rtol in TOLERANCES]
    )
    assert np.all(achieved <= 10.0 * TOLERANCES[:, None])
    # over six decades of tolerance the error of each subject falls by about as many
    slope = np.polyfit(np.log10(TOLERANCES), np.log10(np.maximum(achieved, 1e-14)), 1)[0]
    assert np.all((slope > 0.6) & (slope < 1.4))
    assert np.median(slope) == pytest.approx(1.0, abs=0.2)


def test_the_two_methods_agree_in_the_whole_model():
    """To within what the corners of its equations cost the error estimate of either."""
    run = replace(random_people(21, 20), rtol=1e-8)
    explicit = run.run(threads=1, width=8, method="explicit")
    assert np.max(errors(run, explicit, method="collocation")) <= 1e-5


@pytest.mark.parametrize("method", METHODS)
def test_more_outputs_change_nothing_beyond_the_tolerance(different, method):
    run, _ = different
    times = np.unique(np.concatenate([HOURS, np.random.default_rng(1).uniform(0.0, 96.0, 60)]))
    few = run.run(threads=1, width=8, method=method)
    many = replace(run, t=times).run(threads=1, width=8, method=method)
    shared = np.isin(times, HOURS)
    apart = np.abs(many.y[:, shared] - few.y) / run.model.sizes
    assert np.max(apart) <= 10.0 * run.rtol
    assert np.max(apart) > 0.0
    # concentrations know nothing of the steps of the body
    assert np.array_equal(many.concentrations[:, shared], few.concentrations)
    # an output is no discontinuity: a step ends there, and the next is as long as it would be
    assert np.all(many.steps - few.steps <= 60 + 0.1 * few.steps)


def test_read_outs_follow_from_the_states_of_their_time_alone(different):
    run, _ = different
    rows = [0, 3, 4, 9, 12]
    few = replace(run, t=HOURS[rows], rtol=1e-11).run(threads=1, width=8)
    many = replace(run, rtol=1e-11).run(threads=1, width=8)
    finite = np.isfinite(few.outputs)
    assert np.array_equal(finite, np.isfinite(many.outputs[:, rows]))
    np.testing.assert_allclose(
        few.outputs[finite], many.outputs[:, rows][finite], rtol=1e-6, atol=1e-8
    )


@pytest.mark.parametrize("method", slow_but(("explicit",), METHODS))
def test_a_run_may_be_continued_from_its_states(method):
    run = people().of(np.arange(12))
    start = run.y0 + 0.3 * run.model.sizes * np.random.default_rng(2).random(run.y0.shape)
    unbroken = replace(run, y0=start, t=[0.0, 30.0, 60.0])
    once = unbroken.run(threads=1, width=8, method=method)
    first = replace(unbroken, t=[0.0, 30.0]).run(threads=1, width=8, method=method)
    second = replace(unbroken, y0=first.y[:, -1], t=[0.0, 30.0]).run(
        threads=1, width=8, method=method
    )
    apart = np.abs(second.y[:, -1] - once.y[:, -1]) / run.model.sizes
    assert np.max(apart) <= 10.0 * run.rtol
    assert np.max(np.abs(once.y[:, -1] - start)) > 0.01


def shifted(run, hours):
    plan = run.schedule
    moved = Schedule(plan.offset, plan.time + hours, plan.kind, plan.index, plan.value)
    return replace(run, t=np.asarray(run.t) + hours, schedule=moved)


@pytest.mark.parametrize("hours", [-4096.0, 8192.0])
def test_the_clock_may_begin_anywhere(different, hours):
    run, _ = different
    precise = replace(run, rtol=1e-9)
    # times keep fewer digits far from 0, and a dose comes that much earlier or later
    apart = np.abs(
        shifted(precise, hours).run(threads=1, width=8).y - precise.run(threads=1, width=8).y
    )
    assert np.max(apart / run.model.sizes) <= 1e-8


def test_without_events_and_drugs_nothing_moves():
    run = people()
    result = run.run(threads=1, width=8)
    assert np.array_equal(result.y, np.repeat(run.y0[:, None], len(HOURS), axis=1))
    assert np.all(result.concentrations == 0.0)
    assert np.all(result.steps < 40)
