"""Sweep files: everything wrong is told at once, with its line, before anything is computed."""

import pytest
from small_sweeps import sweep_fields, text_of

from oihsim.files.errors import InputError
from oihsim.studies.sweeps.sweep_file import read_sweep

HEAD = "schema: oihsim-sweep/1\nquestion: Which dose?\nscenario: morphine_month\n"

WRONG = """\
schema: oihsim-sweep/1
question: Which dose?
scenario: morphine_mont
method: sobol
count: 12
vary:
  dose:
    of: arms.morphine.doses[0].amount
    values: [15 mg, 30 mg]
    number: 3
  rate:
    of: nmda.k_on
    from: 2 1/h
    to: 1 1/h
  scenario:
    of: nmda.k_on
    from: 2 1/h
variables: [pain]
above: {pain: 3}
"""


def problems(source):
    with pytest.raises(InputError) as caught:
        read_sweep(source)
    return [(problem.line, problem.field) for problem in caught.value.problems]


def written(tmp_path, text):
    file = tmp_path / "sweep.yaml"
    file.write_text(text)
    return file


def test_all_problems_are_reported_at_once(tmp_path):
    assert problems(written(tmp_path, WRONG)) == [
        (3, "scenario"),
        (5, "count"),
        (7, "vary.dose"),
        (14, "vary.rate.to"),
        (15, "vary.scenario"),
        (15, "vary.scenario"),
        (16, "vary.scenario.of"),
        (18, "variables"),
        (19, "above"),
    ]


def test_wrong_values_are_reported_with_their_lines(tmp_path):
    text = HEAD + (
        "vary:\n"
        "  dose:\n"
        "    of: arms.morphine.doses[0].amount\n"
        "    values:\n"
        "      - 15 mg\n"
        "      - 15 mgg\n"
        "  rate: {of: nmda.k_on, values: [-1 1/h, 2 1/h]}\n"
        "  beyond: {of: 'arms.morphine.doses[3].amount', values: [1 mg]}\n"
        "  nobody: {of: population.of, values: [martians]}\n"
        "  wide: {of: morphine.CL, from: 1 mg, to: 2 mg, number: 3}\n"
    )
    assert problems(written(tmp_path, text)) == [
        (9, "vary.dose.values[1]"),
        (10, "vary.rate.values[0]"),
        (11, "vary.beyond.values[0]"),
        (12, "vary.nobody.values[0]"),
        # both ends
        (13, "vary.wide"),
        (13, "vary.wide"),
    ]


@pytest.mark.parametrize(
    ("address", "value"),
    [
        ("duration", "3 d"),
        ("output_every", "1 h"),
        ("population.count", 7),
        ("population.first", 7),
        ("arms.placebo", None),
        ("model", "oih21"),
        ("tests", ["cold_pressor_tolerance"]),
    ],
)
def test_what_all_points_must_share_is_no_axis(address, value):
    with pytest.raises(InputError, match="the same at every point"):
        read_sweep(sweep_fields(vary={"x": {"of": address, "values": [value]}}))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"subjects": 0}, "subjects"),
        ({"draws": 0}, "draws"),
        ({"keep": "everything"}, "keep"),
        ({"method": "random"}, "method"),
        ({"quantiles": [0.5]}, "quantiles"),
        ({"count": 3}, "count"),
        ({"vary": {"x": {"of": [], "values": [1]}}}, "vary.x.of"),
        ({"vary": {"x": {"of": "nmda.k_on"}}}, "vary.x"),
        ({"vary": {"x": {"of": "nmda.k_on", "values": ["1 1/h"], "labels": []}}}, "vary.x.labels"),
        ({"vary": {"x": {"of": "nmda.k_on", "values": ["1 1/h", "60 1/d"], "labels": ["a", "a"]}}},
         "vary.x.labels[1]"),
        ({"vary": {"x": {"of": "nmda.k_on", "values": ["1 1/h", "24 1/d"]}}}, "vary.x.values[1]"),
        ({"vary": {"x": {"of": "nmda.k_on", "from": "0 1/h", "to": "1 1/h", "number": 2,
                         "spacing": "log"}}}, "vary.x.from"),
        ({"vary": {"x": {"of": "nmda.k_on", "from": "0 1/h", "to": "1 1/h"}}}, "vary.x.number"),
        ({"method": "list", "vary": {"x": {"of": "nmda.k_on", "values": ["1 1/h"]},
                                     "y": {"of": "hold", "values": [[], []]}}}, "vary"),
        ({"method": "sobol", "count": 4, "vary": {}}, "vary"),
        ({"scenarios": ["flagship"]}, "scenario"),
        ({"keep": "summaries", "vary": {}, "above": {"pian": 3}}, "above.pian"),
        ({"keep": "trajectories", "vary": {}, "variables": ["pian"]}, "variables[0]"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(fields, field):
    assert field in [name for _, name in problems(sweep_fields(**fields))]


def test_scenarios_of_other_subjects_are_refused():
    fields = {"scenarios": ["morphine_month", "flagship"]}
    without_scenario = {
        key: value for key, value in sweep_fields(**fields).items() if key != "scenario"
    }
    assert (None, "scenarios[1]") in [(None, name) for _, name in problems(without_scenario)]


def test_a_scenario_beside_the_file_is_read(tmp_path):
    from oihsim.scenario.shipped_scenarios import shipped_files

    (tmp_path / "mine.yaml").write_text(shipped_files()["morphine_month"].read_text("utf-8"))
    file = written(tmp_path, HEAD.replace("morphine_month", "mine.yaml") + "subjects: 2\n")
    assert list(read_sweep(file).scenarios) == ["mine"]


def test_a_file_and_a_mapping_are_the_same_sweep(tmp_path):
    fields = sweep_fields(question="Which dose?")
    assert read_sweep(written(tmp_path, text_of(fields))).hash == read_sweep(fields).hash


def test_a_sweep_reads_back_from_its_recipe():
    from oihsim.studies.sweeps.sweep_plan import Sweep

    sweep = read_sweep(sweep_fields(draws=2))
    again = Sweep.from_recipe(sweep.text)
    assert again.hash == sweep.hash
    assert again.changes((1, 1), 1) == sweep.changes((1, 1), 1)
    assert again.first.scenario_hash == sweep.first.scenario_hash
