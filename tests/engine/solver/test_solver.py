"""The solver's contract: honest error, stops, decisions, holds, failures, and its work."""

from itertools import pairwise

import numpy as np
import pytest
from one_drug import drug, matrices, schedule, weights
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from oihsim.engine.compiled_model import Model, Weights
from oihsim.engine.solver import BOLUS, DECISION, HOLD, RATE, RELEASE, RESET, RuleArrays, Schedule
from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State

TWICE_DAILY = [(12.0 * k, 0, 300.0, 0.0) for k in range(20)]


@pytest.fixture(scope="module")
def model():
    return Model.named("oihsim-1")


def run(model, doses, t, n=1, **options):
    spread = options.pop("spread", 0.0)
    return model.run(
        model.typical(n),
        t,
        schedule(n, doses),
        drug(n, spread=spread),
        weights(model, n),
        **options,
    )


def tracker(k=1.0):
    """One state that follows the drive: linear, so the exact answer is a matrix exponential."""

    def rates(x_follow, total_mor_drive, k):
        return k * (total_mor_drive - x_follow)

    def read(x_follow):
        return x_follow * x_follow

    return Model(
        [
            Mechanism(
                "follow",
                "follows the drive",
                states=[State("x_follow", "follower", 0.0, "1", "follower", typical=0.1)],
                outputs=[Output("x_square", "follower_squared", "1", "square", read)],
                parameters=[Parameter("k", k, "1/h", "rate")],
                rates=rates,
            )
        ]
    )


def exact_follower(times, doses, k=1.0, KD=540.0):
    A, B, _, _ = (array[0] for array in matrices())
    matrix = np.zeros((5, 5))  # depot, central, effect, follower, constant
    matrix[:3, :3] = A
    matrix[3, 2], matrix[3, 3] = k / KD, -k
    x, now, flow, out = np.zeros(5), 0.0, np.zeros(3), []
    x[4] = 1.0
    edges = sorted({t for t, *_ in doses} | {t + d for t, _, _, d in doses if d} | set(times))
    for edge in edges:
        matrix[:3, 4] = flow
        x = expm(matrix * (edge - now)) @ x
        now = edge
        if edge in times:
            out.append(x[3])
        for time, into, amount, duration in doses:
            if duration == 0.0 and time == edge:
                x[:3] += amount * B[into]
            if duration and time == edge:
                flow = flow + amount / duration * B[into]
            if duration and time + duration == edge:
                flow = flow - amount / duration * B[into]
    return np.array(out)


DOSES = [(0.0, 0, 100.0, 0.0), (5.0, 1, 40.0, 3.0), (6.5, 1, 60.0, 4.0), (9.0, 0, 30.0, 0.0)]
TIMES = [0.0, 1.0, 5.0, 6.0, 7.0, 9.0, 11.0, 24.0, 100.0]


def test_boluses_and_overlapping_infusions_against_the_matrix_exponential():
    engine = tracker()
    result = engine.run(
        engine.typical(1), TIMES, schedule(1, DOSES), drug(), follow(engine), rtol=1e-11
    )
    np.testing.assert_allclose(result.y[0, :, 0], exact_follower(TIMES, DOSES), atol=1e-11)


def follow(engine):
    return Weights(
        np.array([engine.drives.index("total_mor_drive")]),
        np.zeros(1, dtype=np.int64),
        np.full((1, 1), 1 / 540.0),
    )


def test_time_constant_of_a_minute_keeps_the_tolerance():
    engine = tracker(k=60.0)
    for rtol in (1e-3, 1e-6, 1e-8):
        result = engine.run(
            engine.typical(1), TIMES, schedule(1, DOSES), drug(), follow(engine), rtol=rtol
        )
        error = np.abs(result.y[0, :, 0] - exact_follower(TIMES, DOSES, k=60.0))
        assert np.max(error) / engine.sizes[0] <= 10 * rtol


def test_error_stays_within_ten_times_the_tolerance(model):
    t = np.arange(0.0, 241.0, 3.0)
    exact = run(model, TWICE_DAILY, t, rtol=1e-12)
    previous = np.inf
    for rtol in 10.0 ** -np.arange(3, 9):
        error = np.max(np.abs(run(model, TWICE_DAILY, t, rtol=rtol).y - exact.y) / model.sizes)
        assert error <= 10 * rtol
        assert error < previous
        previous = error


@pytest.mark.slow
def test_compiled_right_hand_side_under_lsoda_agrees(model):
    t = np.arange(0.0, 49.0, 3.0)
    doses = TWICE_DAILY[:4]
    engine = run(model, doses, t, rtol=1e-10)
    other = by_scipy(model, doses, t, "LSODA", 1e-10)
    assert np.max(np.abs(engine.y[0] - other) / model.sizes) <= 1e-6


