"""Subjects: each number stays put, and has the distribution that is stated."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oihsim.files.errors import InputError, ModelError
from oihsim.files.yaml import parse_yaml
from oihsim.kinetics.covariates import COVARIATES
from oihsim.model.parameter import Parameter
from oihsim.neuroplasticity import MECHANISMS
from oihsim.scenario.population import Correlation, Population, Spread, deviates, sample
from oihsim.scenario.scenario_vocabulary import population_names

NOBODY = Population("nobody", "no covariates", ())


def spread(value, cv=0.0, kind="lognormal", scale=1.0):
    return Spread(Parameter("k", value, "1", "a number", cv=cv), kind, scale)


@settings(deadline=None)
@given(seed=st.integers(0, 2**63 - 1), purpose=st.text(max_size=10), n=st.integers(0, 30))
def test_a_subject_keeps_its_number_whatever_the_count(seed, purpose, n):
    np.testing.assert_array_equal(deviates(seed, purpose, n), deviates(seed, purpose, 40)[:n])


def test_deviates_are_pinned():
    """Stored results must stay reproducible: these numbers may change only with a new version."""
    expected = [-0.007379355574567, 0.909223348138236, 1.193127152118096]
    np.testing.assert_allclose(deviates(1, "morphine.CL", 3), expected, rtol=0.0, atol=1e-12)


def test_purposes_and_seeds_are_independent():
    n = 20_000
    z = [deviates(1, "WT", n), deviates(2, "WT", n), deviates(1, "HT", n), deviates(12, "T", n)]
    correlation = np.corrcoef(z) - np.eye(4)
    assert np.max(np.abs(correlation)) < 5.0 / math.sqrt(n)


def test_deviates_are_standard_normal():
    from scipy.stats import kstest

    z = deviates(3, "a", 50_000)
    assert kstest(z, "norm").pvalue > 1e-3
    assert np.all(np.isfinite(z))


def test_adding_a_parameter_a_drug_or_a_subject_changes_no_other():
    few = {"morphine.CL": spread(2.0, 0.3), "nmda.k_on": spread(1.0, 0.5)}
    more = {"ketamine.CL": spread(9.0, 0.3), **few, "glia.k": spread(1.0)}
    link = [Correlation(("ketamine.CL", "glia.k"), 0.5)]
    population = Population.load("chronic_pain")
    small = sample(population, few, [], 5, 1)
    large = sample(population, more, link, 50, 1)
    for name, values in small.items():
        np.testing.assert_array_equal(values, large[name][:5])


def test_lognormal_spread_has_its_median_and_cv():
    values = sample(NOBODY, {"a.k": spread(3.0, 0.4)}, [], 200_000, 1)["a.k"]
    assert np.median(values) == pytest.approx(3.0, rel=0.01)
    assert np.std(values) / np.mean(values) == pytest.approx(0.4, rel=0.02)


def test_logit_spread_stays_inside_and_has_its_cv_to_first_order():
    values = sample(NOBODY, {"a.k": spread(0.3, 0.1, "logit")}, [], 100_000, 1)["a.k"]
    assert np.median(values) == pytest.approx(0.3, rel=0.01)
    assert np.std(values) / 0.3 == pytest.approx(0.1, rel=0.02)
    wide = sample(NOBODY, {"a.k": spread(8.0, 2.0, "logit", 10.0)}, [], 10_000, 1)["a.k"]
    assert 0.0 < wide.min() < wide.max() <= 10.0


def test_a_fraction_of_1_does_not_vary_and_a_larger_fraction_is_refused():
    assert np.all(sample(NOBODY, {"a.k": spread(1.0, 0.3, "logit")}, [], 9, 1)["a.k"] == 1.0)
    with pytest.raises(ModelError, match=r"a\.k is 1\.2"):
        sample(NOBODY, {"a.k": spread(1.2, 0.3, "logit")}, [], 9, 1)


def test_correlated_parameters_correlate_as_stated():
    spreads = {f"a.{name}": spread(1.0, 0.3) for name in "xyz"}
    links = [Correlation(("a.x", "a.y"), 0.6), Correlation(("a.y", "a.z"), -0.5)]
    values = sample(NOBODY, spreads, links, 100_000, 1)
    logs = np.log([values["a.x"], values["a.y"], values["a.z"]])
    expected = [[1.0, 0.6, 0.0], [0.6, 1.0, -0.5], [0.0, -0.5, 1.0]]
    np.testing.assert_allclose(np.corrcoef(logs), expected, atol=0.02)
    alone = sample(NOBODY, spreads, [], 100_000, 1)
    np.testing.assert_array_equal(values["a.x"], alone["a.x"])


def test_correlations_that_cannot_hold_together_are_refused():
    spreads = {f"a.{name}": spread(1.0, 0.3) for name in "xyz"}
    pairs = (("a.x", "a.y"), ("a.y", "a.z"), ("a.x", "a.z"))
    links = [Correlation(pair, r) for pair, r in zip(pairs, (0.9, 0.9, -0.9), strict=True)]
    with pytest.raises(ModelError, match=r"a\.x, a\.y, a\.z cannot hold together"):
        sample(NOBODY, spreads, links, 3, 1)


def test_the_typical_subject_has_no_deviate():
    population = Population.load("chronic_pain")
    spreads = {"morphine.CL": spread(2.0, 0.3), "nociception.p0": spread(4.0)}
    values = sample(population, spreads, [], 1, 99, typical=True)
    assert values["morphine.CL"].tolist() == [2.0]
    assert values["nociception.p0"].tolist() == [5.0]
    for covariate in population.covariates:
        assert values[covariate.symbol].tolist() == [covariate.typical]


def test_a_change_moves_the_typical_value_and_keeps_the_deviates():
    spreads = {"a.k": spread(2.0, 0.3), "nociception.p0": spread(4.0)}
    population = Population.load("volunteers")
    before = sample(population, spreads, [], 20, 1)
    after = sample(population, spreads, [], 20, 1, changes={"a.k": 6.0, "nociception.p0": 6.0})
    np.testing.assert_allclose(after["a.k"], 3.0 * before["a.k"], rtol=1e-14)
    assert np.all(after["nociception.p0"] > before["nociception.p0"])
    np.testing.assert_array_equal(after["WT"], before["WT"])


def test_a_population_brings_no_parameter_that_the_model_lacks():
    assert "nociception.p0" not in sample(Population.load("volunteers"), {}, [], 2, 1)


@pytest.mark.parametrize("name", population_names())
def test_a_shipped_population_is_complete_and_plausible(name):
    population = Population.load(name)
    assert population.name == name
    assert {covariate.symbol for covariate in population.covariates} == set(COVARIATES)
    declared = {
        parameter.address(mechanism.name): parameter
        for mechanism in MECHANISMS
        for parameter in mechanism.parameters
    }
    for address, spread in population.parameters.items():
        assert declared[address].unit == spread.parameter.unit
    values = sample(population, population.parameters, [], 20_000, 1)
    for spread in population.covariates:
        x = values[spread.symbol]
        assert np.all((x >= spread.low) & (x <= spread.high))
        assert np.mean(x) == pytest.approx(spread.mean, abs=0.1 * spread.sd + 0.02)
    assert np.all((values["nociception.p0"] > 0.0) & (values["nociception.p0"] < 10.0))
    assert 0.3 < np.corrcoef(values["WT"], values["HT"])[0, 1] < 0.6
    women, men = values["SEX"] == 1.0, values["SEX"] == 0.0
    assert 5.0 < values["HT"][men].mean() - values["HT"][women].mean() < 16.0
    bmi = values["WT"] / (values["HT"] / 100.0) ** 2
    assert 22.0 < np.median(bmi) < 30.0
    assert np.percentile(bmi, 0.5) > 14.0


FILE = """
schema: oihsim-population/1
population: p
meaning: people
covariates:
  WT: {unit: kg, typical: 70, distribution: normal, mean: 70, sd: 10, low: 40, high: 120,
    evidence: assumed}
