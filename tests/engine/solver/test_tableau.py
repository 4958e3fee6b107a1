"""The tableau of DOP853: consistency, measured order, and a second print of the numbers."""

import numpy as np
from scipy.integrate._ivp import dop853_coefficients as scipy_print

from oihsim.engine.tableau import E3, E5, ORDER, STAGES, A, B, C


def test_rows_sum_to_the_times_of_the_stages():
    np.testing.assert_allclose(A.sum(axis=1), C, atol=1e-14)
    assert abs(B.sum() - 1.0) < 1e-14
    assert abs(E5.sum()) < 1e-14
    assert abs(E3.sum()) < 1e-14


def test_quadrature_conditions_up_to_the_order():
    for power in range(1, ORDER):
        assert abs(B @ C**power - 1.0 / (power + 1)) < 1e-13


def test_numbers_equal_another_print_of_the_method():
    np.testing.assert_array_equal(scipy_print.A[:STAGES, :STAGES], A)
    np.testing.assert_array_equal(scipy_print.B, B)
    np.testing.assert_array_equal(scipy_print.C[:STAGES], C)
    np.testing.assert_array_equal(scipy_print.E3[:STAGES], E3)
    np.testing.assert_array_equal(scipy_print.E5[:STAGES], E5)


def test_measured_order_is_eight():
    def field(t, y):
        return np.array([y[1], -np.sin(y[0]) + 0.3 * np.cos(t)])

    def solve(steps):
        y, t, h = np.array([1.0, 0.0]), 0.0, 4.0 / steps
        for _ in range(steps):
            k = np.zeros((STAGES, 2))
            for s in range(STAGES):
                k[s] = field(t + C[s] * h, y + h * (A[s, :s] @ k[:s]))
            y, t = y + h * (B @ k), t + h
        return y

    exact = solve(400)
    errors = [np.max(np.abs(solve(n) - exact)) for n in (8, 16, 32)]
    orders = np.log2(errors[:-1]) - np.log2(errors[1:])
    assert np.all(np.abs(orders - ORDER) < 0.7), orders
