"""An event table drives the whole model: laws, and the linear model as a second road."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from test_whole_compiled import records, text_of, ways_of_order

from oihsim.drugs import load_drug
from oihsim.drugs.linear_model import of_drug
from oihsim.engine.compiled_model import Model
from oihsim.events import run_events, simulate_events
from oihsim.events.event_table import parse_table
from oihsim.files.errors import InputError
from oihsim.scenario import Scenario, load

FOLDER = Path(__file__).parent / "invalid_whole"
TYPICAL = load("flagship").change({"population.count": 1, "population.typical": True})
PLASMA = "morphine_plasma_concentration"
EFFECT = "morphine_effect_site_concentration"


def read(text, what=(PLASMA,), scenario=TYPICAL, **options):
    return simulate_events(scenario, parse_table(text, "t.csv"), what, **options)


MORPHINE = load_drug("morphine")
FIRST = (0.0, 1, "oral", 0, 0, (0, 0))


@settings(max_examples=12, deadline=None)
@given(rows=records, way=ways_of_order)
def test_concentrations_are_those_of_the_linear_model(rows, way):
    """Doses, additional ones, rates, resets, order at one time: nothing of it in common code."""
    rows = [FIRST, *rows]
    molar = of_drug(MORPHINE).sites[0].molar
    columns = ["central_concentration", EFFECT]
    linear = run_events(
        of_drug(MORPHINE), parse_table(text_of(rows), "t.csv"), columns,
        observe=way[0], order=way[1],
    ).columns  # fmt: skip
    columns_of_table = read(
        text_of(rows, "morphine."), (PLASMA, EFFECT), observe=way[0], order=way[1]
    ).columns
    expected = linear["central_concentration"] * molar
    # an observation after a dose of its time is read 1e-9 h later, nM
    slack = 1e-7 * np.abs(expected).max() + 5e-5
    np.testing.assert_allclose(columns_of_table[PLASMA], expected, rtol=1e-6, atol=slack)
    np.testing.assert_allclose(columns_of_table[EFFECT], linear[EFFECT], rtol=1e-6, atol=slack)


HEAD = "ID,TIME,EVID,AMT,RATE,II,ADDL,CMT\n"


def test_after_a_reset_everybody_is_as_at_the_start():
    """After EVID 3 every state is what it was initially; after EVID 4 all begins anew."""
    states = [state.name for state in Model.named(TYPICAL.model).linked.states]
    doses = "1,0,1,60,0,12,20,morphine.oral_er\n1,100.1,1,50,5,0,0,morphine.iv\n"
    seen = "1,102.9,0,.,.,.,.,.\n1,103,3,.,.,.,.,.\n1,103,0,.,.,.,.,.\n1,150,0,.,.,.,.,.\n"
    records = read(HEAD + doses + seen, states).columns
    initial = {state.name: state.initial for state in Model.named(TYPICAL.model).linked.states}
    moved = 0
    for name in states:
        before, *after = records[name]
        moved += abs(before - initial[name]) > 1e-3
        assert after == pytest.approx([initial[name]] * 2, rel=1e-12, abs=1e-12)
    assert moved > 5
    anew = "1,103,4,30,0,6,2,morphine.oral\n"
    watch = [0.0, 0.5, 3.0, 6.0, 11.0, 40.0]
    rows = "".join(f"1,{103 + t!r},0,.,.,.,.,.\n" for t in watch)
    late = read(HEAD + doses + anew + rows, states).columns
    fresh = HEAD + anew.replace("103,4", "0,1") + "".join(f"1,{t!r},0,.,.,.,.,.\n" for t in watch)
    early = read(fresh, states).columns
    for name in states:
        np.testing.assert_allclose(late[name], early[name], rtol=1e-4, atol=1e-5)


def test_each_id_reads_what_it_reads_alone():
    two = TYPICAL.change({"population.count": 2, "population.typical": False})
    a = "a,0,1,30,0,12,1,morphine.oral\na,5,0,.,.,.,.,.\na,5,1,10,0,0,0,morphine.iv\n"
    a += "a,30,0,.,.,.,.,.\n"
    b = "b,1,1,20,4,0,0,morphine.iv\nb,3,3,.,.,.,.,.\nb,4,1,8,0,0,0,morphine.oral\n"
    b += "b,7.5,0,.,.,.,.,.\n"
    both = read(HEAD + a + b, ("pain", EFFECT), two)
    assert both.id.tolist() == ["a", "a", "b"]
    assert both.subject.tolist() == [0, 0, 1]
    assert both.time.tolist() == [5.0, 30.0, 7.5]
    for i, text in enumerate((a, b)):
        alone = read(HEAD + text, ("pain", EFFECT), two)
        assert alone.subject.tolist() == np.repeat([0, 1], len(alone.time) // 2).tolist()
        for name in ("pain", EFFECT):
            mine = alone.columns[name][alone.subject == i]
            np.testing.assert_allclose(both.columns[name][both.subject == i], mine, rtol=1e-9)
            # the other subject, with the same doses, is another
            assert np.abs(mine - alone.columns[name][alone.subject != i]).max() > 1e-6


def test_an_arm_of_a_scenario_reads_the_same_from_its_event_table():
    import oihsim

    shorter = TYPICAL.change({"duration": "6 d", "output_every": "8 h"})
    name = next(name for name, arm in shorter.arms.items() if not arm.rules and arm.doses)
    ds = oihsim.simulate(shorter).sel(scenario=name).isel(draw=0, id=0)
    rows = [
        (dose.time_h, 1, f"{dose.amount!r},0,0,0,{dose.drug}.{dose.route}")
        for dose in shorter.arms[name].doses
    ]
    # outputs come before doses of their time, as their records do
    rows += [(float(t), 0, "0,0,0,0,.") for t in ds.time]
    text = "".join(f"1,{t!r},{evid},{rest}\n" for t, evid, rest in sorted(rows))
    records = read(HEAD + text, ("pain", EFFECT), shorter, arm=name)
    np.testing.assert_allclose(records.columns["pain"], ds["pain"], rtol=1e-12)
    np.testing.assert_allclose(records.columns[EFFECT], ds[EFFECT], rtol=1e-12)


def test_a_covariate_of_the_table_is_that_of_the_subject():
    text = "ID,TIME,AMT,CMT,WT,NOTE\n1,0,30,morphine.oral,{w},5\n1,4,.,.,{w},5\n"
    light, heavy = (read(text.format(w=w)) for w in (50, 120))
    assert heavy.columns[PLASMA][0] > 1.1 * light.columns[PLASMA][0] > 0.0
    assert light.attrs["covariates_of_the_table"] == "WT"
    assert light.attrs["columns_not_used"] == "NOTE"


def test_the_recipe_makes_the_same_result_again(tmp_path):
    frame_of = pytest.importorskip("pandas").DataFrame
    rows = {"ID": [1, 1, 1], "TIME": [0.1, 6.0, 6.0], "AMT": [30.1, None, 5.0],
            "CMT": ["morphine.oral", None, "morphine.iv"], "WT": [66.5] * 3}  # fmt: skip
    three = TYPICAL.change({"population.count": 3, "population.typical": False})
    first = simulate_events(three, frame_of(rows), ["pain", EFFECT], observe="post")
    assert first.attrs["order_at_one_time"].endswith("dose < observation")
    beside = first.write(tmp_path / "out.csv")
    stored = json.loads(beside.read_text("utf-8"))
    again = simulate_events(
        Scenario.from_resolved(json.loads(stored["resolved_scenario"])),
        parse_table(stored["event_table"], "stored"), ["pain", EFFECT], arm=stored["arm"],
        observe="post",
    )  # fmt: skip
    assert again.attrs["event_table_hash"] == stored["event_table_hash"]
    for name in ("pain", EFFECT):
        np.testing.assert_array_equal(again.columns[name], first.columns[name])
    import xarray as xr

    assert first.write(tmp_path / "out.nc") is None
    with xr.open_dataset(tmp_path / "out.nc") as ds:
        assert ds["record_CMT"].values.tolist() == ["morphine.oral", "0", "morphine.iv"]
        np.testing.assert_array_equal(ds["pain"], first.columns["pain"])
        assert ds["id"].values.tolist() == [0, 1, 2]


EXAMPLES = sorted(path for path in FOLDER.glob("*.csv") if path.stem != "good")
TWO_SUBJECTS = load("flagship").change({"population.count": 2})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_what_the_whole_model_cannot_take_is_refused(path, monkeypatch):
    monkeypatch.chdir(FOLDER)
    with pytest.raises(InputError) as caught:
        simulate_events(TWO_SUBJECTS, path.name)
    assert f"{caught.value}\n" == path.with_suffix(".txt").read_text("utf-8")


def test_the_examples_are_many_and_the_table_beside_them_is_good(monkeypatch):
    monkeypatch.chdir(FOLDER)
    assert len(EXAMPLES) >= 25
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in EXAMPLES}
    assert len(simulate_events(TWO_SUBJECTS, "good.csv", ["pain"]).time) == 2


def test_an_arm_or_a_name_that_is_not_there_is_refused():
    text = "ID,TIME,AMT,CMT\n1,0,10,morphine.iv\n1,4,.,.\n"
    with pytest.raises(InputError, match="arm: found 'no'"):
        read(text, arm="no")
    with pytest.raises(InputError, match="did you mean 'pain'"):
        read(text, ("pian",))
    for word in ("observe", "order"):
        with pytest.raises(InputError, match=word):
            read(text, **{word: "x"})
    rules = load("chasing_the_pain")
    reacting = [name for name, arm in rules.arms.items() if arm.rules]
    assert reacting
    with pytest.raises(InputError, match="an arm without rules"):
        read(text, scenario=rules, arm=reacting[0])


def test_the_command_writes_what_the_function_returns(tmp_path):
    from typer.testing import CliRunner

    from oihsim.commands.events_command import events_app

    data, out = tmp_path / "data.csv", tmp_path / "out.csv"
    data.write_text(HEAD + "1,0,1,30,0,12,1,morphine.oral\n1,5,0,.,.,.,.,.\n", "utf-8")
    words = ["simulate", "flagship", str(data), "-o", str(out), "--count", "2", "--what", "pain"]
    result = CliRunner().invoke(events_app, words)
    assert result.exit_code == 0, result.output
    assert "2 subjects, 2 observations" in result.output
    lines = out.read_text("utf-8").splitlines()
    assert lines[0] == "ID,SUBJECT,TIME,pain"
    records = simulate_events(TWO_SUBJECTS, data, ["pain"]).columns["pain"]
    assert [float(line.split(",")[3]) for line in lines[1:]] == records.tolist()
