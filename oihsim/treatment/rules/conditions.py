"""Conditions of rules, ``pain > 5``, and changes of a dose, ``50 %``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from oihsim.files.units import convert, per_weight, quantity, split
from oihsim.treatment.doses.dose_form import LARGEST, dose_amount
from oihsim.treatment.regimens.words import decimal
from oihsim.treatment.rule_sets import AMOUNT, CHANGE, MEAN, PART, RELATIVE, STEPS, VALUE

EXAMPLE = (
    "a comparison such as 'pain > 5', 'dose >= 200 mg', 'change of pain > 2' or "
    "'mean of pain over 7 d > 5'"
)

BY_EXAMPLE = "a part such as '50 %', an amount such as '15 mg', or '1 step' of the ladder"

LEAST_PART, MOST_PART = 1e-6, 100.0
"""Smallest and largest part of a dose by which a rule changes it: 0.0001 % and 10000 %."""

MOST_STEPS = 100

_CONDITION = re.compile(
    r"\s*(?:(?P<change>change\s+of)\s+|(?P<mean>mean\s+of)\s+)?(?P<reads>[A-Za-z][A-Za-z0-9_]{0,79})"
    r"(?(mean)\s+over\s+(?P<over>[^<>=≥≤]+?))\s*(?P<sense>>=|<=|>|<|={1,2}|≥|≤)\s*(?P<value>\S.*)"
)
COMPARED = {VALUE: "", CHANGE: "change of ", RELATIVE: "change of ", MEAN: "mean of "}
"""How a file writes what a condition compares."""

_STEPS = re.compile(r"\s*([0-9]{1,4})\s+steps?\s*")
_SENSES = {"≥": ">=", "≤": "<="}


@dataclass(frozen=True)
class ComparisonText:
    """A condition as written: the value still has its unit; ``over_h`` is of a mean."""

    reads: str
    sense: str
    value: str
    of: str = VALUE
    over_h: float = 0.0

    def limit(self, unit: str) -> float:
        """Return the limit in the unit of what is read; of a relative change a part.

        Raises
        ------
        ValueError : as :func:`in_unit`
        """
        return in_unit(self.value, "1" if self.of == RELATIVE else unit)


@dataclass(frozen=True)
class DoseChange:
    """The size of a change of a dose; ``unit`` and ``per_kg`` are those of an amount."""

    kind: str
    value: float
    unit: str = ""
    per_kg: bool = False


def condition(text: Any) -> ComparisonText:
    """Return the parts of a condition.

    Raises
    ------
    ValueError
        it is no comparison of one name with one value; the text says what to write

    Examples
    --------
    >>> condition("dose >= 200 mg")
    ComparisonText(reads='dose', sense='>=', value='200 mg', of='value', over_h=0.0)
    >>> condition("mean of pain over 7 d > 5").over_h
    168.0
    >>> condition("change of pain > 30 %").of
    'relative change'
    >>> condition("pain = 5")
    Traceback (most recent call last):
    ValueError: > or >=, < or <=: a measured value hardly ever equals a number
    """
    match = _CONDITION.fullmatch(text) if isinstance(text, str) and len(text) <= 200 else None
    if match is None:
        raise ValueError(EXAMPLE)
    if match["sense"] in ("=", "=="):
        raise ValueError("> or >=, < or <=: a measured value hardly ever equals a number")
    try:
        _, unit = split(match["value"])
    except ValueError:
        raise ValueError(EXAMPLE) from None
    of, over_h = VALUE, 0.0
    if match["change"]:
        of = RELATIVE if unit == "%" else CHANGE
    elif match["mean"]:
        of, over_h = MEAN, _window(match["over"])
    sense = _SENSES.get(match["sense"], match["sense"])
    return ComparisonText(match["reads"], sense, match["value"].strip(), of, over_h)


def _window(text: str) -> float:
    """Return the time over which a mean is taken, h."""
    try:
        hours = quantity(text.strip(), "time")
    except ValueError:
        hours = 0.0
    if hours <= 0.0:
        raise ValueError("a mean over a time above 0, such as 'mean of pain over 7 d > 5'")
    return hours


def in_unit(value: Any, unit: str) -> float:
    """Return a value with a unit in ``unit``.

    Raises
    ------
    ValueError
        no number, no unit where there is one, a unit of another dimension, or too large

    Examples
    --------
    >>> in_unit("60 d", "h"), in_unit("5", "1"), in_unit("0.5 uM", "nmol/L")
    (1440.0, 5.0, 500.0)
    >>> in_unit("20 cm^2", "cm**2")
    20.0
    >>> in_unit("5 mg", "1")
    Traceback (most recent call last):
    ValueError: a number without a unit ('mg' cannot be converted to '1')
    """
    wanted = "a number without a unit" if unit == "1" else f"a value with a unit such as '1 {unit}'"
    try:
        number, value_unit = split(value)
        if value_unit == "" and unit != "1":
            raise ValueError("the unit is missing")  # noqa: TRY301
        if per_weight(value_unit) != per_weight(unit):
            raise ValueError("per kg of body weight" if per_weight(value_unit) else "not per kg")  # noqa: TRY301
        # degrees have an origin of their own, so that only the unit itself is read
        same = value_unit.replace("^", "**").replace("²", "**2") == unit
        converted = float(number) if same else convert(float(number), value_unit or "1", unit)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{wanted} ({error})") from None
    if abs(converted) > LARGEST:
        raise ValueError(f"{wanted}, at most {LARGEST:g}")
    return converted


def never(above: float, out_above: bool, below: float, reaches: bool) -> bool:
    """Return whether no value is above one limit and below another.

    Parameters
    ----------
    above, below : the limits
    out_above : whether the value must be greater than ``above``, not equal to it
    reaches : whether the value may equal ``below``

    Examples
    --------
    >>> never(3.0, False, 3.0, True), never(3.0, True, 3.0, True), never(2.0, True, 3.0, False)
    (False, True, False)
    """
    return above > below or (above == below and (out_above or not reaches))


def dose_change(value: Any) -> DoseChange:
    """Return the size of a change of a dose.

    Raises
    ------
    ValueError
        it is neither a part nor an amount nor a number of steps, or it is 0

    Examples
    --------
    >>> dose_change("50 %").value, dose_change("15 mg").kind, dose_change("2 steps").value
    (0.5, 'amount', 2.0)
    >>> dose_change("0 %")
    Traceback (most recent call last):
    ValueError: a part such as '50 %', from 0.0001 % to 10000 %
    """
    steps = _STEPS.fullmatch(value) if isinstance(value, str) else None
    if steps is not None:
        if not 1 <= int(steps[1]) <= MOST_STEPS:
            raise ValueError(f"a whole number of steps from 1 to {MOST_STEPS}")
        return DoseChange(STEPS, float(int(steps[1])))
    try:
        number, unit = split(value)
    except ValueError:
        raise ValueError(BY_EXAMPLE) from None
    if unit == "%":
        part = quantity(f"{value}", "1")
        if not LEAST_PART <= part <= MOST_PART:
            raise ValueError("a part such as '50 %', from 0.0001 % to 10000 %")
        return DoseChange(PART, part)
    if unit == "" or unit.startswith("step"):
        raise ValueError(BY_EXAMPLE)
    if number <= 0:
        raise ValueError(f"more than 0: {BY_EXAMPLE}")
    try:
        amount, per_kg, counted = dose_amount(value)
    except ValueError as error:
        raise ValueError(f"{BY_EXAMPLE} ({error})") from None
    return DoseChange(AMOUNT, amount, counted, per_kg)


def written_part(part: float) -> str:
    """Return a part as a file writes it, to the last bit.

    Examples
    --------
    >>> written_part(0.07), written_part(0.125)
    ('7 %', '12.5 %')
    """
    return f"{decimal(Fraction(repr(float(part))) * 100)} %"


def comparison_text(
    condition: Mapping[str, Any], unit: str, *,
    number: Callable[[float], str], part: Callable[[float], str], time: Callable[[float], str],
) -> str:  # fmt: skip
    """Return a resolved condition as a file writes it.

    Parameters
    ----------
    condition : resolved
    unit : of what is read
    number, part, time : how a number, a part of a value and a time in hours are written

    Examples
    --------
    >>> change = {"reads": "pain", "sense": ">", "value": 0.3, "of": "relative change"}
    >>> comparison_text(change, "1", number=repr, part=written_part, time=repr)
    'change of pain > 30 %'
    """
    of, value = condition.get("of", VALUE), condition["value"]
    limit = f"{number(value)}{'' if unit == '1' else f' {unit}'}"
    if of == RELATIVE:
        limit = part(value)
    over = f" over {time(condition['over_h'])}" if of == MEAN else ""
    return f"{COMPARED[of]}{condition['reads']}{over} {condition['sense']} {limit}"
