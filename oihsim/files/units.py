"""Written quantities to numbers in the internal units; the only module that imports pint.

Inside, time is in hours, amounts in mg, volumes in L, substance in nmol. Arithmetic is exact
(fractions) and rounded once, so ``0.1 ug/kg/min`` gives the float nearest to 0.006 mg/kg/h.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from functools import lru_cache
from typing import Any

COUNTED = ("session", "block", "incision", "MACh")
"""Units of therapies, injuries and gases (MAC-hours); each is a dimension of its own."""

Dimension = tuple[int | Fraction, ...]
"""Exponents of time, mass, length and substance, then of each unit that is counted."""


def _exponents(*leading: int) -> Dimension:
    return (*leading, *[0] * (4 + len(COUNTED) - len(leading)))


def product(a: Dimension, b: Dimension, power: int | Fraction = 1) -> Dimension:
    """Return the dimension of ``a * b**power``.

    Examples
    --------
    >>> product(MASS, VOLUME, -1)
    (0, 1, -3, 0, 0, 0, 0, 0)
    """
    return tuple(x + power * y for x, y in zip(a, b, strict=True))


NUMBER, TIME, MASS = _exponents(), _exponents(1), _exponents(0, 1)
VOLUME, SUBSTANCE, MOLAR = _exponents(0, 0, 3), _exponents(0, 0, 0, 1), _exponents(0, 0, -3, 1)

COMMON: dict[str, tuple[Fraction, Dimension]] = {}
"""Spelling -> (factor to h, mg, dm and nmol, dimension); L is a cubic dm. Tested against pint."""


def _spell(names: str, factor: Fraction | int, dimension: Dimension) -> None:
    COMMON.update({name: (Fraction(factor), dimension) for name in names.split()})


_spell("h hr hour hours", 1, TIME)
_spell("min minute minutes", Fraction(1, 60), TIME)
_spell("s sec second seconds", Fraction(1, 3600), TIME)
_spell("d day days", 24, TIME)
_spell("week weeks", 168, TIME)
_spell("year years", Fraction(8766), TIME)
_spell("kg", 10**6, MASS)
_spell("g", 1000, MASS)
_spell("mg", 1, MASS)
_spell("ug µg μg mcg microgram micrograms", Fraction(1, 1000), MASS)
_spell("ng", Fraction(1, 10**6), MASS)
_spell("pg", Fraction(1, 10**9), MASS)
_spell("L l", 1, VOLUME)
_spell("dL dl", Fraction(1, 10), VOLUME)
_spell("mL ml", Fraction(1, 1000), VOLUME)
_spell("mmol", 10**6, SUBSTANCE)
_spell("umol µmol μmol", 1000, SUBSTANCE)
_spell("nmol", 1, SUBSTANCE)
_spell("pmol", Fraction(1, 1000), SUBSTANCE)
_spell("M", 10**9, MOLAR)
_spell("mM", 10**6, MOLAR)
_spell("uM µM μM", 1000, MOLAR)
_spell("nM", 1, MOLAR)
_spell("pM", Fraction(1, 1000), MOLAR)
_spell("%", Fraction(1, 100), NUMBER)
for _place, _unit in enumerate(COUNTED):
    _spell(f"{_unit} {_unit}s", 1, _exponents(*[0] * (4 + _place), 1))

DIMENSIONS: dict[str, tuple[str, str]] = {
    "time": ("h", "a time such as '12 h' or '30 d'"),
    "amount": ("mg", "an amount such as '30 mg'"),
    "amount_per_weight": ("mg/kg", "an amount per body weight such as '0.5 mg/kg'"),
    "rate": ("mg/h", "a rate such as '5 mg/h' or '25 mcg/h'"),
    "rate_per_weight": ("mg/kg/h", "a rate per body weight such as '0.1 mg/kg/h'"),
    "volume": ("L", "a volume such as '5 L'"),
    "concentration": ("mg/L", "a concentration such as '20 ng/mL'"),
    "molar": ("nM", "a molar concentration such as '50 nM'"),
    "weight": ("kg", "a weight such as '70 kg'"),
    **{unit: (unit, f"a count such as '1 {unit}'") for unit in COUNTED},
    "1": ("1", "a number, or a percentage such as '30 %'"),
}
"""Name -> (internal unit, what to write)."""

_AMBIGUOUS = {
    "m": "'m' is ambiguous; minutes are 'min', molar is 'M'",
    "month": "months differ in length; write days",
    "months": "months differ in length; write days",
}

_PREFIXED = ("gram", "liter", "mole", "molar", "second")
"""The units that pint may read with a prefix, by pint's own names."""

