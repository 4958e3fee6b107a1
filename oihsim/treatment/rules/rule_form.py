"""The form of rules in files: a list of rule sets in an arm; each field is checked by itself."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from oihsim.files.forms import Form
from oihsim.files.units import COUNTED, per_weight, split
from oihsim.treatment.doses.dose_form import (
    DoseAmount,
    PositiveTime,
    Time,
    Word,
    dose_amount,
    written_unit,
)
from oihsim.treatment.rule_sets import ACTIONS
from oihsim.treatment.rules.conditions import (
    BY_EXAMPLE,
    EXAMPLE,
    ComparisonText,
    DoseChange,
    condition,
    dose_change,
)

MOST_RULE_SETS, MOST_RULES, MOST_CONDITIONS, MOST_RUNGS = 20, 100, 20, 100
MOST_VISITS = 5000
"""Most decision points of one rule set; each is a stop of the solver."""

REGIMEN = "regimen"
"""The key of a line in words. :mod:`oihsim.treatment.rules.rule_documents` replaces it by keys
before the form is read."""

Condition = Annotated[
    ComparisonText,
    PlainValidator(condition),
    WithJsonSchema(
        {
            "type": "string",
            "examples": [
                "pain > 5",
                "dose >= 200 mg",
                "change of pain > 2",
                "mean of pain over 7 d > 5",
            ],
        }
    ),
]
By = Annotated[
    DoseChange,
    PlainValidator(dose_change),
    WithJsonSchema({"type": "string", "examples": ["50 %", "15 mg", "1 step"]}),
]
Text = Annotated[str, Field(max_length=4000)]


def bound(value: Any) -> tuple[float, bool, str]:
    """Return a bound of a dose: an amount, or 0 of its unit.

    Raises
    ------
    ValueError
        as :func:`oihsim.treatment.doses.dose_form.dose_amount`

    Examples
    --------
    >>> bound("0 mg"), bound("2 mg/kg")
    ((0.0, False, 'mg'), (2.0, True, 'mg'))
    """
    try:
        number, unit = split(value)
    except ValueError:
        return dose_amount(value)
    counted = written_unit(value)
    if number == 0 and (counted in COUNTED or unit in ("mg", "mg/kg", "mcg", "ug", "g")):
        return 0.0, per_weight(unit), counted
    return dose_amount(value)


Bound = Annotated[
    tuple[float, bool, str],
    PlainValidator(bound),
    WithJsonSchema({"type": "string", "examples": ["0 mg", "600 mg"]}),
]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class LargestForm(Form):
    """How much a dose may change within a time."""

    by: By = Field(description="a part such as '50 %' or an amount such as '30 mg'")
    per: PositiveTime = Field(description="a time above 0, such as '7 d'")


class GivenForm(Form):
    """Fields that dose lines and rescue doses share."""

    regimen: Text | None = Field(
        None, description="a line such as 'morphine ER 30 mg PO q12h', instead of these keys"
    )
    drug: Word | None = Field(None, description="the name of a drug")
    route: Word | None = Field(None, description="a route of the drug")
    amount: DoseAmount | None = Field(None, description="one dose, such as '30 mg' or '0.5 mg/kg'")
    over: PositiveTime | None = Field(None, description="the time over which a dose runs in")


class GiveForm(GivenForm):
    """One rescue dose."""


class ReactingForm(GivenForm):
    """A line whose dose rules change."""

    every: PositiveTime | None = Field(None, description="the time between doses, such as '12 h'")
    ladder: list[DoseAmount] | None = Field(
        None,
        min_length=1,
        max_length=MOST_RUNGS,
        description="the available doses, ascending, such as [15 mg, 30 mg, 60 mg]",
    )
    bounds: list[Bound] | None = Field(
        None,
        min_length=2,
        max_length=2,
        description="the lowest and the highest dose, such as [15 mg, 600 mg]",
    )
    largest_change: LargestForm | None = Field(
        None, description="such as {by: 50 %, per: 7 d}, by an amount or a part"
    )


class LineForm(ReactingForm):
    """The dose line of a rule set."""

    from_: Time = Field(0.0, alias="from", description="the time of the first dose")
    until: Time | None = Field(
        None,
        description="the end of the line, a switch included; the end of the run if left out",
    )


class ToForm(ReactingForm):
    """The line that a switch begins; it ends when the line before would."""

    ratio: float | None = Field(
        None,
        ge=1e-6,
        le=1e6,
        description="a number from 1e-6 to 1e6: its daily dose relative to that of the line before",
    )
    after: Time = Field(0.0, description="the time from the switch to the first dose")


class AtMostForm(Form):
    """How often a rule may act within a time."""

    times: Annotated[int, Field(ge=1, le=100_000)] = Field(
        description="a whole number from 1 to 100000"
    )
    per: PositiveTime = Field(description="a time above 0, such as '4 h'")


class RuleForm(Form):
    """One rule, which acts when all its conditions hold."""

    name: Word | None = Field(None, description="a word; the action if left out")
    when: Annotated[
        list[Condition],
        Field(min_length=1, max_length=MOST_CONDITIONS),
        BeforeValidator(_listed, json_schema_input_type=Condition | list[Condition]),
    ] = Field([], description=f"{EXAMPLE}, or a list of them that must all hold")
    then: Word = Field(description=f"one of {', '.join(ACTIONS)}")
    by: By | None = Field(None, description=BY_EXAMPLE)
    for_: PositiveTime | None = Field(
        None, alias="for", description="how long a pause lasts, such as '2 d'"
    )
    to: ToForm | None = Field(
        None, description="the line that a switch begins: drug, route, amount or ratio, and every"
    )
    give: GiveForm | None = Field(None, description="a rescue dose: drug, route and amount")
    confirm: int = Field(
        1, ge=1, le=1000, description="decision points in a row, a whole number from 1 to 1000"
    )
    lock_out: PositiveTime | None = Field(
        None, description="the time after an action in which the rule does not act again"
    )
    at_most: AtMostForm | None = Field(None, description="such as {times: 6, per: 4 h}")


class VisitsForm(Form):
    """When the rules are judged: at equal intervals, or at the times listed."""

    every: PositiveTime | None = Field(
        None, description="the time between decision points, such as '14 d'"
    )
    from_: Time = Field(0.0, alias="from", description="the time of the first decision point")
    until: Time | None = Field(
        None, description="the end, which is no decision point; the end of the run if left out"
    )
    at: list[Time] | None = Field(
        None,
        min_length=1,
        max_length=MOST_VISITS,
        description=f"a list of 1 to {MOST_VISITS} times, such as [7 d, 14 d]",
    )


class RuleSetForm(Form):
    """Rules that share a dose line, their decision points, and the noise of measurement."""

    name: Word = Field(description="a word, unique in the arm")
    line: LineForm | None = Field(
        None, description="the dose line: drug, route, amount and every, or regimen"
    )
    visits: VisitsForm = Field(description="such as {every: 14 d, from: 14 d} or {at: [7 d]}")
    noise: dict[Word, str | int | float] = Field(
        {},
        description="variables with the standard deviation of their measurement",
    )
    rules: list[RuleForm] = Field(
        min_length=1, max_length=MOST_RULES, description=f"a list of 1 to {MOST_RULES} rules"
    )


RuleSets = Annotated[list[RuleSetForm], Field(max_length=MOST_RULE_SETS)]
A_LIST = f"a list of at most {MOST_RULE_SETS} rule sets, each with name, visits and rules"
