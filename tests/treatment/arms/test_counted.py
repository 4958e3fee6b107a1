"""What is counted, not weighed: how scenarios write it, what is refused, and units of results."""

import json

import numpy as np
import pytest

import oihsim
from oihsim.commands.catalogue import catalogue, format_catalogue
from oihsim.commands.description import check_file, describe
from oihsim.drugs import load_drug
from oihsim.files.errors import InputError, ModelError
from oihsim.files.units import registry
from oihsim.files.yaml import Document
from oihsim.results.comparison import endpoint_table
from oihsim.results.endpoints import ENDPOINTS
from oihsim.scenario import Scenario, parse

THERAPY = {"drug": "physical_therapy", "route": "session", "amount": "1 session"}
COURSE = {**THERAPY, "every": "7 d", "until": "28 d"}
WOUND = {"drug": "incision", "route": "surgery", "amount": "0.5 incisions", "over": "2 h"}
BLOCK = {"drug": "local_anaesthetic_block", "route": "nerve", "amount": "1 block"}
PILL = {"drug": "paracetamol", "route": "oral", "amount": "1 g", "every": "6 h", "until": "2 d"}


def scenario(*doses, **fields):
    data = {
        "schema": "oihsim-scenario/1",
        "question": "Can it be counted?",
        "duration": "28 d",
        "output_every": "12 h",
        "population": {"of": "surgical", "count": 1, "typical": True},
        "arms": {"a": {"doses": list(doses)}, "none": {"doses": []}},
        **fields,
    }
    return parse(Document("counted", data))


def refusal(*doses, **fields):
    with pytest.raises(InputError) as caught:
        scenario(*doses, **fields)
    return str(caught.value)


def test_a_count_resolves_and_reads_back():
    counted = scenario(COURSE, WOUND, BLOCK, PILL)
    doses = {dose["drug"]: dose for dose in counted.resolved["arms"]["a"]["doses"]}
    units = {drug: (dose["amount"], dose["unit"]) for drug, dose in doses.items()}
    assert units == {
        "physical_therapy": (1.0, "session"),
        "incision": (0.5, "incision"),
        "local_anaesthetic_block": (1.0, "block"),
        "paracetamol": (1000.0, "mg"),
    }
    stored = json.loads(json.dumps(counted.resolved))
    assert Scenario.from_resolved(stored).resolved == counted.resolved
    shorter = counted.change({"duration": "10 d"}).arms["a"].courses
    assert {course.drug: course.unit for course in shorter} == {k: u for k, (_, u) in units.items()}


def test_doses_are_explained_in_their_own_unit():
    text = scenario(COURSE, WOUND, PILL).explain()
    assert "4 session" in text
    assert "0.25 incision/h for 2 h" in text
    assert "incision 0.5 incision, paracetamol 8000 mg, physical_therapy 4 session" in text


@pytest.mark.parametrize(
    ("dose", "actual", "allowed"),
    [
        ({**THERAPY, "amount": "30 mg"}, "'30 mg' of physical_therapy", "such as '1 session'"),
        ({**THERAPY, "amount": "1 incision"}, "'1 incision' of physical", "such as '1 session'"),
        ({**PILL, "amount": "1 session"}, "'1 session' of paracetamol", "such as '30 mg'"),
        ({**WOUND, "amount": "1 mg/kg"}, "'1 mg/kg' of incision", "such as '1 incision'"),
        ({**THERAPY, "amount": "0 sessions"}, "'0 sessions'", "more than 0: a count such as"),
        ({**THERAPY, "amount": "1 sesion"}, "'1 sesion'", "'sesion' is no unit"),
        ({**THERAPY, "amount": "1 session/kg"}, "'1 session/kg'", "cannot be converted"),
        ({**THERAPY, "amount": 1}, "1", "the unit is missing"),
    ],
)  # fmt: skip
def test_an_amount_of_another_kind_is_refused(dose, actual, allowed):
    text = refusal(dose)
    assert f"arms.a.doses[0].amount: found {actual}" in text
    assert allowed in text
    assert text.count("found") == 1


def test_what_is_counted_has_no_rate_and_is_no_rescue():
    rate = {"drug": "incision", "route": "surgery", "rate": "1 mg/h", "until": "2 h"}
    assert "doses[0].rate: found a rate of incision" in refusal(rate)
    rescue = {"drug": "incision", "route": "surgery", "amount": "1 mg", "when_pain_above": 4,
              "every": "1 h"}  # fmt: skip
    arms = {"a": {"doses": [], "rescue": rescue}}
    assert "'incision', which is counted; allowed: a drug" in refusal(arms=arms)


@pytest.fixture(scope="module")
def result():
    return oihsim.simulate(scenario(COURSE, WOUND, PILL))