_QUANTITY = re.compile(
    r"(?a)\s*([-+]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][-+]?\d{1,3})?)\s*(.*)"
)
_FACTOR = re.compile(r"\s*([*/]?)\s*(1|[A-Za-zµμ%]{1,20})\s*(?:(?:\*\*|\^)\s*([-+]?\d))?\s*")
_GROUP = re.compile(r"/\s*\(([^()*/]+)\*([^()*/]+)\)")


def quantity(text: object, dimension: str) -> float:
    """Return the value of ``text`` in the internal unit of ``dimension``.

    Parameters
    ----------
    text : number and unit; a number alone only when ``dimension`` is ``"1"``
    dimension : a key of :data:`DIMENSIONS`

    Raises
    ------
    ValueError
        no quantity, or one of another dimension; the text says what to write

    Examples
    --------
    >>> quantity("30 d", "time"), quantity("0.1 ug/kg/min", "rate_per_weight")
    (720.0, 0.006)
    >>> quantity("60 mgg", "amount")
    Traceback (most recent call last):
    ValueError: an amount such as '30 mg' ('mgg' is no unit)
    """
    internal, wanted = DIMENSIONS[dimension]
    try:
        number, unit = split(text)
        if dimension == "1" and unit == "":
            return _rounded(number)
        _same_reference(unit, dimension)
        return _rounded(number * _ratio(unit, internal))
    except ValueError as error:
        raise ValueError(f"{wanted} ({error})") from None


def _same_reference(unit: str, dimension: str) -> None:
    """Refuse a missing unit, and mg/kg for mg: a ratio of masses would pass as a pure number."""
    if unit == "":
        raise ValueError("the unit is missing")
    if per_weight(unit) != dimension.endswith("_per_weight"):
        raise ValueError("per kg of body weight" if per_weight(unit) else "not per kg")


def convert(value: float, from_unit: str, to_unit: str) -> float:
    """Return ``value`` given in ``from_unit`` in ``to_unit``.

    Raises
    ------
    ValueError
        a unit is not known, or the dimensions differ

    Examples
    --------
    >>> convert(1.5, "L/min", "L/h"), convert(2.0, "1/d", "1/h") * 12
    (90.0, 1.0)
    """
    if not math.isfinite(value):
        return value
    # the shortest decimal of the float is what was meant
    return _rounded(Fraction(repr(float(value))) * _ratio(from_unit, to_unit))


