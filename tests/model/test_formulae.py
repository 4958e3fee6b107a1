import builtins
import math
import random

import pytest
import sympy as sp
from slow_parameters import slow

from oihsim.files.errors import ModelError, OihsimError
from oihsim.model import formulae as f
from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State
from oihsim.model.shapes import exp, hill, hinge, odds, power
from oihsim.neuroplasticity import MECHANISMS, VARIANTS


def scaled(x, k):
    return k * x


def excess(S, drive, k, n):
    lifted = scaled(S, k) + drive
    return power(lifted - 1.0, n)


def glow(excess, S):
    return hill(excess, 0.5, 2.0) + hinge(S - 0.2, 0.02) + exp(-S)


def source_rates(S, A, glow, k):
    dS = k * glow * (1.0 - S) - S * S
    dA = scaled(S, 2.0) - odds(A) * A
    return dS, dA


def drain_rates(B, S, k):
    return S - k * B


SOURCE = Mechanism(
    "source",
    "made up: two states, outputs through one another, a helper and every shape",
    states=[State("S", "s", 0.3, "1", "…"), State("A", "a", 0.1, "1", "…")],
    outputs=[Output("glow", "glow", "1", "…", glow), Output("excess", "excess", "1", "…", excess)],
    parameters=[Parameter("k", 1.5, "1/h", "…"), Parameter("n", 1.7, "1", "…")],
    rates=source_rates,
)
DRAIN = Mechanism(
    "drain",
    "made up: one state, a parameter of the same name as another's",
    states=[State("B", "b", 0.0, "1", "…")],
    parameters=[Parameter("k", 0.25, "1/h", "…")],
    rates=drain_rates,
)


def arguments(function):
    return function.__code__.co_varnames[: function.__code__.co_argcount]


def equations(mechanism):
    """Return (name, function, number of the value it returns) in the order of formulae."""
    readings = [(o.symbol, o.equation, None) for o in mechanism.outputs]
    count = len(mechanism.states)
    readings += [
        (s.symbol, mechanism.rates, i if count > 1 else None)
        for i, s in enumerate(mechanism.states)
    ]
    return readings


ALL = [
    (m, k)
    for m in (SOURCE, DRAIN, *MECHANISMS, *VARIANTS["oih21"].mechanisms[1:2])
    for k in range(len(equations(m)))
]


@pytest.mark.parametrize(
    ("mechanism", "k"), ALL, ids=[f"{m.name}-{equations(m)[k][0]}-{k}" for m, k in ALL]
)
def test_sympy_and_python_give_the_same_number(mechanism, k):
    _, function, part = equations(mechanism)[k]
    names = arguments(function)
    _, expression = f.formulae(mechanism)[k]
    assert {s.name for s in expression.free_symbols} <= set(names)
    twin = sp.lambdify([sp.Symbol(n, real=True) for n in names], expression, "math")
    draw = random.Random(f"{mechanism.name}{k}")
    compared = 0
    for trial in range(40):
        low = 0.05 if trial < 25 else -0.5  # some arguments below zero reach the other branches
        point = [draw.uniform(low, 1.5) for _ in names]
        try:
            value = function(*point)
        except ZeroDivisionError:
            continue
        value = value if part is None else value[part]
        if isinstance(value, complex):  # a negative base: no meaning in the model
            continue
        assert twin(*point) == pytest.approx(value, rel=1e-9, abs=1e-12, nan_ok=True)
        compared += 1
    assert compared >= 15


def test_left_hand_sides_are_outputs_then_derivatives():
    left_sides = [str(left_sides) for left_sides, _ in f.formulae(SOURCE)]
    assert left_sides == ["glow", "excess", "Derivative(S, t)", "Derivative(A, t)"]


def test_plain_text_names_the_shapes():
    assert f.plain(DRAIN) == "dB/dt = −B·k + S"
    lines = f.plain(SOURCE).splitlines()
    assert lines[1] == "excess = (S·k + drive − 1)^n"
    assert "hill(excess, 0.5, 2)" in lines[0]
    assert f.shapes([DRAIN]) == [f.SHAPES_TEXT["power"]]


def test_latex_sets_words_upright_and_escapes_nothing_markdown_would_eat():
    text = "\n".join(f.latex(m) for m in MECHANISMS)
    assert r"k_{\text{off}}" in text
    assert r"\text{total nmda drive}" in text
    assert r"\_" not in text
    assert r"\," not in text


