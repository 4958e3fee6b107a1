"""The populations that come with the package: graded, sourced, and what their past leaves."""

import json
from functools import lru_cache

import pytest

from oihsim import simulate
from oihsim.commands.description import check_file, describe
from oihsim.files.references import entries
from oihsim.files.yaml import parse_yaml, read_yaml
from oihsim.model.parameter import EVIDENCE
from oihsim.scenario import Scenario, parse
from oihsim.scenario.population import Population
from oihsim.scenario.scenario_vocabulary import SHIPPED, population_names

NAMES = population_names()
WITH_PAST = {
    "methadone_maintenance": "methadone",
    "buprenorphine_maintenance": "buprenorphine",
    "heroin_use": "heroin",
    "abstinent": "heroin",
    "opioid_experienced": "morphine",
}


def numbers(data, place=()):
    """Yield the place of every number in a file."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        if isinstance(value, dict | list):
            yield from numbers(value, (*place, key))
        elif isinstance(value, int | float) or (place[:1] == ("history",) and key == "amount"):
            yield (*place, key)


def scenario(name, more="typical: true"):
    text = f"""schema: oihsim-scenario/1
question: What does the past leave?
duration: 6 h
population: {{of: {name}, {more}}}
arms: {{none: {{doses: []}}}}
"""
    return parse(parse_yaml(text, "s.yaml"))


@lru_cache
def at_time_zero(name):
    ds = simulate(scenario(name)).isel(scenario=0, draw=0, id=0, time=0)
    # the ledger has a dimension of its own
    return {str(key): float(value) for key, value in ds.data_vars.items() if value.ndim == 0}


def test_the_cast_is_complete():
    assert set(NAMES) == {"volunteers", "surgical", "chronic_pain", *WITH_PAST}


@pytest.mark.parametrize("name", NAMES)
def test_all_numbers_are_graded(name):
    data = read_yaml(SHIPPED.population_path(name)).data
    graded_numbers = list(numbers(data))
    assert len(graded_numbers) > 30
    for place in graded_numbers:
        graded = [data]
        for part in place[:-1]:
            graded.append(graded[-1][part])
        grade = next(fields for fields in reversed(graded) if "evidence" in fields)
        assert grade["evidence"] in EVIDENCE
        assert grade.get("source", "") in {"", *entries()}
        assert ("source" in grade) == (grade["evidence"] != "assumed")
    assert len(Population.load(name).pedigree) > 10


@pytest.mark.parametrize("name", NAMES)
def test_it_resolves_and_reads_back(name):
    resolved = scenario(name)
    past = Population.load(name).history
    assert resolved.history_h == past.duration_h
    assert set(resolved.drugs) == {course.drug for course in past.courses}
    assert ({WITH_PAST[name]} if name in WITH_PAST else set()) == set(resolved.drugs)
    assert Scenario.from_resolved(resolved.resolved).resolved == resolved.resolved


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_shown(name):
    shown = describe(name)
    data = json.loads(json.dumps(shown.data, allow_nan=False))
    assert data["history_h"] == Population.load(name).history.duration_h
    assert [parameter["symbol"] for parameter in data["parameters"]] == ["nociception.p0"]
    assert "nociception.p0" in shown.text
    assert ("history: none" in shown.text) == (name not in WITH_PAST)
    assert all(drug in shown.text for drug in scenario(name).drugs)
    path = str(SHIPPED.population_path(name))
    assert describe(path).text == shown.text
    assert check_file(path) == f"population {name}"


@pytest.mark.parametrize("name", NAMES)
def test_only_those_with_an_opioid_use_disorder_have_the_covariate(name):
    disorder = {"methadone_maintenance", "buprenorphine_maintenance", "heroin_use", "abstinent"}
    covariate = next(c for c in Population.load(name).covariates if c.symbol == "OUD")
    assert covariate.mean == covariate.typical == float(name in disorder)


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(WITH_PAST)))
def test_those_without_a_past_begin_naive(name):
    start = at_time_zero(name)
    assert start["pain"] == pytest.approx(
        Population.load(name).parameters["nociception.p0"].parameter.value, abs=1e-6
    )
    assert start["tolerance_index"] == pytest.approx(1.0, abs=1e-6)
    assert start["withdrawal_part"] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("name", sorted(set(WITH_PAST) - {"abstinent"}))
def test_those_on_opioids_are_tolerant_sensitised_and_dependent(name):
    start = at_time_zero(name)
    assert start["tolerance_index"] > 1.5
    assert start["hyperalgesia_index"] > 0.05
    assert start["withdrawal_part"] > 0.05


def test_abstinence_ends_tolerance_and_dependence_before_sensitisation():
    using, after = at_time_zero("heroin_use"), at_time_zero("abstinent")
    for name in ("heroin", "monoacetylmorphine", "morphine"):
        assert after[f"{name}_plasma_concentration"] < 1e-6
    assert after["withdrawal_part"] < 0.05 * using["withdrawal_part"]
    assert abs(after["tolerance_index"] - 1.0) < 0.05 * (using["tolerance_index"] - 1.0)
    assert 0.01 < after["hyperalgesia_index"] < using["hyperalgesia_index"]
