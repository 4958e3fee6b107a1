"""The sweep file as written: fields, their types and what is allowed in each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from oihsim.files.forms import Form
from oihsim.treatment.doses.dose_form import Text, Word

MOST_VALUES = 100_000
"""Values of an axis, and points of a design."""

MOST_AXES = 50
MOST_DRAWS = 100_000
MOST_SUBJECTS = 1_000_000_000

METHODS = ("grid", "latin_hypercube", "sobol", "list")
KEEP = ("endpoints", "summaries", "trajectories")

Share = Annotated[float, Field(gt=0.0, lt=1.0)]
Number = str | int | float


class AxisForm(Form):
    """An axis of a sweep: what it changes in the scenario, and its values."""

    of: str | list[str] = Field(
        description="an address such as nmda.k_on or arms.stable.doses[0].amount, or a list of them"
    )
    values: list[Any] | None = Field(
        None,
        min_length=1,
        max_length=MOST_VALUES,
        description=f"a list of 1 to {MOST_VALUES} values as in a scenario",
    )
    labels: list[Text] | None = Field(None, description="one text for each of the values")
    from_: Number | None = Field(None, alias="from", description="the lowest value, with its unit")
    to: Number | None = Field(None, description="the highest value, with its unit")
    number: int | None = Field(
        None, ge=2, le=MOST_VALUES, description=f"how many values of a grid, 2 to {MOST_VALUES}"
    )
    spacing: Literal["linear", "log"] = Field("linear", description="linear or log")


class SweepForm(Form):
    """A scenario at many points. For research and teaching only."""

    schema_: Literal["oihsim-sweep/1"] = Field(
        alias="schema", description="the words 'oihsim-sweep/1'"
    )
    question: Text = Field(description="one sentence")
    scenario: Text | None = Field(None, description="a file, or the name of a shipped scenario")
    scenarios: list[Text] | None = Field(
        None, min_length=1, max_length=20, description="a list of files or shipped names"
    )
    changes: dict[str, Any] = Field({}, description="changes at every point: {duration: 14 d}")
    method: Literal["grid", "latin_hypercube", "sobol", "list"] = Field(
        "grid", description=", ".join(METHODS)
    )
    count: int | None = Field(
        None, ge=1, le=MOST_VALUES, description="points of latin_hypercube or sobol, 1 or more"
    )
    seed: int = Field(1, ge=0, lt=2**63, description="a whole number, 0 or larger")
    vary: dict[Word, AxisForm] = Field(
        {}, max_length=MOST_AXES, description="names, each with what it changes and its values"
    )
    subjects: int | None = Field(
        None,
        ge=1,
        le=MOST_SUBJECTS,
        description="a whole number from 1; the scenario's if left out",
    )
    draws: int = Field(1, ge=1, le=MOST_DRAWS, description=f"a whole number from 1 to {MOST_DRAWS}")
    keep: Literal["endpoints", "summaries", "trajectories"] = Field(
        "endpoints", description=", ".join(KEEP)
    )
    variables: list[Text] | None = Field(
        None, min_length=1, max_length=500, description="names of variables; all if left out"
    )
    quantiles: list[Share] = Field(
        [0.05, 0.5, 0.95], max_length=50, description="numbers between 0 and 1"
    )
    above: dict[str, int | float] = Field(
        {}, max_length=50, description="names of variables with a limit: {pain: 4}"
    )
    chunk: int | None = Field(
        None, ge=1, description="subjects at points, over all arms, that are written together"
    )