def point_of(mechanisms, seed):
    draw = random.Random(seed)
    values = {p.address(m.name): p.value for m in mechanisms for p in m.parameters}
    states = [s.symbol for m in mechanisms for s in m.states]
    values |= {symbol: draw.uniform(0.1, 0.9) for symbol in states}
    return values, states


def rates_of(mechanisms, values):
    """Evaluate the linked system in Python, outputs as soon as what they read is known."""
    known = dict(values)
    parameters = {
        m.name: {p.symbol: values[p.address(m.name)] for p in m.parameters} for m in mechanisms
    }
    waiting = [(m, o) for m in mechanisms for o in m.outputs]
    while waiting:
        later = []
        for m, o in waiting:
            names = arguments(o.equation)
            if all(n in parameters[m.name] or n in known for n in names):
                known[o.symbol] = o.equation(
                    *(parameters[m.name].get(n, known.get(n)) for n in names)
                )
            else:
                later.append((m, o))
        assert len(later) < len(waiting)
        waiting = later
    rates = []
    for m in mechanisms:
        if m.rates:
            names = arguments(m.rates)
            value = m.rates(*(parameters[m.name].get(n, known.get(n)) for n in names))
            rates += value if isinstance(value, tuple) else [value]
    return rates


@pytest.mark.parametrize(
    "mechanisms",
    [(SOURCE, DRAIN), slow(MECHANISMS)],
    ids=["made up", "shipped"],
)
def test_the_jacobian_equals_central_differences(mechanisms):
    symbols, matrix = f.jacobian(mechanisms)
    values, states = point_of(mechanisms, seed=4)
    assert [symbol.name for symbol in symbols] == states
    outputs = {output.symbol for m in mechanisms for output in m.outputs}
    for m in mechanisms:
        symbols = {parameter.symbol for parameter in m.parameters}
        for _, function, _ in equations(m):
            drives = set(arguments(function)) - symbols - outputs - set(states)
            values |= dict.fromkeys(drives, 0.4)
    free = sorted(matrix.free_symbols, key=lambda s: s.name)
    exact = sp.lambdify(free, matrix.tolist(), "math")(*(values[s.name] for s in free))
    step = 1e-6
    for j, name in enumerate(states):
        up = rates_of(mechanisms, values | {name: values[name] + step})
        down = rates_of(mechanisms, values | {name: values[name] - step})
        for i in range(len(states)):
            slope = (up[i] - down[i]) / (2 * step)
            assert exact[i][j] == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_parameters_of_the_same_name_stay_apart_in_the_jacobian():
    _, matrix = f.jacobian([SOURCE, DRAIN])
    assert {"source.k", "drain.k"} <= {s.name for s in matrix.free_symbols}
    assert matrix[2, 2] == -sp.Symbol("drain.k", real=True)
    assert not matrix.has(sp.Piecewise)


def test_the_branches_of_the_jacobian_can_be_spelled_out():
    _, matrix = f.jacobian([SOURCE])
    assert matrix[0, 0].rewrite(sp.Piecewise).has(sp.Piecewise)
    free = sorted(matrix[0, 0].free_symbols, key=lambda s: s.name)
    numbers = dict(zip(free, [0.3, 1.2, 0.2, 1.5, 1.7, 0.4], strict=False))
    assert matrix[0, 0].subs(numbers).is_number


def first(second):
    return second


def second(first):
    return first


def test_outputs_in_a_circle_are_named():
    circle = Mechanism(
        "circle", "made up",
        outputs=[Output("first", "f", "1", "…", first), Output("second", "s", "1", "…", second)],
    )  # fmt: skip
    with pytest.raises(ModelError, match="first, second"):
        f.jacobian([circle])


def test_a_wrong_number_of_rates_is_told():
    wrong = Mechanism("wrong", "made up", states=SOURCE.states[:1], rates=source_rates)
    with pytest.raises(ModelError, match="wrong: rates returns 2 values, not 1"):
        f.formulae(wrong)


def test_without_sympy_the_remedy_is_named(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "sympy":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(OihsimError, match=r'pip install "oihsim\[docs\]"'):
        f.plain(DRAIN)


def test_reading_an_equation_leaves_its_module_as_it_was():
    f.formulae(SOURCE)
    assert glow(0.5, 0.5) == hill(0.5, 0.5, 2.0) + hinge(0.3, 0.02) + math.exp(-0.5)
