"""Addresses that lead into the doses of an arm: what they change, and where they lead nowhere."""

import pytest

import oihsim
from oihsim.files.errors import InputError


def flagship():
    return oihsim.load("flagship").change({"population.count": 1})


def test_an_address_changes_the_dose_it_names_alone():
    before = flagship()
    doses = before.resolved["arms"]["escalation"]["doses"]
    after = before.change({"arms.escalation.doses[1].amount": "77 mg"})
    changed = after.resolved["arms"]["escalation"]["doses"]
    assert len(doses) > 2
    assert changed[1] == {**doses[1], "amount": 77.0}
    assert [*changed[:1], *changed[2:]] == [*doses[:1], *doses[2:]]
    same = {name: arm for name, arm in after.resolved["arms"].items() if name != "escalation"}
    assert same == {name: before.resolved["arms"][name] for name in same}


def test_times_holds_and_parameters_of_an_arm_have_addresses():
    after = flagship().change(
        {
            "arms.stable.doses[0].every": "8 h",
            "arms.stable.hold": [{"mechanism": "nmda"}],
            "arms.stable.parameters.nmda.k_on": "0.01 1/h",
        }
    )
    arms = after.resolved["arms"]
    assert arms["stable"]["doses"][0]["every_h"] == 8.0
    assert [hold["mechanism"] for hold in arms["stable"]["hold"]] == ["nmda"]
    assert arms["stable"]["parameters"] == {"nmda.k_on": 0.01}
    assert arms["taper"]["parameters"] == {}


def test_none_takes_a_key_away():
    held = flagship().change({"arms.stable.hold": [{"mechanism": "nmda"}]})
    assert held.resolved["arms"]["stable"]["hold"]
    assert held.change({"arms.stable.hold": None}).resolved["arms"]["stable"]["hold"] == []


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("arms.stable.doses[9].amount", "a number from 0 to"),
        ("arms.stabel.doses[0].amount", "did you mean 'stable'"),
        ("arms.stable.dose[0].amount", "did you mean 'doses'"),
        ("arms.stable.doses.amount", "a number in brackets"),
        ("arms.stable.doses[0][1]", "no list there"),
        ("arms.stable..amount", "names with dots"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(address, allowed):
    with pytest.raises(InputError) as caught:
        flagship().change({address: "1 mg"})
    assert [problem.field for problem in caught.value.problems] == [address]
    assert allowed in caught.value.problems[0].allowed


def test_what_stands_at_an_address_is_checked_like_a_file():
    with pytest.raises(InputError, match="mgg"):
        flagship().change({"arms.stable.doses[0].amount": "30 mgg"})
