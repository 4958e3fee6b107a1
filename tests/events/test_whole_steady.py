"""SS=1 of the whole model: a history in steady state, months of doses, and the linear model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_parameters import slow_cases_but

import oihsim
from oihsim.drugs import load_drug
from oihsim.drugs.linear_model import of_drug
from oihsim.engine.compiled_model import Model
from oihsim.events import run_events, simulate_events
from oihsim.events.event_table import parse_table
from oihsim.files.errors import InputError, SimulationError
from oihsim.files.yaml import parse_yaml
from oihsim.scenario import load, parse

MODEL = Model.named()
TYPICAL = load("flagship").change({"population.count": 1, "population.typical": True})
STATES = [state.name for state in MODEL.linked.states]
HEAD = "ID,TIME,EVID,AMT,RATE,DUR,II,ADDL,SS,CMT\n"
WATCH = [0.0, 3.0, 12.0, 30.5, 48.0, 120.0]
LATER = [0.001, 3.0, 12.0, 30.5, 48.0, 71.0]


def scenario(doses="[]", history="", people="{of: chronic_pain, count: 2, seed: 5}", extra=""):
    return parse(
        parse_yaml(
            f"""schema: oihsim-scenario/1
question: What does a past without beginning leave?
duration: 5 d
output_every: 30 min
population: {people}
{history and f"history: {{steady_state: true, doses: {history}}}"}
arms:
  on:
    doses: {doses}
{extra}
""",
            "one.yaml",
        )
    )


def seen(times=WATCH, label="1", shift=0.0):
    return "".join(f"{label},{t + shift!r},0,.,.,.,.,.,.,.\n" for t in times)


def read(text, what=STATES, chosen=None, **options):
    table = parse_table(HEAD + text, "t.csv")
    return simulate_events(scenario() if chosen is None else chosen, table, what, **options)


def in_sizes(records):
    """Return (subject and time, state)."""
    return np.stack([records.columns[name] for name in STATES], axis=-1) / MODEL.sizes


# the doses of the table (observations at 0 come first), of the history, and of the arm
SAME = {
    "tablets that go on": (
        "1,0,1,60,0,0,12,3,1,morphine.oral_er\n",
        "[{drug: morphine, route: oral_er, amount: 60 mg, every: 12 h}]",
        "[{drug: morphine, route: oral_er, amount: 60 mg, every: 12 h, times: 4}]",
    ),
    "infusions that overlap": (
        "1,0,1,20,0,10,8,0,1,morphine.iv\n",
        "[{drug: morphine, route: iv, amount: 20 mg, over: 10 h, every: 8 h}]",
        "[{drug: morphine, route: iv, amount: 20 mg, over: 10 h}]",
    ),
    "a constant rate that ends, and tablets": (
        "1,0,1,0,2,0,0,0,1,morphine.iv\n1,0,1,600,0,0,12,1,1,gabapentin.oral\n",
        "[{drug: morphine, route: iv, rate: 2 mg/h}, "
        "{drug: gabapentin, route: oral, amount: 600 mg, every: 12 h}]",
        "[{drug: gabapentin, route: oral, amount: 600 mg, every: 12 h, times: 2}]",
    ),
    "a patch and a slowly binding ligand": (
        "1,0,1,1.8,0,72,72,0,1,fentanyl.transdermal\n1,0,1,4,0,0,24,2,1,buprenorphine.sublingual\n",
        "[{drug: fentanyl, route: transdermal, amount: 1.8 mg, over: 72 h, every: 72 h}, "
        "{drug: buprenorphine, route: sublingual, amount: 4 mg, every: 24 h}]",
        "[{drug: fentanyl, route: transdermal, amount: 1.8 mg, over: 72 h}, "
        "{drug: buprenorphine, route: sublingual, amount: 4 mg, every: 24 h, times: 3}]",
    ),
}


@pytest.mark.parametrize(
    ("rows", "history", "doses"),
    slow_cases_but([name for name in SAME if "slowly binding" not in name], SAME),
)
def test_it_is_the_scenario_whose_history_is_the_steady_state(rows, history, doses):
    ds = oihsim.simulate(scenario(doses, history)).isel(scenario=0, draw=0).sel(time=WATCH)
    first, rest = seen([0.0]), seen(WATCH[1:])
    names = [str(name) for name in ds.data_vars if str(name).endswith("_concentration")]
    records = read(first + rows + rest, [*STATES, *names])
    ours = in_sizes(records).reshape(2, len(WATCH), -1)
    for name in names:
        conc = records.columns[name].reshape(2, -1)
        np.testing.assert_allclose(conc, ds[name], rtol=1e-9, atol=1e-9 * float(ds[name].max()))
    theirs = np.stack([ds[name].values for name in STATES], axis=-1) / MODEL.sizes
    # the second searches with other modes beside, and stops within its tolerance
    np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=1e-5)
    naive = (MODEL.y0 / MODEL.sizes)[None]
    assert np.abs(ours[:, 0] - naive).max() > 1e-2
    assert records.attrs["steady_state_residual"] <= 1e-5
    assert records.attrs["steady_state_subjects"] == 2
    assert 0 < records.attrs["steady_state_maps"] <= 200
    assert 0 < records.attrs["steady_state_rhs_calls"] < 1.5 * ds.attrs["history_rhs_calls"]
    # such a scenario may itself be driven by a table, with the doses after time 0
    later = "".join(
        row.replace(",1,", ",0,", 0) + "\n" if row.split(",")[3] != "0" else ""
        for row in rows.splitlines()
    )
    later = "\n".join(_without_steady(row) for row in later.splitlines()) + "\n"
    driven = read(first + later + rest, STATES, scenario("[]", history))
    again = in_sizes(driven).reshape(2, len(WATCH), -1)
    np.testing.assert_allclose(again, theirs, rtol=0.0, atol=1e-5)
    assert driven.attrs["steady_state_subjects"] == 2


def _without_steady(row):
    """Return a record without SS, and without an II that nothing uses any more."""
    words = row.split(",")
    words[8] = "0"
    if words[7] == "0":
        words[6] = "0"
    return ",".join(words)


@pytest.mark.parametrize(
    ("way", "ligand"), [("morphine.oral", "morphine"), ("methadone.oral", "R_methadone")]
)
def test_it_is_where_three_years_of_doses_lead(way, ligand):
    """To 5e-6 of each state's typical size; measured: 7.6e-7 with methadone."""
    names = [*STATES, f"{ligand}_plasma_concentration"]
    years = read(f"1,0,1,60,0,0,24,1097,0,{way}\n" + seen(LATER, shift=1095 * 24.0), names, TYPICAL)
    rows = f"1,0,1,60,0,0,24,2,1,{way}\n"
    records = read(rows + seen(LATER), names, TYPICAL)
    np.testing.assert_allclose(in_sizes(records), in_sizes(years), rtol=0.0, atol=5e-6)
    ours, theirs = records.columns[names[-1]], years.columns[names[-1]]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-8 * theirs.max())
    once = read(rows.replace("24,2,1", "24,2,0") + seen(LATER), names, TYPICAL)
    assert np.abs(in_sizes(once) - in_sizes(years)).max() > 1e-2


