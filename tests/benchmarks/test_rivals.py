"""Each rival's translation against the equations, where the rival is installed; and its errors."""

import numpy as np
import pytest

from benchmarks.accuracy import achieved, contender
from benchmarks.compiled import compiled_jacobian, derivatives, plain_rhs, source
from benchmarks.systems import system

pytestmark = pytest.mark.slow
NAMES = ("OIH-15", "OIH-15s", "shipped")


def points(chosen):
    """States and a subject's own values at random places, and the derivatives by the equations."""
    rng = np.random.default_rng(4)
    rhs = plain_rhs(source(chosen), {"guard": max})
    for i in range(3):
        y, values = rng.uniform(0.05, 0.9, len(chosen.states)), chosen.subject_values[i].copy()
        # dynorphin never falls below its baseline, where a root of its excess has no value
        y[chosen.states.index("D")] += 1.0
        values[-1] = 0.5
        dy = np.empty(len(y))
        rhs(0.0, y, dy, values)
        yield y, values, dy


@pytest.mark.parametrize("name", NAMES)
def test_heyoka_gets_the_same_equations(name):
    hy = pytest.importorskip("heyoka")
    chosen = system(name, 16)
    y = hy.make_vars(*chosen.states)
    functions = {"pow": lambda x, n: hy.exp(n * hy.log(x)), "max": lambda x, _: hy.relu(x),
                 "guard": lambda x, _: x}  # fmt: skip
    values = [hy.par[j] for j in range(chosen.subject_values.shape[1])]
    dy = [hy.expression(d) if isinstance(d, float) else d
          for d in derivatives(chosen, functions, y, values)]  # fmt: skip
    compiled = hy.cfunc(dy, vars=list(y))
    for at, values, expected in points(chosen):
        np.testing.assert_allclose(compiled(at, pars=values), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_pydiffsol_gets_the_same_equations(name):
    ds = pytest.importorskip("pydiffsol")
    from benchmarks.rival_pydiffsol import diffsl

    chosen = system(name, 16)
    ode = ds.Ode(diffsl(chosen), matrix_type=ds.nalgebra_dense, ode_solver=ds.tsit45)
    for at, values, expected in points(chosen):
        found = ode.rhs(np.concatenate([values, at]), 0.0, at)
        np.testing.assert_allclose(np.ravel(found), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "setting", "problem", "rtol"),
    [
        ("engine", "one thread", "OIH-15", 1e-8),
        ("engine", "one thread", "shipped", 1e-8),
        ("heyoka", "batch of 8", "OIH-15", 1e-10),
        ("heyoka", "batch of 16", "OIH-15", 1e-10),
        ("heyoka", "batch of 16, powers", "OIH-15", 1e-10),
        ("heyoka", "one at a time", "OIH-15", 1e-10),
        ("heyoka", "batch of 8, powers", "shipped", 1e-9),
        ("heyoka", "batch of 8", "OIH-15s", 1e-9),
        ("heyoka", "batch of 4", "shipped", 1e-9),
        ("numbalsoda", "dop853", "OIH-15", 1e-10),
        ("numbalsoda", "dop853, a stop an output", "OIH-15", 1e-9),
        ("numbalsoda", "lsoda", "OIH-15s", 1e-9),
        ("numbalsoda", "dop853", "shipped", 1e-9),
        ("pydiffsol", "tsit45", "OIH-15", 1e-9),
        ("pydiffsol", "bdf", "OIH-15s", 1e-9),
        ("pydiffsol", "tsit45", "shipped", 1e-8),
        ("scipy", "odeint", "OIH-15", 1e-9),
        ("scipy", "ode DOP853", "OIH-15", 1e-9),
        ("scipy", "odeint, Jacobian", "OIH-15s", 1e-9),
        ("sundae", "BDF", "OIH-15", 1e-9),
        ("sundae", "Adams", "OIH-15", 1e-9),
        ("diffrax", "Dopri8", "OIH-15", 1e-9),
    ],
)  # fmt: skip
def test_every_contender_solves_what_it_is_timed_on(name, setting, problem, rtol):
    module = contender_or_skip(name)
    assert setting in module.settings(system(problem, 16))
    assert achieved(name, setting, problem, rtol, 4) < 3e-7


@pytest.mark.parametrize("problem", ["OIH-15", "shipped"])
def test_heyoka_gives_subjects_in_their_own_order(problem):
    """Batches hold subjects that take alike steps, and five leave three lanes empty."""
    module = contender_or_skip("heyoka")
    few = system(problem, 16).first(5)
    batches, alone = (module.prepare(few, name, 1e-9)() for name in ("batch of 4", "one at a time"))
    sizes = np.abs(alone).max(axis=(0, 1))
    np.testing.assert_allclose(batches / sizes, alone / sizes, atol=1e-7)


def test_the_compiled_jacobian_is_that_of_the_equations():
    chosen = system("OIH-15s", 16)
    rhs, n = plain_rhs(source(chosen), {"guard": max}), len(chosen.states)
    for at, values, expected in points(chosen):
        J = np.empty((n, n))
        compiled_jacobian(source(chosen))(0.0, at, J, values)
        ahead = np.random.default_rng(7).uniform(-1e-6, 1e-6, n)
        there = np.empty(n)
        rhs(0.0, at + ahead, there, values)
        np.testing.assert_allclose(J @ ahead, there - expected, rtol=1e-3, atol=1e-8)


def contender_or_skip(name):
    try:
        return contender(name)
    except ImportError as error:
        pytest.skip(str(error))
