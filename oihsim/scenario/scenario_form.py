"""The scenario file as written: fields, their types and what is allowed in each.

Only one field at a time is judged here; what two fields or two files must agree on is judged in
:mod:`oihsim.scenario.scenario_checks`, on the same data, so that one call reports everything.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from oihsim.files.forms import Form
from oihsim.scenario.population_settings import Covariates
from oihsim.treatment.doses.adherence import AdherenceForm
from oihsim.treatment.doses.dose_form import (
    A_LIST,
    MOST_LINES,
    Doses,
    PositiveTime,
    SignedTime,
    Text,
    Time,
    Word,
)
from oihsim.treatment.doses.rescue import RescueForm
from oihsim.treatment.doses.steady_past import PastForm
from oihsim.treatment.rules.rule_form import A_LIST as A_LIST_OF_RULE_SETS
from oihsim.treatment.rules.rule_form import RuleSets

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_ID = "urn:oihsim:schema:scenario-1"
"""Name of the schema; no address that has to be fetched."""

MOST_ARMS = 50
MOST_STRETCHES = 20
MOST_SUBJECTS = 1_000_000

AN_ADHERENCE = "such as {missed: 10 %, late: {sd: 1 h}}; an arm's replaces the scenario's"

Changes = dict[Annotated[str, Field(max_length=120)], str | int | float]


PopulationName = Annotated[str, Field(min_length=1, max_length=200)]


class HoldForm(Form):
    """A mechanism kept where it is for a while."""

    mechanism: Word = Field(description="the name of a mechanism")
    from_: SignedTime = Field(0.0, alias="from", description="the time the hold begins")
    until: SignedTime | None = Field(None, description="the time it ends; the end if left out")


Holds = Annotated[list[HoldForm], Field(max_length=MOST_LINES)]


class ArmForm(Form):
    """One course of treatment: its own doses, or another arm's with additions."""

    doses: Doses | None = Field(None, description=f"{A_LIST}; [] for none")
    based_on: Word | None = Field(None, description="the name of another arm")
    add: Doses = Field([], description=f"{A_LIST}, added to the other arm's")
    hold: Holds = Field([], description="a list such as [{mechanism: nmda, from: 0 d}]")
    parameters: Changes = Field({}, description="addresses with values, such as nmda.k_on: 1 1/h")
    rescue: RescueForm | None = Field(
        None, description="doses when pain is high: drug, route, amount, when_pain_above and every"
    )
    rules: RuleSets | None = Field(None, description=A_LIST_OF_RULE_SETS)
    adherence: AdherenceForm | None = Field(None, description=AN_ADHERENCE)


class PopulationForm(Form):
    """Who is simulated."""

    of: PopulationName = Field(description="the name of a population, or a file of your own")
    file: dict[str, Any] | None = Field(
        None, description="a population written out, as results store that of a file"
    )
    count: int = Field(1, ge=1, le=MOST_SUBJECTS, description="a whole number from 1 to 1000000")
    seed: int = Field(1, ge=0, lt=2**63, description="a whole number, 0 or larger")
    first: int = Field(
        0, ge=0, lt=2**53, description="the number of the first subject, a whole number from 0"
    )
    typical: bool = Field(False, description="true or false")
    past: bool = Field(
        True, description="true or false: whether the population's own history comes first"
    )
    covariates: Covariates = Field(
        {}, description="such as {AGE: 8 y, WT: {mean: 25 kg, sd: 4 kg}}: fixed or distributed"
    )
    pain: float | None = Field(
        None, gt=0.0, lt=10.0, strict=False,
        description="the pain rating without any drug, the same in everybody, between 0 and 10",
    )  # fmt: skip


Points = Annotated[float, Field(ge=0.0, le=10.0, strict=False)]


class TrialForm(Form):
    """What changes the pain that patients report in a trial; all of it is off unless asked for."""

    placebo: bool | Points = Field(
        False, description="true for the usual size, or points of 0 to 10"
    )
    natural_course: bool | Points = Field(
        False, description="true for the usual size, or points of 0 to 10"
    )
    noise: bool | Points = Field(False, description="true for the usual sd, or an sd in points")
    drop_out_per_week: float = Field(
        0.0, ge=0.0, lt=1.0, strict=False, description="a share from 0 to below 1"
    )
    entry_above: Points | None = Field(None, description="the least rating at the screening")
    open_arms: list[Word] = Field(
        [], max_length=MOST_ARMS, description="arms that know that they get no treatment"
    )


class ToleranceForm(Form):
    """How closely the equations are solved."""

    relative: float = Field(1e-6, ge=1e-12, le=1e-2, description="a number from 1e-12 to 1e-2")


class OutputsForm(Form):
    """Outputs at one interval for a while."""

    every: PositiveTime = Field(description="a time above 0, such as '5 min'")
    until: PositiveTime | None = Field(
        None, description="the time the interval ends; the last one may leave it out"
    )


class EndpointForm(Form):
    """An endpoint over a window of time, or at one time."""

    endpoint: Word = Field(description="the name of an endpoint")
    from_: Time = Field(0.0, alias="from", description="the start of the window")
    until: PositiveTime | None = Field(None, description="its end; the end if left out")
    at: Time | None = Field(None, description="one time, in the place of from and until")


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
    outputs: list[OutputsForm] | None = Field(
        None,
        min_length=1,
        max_length=MOST_STRETCHES,
        description="a list such as [{every: 5 min, until: 4 h}, {every: 6 h}]",
    )
    population: PopulationForm = Field(description="such as {of: chronic_pain, count: 200}")
    history: PastForm | None = Field(None, description="such as {duration: 30 d, doses: []}")
    model: Word = Field("oihsim-1", description="the name of a model")
    switches: dict[str, str | bool] = Field({}, description="names of switches with their values")
    parameters: Changes = Field({}, description="addresses with values, such as nmda.k_on: 1 1/h")
    hold: Holds = Field([], description="a list such as [{mechanism: nmda, from: 0 d}]")
    adherence: AdherenceForm | None = Field(None, description=AN_ADHERENCE)
    arms: dict[Word, ArmForm] = Field(
        min_length=1,
        max_length=MOST_ARMS,
        description=f"1 to {MOST_ARMS} arms, each with a word as its name",
    )
    tolerance: ToleranceForm = Field(
        ToleranceForm.model_validate({}), description="such as {relative: 1e-6}"
    )
    tests: list[Word] = Field(
        [],
        max_length=100,
        description="a list of sensory tests, such as [cold_pressor_tolerance]",
    )
    trial: TrialForm | None = Field(
        None, description="such as {placebo: true, noise: true}: what patients report in a trial"
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
    return {"$schema": DIALECT, "$id": SCHEMA_ID, **schema}
