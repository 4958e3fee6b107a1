"""Straight-line code: what is recorded, what is worked out once, what is left out."""

import pytest

from benchmarks.tracing import Term, Trace, python_source, rebound, recorded_shapes, used_fixed
from oihsim.model.shapes import hill, power, rectify


def symbols(*names, fixed=False):
    trace = Trace()
    return trace, *(Term(trace, name, fixed) for name in names)


def run(trace, value, **known):
    space = {"guard": max}
    exec(python_source(trace, [value], "f(dy, y, p)"), space)
    dy = [None]
    space["f"](dy, known.get("y"), known.get("p"))
    return dy[0]


def test_the_same_operation_is_recorded_once():
    trace, a, b = symbols("y[0]", "y[1]")
    assert (a + b) * (a + b) is not None
    assert trace.counts() == {"add": 1, "mul": 1}


def test_nothing_is_recorded_for_ones_and_zeros():
    trace, a = symbols("y[0]")
    assert a + 0.0 is a
    assert 1.0 * a is a
    assert a * 0.0 == 0.0
    assert trace.lines == []


def test_what_rests_on_parameters_alone_is_worked_out_apart():
    trace = Trace()
    p, y = Term(trace, "p[0]", fixed=True), Term(trace, "y[0]")
    value = y * (2.0 * p)
    assert [text for _, text in trace.fixed] == ["2.0 * p[0]"]
    assert used_fixed(trace, [value]) == ["c0"]


def test_division_by_a_parameter_is_a_product():
    trace = Trace()
    p, y = Term(trace, "p[0]", fixed=True), Term(trace, "y[0]")
    assert y / p is not None
    assert trace.counts() == {"mul": 1}


def test_flops_count_a_power_as_one():
    trace, a = symbols("y[0]")
    assert a**1.5 + a**3.0 is not None
    # one power, two products for the cube, one sum
    assert trace.flops() == 4


@pytest.mark.parametrize("x", [-0.3, 0.0, 0.02, 0.4, 1.7])
@pytest.mark.parametrize(
    ("shape", "rest"), [(power, (0.25,)), (hill, (0.35, 4.0)), (rectify, (0.02,))]
)
def test_recorded_shapes_are_the_shapes(shape, rest, x):
    trace, y = symbols("y[0]")
    value = recorded_shapes()[shape.__name__](y, *rest)
    assert run(trace, value, y=[x]) == pytest.approx(shape(x, *rest), rel=1e-14, abs=1e-300)


def squared(x):
    return power(x, 2.0)


def one_more(x):
    return squared(x) + 1.0


def test_rebinding_reaches_what_a_function_calls():
    def fifties(_, n):
        return 50.0 * n

    assert one_more(3.0) == 10.0
    assert rebound(one_more, {"power": fifties})(3.0) == 101.0
