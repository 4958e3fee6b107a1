"""The graph of a page: nothing twice, numbers folded, and derivatives against other roads."""

import math

import numpy as np
import pytest

from oihsim.engine.compiled_model import Model
from oihsim.engine.lanes.emission import constants_of
from oihsim.engine.lanes.graph import Graph, in_order, trace, twins, whole_power
from oihsim.model import shapes as functions
from oihsim.model.formulae import jacobian
from oihsim.neuroplasticity import VARIANTS

STEP = 1e-6


@pytest.fixture
def graph():
    return Graph()


def value(root, y=(), u=(), p=()):
    """Return the number of a node, one operation after another."""
    values = {}
    leaves = {"y": y, "u": u, "p": p}
    work = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: np.float64(a) / b,
        "neg": lambda a: -a,
        "exp": np.exp,
        "log": np.log,
        "where": lambda x, a, b: a if x > 0.0 else b,
    }
    with np.errstate(all="ignore"):
        for node in in_order([root]):
            if node.op == "const":
                values[node] = node.value
            elif node.op in leaves:
                values[node] = leaves[node.op][int(node.value)]
            else:
                values[node] = work[node.op](*(values[operand] for operand in node.operands))
    return float(values[root])


def test_equal_operations_are_one_node(graph):
    a, b, k = graph.leaf("y", 0), graph.leaf("y", 1), graph.leaf("p", 0)
    assert graph.leaf("y", 0) is a
    assert a * k + b is a * k + b
    assert graph.exp(a - b) is graph.exp(a - b)
    assert a + b is not b + a
    assert len(list(in_order([(a * k + b) * (a * k + b)]))) == 6


def test_leaves_of_different_kinds_and_rows_differ(graph):
    leaves = {graph.leaf(kind, row) for kind in "yup" for row in range(3)}
    assert len(leaves) == 9
    assert [graph.leaf(kind, 0).varies for kind in "yup"] == [True, True, False]


def test_zero_and_minus_zero_are_two_numbers(graph):
    assert graph.node(0.0) is not graph.node(-0.0)
    assert math.copysign(1.0, graph.node(-0.0).value) == -1.0


def test_numbers_fold(graph):
    two, three = graph.node(2.0), graph.node(3.0)
    folded = {
        two + three: 5.0, two - three: -1.0, two * three: 6.0, two / three: 2.0 / 3.0,
        -two: -2.0, two**3: 8.0, graph.exp(two): math.exp(2.0),
        graph.where(two, three, two): 3.0, graph.where(-two, three, two): 2.0,
    }  # fmt: skip
    for node, number in folded.items():
        assert (node.op, node.value) == ("const", number)


def test_neutral_numbers_vanish(graph):
    y = graph.leaf("y", 0)
    assert all(node is y for node in (y + 0.0, 0.0 + y, y - 0.0, 1.0 * y, y * 1.0, y / 1.0))
    assert graph.neg(-y) is y
    assert all(node.value == 0.0 and node.op == "const" for node in (y * 0.0, 0.0 * y, 0.0 / y))
    assert (0.0 - y).op == "neg"
    assert (y - (-y)).op == "add"
    assert (y + (-y)).op == "sub"
    assert ((-y) * 2.0).op == "neg"
    assert graph.where(y, 2.0 * y, 2.0 * y) is 2.0 * y


def test_a_division_by_zero_is_left_to_the_run(graph):
    assert (graph.node(1.0) / graph.node(0.0)).op == "div"


def test_a_quotient_by_a_parameter_is_a_product(graph):
    y, k = graph.leaf("y", 0), graph.leaf("p", 0)
    quotient = y / k
    assert (quotient.op, quotient.operands) == ("mul", (y, 1.0 / k))
    assert (k / y).op == "div"
    assert (k / graph.leaf("p", 1)).op == "div"
    half = y / 2.0
    assert (half.op, half.operands[1].value) == ("mul", 0.5)


def test_constants_are_the_largest_parts_without_states_or_drives(graph):
    y, u = graph.leaf("y", 0), graph.leaf("u", 0)
    a, b = graph.leaf("p", 0), graph.leaf("p", 1)
    inner = graph.exp(a * b)
    assert constants_of([y * (inner + a), u * inner]) == (inner + a, inner)
    assert constants_of([y * 2.0]) == ()
    assert constants_of([a * b]) == (a * b,)


def test_in_order_comes_after_its_operands_and_stops_at_what_is_known(graph):
    y, k = graph.leaf("y", 0), graph.leaf("p", 0)
    root = graph.exp(k * k) * y + k
    seen = set()
    for node in in_order([root]):
        assert seen.issuperset(node.operands)
        seen.add(node)
    assert k * k not in set(in_order([root], [graph.exp(k * k)]))


@pytest.mark.parametrize("n", [*range(-6, 13), 16, -16])
def test_whole_powers(graph, n):
    power = whole_power(graph.leaf("y", 0), n)
    for x in (0.3, 1.0, 1.7, -2.0):
        assert value(power, [x]) == pytest.approx(x**n, rel=1e-14)
    products = [node for node in in_order([power]) if node.op == "mul"]
    assert len(products) <= 2 * max(abs(n), 1).bit_length() - 2


SHAPES = {
    "power": [(2.5,), (3.0,), (0.4,), (-1.5,)],
    "hill": [(0.7, 1.6), (1.3, 4.0), (0.2, 2.0)],
    "hinge": [(0.05,), (1.0,)],
    "rectify": [(0.05,), (1.0,)],
    "odds": [()],
    "exp": [()],
}
POINTS = (0.01, 0.2, 0.63, 0.97, -0.3, -2.0, 1.5, 3.0)


