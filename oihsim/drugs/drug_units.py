"""Whether units fit: a unit to its dimension, a formula to the dimension of its value.

A drug file has three dimensions of its own, time, volume and amount, and ``nM`` for binding.
Therapies and injuries are counted (``session``), and what is left of them acts as an amount.
Covariates count as plain numbers in their stated units, because allometry raises them to powers
that no unit survives; so kg, cm and y have no dimension here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from fractions import Fraction

from oihsim.files.units import convert
from oihsim.kinetics.expressions import Expression

Dimension = tuple[Fraction, Fraction, Fraction, Fraction]
"""Exponents of time, volume, amount and nM."""


def _dimension(time: int = 0, volume: int = 0, amount: int = 0, molar: int = 0) -> Dimension:
    return (Fraction(time), Fraction(volume), Fraction(amount), Fraction(molar))


NUMBER = _dimension()
TIME = _dimension(time=1)
RATE = _dimension(time=-1)
VOLUME = _dimension(volume=1)
BINDING = _dimension(molar=1)
PER_BINDING = _dimension(molar=-1)

TIMES = ("s", "min", "h", "d")
VOLUMES = ("mL", "L")
MASSES = ("ng", "ug", "mg", "g")
SUBSTANCES = ("pmol", "nmol", "umol", "mmol")
KINDS: dict[str, tuple[str, ...]] = {
    "drug": (*MASSES, *SUBSTANCES),
    "therapy": ("session", "block"),
    "injury": ("incision",),
}
"""Kind of an agent -> the units its amount may have; all but those of a drug are counted."""
BODY = ("1", "kg", "cm", "y")

LARGEST_EXPONENT = 10
"""Of something with a unit; a larger one has no meaning, and its powers' powers have no end."""

_POWER = re.compile(r"([A-Za-z]+|1)(?:\^(-?\d))?$")
_NAMES = ("time", "volume", "amount", "nM")


def name_of(dimension: Dimension) -> str:
    """Return a dimension in words.

    Examples
    --------
    >>> name_of(RATE), name_of(NUMBER), name_of(_dimension(time=-1, volume=1))
    ('1/time', 'a pure number', 'volume/time')
    """
    above = [_power(n, e) for n, e in zip(_NAMES, dimension, strict=True) if e > 0]
    below = [_power(n, -e) for n, e in zip(_NAMES, dimension, strict=True) if e < 0]
    if not above and not below:
        return "a pure number"
    return "/".join(["*".join(above) or "1", *below])


def _power(name: str, exponent: Fraction) -> str:
    return name if exponent == 1 else f"{name}^{exponent}"


def counted(dimension: Dimension) -> Dimension:
    """Return a dimension with amount in the place of nM.

    Examples
    --------
    >>> name_of(counted(PER_BINDING))
    '1/amount'
    """
    time, volume, amount, molar = dimension
    return (time, volume, amount + molar, Fraction(0))


def unit_of(text: str, time: str, amount: str) -> tuple[float, Dimension]:
    """Return the factor to the file's own units and the dimension of a unit.

    Parameters
    ----------
    text : products and quotients such as ``L/min`` or ``1/h``
    time, amount : the file's own units; volumes are in L

    Raises
    ------
    ValueError
        a part is no unit that a drug file knows

    Examples
    --------
    >>> unit_of("L/h", "min", "ug")[0] * 60
    1.0
    """
    factor, exponents = 1.0, list(NUMBER)
    parts = re.split(r"([*/])", text.replace(" ", ""))
    for operator, part in zip(["*", *parts[1::2]], parts[::2], strict=True):
        sign = 1 if operator == "*" else -1
        match = _POWER.match(part)
        if match is None:
            raise ValueError(f"'{part or text}' is no unit")
        unit, power = match[1], sign * int(match[2] or 1)
        for axis, (units, own) in enumerate(_axes(time, amount)):
            if unit in units:
                factor *= convert(1.0, unit, own) ** power if unit != own else 1.0
                exponents[axis] += power
                break
        else:
            if unit not in BODY:
                raise ValueError(f"'{unit}' is no unit of a drug file in {time}, L and {amount}")
    return factor, (exponents[0], exponents[1], exponents[2], exponents[3])


def _axes(time: str, amount: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    amounts = next((one for one in (MASSES, SUBSTANCES) if amount in one), (amount,))
    return ((TIMES, time), (VOLUMES, "L"), (amounts, amount), (("nM",), "nM"))


def dimension_of(expression: Expression, known: Mapping[str, Dimension]) -> Dimension:
    """Return the dimension of a formula's value; names not in ``known`` are pure numbers.

    Raises
    ------
    ValueError
        unlike things are added or compared, or a function is given something with a unit

    Examples
    --------
    >>> from oihsim.kinetics.expressions import parse
    >>> name_of(dimension_of(parse("CL/V"), {"CL": (*TIME[:1], *VOLUME[1:]), "V": VOLUME}))
    'time'
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
            pairs = zip(_of(left, known), _of(right, known), strict=True)
            return _whole([a + sign * b for a, b in pairs])
        case ast.BinOp(left=left, right=right):
            return _raised(left, right, known)
        case ast.Call(func=ast.Name(id="min" | "max"), args=args):
            return _alike(args, known)
        case ast.Call(func=ast.Name(id="sqrt"), args=[arg]):
            return _whole([e / 2 for e in _of(arg, known)])
        case ast.Call(func=ast.Name(id=name), args=[arg]):
            if _of(arg, known) != NUMBER:
                raise ValueError(f"{name}() of {name_of(_of(arg, known))} in '{ast.unparse(node)}'")
            return NUMBER
    raise AssertionError(node)


def _whole(exponents: list[Fraction]) -> Dimension:
    return (exponents[0], exponents[1], exponents[2], exponents[3])


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
    return _whole([e * power for e in below])


def _alike(nodes: list[ast.expr], known: Mapping[str, Dimension]) -> Dimension:
    """Return the one dimension of several terms; a bare 0 fits all."""
    kinds = {
        _of(node, known)
        for node in nodes
        if not (isinstance(node, ast.Constant) and node.value == 0)
    } or {NUMBER}
    if len(kinds) > 1:
        terms = " and ".join(f"'{ast.unparse(n)}' ({name_of(_of(n, known))})" for n in nodes)
        raise ValueError(f"{terms} are not alike")
    return kinds.pop()
