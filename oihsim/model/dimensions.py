"""Dimension check: each equation is run on quantities that carry their declared units.

Equations know no units. Called with pint quantities instead of floats, an equation returns a
quantity of the declared dimension or fails, which reveals a missing factor or a swapped argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any

from oihsim.files.errors import ModelError
from oihsim.files.units import registry
from oihsim.model.equations import SHAPES, read
from oihsim.model.linker import order_of_need
from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Drive


def _pure(value: Any) -> float:
    return float(value.to("").magnitude) if hasattr(value, "to") else float(value)


def _on_quantities(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the equation with shapes that take pure numbers only."""
    unit = registry().Quantity

    def pure(shape: Callable[..., float]) -> Callable[..., Any]:
        return lambda *arguments: unit(shape(*map(_pure, arguments)), "")

    space: dict[str, Any] = dict(function.__globals__)
    for name in read(function).calls:
        known = space[name]
        space[name] = pure(known) if name in SHAPES else _on_quantities(known)
    return FunctionType(function.__code__, space)


def check_dimensions(mechanisms: Sequence[Mechanism], drives: Sequence[Drive]) -> list[str]:
    """Return the faults found; an empty list if all equations agree with their units.

    Parameters
    ----------
    mechanisms, drives : as they are linked

    Raises
    ------
    ModelError : the mechanisms do not link

    Examples
    --------
    >>> from oihsim.model.parameter import Parameter, State
    >>> def rates(CL): return -CL
    >>> wrong = Mechanism("loss", "", [State("A", "amount", 1.0, "mg", "")],
    ...     parameters=[Parameter("CL", 1.0, "L/h", "clearance")], rates=rates)
    >>> check_dimensions([wrong], ())
    ["loss: the rate of 'A' is in liter / hour, not in mg/h"]
    """
    quantity = registry().Quantity
    # no value is special: 0.3 keeps powers, differences and divisions away from 0
    known: dict[str, Any] = {drive.symbol: quantity(0.3, drive.unit) for drive in drives}
    for mechanism in mechanisms:
        known |= {state.symbol: quantity(0.3, state.unit) for state in mechanism.states}
    faults: list[str] = []

    def call(mechanism: Mechanism, function: Callable[..., Any], wires: Mapping[str, Any]) -> Any:
        parameters = {p.symbol: quantity(p.value, p.unit) for p in mechanism.parameters}
        values = [parameters.get(symbol, wires.get(symbol)) for symbol in read(function).arguments]
        return _on_quantities(function)(*values)

    def expect(value: Any, unit: str, mechanism: Mechanism, what: str) -> None:
        value = value if hasattr(value, "to") else quantity(value, "")
        if not value.is_compatible_with(unit):
            faults.append(f"{mechanism.name}: {what} is in {value.units}, not in {unit}")

    try:
        for mechanism, output, _ in order_of_need(mechanisms, drives):
            value = call(mechanism, output.equation, known)
            known[output.symbol] = quantity(0.3, output.unit)
            expect(value, output.unit, mechanism, repr(output.symbol))
        for mechanism in mechanisms:
            if mechanism.rates is None:
                continue
            values = call(mechanism, mechanism.rates, known)
            values = values if isinstance(values, tuple) else (values,)
            for state, value in zip(mechanism.states, values, strict=True):
                unit = "1/h" if state.unit == "1" else f"{state.unit}/h"
                expect(value, unit, mechanism, f"the rate of {state.symbol!r}")
    except ModelError:
        raise
    except Exception as error:
        faults.append(f"{mechanism.name}: {error}")
    return faults
