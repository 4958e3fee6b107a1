"""Arithmetic of lanes: exp and log against many digits, and the same bits at any width."""

import math
from functools import cache

import mpmath
import numpy as np
import pytest
from machine_code import WIDTHS, lanewise, same_bits

from oihsim.engine.lanes.arithmetic import LARGEST, LEAST, Lanes
from oihsim.engine.lanes.graph import Graph, twins

ULP = 2.0**-52
RNG = np.random.default_rng(13)
TINY = np.finfo(float).tiny


def power(lanes, x, n):
    return lanes.exp(lanes.mul(n, lanes.log(x)))


@cache
def compiled_function(name, width):
    work = {"power": power}.get(name) or getattr(Lanes, name)
    return lanewise(work, width, 1 if name in ("exp", "log", "root", "absolute", "neg") else 2)


def relative_error(values, arguments, exact):
    mpmath.mp.prec = 160
    return max(
        float(abs((mpmath.mpf(float(value)) - exact(*map(mpmath.mpf, point))) / exact(*point)))
        for value, *point in zip(values, *(map(float, point) for point in arguments), strict=True)
    )


ARGUMENTS = {
    "small": RNG.uniform(-1.0, 1.0, 3000),
    "tiny": RNG.choice([-1.0, 1.0], 1000) * 10.0 ** RNG.uniform(-300, -1, 1000),
    "wide": RNG.uniform(LEAST, LARGEST, 5000),
    "near multiples of ln 2": np.log(2.0) * RNG.integers(-1000, 1000, 2000)
    + RNG.uniform(-1e-9, 1e-9, 2000),
    "near halves of ln 2": np.log(2.0) * (RNG.integers(-1000, 1000, 2000) + 0.5)
    + RNG.uniform(-1e-9, 1e-9, 2000),
}  # fmt: skip


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_exp_is_right_to_four_parts_in_ten_to_the_sixteen(kind):
    x = ARGUMENTS[kind]
    values = compiled_function("exp", 8)(x)
    assert relative_error(values, (x,), mpmath.exp) < 1.75 * ULP


POSITIVE = {
    "wide": 10.0 ** RNG.uniform(-307, 308, 5000),
    "near one": 1.0 + RNG.choice([-1.0, 1.0], 3000) * 10.0 ** RNG.uniform(-15.5, -1, 3000),
    "between a half and two": RNG.uniform(0.5, 2.0, 5000),
    "near the root of a half": math.sqrt(0.5) * (1.0 + RNG.uniform(-1e-12, 1e-12, 1000)),
    "edges": np.array([TINY, np.finfo(float).max, 0.5, 2.0, np.nextafter(1.0, 0.0),
                       np.nextafter(1.0, 2.0), 1e-300, math.e]),
}  # fmt: skip


@pytest.mark.parametrize("kind", POSITIVE)
def test_log_is_right_to_four_parts_in_ten_to_the_sixteen(kind):
    x = POSITIVE[kind][POSITIVE[kind] != 1.0]
    values = compiled_function("log", 8)(x)
    assert relative_error(values, (x,), mpmath.log) < 1.75 * ULP


def test_power_loses_no_more_than_the_size_of_its_exponent():
    x, n = 10.0 ** RNG.uniform(-6, 6, 4000), RNG.uniform(-4.0, 4.0, 4000)
    values = compiled_function("power", 8)(x, n)
    error = relative_error(values, (x, n), lambda a, b: mpmath.mpf(a) ** b)
    # a rounding of n log x, at most 4 * 13.9, is a relative error of its exponential
    assert error < 4 * 14 * ULP


EDGES = {
    "exp": [(0.0, 1.0), (-0.0, 1.0), (math.inf, math.inf), (LARGEST, math.exp(LARGEST)),
            (np.nextafter(LARGEST, 800.0), math.inf), (710.0, math.inf), (1e300, math.inf),
            (LEAST, math.exp(LEAST)), (5e-324, 1.0), (-5e-324, 1.0)],
    "log": [(1.0, 0.0), (math.inf, math.inf), (2.0, math.log(2.0)), (TINY, math.log(TINY))],
}  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", EDGES)
def test_edges(name, width):
    x, wanted = np.array(EDGES[name]).T
    np.testing.assert_allclose(compiled_function(name, width)(x), wanted, rtol=2 * ULP, atol=0.0)


