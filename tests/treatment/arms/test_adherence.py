"""Missed and late doses: how many, in what runs, how late, and the same whatever stands beside."""

import math
from dataclasses import replace
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oihsim.drugs import load_drug
from oihsim.simulation.intake import arm_intake, block_intake, chances, dose_times, intake_of, taken
from oihsim.simulation.schedule import Given, compile_schedule
from oihsim.treatment.arm import Adherence, Arm, Course
from oihsim.treatment.rule_sets import DoseLine, Rule, RuleSet

N, DOSES = 400, 500
Z = 4.5
"""Standard errors; seeds are fixed, so a test passes always or never."""

LINE = Course(0.0, "morphine", "oral", 30.0, number=DOSES, every_h=12.0)


def missed(adherence, course=LINE, n=N, seed=1):
    return ~taken(adherence, course, n, seed)[0]


def test_the_share_of_missed_doses_is_as_written():
    for share in (0.02, 0.1, 0.5, 0.97):
        missing = missed(Adherence(share, share))
        error = math.sqrt(share * (1.0 - share) / missing.size)
        assert abs(missing.mean() - share) < Z * error
        # misses follow each other no more often than by chance
        both = missing[:, 1:] & missing[:, :-1]
        pair = share**2
        assert abs(both.mean() - pair) < Z * math.sqrt(2 * pair * (1.0 - pair) / both.size)
    assert not missed(Adherence(0.0)).any()
    assert missed(Adherence(1.0, 1.0)).all()


def test_subjects_differ_around_the_mean_as_written():
    subject_chances, _, _ = chances(Adherence(0.1, 0.1, sd=1.5), 20_000, seed=5)
    assert abs(subject_chances.mean() - 0.1) < Z * subject_chances.std() / math.sqrt(
        subject_chances.size
    )
    logit = np.log(subject_chances / (1.0 - subject_chances))
    assert logit.std() == pytest.approx(1.5, rel=0.03)
    assert abs(np.mean((logit - logit.mean()) ** 3)) / 1.5**3 < 0.1
    # the one who misses often does so with every drug
    misses = missed(Adherence(0.1, 0.1, sd=1.5))
    other = missed(Adherence(0.1, 0.1, sd=1.5), replace(LINE, drug="gabapentin"))
    assert not np.array_equal(misses, other)
    assert np.corrcoef(misses.mean(axis=1), other.mean(axis=1))[0, 1] > 0.9


def test_a_subject_misses_by_the_chance_of_that_subject():
    adherence = Adherence(0.2, 0.2, sd=1.0)
    subject_chances, _, _ = chances(adherence, N, seed=1)
    error = np.sqrt(subject_chances * (1.0 - subject_chances) / DOSES)
    z = (missed(adherence).mean(axis=1) - subject_chances) / error
    assert np.abs(z).max() < 5.5
    assert z.std() == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("again", [0.1, 0.4, 0.8])
def test_missed_doses_in_a_row_follow_the_law_of_a_chain(again):
    misses = missed(Adherence(0.1, again))
    r = (again - 0.1) / 0.9
    # neighbours that go together count for fewer doses
    error = math.sqrt(0.09 / misses.size * (1.0 + r) / (1.0 - r))
    assert abs(misses.mean() - 0.1) < Z * error
    after = misses[:, 1:][misses[:, :-1]]
    assert abs(after.mean() - again) < Z * math.sqrt(again * (1.0 - again) / after.size)
    runs = []
    for row in misses:
        parts = [(value, len(list(run))) for value, run in groupby(row.tolist())]
        # the first and the last run may be cut
        runs += [length for value, length in parts[1:-1] if value]
    runs = np.array(runs)
    deviation = math.sqrt(again) / (1.0 - again)
    assert abs(runs.mean() - 1.0 / (1.0 - again)) < Z * deviation / math.sqrt(len(runs)) + 0.01
    for length in (2, 3, 5):
        share = again ** (length - 1)
        spread = math.sqrt(share * (1.0 - share) / len(runs))
        assert abs((runs >= length).mean() - share) < Z * spread + 0.003


def test_who_never_takes_two_in_a_row_is_all_or_nothing():
    misses = missed(Adherence(0.3, 1.0))
    assert set(misses.mean(axis=1)) == {0.0, 1.0}
    assert abs(misses[:, 0].mean() - 0.3) < Z * math.sqrt(0.21 / N)


