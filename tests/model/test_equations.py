"""The permitted subset of Python: what is refused, and that every shipped equation obeys."""

import math

import pytest

from oihsim.files.errors import ModelError
from oihsim.model.equations import read
from oihsim.model.shapes import hill, power
from oihsim.neuroplasticity import MECHANISMS


def branch(x):
    if x > 0:
        return x
    return 0.0


def loop(x):
    for _ in range(3):
        x = x * 2
    return x


def attribute(x):
    return math.sqrt(x)


def subscript(x):
    return x[0]


def comparison(x):
    return x > 1.0


def keyword(x):
    return power(x, n=2.0)


def default(x, k=1.0):
    return k * x


def variable_power(x, n):
    return x**n


def unknown_name(x):
    return x * OUTSIDE


def unknown_call(x):
    return abs(x)


def reassigned(x):
    x = x + 1.0
    return x  # noqa: RET504


def text(x):
    return "x"


def no_return(x):
    y = x + 1.0  # noqa: F841


def augmented(x):
    y = x
    y += 1.0
    return y


def ternary(x, y):
    return x if y else y


OUTSIDE = 3.0
REFUSED = [
    branch, loop, attribute, subscript, comparison, keyword, default, variable_power,
    unknown_name, unknown_call, reassigned, text, no_return, augmented, ternary,
]  # fmt: skip


@pytest.mark.parametrize("function", REFUSED, ids=lambda f: f.__name__)
def test_what_is_outside_the_subset_is_refused_by_name(function):
    with pytest.raises(ModelError, match=f"equation '{function.__name__}'"):
        read(function)


def test_lambda_and_builtin_are_refused():
    with pytest.raises(ModelError):
        read(lambda x: x)
    with pytest.raises(ModelError):
        read(math.sqrt)


def inside(x, x50, n):
    """Docstrings are fine."""
    y = hill(x, x50, n)
    return y * (1.0 - y), -(y**2)


def test_arguments_values_and_calls_are_read():
    equation = read(inside)
    assert equation.arguments == ("x", "x50", "n")
    assert equation.values == 2
    assert equation.calls == ("hill",)


def test_every_shipped_equation_obeys():
    for mechanism in MECHANISMS:
        for function in [output.equation for output in mechanism.outputs]:
            assert read(function).values == 1
        if mechanism.rates is not None:
            assert read(mechanism.rates).values == len(mechanism.states)
