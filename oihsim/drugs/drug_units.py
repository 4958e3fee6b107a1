"""Dimensions of a drug file: that of a unit, and that of a formula's value.

A drug file has three dimensions of its own, time, volume and amount, and ``nM`` for binding.
Its amount, whether a mass, a substance or a count, has the exponent of mass, so that nM, the
substance in a volume, never mixes with it. What is left of a counted agent acts as an amount, and
of a gas, counted in MAC-hours, as a fraction of MAC: an amount per time.
Covariates count as plain numbers in their stated units, because allometry raises them to powers
that no unit survives; so kg, cm and y have no dimension here.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from fractions import Fraction

from oihsim.files.units import (
    MASS,
    MOLAR,
    NUMBER,
    TIME,
    VOLUME,
    Dimension,
    convert,
    product,
    unit_powers,
)
from oihsim.kinetics.expressions import Expression

AMOUNT, BINDING = MASS, MOLAR
RATE = product(NUMBER, TIME, -1)
PER_BINDING = product(NUMBER, BINDING, -1)

TIMES = ("s", "min", "h", "d")
VOLUMES = ("mL", "L")
MASSES = ("ng", "ug", "mg", "g")
SUBSTANCES = ("pmol", "nmol", "umol", "mmol")
KINDS: dict[str, tuple[str, ...]] = {
    "drug": (*MASSES, *SUBSTANCES),
    "therapy": ("session", "block"),
    "injury": ("incision",),
    "gas": ("MACh",),
}
"""Kind of an agent -> the units its amount may have; all but those of a drug are counted."""
BODY = ("1", "kg", "cm", "y")

LARGEST_EXPONENT = 10
"""Of a quantity with a unit; a larger one has no meaning, and powers of powers have no end."""


def name_of(dimension: Dimension) -> str:
    """Return a dimension in words.

    Examples
    --------
    >>> name_of(RATE), name_of(NUMBER), name_of(product(VOLUME, TIME, -1))
    ('1/time', 'a pure number', 'volume/time')
    """
    time, amount, length, molar = dimension[:4]
    volume = Fraction(length + 3 * molar, 3)
    powers = {"time": time, "volume": volume, "amount": amount, "nM": molar}
    above = [_power(name, e) for name, e in powers.items() if e > 0]
    below = [_power(name, -e) for name, e in powers.items() if e < 0]
    if not above and not below:
        return "a pure number"
    return "/".join(["*".join(above) or "1", *below])


def _power(name: str, exponent: int | Fraction) -> str:
    return name if exponent == 1 else f"{name}^{exponent}"


ACTING = {"drug": BINDING, "gas": product(AMOUNT, TIME, -1)}
"""Kind of an agent -> dimension of what acts; else it is the amount that is left."""


def acting(dimension: Dimension, kind: str) -> Dimension:
    """Return a dimension with what acts of this kind of agent in the place of nM.

    Examples
    --------
    >>> name_of(acting(PER_BINDING, "injury")), name_of(acting(BINDING, "gas"))
    ('1/amount', 'amount/time')
    """
    molar = dimension[3]
    return product(product(dimension, BINDING, -molar), ACTING.get(kind, AMOUNT), molar)


def unit_of(text: str, time: str, amount: str) -> tuple[float, Dimension]:
    """Return the factor to the file's units and the dimension of a unit.

    Parameters
    ----------
    text : products and quotients such as ``L/min`` or ``1/h``
    time, amount : the file's units; volumes are in L

    Raises
    ------
    ValueError
        a part is no unit that a drug file knows

    Examples
    --------
    >>> unit_of("L/h", "min", "ug")[0] * 60
    1.0
    """
    amounts = next((units for units in (MASSES, SUBSTANCES) if amount in units), (amount,))
    known = dict.fromkeys(TIMES, (time, TIME)) | dict.fromkeys(VOLUMES, ("L", VOLUME))
    known |= dict.fromkeys(amounts, (amount, AMOUNT)) | {"nM": ("nM", BINDING)}
    factor, dimension = 1.0, NUMBER
    for unit, power in unit_powers(text):
        if unit in known:
            unit_in_file, axis = known[unit]
            factor *= convert(1.0, unit, unit_in_file) ** power
            dimension = product(dimension, axis, power)
        elif unit not in BODY:
            raise ValueError(f"'{unit}' is no unit of a drug file in {time}, L and {amount}")
    return factor, dimension


def dimension_of(expression: Expression, known: Mapping[str, Dimension]) -> Dimension:
    """Return the dimension of a formula's value; names not in ``known`` are pure numbers.

    Raises
    ------
    ValueError
        unlike things are added or compared, or a function is given something with a unit

    Examples
    --------
    >>> from oihsim.kinetics.expressions import parse
    >>> name_of(dimension_of(parse("CL/V"), {"CL": product(VOLUME, TIME, -1), "V": VOLUME}))
    '1/time'
    """
    return _of(expression.tree, known)


def _of(node: ast.expr, known: Mapping[str, Dimension]) -> Dimension:
    match node:
        case ast.Constant():
            return NUMBER
        case ast.Name(id=name):
            return known.get(name, NUMBER)
        case ast.UnaryOp(operand=operand):
            return _of(operand, known)
        case ast.IfExp(test=ast.Compare(left=left, comparators=[right])):
            _alike([left, right], known)
            return _alike([node.body, node.orelse], known)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            return _alike([left, right], known)
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as op, right=right):
            sign = 1 if isinstance(op, ast.Mult) else -1
            return product(_of(left, known), _of(right, known), sign)
        case ast.BinOp(left=left, right=right):
            return _raised(left, right, known)
        case ast.Call(func=ast.Name(id="min" | "max"), args=args):
            return _alike(args, known)
        case ast.Call(func=ast.Name(id="sqrt"), args=[arg]):
            return product(NUMBER, _of(arg, known), Fraction(1, 2))
        case ast.Call(func=ast.Name(id=name), args=[arg]):
            if _of(arg, known) != NUMBER:
                raise ValueError(f"{name}() of {name_of(_of(arg, known))} in '{ast.unparse(node)}'")
            return NUMBER
    raise AssertionError(node)


def _raised(base: ast.expr, exponent: ast.expr, known: Mapping[str, Dimension]) -> Dimension:
    if _of(exponent, known) != NUMBER:
        raise ValueError(f"the exponent '{ast.unparse(exponent)}' has a unit")
    below = _of(base, known)
    if below == NUMBER:
        return NUMBER
    sign = -1 if isinstance(exponent, ast.UnaryOp) else 1
    number = exponent.operand if isinstance(exponent, ast.UnaryOp) else exponent
    if not (isinstance(number, ast.Constant) and isinstance(number.value, int | float)):
        raise ValueError(f"'{ast.unparse(base)}' has a unit, so its exponent must be a number")  # noqa: TRY004
    if abs(number.value) > LARGEST_EXPONENT:
        raise ValueError(f"an exponent of {number.value:g}, beyond {LARGEST_EXPONENT}")
    power = sign * Fraction(number.value).limit_denominator(1000)
    return product(NUMBER, below, power)


def _alike(nodes: list[ast.expr], known: Mapping[str, Dimension]) -> Dimension:
    """Return the common dimension of several terms; a bare 0 fits all."""
    kinds = {
        _of(node, known)
        for node in nodes
        if not (isinstance(node, ast.Constant) and node.value == 0)
    } or {NUMBER}
    if len(kinds) > 1:
        terms = " and ".join(f"'{ast.unparse(n)}' ({name_of(_of(n, known))})" for n in nodes)
        raise ValueError(f"{terms} are not alike")
    return kinds.pop()
