"""The sentence on breathing: which arms call for it, and that nothing shows them without it."""

import json
import sys

import numpy as np
import pytest

import oihsim
from oihsim.commands.app import main
from oihsim.commands.comparison_text import as_json
from oihsim.files.yaml import Document
from oihsim.results import plot
from oihsim.scenario import load, parse
from oihsim.treatment.arm import Arm, Course
from oihsim.treatment.breathing import KINDS, concerns, sentence
from oihsim.treatment.rule_sets import AMOUNT, Condition, DoseLine, Rule, RuleSet
from oihsim.treatment.vocabulary import SHIPPED

OPIOIDS = {"morphine", "methadone", "fentanyl", "buprenorphine"}
DAY = 24.0


def course(first_d, days, mg, drug="morphine", route="oral", every_h=12.0, per_kg=False):
    number = round(days * DAY / every_h)
    return Course(
        first_d * DAY, drug, route, mg, per_kg=per_kg, number=number, every_h=every_h
    )  # fmt: skip


def infusion(first_d, days, mg, drug="fentanyl", route="iv"):
    return Course(first_d * DAY, drug, route, mg, duration_h=days * DAY)


def all_kinds(*courses, end_d=60, rules=()):
    arm = Arm("a", tuple(courses), rules=tuple(rules))
    return set(concerns({"a": arm}, OPIOIDS.__contains__, end_d * DAY))


def kinds(*courses, **more):
    """Return the kinds apart from an opioid begun, which has a test of its own."""
    return all_kinds(*courses, **more) - {"begun"}


def test_the_first_opioid_of_all_is_begun_and_no_other():
    assert all_kinds(course(0, 60, 30)) == {"begun"}
    assert all_kinds(course(0, 60, 30), infusion(0, 60, 72.0)) == {"begun"}  # two at once
    assert all_kinds(course(5, 55, 30), course(20, 40, 30)) == {"begun", "raised"}
    assert all_kinds(course(-60, 60, 30), course(0, 60, 30)) == set()
    assert all_kinds(course(-60, 50, 30), course(0, 60, 30)) == {"resumed"}
    assert all_kinds() == set()


def test_one_stable_dose_calls_for_nothing_beyond_the_caution():
    assert kinds(course(0, 60, 30)) == set()
    assert kinds(course(-60, 60, 30), course(0, 60, 30)) == set()
    assert kinds(infusion(0, 30, 72.0), infusion(30, 30, 72.0)) == set()
    assert kinds() == set()


def test_a_raise_is_found_within_the_run_over_the_past_and_in_rates():
    assert kinds(course(0, 30, 30), course(30, 30, 60)) == {"raised"}
    assert kinds(course(-60, 60, 30), course(0, 60, 31)) == {"raised"}
    assert kinds(infusion(0, 30, 72.0), infusion(30, 30, 73.0)) == {"raised"}
    assert kinds(course(0, 60, 30), course(20, 40, 5)) == {"raised"}  # on top
    assert kinds(course(0, 30, 30), course(30, 30, 30, every_h=8.0)) == {"raised"}  # more often
    assert kinds(course(0, 60, 30), Course(20 * DAY, "morphine", "oral", 10.0)) == {"raised"}


def test_a_raise_that_lies_in_the_past_is_no_concern_of_the_arm():
    assert kinds(course(-60, 30, 30), course(-30, 30, 60), course(0, 60, 60)) == set()


def test_the_same_dose_a_day_in_other_parts_is_no_raise():
    assert kinds(course(0, 30, 30), course(30, 30, 60, every_h=24.0)) == set()


def test_a_taper_calls_for_nothing_until_it_ends_in_abstinence():
    steps = [course(-60, 60, 100), course(0, 7, 50), course(7, 7, 25)]
    assert kinds(*steps, course(14, 46, 10)) == set()
    assert kinds(*steps, end_d=16) == set()
    assert kinds(*steps, end_d=17) == {"stopped"}


def test_the_last_dose_of_a_step_that_ends_early_does_not_make_a_taper_a_raise():
    first_step = Course(0.0, "morphine", "oral", 100.0, number=21, every_h=12.0)  # until 10.5 d
    assert kinds(
        first_step, Course(10.1 * DAY, "morphine", "oral", 50.0, number=100, every_h=12.0)
    ) == (set())


def test_an_opioid_after_abstinence_that_follows_use():
    past = course(-60, 60, 30)
    assert kinds(past, course(10, 50, 30)) == {"resumed", "stopped"}
    assert kinds(past, course(10, 50, 5)) == {"resumed", "stopped"}  # however little
    assert kinds(past, course(2, 58, 30)) == set()  # a pause shorter than three days
    assert kinds(past, course(2, 58, 40)) == {"raised"}
    assert kinds(past, course(3, 57, 30)) == {"resumed", "stopped"}
    assert kinds(past, infusion(10, 1, 1.0)) == {"resumed", "stopped"}  # another one, too


def test_abstinence_counts_from_before_the_run():
    past = course(-90, 60, 30)  # 30 days without, before time 0
    assert kinds(past, end_d=1) == {"stopped"}
    assert kinds(past, course(0, 1, 30), end_d=1) == {"resumed"}


