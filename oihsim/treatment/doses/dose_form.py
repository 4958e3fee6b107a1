"""The form of doses in files, with times and amounts; each field is checked by itself."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from oihsim.files.forms import Form
from oihsim.files.units import COUNTED, DIMENSIONS, convert, per_weight, quantity, split

LONGEST = 5 * 365.25 * 24.0
"""Hours; a longer scenario is refused."""

SHORTEST = 0.999 / 3600.0
"""Hours: one second, less a margin for rounding. Times are rounded, and shorter ones vanish."""

LARGEST = 1e12
"""mg or counts; a larger amount is a mistake, and products of such amounts overflow."""


def _time(value: Any, low: float = 0.0, strict: bool = False) -> float:
    hours = quantity(value, "time")
    if hours < (SHORTEST if strict else low):
        least = f"of at least {low:g} h"
        if strict:
            least = "of at least 1 s" if hours > 0.0 else "above 0"
        raise ValueError(f"a time {least}, such as '12 h' or '30 d'")
    if abs(hours) > LONGEST:
        raise ValueError("a time of at most 5 years")
    return hours


def per_kg_quantity(value: Any, dimension: str) -> tuple[float, bool]:
    """Return a value and whether it is per kg of body weight.

    Raises
    ------
    ValueError
        it is neither ``dimension`` nor ``dimension`` per weight, not positive, or too large

    Examples
    --------
    >>> per_kg_quantity("0.5 mg/kg", "amount"), per_kg_quantity("25 mcg/h", "rate")
    ((0.5, True), (0.025, False))
    """
    try:
        weighed = per_weight(split(value)[1])
    except ValueError:
        weighed = False
    number = quantity(value, f"{dimension}_per_weight" if weighed else dimension)
    most = LARGEST if dimension == "amount" else LARGEST / LONGEST
    if not 0.0 < number <= most:
        least = "more than 0" if number <= 0.0 else f"at most {most:.3g} {DIMENSIONS[dimension][0]}"
        raise ValueError(f"{least}: {DIMENSIONS[dimension][1]}")
    return number, weighed


def dose_amount(value: Any) -> tuple[float, bool, str]:
    """Return an amount, whether it is per kg of body weight, and its unit.

    Raises
    ------
    ValueError
        it is neither an amount in mg or mg/kg nor a count, not positive, or too large

    Examples
    --------
    >>> dose_amount("30 mg"), dose_amount("2 sessions")
    ((30.0, False, 'mg'), (2.0, False, 'session'))
    """
    unit = written_unit(value)
    if unit == "mg":
        return (*per_kg_quantity(value, "amount"), unit)
    number = quantity(value, unit)
    if not 0.0 < number <= LARGEST:
        least = "more than 0" if number <= 0.0 else f"at most {LARGEST:g}"
        raise ValueError(f"{least}: {DIMENSIONS[unit][1]}")
    return number, False, unit


LARGEST_TARGET = 1e9
"""ng/mL (one g/mL) or nM (one mol/L); no body holds more."""

A_TARGET = "a concentration such as '2.5 ng/mL' or '7 nM'"


def target_concentration(value: Any) -> tuple[float, str]:
    """Return a concentration and its unit, ``ng/mL`` or ``nM``.

    Raises
    ------
    ValueError
        it is no concentration, not positive, or too large

    Examples
    --------
    >>> target_concentration("3 ug/mL"), target_concentration("5 nmol/L")
    ((3000.0, 'ng/mL'), (5.0, 'nM'))
    """
    try:
        number, unit = split(value)
        unit_of_target = "nM" if _is_molar(unit) else "ng/mL"
        level = convert(float(number), unit, unit_of_target)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{A_TARGET} ({error})") from None
    if not 0.0 < level <= LARGEST_TARGET:
        least = "more than 0" if level <= 0.0 else f"at most {LARGEST_TARGET:g} {unit_of_target}"
        raise ValueError(f"{least}: {A_TARGET}")
    return level, unit_of_target


def _is_molar(unit: str) -> bool:
    """Return whether a unit is one of a molar concentration.

    Raises
    ------
    ValueError
        there is no unit
    """
    if not unit:
        raise ValueError("the unit is missing")
    try:
        convert(1.0, unit, "nM")
    except ValueError:
        return False
    return True


def written_unit(value: Any) -> str:
    """Return the unit of a count such as ``2 sessions``; mg for any other amount.

    Examples
    --------
    >>> written_unit("1 incision"), written_unit("0.5 mg/kg")
    ('incision', 'mg')
    """
    try:
        word = split(value)[1].removesuffix("s")
    except ValueError:
        return "mg"
    return word if word in COUNTED else "mg"


def _text_schema(*examples: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "pattern": r"^\s*[-+]?[0-9.]", "examples": list(examples)}
    )


Time = Annotated[float, PlainValidator(_time), _text_schema("0 d", "12 h", "30 d")]
PositiveTime = Annotated[
    float, PlainValidator(partial(_time, strict=True)), _text_schema("12 h", "30 min")
]
SignedTime = Annotated[
    float, PlainValidator(partial(_time, low=-LONGEST)), _text_schema("0 d", "-7 d")
]
Amount = Annotated[
    tuple[float, bool],
    PlainValidator(partial(per_kg_quantity, dimension="amount")),
    _text_schema("30 mg", "0.5 mg/kg"),
]
DoseAmount = Annotated[
    tuple[float, bool, str],
    PlainValidator(dose_amount),
    _text_schema("30 mg", "0.5 mg/kg", "1 session"),
]
Rate = Annotated[
    tuple[float, bool],
    PlainValidator(partial(per_kg_quantity, dimension="rate")),
    _text_schema("25 mcg/h", "0.1 mg/kg/h"),
]
Concentration = Annotated[
    tuple[float, str], PlainValidator(target_concentration), _text_schema("2.5 ng/mL", "3 ug/mL")
]
Word = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
Text = Annotated[str, Field(min_length=1, max_length=400)]
MOST_LINES = 1000
"""Lines of doses or holds in one list."""


A_ROUTE = "a route of the drug"


class DoseForm(Form):
    """One line of doses: an amount (once or repeated), a rate, or the target of a pump."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["route"]}, {"required": ["target"]}]}
    )

    drug: Word = Field(description="the name of a drug, a therapy or an injury")
    route: Word | None = Field(None, description=f"{A_ROUTE}; iv if left out with a target")
    amount: DoseAmount | None = Field(
        None, description="an amount such as '30 mg', '0.5 mg/kg' or '1 session'"
    )
    rate: Rate | None = Field(None, description="a rate such as '5 mg/h' or '0.1 mg/kg/h'")
    over: PositiveTime | None = Field(None, description="the time over which an amount runs in")
    from_: Time = Field(0.0, alias="from", description="the time of the first dose")
    every: PositiveTime | None = Field(None, description="the time between doses, such as '12 h'")
    until: Time | None = Field(None, description="the end; no dose is given at it")
    times: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None, description="the number of doses, a whole number from 1 to 100000"
    )
    target: Concentration | None = Field(None, description=A_TARGET)
    site: Literal["plasma", "effect"] = Field(
        "plasma", description="where the target is to be: plasma, or effect for the effect site"
    )
    controller: Word | None = Field(
        None, description="the set of the drug that the pump computes with; the drug if left out"
    )
    max_rate: Rate | None = Field(
        None, description="the pump's largest rate, such as '60 mg/h'; no limit if left out"
    )


RegimenText = Annotated[
    str, Field(max_length=4000, examples=["morphine 30 mg PO q12h x 28 d, then 45 mg q12h x 28 d"])
]
"""A regimen in one line. :mod:`oihsim.treatment.regimens.regimen_documents` replaces it by keys
before the form is read."""


def _as_it_is(value: Any) -> Any:
    return value


WrittenDose = Annotated[
    DoseForm, BeforeValidator(_as_it_is, json_schema_input_type=DoseForm | RegimenText)
]
Doses = Annotated[
    list[WrittenDose],
    Field(max_length=MOST_LINES),
    BeforeValidator(
        _as_it_is,
        json_schema_input_type=Annotated[list[WrittenDose], Field(max_length=MOST_LINES)]
        | RegimenText,
    ),
]
A_LIST = f"a list of at most {MOST_LINES} doses"


class HistoryForm(Form):
    """A past that all arms share; its times count from its own start."""

    duration: PositiveTime = Field(description="a time above 0, such as '30 d'")
    doses: Doses = Field(description=A_LIST)
