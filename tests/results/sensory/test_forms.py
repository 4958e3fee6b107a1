"""Ratings, sensitised pain and inhibition: each form by hand, its direction and its bounds."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import result

from oihsim.drugs import load_drug
from oihsim.model.variability import deviates
from oihsim.results.sensory import (
    NAMES,
    TESTS,
    InhibitionTest,
    RatingTest,
    SensitisationTest,
    sensory_tests,
)

OPEN_UNIT = st.floats(0.0, 0.98)
RATINGS = [name for name in NAMES if isinstance(TESTS[name], RatingTest)]
SENSITISED = [name for name in NAMES if isinstance(TESTS[name], SensitisationTest)]
INHIBITION = "conditioned_pain_modulation"


def typical(name, **outputs):
    return float(sensory_tests(result(1, **outputs), [name], typical=True)[name].values.flat[0])


@pytest.mark.parametrize(
    ("name", "output", "naive"),
    [
        ("heat_pain_rating", "nociceptive_transmission", 2.90),  # comelon2016
        ("cold_pain_rating", "affective_transmission", 4.56),  # comelon2016
        ("electrical_pain_rating", "nociceptive_transmission", 5.5),  # koppert2003
        ("pressure_pain_rating", "nociceptive_transmission", 4.0),
    ],
)
@pytest.mark.parametrize("transmission", [0.05, 0.7, 1.0, 1.3, 40.0])
def test_a_rating_has_the_naive_odds_times_transmission(name, output, naive, transmission):
    odds = naive / (10.0 - naive) * transmission
    expected = 10.0 * odds / (1.0 + odds)
    assert typical(name, **{output: transmission}) == pytest.approx(expected, rel=1e-14)


def test_a_rating_of_a_person_in_numbers():
    # 2 of 10 are odds of 1/4; transmission of 2 makes 1/2, and a gain of 2 makes 1
    test = TESTS["heat_pain_rating"]
    twice = {"nociceptive_transmission": np.array([2.0, 2.0])}
    factor = test.response(twice, np.array([1.0, 2.0]))
    ratings = test.value(np.array([2.0, 2.0]), factor)
    np.testing.assert_allclose(ratings, [10.0 / 3.0, 5.0], rtol=1e-14)


@given(low=st.floats(1e-6, 1e6), ratio=st.floats(1.01, 10.0), name=st.sampled_from(RATINGS))
@settings(max_examples=60, deadline=None)
def test_a_rating_rises_with_transmission_and_stays_on_the_scale(low, ratio, name):
    test = TESTS[name]
    factor = test.response({test.output: np.array([low, low * ratio])}, np.ones(2))
    below, above = test.value(np.asarray(test.baseline.value), factor)
    assert 0.0 < below < above < 10.0


@pytest.mark.parametrize("name", RATINGS)
def test_no_rating_leaves_the_scale_whatever_is_read(name):
    test = TESTS[name]
    read = np.array([0.0, 1e-300, 1e-9, 1.0, 1e9, 1e300])[:, None]
    ds = sensory_tests(result(6, times=(0.0,), **{test.output: read}), [name])
    assert (ds[name] >= 0.0).all()
    assert (ds[name] <= 10.0).all()
    # only what rounding takes to 10 counts as the end of the scale
    assert ((ds[f"{name}_censored"] == 1) == (ds[name] == 10.0)).all()
    assert (ds[f"{name}_censored"].isel(id=slice(0, 4)) == 0).all()


@pytest.mark.parametrize("name", ["heat_pain_rating", "pressure_pain_rating"])
def test_who_feels_pain_late_rates_a_stimulus_low(name):
    threshold = name.replace("rating", "threshold")
    ds = sensory_tests(result(50), [name, threshold], noise=False)
    rating, late = ds[name].values[0, 0, :, 0], ds[threshold].values[0, 0, :, 0]
    np.testing.assert_array_equal(np.argsort(rating), np.argsort(late)[::-1])
    z = deviates(3, f"sensory.{TESTS[name].modality}.baseline", 50)
    slope = np.polyfit(z, np.log(rating / (10.0 - rating)), 1)[0]
    assert slope == pytest.approx(-math.sqrt(math.log1p(TESTS[name].baseline.cv ** 2)), rel=1e-9)


def test_the_current_is_set_for_a_rating_of_5_to_6():
    ds = sensory_tests(result(4000, arms=("a",), times=(0.0,)), ["electrical_pain_rating"],
                       noise=False)  # fmt: skip
    ratings = ds["electrical_pain_rating"].values.ravel()
    assert ratings.std() == pytest.approx(1.0 / math.sqrt(12.0), rel=0.05)
    assert np.median(ratings) == pytest.approx(5.5, abs=0.02)


@pytest.mark.parametrize(
    ("name", "E", "Z", "expected"),
    [
        # 80 mN 0.5**-0.165 1.21**-0.2, and with the whole of sensitisation beside a wound
        ("punctate_pain_threshold", 0.5, 0.21, 80.0 * 1.12117 / 1.03886),
        ("punctate_pain_threshold_wound", 0.5, 0.21, 80.0 * 1.12117 / 1.21),
        ("temporal_summation", 0.5, 0.2, 1.5 * 0.5 * 1.2),
        ("heat_pain_slope", 0.75, 0.2, 1.5 * 0.870551 * 1.2),
    ],
)
def test_sensitised_pain_by_hand(name, E, Z, expected):
    assert typical(name, analgesic_effect=E, sensitisation=Z) == pytest.approx(expected, rel=1e-5)


@given(E=OPEN_UNIT, Z=st.floats(0.0, 5.0), name=st.sampled_from(SENSITISED))
@settings(max_examples=60, deadline=None)
def test_relief_and_sensitisation_pull_apart_at_every_level_of_the_other(E, Z, name):
    test = TESTS[name]

    def response(effect, sensitisation):
        read = {"analgesic_effect": np.array([effect]), "sensitisation": np.array([sensitisation])}
        return test.response(read, np.array([test.relief_gain.value]))[0]

    sense = 1.0 if test.better == "lower" else -1.0
    assert sense * (response(E + 0.01, Z) - response(E, Z)) < 0.0
    assert sense * (response(E, Z + 0.1) - response(E, Z)) > 0.0
    # no kink: the same ratio of sensitisation whatever the relief
    ratio = response(E, Z) / response(E, 0.0)
    assert ratio == pytest.approx(response(0.0, Z) / response(0.0, 0.0), rel=1e-12)
    assert response(0.0, 0.0) == 1.0


def test_beside_a_wound_the_model_has_nothing_but_its_one_sensitisation():
    far, near = "punctate_pain_threshold", "punctate_pain_threshold_wound"
    assert typical(far) == typical(near) == 80.0
    for Z in (0.05, 0.5, 2.0):
        assert typical(near, sensitisation=Z) < typical(far, sensitisation=Z) < 80.0
    assert "no state of" not in TESTS[far].meaning
    assert "the model has no state of its own" in TESTS[near].meaning
    grade = {parameter.evidence for parameter in TESTS[near].parameters}
    assert grade == {"assumed"}


def test_inhibition_by_hand_and_its_bounds():
    test = TESTS[INHIBITION]
    assert isinstance(test, InhibitionTest)
    assert typical(INHIBITION, effective_facilitation=0.4) == pytest.approx(0.25 * 0.6, rel=1e-14)
    F = np.linspace(0.0, 1.0, 21)[:, None]
    values = sensory_tests(result(21, times=(0.0,), effective_facilitation=F), [INHIBITION],
                           typical=True)[INHIBITION].values[0, 0, :, 0]  # fmt: skip
    assert values[0] == 0.25
    assert values[-1] == 0.0
    assert (np.diff(values) < 0.0).all()


def test_allodynia_shrinks_under_remifentanil_as_in_hood2003():
    # analgesia at 3.1 ng/mL in the naive by pencil: E = x / (1 + x), x = tau e o
    drug = {p.symbol: p.value for p in load_drug("remifentanil").parameters}
    nM, tau = 3.1e-6 / 376.45 * 1e9, 20.0
    x = tau * drug["E"] * nM / (nM + drug["C50"] * (tau * drug["E"] - 1.0))
    stroke = typical("allodynia_area_capsaicin", analgesic_effect=x / (1.0 + x)) / 40.0
    pin = typical("hyperalgesia_area_capsaicin", analgesic_effect=x / (1.0 + x)) / 60.0
    assert stroke == pytest.approx(1.0 / (1.0 + x), rel=1e-12)
    assert stroke == pytest.approx(0.35, abs=0.05)
    assert stroke < pin
