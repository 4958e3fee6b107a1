"""The benchmark problems: their laws, and the stored reference against a second solver."""

import numpy as np
import pytest

from benchmarks.problems import DOSES, INFUSION, OIH15, OIH15S, OUTPUT_TIMES, error, pain
from benchmarks.stored_reference import stored

WEEK = 168.0
TIGHT = {"rtol": 1e-11, "atol": 1e-14, "restart_at_outputs": False}


@pytest.fixture(scope="module")
def week():
    """The first seven days of two subjects by LSODA, which had no part in the stored values."""
    return OIH15.reference(2, method="LSODA", until=WEEK, **TIGHT)


def test_dosing_is_that_of_the_statement():
    amounts = np.array(DOSES)
    assert len(amounts) == 180
    assert np.all(np.diff(amounts[:, 0]) == 12.0)
    total = amounts[:, 1].sum()
    assert total == 60 * (30.0 + 60.0 + 120.0)
    assert dict(DOSES)[29.5 * 24] == 30.0
    assert dict(DOSES)[30.0 * 24] == 60.0
    assert INFUSION == (75 * 24.0, 76 * 24.0, 20.0)
    assert len(OUTPUT_TIMES) == 361


def test_subject_does_not_depend_on_the_size_of_the_population():
    few, many = OIH15.population(3), OIH15.population(50)
    np.testing.assert_array_equal(few, many[:3])
    varied = [OIH15.parameters[i] for i in np.flatnonzero(np.ptp(many, axis=0) > 0.0)]
    assert sorted(varied) == ["CL", "KD", "V1", "kNon", "kdes"]


def test_potency_factor_goes_to_koff_in_the_stiff_problem():
    factor = OIH15.population(5)[:, OIH15.parameters.index("KD")] / 0.02
    koff = OIH15S.population(5)[:, OIH15S.parameters.index("koff")]
    np.testing.assert_allclose(koff, 300.0 * factor, rtol=1e-14)


@pytest.mark.parametrize("problem", [OIH15, OIH15S], ids=lambda problem: problem.name)
def test_receptors_are_neither_made_nor_lost(problem):
    rng = np.random.default_rng(1)
    for p in problem.population(3):
        dy = problem.rhs(0.0, tuple(rng.uniform(0.1, 0.9, len(problem.states))), tuple(p), 0.0)
        assert abs(dy[8] + dy[9] + dy[10]) < 1e-15


@pytest.mark.slow
def test_receptors_are_conserved_in_a_solution(week):
    np.testing.assert_allclose(week[:, :, 8:11].sum(axis=2), 1.0, rtol=0.0, atol=1e-12)
    assert week[:, -1, 8].max() < 0.9


@pytest.mark.slow
def test_output_at_a_dose_is_the_value_before_it(week):
    assert np.all(week[:, 0] == OIH15.y0)
    # 12 h after the first dose exp(-0.7 * 12) of the 30 mg are left in the depot
    np.testing.assert_allclose(week[:, 2, 0], 30.0 * np.exp(-0.7 * 12.0), rtol=1e-8)


@pytest.mark.slow
def test_stored_values_agree_with_lsoda_over_seven_days(week):
    reference = stored(OIH15)
    early = OUTPUT_TIMES[reference.at] <= WEEK
    at = reference.at[early]
    assert len(at) == 8
    assert error(week[:, at], reference.values[:2, early], reference.largest[:2]) < 1e-8


@pytest.mark.slow
def test_stored_stiff_values_agree_with_lsoda_over_two_days():
    week = OIH15S.reference(1, method="LSODA", until=48.0, **TIGHT)
    reference = stored(OIH15S)
    early = OUTPUT_TIMES[reference.at] <= 48.0
    y = week[:, reference.at[early]]
    assert error(y, reference.values[:1, early], reference.largest[:1]) < 1e-7


@pytest.mark.parametrize("problem", [OIH15, OIH15S], ids=lambda problem: problem.name)
def test_stored_values_obey_the_conservation_law(problem):
    values = stored(problem).values
    assert len(values) == 4
    np.testing.assert_allclose(values[:, :, 8:11].sum(axis=2), 1.0, rtol=0.0, atol=1e-11)


def test_error_measure_by_hand():
    reference = np.array([[[0.0], [10.0]]])
    assert error(reference + 0.001, reference) == pytest.approx(0.001 / (1e-3 * 10.0))
    assert error(np.array([[[1e-30]]]), np.array([[[0.0]]])) == np.inf
    assert error(np.array([[[0.0]]]), np.array([[[0.0]]])) == 0.0


def test_pain_by_hand():
    y = np.zeros(15)
    y[8], y[12], y[13], y[14] = 0.5, 2.0, 0.5, 2.0
    # act = 8 * 0.25 * 0.5 = 1, so 1 - E = 1/2
    expected = 5.0 * (1 + 0.4 + 0.3 + 0.4) / 2
    assert pain(y, 8.0, np.array(0.25)) == pytest.approx(expected)