def test_a_chain_goes_on_from_a_line_of_a_drug_to_the_next():
    days = [
        Course(24.0 * day, "morphine", "oral", 10.0, number=20, every_h=168.0) for day in range(5)
    ]
    late = intake_of(Adherence(0.3, 1.0), days, 50, seed=1)
    all_misses = np.concatenate([np.isnan(late[course]) for course in days], axis=1)
    assert set(all_misses.mean(axis=1)) == {0.0, 1.0}


LATE = {
    "half-normal": Adherence(late_h=1.0),
    "log-normal": Adherence(late_h=0.5, late_cv=0.8),
}


@pytest.mark.parametrize("kind", LATE)
def test_delays_have_the_distribution_as_written(kind):
    _, delay = taken(LATE[kind], replace(LINE, every_h=1000.0), N, seed=1)
    assert delay.min() >= 0.0
    # what share of the delays should be below each of these
    omega = math.sqrt(math.log1p(0.64))
    for hours in (0.1, 0.5, 1.0, 2.0):
        share = math.erf(hours / math.sqrt(2.0))
        if kind == "log-normal":
            share = 0.5 * (1.0 + math.erf(math.log(hours / 0.5) / omega / math.sqrt(2.0)))
        error = math.sqrt(share * (1.0 - share) / delay.size)
        assert abs((delay < hours).mean() - share) < Z * error


@settings(max_examples=60, deadline=None)
@given(
    interval=st.floats(0.01, 48.0),
    size=st.floats(0.01, 500.0),
    cv=st.one_of(st.none(), st.floats(0.01, 10.0)),
    share=st.floats(0.0, 0.9),
    seed=st.integers(0, 2**40),
)
def test_no_dose_is_later_than_the_next_and_none_is_early(interval, size, cv, share, seed):
    adherence = Adherence(share, share, late_h=size, late_cv=cv)
    courses = [
        Course(0.0, "morphine", "oral", 10.0, number=4, every_h=interval),
        Course(4.0 * interval, "morphine", "oral", 20.0, number=3, every_h=interval / 2.0),
    ]
    late = intake_of(adherence, courses, 3, seed)
    gap = [interval] * 4 + [interval / 2.0] * 3
    delay = np.concatenate([late[course] for course in courses], axis=1)
    assert np.all((delay >= 0.0) & (delay <= np.array(gap) + 1e-9) | np.isnan(delay))
    for course in courses:
        times = dose_times(course, late[course], 3)
        taken = [row[~np.isnan(row)] for row in times]
        assert all(np.all(np.diff(row) >= -2e-9) for row in taken)


def test_more_subjects_more_doses_and_other_amounts_change_nothing():
    adherence = Adherence(0.3, 0.6, sd=1.0, late_h=1.0)
    few = taken(adherence, LINE, 3, seed=7)
    for other in (
        taken(adherence, LINE, 50, seed=7),
        taken(adherence, replace(LINE, amount=45.0, duration_h=0.5), 3, seed=7),
    ):
        for few_late, theirs in zip(few, other, strict=True):
            np.testing.assert_array_equal(theirs[:3], few_late)
    short = taken(adherence, replace(LINE, number=10), 3, seed=7)
    np.testing.assert_array_equal(short[0], few[0][:, :10])
    np.testing.assert_array_equal(short[1], few[1][:, :10])
    assert not np.array_equal(few[0], taken(adherence, LINE, 3, seed=8)[0])


def test_a_line_in_two_parts_is_missed_like_the_undivided_line():
    adherence = Adherence(0.3, 0.6, sd=1.0, late_h=1.0)
    parts = [
        replace(LINE, number=20),
        replace(LINE, first_h=240.0, amount=45.0, number=DOSES - 20),
    ]
    undivided = intake_of(adherence, [LINE], 5, seed=1)[LINE]
    late = intake_of(adherence, parts, 5, seed=1)
    np.testing.assert_array_equal(
        np.concatenate([late[course] for course in parts], axis=1), undivided
    )
    # in any order, and with another drug beside
    beside = [replace(LINE, drug="gabapentin"), *parts[::-1]]
    again = intake_of(adherence, beside, 5, seed=1)
    np.testing.assert_array_equal(again[parts[1]], late[parts[1]])


