"""The stiff method: its error, its choice, and that no lane depends on its neighbours."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from slow_parameters import slow

import oihsim
from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.lanes.control import STIFF
from oihsim.engine.lanes.kernel import METHODS, WIDTHS
from oihsim.engine.run import by_method
from oihsim.engine.solver import HOLD, INTERRUPTED, Schedule
from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Parameter, State
from oihsim.simulation.simulate import run_arms

TIMES = np.arange(0.0, 49.0, 6.0)


def chain(fast):
    """Return a model of a fast state that follows a slow oscillation of two others."""

    def rates(x, v, z, w, k):
        return w * v, -w * x, k * (1.0 + x * x - z)

    mechanism = Mechanism(
        "chain",
        "a fast state behind a slow swing",
        states=(
            State("x", "position", 1.0, "1", "swings"),
            State("v", "velocity", 0.0, "1", "swings"),
            State("z", "follower", 2.0, "1", "follows"),
        ),
        parameters=(
            Parameter("w", 0.5, "1/h", "frequency of the swing"),
            Parameter("k", fast, "1/h", "rate of the follower"),
        ),
        rates=rates,
    )
    return Model([mechanism], "chain")


def truth(k, w=0.5):
    """Return the states at the output times: the follower by its closed form."""
    t = TIMES
    x, v = np.cos(w * t), -np.sin(w * t)
    # k (1 + cos^2) in Fourier terms: 3/2 + cos(2 w t)/2, each term followed with gain and lag
    steady = 1.5 + 0.5 * k * (k * np.cos(2 * w * t) + 2 * w * np.sin(2 * w * t)) / (k**2 + 4 * w**2)
    begin = 1.5 + 0.5 * k * k / (k**2 + 4 * w**2)
    return np.stack([x, v, steady + (2.0 - begin) * np.exp(-k * t)], axis=-1)


@pytest.mark.parametrize("k", [1.0, 1e3, 1e6])
@pytest.mark.parametrize("rtol", [1e-4, 1e-6, 1e-8])
def test_the_error_is_within_ten_times_the_tolerance(k, rtol):
    model = chain(k)
    run = model.run(model.typical(1), TIMES, rtol=rtol, method="collocation")
    assert run.status.tolist() == [0]
    assert np.abs(run.y[0] - truth(k)).max() < 10.0 * rtol


def test_work_hardly_grows_with_stiffness():
    work = {}
    for k in (1.0, 1e3, 1e6):
        model = chain(k)
        work[k] = int(model.run(model.typical(1), TIMES, method="collocation").steps[0])
    assert max(work.values()) <= 3 * work[1.0], work
    assert max(work.values()) < 300, work


def pair(fast, dimer):
    """Return a model of two states that drive each other fast, behind a slow swing.

    Dimers form and fall apart (not linear), or a substance goes to and fro (linear).
    """

    def dimers(a, b, x, v, k, w, c):
        exchange = k * (a * a - b)
        return c * (2.0 + x - a) - 2.0 * exchange, exchange, w * v, -w * x

    def to_and_fro(a, b, x, v, k, w, c):
        exchange = k * (a - b)
        return c * (2.0 + x - a) - exchange, exchange, w * v, -w * x

    mechanism = Mechanism(
        "pair", "two fast states", rates=dimers if dimer else to_and_fro,
        states=tuple(State(symbol, symbol, start, "1", symbol)
                     for symbol, start in zip("abxv", (1.0, 0.5, 1.0, 0.0), strict=True)),
        parameters=(Parameter("k", fast, "1/h", "exchange"), Parameter("w", 0.5, "1/h", "swing"),
                    Parameter("c", 0.3, "1/h", "inflow")),
    )  # fmt: skip
    return Model([mechanism], "pair")


def by_scipy(k, dimer, w=0.5, c=0.3):
    """Return the states of the pair by another program."""

    def rates(t, y):
        a, b, x, v = y
        exchange = k * (a * a - b if dimer else a - b)
        return [c * (2.0 + x - a) - exchange * (2.0 if dimer else 1.0), exchange, w * v, -w * x]

    solution = solve_ivp(
        rates, (0.0, TIMES[-1]), [1.0, 0.5, 1.0, 0.0], method="Radau", t_eval=TIMES,
        rtol=1e-10, atol=1e-12,
    )  # fmt: skip
    return solution.y.T


@pytest.mark.parametrize("dimer", [True, slow(False)])
@pytest.mark.parametrize("k", [slow(1.0), slow(1e4), 1e8])
def test_two_fast_states_that_drive_each_other_are_solved_together(k, dimer):
    model, exact = pair(k, dimer), by_scipy(k, dimer)
    steps = {}
    for rtol in (1e-4, 1e-6):
        run = model.run(model.typical(1), TIMES, rtol=rtol, method="collocation")
        assert run.status.tolist() == [0]
        assert np.abs(run.y[0] - exact).max() < rtol
        steps[rtol] = int(run.steps[0] + run.rejected[0])
    # whatever the rate: swept one by one they took a hundred thousand steps, or never ended
    assert steps[1e-4] < 80, steps
    assert steps[1e-6] < 120, steps


def swinging_pairs(a, b, x, v, k, w):
    """Two pairs that exchange fast; only their sums move slowly, as a swing."""
    return w * x - k * (a - b), k * (a - b), -w * a - k * (x - v), k * (x - v)


def growing_pair(a, b, x, v, k, w):
    """A pair that exchanges fast and grows slowly to its limit."""
    return w * a * (1.0 - a) - k * (a - b), k * (a - b), v, -x


def pairs(rates, k, start):
    """Return the model of such pairs."""
    mechanism = Mechanism(
        "pairs", "fast pairs", rates=rates,
        states=tuple(State(symbol, symbol, begin, "1", symbol)
                     for symbol, begin in zip("abxv", start, strict=True)),
        parameters=(Parameter("k", k, "1/h", "exchange"), Parameter("w", 1.0, "1/h", "slow")),
    )  # fmt: skip
    return Model([mechanism], "pairs")


@pytest.mark.parametrize(
    ("rates", "start"),
    [
        slow(swinging_pairs, (1.0, 1.0, 0.0, 0.0)),
        (growing_pair, (0.02, 0.02, 0.0, 0.0)),
    ],
)
@pytest.mark.parametrize("k", [1e4, slow(1e8)])
@pytest.mark.parametrize("rtol", [slow(1e-4), 1e-6, slow(1e-8)])
def test_the_error_of_what_fast_states_have_in_common_is_seen(rates, start, k, rtol):
    # damped by each state's own rate it was hidden: 50,000 times the tolerance at 1e-8
    exact = solve_ivp(
        lambda _, y: rates(*y, k, 1.0), (0.0, TIMES[-1]), start, method="Radau", t_eval=TIMES,
        rtol=1e-11, atol=1e-13,
    )  # fmt: skip
    model = pairs(rates, k, start)
    run = model.run(model.typical(1), TIMES, rtol=rtol, method="collocation")
    assert run.status.tolist() == [0]
    assert np.abs(run.y[0] - exact.y.T).max() < rtol
    assert run.steps[0] + run.rejected[0] < 150


@pytest.mark.slow
def test_a_fast_pair_is_found_to_be_stiff_and_each_subject_is_as_if_alone():
    model = pair(1.0, dimer=True)
    P = model.typical(9)
    P[:, model.addresses.index("pair.k")] = 10.0 ** np.arange(9)
    together = model.run(P, TIMES, width=8, threads=2)
    assert together.status.tolist() == [0] * 9
    assert [METHODS[k] for k in together.method[[0, 8]]] == ["explicit", "collocation"]
    for i in range(9):
        alone = model.run(P[i : i + 1], TIMES, width=1)
        np.testing.assert_array_equal(together.y[i], alone.y[0])


@pytest.mark.parametrize("method", ["explicit", "auto"])
@pytest.mark.parametrize("k", [1e5, 1e7])
def test_an_error_whose_square_is_beyond_all_numbers_is_an_error(method, k):
    # the first step was accepted, with states of 1e206 and a status of 0
    model = pairs(growing_pair, k, (0.01, 0.01, 0.0, 0.0))
    run = model.run(model.typical(1), [0.0, 0.01], method=method)
    assert run.status.tolist() == [0]
    np.testing.assert_allclose(run.y[0, 1, :2], 0.01005, atol=1e-5)


def test_a_held_state_of_a_fast_pair_stays_and_the_other_goes_on():
    model = pair(1e6, dimer=True)
    entry = [
        np.array([x], dtype=kind) for x, kind in ((0.0, float), (HOLD, int), (1, int), (0.0, float))
    ]
    schedule = Schedule(np.array([0, 1]), *entry)
    run = model.run(model.typical(1), TIMES, schedule, method="collocation")
    assert run.status.tolist() == [0]
    np.testing.assert_array_equal(run.y[0, :, 1], 0.5)
    # a * a is as good as b
    np.testing.assert_allclose(run.y[0, 1:, 0], 0.5**0.5, rtol=1e-5)


def test_a_stiff_subject_is_given_to_the_collocation_and_named():
    model = chain(1.0)
    P = model.typical(4)
    P[[1, 3], model.addresses.index("chain.k")] = 1e5
    run = model.run(P, TIMES, rtol=1e-6)
    assert [METHODS[k] for k in run.method] == ["explicit", "collocation"] * 2
    for i, k in enumerate((1.0, 1e5, 1.0, 1e5)):
        assert np.abs(run.y[i] - truth(k)).max() < 1e-5


@pytest.mark.slow
def test_each_subject_is_as_if_alone():
    model = chain(1.0)
    P = model.typical(11)
    P[:, model.addresses.index("chain.k")] = 10.0 ** np.linspace(-1.0, 7.0, 11)
    together = model.run(P, TIMES, width=8, threads=2)
    for i in (0, 4, 10):
        for width in WIDTHS:
            alone = model.run(P[i : i + 1], TIMES, width=width)
            np.testing.assert_array_equal(together.y[i], alone.y[0])
            assert (together.method[i], together.steps[i]) == (alone.method[0], alone.steps[0])


def test_what_the_collocation_cannot_solve_goes_back():
    calls = []
    results = {
        "STATUS_OF": np.full(4, INTERRUPTED),
        "METHOD": np.zeros(4, dtype=np.int64),
    }

    def run(name, queue, patience):
        calls.append((name, queue.tolist(), patience))
        if len(calls) == 1:
            results["STATUS_OF"][:] = [0, STIFF, STIFF, 2]
        elif len(calls) == 2:
            results["STATUS_OF"][[1, 2]] = [0, 1]
        else:
            results["STATUS_OF"][2] = 0
        return False

    assert not by_method("auto", run, results)
    assert [(name, queue) for name, queue, _ in calls] == [
        ("explicit", [0, 1, 2, 3]), ("collocation", [1, 2]), ("explicit", [2])
    ]  # fmt: skip
    assert np.isinf(calls[2][2])
    assert results["STATUS_OF"].tolist() == [0, 0, 0, 2]
    assert results["METHOD"].tolist() == [0, 1, 0, 0]


def test_an_interruption_leaves_stiff_subjects_as_not_run():
    results = {"STATUS_OF": np.array([0, STIFF]), "METHOD": np.zeros(2, dtype=np.int64)}
    assert by_method("auto", lambda *_: True, results)
    assert results["STATUS_OF"].tolist() == [0, INTERRUPTED]


def test_a_method_a_width_or_threads_that_there_are_not_are_refused_at_once():
    model = chain(1.0)
    with pytest.raises(ValueError, match="allowed: auto, explicit, collocation") as caught:
        model.run(model.typical(1), TIMES, method="euler", width=3, threads=-1)
    assert "width is 3; allowed: 1, 8, 16; threads" in str(caught.value)
    assert "threads is -1" in str(caught.value)
    with pytest.raises(ValueError, match="threads is 0; allowed: a whole number from 1"):
        model.run(model.typical(1), TIMES, threads=0)
    with pytest.raises(ValueError, match=r"threads is 2\.5"):
        model.run(model.typical(1), TIMES, threads=2.5)


SCENARIOS = (
    "chasing_the_pain",
    *map(slow, ("flagship", "remifentanil_surgery", "naloxone_challenge")),
)


@pytest.mark.parametrize("name", SCENARIOS)
def test_both_methods_agree_on_shipped_scenarios(name, monkeypatch):
    scenario = oihsim.load(name).change({"population.count": 1, "population.typical": True})
    model = Model.named(scenario.model)
    drugs = {drug: load_drug(drug) for drug in scenario.drugs}
    plain, arm_runs = model.run, {}
    for method in METHODS:

        def run(*arguments, m=method, **named):
            return plain(*arguments, **(named | {"rtol": 1e-9}), method=m)

        monkeypatch.setattr(model, "run", run)
        arm_runs[method] = run_arms(scenario, model, drugs, threads=1)
    for explicit, collocation in zip(*arm_runs.values(), strict=True):
        assert (collocation.run.method == 1).all()
        gap = np.abs(explicit.run.y - collocation.run.y) / model.sizes
        assert gap.max() < 1e-6, (explicit.arm.name, gap.max())
