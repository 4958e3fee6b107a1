"""Linking by symbol: errors that help, one module, and agreement of its readers."""

import dataclasses

import numpy as np
import pytest

from oihsim.engine.compiled_model import Model
from oihsim.files.errors import ModelError
from oihsim.kinetics.drives import DRIVES
from oihsim.model.dimensions import check_dimensions
from oihsim.model.linker import link
from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State
from oihsim.neuroplasticity import MECHANISMS


def decline(A, k):
    return -k * A


def needs_missing(E_x):
    return E_x


def first(second_value):
    return second_value


def second(first_value):
    return first_value


def pair(A, k):
    return -k * A, k * A


def loss(**changes):
    parts = {
        "name": "loss",
        "meaning": "first-order loss",
        "states": [State("A", "amount", 1.0, "1", "amount left")],
        "parameters": [Parameter("k", 0.1, "1/h", "rate")],
        "rates": decline,
    }
    return Mechanism(**(parts | changes))


def test_missing_symbol_lists_what_is_known():
    wrong = Mechanism("m", "", outputs=[Output("b", "b", "1", "", needs_missing)])
    with pytest.raises(ModelError, match=r"reads 'E_x', which nothing provides; known: .*b"):
        link([wrong], ())


def test_a_symbol_given_twice_names_both_givers():
    with pytest.raises(ModelError, match="'A' is given by both 'loss' and 'other'"):
        link([loss(), loss(name="other")], ())


@pytest.mark.parametrize("symbol", ["y", "p", "u", "dy", "out", "hill"])
def test_a_symbol_may_not_be_a_name_of_the_generated_module(symbol):
    taken = Mechanism("m", "", outputs=[Output(symbol, "b", "1", "", first)])
    with pytest.raises(
        ModelError, match=f"{symbol!r} of 'm' is a name of the generated module.*allowed"
    ):
        link([taken], ())


def test_outputs_in_a_circle_are_named():
    circle = Mechanism(
        "m",
        "",
        outputs=[
            Output("first_value", "first", "1", "", first),
            Output("second_value", "second", "1", "", second),
        ],
    )
    with pytest.raises(ModelError, match="in a circle: first_value, second_value"):
        link([circle], ())


def test_number_of_rates_must_match_states():
    with pytest.raises(ModelError, match="returns 2 values for 1 states"):
        link([loss(rates=pair)], ())
    with pytest.raises(ModelError, match="has states but no rates"):
        link([loss(rates=None)], ())


def test_hash_follows_the_equations_not_the_values():
    def decline(A, k):
        return -k * A * A

    same = loss(parameters=[Parameter("k", 0.5, "1/h", "rate")])
    assert link([loss()], ()).hash == link([same], ()).hash
    assert link([loss()], ()).hash != link([loss(rates=decline)], ()).hash


def test_hash_does_not_depend_on_the_order_of_evaluation_of_a_set():
    assert len({link(MECHANISMS, DRIVES).hash for _ in range(3)}) == 1


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["oihsim-1", "oih21"])
def test_the_compiled_module_equals_the_equations_run_by_python(variant):
    model = Model.named(variant)
    rng = np.random.default_rng(1)
    parameters = dict(zip(model.addresses, model.defaults, strict=True))
    for _ in range(20):
        y = rng.uniform(0.05, 0.9, len(model.states))
        u = rng.uniform(0.0, 3.0, len(model.drives))
        dy, out = np.zeros_like(y), np.zeros(len(model.outputs))
        model.generated.rhs(y, model.defaults, u, dy)
        model.generated.outputs(y, model.defaults, u, out)
        values = dict(zip(model.states, y, strict=True)) | dict(zip(model.drives, u, strict=True))
        python = by_python(model, values, parameters)
        np.testing.assert_allclose(
            out, [python[symbol] for symbol in model.outputs], rtol=1e-12, atol=1e-14
        )
        np.testing.assert_allclose(
            dy, [python[f"d{symbol}"] for symbol in model.states], rtol=1e-11, atol=1e-14
        )


def by_python(model, values, parameters):
    """A second reader of the mechanisms, on purpose written without the linker."""
    values = dict(values)
    waiting = [(m, output) for m in model.linked.mechanisms for output in m.outputs]
    while waiting:
        late = []
        for mechanism, output in waiting:
            try:
                values[output.symbol] = call(mechanism, output.equation, values, parameters)
            except KeyError:
                late.append((mechanism, output))
        assert len(late) < len(waiting)
        waiting = late
    for mechanism in model.linked.mechanisms:
        if mechanism.rates is None:
            continue
        rates = call(mechanism, mechanism.rates, values, parameters)
        rates = rates if isinstance(rates, tuple) else (rates,)
        for state, rate in zip(mechanism.states, rates, strict=True):
            values[f"d{state.symbol}"] = rate
    return values


def call(mechanism, function, values, parameters):
    symbols = {parameter.symbol for parameter in mechanism.parameters}
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return function(
        *[parameters[f"{mechanism.name}.{n}"] if n in symbols else values[n] for n in names]
    )


@pytest.mark.slow
def test_without_drug_the_right_hand_side_is_exactly_zero():
    for variant in ("oihsim-1", "oih21"):
        model = Model.named(variant)
        dy = np.ones(len(model.y0))
        model.generated.rhs(model.y0, model.defaults, np.zeros(len(model.drives)), dy)
        assert np.max(np.abs(dy)) == 0.0


def test_every_equation_has_the_declared_dimension():
    assert check_dimensions(MECHANISMS, DRIVES) == []


def test_a_planted_unit_error_is_found():
    nmda = next(m for m in MECHANISMS if m.name == "nmda")
    wrong = dataclasses.replace(
        nmda,
        parameters=[
            dataclasses.replace(p, unit="h") if p.symbol == "k_on" else p for p in nmda.parameters
        ],
    )
    planted = [wrong if m.name == "nmda" else m for m in MECHANISMS]
    assert any("nmda" in fault for fault in check_dimensions(planted, DRIVES))


def test_a_mechanism_from_outside_joins_in():
    def rates(glia_x, a_t, k_on, k_off):
        return k_on * a_t * (1.0 - glia_x) - k_off * glia_x

    mine = Mechanism(
        "my_glia",
        "a user's own process",
        states=[State("glia_x", "my_glia_activation", 0.0, "1", "activated fraction")],
        parameters=[
            Parameter("k_on", 0.02, "1/h", "onset"),
            Parameter("k_off", 0.01, "1/h", "offset"),
        ],
        rates=rates,
    )
    model = Model([*MECHANISMS, mine])
    assert model.states[-1] == "glia_x"
    assert "def rhs" in model.source
