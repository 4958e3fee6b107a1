"""One schedule, whichever way doses were written: arms, their printed records, event tables."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oihsim.drugs import load_drug
from oihsim.drugs.linear_model import of_drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.solver import BOLUS, HOLD, RATE, RELEASE, RESET
from oihsim.events import run_events, simulate_events
from oihsim.events.body_checks import ways_of
from oihsim.events.body_doses import plan
from oihsim.events.event_table import parse_table
from oihsim.events.expand import expand
from oihsim.events.listing import arms_listing
from oihsim.events.match import match
from oihsim.scenario import load, shipped
from oihsim.scenario.population import Population
from oihsim.simulation.order_at_one_time import KINDS, ORDER, scenario_sentence
from oihsim.simulation.schedule import Doses, Given, compile_doses, compile_schedule
from oihsim.simulation.subjects import draw_arm, parameter_matrix, put_on_board
from oihsim.treatment.arm import Arm, Course, Hold
from oihsim.treatment.vocabulary import SHIPPED

MORPHINE = load_drug("morphine")
LINEAR = of_drug(MORPHINE)
LINE = re.compile(r"^(\S+)\s+(-?[\d.e+-]+)  (\S+) ([\w]+)(/kg)? (\S+) (\S+)(?: over (\S+) h)?$")


def columns(schedule, subject=0):
    part = slice(schedule.offset[subject], schedule.offset[subject + 1])
    return np.column_stack(
        [schedule.time[part], schedule.kind[part], schedule.index[part], schedule.value[part]]
    )


def alike(ours, theirs):
    """Compare entries; at one time the order of equal kinds is free."""
    sort = [np.round(entries[:, 0], 7) for entries in (ours, theirs)]
    ours, theirs = (
        entries[np.lexsort((np.round(entries[:, 3], 9), entries[:, 2], entries[:, 1], time))]
        for entries, time in zip((ours, theirs), sort, strict=True)
    )
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours[:, 0], theirs[:, 0], atol=3e-9, rtol=1e-11)
    np.testing.assert_array_equal(ours[:, 1:3], theirs[:, 1:3])
    # a rate is an amount over a printed duration
    np.testing.assert_allclose(ours[:, 3], theirs[:, 3], rtol=1e-9)


def printed_doses(arm, weights):
    """Return the doses that ``oihsim events show`` prints for an arm, for every subject."""
    doses = []
    for line in arms_listing([arm], "scenario").splitlines():
        if not (fields := LINE.match(line)):
            continue
        _, time, amount, _, per_kg, drug, route, over = fields.groups()
        doses += [
            (i, float(time), drug, route, float(amount) * (w if per_kg else 1), float(over or 0))
            for i, w in enumerate(weights.tolist())
        ]
    return doses


def compiled(scenario, arm, model, drugs, people):
    values = draw_arm(scenario, arm, model, drugs, people)
    P = parameter_matrix(model, values)
    return put_on_board(model, drugs, arm, values, P).given, values["WT"]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_an_arm_and_its_printed_records_are_one_schedule(name):
    scenario = load(name).change({"population.count": 2, "population.typical": False})
    model, people = Model.named(scenario.model), Population.load(scenario.population)
    drugs = {drug: load_drug(drug) for drug in scenario.drugs}
    states = {mechanism.name: [i] for i, mechanism in enumerate(model.linked.mechanisms)}
    seen = 0
    for arm in scenario.arms.values():
        if arm.rules:
            continue
        on_board, weights = compiled(scenario, arm, model, drugs, people)
        from_arm = compile_schedule(arm, on_board, states, 2, scenario.duration_h)
        rows = printed_doses(arm, weights)
        assert len(rows) == 2 * len(arm.doses)
        seen += len(rows)
        fields = list(zip(*rows, strict=True)) if rows else [()] * 6
        doses = Doses(*(np.array(values) for values in fields))
        again = compile_doses(doses, on_board, 2, scenario.duration_h, arm.holds, states)
        # the same doses as an event table with two IDs, which says its last time
        text = ["ID,TIME,EVID,AMT,DUR,CMT"]
        for i in (0, 1):
            subject_rows = sorted(row for row in rows if row[0] == i)
            text += [f"{i},{t!r},1,{amt!r},{over!r},{drug}.{route}"
                     for _, t, drug, route, amt, over in subject_rows]  # fmt: skip
            text.append(f"{i},{scenario.duration_h!r},0,.,.,.")
        table = parse_table("\n".join(text) + "\n", "table.csv")
        event_plan = plan(table, ways_of(table, SHIPPED), on_board, 2)
        third = compile_schedule(
            Arm("a", (), arm.holds), on_board, states, 2, scenario.duration_h, event_plan.doses
        )
        for subject in (0, 1):
            alike(columns(from_arm, subject), columns(again, subject))
            alike(columns(from_arm, subject), columns(third, subject))
    assert seen or all(arm.rules or arm.target_lines for arm in scenario.arms.values() if arm.doses)


quarters = st.integers(0, 120).map(lambda k: k / 4)
oral = st.tuples(quarters, st.just(1), st.sampled_from(["oral", "oral_er"]), st.just(0),
                 st.just(0), st.sampled_from([(0, 0), (6.0, 3), (0.25, 5)]))  # fmt: skip
iv = st.tuples(quarters, st.sampled_from([1, 1, 4]), st.just("iv"), st.sampled_from([0, 10.0, 40]),
               st.just(0), st.sampled_from([(0, 0), (3.0, 4)]))  # fmt: skip
over = st.tuples(quarters, st.just(1), st.just("iv"), st.just(0), st.sampled_from([0.5, 9.0]),
                 st.sampled_from([(0, 0), (4.0, 4)]))  # fmt: skip
other = st.tuples(quarters, st.sampled_from([0, 0, 0, 2, 3]), st.just("."), st.just(0),
                  st.just(0), st.just((0, 0)))  # fmt: skip
records = st.lists(st.one_of(oral, iv, over, other), min_size=1, max_size=12)
ways_of_order = st.sampled_from(
    [("file", "classes"), ("post", "classes"), ("pre", "classes"), ("file", "record")]
)


def text_of(rows, drug=""):
    rows = sorted(rows, key=lambda row: row[0])
    lines = ["ID,TIME,EVID,AMT,RATE,DUR,II,ADDL,CMT,WT,AGE"]
    for k, (time, evid, cmt, rate, dur, (ii, addl)) in enumerate(rows):
        amt = 10.0 + k if evid in (1, 4) else 0
        cmt = drug + cmt if evid in (1, 4) else "."
        lines.append(f"1,{time!r},{evid},{amt},{rate},{dur},{ii},{addl},{cmt},82,33")
    lines.append("1,40,0,.,.,.,.,.,.,82,33")
    return "\n".join(lines) + "\n"


@settings(max_examples=20, deadline=None)
@given(rows=records, way=ways_of_order)
def test_a_table_compiles_as_the_ledger_of_the_linear_model_does(rows, way):
    """Two roads: the vectorised compiler, and the walk through the records one by one."""
    ledger = expand(match(parse_table(text_of(rows), "t.csv"), LINEAR), *way)
    theirs = columns(ledger.schedule(MORPHINE.inputs))
    # what happens at a reset's time before it is gone with it; so is what never enters
    gone = np.zeros(len(theirs), dtype=bool)
    for k in np.flatnonzero(theirs[:, 1] == RESET):
        gone[:k] |= theirs[:k, 0] == theirs[k, 0]
    theirs = theirs[~(gone & (theirs[:, 1] != RESET))]
    values = MORPHINE.typical(1) | {"WT": np.array([82.0]), "AGE": np.array([33.0])}
    on_board = {"morphine": Given(MORPHINE, 0, values)}
    table = parse_table(text_of(rows, "morphine."), "t.csv")
    event_plan = plan(table, ways_of(table, SHIPPED), on_board, 1, *way)
    ours = columns(compile_schedule(Arm("a", ()), on_board, {}, 1, 40.0 + 1e-8, event_plan.doses))
    alike(ours, theirs)
    assert np.all(np.diff(ours[:, 0]) >= 0.0)


def test_doses_of_single_subjects_and_courses_of_all_are_one_schedule():
    drug = load_drug("buprenorphine")
    on_board = {"buprenorphine": Given(drug, 3, drug.typical(3))}
    arm = Arm("a", (Course(0.0, "buprenorphine", "sublingual", 8.0, number=3, every_h=12.0),),
              (Hold("m", 1.0, 5.0),))  # fmt: skip
    from_courses = compile_schedule(arm, on_board, {"m": (4,)}, 3, 100.0)
    # shuffled, of three subjects, and a half as doses
    subject_doses = [(i, dose) for i in range(3) for dose in arm.doses]
    np.random.default_rng(1).shuffle(subject_doses)
    doses = Doses(
        np.array([i for i, _ in subject_doses]),
        np.array([dose.time_h for _, dose in subject_doses]),
        np.array(["buprenorphine"] * 9), np.array(["sublingual"] * 9), np.full(9, 8.0), np.zeros(9),
    )  # fmt: skip
    again = compile_doses(doses, on_board, 3, 100.0, arm.holds, {"m": (4,)})
    for name in ("offset", "time", "kind", "index", "value"):
        np.testing.assert_array_equal(getattr(again, name), getattr(from_courses, name))
    assert set(from_courses.kind) == {BOLUS, RATE, HOLD, RELEASE}


def test_a_reset_ends_what_courses_and_doses_began():
    drug = load_drug("morphine")
    on_board = {"morphine": Given(drug, 0, drug.typical(2))}
    course = Course(-2.0, "morphine", "iv", 5.0, duration_h=10.0, number=3, every_h=12.0)
    doses = Doses(
        np.array([0, 1]), np.array([3.0, 3.0]), np.array(["morphine"] * 2),
        np.array(["oral_er"] * 2), np.array([7.0, 7.0]), np.zeros(2),
        until_h=np.array([3.1, np.inf]), reset_subject=np.array([0]), reset_h=np.array([3.1]),
    )  # fmt: skip
    schedule = compile_schedule(Arm("a", (course,)), on_board, {}, 2, 100.0, doses)
    first, second = columns(schedule, 0), columns(schedule, 1)
    # of the infusion only the start is left, of the lagged dose nothing
    assert first[:, :2].tolist() == [[-2.0, RATE], [3.1, RESET]]
    assert len(second) == 7
    assert (second[:, 1] != RESET).all()


def test_a_rate_lasts_as_long_as_what_gets_in_and_a_duration_does_not_change():
    """The rate of NONMEM: F changes how long an infusion runs; of DUR it changes the rate."""

    class Half:
        def route_inputs(self, _route, values, _dose):
            n = len(values["WT"])
            return [(0, np.full(n, 2.0 * 0.5), np.zeros(n), None)]

        def amount_per_mg(self):
            return 2.0

    doses = Doses(
        np.array([0, 0]), np.array([0.0, 100.0]), np.array(["x"] * 2), np.array(["iv"] * 2),
        np.array([40.0, 40.0]), np.array([0.0, 4.0]), np.array([10.0, 0.0]),
    )  # fmt: skip
    entries = columns(compile_doses(doses, {"x": Given(Half(), 0, {"WT": np.ones(1)})}, 1, 1e3))
    assert entries[:, [0, 3]].tolist() == [[0.0, 20.0], [2.0, -20.0], [100.0, 10.0], [104.0, -10.0]]


def test_the_order_at_one_time_is_one_table():
    assert [place for place, _ in ORDER] == sorted(place for place, _ in ORDER)
    assert KINDS[0] == RESET
    assert len(set(KINDS)) == len(KINDS) == 7
    words = scenario_sentence().split(" < ")
    assert words == ["stop", "observation", "decision", "pending dose", "dose", "hold"]


def test_a_rate_is_that_of_all_ways_in_together():
    """Methadone iv is two halves, R and S: ten milligrams an hour are ten, not twice ten."""
    head = "ID,TIME,AMT,RATE,DUR,CMT\n"
    seen = "1,1,.,.,.,.\n1,3,.,.,.,.\n1,9,.,.,.,.\n"
    by_rate, by_duration = (
        parse_table(head + dose + seen, "t.csv")
        for dose in ("1,0,20,10,.,methadone.iv\n", "1,0,20,.,2,methadone.iv\n")
    )
    name = "S_methadone_plasma_concentration"
    scenario = load("methadone_rotation").change(
        {"population.count": 1, "population.typical": True, "population.past": False}
    )
    results = [simulate_events(scenario, table, (name,)) for table in (by_rate, by_duration)]
    np.testing.assert_allclose(results[0].columns[name], results[1].columns[name], rtol=1e-9)
    model = of_drug(load_drug("methadone"))
    linear = [
        run_events(model, parse_table(table.text().replace("methadone.iv", "iv"), "t.csv"))
        for table in (by_rate, by_duration)
    ]
    assert linear[0].columns.keys() == linear[1].columns.keys()
    for key, values in linear[0].columns.items():
        np.testing.assert_allclose(values, linear[1].columns[key], rtol=1e-9, err_msg=key)
    head = "ID,TIME,AMT,RATE,SS,CMT\n"
    level, filled = (
        run_events(model, parse_table(head + rows, "t.csv")).columns
        for rows in ("1,0,0,10,1,iv\n1,0,.,.,.,.\n", "1,0,100000,10,.,iv\n1,9999,.,.,.,.\n")
    )
    for key, values in level.items():
        np.testing.assert_allclose(values, filled[key], rtol=1e-6, err_msg=key)


def test_the_listing_names_targets_whose_rates_only_a_run_knows():
    text = arms_listing(load("target_controlled_remifentanil").arms.values(), "scenario")
    lines = [line for line in text.splitlines() if "target" in line]
    assert len(lines) == 4
    assert "gradual" in text
    assert "2.5 ng/mL remifentanil iv, effect, until 1 h; each subject gets rates" in lines[0]
