"""Modes against the matrix exponential, closed forms and laws of linear kinetics."""

from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from oihsim.kinetics.propagation import modes, together


def at(m, z, t):
    total, term = np.zeros_like(z), z.copy()
    for k in range(m.degree + 1):
        total += term * t**k / factorial(k)
        term = m.chain[0] @ term
    return np.exp(m.rate[0] * t) * total


def observe(A, entry, row):
    c = len(A)
    B, C = np.zeros((1, 1, c)), np.zeros((1, 1, c))
    B[0, 0, entry], C[0, 0, row] = 1.0, 1.0
    return modes(A[None], B, C, C)


def network(rates, links, size):
    """A random tree of exchanging compartments, then a chain fed by it, everything emptied."""
    A = np.zeros((size, size))
    for i, (parent, both) in enumerate(links, start=1):
        parent %= i
        A[i, parent] += rates[i]
        A[parent, parent] -= rates[i]
        if both:
            A[parent, i] += rates[-i]
            A[i, i] -= rates[-i]
    for i in range(size):
        A[i, i] -= rates[i] * 0.37 + 0.01
    return A


@given(
    st.lists(st.floats(0.01, 50.0), min_size=7, max_size=7),
    st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=5, max_size=5),
    st.integers(0, 5),
    st.integers(0, 5),
    st.floats(1e-3, 200.0),
)
@settings(max_examples=60, deadline=None)
def test_modes_equal_the_matrix_exponential(rates, links, entry, row, t):
    A = network(rates, links, 6)
    m = observe(A, entry, row)
    value = m.rows[0, 0] @ at(m, m.bolus[0, 0], t)
    assert value == pytest.approx(expm(A * t)[row, entry], abs=1e-9)


@pytest.mark.parametrize("n", [2, 5, 10])
def test_chain_of_equal_rates_is_an_erlang_density(n):
    k = 1.7
    A = np.diag([-k] * n) + np.diag([k] * (n - 1), -1)
    m = observe(A, 0, n - 1)
    assert m.degree == n - 1
    for t in (0.1, 1.0, 7.0):
        expected = (k * t) ** (n - 1) / factorial(n - 1) * np.exp(-k * t)
        assert m.rows[0, 0] @ at(m, m.bolus[0, 0], t) == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("gap", [1e-12, 1e-9, 1e-8, 1e-7, 1e-4])
def test_nearly_equal_rates_lose_little(gap):
    k = 0.7
    A = np.array([[-k, 0.0], [k, -k * (1 + gap)]])
    m = observe(A, 0, 1)
    for t in (0.5, 3.0, 20.0):
        exact = expm(A * t)[1, 0]
        assert m.rows[0, 0] @ at(m, m.bolus[0, 0], t) == pytest.approx(exact, abs=3e-8)


def test_steady_modes_are_where_an_infusion_ends():
    A = np.array([[-1.0, 0.0, 0.0], [1.0, -0.5, 0.1], [0.0, 0.2, -0.1]])
    m = observe(A, 0, 1)
    assert m.rows[0, 0] @ m.steady[0, 0] == pytest.approx(-np.linalg.solve(A, [1, 0, 0])[1])


def test_a_compartment_never_emptied_is_refused():
    with pytest.raises(ValueError, match="never emptied"):
        observe(np.array([[-1.0, 0.0], [1.0, 0.0]]), 0, 1)


def test_flow_round_in_one_direction_is_refused():
    A = np.array([[-1.0, 0.0, 0.9], [1.0, -1.0, 0.0], [0.0, 1.0, -1.0]])
    with pytest.raises(ValueError, match="oscillate"):
        observe(A, 0, 1)


def test_unused_inputs_leave_no_modes():
    A = np.diag([-1.0, -2.0, -0.1, -5.0])
    A[2, 0], A[2, 1], A[3, 2] = 1.0, 2.0, 1.0
    B, C = np.zeros((1, 2, 4)), np.zeros((1, 1, 4))
    B[0, 0, 0] = B[0, 1, 1] = C[0, 0, 3] = 1.0
    full, used = modes(A[None], B, C, C), modes(A[None], B, C, C, used=[0])
    assert full.rate.shape[1] == 4
    assert used.rate.shape[1] == 3
    assert np.all(used.bolus[0, 1] == 0.0)
    t = 1.3
    a = full.rows[0, 0] @ at(full, full.bolus[0, 0], t)
    assert used.rows[0, 0] @ at(used, used.bolus[0, 0], t) == pytest.approx(a, abs=1e-14)


def test_joined_drugs_do_not_mix():
    A = np.array([[[-1.0]]])
    unit = np.ones((1, 1, 1))
    both = together([modes(A, unit, unit, unit), modes(2 * A, unit, 3 * unit, unit)], 1)
    assert both.rows[0].tolist() == [[1.0, 0.0], [0.0, 3.0], [1.0, 0.0], [0.0, 1.0]]
    assert (both.first_row.tolist(), both.last_row.tolist()) == ([0, 1], [1, 2])
