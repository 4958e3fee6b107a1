"""Study files: every problem at once with its line; groups; what a reading may name."""

import pytest

from oihsim.evidence.study import load_study, parse_study, study_files
from oihsim.files.errors import InputError
from oihsim.files.yaml import parse_yaml

HEAD = """schema: oihsim-study/1
citation: comelon2016
theme: volunteers
design: crossover
n: 19
done: Nineteen volunteers had remifentanil or placebo.
"""
SCENARIO = """duration: 2 h
output_every: 30 min
population: {of: volunteers, seed: 3}
arms:
  placebo: {doses: []}
  drug: {doses: [{drug: remifentanil, route: iv, rate: 0.1 ug/kg/min, until: 30 min}]}
"""
FINDING = """findings:
  rise:
    meaning: pain an hour after the end
    role: fit
    reads: pain
    arm: drug
    at: 90 min
    against: placebo
    statistic: difference
    observed: {value: 0.5, interval: [0.1, 0.9]}
    provenance: read
"""
GROUPS = """duration: 1 d
output_every: 6 h
groups:
  maintained: {population: {of: methadone_maintenance}, arms: {none: {doses: []}}}
  controls: {population: {of: volunteers}, arms: {none: {doses: []}}}
"""


def study(*parts):
    return parse_study(parse_yaml("".join(parts), "s.yaml"), "s")


def problems(*parts):
    with pytest.raises(InputError) as caught:
        study(*parts)
    return [str(problem) for problem in caught.value.problems]


def finding(**changed):
    text = FINDING
    for key, value in changed.items():
        start = text.index(f"    {key}:")
        text = text[:start] + value + text[text.index("\n", start) + 1 :]
    return text


def test_a_study_is_a_scenario_with_findings():
    read = study(HEAD, SCENARIO, FINDING)
    assert list(read.scenarios) == [""]
    assert list(read.scenarios[""].arms) == ["placebo", "drug"]
    assert read.scenarios[""].question == read.form.done
    assert read.findings["rise"].at == 1.5


def test_groups_share_the_scenario_and_differ_in_what_they_say():
    text = finding(arm="    arm: maintained/none\n", against="    against: controls/none\n",
                   at="    at: 6 h\n")  # fmt: skip
    read = study(HEAD, GROUPS, text)
    assert {group: s.population for group, s in read.scenarios.items()} == {
        "maintained": "methadone_maintenance", "controls": "volunteers",
    }  # fmt: skip


def test_problems_of_study_scenario_and_findings_come_together():
    bad = SCENARIO.replace("remifentanil, route: iv", "remifentanyl, route: iv")
    lines = problems(HEAD.replace("volunteers\n", "volunteer\n", 1), bad,
                     finding(role="    role: fitt\n"))  # fmt: skip
    assert any(line.startswith("s.yaml:3: theme: found 'volunteer'") for line in lines)
    assert any("arms.drug.doses[0].drug: found no drug named 'remifentanyl'" in x for x in lines)
    assert any("findings.rise.role: found 'fitt'; allowed: one of fit, null" in x for x in lines)


def test_a_problem_of_a_group_names_its_place():
    (line,) = problems(HEAD, GROUPS.replace("of: volunteers", "of: volunteer"), finding(
        arm="    arm: maintained/none\n", against="    against: controls/none\n",
        at="    at: 6 h\n"))  # fmt: skip
    assert line.startswith("s.yaml:11: groups.controls.population.of: found no population named")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"reads": "    reads: pane\n"}, "reads: found no test, endpoint or output named 'pane'"),
        ({"arm": "    arm: drugs\n"}, "arm: found no arm named 'drugs'; allowed: did you mean"),
        ({"at": "    at: 80 min\n"}, "at: found 1.33333 h; allowed: an output time; the nearest"),
        ({"at": ""}, "at: found a time and a window, or neither"),
        ({"at": "    at: 90 min\n    from: 1 h\n"}, "found a time and a window, or neither"),
        ({"against": ""}, "against: found nothing; allowed: an arm"),
        ({"statistic": "    statistic: mean\n"}, "statistic: found mean; allowed: a statistic"),
        ({"statistic": "    statistic: incidence\n"}, "criterion: found incidence"),
        ({"reads": "    reads: pain_mean\n"}, "at: found 1.5 h; allowed: from and until"),
        ({"observed": "    observed: {value: 0.5}\n"}, "found a value without its error"),
        ({"observed": "    observed: {value: 0.5, sd: 1}\n"}, "n: found nothing; allowed: the num"),
        ({"observed": "    observed: {value: 1, se: 1, sign: above}\n"}, "found value and sign"),
        ({"observed": "    observed: {value: 1, interval: [2, 1]}\n"}, "low before high"),
        ({"observed": "    observed: {band: [-1, 1], how: x}\n"}, "found band; allowed: for a fit"),
        ({"role": "    role: null\n"}, "found value; allowed: for a null: band"),
        ({"provenance": "    provenance: derived\n"}, "how: found nothing; allowed: how the"),
    ],
)
def test_a_finding_that_does_not_fit_is_refused(changed, words):
    assert any(words in line and line.startswith("s.yaml:") for line in
               problems(HEAD, SCENARIO, finding(**changed)))  # fmt: skip


def test_a_source_has_to_be_known():
    (line,) = problems(HEAD.replace("comelon2016", "nobody2016"), SCENARIO, FINDING)
    assert line.startswith("s.yaml:2: citation: found no source named 'nobody2016'")


def test_what_cannot_be_simulated_says_why():
    read = study(HEAD, "cannot: the amounts were not printed\n")
    assert (read.scenarios, read.form.cannot) == ({}, "the amounts were not printed")
    assert any("findings" in line for line in problems(HEAD, SCENARIO))


def test_null_is_a_role_and_not_nothing():
    observed = "    observed: {band: [-0.2, 0.2], how: twice the error}\n"
    text = finding(role="    role: null\n", observed=observed)
    assert study(HEAD, SCENARIO, text).findings["rise"].role == "null"


def test_no_study_of_that_name():
    with pytest.raises(InputError, match="did you mean 'comelon2016'"):
        load_study("comelon2015")


@pytest.mark.parametrize("name", sorted(study_files()))
def test_a_shipped_study_has_no_problem(name):
    read = load_study(name)
    assert read.form.cannot or read.findings
    for finding_name, stated in read.findings.items():
        assert stated.observed.how or stated.provenance != "derived", finding_name
