"""Model files: transit chains and routes by two roads, and what check and show say of them."""

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from oihsim.commands.app import app
from oihsim.drugs import drug_names, load_drug
from oihsim.drugs.linear_model import of_drug
from oihsim.drugs.linear_model_file import parse_model, read_linear_model
from oihsim.events import run_events
from oihsim.files.errors import InputError
from oihsim.files.yaml import Document, parse_yaml, read_yaml

HEAD = "schema: oihsim-drug/1\nkind: model\n"
CHAIN = """parameters: {KTR: 0.7, K: 0.2}
compartments:
  depot: {F: BIO}
  central: {}
"""
SUGAR = "transit:\n  - {name: step, n: 4, rate: KTR, from: depot, to: central}\n"
FLOWS = "flows:\n  - {from: central, to: out, rate: K}\n"
BY_HAND = """parameters: {KTR: 0.7, K: 0.2}
compartments: {depot: {F: BIO}, central: {}, step1: {}, step2: {}, step3: {}, step4: {}}
flows:
  - {from: central, to: out, rate: K}
  - {from: depot, to: step1, rate: KTR}
  - {from: step1, to: step2, rate: KTR}
  - {from: step2, to: step3, rate: KTR}
  - {from: step3, to: step4, rate: KTR}
  - {from: step4, to: central, rate: KTR}
"""
RECORDS = "ID,TIME,EVID,AMT,RATE,II,ADDL,CMT,BIO\n1,0,1,100,0,0,0,depot,0.6\n" + "".join(
    f"1,{t},0,0,0,0,0,0,0.6\n" for t in (0.5, 2, 5, 11, 30)
)


