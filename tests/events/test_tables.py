"""Tables, models and listings: what is read, what is written, what is shown."""

import csv
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from case import MODELS, ONE_COMPARTMENT

import oihsim
from oihsim.drugs import drug_names, load_drug
from oihsim.drugs.linear_model import of_drug
from oihsim.drugs.linear_model_file import read_linear_model
from oihsim.events import read_table, run_events
from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError

TEN_LINES = """schema: oihsim-drug/1
kind: model
parameters: {CL: 1, V: 10, KA: 1}
compartments:
  depot: {F: BIOAV, lag: LAGT}
  central: {volume: V}
flows:
  - {from: depot, to: central, rate: KA}
  - {from: central, to: out, rate: CL/V}
"""
DATA = """ID,TIME,EVID,AMT,II,ADDL,CMT,BIOAV,LAGT
7,0,1,100,12,1,depot,0.5,1
7,5,0,.,.,.,.,0.5,1
9,0,1,100,.,.,2,1,0
9,5,0,.,.,.,.,1,0
9,8,0,.,.,.,.,1,0
"""


@pytest.fixture
def command(tmp_path, monkeypatch, call_oihsim):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.yaml").write_text(TEN_LINES)
    (tmp_path / "data.csv").write_text(DATA)
    return partial(call_oihsim, "events")


def test_ten_lines_make_a_model():
    assert len(TEN_LINES.splitlines()) <= 10


def test_run_writes_every_observation_in_record_order(command):
    code, message, err = command("run", "model.yaml", "data.csv", "-o", "out.csv")
    assert (code, err) == (0, "")
    assert CAUTION in message
    with Path("out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["ID"], float(row["TIME"])) for row in rows] == [("7", 5), ("9", 5), ("9", 8)]
    assert list(rows[0])[2:] == ["depot_amount", "central_amount", "central_concentration"]
    assert float(rows[0]["depot_amount"]) == pytest.approx(50 * np.exp(-4), rel=1e-12)
    assert float(rows[2]["central_concentration"]) == pytest.approx(10 * np.exp(-0.8), rel=1e-12)
    about = json.loads(Path("out.csv.json").read_text())
    assert about["order_at_one_time"].startswith("stop < reset < covariate < pending dose")
    assert about["caution"] == CAUTION


def test_run_refuses_to_write_over_its_table(command):
    code, _, err = command("run", "model.yaml", "data.csv", "-o", "data.csv")
    assert code == 2
    assert "allowed: another file" in err
    assert Path("data.csv").read_text() == DATA
    code, _, err = command("run", "model.yaml", "data.csv", "-o", "nowhere/out.csv")
    assert (code, "no folder" in err) == (2, True)


def test_errors_name_file_row_and_id(command):
    Path("data.csv").write_text(DATA.replace("7,5,0", "7,-5,0"))
    code, out, err = command("run", "model.yaml", "data.csv", "-o", "out.csv")
    assert (code, out) == (2, "")
    assert "data.csv:3: TIME of ID 7: found -5" in err
    assert not Path("out.csv").exists()


def test_show_expands_a_table_with_and_without_a_model(command):
    code, out, _ = command("show", "data.csv")
    assert code == 0
    assert CAUTION in out
    code, with_model, _ = command("show", "data.csv", "--model", "model.yaml")
    line = next(line for line in with_model.splitlines() if line.startswith("7"))
    assert line.split() == ["7", "1", "bolus", "depot", "50", "2"]
    Path("data.csv").write_text(DATA.replace("9,0,1,100,.,.,2", "9,0,1,100,3,2,2"))
    _, out, _ = command("show", "data.csv")
    assert "additional 2" in out
    code, _, err = command("show", "nowhere.csv")
    assert (code, "nothing there" in err) == (2, True)


def test_show_expands_a_scenario_and_a_regimen(command):
    code, out, _ = command("show", "flagship")
    assert code == 0
    first = next(iter(oihsim.load("flagship").arms.values()))
    assert out.count(f"\n{first.name} ") == len(first.doses)
    code, out, _ = command("show", "morphine 30 mg PO q12h x 2 d")
    assert (code, out.count("30 mg morphine oral")) == (0, 4)
    assert CAUTION in out


def test_lower_case_and_strange_ids(tmp_path):
    file = tmp_path / "lower.csv"
    file.write_text("id,time,amt,tinf,cmt\n007,0,100,5,central\n007,3,.,.,.\nb a,0,,,\n")
    (tmp_path / "one.yaml").write_text(ONE_COMPARTMENT)
    result = run_events(tmp_path / "one.yaml", file)
    assert result.id.tolist() == ["007", "b a"]
    assert result.columns["central_amount"][0] == pytest.approx(200 * (1 - np.exp(-0.3)))
    assert result.frame().attrs["caution"] == CAUTION


def test_lines_may_end_in_any_way_and_fields_be_quoted(tmp_path):
    file = tmp_path / "quoted.csv"
    file.write_bytes(b'\xef\xbb\xbfID,TIME,AMT,CMT\r\n"1","0","100","central"\r\n1,3,.,.\r\n\r\n')
    table = read_table(file)
    assert table.amt.tolist() == [100.0, 0.0]
    assert table.row.tolist() == [2, 3]


@pytest.mark.parametrize("name", drug_names())
def test_every_drug_is_a_linear_model(name):
    drug = load_drug(name)
    model = of_drug(drug)
    assert model.reads() <= model.defaults.keys()
    rates = model.rates(model.symbols({}), 1)
    np.testing.assert_allclose(rates[0], _as_amounts(drug), rtol=1e-12)


def _as_amounts(drug):
    kinetics = drug.kinetics(drug.typical(1))
    return kinetics.A[0]


def test_a_drug_of_the_package_gives_its_concentrations():
    result = run_events("naltrexone", _table("1,0,50,oral", "1,1,.,."))
    drug = load_drug("naltrexone")
    kinetics = drug.kinetics(drug.typical(1))
    from scipy.linalg import expm

    x0 = np.zeros(len(kinetics.compartments))
    x0[kinetics.compartments.index("gut")] = 50 * drug.amount_per_mg()
    x = expm(kinetics.A[0]) @ x0
    concentration = result.columns["naltrexone_effect_site_concentration"][0]
    assert concentration == pytest.approx(float(kinetics.C[0, 0] @ x), rel=1e-9)
    assert result.attrs["units"]["naltrexone_effect_site_concentration"] == "nmol/L"


def _table(*rows):
    from oihsim.events.event_table import parse_table

    return parse_table("\n".join(["ID,TIME,AMT,CMT", *rows]) + "\n", "table.csv")


def test_a_patch_needs_its_wear_time():
    with pytest.raises(InputError, match="the route needs one"):
        run_events("fentanyl", _table("1,0,5,transdermal", "1,1,.,."))


def test_kind_model_is_no_drug_to_simulate(tmp_path):
    (tmp_path / "one.yaml").write_text(ONE_COMPARTMENT)
    with pytest.raises(InputError, match="kind"):
        load_drug(tmp_path / "one.yaml")
    assert read_linear_model(tmp_path / "one.yaml").compartments == ("depot", "central")


def test_the_page_holds_every_case():
    page = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text("utf-8")
    from cases_repeated import CASES as REPEATED
    from cases_single import CASES as SINGLE

    for record in (*SINGLE, *REPEATED):
        assert f"\n| {record.name} | {record.rule} |" in page
    assert set(MODELS) == {"one", "two"}
