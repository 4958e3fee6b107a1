"""Draws of the body's uncertain parameters from the ranges that they declare.

No ensemble is calibrated to data: a draw takes every parameter independently, which overstates the
possible combinations and says nothing about the likely ones. Evidence: assumed.
"""

from __future__ import annotations

import math
from collections.abc import Collection

from oihsim.engine.compiled_model import Model
from oihsim.model.parameter import Parameter
from oihsim.model.variability import uniforms
from oihsim.neuroplasticity import SWITCHES
from oihsim.scenario import Scenario
from oihsim.scenario.population import population_of

NOTE = (
    "draw 0 has the declared values; every other draw takes each uncertain parameter of the body "
    "on its own from its declared plausible range, log-uniform, uniform where the range begins at "
    "0; the same for all subjects and arms; not calibrated to data (evidence: assumed)"
)


def uncertain(scenarios: Collection[Scenario], swept: Collection[str]) -> dict[str, Parameter]:
    """Return the parameters that are drawn, by address.

    Not drawn are parameters that a switch, the population, an arm of a scenario or the sweep
    decides, and those that are 0 in the model: interventions and variants, which are not uncertain.

    Parameters
    ----------
    scenarios : all of the same model
    swept : addresses that the sweep changes

    Examples
    --------
    >>> from oihsim.scenario import load
    >>> drawn = uncertain([load("flagship")], ["nmda.k_on"])
    >>> "nmda.k_on" in drawn, "microglia.w_m3g" in drawn, "dynorphin.antiserum" in drawn
    (False, False, False)
    """
    model = Model.named(next(iter(scenarios)).model)
    decided = {*swept}
    for switch in SWITCHES:
        for option in switch.options.values():
            decided |= set(option)
    for scenario in scenarios:
        decided |= set(population_of(scenario).parameters)
        for arm in scenario.arms.values():
            decided |= set(arm.parameters)
    declared = zip(model.linked.parameters, model.defaults.tolist(), strict=True)
    return {
        address: parameter
        for (address, parameter), value in declared
        if parameter.low is not None and parameter.high is not None
        and parameter.low < parameter.high
        and value != 0.0 and address not in decided
    }  # fmt: skip


def draw(address: str, parameter: Parameter, seed: int, number: int) -> float:
    """Return the value of a parameter in a draw from 1 on, keyed by seed, draw and address.

    Examples
    --------
    >>> k = Parameter("k", 2.0, "1/h", "a rate", low=1.0, high=4.0)
    >>> 1.0 <= draw("nmda.k", k, 1, 7) <= 4.0
    True
    """
    low, high = float(parameter.low or 0.0), float(parameter.high or 0.0)
    u = float(uniforms(seed, f"draw of {address}", 1, number)[0])
    if low > 0.0:
        return math.exp(math.log(low) + u * (math.log(high) - math.log(low)))
    return low + u * (high - low)


def drawn(
    scenarios: Collection[Scenario], swept: Collection[str], seed: int, count: int
) -> dict[str, list[str | float]]:
    """Return the values of the draws from 1 to ``count - 1``, as a scenario writes them.

    Examples
    --------
    >>> from oihsim.scenario import load
    >>> {len(values) for values in drawn([load("flagship")], [], 1, 4).values()}
    {3}
    """
    if count == 1:
        return {}
    values_by_address = {}
    for address, parameter in uncertain(scenarios, swept).items():
        values = [draw(address, parameter, seed, number) for number in range(1, count)]
        values_by_address[address] = [
            value if parameter.unit == "1" else f"{value!r} {parameter.unit}" for value in values
        ]
    return values_by_address