def test_a_single_exposure_is_no_use():
    surgery = infusion(0, 0.1, 3.0)
    assert kinds(surgery) == set()
    assert kinds(surgery, infusion(10, 0.1, 3.0)) == set()
    assert kinds(surgery, infusion(10, 0.1, 4.0)) == {"raised"}


@pytest.mark.parametrize(
    "other",
    [
        course(30, 30, 1, drug="methadone"),
        course(30, 30, 1, route="iv"),
        course(30, 30, 0.1, per_kg=True),
    ],
)
def test_what_cannot_be_compared_is_a_change(other):
    assert kinds(course(0, 30, 30), other) == {"changed"}


def test_back_to_the_first_opioid_after_a_rotation_is_a_change():
    rotation = course(0, 20, 30), course(20, 20, 10, drug="methadone"), course(40, 20, 30)
    assert kinds(*rotation) == {"changed"}


def test_a_weekly_depot_is_no_abstinence():
    depot = course(0, 56, 16, drug="buprenorphine", route="sc_weekly", every_h=168.0)
    assert kinds(depot, end_d=56) == set()


def test_a_rescue_of_an_opioid_may_raise_it():
    def rescue(drug):
        rule = Rule(
            "rescue", "rescue", (Condition("pain", ">", 4.0),), line=DoseLine(drug, "iv", 1.0)
        )
        return [RuleSet("rescue", (0.0, 1.0), (rule,))]

    assert kinds(rules=rescue("morphine")) == {"rescue"}
    assert kinds(rules=rescue("ketamine")) == set()


def reacting(*rules, drug="morphine", mg=30.0, from_d=0, until_d=60, low=0.0):
    line = DoseLine(
        drug, "oral", mg, every_h=12.0, from_h=from_d * DAY, until_h=until_d * DAY, low=low
    )
    return [RuleSet("block", (24.0,), rules, line)]


RAISE = Rule("raise", "raise", by=0.5)
LOWER = Rule("lower", "lower", by=0.1)
TO_METHADONE = Rule("switch", "switch", line=DoseLine("methadone", "oral", 10.0, every_h=8.0))
TO_KETAMINE = Rule("switch", "switch", line=DoseLine("ketamine", "oral", 10.0, every_h=8.0))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (RAISE, {"rule_raises"}),
        (LOWER, set()),
        (Rule("hold", "hold"), set()),
        (Rule("pause", "pause", for_h=48.0), {"rule_stops"}),
        (Rule("stop", "stop"), {"rule_stops"}),
        (Rule("lower", "lower", by=5.0, by_kind=AMOUNT), {"rule_stops"}),
        (Rule("lower", "lower", by=1.0), {"rule_stops"}),
        (TO_METHADONE, {"rule_raises"}),
        (TO_KETAMINE, {"rule_stops"}),
    ],
)
def test_what_a_rule_may_do_to_an_opioid_is_told(rule, expected):
    assert kinds(rules=reacting(rule)) == expected
    others = reacting(rule, drug="ketamine")
    assert kinds(rules=others) == ({"rule_raises"} if rule is TO_METHADONE else set())


def test_a_lowering_that_bounds_keep_from_zero_is_no_stop():
    lower = Rule("lower", "lower", by=5.0, by_kind=AMOUNT)
    assert kinds(rules=reacting(lower, low=5.0)) == set()


def test_the_line_that_rules_act_on_counts_as_doses():
    assert all_kinds(rules=reacting(LOWER)) == {"begun"}
    assert all_kinds(course(-60, 60, 15), rules=reacting(LOWER)) == {"raised"}
    assert all_kinds(course(-60, 60, 30), rules=reacting(LOWER)) == set()
    assert all_kinds(course(-60, 60, 30), rules=reacting(LOWER, until_d=20)) == {"stopped"}
    assert all_kinds(course(-60, 50, 30), rules=reacting(LOWER)) == {"resumed"}


def test_the_sentence_names_what_rules_may_do():
    text = sentence({"rule_raises": ["chase"], "rule_stops": ["taper"]})
    assert "a rule may raise an opioid, or change it for another, in chase" in text
    assert "a rule may pause or stop an opioid, or give it again after a pause, in taper" in text


def test_drugs_without_efficacy_at_the_mu_receptor_are_no_opioids():
    for drug in ("naloxone", "naltrexone", "ketamine", "dextromethorphan", "clonidine"):
        assert not SHIPPED.opioid(drug), drug
    for drug in ("morphine", "codeine", "heroin", "methadone", "buprenorphine", "remifentanil"):
        assert SHIPPED.opioid(drug), drug
    more = course(0, 10, 0.4, drug="naloxone"), course(10, 10, 4.0, drug="naloxone")
    assert concerns({"a": Arm("a", more)}, SHIPPED.opioid, 480.0) == {}


def test_the_sentence_names_every_kind_and_many_arms_by_number():
    text = sentence({kind: [kind] for kind in KINDS})
    for kind in KINDS:
        assert f"in {kind}" in text
    assert text.endswith("a dose which was usual before can kill.")
    many = sentence({"raised": [f"arm_{k}" for k in range(50)]})
    assert "arm_5 and 44 more arms" in many
    assert len(many) < 400


