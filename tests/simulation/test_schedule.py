"""Schedules: sorted, exact in time and amount, and blind to the order of listing."""

import time
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oihsim.engine.solver import BOLUS, DECISION, GIVE, HOLD, RATE, RELEASE
from oihsim.files.errors import ModelError
from oihsim.simulation.schedule import Given, compile_schedule
from oihsim.treatment.arm import Arm, Course, Hold
from oihsim.treatment.rule_sets import DoseLine, Rule, RuleSet


class TwoInputs:
    """Takes a third of a dose at once and the rest into a second input after a lag."""

    def __init__(self, lag=0.0, duration=None):
        self.lag, self.duration = lag, duration

    def route_inputs(self, route, values, dose_mg):
        n = len(values["WT"])
        lag = np.broadcast_to(np.asarray(self.lag, dtype=float), (n,))
        duration = None if self.duration is None else np.broadcast_to(self.duration, (n,))
        if route == "iv":
            return [(0, np.full(n, 1.0), np.zeros(n), None)]
        second = (1, 1.0 + dose_mg * 0.0, lag, duration)
        return [(0, np.full(n, 0.25), np.zeros(n), None), second]


def given_drug(n=2, lag=0.0, duration=None, first_input=0):
    values = {"WT": np.linspace(50.0, 100.0, n) if n > 1 else np.array([70.0])}
    return Given(TwoInputs(lag, duration), first_input, values)


def entries(schedule, subject=0):
    part = slice(schedule.offset[subject], schedule.offset[subject + 1])
    columns = (schedule.time, schedule.kind, schedule.index, schedule.value)
    return list(zip(*(column[part].tolist() for column in columns), strict=True))


def compiled(arm, n=2, end=1000.0, states=None, **drugs):
    return compile_schedule(arm, drugs, states or {}, n, end)


def test_a_bolus_enters_at_its_time_with_its_amount():
    arm = Arm("a", (Course(0.0, "x", "iv", 10.0, number=3, every_h=12.0),))
    assert entries(compiled(arm, x=given_drug())) == [
        (0.0, BOLUS, 0, 10.0),
        (12.0, BOLUS, 0, 10.0),
        (24.0, BOLUS, 0, 10.0),
    ]


def test_a_block_of_rules_is_its_visits_and_the_first_dose_of_its_line():
    line = DoseLine("x", "iv", 2.0, every_h=12.0, from_h=1.0)
    rule = Rule("r", "hold")
    blocks = (RuleSet("a", (0.5, 1.0), (rule,)), RuleSet("b", (1.0, 99.0), (rule,), line))
    arm = Arm("a", (Course(1.0, "x", "iv", 7.0),), rules=blocks)
    assert entries(compiled(arm, end=90.0, x=given_drug(first_input=5)), 1) == [
        (0.5, DECISION, 0, 0.0),
        (1.0, BOLUS, 5, 7.0),
        (1.0, DECISION, 0, 0.0),
        (1.0, DECISION, 1, 0.0),
        (1.0, GIVE, 1, 0.0),
    ]


def test_an_infusion_is_a_rate_on_and_the_same_rate_off():
    arm = Arm("a", (Course(5.0, "x", "iv", 10.0, duration_h=4.0),))
    assert entries(compiled(arm, x=given_drug())) == [(5.0, RATE, 0, 2.5), (9.0, RATE, 0, -2.5)]


def test_a_dose_per_kg_is_multiplied_by_each_weight():
    arm = Arm("a", (Course(0.0, "x", "iv", 0.5, per_kg=True),))
    schedule = compiled(arm, n=3, x=given_drug(3))
    assert schedule.value.tolist() == [25.0, 37.5, 50.0]


def test_an_oral_dose_splits_over_its_inputs_and_waits_for_its_lag():
    arm = Arm("a", (Course(0.0, "x", "oral", 8.0),))
    schedule = compiled(arm, x=given_drug(lag=[0.5, 2.0], first_input=3))
    assert entries(schedule, 0) == [(0.0, BOLUS, 3, 2.0), (0.5, BOLUS, 4, 8.0)]
    assert entries(schedule, 1) == [(0.0, BOLUS, 3, 2.0), (2.0, BOLUS, 4, 8.0)]


def test_zero_order_absorption_is_a_rate_after_the_lag():
    arm = Arm("a", (Course(0.0, "x", "oral", 8.0),))
    schedule = compiled(arm, x=given_drug(lag=0.5, duration=4.0))
    assert entries(schedule)[1:] == [(0.5, RATE, 1, 2.0), (4.5, RATE, 1, -2.0)]


def test_a_duration_of_absorption_that_is_not_positive_is_refused():
    arm = Arm("a", (Course(0.0, "x", "oral", 8.0),))
    with pytest.raises(ModelError, match="x oral"):
        compiled(arm, x=given_drug(duration=np.array([1.0, 0.0])))


def test_subjects_are_sorted_each_by_their_own_lag():
    courses = (Course(0.0, "x", "oral", 8.0), Course(1.0, "x", "iv", 4.0))
    schedule = compiled(Arm("a", courses), x=given_drug(lag=[0.5, 2.0]))
    assert [entry[0] for entry in entries(schedule, 0)] == [0.0, 0.5, 1.0]
    assert [entry[0] for entry in entries(schedule, 1)] == [0.0, 1.0, 2.0]
    assert [entry[2] for entry in entries(schedule, 1)] == [0, 0, 1]


