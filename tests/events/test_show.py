"""``oihsim events show``: every dose, and where rules decide what they start from."""

import pytest

from oihsim import Scenario
from oihsim.files.caution import CAUTION
from oihsim.files.yaml import parse_yaml
from oihsim.scenario import parse

RESCUED = """
schema: oihsim-scenario/1
question: Who decides?
duration: 4 d
population: {of: volunteers, typical: true}
arms:
  asked:
    doses: []
    rescue: {drug: morphine, route: iv, amount: 2 mg, when_pain_above: 5, every: 6 h}
    rules:
      - name: ward
        line:
          {drug: morphine, route: oral, amount: 10 mg, every: 8 h, from: 4 h, bounds: [5 mg, 40 mg]}
        visits: {at: [5 h, 30 h, 80 h]}
        rules: [{name: more, when: pain > 4, then: raise, by: 50 %}]
  fixed:
    doses: [{drug: morphine, route: iv, amount: 3 mg, from: 1 h}]
compare: {reference: fixed, endpoints: [pain_mean]}
"""


@pytest.fixture
def shown(call_oihsim, tmp_path):
    """Return what ``events show`` prints of a file's text, or of a name."""

    def show(what, *options):
        if "\n" in what:
            file = tmp_path / "one.yaml"
            file.write_text(what)
            what = str(file)
        code, out, err = call_oihsim("events", "show", what, *options)
        assert (code, err) == (0, "")
        return out

    return show


def test_rules_are_told_with_the_first_dose_of_their_line(shown):
    lines = shown(RESCUED).splitlines()
    doses = [line for line in lines if line.startswith(("asked", "fixed"))]
    assert [line.split(maxsplit=2) for line in doses] == [
        ["asked", "4", "10 mg morphine oral, first of rules ward"],
        ["fixed", "1", "3 mg morphine iv"],
    ]
    foot = lines[lines.index("arm asked") :]
    assert foot[1].startswith("  rescue: morphine iv 2 mg when pain is above 5, judged every 6 h")
    assert foot[1].endswith("at most 16 doses")
    assert foot[2].startswith("  rules ward: 3 decision points at 5 h, 30 h (1.25 d), 80 h")
    assert "every 8 h from 4 h to the end; 5 to 40 mg" in foot[3]
    assert foot[4] == "    1. more: pain > 4: raise the dose by 50 %"
    assert "arm fixed" not in lines
    assert "Rules decide the other doses" in "\n".join(lines)
    assert lines[-1] == CAUTION


def test_every_block_of_a_shipped_scenario(shown):
    out = shown("waiting_taper")
    for arm in ("by_the_calendar", "waiting", "waiting_for_pain"):
        points = "50 decision points from 0 h to 3528 h (147 d)"
        assert f"\narm {arm}\n  rules every_third_day: {points}" in out
        line = f"{arm:<20}{0:>12}  200 mg morphine oral_er, first of rules every_third_day"
        assert out.splitlines().count(line) == 1


def test_without_rules_nothing_is_said_of_them(shown):
    assert "rules" not in shown("naloxone_challenge")


def test_the_same_words_as_those_of_check():
    scenario = parse(parse_yaml(RESCUED, "one"))
    assert isinstance(scenario, Scenario)
    assert "\n".join(scenario.rules_text["asked"]) in scenario.explain()
    assert scenario.rules_text["fixed"] == []


def test_a_reset_to_steady_state_is_told_once(call_oihsim, tmp_path):
    table = tmp_path / "one.csv"
    head = "ID,TIME,EVID,AMT,II,SS,CMT\n1,0,1,10,0,0,1\n1,24,{},5,12,1,1\n1,36,0,.,.,.,.\n"
    for evid in (4, 1):
        table.write_text(head.format(evid))
        _, out, _ = call_oihsim("events", "show", str(table))
        kinds = [line.split()[2] for line in out.splitlines() if line.startswith("1 ")]
        assert kinds[:3] == ["bolus", "reset", "steady"]
        assert kinds.count("reset") == 1


def test_a_regimen_without_an_end_shows_its_first_doses(shown):
    line = "morphine 30 mg PO q12h"
    open_ended = shown(line).splitlines()
    assert open_ended[1] == "open-ended: shown until 672 h (28 d)"
    assert "--duration '90 d'" in open_ended[2]
    times = [float(line.split()[1]) for line in open_ended if line.startswith("regimen")]
    assert times == [12.0 * k for k in range(56)]
    ended = shown(line, "--duration", "2 d").splitlines()
    assert "open-ended" not in "\n".join(ended)
    assert sum(line.startswith("regimen") for line in ended) == 4