"""

PARAMETER = """parameters:
  %s: {value: %s, unit: %s, meaning: m, %s evidence: assumed}
covariates:"""

LINK = "correlations: [{between: [%s], r: %s, evidence: assumed}]\ncovariates:"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("WT:", "WTT:", "found no covariate 'WTT'; allowed: did you mean 'WT'?"),
        ("unit: kg", "unit: lb", "covariates.WT.unit: found 'lb'; allowed: 'kg'"),
        ("evidence: assumed", "evidence: measured", "found evidence measured without a source"),
        ("evidence: assumed", "evidence: guessed", "allowed: one of measured, fitted, derived"),
        (",\n    evidence: assumed", "", "covariates.WT.evidence: found nothing"),
        ("low: 40", "low: 80", "found numbers out of order"),
        ("sd: 10", "sd: 0", "found numbers out of order"),
        ("normal, mean: 70", "yes_or_no, mean: 70", "found a mean or typical value out of range"),
        ("distribution: normal", "distribution: gamma", "allowed: normal, lognormal or yes_or_no"),
        ("meaning: people", "", "meaning: found nothing; allowed: a sentence"),
        ("covariates:", LINK % ("WT, HT", 0.5), "found no covariate 'HT' here"),
        ("covariates:", LINK % ("WT", 1.5), "r: found 1.5; allowed: a number between -1 and 1"),
        ("typical: 70", "typicl: 70", "found a key 'typicl'; allowed: did you mean 'typical'?"),
        ("low: 40, ", "", "found values below 0"),
        ("sd: 10", "sd: 1e-300", "found an sd of 1e-300 around 70"),
        ("mean: 70, sd: 10", "mean: 70, sd: 1e300", "found an sd of 1e+300 around 70"),
        ("covariates:", PARAMETER % ("nmda.k_onn", 1, "1/h", ""), "did you mean 'k_on'?"),
        ("covariates:", PARAMETER % ("nmdaa.k_on", 1, "1/h", ""), "did you mean 'nmda'?"),
        ("covariates:", PARAMETER % ("k_on", 1, "1/h", ""), "no mechanism or drug named 'k_on'"),
        ("covariates:", PARAMETER % ("nmda.k_on", 1, "1/d", ""), "found '1/d'; allowed: '1/h'"),
        ("covariates:", PARAMETER % ("nmda.k_on", -1, "1/h", ""), "a value of at least 0"),
        ("covariates:", PARAMETER % ("nmda.k_on", 1, "1/h", "spread: logit,"), "between 0 and"),
    ],
)  # fmt: skip
def test_a_wrong_population_file_is_refused(old, new, words):
    assert Population.parse(parse_yaml(FILE, "p.yaml")).covariates[0].sd == 10.0
    with pytest.raises(InputError) as caught:
        Population.parse(parse_yaml(FILE.replace(old, new), "p.yaml"))
    assert words in str(caught.value)


def test_an_unknown_population_is_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"did you mean 'volunteers'\?"):
        Population.load("volunteer")


@settings(max_examples=50, deadline=None)
@given(
    mean=st.floats(1.0, 100.0),
    cv=st.floats(0.05, 0.6),
    cut=st.tuples(st.floats(0.1, 3.0), st.floats(0.1, 3.0)),
    kind=st.sampled_from(["normal", "lognormal"]),
)
def test_covariates_stay_inside_their_limits(mean, cv, cut, kind):
    from oihsim.scenario.population import CovariateDistribution

    low, high = mean * (1.0 - 0.3 * cut[0] * cv), mean * (1.0 + cut[1] * cv)
    covariate = CovariateDistribution("WT", mean, kind, mean, cv * mean, low, high)
    x = sample(Population("p", "", (covariate,)), {}, [], 500, 1)["WT"]
    assert np.all((x >= low * (1 - 1e-12)) & (x <= high * (1 + 1e-12)))
    assert len(np.unique(x)) == 500