def by_scipy(model, doses, t, method, rtol):
    A, B, C, _ = (array[0] for array in matrices())
    w = weights(model)
    dy = np.zeros(len(model.y0))

    def field(_, state):
        u = np.zeros(len(model.drives))
        np.add.at(u, w.drive, w.factor[0] * (C @ state[:3])[w.ligand])
        model.generated.rhs(state[3:].copy(), model.defaults, u, dy)
        return np.concatenate([A @ state[:3], dy])

    state, out = np.concatenate([np.zeros(3), model.y0]), [model.y0]
    edges = sorted({time for time, *_ in doses} | set(t))
    for start, end in pairwise(edges):
        for time, into, amount, _ in doses:
            if time == start:
                state[:3] += amount * B[into]
        state = solve_ivp(field, (start, end), state, method, rtol=rtol, atol=rtol * 1e-3).y[:, -1]
        if end in t:
            out.append(state[3:].copy())
    return np.array(out)


def test_output_at_a_dose_time_is_the_value_before_the_dose(model):
    result = run(model, [(0.0, 1, 50.0, 0.0), (6.0, 1, 50.0, 0.0)], [0.0, 6.0, 6.0 + 1e-9])
    plasma = result.concentrations[0, :, 1]
    assert plasma[0] == 0.0
    assert plasma[2] - plasma[1] == pytest.approx(50.0, rel=1e-6)


def test_two_half_doses_equal_one_dose(model):
    t = [0.0, 12.0, 30.0]
    single = run(model, [(1.0, 0, 100.0, 0.0)], t)
    halves = run(model, [(1.0, 0, 50.0, 0.0), (1.0, 0, 50.0, 0.0)], t)
    np.testing.assert_allclose(single.y, halves.y, atol=1e-12)
    np.testing.assert_allclose(single.concentrations, halves.concentrations, atol=1e-12)


def test_concentrations_superpose(model):
    t = np.arange(0.0, 48.0, 1.5)
    a, b = [(0.0, 0, 100.0, 0.0)], [(7.0, 1, 30.0, 5.0)]
    parts = [run(model, doses, t).concentrations for doses in (a, b, a + b)]
    np.testing.assert_allclose(parts[0] + parts[1], parts[2], atol=1e-11)


def test_an_infusion_leaves_nothing_behind(model):
    result = run(model, [(0.0, 1, 30.0, 3.0), (1.0, 1, 10.0, 5.0)], [0.0, 400.0])
    assert abs(result.concentrations[0, 1]).max() < 1e-30


def test_subjects_do_not_see_each_other_nor_the_threads(model):
    t = [0.0, 24.0, 48.0]
    many = run(model, TWICE_DAILY, t, n=40, spread=0.3, threads=2)
    one_by_one = run(model, TWICE_DAILY, t, n=40, spread=0.3, threads=1)
    assert np.array_equal(many.y, one_by_one.y)
    alone = model.run(
        model.typical(1), t, schedule(1, TWICE_DAILY), subject(drug(40, spread=0.3), 17),
        weights(model),
    )  # fmt: skip
    assert np.array_equal(alone.y[0], many.y[17])


def subject(kinetics, i):
    fields = {name: getattr(kinetics, name) for name in kinetics.__dataclass_fields__}
    for name in ("rate", "chain", "bolus", "steady", "rows"):
        fields[name] = fields[name][i : i + 1]
    return type(kinetics)(**fields)


def test_a_held_state_goes_to_its_baseline_and_comes_back_to_life(model):
    state = model.states.index("N")
    t = np.arange(0.0, 240.0, 6.0)
    base = schedule(1, [(12.0 * k, 0, 3000.0, 0.0) for k in range(20)])
    plan = sorted(
        [*zip(base.time, base.kind, base.index, base.value, strict=True),
         (96.0, HOLD, state, 0.0), (144.0, RELEASE, state, 0.0)]
    )  # fmt: skip
    held = Schedule(np.array([0, len(plan)]), *map(np.array, zip(*plan, strict=True)))
    N = model.run(model.typical(1), t, held, drug(), weights(model)).y[0, :, state]
    assert N[t == 96.0][0] > 0.05
    assert np.all(N[(t > 96.0) & (t <= 144.0)] == 0.0)
    assert N[-1] > 0.05


def test_held_from_the_start_equals_the_baseline_throughout(model):
    t = np.arange(0.0, 120.0, 6.0)
    doses = schedule(1, TWICE_DAILY)
    rows = [(0.0, HOLD, i, 0.0) for i in range(len(model.states))]
    rows += list(zip(doses.time, doses.kind, doses.index, doses.value, strict=True))
    rows.sort(key=lambda row: row[0])
    held = Schedule(np.array([0, len(rows)]), *map(np.array, zip(*rows, strict=True)))
    result = model.run(model.typical(1), t, held, drug(), weights(model))
    assert np.array_equal(result.y[0], np.tile(model.y0, (len(t), 1)))