def test_nothing_at_or_after_the_end_is_kept():
    courses = (Course(0.0, "x", "oral", 8.0, number=3, every_h=10.0),)
    schedule = compiled(Arm("a", courses), end=21.0, x=given_drug(lag=[0.5, 2.0]))
    assert [entry[0] for entry in entries(schedule, 0)] == [0.0, 0.5, 10.0, 10.5, 20.0, 20.5]
    assert [entry[0] for entry in entries(schedule, 1)] == [0.0, 2.0, 10.0, 12.0, 20.0]
    assert entries(compiled(Arm("a", courses), end=20.0, x=given_drug()))[-1][0] == 10.0


def test_the_past_has_negative_times():
    arm = Arm("a", (Course(-24.0, "x", "iv", 1.0, number=3, every_h=12.0),))
    assert [entry[0] for entry in entries(compiled(arm, x=given_drug()))] == [-24.0, -12.0, 0.0]


def test_an_arm_without_doses_is_an_empty_schedule():
    schedule = compiled(Arm("a", ()), n=3)
    assert schedule.offset.tolist() == [0, 0, 0, 0]
    assert len(schedule.time) == 0


def test_a_hold_freezes_the_states_of_its_mechanism():
    arm = Arm("a", (), (Hold("nmda", 0.0, 240.0), Hold("glia", 5.0, np.inf)))
    schedule = compiled(arm, states={"nmda": (3, 4), "glia": (7,)})
    assert entries(schedule) == [
        (0.0, HOLD, 3, 0.0),
        (0.0, HOLD, 4, 0.0),
        (5.0, HOLD, 7, 0.0),
        (240.0, RELEASE, 3, 0.0),
        (240.0, RELEASE, 4, 0.0),
    ]


def test_overlapping_holds_are_one_hold():
    holds = (Hold("nmda", 5.0, 9.0), Hold("nmda", 0.0, 6.0), Hold("nmda", 9.0, 12.0))
    schedule = compiled(Arm("a", (), holds), states={"nmda": (3,)})
    assert entries(schedule) == [(0.0, HOLD, 3, 0.0), (12.0, RELEASE, 3, 0.0)]


def test_the_order_of_listing_has_no_effect():
    courses = (
        Course(0.0, "x", "iv", 10.0, number=3, every_h=12.0),
        Course(0.0, "x", "iv", 5.0, duration_h=12.0),
        Course(12.0, "x", "iv", 0.1, per_kg=True),
        Course(12.0, "y", "oral", 4.0),
    )
    holds = (Hold("nmda", 12.0, 20.0), Hold("glia", 12.0, 13.0))
    drugs = {"x": given_drug(), "y": given_drug(lag=[0.0, 0.3], first_input=2)}
    states = {"nmda": (1,), "glia": (0,)}
    first = compiled(Arm("a", courses, holds), states=states, **drugs)
    for order in permutations(courses):
        again = compiled(Arm("a", order, holds[::-1]), states=states, **drugs)
        for name in ("offset", "time", "kind", "index", "value"):
            np.testing.assert_array_equal(getattr(again, name), getattr(first, name))


def test_adding_a_subject_leaves_the_others_alone():
    arm = Arm("a", (Course(0.0, "x", "oral", 0.3, per_kg=True, number=4, every_h=1.0),))
    lag = np.array([0.1, 1.7, 0.4, 2.2])
    values = {"WT": np.array([50.0, 60.0, 70.0, 80.0])}
    for n in (1, 2, 4):
        some = Given(TwoInputs(lag[:n]), 0, {"WT": values["WT"][:n]})
        every = Given(TwoInputs(lag), 0, values)
        assert entries(compiled(arm, n, x=some), n - 1) == entries(compiled(arm, 4, x=every), n - 1)


COURSES = st.builds(
    Course,
    first_h=st.integers(-50, 50).map(float),
    drug=st.sampled_from(["x", "y"]),
    route=st.sampled_from(["iv", "oral"]),
    amount=st.integers(1, 100).map(float),
    per_kg=st.booleans(),
    duration_h=st.sampled_from([0.0, 0.0, 1.0, 7.0]),
    number=st.integers(1, 5),
    every_h=st.sampled_from([1.0, 12.0]),
)


@settings(max_examples=60, deadline=None)
@given(
    courses=st.lists(COURSES, max_size=6),
    lags=st.lists(st.floats(0.0, 3.0), min_size=3, max_size=3),
)
def test_every_schedule_is_sorted_and_gives_the_whole_dose(courses, lags):
    drugs = {"x": given_drug(3, lag=lags), "y": given_drug(3, first_input=2)}
    schedule = compiled(Arm("a", tuple(courses)), 3, 10_000.0, **drugs)
    weights = drugs["x"].values["WT"]
    for subject in range(3):
        rows = entries(schedule, subject)
        assert [row[0] for row in rows] == sorted(row[0] for row in rows)
        keys = [row[:3] for row in rows]
        assert keys == sorted(keys)
        got = sum(row[3] for row in rows if row[1] == BOLUS)
        got -= sum(row[0] * row[3] for row in rows if row[1] == RATE)
        wanted = 0.0
        for course in courses:
            amount = course.total * (weights[subject] if course.per_kg else 1.0)
            wanted += amount * (1.0 if course.route == "iv" else 1.25)
        assert got == pytest.approx(wanted, rel=1e-9)
        assert sum(row[3] for row in rows if row[1] == RATE) == pytest.approx(0.0, abs=1e-9)


def test_ten_thousand_subjects_compile_quickly():
    n = 10_000
    lag = np.random.default_rng(1).uniform(0.0, 1.0, n)
    arm = Arm("a", (Course(0.0, "x", "oral", 30.0, number=180, every_h=12.0),))
    start = time.perf_counter()
    schedule = compiled(arm, n, 2160.0, x=given_drug(n, lag=lag))
    assert time.perf_counter() - start < 10.0  # about 0.5 s on a quiet machine
    assert len(schedule.time) == 2 * 180 * n
