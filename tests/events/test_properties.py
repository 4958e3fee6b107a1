"""Laws of event records, each for tables that hypothesis makes up."""

from pathlib import Path

import numpy as np
import pytest
from case import MODELS
from hypothesis import given, settings
from hypothesis import strategies as st

from oihsim.drugs import load_drug
from oihsim.drugs.linear_model import of_drug
from oihsim.drugs.linear_model_file import parse_model
from oihsim.events.advance import advance
from oihsim.events.event_list import NAMES
from oihsim.events.event_table import parse_table
from oihsim.events.expand import expand
from oihsim.events.match import match
from oihsim.files.yaml import parse_yaml
from oihsim.simulation.schedule import Given, compile_schedule
from oihsim.treatment.arm import Arm, Course

COLUMNS = ("TIME", "EVID", "AMT", "RATE", "II", "ADDL", "SS", "CMT")
TWO = parse_model(parse_yaml(MODELS["two"], "two.yaml"), Path("two.yaml"))
FEW = settings(max_examples=20, deadline=None)

amounts = st.floats(0.1, 1000).map(lambda x: round(x, 3))
times = st.integers(0, 400).map(lambda x: x / 4)
into = st.sampled_from(["depot", "central"])
rates = st.sampled_from([0.0, 0.0, 7.0, 20.0, -1.0, -2.0])
dose = st.tuples(times, amounts, rates, into)


def row(time, evid=0, amt=0.0, rate=0.0, ii=0.0, addl=0, ss=0, cmt="0"):
    return (time, evid, amt, rate, ii, addl, ss, cmt)


def bolus(dose_row):
    time, amt, rate, cmt = dose_row
    return row(time, 1, amt, rate, cmt=cmt)


def run(rows, model=TWO, subject="1"):
    """Return the states at the observations; doses and observations sorted by time."""
    rows = sorted(rows, key=lambda cells: cells[0])
    text = "\n".join(",".join([subject, *map(repr_of, cells)]) for cells in rows)
    table = parse_table(f"ID,{','.join(COLUMNS)}\n{text}\n", "property.csv")
    return advance(expand(match(table, model), observe="post"))


def repr_of(value):
    return value if isinstance(value, str) else repr(value)


WATCH = [row(t) for t in (0.0, 1.25, 7.5, 24.0, 33.3, 60.0, 101.0, 150.0)]


def equal(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10)


@FEW
@given(dose, st.integers(1, 8), st.floats(0.5, 30).map(lambda x: round(x, 2)))
def test_addl_is_doses_written_out(dose_row, addl, ii):
    time, amt, rate, cmt = dose_row
    short = [row(time, 1, amt, rate, ii, addl, 0, cmt)]
    long = [row(round(time + k * ii, 9), 1, amt, rate, cmt=cmt) for k in range(addl + 1)]
    assert run([*short, *WATCH]).max() > 0 or time > 150
    # records after the last of the short table would prolong it
    equal(run([*short, *WATCH]), run([*(r for r in long if r[0] <= 150.0), *WATCH]))


@FEW
@given(times, amounts, st.floats(0.05, 0.95), into)
def test_a_dose_may_be_split(time, amt, part, cmt):
    at_once = [row(time, 1, amt, cmt=cmt)]
    split = [row(time, 1, amt * part, cmt=cmt), row(time, 1, amt - amt * part, cmt=cmt)]
    equal(run([*at_once, *WATCH]), run([*split, *WATCH]))