def test_every_result_has_the_unit_of_its_agent(result):
    for name, unit in (("physical_therapy", "session"), ("incision", "incision")):
        for place in ("effect_site", "plasma"):
            assert result[f"{name}_{place}_concentration"].attrs["units"] == unit
        assert result[f"{name}_cumulative_dose"].attrs["units"] == unit
    assert result["paracetamol_cumulative_dose"].attrs["units"] == "mg"
    assert result["paracetamol_plasma_concentration"].attrs["units"] == "nmol/L"
    for variable in result.data_vars.values():
        if "time" in variable.dims:
            registry().Unit(variable.attrs["units"])


def test_amounts_are_counted(result):
    arm = result.sel(scenario="a", draw=0, id=0)
    assert float(arm.physical_therapy_cumulative_dose[-1]) == 4.0
    assert float(arm.incision_cumulative_dose[-1]) == 0.5
    # what is left of weekly sessions with a half-life of 14 d, before the next one
    sessions_in_effect = sum(2.0 ** -(7.0 * k / 14.0) for k in (1, 2, 3, 4))
    assert float(arm.physical_therapy_plasma_concentration[-1]) == pytest.approx(
        sessions_in_effect, rel=1e-9
    )
    sessions = ENDPOINTS["cumulative_dose"](result, drug="physical_therapy", until_h=15 * 24.0)
    assert sessions.attrs["units"] == "session"
    assert float(sessions.sel(scenario="a", draw=0, id=0)) == 3.0
    rows = endpoint_table(result, ["cumulative_dose"])
    units = {row.endpoint: row.unit for row in rows}
    assert units["cumulative_dose_incision"] == "incision"
    assert units["cumulative_dose_paracetamol"] == "mg"
    drawn = oihsim.plot.strategy(result)
    titles = {text.get_text() for axis in drawn.axes for text in axis.texts}
    titles |= {text.get_text() for text in drawn.texts}
    assert any("session/day" in title for title in titles)


def test_a_parameter_with_a_counted_unit_can_be_changed():
    weak = scenario(COURSE).change({"parameters": {"physical_therapy.EC50": "60 sessions"}})
    usual = oihsim.simulate(scenario(COURSE)).nonopioid_effect.sel(scenario="a")
    effect = oihsim.simulate(weak).nonopioid_effect.sel(scenario="a")
    assert 0.0 < float(effect.max()) < 0.2 * float(usual.max())
    with pytest.raises(InputError, match="cannot be converted to 'session'"):
        scenario(COURSE).change({"parameters": {"physical_therapy.EC50": "60 mg"}})


def test_an_emax_above_1_is_refused_however_it_comes_about():
    beyond = scenario(COURSE).change({"parameters": {"physical_therapy.EMAXN": 1.2}})
    with pytest.raises(ModelError, match=r"from 0 to 1; it is 1\.2"):
        oihsim.simulate(beyond)


def test_people_differ_in_pain_and_treatment():
    who = {"of": "surgical", "count": 30, "seed": 5}
    ds = oihsim.simulate(scenario(WOUND, PILL, population=who, duration="2 d", output_every="2 h"))
    assert (ds.status == 0).all()
    arm = ds.sel(scenario="a", draw=0)
    assert ((arm.nonopioid_effect >= 0.0) & (arm.nonopioid_effect < 1.0)).all()
    assert float(arm.pain.sel(time=2.0).std()) > 0.5
    assert np.isfinite(arm.pain).all()


def test_lists_and_descriptions_tell_the_kind():
    rows = {row["name"]: row for row in catalogue("drugs")["drugs"]}
    assert (rows["incision"]["kind"], rows["incision"]["dosed_in"]) == ("injury", "incision")
    assert (rows["morphine"]["kind"], rows["morphine"]["dosed_in"]) == ("drug", "mg")
    text = format_catalogue(catalogue("drugs"))
    assert "(therapy) supervised exercise" in text
    assert "(drug)" not in text
    shown = describe("psychological_therapy")
    assert shown.data["kind"] == "therapy"
    assert "its doses are counted in session" in shown.text
    assert "labelled mg" not in shown.text
    assert "one labelled mg holds" in describe("paracetamol").text
    assert check_file("incision") == "injury incision"
    assert check_file("morphine") == "drug morphine"


def test_a_session_is_a_single_unit_to_the_kinetics():
    drug = load_drug("physical_therapy")
    [(index, amount, lag, duration)] = drug.route_inputs("session", drug.typical(), 1.0)
    assert (index, amount[0], lag[0], duration) == (0, 1.0, 0.0, None)
    kinetics = drug.kinetics(drug.typical())
    assert kinetics.plasma[0, 0] @ kinetics.B[0, 0] == 1.0
