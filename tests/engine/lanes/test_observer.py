"""What is accumulated at the solver's own steps: against known integrals, and bit by bit."""

from itertools import pairwise

import numpy as np
import pytest

from oihsim.engine.compiled_model import Model
from oihsim.engine.lanes.observer import interpolation
from oihsim.engine.observable import ABOVE, HIGHEST, LOWEST, MEAN, Observable
from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State

KINDS = (MEAN, HIGHEST, LOWEST, ABOVE)


def rates(s, c, w):
    return w * c, -w * s


def height(s):
    return s


def square(s):
    return s * s


@pytest.fixture(scope="module")
def pendulum():
    """The sine of time: its integrals, extremes and hours above 0 are known."""
    bounds = (-1.0, 1.0)
    mechanism = Mechanism(
        "pendulum", "a sine",
        states=[State("s", "sine", 0.0, "1", "sine of time", bounds=bounds),
                State("c", "cosine", 1.0, "1", "cosine of time", bounds=bounds)],
        outputs=[Output("h", "height", "1", "the sine", height)],
        parameters=[Parameter("w", 1.0, "1/h", "frequency")],
        rates=rates,
    )  # fmt: skip
    return Model([mechanism])


def watched(model, times, method, **options):
    observe = (Observable("height", KINDS), Observable("height", (MEAN,), square))
    run = model.run(model.typical(1), times, method=method, observe=observe, **options)
    assert (run.status == 0).all()
    return run.sums[0, 1:]


@pytest.mark.parametrize("method", ["explicit", "collocation"])
@pytest.mark.parametrize("step", [0.1, 1.0, 6.0, 60.0])
def test_a_sine_has_the_integrals_and_extremes_of_a_sine(pendulum, method, step):
    times = np.arange(0.0, 60.0 + step / 2, step)
    integral, highest, lowest, above, squares = watched(pendulum, times, method).T
    np.testing.assert_allclose(integral, np.cos(times[:-1]) - np.cos(times[1:]), atol=2e-4)
    exact = (times - np.sin(2.0 * times) / 2.0) / 2.0
    np.testing.assert_allclose(squares, np.diff(exact), rtol=1e-3, atol=1e-3)
    # of each span: a fine grid of the sine itself
    fine = [np.sin(np.linspace(a, b, 4001)) for a, b in pairwise(times)]
    np.testing.assert_allclose(highest, [part.max() for part in fine], atol=1e-3)
    np.testing.assert_allclose(lowest, [part.min() for part in fine], atol=1e-3)
    # nine half waves above 0 in 60 h, and the beginning of the tenth
    full, rest = divmod(60.0, 2.0 * np.pi)
    assert above.sum() == pytest.approx(full * np.pi + min(rest, np.pi), abs=0.01)


def test_the_level_is_the_first_value_and_its_margin(pendulum):
    for margin, hours in ((0.0, np.pi), (0.5, 2.0 * np.pi / 3.0)):
        observe = (Observable("height", (ABOVE,), None, margin),)
        run = pendulum.run(pendulum.typical(1), [0.0, 2.0 * np.pi], observe=observe)
        assert run.sums[0, 1, 0] == pytest.approx(hours, abs=0.01)


def test_observation_changes_no_step_and_no_bit_of_the_states(pendulum):
    times = np.arange(0.0, 61.0, 6.0)
    parameters = pendulum.typical(20) * np.linspace(0.5, 2.0, 20)[:, None]
    observe = (Observable("height", KINDS),)
    plain = pendulum.run(parameters, times)
    seen = pendulum.run(parameters, times, observe=observe)
    for name in ("y", "outputs", "steps", "rejected", "rhs_calls", "method"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(seen, name))
    assert plain.sums.shape == (20, 11, 0)
    assert (seen.rhs_calls == 12 * (seen.steps + seen.rejected)).all()
    for width in (1, 8, 16):
        for threads in (1, 2, 3):
            other = pendulum.run(parameters, times, observe=observe, width=width, threads=threads)
            np.testing.assert_array_equal(other.sums[:, 1:], seen.sums[:, 1:])


def test_what_cannot_be_observed_is_refused(pendulum):
    with pytest.raises(ValueError, match="no output 'depth'"):
        pendulum.run(pendulum.typical(1), [0.0, 1.0], observe=[Observable("depth", (MEAN,))])
    with pytest.raises(ValueError, match="no kind of accumulation: middle"):
        pendulum.run(pendulum.typical(1), [0.0, 1.0], observe=[Observable("height", ("middle",))])


def test_the_weights_are_exact_for_polynomials():
    nodes = [0.0, 0.25, 0.6, 0.9, 1.0]
    weights, samples = interpolation(nodes)
    for power in range(5):
        values = np.power(nodes, power)
        assert weights @ values == pytest.approx(1.0 / (power + 1))
        np.testing.assert_allclose(samples @ values, (np.arange(4) / 3.0) ** power, atol=1e-13)
