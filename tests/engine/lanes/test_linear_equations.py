"""The equations of a block against dense algebra, on numbers in place of lanes."""

import numpy as np
import pytest
from plain_numbers import Numbers

from oihsim.engine.compiled_model import Model
from oihsim.engine.lanes.complex_lanes import ComplexLanes
from oihsim.engine.lanes.elimination import elimination_order, factorise
from oihsim.engine.lanes.linear_equations import ModeEquations, solve_together
from oihsim.engine.lanes.radau import radau


def stable(rng, size, rate):
    """Return a matrix of exchange and loss at rates up to about ``rate``."""
    flow = rate * rng.random((size, size)) ** 3 * (rng.random((size, size)) < 0.6)
    np.fill_diagonal(flow, 0.0)
    return flow - np.diag(flow.sum(axis=0) + rate * rng.random(size) ** 3)


def pattern(matrix):
    """Return the places that are not zero."""
    return [(int(i), int(k)) for i, k in zip(*np.nonzero(matrix), strict=True)]


@pytest.mark.parametrize("rate", [1e-3, 1.0, 1e6])
@pytest.mark.parametrize("nodes", [2, 3, 4, 5])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_one_matrix_for_all_nodes_by_both_roads(size, nodes, rate):
    rng = np.random.default_rng(size)
    inverse, jacobian = np.linalg.inv(radau(nodes).A), stable(rng, size, rate)
    right, step = rng.standard_normal((size, nodes)), 0.7
    dense = np.kron(np.eye(size), inverse) - step * np.kron(jacobian, np.eye(nodes))
    exact = np.linalg.solve(dense, right.ravel()).reshape(size, nodes)
    lanes, places = Numbers(), pattern(jacobian)
    equations = ModeEquations(inverse, size, places)
    factors = equations.factors(lanes, {place: jacobian[place] for place in places}, step)
    assert len(factors) == equations.rows
    by_modes = equations.solve(lanes, factors.__getitem__, right)
    np.testing.assert_allclose(by_modes, exact, rtol=1e-8, atol=1e-11 * np.abs(exact).max())
    slopes = {place: [jacobian[place]] * nodes for place in places}
    together = solve_together(lanes, inverse, slopes, step, right)
    np.testing.assert_allclose(together, exact, rtol=1e-8, atol=1e-11 * np.abs(exact).max())


@pytest.mark.parametrize("seed", range(10))
def test_derivatives_of_their_own_at_each_node(seed):
    rng = np.random.default_rng(seed)
    size, nodes, step = int(rng.integers(1, 6)), 5, 10.0 ** rng.uniform(-2.0, 3.0)
    inverse = np.linalg.inv(radau(nodes).A)
    each = np.stack([stable(rng, size, 1.0) for _ in range(nodes)])
    right = rng.standard_normal((size, nodes))
    dense = np.kron(np.eye(size), inverse)
    for j in range(nodes):
        at = np.zeros((nodes, nodes))
        at[j, j] = 1.0
        dense -= step * np.kron(each[j], at)
    exact = np.linalg.solve(dense, right.ravel()).reshape(size, nodes)
    places = pattern(np.abs(each).sum(axis=0))
    slopes = {(i, k): list(each[:, i, k]) for i, k in places}
    solution = solve_together(Numbers(), inverse, slopes, step, right)
    np.testing.assert_allclose(solution, exact, rtol=1e-9, atol=1e-12 * np.abs(exact).max())


def test_complex_numbers_are_those_of_python():
    lanes, rng = ComplexLanes(Numbers()), np.random.default_rng(5)
    for a, b, c in rng.standard_normal((50, 3, 2)) @ [1.0, 1j]:
        x, y, z = ((number.real, number.imag) for number in (a, b, c))
        assert complex(*lanes.mul(x, y)) == pytest.approx(a * b)
        assert complex(*lanes.fma(x, y, z)) == pytest.approx(a * b + c)
        assert complex(*lanes.inverse(x)) == pytest.approx(1.0 / a)
        assert complex(*lanes.neg(x)) == -a
    assert lanes.number(1.0 + 2.0j) == (1.0, 2.0)


def test_modes_of_the_shipped_block_cost_less_than_eliminating_it_with_its_nodes():
    block = max(Model.named().generator.cascade, key=lambda block: len(block.states))
    size, inverse = len(block.states), np.linalg.inv(radau(5).A)
    modes, together = Numbers(), Numbers()
    slopes = dict.fromkeys(block.jacobian, -1.0)
    equations = ModeEquations(inverse, size, block.jacobian)
    factors = equations.factors(modes, slopes, 1.0)
    equations.solve(modes, factors.__getitem__, np.ones((size, 5)))
    solve_together(
        together, inverse, {place: [-1.0] * 5 for place in slopes}, 1.0, np.ones((size, 5))
    )
    assert modes.count < 0.6 * together.count, (modes.count, together.count)


def test_a_sparse_block_costs_less_than_half_of_a_dense_one():
    block = max(Model.named().generator.cascade, key=lambda block: len(block.states))
    n, counts = len(block.states), []
    for places in (block.jacobian, [(i, k) for i in range(n) for k in range(n)]):
        entries = dict.fromkeys(places, 1.0) | {(i, i): 8.0 for i in range(n)}
        lanes = Numbers()
        factorise(lanes, entries, elimination_order(n, entries))
        counts.append(lanes.count)
    assert counts[0] < 0.5 * counts[1], counts
