"""Machine code of the equations against the linked page, run as plain Python."""

import numpy as np
import pytest
from llvmlite import ir
from machine_code import WIDTHS, page_function, same_bits
from slow_parameters import slow

from oihsim.engine.compiled_model import DEFAULT, Model
from oihsim.engine.lanes.emission import constants_of, write_function
from oihsim.engine.lanes.graph import Graph
from oihsim.engine.lanes.kernel import Generator
from oihsim.engine.memory import aligned
from oihsim.model import shapes as functions
from oihsim.neuroplasticity import VARIANTS

NUMBER = 200


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=[] if name == DEFAULT else pytest.mark.slow)
        for name in sorted(VARIANTS)
    ],
)
def model(request):
    return Model.named(request.param)


def plain(model):
    """Return ``f(y, u, p)``: rates and outputs of arrays (n, rows), in Python's arithmetic."""

    def shape(name):
        # NumPy's numbers divide by 0 as compiled code does
        return lambda *numbers: np.float64(getattr(functions, name)(*numbers))

    space = {name: shape(name) for name in functions.__all__}
    space |= {"njit": lambda **_: lambda function: function, "INNER": {}, "COMPILE": {}}
    exec(model.linked.equations_source, space)

    def apply(y, u, p):
        rates = np.empty((len(y), len(model.states)))
        outputs = np.empty((len(y), len(model.outputs)))
        with np.errstate(all="ignore"):
            for i in range(len(y)):
                space["rhs"](y[i], p[i], u[i], rates[i])
                space["outputs"](y[i], p[i], u[i], outputs[i])
        return rates, outputs

    return apply


def kernels(model, width, fixed=None):
    """Return the same of the machine code, with some parameters ``fixed`` to numbers."""
    generator = Generator(model.linked, fixed)
    traced, known = generator.traced, generator.constants
    constants = page_function(known, (), 1)
    rates = page_function(traced.rates, known, width)
    outputs = page_function(traced.outputs, known, width)

    def apply(y, u, p):
        nothing = np.zeros((len(y), 0))
        c = constants(nothing, nothing, p)
        return rates(y, u, c), outputs(y, u, c)

    return apply


def points(model, seed, *, below=0.0, drugs=True):
    """Return states, drives and parameters, (n, rows) each; some states ``below`` 0."""
    rng = np.random.default_rng(seed)
    states, drives, parameters = len(model.states), len(model.drives), len(model.addresses)
    y = model.y0 + model.sizes * rng.uniform(-below, 1.0, (NUMBER, states))
    u = 10.0 ** rng.uniform(-6, 2, (NUMBER, drives)) * (rng.random((NUMBER, drives)) < 0.8)
    p = model.defaults * np.exp(0.3 * rng.standard_normal((NUMBER, parameters)))
    return y, u * drugs, p


CASES = {
    "with drugs": {},
    "without": {"drugs": False},
    "with states at and below 0": {"below": 0.5},
}


@pytest.mark.parametrize("case", CASES)
def test_rates_and_read_outs_are_those_of_the_page(model, case):
    arguments = points(model, 1, **CASES[case])
    arguments[0][:20, ::2] = 0.0
    for ours, theirs in zip(kernels(model, 8)(*arguments), plain(model)(*arguments), strict=True):
        # rates are differences: what they are made of has the size of the largest one
        size = np.maximum(np.abs(theirs), 1e-2)
        finite = np.isfinite(theirs)
        assert np.array_equal(finite, np.isfinite(ours))
        assert np.max(np.abs(ours[finite] - theirs[finite]) / size[finite]) < 5e-13
        assert np.array_equal(ours[~finite], theirs[~finite], equal_nan=True)


def test_parameters_that_are_numbers_change_no_more_than_the_last_digits(model):
    y, u, p = points(model, 8, below=0.1)
    rows = list(model.usual)
    p[:, rows] = model.defaults[rows]
    assert len(rows) > 5
    outputs = kernels(model, 8, model.usual)(y, u, p)
    for ours, theirs in zip(outputs, plain(model)(y, u, p), strict=True):
        finite = np.isfinite(theirs)
        size = np.maximum(np.abs(theirs[finite]), 1e-2)
        assert np.max(np.abs(ours[finite] - theirs[finite]) / size) < 5e-13
        assert np.array_equal(ours[~finite], theirs[~finite], equal_nan=True)


def test_at_baseline_without_drugs_nothing_moves_to_the_last_bit(model):
    p, u = model.typical(8), np.zeros((8, len(model.drives)))
    rates, _ = kernels(model, 8)(np.tile(model.y0, (8, 1)), u, p)
    assert np.all(rates == 0.0)