def scenario(arms, days=10, **fields):
    typical = {"of": "chronic_pain", "count": 1, "typical": True}
    return parse(
        Document(
            "breathing",
            {"schema": "oihsim-scenario/1", "question": "Is it said?", "duration": f"{days} d",
             "population": typical, "arms": arms, **fields},
        )
    )  # fmt: skip


def morphine(mg, first=0, until=10):
    return {"drug": "morphine", "route": "oral_er", "amount": f"{mg} mg", "every": "12 h",
            "from": f"{first} d", "until": f"{until} d"}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("flagship", {"begun": ["stable", "escalation", "ketamine", "taper"],
                      "raised": ["escalation", "ketamine", "taper"]}),
        ("buprenorphine_rotation", {"changed": ["buprenorphine"]}),
        ("abrupt_or_slow_stop", {"stopped": ["abrupt", "one_week", "four_weeks"]}),
        ("morphine_month", {"begun": ["morphine"]}),
        ("remifentanil_volunteers", {"begun": ["abrupt", "gradual", "with_ketamine"]}),
    ],
)  # fmt: skip
def test_shipped_scenarios(name, found):
    assert load(name).breathing == found


def test_the_past_of_a_population_counts():
    abstinent = load("flagship").change({"population.of": "abstinent", "duration": "30 d"})
    assert abstinent.breathing["resumed"] == ["stable", "escalation", "ketamine", "taper"]


@pytest.fixture(scope="module")
def raised():
    return oihsim.simulate(
        scenario(
            {
                "stable": {"doses": [morphine(30)]},
                "more": {"doses": [morphine(30, until=5), morphine(60, 5)]},
            }
        )
    )


def test_a_result_that_stays_as_it_was_has_the_caution_alone():
    past = {"duration": "10 d", "doses": [morphine(30)]}
    ds = oihsim.simulate(scenario({"stable": {"doses": [morphine(30)]}}, history=past))
    assert "breathing" not in ds.attrs
    assert ds.attrs["caution"] == oihsim.CAUTION
    assert "can kill" not in oihsim.format_table(oihsim.endpoint_table(ds))


@pytest.mark.slow
def test_the_result_and_its_file_have_it(raised, tmp_path):
    text = raised.attrs["breathing"]
    assert "raised in more." in text
    path = oihsim.write_netcdf(raised, tmp_path / "raised.nc")
    assert oihsim.open_result(path).attrs["breathing"] == text


def test_explain_has_it(raised):
    scenario = oihsim.Scenario.from_resolved(json.loads(raised.attrs["resolved_scenario"]))
    assert raised.attrs["breathing"] in " ".join(scenario.explain().split())


def test_table_and_json_have_it_also_of_some_rows(raised):
    rows = oihsim.endpoint_table(raised, ["pain_mean", "hyperalgesia_last"])
    for table in (rows, rows[2:]):
        assert raised.attrs["breathing"] in " ".join(oihsim.format_table(table).split())
        document = json.loads(as_json(table))
        assert document["breathing"] == raised.attrs["breathing"]
        assert "breathing" not in document["rows"][0]


def test_scenarios_side_by_side_name_arms_as_the_result_does(raised):
    first = scenario({"stable": {"doses": [morphine(30)]}})
    second = scenario({"more": {"doses": [morphine(30, until=5), morphine(60, 5)]}})
    ds = oihsim.compare([first, second])
    assert "raised in breathing-2/more." in ds.attrs["breathing"]
    assert ds.attrs["breathing"].count("breathing-2/") == 2  # begun and raised
    assert ds.attrs["breathing"].count("breathing/stable") == 1


@pytest.mark.parametrize("inches", [(12.0, 9.0), (6.0, 9.0)])
def test_the_figure_has_it_on_the_page(raised, inches):
    figure = plot.strategy(raised, width=inches[0], height=inches[1])
    figure.draw_without_rendering()
    (foot,) = [text for text in figure.texts if "Breathing and" in text.get_text()]
    assert " ".join(foot.get_text().split()) == f"{raised.attrs['breathing']} {oihsim.CAUTION}"
    box = foot.get_window_extent()
    assert figure.bbox.x0 <= box.x0
    assert box.x1 <= figure.bbox.x1
    assert figure.bbox.y0 <= box.y0
    lowest = min(axis.get_tightbbox().y0 for axis in figure.axes if np.isfinite(axis.bbox.y0))
    assert box.y1 <= lowest


@pytest.mark.slow
def test_the_command_has_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    call = ["oihsim", "run", "flagship", "--count", "1", "-o", "f.nc"]
    monkeypatch.setattr(sys, "argv", call)
    with pytest.raises(SystemExit, match=r"^0$"):
        main()
    assert "is raised in escalation, ketamine and taper" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", [*call, "--json"])
    with pytest.raises(SystemExit, match=r"^0$"):
        main()
    assert "can kill" in json.loads(capsys.readouterr().out)["breathing"]
