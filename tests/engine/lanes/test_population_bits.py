"""A subject's numbers are the same, bit for bit, whoever runs beside it and in whatever lanes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_people import HOURS, people, plan, random_people
from recorded_runs import differences, entries_of, recorded
from slow_parameters import slow_but

from oihsim.engine.lanes.kernel import METHODS, WIDTHS
from oihsim.engine.solver import BOLUS, NOT_FINITE
from oihsim.kinetics.propagation import Modes
from oihsim.scenario import shipped

NAMES = sorted(shipped())
QUICK = ("demand_analgesia",)
WAYS = ("auto", *METHODS)
WEEK = 168.0


def assert_lanes_do_not_matter(run, rng, method="auto"):
    """Run subjects in lanes of eight, then in other ways; nothing may differ in any bit."""
    n = len(run.P)
    ways = {"threads": 1, "width": 8, "method": method}
    once = run.run(**ways)
    for width in WIDTHS:
        if width != 8:
            assert differences(once, run.run(**(ways | {"width": width}))) == []
    for width in (8, WIDTHS[-1]):
        assert differences(once, run.run(**(ways | {"width": width, "threads": 2}))) == []
    order = rng.permutation(n)
    assert differences(once, run.of(order).run(**ways), order) == []
    third = np.sort(rng.choice(n, size=max(1, n // 3), replace=False))
    assert differences(once, run.of(third).run(**ways), third) == []
    alone = rng.integers(n, size=1)
    assert differences(once, run.of(alone).run(**(ways | {"width": 1})), alone) == []
    return once


@pytest.mark.parametrize(
    "name",
    slow_but(QUICK, NAMES),
)
def test_shipped_scenarios_in_their_first_week(name):
    arms = recorded(name, 9)
    chosen = {
        list(arms)[-1],
        *[arm for arm, arm_run in arms.items() if arm_run.rules.decisions][:1],
    }
    for arm in sorted(chosen):
        once = assert_lanes_do_not_matter(arms[arm].until(WEEK), np.random.default_rng(1))
        assert np.all(once.status == 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_shipped_scenarios_to_their_end(name):
    for arm_run in recorded(name, 21).values():
        assert_lanes_do_not_matter(arm_run, np.random.default_rng(2))


def test_decisions_and_doses_of_rules_are_compared_too():
    once = recorded("demand_analgesia", 9)["lock_out_8_min"].until(24.0).run(threads=1, width=8)
    other = replace(once, given=[array + 1e-15 for array in once.given])
    assert sum(map(len, once.given)) > 50
    assert differences(once, other) == ["given"]
    later = [np.where(np.isnan(array), 0.0, array) for array in once.decisions]
    later[3][0, 0] = np.nextafter(later[3][0, 0], np.inf)
    assert differences(once, replace(once, decisions=later))[-1] == "decisions"


@pytest.mark.slow
@pytest.mark.parametrize("method", WAYS)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 20))
@settings(max_examples=6, deadline=None)
def test_random_subjects_with_ledgers_of_their_own(method, seed, n):
    assert_lanes_do_not_matter(random_people(seed, n), np.random.default_rng(seed), method)


@pytest.mark.slow
@pytest.mark.parametrize("method", WAYS)
@pytest.mark.parametrize("seed", range(24))
def test_many_random_subjects(seed, method):
    run = replace(random_people(seed, 60), rtol=10.0 ** -(3 + seed % 8))
    assert_lanes_do_not_matter(run, np.random.default_rng(0), method)


@pytest.mark.slow
@pytest.mark.parametrize("method", WAYS)
@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_neighbours_that_fail_change_nothing(broken, method):
    run = random_people(5)
    once = run.run(threads=1, width=8, method=method)
    P = run.P.copy()
    lost = np.arange(0, 24, 3)
    P[lost, run.model.addresses.index("adenylyl_cyclase.k_W_on")] = broken
    healthy = np.setdiff1d(np.arange(24), lost)
    mixed = assert_lanes_do_not_matter(replace(run, P=P), np.random.default_rng(6), method)
    assert np.all(mixed.status[lost] == NOT_FINITE)
    beside = replace(run, P=P).of(healthy).run(threads=1, width=8, method=method)
    assert differences(once, beside, healthy) == []
    assert differences(mixed, beside, healthy) == []


@pytest.mark.slow
@pytest.mark.parametrize("method", WAYS)
def test_stiff_neighbours_change_nothing(method):
    run = random_people(7)
    once = run.run(threads=1, width=8, method=method)
    P = run.P.copy()
    fast = np.arange(1, 24, 4)
    for name in ("k_on", "k_off"):
        P[fast, run.model.addresses.index(f"nmda.{name}")] *= 2e3
    mixed = assert_lanes_do_not_matter(replace(run, P=P), np.random.default_rng(8), method)
    if method == "explicit":
        assert np.median(mixed.steps[fast] / once.steps[fast]) > 5.0
    if method == "auto":
        assert len(set(mixed.method)) == 2
    calm = np.setdiff1d(np.arange(24), fast)
    beside = replace(run, P=P).of(calm).run(threads=1, method=method)
    assert differences(once, beside, calm) == []


@pytest.mark.slow
def test_neighbours_with_kernels_of_their_own_change_nothing():
    """Where switches are as declared they are numbers in the kernel; elsewhere parameters."""
    run = random_people(14)
    rows = list(run.model.usual)
    usual, P = np.arange(0, 24, 3), run.P.copy()
    P[np.ix_(usual, rows)] = run.model.defaults[rows]
    mixed = replace(run, P=P)
    once = assert_lanes_do_not_matter(mixed, np.random.default_rng(15))
    assert differences(once, mixed.of(usual).run(threads=1, width=8), usual) == []
    others = np.setdiff1d(np.arange(24), usual)
    assert differences(once, run.of(others).run(threads=1, width=8), others) == []


@pytest.mark.slow
def test_neighbours_without_any_drug_change_nothing():
    run = random_people(9)
    once = run.run(threads=1, width=8)
    silent = np.arange(0, 24, 2)
    with_doses = [i for i in range(24) if i not in silent]
    entries = [
        (i, run.schedule.time[e], run.schedule.kind[e], run.schedule.index[e],
         run.schedule.value[e])
        for i in with_doses
        for e in range(*run.schedule.offset[i : i + 2])
    ]  # fmt: skip
    mixed = replace(run, schedule=plan(run, entries)).run(threads=1, width=8)
    beside = run.of(with_doses).run(threads=1, width=8)
    assert differences(mixed, beside, with_doses) == differences(once, beside, with_doses) == []
    assert np.all(mixed.steps[silent] < once.steps[silent])


@pytest.mark.slow
def test_drugs_of_neighbours_with_other_rates_change_nothing():
    """Modes that only a neighbour needs are read with an amplitude of exactly 0."""
    run = random_people(10)
    once = run.run(threads=1, width=8)
    rate = run.kinetics.rate.copy()
    odd = np.arange(1, 24, 2)
    rate[odd] *= np.random.default_rng(11).uniform(0.01, 50.0, rate[odd].shape)
    others = {name: getattr(run.kinetics, name) for name in Modes.__dataclass_fields__}
    changed = replace(run, kinetics=Modes(**(others | {"rate": rate}))).run(threads=1, width=8)
    even = np.arange(0, 24, 2)
    assert np.array_equal(once.y[even], changed.y[even])
    assert np.array_equal(once.steps[even], changed.steps[even])
    assert not np.array_equal(once.y[odd], changed.y[odd])


@pytest.mark.parametrize("size", slow_but((8,), (1, 3, 8, 17)))
def test_parts_of_any_size_give_the_same(size):
    run = random_people(12)
    together = run.run(threads=1, width=8)
    for first in range(0, 24, size):
        part = np.arange(first, min(first + size, 24))
        assert differences(together, run.of(part).run(threads=1, width=8), part) == []


@pytest.mark.parametrize("name", ["chasing_the_pain", "demand_analgesia", "remifentanil_surgery"])
def test_rules_with_a_neighbour_that_fails(name):
    run = list(recorded(name, 9).values())[-1].until(WEEK)
    once = run.run(threads=1, width=8)
    P = run.P.copy()
    P[4, run.model.addresses.index("nmda.k_on")] = np.nan
    mixed = assert_lanes_do_not_matter(replace(run, P=P), np.random.default_rng(13))
    assert mixed.status.tolist() == [0] * 4 + [NOT_FINITE] + [0] * 4
    healthy = np.delete(np.arange(9), 4)
    assert differences(once, replace(run, P=P).of(healthy).run(threads=1, width=8), healthy) == []


def test_each_lane_has_the_ledger_of_its_subject():
    run = people().of([0, 0, 0])
    morphine = run.kinetics.bolus.shape[1] - 1
    both = plan(run, [(1, 4.0, BOLUS, morphine, 1e3), (1, 20.0, BOLUS, morphine, 2e3),
                      (2, 4.0, BOLUS, morphine, 1e3)])  # fmt: skip
    assert both.offset.tolist() == [0, 0, 2, 3]
    assert entries_of(both, [2, 1]).time.tolist() == [4.0, 4.0, 20.0]
    y = replace(run, schedule=both).run(threads=1, width=8).y
    before = HOURS <= 20.0
    assert np.array_equal(y[1, before], y[2, before])
    assert np.all(np.any(y[1, ~before] != y[2, ~before], axis=1))
    assert np.all(y[0] == run.y0[0])
