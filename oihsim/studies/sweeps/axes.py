"""What varies in a sweep: addresses, values, and the coordinate that names them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oihsim.files.errors import Problem
from oihsim.files.forms import shown
from oihsim.files.units import convert, split
from oihsim.files.yaml import Document
from oihsim.studies.sweeps.sweep_form import AxisForm

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """What varies in a sweep, and its values.

    Attributes
    ----------
    name : of the dimension or coordinate
    of : addresses, as :meth:`oihsim.Scenario.change` takes them; all get the same value
    values : as written in a scenario: in a grid one per place of the dimension, else one per point
    unit : of ``coordinate`` if its values are numbers; empty if they are labels
    coordinate : numbers or texts, as many as ``values``
    """

    name: str
    of: tuple[str, ...]
    values: tuple[Any, ...]
    unit: str
    coordinate: tuple[float | str, ...]

    def changes(self, index: int) -> dict[str, Any]:
        """Return the changes that one value makes, by address.

        Examples
        --------
        >>> Axis("dose", ("arms.a.doses[0].amount",), ("5 mg",), "mg", (5.0,)).changes(0)
        {'arms.a.doses[0].amount': '5 mg'}
        """
        return dict.fromkeys(self.of, self.values[index])

    def taken(self, which: Sequence[int]) -> Axis:
        """Return the axis with some of its values, in the order of ``which``."""
        values = tuple(self.values[i] for i in which)
        return Axis(self.name, self.of, values, self.unit, tuple(self.coordinate[i] for i in which))


def listed_axis(name: str, form: AxisForm) -> Axis:
    """Return the axis of values that a file lists.

    Examples
    --------
    >>> listed_axis("k", AxisForm(of="nmda.k_on", values=["1 1/h", "0.1 1/min"])).coordinate
    (1.0, 6.0)
    >>> listed_axis("held", AxisForm(of="hold", values=[[], [{"mechanism": "nmda"}]])).coordinate
    ('[]', '[{"mechanism": "nmda"}]')
    """
    values = tuple(form.values or ())
    if form.labels is not None:
        return Axis(name, addresses(form), values, "", tuple(form.labels))
    unit, numbers = _numbers(values)
    if numbers is None:
        return Axis(name, addresses(form), values, "", tuple(_label(value) for value in values))
    return Axis(name, addresses(form), values, unit, numbers)


def spanned_axis(name: str, form: AxisForm, fractions: Array) -> Axis:
    """Return the axis of a range, or of listed values, at fractions from 0 to 1 of it.

    Examples
    --------
    >>> form = AxisForm.model_validate(
    ...     {"of": "nmda.k_on", "from": "1 1/h", "to": "100 1/h", "spacing": "log"})
    >>> [round(k, 9) for k in spanned_axis("k", form, np.array([0.0, 0.5, 1.0])).coordinate]
    [1.0, 10.0, 100.0]
    """
    if form.values is not None:
        size = len(form.values)
        which = np.minimum((fractions * size).astype(np.int64), size - 1)
        return listed_axis(name, form).taken(which.tolist())
    low, high, unit = ends(form)
    if form.spacing == "log":
        between = np.exp(math.log(low) + fractions * (math.log(high) - math.log(low)))
    else:
        between = low + fractions * (high - low)
    # the ends are exactly those written, whatever the rounding between them
    numbers = np.where(fractions == 0.0, low, np.where(fractions == 1.0, high, between))
    numbers = np.clip(numbers, low, high)
    values = tuple(number if unit == "1" else f"{number!r} {unit}" for number in numbers.tolist())
    return Axis(name, addresses(form), values, unit, tuple(numbers.tolist()))


def addresses(form: AxisForm) -> tuple[str, ...]:
    """Return the addresses of an axis."""
    return (form.of,) if isinstance(form.of, str) else tuple(form.of)


def ends(form: AxisForm) -> tuple[float, float, str]:
    """Return the lowest and the highest value of a range, in the unit of the lowest.

    Raises
    ------
    ValueError
        an end is no quantity, or the two ends differ in dimension
    """
    low, unit = split(form.from_)
    high, other = split(form.to)
    return float(low), convert(float(high), other or "1", unit or "1"), unit or "1"


def check_axis(document: Document, name: str, form: AxisForm, method: str) -> list[Problem]:
    """Return the problems of an axis as written."""
    place = ("vary", name)
    written = [key for key in ("from", "to", "number") if key in _written(document, name)]
    problems = []
    if not addresses(form):
        problems.append(document.problem((*place, "of"), "an empty list", "at least one address"))
    if form.values is not None:
        if written:
            actual = f"values and {written[0]}"
            problems.append(document.problem(place, actual, "values, or from and to"))
        if form.labels is not None and len(form.labels) != len(form.values):
            actual = f"{len(form.labels)} labels for {len(form.values)} values"
            problems.append(document.problem((*place, "labels"), actual, "one label per value"))
        return [*problems, *_twice(document, name, form)]
    if form.labels is not None:
        problems.append(document.problem((*place, "labels"), "labels without values", "values"))
    if method == "list":
        actual = "no values" if not written else f"'{written[0]}' in a list"
        return [*problems, document.problem(place, actual, "values: [...], one per point")]
    lacking = [key for key in ("from", "to") if key not in written]
    if lacking:
        allowed = "values: [...], or from and to"
        return [*problems, document.problem(place, f"no {' and no '.join(lacking)}", allowed)]
    if (method == "grid") != ("number" in written):
        actual = "no number" if method == "grid" else f"'number' in a {method}"
        allowed = "number: how many" if method == "grid" else "count, the number of points, instead"
        problems.append(document.problem((*place, "number"), actual, allowed))
    return [*problems, *_range(document, name, form)]


def _written(document: Document, name: str) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = document.data["vary"][name]
    return fields


def _range(document: Document, name: str, form: AxisForm) -> list[Problem]:
    for key, value in (("from", form.from_), ("to", form.to)):
        try:
            split(value)
        except ValueError:
            return [document.problem(("vary", name, key), shown(value), "a number with its unit")]
    try:
        low, high, _ = ends(form)
    except ValueError as error:
        allowed = f"a value in a unit of the same dimension as from ({error})"
        return [document.problem(("vary", name, "to"), shown(form.to), allowed)]
    if high <= low:
        actual = f"{shown(form.to)}, not above from"
        return [document.problem(("vary", name, "to"), actual, f"more than {form.from_}")]
    if form.spacing == "log" and low <= 0.0:
        actual = f"{shown(form.from_)} with log spacing"
        return [document.problem(("vary", name, "from"), actual, "more than 0")]
    return []


def _twice(document: Document, name: str, form: AxisForm) -> list[Problem]:
    """Return a problem for each value that repeats a coordinate."""
    axis = listed_axis(name, form)
    if document.data.get("method") == "list":
        return []
    seen: set[float | str] = set()
    problems = []
    key = "labels" if form.labels is not None else "values"
    for number, coordinate in enumerate(axis.coordinate):
        if coordinate in seen:
            place = ("vary", name, key, number)
            problems.append(
                document.problem(place, f"{shown(coordinate)} again", "each value once")
            )
        seen.add(coordinate)
    return problems


def _numbers(values: Sequence[Any]) -> tuple[str, tuple[float, ...] | None]:
    """Return unit and numbers of values in the unit of the first; None if one is no quantity."""
    unit, numbers = "", []
    for value in values:
        try:
            number, written_unit = split(value)
            unit = unit or written_unit or "1"
            numbers.append(convert(float(number), written_unit or "1", unit))
        except (ValueError, OverflowError):
            return "", None
    return unit, tuple(numbers)


def _label(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