@pytest.mark.parametrize("x", [-708.1, -745.0, -1e6, -math.inf])
def test_exp_below_its_least_argument_stays_at_a_number_as_good_as_zero(x):
    (least,) = compiled_function("exp", 8)(np.array([x]))
    assert least == compiled_function("exp", 8)(np.array([LEAST]))[0]
    assert least == pytest.approx(math.exp(LEAST), rel=2 * ULP)
    assert least < 4e-308


@pytest.mark.parametrize("width", WIDTHS)
def test_exp_of_what_is_not_a_number_is_none(width):
    assert np.isnan(compiled_function("exp", width)(np.full(8, np.nan))).all()


def test_log_of_a_subnormal_number_is_that_of_a_number_as_small():
    # its leading zeros are not looked for: as good as 0 wherever the shapes use it
    x = np.array([5e-324, 1e-320, 1e-310, np.nextafter(TINY, 0.0)])
    logarithms = compiled_function("log", 8)(x)
    assert np.all(np.abs(logarithms - math.log(TINY)) < 0.7)


SPECIAL = np.array(
    [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, TINY, 709.0, 710.0, -708.0, -709.0]
)


@pytest.mark.parametrize(
    "name", ["exp", "log", "root", "absolute", "neg", "add", "mul", "div", "larger", "smaller",
             "power"],
)  # fmt: skip
def test_bits_are_the_same_at_every_width(name):
    x = np.concatenate([RNG.uniform(-50.0, 50.0, 4000), 10.0 ** RNG.uniform(-300, 300, 4000)])
    x = np.abs(x) if name in ("log", "root", "power") else np.concatenate([x, SPECIAL])
    arguments = (x,)
    if name in ("add", "mul", "div", "larger", "smaller", "power"):
        arguments = (x, RNG.permutation(x))
    alone = compiled_function(name, 1)(*arguments)
    for width in WIDTHS[1:]:
        assert same_bits(compiled_function(name, width)(*arguments), alone), width


def test_a_fused_product_is_rounded_once():
    x = 1.0 + 2.0**-30
    for width in WIDTHS:
        fused = lanewise(lambda lanes, a, b: lanes.fma(a, a, lanes.neg(b)), width, 2)
        assert fused(np.full(8, x), np.full(8, x * x)).tolist() == [2.0**-60] * 8


def test_a_sum_of_products_is_not_reordered():
    a, b, c = np.array([1e16]), np.array([-1e16]), np.array([1.0])
    for width in WIDTHS:
        left = lanewise(lambda lanes, a, b, c: lanes.add(lanes.add(a, b), c), width, 3)
        right = lanewise(lambda lanes, a, b, c: lanes.add(a, lanes.add(b, c)), width, 3)
        assert (left(a, b, c)[0], right(a, b, c)[0]) == (1.0, 0.0)


@pytest.mark.parametrize("width", WIDTHS)
def test_any_sees_one_chosen_lane(width):
    def chosen(lanes, x):
        bit = lanes.any(lanes.compare(">", x, lanes.number(0.0)))
        return lanes.splat(lanes.builder.uitofp(bit, lanes.number(0.0).type.element
                                                if width > 1 else lanes.type))  # fmt: skip

    any_chosen = lanewise(chosen, width)
    for lane in range(width):
        x = np.zeros(width)
        x[lane] = 1.0
        assert any_chosen(x).tolist() == [1.0] * width
    assert any_chosen(np.full(width, np.nan)).tolist() == [0.0] * width


def test_polynomial_in_a_tree_is_the_polynomial():
    coefficients = RNG.uniform(-1.0, 1.0, 9).tolist()
    x = RNG.uniform(-1.0, 1.0, 500)
    values = lanewise(lambda lanes, x: lanes.polynomial(x, coefficients), 4)(x)
    np.testing.assert_allclose(values, np.polynomial.Polynomial(coefficients)(x), atol=1e-14)


def test_whole_powers_of_the_shapes_do_without_logarithms():
    graph = Graph()
    x = graph.leaf("y", 0)
    assert twins(graph)["power"](x, 3.0).operands[1] is x**3