@pytest.mark.parametrize(("name", "more"), [(a, b) for a, rows in SHAPES.items() for b in rows])
def test_twins_and_their_slopes_are_those_of_the_shapes(graph, name, more):
    plain = getattr(functions, name)
    numbers = twins(graph)[name](graph.leaf("y", 0), *more)
    leaves = twins(graph)[name](
        graph.leaf("y", 0), *(graph.leaf("p", row) for row in range(len(more)))
    )
    for x in POINTS:
        slope = (plain(x + STEP, *more) - plain(x - STEP, *more)) / (2 * STEP)
        for node in (numbers, leaves):
            assert value(node, [x], p=more) == pytest.approx(plain(x, *more), rel=1e-14)
            if math.isfinite(slope):
                derivative = graph.slope(node, graph.leaf("y", 0))
                assert value(derivative, [x], p=more) == pytest.approx(slope, rel=1e-6, abs=1e-9)
    for row in range(len(more)):
        for x in POINTS:
            ends = [[*more[:row], more[row] + s, *more[row + 1 :]] for s in (STEP, -STEP)]
            slope = (plain(x, *ends[0]) - plain(x, *ends[1])) / (2 * STEP)
            derivative = graph.slope(leaves, graph.leaf("p", row))
            assert value(derivative, [x], p=more) == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_shapes_are_zero_at_and_below_zero(graph):
    for name, more in (("power", (1.25,)), ("hill", (2.0, 1.4)), ("hinge", (0.1,)),
                       ("rectify", (0.1,))):  # fmt: skip
        node = twins(graph)[name](graph.leaf("y", 0), *more)
        slope = graph.slope(node, graph.leaf("y", 0))
        for x in (0.0, -0.0, -1e-18, -3.0):
            assert value(node, [x]) == 0.0
            assert value(slope, [x]) == 0.0


OPERATIONS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a, b: -(a * b),
    "exp": lambda a, b: a.graph.exp(a * b),
    "log": lambda a, b: a.graph.log(a / b),
    "where": lambda a, b: a.graph.where(a - b, a * b, a / b),
    "shared": lambda a, b: (a * b + a) * a.graph.exp(a * b + a),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_slopes_of_operations_are_central_differences(graph, name):
    a, b = graph.leaf("y", 0), graph.leaf("u", 0)
    node = OPERATIONS[name](a, b)
    rng = np.random.default_rng(3)
    for x, v in rng.uniform(0.2, 2.0, (20, 2)):
        for leaf, ends in (
            (a, ((x + STEP, v), (x - STEP, v))),
            (b, ((x, v + STEP), (x, v - STEP))),
        ):
            high, low = (value(node, [first], [second]) for first, second in ends)
            derivative = value(graph.slope(node, leaf), [x], [v])
            assert derivative == pytest.approx((high - low) / (2 * STEP), rel=1e-6, abs=1e-8)


def test_slopes_are_found_once(graph):
    y = graph.leaf("y", 0)
    node = graph.exp(y * y)
    assert graph.slope(node, y) is graph.slope(node, y)
    assert graph.slope(node, graph.leaf("y", 1)).value == 0.0


def test_a_page_without_outputs_traces():
    text = "def rhs(y, p, u, dy):\n    dy[0] = u[0] - p[0] * y[0]\ndef outputs(y, p, u, out): pass"
    traced = trace(text, 1, 1, 1, 0)
    assert traced.outputs == ()
    assert value(traced.rates[0], [2.0], [5.0], [1.5]) == 2.0


def random_points(model, number, seed):
    rng = np.random.default_rng(seed)
    for _ in range(number):
        y = model.y0 + model.sizes * rng.uniform(0.05, 1.0, len(model.y0))
        u = 10.0 ** rng.uniform(-3, 1, len(model.drives))
        p = model.defaults * np.exp(0.2 * rng.standard_normal(len(model.defaults)))
        yield y, u, p


@pytest.fixture(scope="module", params=sorted(VARIANTS))
def model(request):
    return Model.named(request.param)


@pytest.mark.slow
@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_jacobian_is_that_of_sympy(variant):
    model = Model.named(variant)
    sympy = pytest.importorskip("sympy")
    symbols, matrix = jacobian(model.linked.mechanisms)
    named = [
        *symbols,
        *(sympy.Symbol(name, real=True) for name in (*model.drives, *model.addresses)),
    ]
    exact = sympy.lambdify(named, matrix.tolist(), modules="math", cse=True)
    slopes = model.generator.traced.jacobian
    for y, u, p in random_points(model, 5, seed=1):
        theirs = np.array(exact(*y, *u, *p), dtype=float)
        ours = np.zeros_like(theirs)
        for place, node in slopes.items():
            ours[place] = value(node, y, u, p)
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-13 * np.abs(theirs).max())


def test_jacobian_is_that_of_central_differences(model):
    traced = model.generator.traced
    for y, u, p in random_points(model, 2, seed=2):
        for (i, j), node in traced.jacobian.items():
            step = 1e-6 * model.sizes[j] * np.eye(len(y))[j]
            high, low = (value(traced.rates[i], y + s * step, u, p) for s in (1.0, -1.0))
            slope = (high - low) / (2e-6 * model.sizes[j])
            scale = max(abs(value(traced.rates[i], y, u, p)), 1e-3) / model.sizes[j]
            assert value(node, y, u, p) == pytest.approx(slope, rel=1e-5, abs=1e-7 * scale)


def test_rates_depend_on_no_state_beyond_the_jacobian(model):
    traced = model.generator.traced
    for i, rate in enumerate(traced.rates):
        needed = {int(node.value) for node in in_order([rate]) if node.op == "y"}
        assert {j for row, j in traced.jacobian if row == i} <= needed
