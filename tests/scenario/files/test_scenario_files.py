"""The corpus of valid and invalid files, the shipped scenarios, and the forms of a scenario."""

import copy
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oihsim.files.errors import InputError
from oihsim.files.yaml import Document, read_yaml
from oihsim.scenario import Scenario, json_schema, load, parse, shipped

FOLDER = Path(__file__).parent
VALID = sorted((FOLDER / "valid").glob("*.yaml"))
INVALID = sorted((FOLDER / "invalid").glob("*.yaml"))
REPOSITORY = FOLDER.parents[2]


def expected(path: Path) -> list[str]:
    lines = path.read_bytes().decode("latin-1").splitlines()
    return [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_file_is_refused_with_all_its_flaws(path):
    with pytest.raises(InputError) as caught:
        load(path)
    text = str(caught.value)
    assert expected(path), "the file names no message"
    for fragment in expected(path):
        assert fragment in text
    for problem in caught.value.problems:
        assert problem.file == str(path)
        assert problem.actual
        assert problem.allowed


@pytest.mark.parametrize(
    "path",
    [path for path in INVALID if not path.stem.startswith("several")],
    ids=lambda path: path.stem,
)
def test_a_flaw_gives_no_more_messages_than_it_deserves(path):
    with pytest.raises(InputError) as caught:
        load(path)
    assert len(caught.value.problems) <= len(expected(path)) + 1


def test_each_problem_of_a_file_has_its_line():
    with pytest.raises(InputError) as caught:
        load(FOLDER / "invalid" / "several_everywhere.yaml")
    lines = (FOLDER / "invalid" / "several_everywhere.yaml").read_text().splitlines()
    for problem in caught.value.problems:
        assert problem.line is not None
        key = problem.field.replace("]", "").replace("[", ".").split(".")
        named = [part for part in key if not part.isdigit()]
        assert any(part in lines[problem.line - 1] for part in named)


def test_no_message_keeps_the_wording_of_pydantic():
    for path in INVALID:
        with pytest.raises(InputError) as caught:
            load(path)
        for words in (
            "Input should",
            "validation error",
            "Value error",
            "pydantic",
            "Extra inputs",
        ):
            assert words not in str(caught.value)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_valid_file_resolves_and_its_resolution_is_a_fixed_point(path):
    scenario = load(path)
    stored = json.loads(json.dumps(scenario.resolved, allow_nan=False))
    again = Scenario.from_resolved(stored)
    assert again.resolved == scenario.resolved
    assert again.scenario_hash == scenario.scenario_hash
    assert again.arms == scenario.arms


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_shipped_scenario_is_a_question_and_resolves(name):
    scenario = load(name)
    assert scenario.question.endswith("?")
    assert len(scenario.question) <= 110
    assert scenario.endpoints
    assert scenario.reference in scenario.arms
    assert Scenario.from_resolved(scenario.resolved).resolved == scenario.resolved
    assert f"`{name}.yaml`" in (REPOSITORY / "scenarios" / "README.md").read_text()
    assert scenario.question in (REPOSITORY / "scenarios" / "README.md").read_text()


def test_the_references_of_the_shipped_scenarios_are_known():
    bibliography = "".join(
        path.read_text() for path in (REPOSITORY / "oihsim" / "files").glob("*.bib")
    )
    for name in shipped():
        for key in load(name).references:
            assert f"{{{key}," in bibliography


def test_the_flagship_is_what_it_says():
    scenario = load("flagship")
    assert (scenario.count, scenario.seed, scenario.duration_h) == (200, 1, 2160.0)
    assert scenario.rtol == 1e-6
    assert list(scenario.arms) == ["stable", "escalation", "ketamine", "taper"]
    stable = scenario.arms["stable"]
    assert {dose.amount for dose in stable.doses} == {30.0}
    assert len(stable.doses) == 180
    infusion = [dose for dose in scenario.arms["ketamine"].doses if dose.drug == "ketamine"]
    assert [(dose.duration_h, dose.per_kg) for dose in infusion] == [(120.0, True)]
    assert infusion[0].amount == pytest.approx(0.1 * 120.0, rel=1e-15)
    added = set(scenario.arms["ketamine"].doses) - set(scenario.arms["escalation"].doses)
    assert added == set(infusion)


def test_the_order_of_doses_and_of_keys_leaves_no_trace():
    document = read_yaml(FOLDER / "valid" / "every_form_of_dose.yaml")
    expected_hash = parse(document).scenario_hash
    doses = document.data["arms"]["a"]["doses"]
    for seed in range(5):
        random.Random(seed).shuffle(doses)
        doses[:] = [dict(sorted(dose.items(), reverse=seed % 2 == 0)) for dose in doses]
        assert parse(document).scenario_hash == expected_hash


def test_the_order_of_arms_changes_only_their_order():
    data = read_yaml(FOLDER / "valid" / "chain_of_arms.yaml").data
    forward = parse(Document("s", {**data, "compare": {"reference": "a"}}))
    arms = dict(reversed(data["arms"].items()))
    backward = parse(Document("s", {**data, "arms": arms, "compare": {"reference": "a"}}))
    assert forward.arms == backward.arms
    assert forward.scenario_hash == backward.scenario_hash
    assert list(forward.arms) == list(reversed(backward.arms))


def test_the_nearest_arm_decides_a_parameter():
    arms = load(FOLDER / "valid" / "chain_of_arms.yaml").arms
    assert arms["a"].parameters["nmda.k_on"] == pytest.approx(0.5 / 24.0, rel=1e-15)
    assert arms["b"].parameters["nmda.k_on"] == 0.2
    assert arms["c"].parameters == {"nmda.k_on": 0.1, "morphine.FPO": 0.3}
    assert arms["b"].doses == arms["c"].doses
    assert len(arms["b"].doses) == 2


def test_doses_of_the_history_come_before_time_zero():
    scenario = load(FOLDER / "valid" / "history_and_holds.yaml")
    times = [dose.time_h for dose in scenario.arms["a"].doses if dose.drug == "morphine"]
    assert times == [-1440.0 + 12.0 * k for k in range(120)]
    infusion = next(dose for dose in scenario.arms["a"].doses if dose.drug == "ketamine")
    assert infusion.time_h == pytest.approx(-1440.0 + 20.1 * 24.0)
    assert infusion.amount == pytest.approx(5.0 * 0.9 * 24.0)
    holds = scenario.arms["b"].holds
    assert [(hold.mechanism, hold.from_h) for hold in holds] == [
        ("dynorphin", 0.0),
        ("nmda", -240.0),
        ("nmda", 48.0),
    ]


def test_the_explanation_shows_all_doses_and_their_sum():
    text = load(FOLDER / "valid" / "every_form_of_dose.yaml").explain()
    words = " ".join(text.split())
    assert "ketamine iv 20 mg 10 mg/h for 2 h 120 h (5 d) 168 h (7 d) 3 24 h (1 d) 60 mg" in words
    assert "ketamine iv 2.4 mg/kg 0.1 mg/kg/h for 24 h (1 d) 192 h (8 d)" in words
    assert "fentanyl transdermal 1.8 mg 0.025 mg/h for 72 h (3 d) 288 h (12 d)" in words
    assert "ketamine 60 mg, ketamine 2.9 mg/kg, morphine 150 mg, morphine 2.7 mg/kg" in text
    assert "not for dosing decisions" in text
    history = load(FOLDER / "valid" / "history_and_holds.yaml").explain()
    assert "before time 0, for 1440 h (60 d)" in history
    assert "hold dynorphin from 0 h to the end" in history


def test_changes_are_checked_like_a_file():
    scenario = load("flagship")
    changed = scenario.change({"nmda.k_on": "0.48 1/d", "population.count": 3, "model": "oih21"})
    assert changed.count == 3
    assert changed.model == "oih21"
    assert all(arm.parameters == {"nmda.k_on": 0.02} for arm in changed.arms.values())
    assert scenario.count == 200
    held = scenario.change(hold=[{"mechanism": "nmda"}])
    assert all(len(arm.holds) == 1 for arm in held.arms.values())
    fewer = scenario.change({"arms.escalation": None})
    assert list(fewer.arms) == ["stable", "ketamine", "taper"]
    assert fewer.reference == "stable"
    more = scenario.change({"arms.none": {"doses": []}, "switches.expression": "gated"})
    assert more.arms["none"].doses == ()
    assert more.switches["expression"] == "gated"
    with pytest.raises(InputError, match=r"did you mean 'duration'\?"):
        scenario.change(durations="3 d")
    with pytest.raises(InputError) as caught:
        scenario.change({"nmda.k_onn": "1 1/h", "population.count": 0, "hold": "nmda"})
    arms = len(scenario.arms)
    assert len(caught.value.problems) == 1 + 2 * arms


def test_a_shorter_duration_cuts_what_lies_behind_it():
    short = load("flagship").change(duration="52 d", hold=[{"mechanism": "nmda", "from": "1 d"}])
    assert len(short.arms["stable"].doses) == 104
    assert max(dose.time_h for dose in short.arms["taper"].doses) < 52 * 24
    assert "pain_mean" not in [window["endpoint"] for window in short.endpoints]
    assert short.change(duration="20 h").arms["taper"].holds == ()
    assert load("flagship").change(duration="90 d").scenario_hash == load("flagship").scenario_hash


def test_a_name_that_is_nothing_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'flagship'"):
        load("flagshipp")
    with pytest.raises(InputError, match="nothing there"):
        load("absent.yaml")


@pytest.mark.parametrize("broken", [{}, {"schema": "x"}, {"schema": "oihsim-resolved/1"}, []])
def test_a_broken_resolved_form_is_refused(broken):
    with pytest.raises(InputError, match="no resolved scenario"):
        Scenario.from_resolved(broken)


def test_output_times_reach_the_end_and_no_further():
    scenario = load(FOLDER / "valid" / "smallest.yaml")
    assert scenario.output_times() == [0.0, 6.0, 12.0, 18.0, 24.0]
    assert scenario.change(output_every="5 h").output_times() == [0.0, 5.0, 10.0, 15.0, 20.0, 24.0]
    assert scenario.change(output_every="0.1 h").output_times()[-1] == 24.0


def test_a_chain_of_very_many_arms_is_refused_at_once():
    arms = {f"a{k}": {"based_on": f"a{k + 1}"} for k in range(20_000)}
    data = {**read_yaml(FOLDER / "valid" / "smallest.yaml").data, "arms": arms}
    begin = time.process_time()
    with pytest.raises(InputError, match="allowed: 1 to 50 arms"):
        parse(Document("s", data))
    assert time.process_time() - begin < 5.0


def test_the_published_schema_is_the_schema_in_use():
    published = json.loads((REPOSITORY / "docs" / "scenario.schema.json").read_text())
    assert published == json_schema(), "write docs/scenario.schema.json anew from json_schema()"


def test_reading_a_scenario_imports_nothing_heavy():
    code = (
        "import sys; from oihsim.scenario import Scenario, json_schema, load, parse; "
        "print([m for m in ('pint', 'numba', 'xarray', 'scipy', 'numpy') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def places(data, place=()):
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        yield (*place, key)
        if isinstance(value, dict | list):
            yield from places(value, (*place, key))


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        ["30 mg", "1e309 mg", "-3 d", "1 1/h", "ketamine", "a", "0.1 mg/kg/h", "5 years"]
    ),
    st.just([]),
    st.just({}),
    st.just([[]]),
    st.just({"a": {"b": []}}),
)
DOCUMENTS = [read_yaml(path).data for path in VALID] + [
    read_yaml(path).data for path in sorted((REPOSITORY / "scenarios").glob("*.yaml"))
]


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_mutated_file_is_read_or_refused_but_never_breaks(data):
    original = data.draw(st.sampled_from(DOCUMENTS))
    document = json.loads(json.dumps(original))
    for _ in range(data.draw(st.integers(1, 3))):
        known = list(places(document))
        if not known:
            break
        *above, key = data.draw(st.sampled_from(known))
        parent = document
        for part in above:
            parent = parent[part]
        kind = data.draw(st.sampled_from(["delete", "rename", "replace", "copy"]))
        if kind == "delete":
            del parent[key]
        elif kind == "rename" and isinstance(parent, dict):
            parent[data.draw(st.text(max_size=8))] = parent.pop(key)
        elif kind == "copy" and isinstance(parent, list):
            parent.append(parent[key])
        else:
            parent[key] = copy.deepcopy(data.draw(SCALARS))
    try:
        scenario = parse(Document("mutated.yaml", document))
    except InputError:
        return
    scenario.explain()
    assert Scenario.from_resolved(scenario.resolved).resolved == scenario.resolved
