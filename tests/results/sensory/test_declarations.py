"""What every test declares: graded numbers, known sources, and values that people can have."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from naive import result
from scipy.stats import norm

import oihsim.results.sensory
from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model
from oihsim.files.references import entries
from oihsim.model.parameter import EVIDENCE
from oihsim.results.sensory import NAMES, TESTS, RatingTest
from oihsim.treatment.vocabulary import SHIPPED

FOLDER = Path(oihsim.results.sensory.__file__).parent


def test_the_folder_is_the_registry():
    files = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("[a-z]*.py"))
    assert set(NAMES) == set(TESTS) == set(SHIPPED.tests)
    assert set(NAMES) == set(re.findall(r'^    name="(\w+)"', files, re.MULTILINE))
    assert len(NAMES) == 23
    assert all(TESTS[name].name == name for name in NAMES)


@pytest.mark.parametrize("test", TESTS.values(), ids=NAMES)
def test_all_numbers_are_graded_and_have_their_sources(test):
    symbols = [parameter.symbol for parameter in test.parameters]
    assert len(set(symbols)) == len(symbols)
    for parameter in test.parameters:
        assert parameter.evidence in EVIDENCE
        assert bool(parameter.source) == (parameter.evidence != "assumed"), parameter.symbol
        assert parameter.meaning
        if parameter.low is not None:
            assert parameter.low <= parameter.value <= parameter.high, parameter.symbol
    assert set(test.sources) <= set(entries())
    for read in test.reads:
        assert read in result()


@pytest.mark.parametrize(
    "test",
    [test for test in TESTS.values() if not isinstance(test, RatingTest)],
    ids=lambda test: test.name,
)
def test_less_than_a_tenth_of_naive_people_reach_the_cut_off(test):
    above = (test.cut_off.value - test.origin) / (test.baseline.value - test.origin)
    total = math.hypot(
        *(math.sqrt(math.log1p(cv**2)) for cv in (test.baseline.cv, test.noise.value))
    )
    assert norm.sf(math.log(above) / total) < 0.1


def capped_mean_and_sd(median, cv, limit):
    """Return mean and SD of a log-normal variable that is stopped at a limit, in closed form."""
    mu, w, k = math.log(median), math.sqrt(math.log1p(cv**2)), math.log(limit)
    censored = norm.sf((k - mu) / w)
    first = math.exp(mu + w**2 / 2) * norm.cdf((k - mu - w**2) / w) + limit * censored
    second = math.exp(2 * mu + 2 * w**2) * norm.cdf((k - mu - 2 * w**2) / w) + limit**2 * censored
    return first, math.sqrt(second - first**2)


def test_ice_water_is_borne_as_long_as_by_the_controls_of_treister2012():
    tolerance = TESTS["cold_pressor_tolerance"]
    mean, sd = capped_mean_and_sd(
        tolerance.baseline.value, tolerance.baseline.cv, tolerance.cut_off.value
    )
    assert mean == pytest.approx(56.4, rel=0.01)
    assert sd == pytest.approx(51.4, rel=0.01)


@pytest.mark.parametrize(
    ("name", "mean", "sd"),
    [
        ("cold_pressor_threshold", 6.8, 3.5),  # treister2012
        ("electrical_pain_tolerance", 67.3, 16.8),  # koppert2003
        ("hyperalgesia_area_electrical", 43.6, 32.1),  # koppert2001
        ("allodynia_area_electrical", 27.5, 16.2),  # koppert2001
    ],
)
def test_a_baseline_has_the_mean_and_the_spread_of_its_source(name, mean, sd):
    baseline = TESTS[name].baseline
    assert baseline.cv == pytest.approx(sd / mean, rel=0.005)
    assert baseline.value * math.sqrt(1 + baseline.cv**2) == pytest.approx(mean, rel=0.005)


MEASURED = {  # luginbuhl2001: rise at 100 ng/mL of alfentanil, spread of the slope
    "electrical_pain_tolerance": (0.420, 0.583),
    "pressure_pain_tolerance": (0.222, 0.356),
    "cold_pressor_tolerance": (0.217, 0.600),
}


@pytest.fixture(scope="module")
def tau():
    (parameter,) = (p for a, p in Model.named().linked.parameters if a == "nociception.tau")
    return parameter


def naive_ratio(values, typical):
    """Return the thresholds at 100 ng/mL of alfentanil relative to naive, by pencil."""
    drug = {p.symbol: p.value for p in load_drug("alfentanil").parameters}
    KD = drug["C50"] * (typical * drug["E"] - 1.0)
    nM = 100e-6 / 416.52 * 1e9
    return 1.0 + values * drug["E"] * nM / (nM + KD)


@pytest.mark.parametrize("name", MEASURED)
def test_the_gains_are_those_of_luginbuhl2001(name, tau):
    ratio = naive_ratio(tau.value, tau.value)
    assert ratio == pytest.approx(3.360, abs=2e-3)
    exponent = math.log1p(MEASURED[name][0]) / math.log(ratio)
    assert TESTS[name].relief_gain.value == pytest.approx(exponent, abs=1e-3)


@pytest.mark.parametrize("name", MEASURED)
def test_the_spread_of_the_gains_is_what_the_spread_of_analgesia_leaves(name, tau):
    # a thousand people whose gains of analgesia and of the test are evenly spread in probability;
    # the variance of the whole log-normal distribution does not exist
    z = norm.ppf((np.arange(1000) + 0.5) / 1000)
    ratios = naive_ratio(tau.value * np.exp(math.sqrt(math.log1p(tau.cv**2)) * z), tau.value)

    def spread(cv):
        gains = TESTS[name].relief_gain.value * np.exp(math.sqrt(math.log1p(cv**2)) * z)
        rise = ratios[:, None] ** gains[None] - 1.0
        return rise.std() / rise.mean()

    alone = {"electrical_pain_tolerance": 0.26}.get(name, 0.24)
    assert spread(0.0) == pytest.approx(alone, abs=0.01)
    assert spread(TESTS[name].relief_gain.cv) == pytest.approx(MEASURED[name][1], rel=0.03)
