"""The search for a fixed point, on maps whose fixed points are known."""

import numpy as np

from oihsim.simulation.steady.fixed_point import fixed_points

WIDE = (np.full(4, -10.0), np.full(4, 10.0))


def search(take, start, most=60, tolerance=1e-8, bounds=WIDE, sizes=None):
    start = np.atleast_2d(np.array(start, dtype=float))
    sizes = np.ones(start.shape[1]) if sizes is None else sizes
    return fixed_points(take, start, sizes, bounds, tolerance, most)


def test_a_linear_map_with_slow_and_fast_directions():
    rng = np.random.default_rng(1)
    basis = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    matrix = basis @ np.diag([0.999, 0.99, 0.5, 0.0]) @ basis.T
    target = np.array([1.0, -2.0, 0.5, 3.0])
    result = search(lambda _, y: target + (y - target) @ matrix.T, np.zeros((2, 4)))
    np.testing.assert_allclose(result.y, np.tile(target, (2, 1)), atol=1e-6)
    assert result.reached.all()
    assert result.maps.max() < 12


def test_repetition_alone_would_still_be_far_away():
    result = search(lambda _, y: y + 1e-4 * (np.cos(y) - y), [[0.0] * 4])
    np.testing.assert_allclose(result.y, 0.7390851332151607, atol=1e-6)
    # a residual below the tolerance is no arrival: after the first map it was 1e-4
    assert result.maps[0] > 3


def test_where_it_ends_does_not_depend_on_the_start():
    def take(who, y):
        return np.tanh(0.7 * y + 0.5 * np.roll(y, 1, axis=1)) + 0.1

    starts = np.random.default_rng(3).uniform(0.5, 3.0, (6, 4))
    result = search(take, starts, most=100)
    assert result.reached.all()
    np.testing.assert_allclose(result.y, np.tile(result.y[0], (6, 1)), atol=1e-6)
    np.testing.assert_allclose(take(None, result.y), result.y, atol=1e-7)


def test_a_state_that_does_not_move_stays_and_the_others_are_found():
    rate = np.array([0.0, 0.01, 0.1, 1.0])
    result = search(lambda _, y: y + rate * (1.0 - y), [[0.3, 0.0, 0.0, 0.0]])
    np.testing.assert_allclose(result.y[0], [0.3, 1.0, 1.0, 1.0], atol=1e-7)


def test_a_fixed_point_at_the_start_is_seen_at_once():
    result = search(lambda _, y: y.copy(), [[1.0, 2.0, 3.0, 4.0]])
    assert result.maps.tolist() == [1]
    assert result.residual.tolist() == result.distance.tolist() == [0.0]


def test_steps_keep_to_the_bounds():
    def take(who, y):
        assert ((y >= 0.0) & (y <= 1.0)).all()
        return y + 0.02 * (0.95**3 - y**3)

    result = search(take, [[0.0, 0.1, 0.0, 0.6]], bounds=(np.zeros(4), np.ones(4)))
    assert result.reached.all()
    np.testing.assert_allclose(result.y, 0.95, atol=1e-6)


def test_a_step_to_where_the_map_fails_is_taken_back():
    failed = []

    def take(who, y):
        image = y + 0.05 * (1.0 - y**3)
        bad = (y > 1.2).any(axis=1)
        failed.append(bool(bad.any()))
        image[bad] = np.nan
        return image

    result = search(take, [[0.0, 0.1, 0.2, 0.3]], most=200)
    assert result.reached.all()
    np.testing.assert_allclose(result.y, 1.0, atol=1e-6)
    assert any(failed)


def test_a_map_that_always_fails_is_given_up_and_the_others_go_on():
    def take(who, y):
        image = y + 0.1 * (1.0 - y)
        image[who == 1] = np.nan
        return image

    result = search(take, np.zeros((3, 4)))
    assert result.reached.tolist() == [True, False, True]
    assert np.isnan(result.residual[1])
    assert result.maps[1] == 1


def test_a_map_without_a_fixed_point_is_not_reached():
    result = search(lambda _, y: y + 0.1, [[0.0] * 4], most=25)
    assert result.reached.tolist() == [False]
    assert result.maps.tolist() == [25]


def test_sizes_only_scale_the_tolerance():
    def take(who, y):
        return y + 0.02 * (0.3 - y)

    small = search(take, [[0.0] * 4], sizes=np.full(4, 1e-3), tolerance=1e-4)
    large = search(take, [[0.0] * 4], sizes=np.full(4, 1e3), tolerance=1e-10)
    np.testing.assert_allclose(small.y, 0.3, atol=1e-6)
    np.testing.assert_allclose(large.y, 0.3, atol=1e-6)
