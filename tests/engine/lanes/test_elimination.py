"""Sparse elimination against dense algebra, on numbers in place of lanes."""

from itertools import permutations

import numpy as np
import pytest
from plain_numbers import Numbers

from oihsim.engine.lanes.elimination import elimination_order, factorise, filled, substitute


def random_matrix(rng, n, density):
    """Return a matrix with a dominant diagonal, and its entries that are not zero."""
    matrix = rng.standard_normal((n, n)) * (rng.random((n, n)) < density)
    np.fill_diagonal(matrix, np.abs(matrix).sum(axis=1) + 1.0)
    return matrix, {
        (int(i), int(k)): matrix[i, k] for i, k in zip(*np.nonzero(matrix), strict=True)
    }


@pytest.mark.parametrize("seed", range(20))
def test_the_solution_is_that_of_dense_algebra(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 13))
    matrix, entries = random_matrix(rng, n, rng.uniform(0.0, 0.6))
    order, right = elimination_order(n, entries), rng.standard_normal(n)
    factors = factorise(Numbers(), entries, order)
    solution = substitute(Numbers(), factors, list(right), order)
    np.testing.assert_allclose(solution, np.linalg.solve(matrix, right), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("seed", range(20))
def test_the_factors_are_where_the_pattern_says(seed):
    rng = np.random.default_rng(100 + seed)
    n = int(rng.integers(2, 10))
    _, entries = random_matrix(rng, n, 0.3)
    order = elimination_order(n, entries)
    assert set(factorise(Numbers(), entries, order)) == filled(entries, order)


def test_no_order_of_a_small_pattern_fills_less():
    rng = np.random.default_rng(3)
    worse = 0
    for _ in range(40):
        _, entries = random_matrix(rng, 5, 0.35)
        chosen = len(filled(entries, elimination_order(5, entries)))
        sizes = [len(filled(entries, order)) for order in permutations(range(5))]
        worse += chosen > min(sizes)
        assert chosen <= min(sizes) + 2
    assert worse <= 4


def test_a_chain_costs_in_proportion_to_its_length():
    def work(n):
        entries = {
            (i, k): 4.0 if i == k else 1.0 for i in range(n) for k in range(n) if abs(i - k) < 2
        }
        order, counted = elimination_order(n, entries), Numbers()
        substitute(counted, factorise(counted, entries, order), [1.0] * n, order)
        return counted.count

    assert work(40) - work(39) == work(20) - work(19)
    assert work(40) < 2.2 * work(20)
