"""The study file as written: what a study adds to a scenario, and its findings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from oihsim.files.forms import Form
from oihsim.treatment.doses.dose_form import Text, Time, Word

SCHEMA = "oihsim-study/1"

THEMES = ("volunteers", "surgery", "chronic pain", "maintenance", "tapering", "drugs")
ROLES = ("fit", "null", "check", "context")
DESIGNS = ("crossover", "parallel", "uncontrolled", "cross-sectional", "meta-analysis")
PROVENANCES = ("read", "recalled", "derived")
STATISTICS = (
    "mean", "median", "difference", "median difference", "ratio", "percent", "geometric ratio",
    "log10 ratio", "SMD", "incidence", "correlation", "hazard ratio", "event-free share",
)  # fmt: skip

Numbers = Annotated[list[float], Field(min_length=2, max_length=2)]


def _role(value: Any) -> Any:
    """Return the role; YAML reads the word null as nothing."""
    return "null" if value is None else value


Role = Annotated[
    Literal["fit", "null", "check", "context"],
    BeforeValidator(
        _role, json_schema_input_type=Literal["fit", "null", "check", "context"] | None
    ),
]


def _one_of(words: tuple[str, ...]) -> str:
    return f"one of {', '.join(words)}"


class CriterionForm(Form):
    """A limit on the value that a subject gives."""

    above: float | None = Field(None, description="a number; larger values count")
    below: float | None = Field(None, description="a number; smaller values count")


class ReadingForm(Form):
    """What is read from a simulated study: one number per subject."""

    reads: Word = Field(description="the name of a sensory test, an endpoint or an output")
    drug: Word | None = Field(None, description="the drug of an endpoint that needs one")
    arm: Text = Field(description="an arm, or group/arm where the study has groups")
    at: Time | None = Field(None, description="an output time, such as '75 min'")
    from_: Time | None = Field(None, alias="from", description="the start of a window")
    until: Time | None = Field(None, description="its end; the end of the study if left out")
    over: Literal["mean", "lowest", "highest", "slope"] = Field(
        "mean",
        description="mean, lowest, highest or slope (change per week): how a window is reduced",
    )
    baseline: Time | None = Field(
        None, description="an output time: the subject's value there is the baseline"
    )
    change: Literal["difference", "ratio", "percent"] = Field(
        "difference", description="difference, ratio or percent: how a value relates to baseline"
    )


class ObservedForm(Form):
    """What the study found."""

    value: float | None = Field(None, description="a number in the unit of the statistic")
    sign: Literal["above", "below"] | None = Field(
        None, description="above or below: the direction, only where no number was printed"
    )
    interval: Numbers | None = Field(None, description="the 95 % interval, [low, high]")
    se: float | None = Field(None, gt=0.0, description="the standard error, above 0")
    sd: float | None = Field(None, gt=0.0, description="the standard deviation, above 0")
    n: int | None = Field(None, ge=2, description="subjects behind sd, at least 2")
    band: Numbers | None = Field(
        None, description="[low, high]: the values that the study did not exclude around no effect"
    )
    at_most: float | None = Field(None, description="an upper bound, of an uncontrolled gain")
    at_least: float | None = Field(None, description="a lower bound, of an uncontrolled loss")
    how: Text | None = Field(
        None, description="how an interval, error or band was derived that was not printed"
    )


class FindingForm(ReadingForm):
    """A measured value, and the reading of the simulated study that corresponds to it."""

    meaning: Text = Field(description="what was measured, a phrase")
    role: Role = Field(description=_one_of(ROLES))
    statistic: Literal[STATISTICS] = Field(description=_one_of(STATISTICS))  # type: ignore[valid-type]
    against: Text | None = Field(None, description="the arm it is compared with")
    against_at: Time | None = Field(
        None, description="the output time of the arm it is compared with"
    )
    criterion: CriterionForm | None = Field(
        None,
        description="such as {below: 0.8}: who counts for incidence, when for times to an event",
    )
    with_: ReadingForm | None = Field(
        None, alias="with", description="the reading that is correlated with this one"
    )
    observed: ObservedForm = Field(description="such as {value: 0.49, interval: [0.2, 0.8]}")
    provenance: Literal["read", "recalled", "derived"] = Field(description=_one_of(PROVENANCES))
    record: Text | None = Field(None, description="the record that the finding was taken from")
    note: Text | None = Field(None, description="a sentence")


class StudyForm(Form):
    """What a study file says beside its scenario."""

    schema_: Literal["oihsim-study/1"] = Field(
        alias="schema", description="the words 'oihsim-study/1'"
    )
    citation: Word = Field(description="a key of references.bib, or of a *.bib file beside")
    theme: Literal[THEMES] = Field(description=_one_of(THEMES))  # type: ignore[valid-type]
    design: Literal[DESIGNS] = Field(description=_one_of(DESIGNS))  # type: ignore[valid-type]
    n: int | None = Field(None, ge=1, description="subjects, a whole number; per arm if parallel")
    done: Text = Field(description="what was done, one sentence")
    assumed: list[Text] = Field(
        [], max_length=20, description="what was not printed and is assumed here"
    )
    cannot: Text | None = Field(
        None, description="why the study cannot be simulated, where it cannot"
    )
    findings: dict[Word, FindingForm] = Field(
        {}, max_length=50, description="names with what was measured"
    )
    groups: dict[Word, dict[str, Any]] = Field(
        {}, max_length=10,
        description="names with the scenario fields in which a group of subjects differs",
    )  # fmt: skip


STUDY_KEYS = frozenset((info.alias or name) for name, info in StudyForm.model_fields.items())
"""Keys of a study file that are not those of its scenario."""
