"""The systems that rivals get: their equations, doses and pieces, against the sources of each."""

import numpy as np
import pytest

from benchmarks.accuracy import reference
from benchmarks.compiled import plain_rhs, source
from benchmarks.problems import DOSES, INFUSION, OIH15, OIH15S, error
from benchmarks.shipped_model import body, shipped
from benchmarks.stored_reference import stored
from benchmarks.systems import system
from oihsim.engine.compiled_model import Model

NAMES = ("OIH-15", "OIH-15s", "shipped")


@pytest.mark.slow
@pytest.mark.parametrize(("problem", "apart"), [(OIH15, 1e-10), (OIH15S, 2e-9)])
def test_reference_of_the_contests_agrees_with_the_stored_one(problem, apart):
    """LSODA on the straight-line code against DOP853 on the equations by hand."""
    found = reference(problem.name, 2)
    kept = stored(problem)
    assert error(found[:, kept.at], kept.values[:2], kept.largest[:2]) < apart


def straight_line(chosen, i, y, inflow):
    """The derivatives of one subject by the straight-line code."""
    values = chosen.subject_values[i].copy()
    values[len(values) - len(chosen.into) :] = inflow
    dy = np.empty(len(y))
    plain_rhs(source(chosen), {"guard": max})(0.0, y, dy, values)
    return dy


@pytest.mark.parametrize("problem", [OIH15, OIH15S], ids=lambda problem: problem.name)
def test_straight_line_code_is_the_equations_by_hand(problem):
    chosen = system(problem.name, 16)
    rng = np.random.default_rng(2)
    for i in range(3):
        y = rng.uniform(0.05, 0.9, len(chosen.states))
        expected = problem.rhs(0.0, tuple(y), tuple(problem.population(16)[i]), 20.0)
        found = straight_line(chosen, i, y, [0.0, 20.0])
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_straight_line_code_is_the_functions_of_the_shipped_model():
    """The functions themselves, guards and all, called with numbers."""
    chosen = system("shipped", 16)
    rng = np.random.default_rng(3)
    for i in range(3):
        y = rng.uniform(0.05, 0.9, len(chosen.states))
        expected = np.array(chosen.equations(y, chosen.P[i], {}))
        expected[list(chosen.into)] += 0.25
        found = straight_line(chosen, i, y, 0.25)
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-14)


def test_body_leaves_out_outputs_on_which_no_rate_rests():
    model = Model.named()
    at_rest = body(model)(model.y0, model.defaults, np.zeros(len(model.drives)), {})
    np.testing.assert_allclose(at_rest, 0.0, atol=1e-15)


def test_compartments_empty_as_the_modes_of_the_engine_do():
    """The rates of a subject's modes are the eigenvalues of the compartments that were kept."""
    chosen, case = system("shipped", 16), shipped(16)
    c = len(chosen.states) - len(case.cohort.model.states)
    i = 5
    columns = [straight_line(chosen, i, row, 0.0)[:c] for row in unit_rows(chosen, c)]
    found = np.sort(np.linalg.eigvals(np.array(columns).T).real)
    np.testing.assert_allclose(found, np.sort(case.cohort.board.kinetics.rate[i]), rtol=1e-8)


def unit_rows(chosen, c):
    return [np.concatenate([np.eye(c)[k], chosen.y0[c:]]) for k in range(c)]


def test_doses_of_the_shipped_system_are_those_of_the_schedule():
    chosen, case = system("shipped", 16), shipped(16)
    per_subject = len(case.schedule.time) // 16
    assert len(chosen.stops) == len(np.unique(case.schedule.time[:per_subject]))
    # an infusion that ends leaves no rate behind
    assert np.all(chosen.inflow[:, -1] == 0.0)
    assert np.count_nonzero(chosen.inflow.any(axis=(0, 2))) > 0


def test_doses_of_the_fixed_problem_are_those_of_its_statement():
    chosen = system("OIH-15", 16)
    depot = dict(zip(chosen.stops, chosen.bolus[0, :, 0], strict=True))
    assert {time: depot[time] for time, _ in DOSES} == dict(DOSES)
    running = chosen.stops[chosen.inflow[0, :, 1] > 0.0]
    assert running.min() == INFUSION[0]
    assert running.max() < INFUSION[1]
    assert set(chosen.inflow[0, :, 1]) == {0.0, INFUSION[2]}


@pytest.mark.parametrize("name", NAMES)
def test_pieces_meet_and_hold_every_output_once(name):
    chosen = system(name, 16)
    for before, after in zip(chosen.pieces, chosen.pieces[1:], strict=False):
        assert before.grid[-1] == after.grid[0]
    rows = np.concatenate([piece.rows[piece.rows >= 0] for piece in chosen.pieces])
    np.testing.assert_array_equal(rows, np.arange(1, len(chosen.times)))
    assert all(np.all(np.diff(piece.grid) > 0.0) for piece in chosen.pieces)


@pytest.mark.parametrize("name", NAMES)
def test_first_subjects_do_not_depend_on_the_number_of_subjects(name):
    few, many = system(name, 16), system(name, 40)
    np.testing.assert_allclose(few.subject_values, many.subject_values[:16], rtol=1e-14)
    np.testing.assert_array_equal(few.bolus, many.bolus[:16])
    assert source(few) == source(many)
    assert source(many.first(1)) == source(many)