def split(text: object) -> tuple[Fraction, str]:
    """Return number and unit (``""`` if there is none) of a quantity.

    Raises
    ------
    ValueError
        ``text`` begins with no number

    Examples
    --------
    >>> split("0.5 mg/kg")
    (Fraction(1, 2), 'mg/kg')
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ValueError("no number with a unit")  # noqa: TRY004  (callers report one kind)
    match = _QUANTITY.fullmatch(text if isinstance(text, str) else repr(text))
    if match is None:
        raise ValueError("no number with a unit")
    return Fraction(match[1]), match[2].strip()


def number_in_unit(value: object, unit: str) -> float:
    """Return a quantity as a number in ``unit``.

    Raises
    ------
    ValueError
        no number, no unit where ``unit`` is not 1, or a unit of another dimension

    Examples
    --------
    >>> number_in_unit("0.24 1/d", "1/h"), number_in_unit(0.5, "1")
    (0.01, 0.5)
    """
    example = "a number" if unit == "1" else f"a number with a unit such as '1 {unit}'"
    try:
        number, value_unit = split(value)
        if value_unit == "" and unit != "1":
            raise ValueError("the unit is missing")  # noqa: TRY301
        if value_unit == unit:  # also one that nothing converts to, such as years of age
            return float(number)
        return convert(float(number), value_unit or "1", unit)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{example} ({error})") from None


def per_weight(unit: str) -> bool:
    """Return whether a unit is per kg of body weight.

    Examples
    --------
    >>> per_weight("mg/kg/h"), per_weight("mg/h"), per_weight("kg")
    (True, False, False)
    """
    return re.search(r"/\s*kg\b", unit) is not None


def _rounded(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError("too large a number") from None


def _ratio(unit: str, other: str) -> Fraction:
    """Return how many of ``other`` make one ``unit``."""
    factor, dimension = _parsed(unit)
    other_factor, other_dimension = _parsed(other)
    if dimension != other_dimension:
        raise ValueError(f"'{unit}' cannot be converted to '{other}'")
    return factor / other_factor


@lru_cache(maxsize=1024)
def _parsed(unit: str) -> tuple[Fraction, Dimension]:
    """Return factor and dimension of a product or quotient of named units."""
    factor, dimension = Fraction(1), NUMBER
    for name, power in unit_powers(unit):
        name_factor, name_dimension = _named(name)
        factor *= name_factor**power
        dimension = product(dimension, name_dimension, power)
    return factor, dimension


def unit_powers(unit: str) -> list[tuple[str, int]]:
    """Return the names in a product or quotient of units, each with its power.

    Raises
    ------
    ValueError
        ``unit`` is no such text; whether the names are units is not judged

    Examples
    --------
    >>> unit_powers("1/(nM*h)")
    [('1', 1), ('nM', -1), ('h', -1)]
    """
    text = _GROUP.sub(r"/\1/\2", unit)
    powers: list[tuple[str, int]] = []
    position = 0
    while position < len(text) or position == 0:
        match = _FACTOR.match(text, position)
        if match is None or len(text) > 60 or (position > 0 and not match[1]):
            raise ValueError(f"'{unit[:60]}' is no unit")
        powers.append((match[2], int(match[3] or 1) * (-1 if match[1] == "/" else 1)))
        position = match.end()
    return powers


def _named(name: str) -> tuple[Fraction, Dimension]:
    if name == "1":
        return Fraction(1), NUMBER
    if name in COMMON:
        return COMMON[name]
    if name in _AMBIGUOUS:
        raise ValueError(_AMBIGUOUS[name])
    # pint would read Mg as a tonne and ML as a million litres; a slip in case must not pass
    near = [common for common in COMMON if common.casefold() == name.casefold()]
    if near:
        raise ValueError(f"'{name}' is no unit; did you mean '{near[0]}'?")
    return _from_pint(name)


@lru_cache(maxsize=256)
def _from_pint(name: str) -> tuple[Fraction, Dimension]:
    import pint

    try:
        # pint reads dd as a tenth of a day and hh as a hundred hours; a slip must not pass
        readings = registry().parse_unit_name(name)
        if not any(prefix == "" or unit in _PREFIXED for prefix, unit, _ in readings):
            raise ValueError(name)  # noqa: TRY301
        in_base_units = registry().Quantity(1.0, name).to_base_units()
    except (pint.PintError, AttributeError, TypeError, ValueError):
        raise ValueError(f"'{name}' is no unit") from None
    dimensionality = dict(in_base_units.dimensionality)
    order = ("[time]", "[mass]", "[length]", "[substance]")
    powers = tuple(dimensionality.pop(key, 0) for key in order)
    exponents = tuple(int(power) for power in powers)
    if dimensionality or exponents != powers:
        raise ValueError(f"'{name}' is no unit used here")
    # pint's base units are s, kg, m and mol
    scale = (Fraction(1, 3600), Fraction(10**6), Fraction(10), Fraction(10**9))
    factor = Fraction(in_base_units.magnitude)
    for base, exponent in zip(scale, exponents, strict=True):
        factor *= base**exponent
    return factor, _exponents(*exponents)


@lru_cache(maxsize=1)
def registry() -> Any:
    """Return the unit registry; the first call imports pint."""
    import pint

    units = pint.UnitRegistry()
    for unit in COUNTED:
        units.define(f"{unit} = [{unit}]")
    return units
