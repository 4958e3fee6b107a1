"""Radau IIA: what makes it the method of its order."""

import numpy as np
import pytest

from oihsim.engine.lanes.radau import lagrange, radau

SIZES = [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("s", SIZES)
def test_the_weights_integrate_polynomials_of_the_order(s):
    method = radau(s)
    for k in range(1, 2 * s):
        assert method.A[-1] @ method.c ** (k - 1) == pytest.approx(1.0 / k, rel=1e-12)
    assert abs(method.A[-1] @ method.c ** (2 * s - 1) - 1.0 / (2 * s)) > 1e-9


@pytest.mark.parametrize("s", SIZES)
def test_each_node_collocates(s):
    method = radau(s)
    assert method.c[-1] == 1.0
    assert np.all(np.diff(method.c) > 0.0)
    for k in range(1, s + 1):
        np.testing.assert_allclose(
            method.A @ method.c ** (k - 1), method.c**k / k, rtol=1e-11, atol=1e-13
        )


def test_three_nodes_are_those_of_radau5():
    root = 6.0**0.5
    method = radau(3)
    np.testing.assert_allclose(
        method.A,
        [
            [(88 - 7 * root) / 360, (296 - 169 * root) / 1800, (-2 + 3 * root) / 225],
            [(296 + 169 * root) / 1800, (88 + 7 * root) / 360, (-2 - 3 * root) / 225],
            [(16 - root) / 36, (16 + root) / 36, 1 / 9],
        ],
        rtol=1e-13,
    )
    # one over the real eigenvalue of the inverse
    assert method.gamma == pytest.approx(1.0 / 3.637834252744496, rel=1e-12)


@pytest.mark.parametrize("s", SIZES[1:])
def test_what_decays_at_once_is_gone_after_a_step(s):
    method = radau(s)
    z = -1e9
    y = np.linalg.solve(np.eye(s) - z * method.A, np.ones(s))
    assert abs(y[-1]) < 1e-7


@pytest.mark.parametrize("s", SIZES)
def test_the_estimate_sees_the_first_power_that_the_embedded_formula_misses(s):
    method = radau(s)
    for k in range(s + 1):
        z = method.c ** (k + 1) / (k + 1)
        gap = method.gamma * (1.0 if k == 0 else 0.0) + method.estimate @ z
        if k < s:
            assert abs(gap) < 1e-12
        else:
            assert abs(gap) > 1e-6


def test_the_polynomials_are_one_at_their_node():
    c = radau(5).c
    nodes = np.concatenate([[0.0], c])
    values = np.array([[polynomial(x) for x in nodes] for polynomial in lagrange(c)])
    np.testing.assert_allclose(values, np.eye(6), atol=1e-11)