def written(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


@pytest.fixture
def data(tmp_path):
    return written(tmp_path, "data.csv", RECORDS)


def test_a_chain_is_erlang(tmp_path, data):
    outcome = run_events(written(tmp_path, "chain.yaml", HEAD + CHAIN + SUGAR + FLOWS), data)
    assert list(outcome.columns) == [
        *("depot_amount", "central_amount", "step1_amount", "step2_amount", "step3_amount"),
        "step4_amount",
    ]
    for j, name in enumerate(("depot", "step1", "step2", "step3", "step4")):
        kt = 0.7 * outcome.time
        expected = 60.0 * kt**j * np.exp(-kt) / math.factorial(j)
        np.testing.assert_allclose(outcome.columns[f"{name}_amount"], expected, rtol=1e-10)


def test_a_chain_is_what_its_flows_are(tmp_path, data):
    sugar = run_events(written(tmp_path, "sugar.yaml", HEAD + CHAIN + SUGAR + FLOWS), data)
    plain = run_events(written(tmp_path, "plain.yaml", HEAD + BY_HAND), data)
    assert sugar.columns.keys() == plain.columns.keys()
    for name, values in plain.columns.items():
        np.testing.assert_allclose(sugar.columns[name], values, rtol=1e-12)


def test_a_route_enters_several_compartments(tmp_path):
    routes = """routes:
  mixed: [{into: depot, F: 1-FB}, {into: central, F: FB, lag: 2, duration: 3}]
  worn: [{into: central, duration: wear time}]
doses_are: {of: hydrochloride, salt_factor: 0.8}
"""
    text = HEAD + CHAIN.replace("K: 0.2", "K: 0.2, FB: 0.25").replace("BIO", "1") + routes + FLOWS
    model = written(tmp_path, "routes.yaml", text + "  - {from: depot, to: central, rate: KTR}\n")
    head, seen = "ID,TIME,EVID,AMT,DUR,CMT\n", "".join(f"1,{t},0,0,0,0\n" for t in (1, 4, 9))
    by_route = run_events(model, written(tmp_path, "one.csv", f"{head}1,0,1,100,0,mixed\n{seen}"))
    several = "1,0,1,75,0,depot\n1,2,1,25,3,central\n"
    rows = (head + several + seen).splitlines()
    rows[1:] = sorted(rows[1:], key=lambda row: float(row.split(",")[1]))
    two = run_events(model, written(tmp_path, "two.csv", "\n".join(rows) + "\n"))
    for name, values in two.columns.items():
        np.testing.assert_allclose(by_route.columns[name], values, rtol=1e-12)
    assert by_route.columns["depot_amount"][0] == pytest.approx(0.8 * 75 * math.exp(-0.7))
    assert read_linear_model(model).default == "mixed"
    with pytest.raises(InputError, match="a rate or a duration, as the route needs one"):
        run_events(model, written(tmp_path, "bad.csv", f"{head}1,0,1,100,0,worn\n{seen}"))


@pytest.mark.parametrize("name", [n for n in drug_names() if load_drug(n).kind == "drug"])
def test_every_drug_file_is_a_model_file_of_the_same_rates(name):
    drug = load_drug(name)
    document = read_yaml(drug.path)
    model = parse_model(
        Document(name, {**document.data, "kind": "model"}, document.lines), drug.path
    )
    other = of_drug(drug)
    assert model.compartments == other.compartments
    assert (list(model.inputs), model.default) == (list(other.inputs), other.default)
    columns = other.defaults
    ours = model.rates(model.symbols(columns), 1)[0]
    theirs = other.rates(other.symbols({}), 1)[0] / other.hourly
    count = len(model.compartments)
    np.testing.assert_allclose(ours[:count, :count], theirs[:count, :count], rtol=1e-12)
    for way, parts in model.inputs.items():
        for part, same in zip(parts, other.inputs[way], strict=True):
            full = {**model.symbols(columns), "DOSE": np.array([30.0])}
            again = {**other.symbols({}), "DOSE": np.array([30.0])}
            assert (part.into, part.always) == (same.into, same.always)
            for key in ("F", "lag", "duration"):
                a, b = getattr(part, key), getattr(same, key)
                assert (a is None) == (b is None)
                if a is not None:
                    np.testing.assert_allclose(a.value(full), b.value(again), rtol=1e-12)


def test_check_says_what_a_model_is_or_all_that_is_wrong(tmp_path):
    good = written(tmp_path, "good_model.yaml", HEAD + CHAIN + SUGAR + FLOWS)
    bad = written(
        tmp_path, "bad_model.yaml", HEAD + CHAIN.replace("0.7", "x") + SUGAR + "flows: 3\n"
    )
    run = CliRunner().invoke(app, ["check", str(good)])
    assert (run.exit_code, run.output) == (
        0,
        f"{good}: ok, model good_model: depot, central, step1, step2, step3, step4\n",
    )
    report = json.loads(CliRunner().invoke(app, ["check", "--json", str(good), str(bad)]).output)
    assert [entry["ok"] for entry in report] == [True, False]
    assert [problem["field"] for problem in report[1]["problems"]] == ["parameters.KTR", "flows"]


def test_show_prints_the_model_and_what_it_needs_of_the_data(tmp_path):
    text = HEAD + CHAIN.replace("K: 0.2", "K: 0.2*x").replace("K: 0.2*x", "V: 9") + SUGAR
    text += "derived: {K: (WT/70)**0.75/V}\ncovariate_fill: nocb\n" + FLOWS
    model = written(tmp_path, "shown.yaml", text)
    shown = CliRunner().invoke(app, ["show", str(model)]).output
    assert "data columns that it needs: BIO, WT (body weight, kg)" in shown
    assert "TIME, II and DUR in h, AMT in mg" in shown
    assert "next value carried backward (nocb)" in shown
    assert "1  depot    " in shown
    assert "F BIO" in shown
    assert "depot -> step1: KTR" in shown
    assert "K = (WT/70)**0.75/V" in shown
    assert "not for dosing decisions" in shown
    data = json.loads(CliRunner().invoke(app, ["show", "--json", str(model)]).output)
    assert data["data_columns"] == ["BIO", "WT"]
    assert data["compartments"][0] == {
        "number": 1, "name": "depot", "volume": None, "F": "BIO", "lag": "0",
    }  # fmt: skip


def test_a_rate_of_a_chain_may_not_read_the_dose():
    text = HEAD + CHAIN + SUGAR.replace("rate: KTR", "rate: KTR*DOSE") + FLOWS
    with pytest.raises(InputError, match=r"transit\[0\].rate: found 'DOSE'"):
        parse_model(parse_yaml(text, "m.yaml"), load_drug("morphine").path)