def test_a_reset_is_a_new_start(model):
    t = np.arange(0.0, 120.0, 4.0)
    first = [(0.0, 0, 3000.0, 0.0), (12.0, 1, 2000.0, 100.0)]
    plan = schedule(1, first)
    later = (60.0, 0, 500.0)
    early = plan.time < 48.0
    joined = Schedule(
        np.array([0, early.sum() + 2]), np.append(plan.time[early], [48.0, later[0]]),
        np.append(plan.kind[early], [RESET, BOLUS]), np.append(plan.index[early], [0, later[1]]),
        np.append(plan.value[early], [0.0, later[2]]),
    )  # fmt: skip
    with_reset = model.run(model.typical(1), t, joined, drug(), weights(model))
    fresh = run(model, [(later[0] - 48.0, *later[1:], 0.0)], t[t >= 48.0] - 48.0)
    # the output of the reset's time is the value before it
    np.testing.assert_allclose(with_reset.y[0, t > 48.0], fresh.y[0, 1:], atol=1e-6)
    np.testing.assert_allclose(
        with_reset.concentrations[0, t > 48.0], fresh.concentrations[0, 1:], rtol=1e-12, atol=1e-12
    )
    assert not np.allclose(with_reset.y[0, t == 48.0], fresh.y[0, 0], atol=1e-3)


def test_a_subject_that_fails_is_alone(model):
    P = model.typical(3)
    P[1, model.addresses.index("adenylyl_cyclase.k_W_on")] = np.nan
    result = model.run(P, [0.0, 24.0], schedule(3, TWICE_DAILY), drug(3), weights(model, 3))
    assert result.status.tolist() == [0, 2, 0]
    assert np.all(np.isnan(result.y[1]))
    assert np.all(np.isfinite(result.y[[0, 2]]))


def test_shapes_that_do_not_fit_are_refused(model):
    with pytest.raises(ValueError, match="expected"):
        model.run(np.zeros((1, 3)), [0.0, 1.0])
    with pytest.raises(ValueError, match="ascending"):
        model.run(model.typical(1), [1.0, 0.0])
    with pytest.raises(ValueError, match="rules are for 1 subjects, P for 2"):
        model.run(model.typical(2), [0.0, 1.0], rules=RuleArrays.none(1))
    visit = Schedule(np.array([0, 1]), np.zeros(1), np.array([DECISION]), np.zeros(1, int),
                     np.zeros(1))  # fmt: skip
    with pytest.raises(ValueError, match="a block of rules that does not exist"):
        model.run(model.typical(1), [0.0, 1.0], visit)


def test_a_drug_long_gone_costs_no_steps(model):
    """A short-acting bolus on day 1 changes the steps of days 2 to 90 by less than 5 %."""
    fast = drug(ka=40.0, k=25.0, ke0=28.0)
    t = np.arange(24.0, 2161.0, 12.0)
    daily = [(24.0 * k + 24.0, 0, 100.0, 0.0) for k in range(89)]
    base = np.concatenate([[0.0], t])

    def steps(extra):
        kinetics, factor = both_drugs(fast)
        doses = schedule(1, [*extra, *daily])
        full_run = model.run(model.typical(1), base, doses, kinetics, factor(model))
        first = model.run(model.typical(1), [0.0, 24.0], schedule(1, extra) if extra else None,
                          kinetics, factor(model))  # fmt: skip
        return full_run.steps[0] - first.steps[0]

    assert abs(steps([(0.5, 2, 500.0, 0.0)]) / steps([]) - 1.0) < 0.05


def both_drugs(fast):
    from oihsim.kinetics.propagation import together

    slow = drug()
    kinetics = together([slow, fast], 1)

    def factor(model):
        single = weights(model)
        return Weights(
            np.concatenate([single.drive, single.drive]),
            np.concatenate([single.ligand, single.ligand + 1]),
            np.concatenate([single.factor, single.factor * 9.0], axis=1),
        )

    return kinetics, factor


def test_kinds_are_those_of_the_page():
    assert (BOLUS, RATE, HOLD, RELEASE, DECISION) == (0, 1, 2, 3, 4)


def test_an_undefined_read_out_fails_the_subject(model):
    P = model.typical(2)
    P[1, model.addresses.index("nociception.p0")] = 10.0
    result = model.run(P, [0.0, 24.0], schedule(2, TWICE_DAILY), drug(2), weights(model, 2))
    assert result.status.tolist() == [0, 2]
    assert np.all(np.isnan(result.y[1]))