def test_every_width_gives_the_same_bits(model):
    arguments = points(model, 2, below=0.2)
    alone = kernels(model, 1)(*arguments)
    for width in WIDTHS[1:]:
        for wide, narrow in zip(kernels(model, width)(*arguments), alone, strict=True):
            assert same_bits(wide, narrow)


def test_neighbours_do_not_matter(model):
    y, u, p = points(model, 3)
    run = kernels(model, 8)
    in_order = run(y, u, p)
    order = np.random.default_rng(4).permutation(NUMBER)
    y[order[::3]] = np.nan
    rest = np.setdiff1d(np.arange(NUMBER), order[::3])
    shuffled = np.random.default_rng(5).permutation(NUMBER)
    others = run(y[shuffled], u[shuffled], p[shuffled])
    back = np.argsort(shuffled)
    for before, after in zip(in_order, others, strict=True):
        assert same_bits(before[rest], after[back][rest])


# as NumPy has it, as a processor makes it from 0/0, and as R marks what is missing
NOT_NUMBERS = np.array([0x7FF8000000000000, 0xFFF8000000000000, 0x7FF00000000007A2], np.uint64)


@pytest.mark.parametrize("width", [slow(1), 8])
@pytest.mark.parametrize("nan", NOT_NUMBERS.view(float), ids=["numpy", "processor", "R"])
def test_a_parameter_that_is_not_a_number_shows_wherever_it_shows_in_the_page(model, nan, width):
    y, u, p = (array[:1] for array in points(model, 6))
    run, page = kernels(model, width), plain(model)
    hidden = []
    for row, address in enumerate(model.addresses):
        broken = p.copy()
        broken[0, row] = nan
        for ours, theirs in zip(run(y, u, broken), page(y, u, broken), strict=True):
            if np.any(np.isnan(theirs) & ~np.isnan(ours)):
                hidden.append(address)
    assert hidden == []


def test_a_product_that_one_sum_reads_is_fused_and_others_are_not():
    graph = Graph()
    a, b, c = (graph.leaf("y", row) for row in range(3))
    once, twice = a * b + c, (a * c - b) + (a * c)

    def fused(root):
        module = ir.Module("test")
        write_function(module, "page", 1, [root], ())
        return str(module).count('call double @"llvm.fma.f64"')

    assert fused(once) == 1
    assert fused(twice) == 0
    x = np.array([[1.0 + 2.0**-30, 1.0 + 2.0**-30, -(1.0 + 2.0**-29)]])
    nothing = np.zeros((1, 0))
    assert page_function([once], (), 1)(x, nothing, nothing)[0, 0] == 2.0**-60


@pytest.mark.parametrize("width", WIDTHS)
def test_every_sum_of_products_has_its_sign(width):
    graph = Graph()
    a, b, c, d = (graph.leaf("y", row) for row in range(4))
    roots = [a * b + c, c + a * b, a * b - c, c - a * b, a * b + c * d, a * b - c * d,
             -(a * b) + c, -(a * b) - c, graph.where(a * b - c, a, b), (a * b + c) * d]  # fmt: skip
    y = np.random.default_rng(7).uniform(-2.0, 2.0, (50, 4))
    A, B, C, D = y.T
    wanted = [A * B + C, C + A * B, A * B - C, C - A * B, A * B + C * D, A * B - C * D,
              C - A * B, -(A * B) - C, np.where(A * B > C, A, B), (A * B + C) * D]  # fmt: skip
    nothing = np.zeros((50, 0))
    sums = page_function(roots, (), width)(y, nothing, nothing)
    np.testing.assert_allclose(sums, np.transpose(wanted), rtol=1e-13, atol=1e-14)


def test_roots_may_be_numbers_leaves_or_constants():
    graph = Graph()
    y, k = graph.leaf("y", 0), graph.leaf("p", 0)
    roots = [graph.node(2.5), y, k * k, y, graph.node(0.0)]
    known = constants_of(roots)
    values = page_function(roots, known, 4)(
        np.full((3, 1), 7.0), np.zeros((3, 0)), np.full((3, 1), 9.0)
    )
    assert values.tolist() == [[2.5, 7.0, 9.0, 7.0, 0.0]] * 3


@pytest.mark.parametrize("width", WIDTHS)
def test_rows_of_lanes_lie_where_kernels_load_them(width):
    """A row that lies elsewhere ends the process, but by chance only."""
    arrays = [aligned((rows, width)) for rows in range(1, 40)]
    assert {array.ctypes.data % (8 * width) for array in arrays} == {0}
