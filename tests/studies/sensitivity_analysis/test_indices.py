"""Sobol indices against functions whose indices are known."""

import numpy as np
import pytest
from scipy.stats import sobol_indices

from oihsim.studies.sensitivity_analysis.indices import LEAST_ROWS, Design, estimate


def ishigami(x, a=7.0, b=0.1):
    return np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])


def exact_ishigami(a=7.0, b=0.1):
    """First-order and total indices, by hand from the integrals of the function."""
    first = 0.5 * (1.0 + b * np.pi**4 / 5.0) ** 2
    second = a * a / 8.0
    both = b * b * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    variance = first + second + both
    return np.array([first, second, 0.0]) / variance, np.array(
        [first + both, second, both]
    ) / variance


def values_of(function, rows, k, seed):
    design = Design.of(rows, k, seed)
    return function(design.points).reshape(rows, k + 2)


def on_the_circle(unit):
    return ishigami(np.pi * (2.0 * unit - 1.0))


def test_indices_of_ishigami_are_the_known_ones():
    first, total = exact_ishigami()
    assert first == pytest.approx([0.3139, 0.4424, 0.0], abs=1e-4)
    assert total == pytest.approx([0.5576, 0.4424, 0.2437], abs=1e-4)
    indices = estimate(values_of(on_the_circle, 8192, 3, seed=3), resamples=99)
    assert indices.first == pytest.approx(first, abs=0.01)
    assert indices.total == pytest.approx(total, abs=0.01)


def test_the_interval_holds_the_known_index_about_as_often_as_it_says():
    first, total = exact_ishigami()
    held = []
    for seed in range(60):
        indices = estimate(values_of(on_the_circle, 256, 3, seed), resamples=199, seed=seed)
        for interval, exact in ((indices.first_interval, first), (indices.total_interval, total)):
            held.append((interval[:, 0] <= exact) & (exact <= interval[:, 1]))
    share = np.mean(held)
    # a Sobol sequence is more even than the independent rows that a bootstrap takes them for,
    # so intervals are wider than they need be
    assert share >= 0.93


def test_of_a_linear_model_the_indices_are_the_squares_of_its_slopes():
    slopes = np.array([4.0, 2.0, 1.0, 0.0])
    indices = estimate(values_of(lambda x: 5.0 + x @ slopes, 4096, 4, seed=1), resamples=99)
    exact = slopes**2 / (slopes**2).sum()
    assert indices.first == pytest.approx(exact, abs=2e-3)
    assert indices.total == pytest.approx(exact, abs=2e-3)
    assert indices.mean == pytest.approx(8.5, abs=1e-2)
    assert indices.variance == pytest.approx((slopes**2).sum() / 12.0, rel=1e-2)


def test_they_are_those_of_scipy_where_scipy_takes_the_design():
    table = values_of(on_the_circle, 512, 3, seed=7)
    theirs = sobol_indices(
        func={"f_A": table[:, 0][None], "f_B": table[:, 1][None], "f_AB": table[:, 2:].T[:, None]},
        n=512,
    )
    indices = estimate(table, resamples=9)
    assert indices.first == pytest.approx(theirs.first_order, rel=1e-12)
    assert indices.total == pytest.approx(theirs.total_order, rel=1e-12)


def test_a_row_with_a_failure_is_dropped_and_counted():
    table = values_of(on_the_circle, 1024, 3, seed=5)
    lost = table.copy()
    lost[3, 0], lost[10, 4], lost[500, 1:3] = np.nan, np.nan, np.inf
    indices = estimate(lost, resamples=9)
    assert (indices.rows, indices.dropped) == (1021, 3)
    without_failed_rows = estimate(np.delete(table, [3, 10, 500], axis=0), resamples=9)
    assert np.array_equal(indices.first, without_failed_rows.first)
    assert np.array_equal(indices.total_interval, without_failed_rows.total_interval)


def test_too_few_rows_or_nothing_that_varies_give_no_index():
    few = estimate(values_of(on_the_circle, LEAST_ROWS // 2, 3, seed=5))
    assert np.isnan(few.first).all()
    assert np.isnan(few.total_interval).all()
    flat = estimate(np.ones((64, 5)))
    assert np.isnan(flat.total).all()
    assert (flat.mean, flat.variance) == (1.0, 0.0)


def test_the_same_seed_gives_the_same_interval():
    table = values_of(on_the_circle, 64, 3, seed=5)
    first, second = estimate(table, seed=4), estimate(table, seed=4)
    assert np.array_equal(first.first_interval, second.first_interval)
    assert not np.array_equal(first.first_interval, estimate(table, seed=5).first_interval)


def test_points_between_the_samples_have_a_single_column_changed():
    design = Design.of(16, 3, seed=2)
    points = design.points.reshape(16, 5, 3)
    assert np.array_equal(points[:, 0], design.a)
    assert np.array_equal(points[:, 1], design.b)
    for i in range(3):
        changed = points[:, 2 + i] != design.a
        assert changed[:, i].all()
        assert changed.sum() == 16
        assert np.array_equal(points[:, 2 + i, i], design.b[:, i])