def test_it_may_begin_at_any_time():
    rows = "1,{t},4,20,4,0,8,2,1,ketamine.iv\n1,{t},1,30,0,0,24,0,1,morphine.oral\n"
    early = read(rows.format(t=0) + seen(WATCH[1:]))
    late = read(rows.format(t=31.25) + seen(WATCH[1:], shift=31.25))
    np.testing.assert_allclose(in_sizes(late), in_sizes(early), rtol=0.0, atol=1e-6)


PLACES = ("plasma_concentration", "effect_site_concentration")
intervals = st.sampled_from([4.0, 6.5, 24.0])
steady = st.one_of(
    st.tuples(st.just("2,0,0"), intervals, st.sampled_from(["iv", "oral", "oral_er"])),
    st.tuples(st.sampled_from(["2,4,0", "2,0.6,0", "2,0,9", "2,0,0.5"]), intervals,
              st.just("iv")),
    st.tuples(st.just("0,5,0"), st.just(0.0), st.just("iv")),
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(
    dose=steady, addl=st.integers(0, 3), at=st.sampled_from([0.0, 7.5]),
    evid=st.sampled_from([1, 4]), more=st.sampled_from(["", "dose", "reset"]),
    order=st.sampled_from(["classes", "record"]),
)  # fmt: skip
def test_concentrations_are_those_of_the_linear_model(dose, addl, at, evid, more, order):
    """SS=1 in closed form by another road, with what follows: additional doses, a reset."""
    amount, interval, route = dose
    addl = addl if interval else 0
    rows = [f"1,{at},{evid},{amount},{interval},{addl},1,{{drug}}{route}\n"]
    after = [0.0, 0.25, 1.0, 2.75, 5.0, 5.5, 9.0, 17.0, 40.0]
    rows += [f"1,{at + t},0,.,.,.,.,.,.,.\n" for t in after]
    other = {"dose": "1,{t},1,7,0,2.5,0,0,0,{{drug}}iv\n", "reset": "1,{t},3,.,.,.,.,.,.,.\n"}
    if more:
        rows.insert(6, other[more].format(t=at + 5.25))
    # without covariates the linear model takes those of its file, the whole one those of subjects
    lines = ["CMT,WT,AGE\n".join(HEAD.split("CMT\n")), *(f"{row[:-1]},82,33\n" for row in rows)]
    text = "".join(lines)
    linear = run_events(
        of_drug(load_drug("morphine")), parse_table(text.replace("{drug}", ""), "t.csv"),
        ["central_concentration", f"morphine_{PLACES[1]}"], order=order,
    ).columns  # fmt: skip
    names = [f"morphine_{place}" for place in PLACES]
    table = parse_table(text.replace("{drug}", "morphine."), "t.csv")
    columns = simulate_events(TYPICAL, table, names, order=order, residual=0.1).columns
    molar = of_drug(load_drug("morphine")).sites[0].molar
    for name, expected in (
        (names[0], linear["central_concentration"] * molar), (names[1], linear[names[1]]),
    ):  # fmt: skip
        # an observation after a dose of its time is read 1e-9 h later, nM
        slack = 1e-7 * np.abs(expected).max() + 5e-5
        np.testing.assert_allclose(columns[name], expected, rtol=1e-6, atol=slack)


def test_a_rate_is_what_gets_in_as_in_the_linear_model():
    """Of a patch 92 % get in; the others of a constant rate have been replaced."""
    text = "CMT,WT,AGE\n".join(HEAD.split("CMT\n")) + "1,5,1,0,0.025,0,0,0,1,{}transdermal,82,33\n"
    text += "1,5,0,.,.,.,.,.,.,.,82,33\n1,6.9,0,.,.,.,.,.,.,.,82,33\n1,9,0,.,.,.,.,.,.,.,82,33\n"
    name = f"fentanyl_{PLACES[1]}"
    fentanyl = of_drug(load_drug("fentanyl"))
    level = run_events(fentanyl, parse_table(text.format(""), "t.csv"), [name]).columns[name]
    table = parse_table(text.format("fentanyl."), "t.csv")
    records = simulate_events(TYPICAL, table, [name], residual=0.1).columns[name]
    # a patch taken off goes on for its lag of 2 h
    assert records[:2] == pytest.approx([level[0]] * 2, rel=1e-8)
    assert records[2] < 0.99 * level[0]


BLOCKS = {
    "a": "a,0,1,60,0,0,12,2,1,morphine.oral_er\n" + seen([1.0, 30.0], "a"),
    "b": "b,5,4,20,0,10,8,0,1,ketamine.iv\n" + seen([6.0, 7.0, 40.0], "b")
    + "b,41,1,10,0,0,0,0,0,morphine.iv\n" + seen([42.0], "b"),
    "c": "c,0,1,30,0,0,0,0,0,morphine.oral\n" + seen([1.0, 30.0], "c"),
    "d": "d,2,1,15,0,0,12,0,1,morphine.oral_er\n" + seen([4.0], "d"),
}  # fmt: skip


def test_each_id_reads_what_it_reads_alone_in_any_order():
    """Amounts, drugs, intervals and times differ, and one begins in no steady state."""
    people = scenario(people="{of: chronic_pain, count: 4, seed: 5}")
    names = ["pain", "morphine_effect_site_concentration", *STATES]
    alone = {label: read(text, names, people) for label, text in BLOCKS.items()}
    for labels in ("abcd", "dcab"):
        records = read("".join(BLOCKS[label] for label in labels), names, people)
        assert records.attrs["steady_state_subjects"] == 3
        assert records.attrs["steady_state_searches"] == 2
        for i, label in enumerate(labels):
            single = alone[label]
            for name, size in zip(names, [1.0, 1.0, *MODEL.sizes], strict=True):
                if name not in single.columns:
                    continue
                mine = single.columns[name][single.subject == i]
                ours = records.columns[name][records.subject == i]
                np.testing.assert_allclose(ours, mine, rtol=0.0, atol=1e-6 * size)


def test_after_a_reset_nothing_of_it_is_left():
    """Not even the infusions of the past that would have gone on."""
    rows = "1,0,1,20,0,30,8,4,1,morphine.iv\n" + seen([10.0]) + "1,11,3,.,.,.,.,.,.,.\n"
    records = read(rows + seen([11.0, 12.0, 60.0]), [*STATES, "morphine_plasma_concentration"])
    y = in_sizes(records).reshape(2, 4, -1)
    assert np.abs(y[:, 0] - MODEL.y0 / MODEL.sizes).max() > 1e-2
    np.testing.assert_allclose(y[:, 1:], np.broadcast_to(MODEL.y0 / MODEL.sizes, y[:, 1:].shape))
    level = records.columns["morphine_plasma_concentration"].reshape(2, 4)
    assert (level[:, 0] > 1.0).all()
    assert (level[:, 1:] == 0.0).all()


def test_not_reached_names_the_subjects_and_can_be_relaxed():
    text = BLOCKS["a"] + BLOCKS["c"]
    with pytest.raises(SimulationError) as caught:
        read(text, most_maps=9, residual=1e-6)
    first, advice = str(caught.value).splitlines()
    assert first.startswith(
        "t.csv: ID a, subject 0: no steady state within 1e-06 after 9 periods of 12 h; residual"
    )
    assert "residual 1e-3, most_maps 1000" in advice
    records = read(text, residual=0.05)
    assert 1e-7 < records.attrs["steady_state_residual"] <= 0.05
    assert records.attrs["steady_state_residual_sought"] == 0.05
    with pytest.raises(InputError) as caught:
        read(text, most_maps=1, residual=0.0, observe="x")
    assert [problem.field for problem in caught.value.problems] == [
        "observe",
        "residual",
        "most_maps",
    ]


def test_a_search_that_arrived_too_early_goes_on():
    """In these two people two small steps came before the third, larger than what is sought."""
    people = scenario(people="{of: chronic_pain, count: 516, seed: 5}")
    who = {359: 19, 515: 25}
    text = "".join(
        f"{i},0,1,{who[i]},0,0,12,0,1,morphine.oral\n" + seen([1.0], i)
        if i in who
        else f"{i},0,2,.,.,.,.,.,.,.\n"
        for i in range(516)
    )
    records = read(text, ["pain"], people, residual=1e-3)
    assert records.attrs["steady_state_residual"] <= 1e-3
    assert records.attrs["steady_state_maps"] < 100


def test_what_of_a_scenario_cannot_go_with_it_is_refused():
    tablets = "[{drug: morphine, route: oral_er, amount: 60 mg, every: 12 h}]"
    with pytest.raises(InputError, match=r"SS of ID 1: found 1; .*population: \{past: false\}"):
        read(SAME["tablets that go on"][0] + seen(), chosen=scenario("[]", tablets))
    user = scenario(people="{of: methadone_maintenance, count: 2}")
    with pytest.raises(InputError, match=r"t.csv:2: SS .*nothing would be left of a past"):
        read(SAME["tablets that go on"][0] + seen(), chosen=user)
    held = scenario(extra="    hold: [{mechanism: nmda, from: 1 h}]")
    early, late = BLOCKS["a"], BLOCKS["a"].replace("a,0,", "a,0.5,")
    with pytest.raises(InputError, match=r"arms.on.hold: found nmda from 1 h; .* at 5 h"):
        read(BLOCKS["b"], chosen=held)
    for text in (early, late):
        assert np.isfinite(read(text, ["pain"], held).columns["pain"]).all()
    before = "1,-3,1,10,0,0,0,0,0,morphine.iv\n" + seen()
    with pytest.raises(InputError, match=r"t.csv:2: TIME of ID 1: found -3; allowed: 0 h or later"):
        read(before, chosen=scenario("[]", tablets))


def test_the_command_takes_how_it_is_searched(tmp_path):
    from typer.testing import CliRunner

    from oihsim.commands.events_command import events_app

    data, out = tmp_path / "data.csv", tmp_path / "out.csv"
    data.write_text(HEAD + SAME["tablets that go on"][0] + seen(), "utf-8")
    words = ["simulate", "flagship", str(data), "-o", str(out), "--count", "1", "--what", "pain"]
    result = CliRunner().invoke(events_app, [*words, "--most-maps", "9"])
    assert isinstance(result.exception, SimulationError)
    result = CliRunner().invoke(events_app, [*words, "--residual", "0.01"])
    assert result.exit_code == 0, result.output
    assert '"steady_state_residual_sought": 0.01' in (tmp_path / "out.csv.json").read_text("utf-8")
