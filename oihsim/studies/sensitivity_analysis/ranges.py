"""The range of a parameter: declared, given by the user, or a percentage of its value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oihsim.drugs import Drug, load_drug
from oihsim.engine.compiled_model import Model
from oihsim.files.errors import InputError, Problem
from oihsim.files.units import number_in_unit
from oihsim.files.yaml import closest
from oihsim.model.parameter import Parameter
from oihsim.neuroplasticity import SWITCHES
from oihsim.scenario import Scenario
from oihsim.scenario.population import population_of
from oihsim.simulation.subjects import draw_arm
from oihsim.treatment.arm import Arm

Array = NDArray[np.float64]
Bounds = Mapping[str, Sequence[Any]]
"""Address -> low and high, each with its unit, such as ``("0.01 1/h", "0.05 1/h")``."""

WIDE = 3.0
"""Ratio of high to low from which a positive range is varied on a logarithmic scale: so wide a
range is usually stated as a factor around the value."""


@dataclass(frozen=True)
class Range:
    """The range in which one parameter is varied.

    Attributes
    ----------
    address : of the parameter
    value, low, high : in ``unit``; the value may lie outside a given range
    meaning : of the parameter
    how : ``"declared"``, ``"given"`` or the percentage
    """

    address: str
    value: float
    low: float
    high: float
    unit: str
    meaning: str
    how: str

    @property
    def logarithmic(self) -> bool:
        """Whether the parameter is varied evenly in its logarithm.

        Examples
        --------
        >>> Range("a.b", 1.0, 0.3, 3.0, "1", "", "given").logarithmic
        True
        """
        return self.low > 0.0 and self.high >= WIDE * self.low

    def at(self, share: Array) -> Array:
        """Return values from shares of the range, 0 at ``low`` and 1 at ``high``.

        Examples
        --------
        >>> Range("a.b", 1.0, 0.25, 4.0, "1", "", "given").at(np.array([0.0, 0.5, 1.0])).tolist()
        [0.25, 1.0, 4.0]
        """
        if self.logarithmic:
            inside = np.exp(np.log(self.low) + share * np.log(self.high / self.low))
            return np.asarray(np.clip(inside, self.low, self.high))
        return self.low + share * (self.high - self.low)

    def written(self, value: float) -> str:
        """Return a value as a scenario takes it, so that it is read back to the last digit."""
        return f"{float(value)!r} {self.unit}" if self.unit != "1" else repr(float(value))


def ranges(
    scenario: Scenario,
    arms: Sequence[Arm],
    names: Iterable[str] | None = None,
    bounds: Bounds | None = None,
    percent: float | None = None,
) -> tuple[list[Range], list[str]]:
    """Return the ranges of parameters, and the addresses of the parameters without one.

    Parameters
    ----------
    scenario : gives the values, including those of population, switches and first arm
    arms : parameters of body and of the drugs of these arms
    names : addresses; by default all that have a range and are neither 0 (such as the antiserum of
        an experiment) nor turned on and off by a switch
    bounds : ranges that replace the declared ones
    percent : range of the parameters without ``bounds``, as a percentage of the value on either
        side, instead of the declared range

    Raises
    ------
    InputError : no such parameter, one that is named and has no range, or a range that is empty
    """
    model = Model.named(scenario.model)
    drugs = {name: load_drug(name) for arm in arms for name in arm.drugs}
    known = _known(scenario, arms[0], model, drugs)
    bounds = {} if bounds is None else bounds
    chosen = None if names is None else list(dict.fromkeys([*names, *bounds]))
    problems = [
        Problem("sensitivity", None, "parameters", repr(name), closest(str(name), known))
        for name in (bounds if chosen is None else chosen)
        if name not in known
    ]
    if percent is not None and not 0.0 < percent < 100.0:
        allowed = "more than 0 and less than 100 %"
        problems.append(Problem("sensitivity", None, "percent", f"{percent:g}", allowed))
    varied, without = [], []
    for address in (known if chosen is None else chosen) if not problems else ():
        parameter = known[address]
        if chosen is None and address not in bounds and _is_setting(address, parameter):
            without.append(address)
            continue
        try:
            varied_range = _range(address, parameter, bounds.get(address), percent)
        except ValueError as error:
            problems.append(
                Problem("sensitivity", None, f"ranges.{address}", str(bounds[address]), str(error))
            )
            continue
        if varied_range is not None:
            varied.append(varied_range)
        elif chosen is None:
            without.append(address)
        else:
            actual = (
                "no declared range" if percent is None else "a value of 0, which has no percentage"
            )
            allowed = (
                f"a range given for it, such as '0.5 {parameter.unit}' to '2 {parameter.unit}'"
            )
            problems.append(Problem("sensitivity", None, address, actual, allowed))
    if problems:
        raise InputError(problems)
    return varied, without


def _is_setting(address: str, parameter: Parameter) -> bool:
    """Return whether a parameter is a setting (on or off) rather than a quantity."""
    options = [option for switch in SWITCHES for option in switch.options.values()]
    set_to = {option[address] for option in options if address in option}
    return parameter.value == 0.0 or set_to == {0.0, 1.0}


def _known(
    scenario: Scenario, arm: Arm, model: Model, drugs: Mapping[str, Drug]
) -> dict[str, Parameter]:
    """Return every parameter by address, with the value that it has in the typical subject."""
    typical = scenario.change({"population.count": 1, "population.typical": True})
    people = population_of(scenario)
    values = draw_arm(typical, arm, model, drugs, people)
    declared = dict(model.linked.parameters)
    for name, drug in drugs.items():
        declared |= {parameter.address(name): parameter for parameter in drug.parameters}
    declared |= {
        address: spread.parameter
        for address, spread in people.parameters.items()
        if address in declared
    }
    return {
        address: replace(parameter, value=float(values[address][0]))
        for address, parameter in declared.items()
    }


def _range(
    address: str, parameter: Parameter, bounds: Sequence[Any] | None, percent: float | None
) -> Range | None:
    """Return the range of a parameter; None if it has none.

    Raises
    ------
    ValueError : the bounds are no range; the text of the error says what is allowed
    """
    value, unit = parameter.value, parameter.unit
    if bounds is not None:
        if isinstance(bounds, str) or len(bounds) != 2:
            raise ValueError("a low and a high value")
        low, high = (number_in_unit(value, unit) for value in bounds)
        if not low < high:
            raise ValueError("a low value below the high one")
        return Range(address, value, low, high, unit, parameter.meaning, "given")
    if percent is not None:
        low, high = sorted(value * (1.0 + sign * percent / 100.0) for sign in (-1, 1))
        return (
            Range(address, value, low, high, unit, parameter.meaning, f"{percent:g} %")
            if low < high
            else None
        )
    if parameter.low is None or parameter.high is None or not parameter.low < parameter.high:
        return None
    return Range(address, value, parameter.low, parameter.high, unit, parameter.meaning, "declared")