@FEW
@given(st.lists(dose, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_doses_of_one_time_in_any_order(doses, random):
    doses = [bolus((doses[0][0], *dose_row[1:])) for dose_row in doses]
    mixed = doses.copy()
    random.shuffle(mixed)
    equal(run([*doses, *WATCH]), run([*mixed, *WATCH]))


@FEW
@given(st.lists(dose, min_size=1, max_size=5), st.floats(-1000, 1000).map(lambda x: round(x, 2)))
def test_time_may_be_shifted(doses, by):
    rows = [*map(bolus, doses), *WATCH]
    later = [(round(cells[0] + by, 9), *cells[1:]) for cells in rows]
    equal(run(rows), run(later))


@FEW
@given(st.lists(dose, min_size=1, max_size=4), st.lists(dose, min_size=1, max_size=4))
def test_superposition(first, second):
    a, b = list(map(bolus, first)), list(map(bolus, second))
    equal(run([*a, *b, *WATCH]), run([*a, *WATCH]) + run([*b, *WATCH]))


@FEW
@given(st.lists(dose, min_size=1, max_size=4), st.floats(0.01, 100))
def test_twice_the_dose_twice_the_amount(doses, factor):
    # with a rate, the duration would change
    rows = [row(t, 1, amt, cmt=cmt) for t, amt, _, cmt in doses]
    scaled = [(*cells[:2], cells[2] * factor, *cells[3:]) for cells in rows]
    equal(run([*rows, *WATCH]) * factor, run([*scaled, *WATCH]))


@settings(max_examples=12, deadline=None)
@given(dose.filter(lambda dose_row: dose_row[2] >= 0), st.floats(3, 20).map(lambda x: round(x, 2)))
def test_steady_state_is_what_endless_doses_lead_to(dose_row, ii):
    time, amt, rate, cmt = dose_row
    amt = min(amt, 50.0)
    # the slowest rate is 0.027/h: after 1000 h some 1e-12 of the start is left
    before = int(1000 / ii)
    steady = [row(time, 1, amt, rate, ii, 0, 1, cmt)]
    waited = [row(round(time - before * ii, 9), 1, amt, rate, ii, before, 0, cmt)]
    watch = [row(time + after) for after in (0.0, 0.4, 3.0, 40.0)]
    np.testing.assert_allclose(
        run([*steady, *watch]), run([*waited, *watch]), rtol=1e-8, atol=1e-10
    )


@FEW
@given(st.lists(dose, min_size=1, max_size=4))
def test_units_make_a_round_trip(doses):
    text = MODELS["two"]
    for word, unit in (("CL: 1", "L/h"), ("V: 10", "L"), ("KA: 1", "1/h"), ("Q: 2", "L/h"),
                       ("R1: 5", "mg/h"), ("D1: 4", "h")):  # fmt: skip
        symbol, _, value = word.partition(": ")
        text = text.replace(f"{word},", f"{symbol}: {{value: {value}, unit: {unit}}},")
    text = text.replace("D1: 4}", "D1: {value: 4, unit: h}}")
    text = text.replace("kind: model\n", "kind: model\nunits: {time: min, amount: ug}\n")
    fine = parse_model(parse_yaml(text, "two.yaml"), Path("two.yaml"))
    rows = [*map(bolus, doses), *WATCH]
    minutes = [
        (t * 60, evid, amt * 1000, rate * 1000 / 60 if rate > 0 else rate, *rest)
        for t, evid, amt, rate, *rest in rows
    ]
    equal(run(rows), run(minutes, fine) / 1000)


def test_subjects_do_not_touch_each_other():
    rows = [row(0.0, 1, 100.0, 0.0, 6.0, 4, 0, "depot"), row(3.0, 3), row(5.0, 1, 7.0), *WATCH]
    rows = sorted(rows)
    lines = [",".join([s, *map(repr_of, cells)]) for s in ("a", "b", "c") for cells in rows]
    other = ["x,0.0,1,55.0,10.0,7.0,9,1,central", "x,31.0,0,0.0,0.0,0.0,0,0,0"]
    text = "\n".join([f"ID,{','.join(COLUMNS)}", *lines[:11], *other, *lines[11:]]) + "\n"
    states = advance(expand(match(parse_table(text, "many.csv"), TWO), observe="post"))
    n = len(WATCH)
    alone = run(rows)
    for part in (states[:n], states[n + 1 : 2 * n + 1], states[2 * n + 1 :]):
        np.testing.assert_allclose(part, alone, rtol=1e-12)


@pytest.mark.parametrize("route", ["iv", "oral", "oral_er"])
def test_a_table_and_a_scenario_meet_in_one_schedule(route):
    """The solver's schedule of a course is that of the same doses as event records."""
    drug = load_drug("morphine")
    course = Course(0.0, "morphine", route, 30.0, number=5, every_h=12.0)
    on_board = {"morphine": Given(drug, 0, drug.typical(1))}
    ours = compile_schedule(Arm("a", (course,)), on_board, {}, 1, 100.0)
    text = f"ID,TIME,AMT,II,ADDL,CMT\n1,0,30,12,4,{route}\n1,100,.,.,.,.\n"
    ledger = expand(match(parse_table(text, "table.csv"), of_drug(drug)))
    theirs = ledger.schedule(drug.inputs)
    assert ours.time.size == theirs.time.size >= 5
    np.testing.assert_allclose(theirs.time, ours.time, atol=1e-9)
    np.testing.assert_array_equal(theirs.kind, ours.kind)
    np.testing.assert_array_equal(theirs.index, ours.index)
    np.testing.assert_allclose(theirs.value, ours.value, rtol=1e-12)


def test_what_the_solver_has_no_entry_for_is_refused():
    text = "ID,TIME,EVID,AMT,CMT\n1,0,1,30,oral\n1,5,2,.,-central\n1,9,0,.,.\n"
    drug = load_drug("morphine")
    ledger = expand(match(parse_table(text, "table.csv"), of_drug(drug)))
    assert NAMES[int(ledger.kind[1])] == "off"
    with pytest.raises(ValueError, match="a off"):
        ledger.schedule(drug.inputs)