def test_only_what_somebody_takes_from_time_0_on_is_missed():
    adherence = Adherence(0.9, 0.9, late_h=1.0)
    courses = (
        Course(-240.0, "morphine", "oral", 30.0, number=20, every_h=12.0),
        Course(0.0, "morphine", "iv", 5.0, number=20, every_h=12.0),
        Course(0.0, "morphine", "epidural", 5.0, number=20, every_h=12.0),
        Course(0.0, "fentanyl", "transdermal", 5.0, duration_h=480.0),
        Course(0.0, "morphine", "oral_er", 30.0, number=20, every_h=12.0),
        Course(0.0, "fentanyl", "transdermal", 1.8, number=4, every_h=72.0, duration_h=72.0),
    )
    assert set(arm_intake(Arm("a", courses, adherence=adherence), 3, seed=1)) == {*courses[4:]}
    across = Course(-24.0, "morphine", "oral", 30.0, number=10, every_h=12.0)
    late = intake_of(adherence, [across], 30, seed=1)[across]
    assert not late[:, :2].any()
    assert np.isnan(late[:, 2:]).any()
    named = replace(adherence, drugs=("morphine",), routes=("iv",))
    assert set(intake_of(named, courses, 3, seed=1)) == {courses[1]}
    assert arm_intake(Arm("a", courses), 3, seed=1) == {}


def scheduled(courses, intake, n=4, end=2000.0):
    drug = load_drug("morphine")
    on_board = {"morphine": Given(drug, 0, drug.typical(n))}
    return compile_schedule(Arm("a", tuple(courses)), on_board, {}, n, end, intake=intake)


COLUMNS = ("offset", "time", "kind", "index", "value")


def test_all_taken_on_time_is_the_schedule_without_adherence():
    courses = [replace(LINE, number=20), Course(6.0, "morphine", "iv", 5.0, duration_h=1.0)]
    plain = scheduled(courses, None)
    for intake in ({}, {courses[0]: np.zeros((4, 20))}):
        again = scheduled(courses, intake)
        for name in COLUMNS:
            assert getattr(plain, name).tobytes() == getattr(again, name).tobytes()


def test_a_missed_dose_has_no_entry_and_a_late_dose_is_complete():
    course = replace(LINE, number=40)
    drug = load_drug("morphine")
    ways = len(drug.route_inputs("oral", drug.typical(4), np.full(4, 30.0)))
    late = intake_of(Adherence(0.4, 0.4), [course], 4, seed=3)
    entries = scheduled([course], late)
    counts = (~np.isnan(late[course])).sum(axis=1)
    assert (np.diff(entries.offset) == counts * ways).all()
    assert 0 < counts.min() < counts.max() < 40
    plain = scheduled([course], None)
    delayed = scheduled([course], intake_of(Adherence(late_h=2.0), [course], 4, seed=3))
    assert delayed.value.sum() == plain.value.sum()
    assert (np.sort(delayed.time) >= np.sort(plain.time)).all()
    assert (delayed.time > plain.time).any()
    # subjects differ, and each is sorted
    parts = np.split(delayed.time, delayed.offset[1:-1])
    assert all((np.diff(part) >= 0.0).all() for part in parts)
    assert not np.array_equal(parts[0], parts[1])


def test_a_late_infusion_runs_as_long():
    course = Course(0.0, "morphine", "iv", 5.0, duration_h=2.0, number=3, every_h=12.0)
    late = intake_of(Adherence(late_h=1.0, routes=("iv",)), [course], 1, seed=1)
    entries = scheduled([course], late, n=1)
    starts, ends = entries.time[entries.value > 0.0], entries.time[entries.value < 0.0]
    assert ends - starts == pytest.approx([2.0] * 3, abs=1e-8)
    assert starts == pytest.approx(dose_times(course, late[course], 1)[0])


def test_a_line_that_rules_act_on_is_missed_like_a_fixed_line():
    adherence = Adherence(0.3, 0.6, sd=1.0, late_h=1.0)
    line = DoseLine("morphine", "oral", 15.0, every_h=12.0)
    block = RuleSet("chasing", (24.0,), (Rule("raise", "raise", by=0.5),), line)
    late = block_intake(adherence, block, 6, DOSES, seed=1)
    fixed = intake_of(adherence, [LINE], 6, seed=1)[LINE]
    np.testing.assert_array_equal(late, fixed)
    np.testing.assert_array_equal(block_intake(adherence, block, 6, 30, seed=1), late[:, :30])
    other = DoseLine("methadone", "oral", 5.0, every_h=1.0)
    more = replace(block, rules=(*block.rules, Rule("switch", "switch", line=other)))
    assert np.nanmax(block_intake(adherence, more, 6, DOSES, seed=1)) <= 1.0
    assert not block_intake(None, block, 6, 30, seed=1).any()
    assert not block_intake(replace(adherence, routes=("iv",)), block, 6, 30, seed=1).any()
    assert block_intake(adherence, replace(block, line=None), 6, 30, seed=1).shape == (6, 0)
