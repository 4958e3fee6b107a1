"""Earlier tests of the same kind: the first is free, later ones sensitise, and that fades."""

from dataclasses import replace

import numpy as np
import pytest
from naive import result

import oihsim
import oihsim.results.sensory
from oihsim.files.errors import InputError
from oihsim.files.yaml import Document
from oihsim.results.sensory import NAMES, TESTS, sensory_tests
from oihsim.scenario import parse

REPEATED = "heat_pain_rating_repeated"
REPETITION = TESTS[REPEATED].repetition


def growth_by_hand(times):
    """Return the growth of each test as a sum over the tests before it."""
    rise, half, fade = (number.value for number in REPETITION.numbers)
    earlier = [sum(2.0 ** (-(t - s) / fade) for s in times[:k]) for k, t in enumerate(times)]
    return np.array([1.0 + rise * (1.0 - 2.0 ** (-n / half)) for n in earlier])


@pytest.mark.parametrize(
    "times", [[0.0], [0.0, 1.0, 2.0, 3.0], [5.0, 5.25, 30.0, 31.0, 400.0], np.arange(0.0, 99.0)]
)
def test_the_growth_is_the_sum_over_the_earlier_tests(times):
    growth = REPETITION.growth(np.array(times))
    np.testing.assert_allclose(growth, growth_by_hand(list(times)), rtol=1e-12)
    assert growth[0] == 1.0
    assert (growth < 1.0 + REPETITION.rise.value).all()


def test_four_fresh_tests_bring_half_and_a_month_lets_go():
    # 1e-6 h apart nothing fades; 30 days are 30 half-lives
    times = np.array([*np.arange(5) * 1e-6, 720.0])
    growth = REPETITION.growth(times)
    assert (np.diff(growth[:5]) > 0.0).all()
    assert growth[4] == pytest.approx(1.0 + 0.5 * REPETITION.rise.value, rel=1e-6)
    assert growth[5] == pytest.approx(1.0, abs=1e-6)


def test_only_a_test_that_declares_it_is_sensitised_by_earlier_tests():
    assert [name for name in NAMES if TESTS[name].repetition is not None] == [REPEATED]
    ds = sensory_tests(result(20, times=np.arange(0.0, 12.0)), noise=False)
    for name in NAMES:
        values = ds[name].values[0, 0]
        if name == REPEATED:
            assert (np.diff(values, axis=1) > 0.0).all()
        else:
            assert np.ptp(values, axis=1).max() == 0.0
    # the first test is the plain one, in the same people
    np.testing.assert_array_equal(
        ds[REPEATED].values[..., 0], ds["heat_pain_rating"].values[..., 0]
    )


def test_a_threshold_falls_as_a_rating_rises():
    name = "heat_pain_threshold"
    with pytest.MonkeyPatch.context() as patch:
        sensitised = replace(TESTS[name], repetition=REPETITION)
        patch.setitem(oihsim.results.sensory.TESTS, name, sensitised)
        ds = sensory_tests(result(1, times=(0.0, 1.0)), [name], typical=True)
    first, second = ds[name].values[0, 0, 0]
    assert first == 44.0
    assert second == pytest.approx(32.0 + 12.0 / growth_by_hand([0.0, 1.0])[1], rel=1e-12)


def test_a_bare_arm_with_tests_shows_what_testing_does():
    scenario = {
        "schema": "oihsim-scenario/1",
        "question": "What do repeated tests of heat do without any drug?",
        "duration": "2 h",
        "output_every": "30 min",
        "population": {"of": "volunteers", "typical": True},
        "tests": ["heat_pain_rating", REPEATED],
        "arms": {"tests_only": {"doses": []}},
    }
    ds = oihsim.simulate(parse(Document("s.yaml", scenario))).isel(scenario=0, draw=0, id=0)
    assert (ds["heat_pain_rating"] == 2.9).all()
    odds = 2.9 / 7.1 * growth_by_hand([0.0, 0.5, 1.0, 1.5, 2.0])
    np.testing.assert_allclose(ds[REPEATED].values, 10.0 * odds / (1.0 + odds), rtol=1e-12)


def test_a_rule_cannot_read_it_and_says_where():
    scenario = {
        "schema": "oihsim-scenario/1",
        "question": "Can a rule read a repeated test?",
        "duration": "2 d",
        "output_every": "6 h",
        "population": {"of": "chronic_pain", "typical": True},
        "arms": {
            "a": {
                "doses": [],
                "rules": [
                    {
                        "name": "b",
                        "line": {"drug": "morphine", "route": "oral", "amount": "30 mg",
                                 "every": "12 h"},
                        "visits": {"every": "1 d"},
                        "rules": [{"when": f"{REPEATED} > 5", "then": "hold"}],
                    }
                ],
            }
        },
    }  # fmt: skip
    with pytest.raises(InputError) as caught:
        parse(Document("s.yaml", scenario))
    assert f"no variable named '{REPEATED}'" in str(caught.value)
