"""The scenario file as written: fields, their types and what is allowed in each.

Only one field at a time is judged here; what two fields or two files must agree on is judged in
:mod:`oihsim.scenario.checks`, on the same data, so that one call reports everything.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from oihsim.forms import Form
from oihsim.units import DIMENSIONS, per_weight, quantity, split

LONGEST = 5 * 365.25 * 24.0
"""Hours; a longer scenario is refused."""

MOST_SUBJECTS = 1_000_000


def _time(value: Any, low: float = 0.0, strict: bool = False) -> float:
    hours = quantity(value, "time")
    if hours < low or (strict and hours == low):
        least = "above 0" if strict else f"at least {low:g} h"
        raise ValueError(f"a time {least}, such as '12 h' or '30 d'")
    if abs(hours) > LONGEST:
        raise ValueError("a time of at most 5 years")
    return hours


def per_kg_quantity(value: Any, dimension: str) -> tuple[float, bool]:
    """Return a value and whether it is per kg of body weight.

    Raises
    ------
    ValueError
        it is neither ``dimension`` nor ``dimension`` per weight, or not positive

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
    if number <= 0.0:
        raise ValueError(f"more than 0: {DIMENSIONS[dimension][1]}")
    return number, weighed


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
Rate = Annotated[
    tuple[float, bool],
    PlainValidator(partial(per_kg_quantity, dimension="rate")),
    _text_schema("25 mcg/h", "0.1 mg/kg/h"),
]
Word = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
Text = Annotated[str, Field(min_length=1, max_length=400)]
MOST_LINES = 1000
"""Lines of doses or holds in one list."""

Changes = dict[Annotated[str, Field(max_length=120)], str | int | float]


class DoseForm(Form):
    """One line of doses: an amount (once or repeated) or a rate."""

    drug: Word = Field(description="the name of a drug")
    route: Word = Field(description="a route of the drug")
    amount: Amount | None = Field(None, description="an amount such as '30 mg' or '0.5 mg/kg'")
    rate: Rate | None = Field(None, description="a rate such as '5 mg/h' or '0.1 mg/kg/h'")
    over: PositiveTime | None = Field(None, description="the time over which an amount runs in")
    from_: Time = Field(0.0, alias="from", description="the time of the first dose")
    every: PositiveTime | None = Field(None, description="the time between doses, such as '12 h'")
    until: Time | None = Field(None, description="the end; no dose is given at it")
    times: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None, description="the number of doses, a whole number from 1 to 100000"
    )


class HoldForm(Form):
    """A mechanism kept where it is for a while."""

    mechanism: Word = Field(description="the name of a mechanism")
    from_: SignedTime = Field(0.0, alias="from", description="the time the hold begins")
    until: SignedTime | None = Field(None, description="the time it ends; the end if left out")


Doses = Annotated[list[DoseForm], Field(max_length=MOST_LINES)]
Holds = Annotated[list[HoldForm], Field(max_length=MOST_LINES)]
A_LIST = f"a list of at most {MOST_LINES} doses"


class ArmForm(Form):
    """One course of treatment: its own doses, or another arm's with additions."""

    doses: Doses | None = Field(None, description=f"{A_LIST}; [] for none")
    based_on: Word | None = Field(None, description="the name of another arm")
    add: Doses = Field([], description=f"{A_LIST}, added to the other arm's")
    hold: Holds = Field([], description="a list such as [{mechanism: nmda, from: 0 d}]")
    parameters: Changes = Field({}, description="addresses with values, such as nmda.k_on: 1 1/h")


class HistoryForm(Form):
    """A past that all arms share; its times count from its own start."""

    duration: PositiveTime = Field(description="a time above 0, such as '30 d'")
    doses: Doses = Field(description=A_LIST)


class PopulationForm(Form):
    """Who is simulated."""

    of: Word = Field(description="the name of a population")
    count: int = Field(1, ge=1, le=MOST_SUBJECTS, description="a whole number from 1 to 1000000")
    seed: int = Field(1, ge=0, lt=2**63, description="a whole number, 0 or larger")
    typical: bool = Field(False, description="true or false")


class ToleranceForm(Form):
    """How closely the equations are solved."""

    relative: float = Field(1e-6, ge=1e-12, le=1e-2, description="a number from 1e-12 to 1e-2")


class EndpointForm(Form):
    """An endpoint over a window of time."""

    endpoint: Word = Field(description="the name of an endpoint")
    from_: Time = Field(0.0, alias="from", description="the start of the window")
    until: PositiveTime | None = Field(None, description="its end; the end if left out")


def _endpoint(value: Any) -> Any:
    return {"endpoint": value} if isinstance(value, str) else value


class CompareForm(Form):
    """What is compared with what."""

    reference: Word | None = Field(None, description="the name of an arm; the first if left out")
    endpoints: list[
        Annotated[
            EndpointForm, BeforeValidator(_endpoint, json_schema_input_type=str | EndpointForm)
        ]
    ] = Field([], max_length=100, description="a list of at most 100 endpoints")


class ScenarioForm(Form):
    """One question, and the arms that answer it. For research and teaching only."""

    schema_: Literal["oihsim-scenario/1"] = Field(
        alias="schema", description="the words 'oihsim-scenario/1'"
    )
    question: Text = Field(description="one sentence")
    duration: PositiveTime = Field(description="a time above 0, such as '90 d'")
    output_every: PositiveTime = Field(6.0, description="a time above 0, such as '6 h'")
    population: PopulationForm = Field(description="such as {of: chronic_pain, count: 200}")
    history: HistoryForm | None = Field(None, description="such as {duration: 30 d, doses: []}")
    model: Word = Field("oihsim-1", description="the name of a model")
    switches: dict[str, str | bool] = Field({}, description="names of switches with their values")
    parameters: Changes = Field({}, description="addresses with values, such as nmda.k_on: 1 1/h")
    hold: Holds = Field([], description="a list such as [{mechanism: nmda, from: 0 d}]")
    arms: dict[Word, ArmForm] = Field(
        min_length=1, max_length=50, description="1 to 50 arms, each a lower-case word"
    )
    tolerance: ToleranceForm = Field(
        ToleranceForm.model_validate({}), description="such as {relative: 1e-6}"
    )
    compare: CompareForm = Field(
        CompareForm.model_validate({}), description="reference and endpoints"
    )
    references: list[Text] = Field(
        [], max_length=100, description="a list of keys of references.bib"
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of scenario files.

    Examples
    --------
    >>> json_schema()["properties"]["duration"]["type"]
    'string'
    """
    schema = ScenarioForm.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
