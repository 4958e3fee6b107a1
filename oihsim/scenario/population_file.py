"""The population file as written; every number carries its source or the grade ``assumed``."""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from oihsim.files.errors import InputError, Problem
from oihsim.files.findings import Findings, empty, listed, mapping
from oihsim.files.forms import Form, read_form
from oihsim.files.references import known_sources
from oihsim.files.yaml import Document, Place, closest, field_name, read_yaml
from oihsim.kinetics.covariates import COVARIATES
from oihsim.model.parameter import EVIDENCE, Parameter
from oihsim.model.variability import Correlation, CovariateDistribution, Spread
from oihsim.scenario.scenario_vocabulary import SHIPPED, ScenarioVocabulary
from oihsim.treatment.arm import Past
from oihsim.treatment.doses.courses import past_of
from oihsim.treatment.doses.dose_checks import check_history
from oihsim.treatment.doses.dose_form import A_LIST, MOST_LINES, DoseForm, HistoryForm
from oihsim.treatment.regimens.regimen_documents import population_lines

Grade = Literal["measured", "fitted", "derived", "assumed"]
Number = Annotated[float, Field(strict=False)]

Sources = frozenset[str] | None

NARROWEST, WIDEST = 1e-6, 10.0
"""Limits of the sd of a covariate, relative to its mean; beyond them the number is a mistake."""


class Graded(Form):
    """A number's pedigree."""

    source: str = Field("", description="a key of references.bib")
    evidence: Grade = Field(description=f"one of {', '.join(EVIDENCE)}")
    note: str = Field("", description="a sentence")


class CovariateForm(Graded):
    """The distribution of a covariate."""

    unit: str = Field(description="the unit of the covariate")
    typical: Number = Field(description="a number")
    distribution: Literal["normal", "lognormal", "yes_or_no"] = Field(
        description="normal, lognormal or yes_or_no"
    )
    mean: Number = Field(description="a number")
    sd: Number = Field(0.0, ge=0.0, description="a number of at least 0")
    low: Number | None = Field(None, description="a number")
    high: Number | None = Field(None, description="a number")


class CorrelationForm(Graded):
    """Two covariates that go together."""

    between: list[str] = Field(min_length=2, max_length=2, description="two names of covariates")
    r: Number = Field(gt=-1.0, lt=1.0, description="a number between -1 and 1")


class ParameterForm(Graded):
    """A parameter that differs in this population."""

    value: Number = Field(description="a number in the parameter's own unit")
    unit: str = Field(description="the parameter's own unit")
    meaning: str = Field(description="a sentence")
    cv: Number = Field(0.0, ge=0.0, description="a number of at least 0")
    spread: Literal["lognormal", "logit"] = Field("lognormal", description="lognormal or logit")
    scale: Number = Field(1.0, gt=0.0, description="the upper limit of a logit parameter")
    low: Number | None = Field(None, description="a number")
    high: Number | None = Field(None, description="a number")


class GradedDoseForm(DoseForm, Graded):
    """A line of doses of the past, with its pedigree."""


class GradedPastForm(HistoryForm, Graded):
    """The past; its times count from its own start, and its pedigree is that of the duration."""

    doses: list[GradedDoseForm] = Field(  # type: ignore[assignment]
        max_length=MOST_LINES, description=A_LIST
    )


class PopulationFileForm(Form):
    """A population."""

    schema_: Literal["oihsim-population/1"] = Field(
        alias="schema", description="the words 'oihsim-population/1'"
    )
    population: str = Field(description="the name of the file")
    meaning: str = Field(description="a sentence")
    covariates: dict[str, CovariateForm] = Field(description="covariates with distributions")
    correlations: list[CorrelationForm] = Field([], description="a list of correlations")
    parameters: dict[str, ParameterForm] = Field({}, description="addresses with values")
    history: GradedPastForm | None = Field(None, description="such as {duration: 30 d, doses: []}")


def read_population(name: str, known: ScenarioVocabulary = SHIPPED) -> dict[str, Any]:
    """Return the parts of a population that comes with the package.

    Parameters
    ----------
    name : the population
    known : the known names of populations and drugs

    Raises
    ------
    InputError
        no such population, or everything that is wrong with its file
    """
    if name not in known.populations:
        actual = f"no population named '{name}'"
        allowed = closest(name, known.populations)
        raise InputError([Problem("populations", None, "population", actual, allowed)])
    path = known.population_path(name)
    digest = hashlib.sha256(path.read_bytes() if path.is_file() else b"").hexdigest()
    return {**_read(path, digest, known), "hash": digest}


@lru_cache(maxsize=64)
def _read(path: Path, _digest: str, known: ScenarioVocabulary) -> dict[str, Any]:
    """Read a file once for the scenario's past and for the subjects."""
    return parse_population(read_yaml(path), known)


def parse_population(
    document: Document, known: ScenarioVocabulary = SHIPPED, *, stored: bool = False
) -> dict[str, Any]:
    """Return the parts of the population of a document.

    Parameters
    ----------
    document : the population
    known : the known names of populations and drugs
    stored : whether it stands in a result, whose sources were checked when it was made

    Raises
    ------
    InputError
        with every problem
    """
    document, flaws = population_lines(document, known)
    form, problems = read_form(document, PopulationFileForm)
    checkable = form
    if checkable is None and "history" in document.data:
        # a flaw in the past must not hide the problems of the rest
        rest = {key: value for key, value in document.data.items() if key != "history"}
        checkable, _ = read_form(Document(document.name, rest, document.lines), PopulationFileForm)
    sources = None if stored else known_sources(Path(document.name))
    disagreements = [] if checkable is None else _problems(document, checkable, sources)
    if checkable is not None:
        disagreements = [*disagreements, *_parameter_problems(document, checkable, known)]
    disagreements = [*disagreements, *_past_problems(document, known, sources)]
    # a flaw that two checks find is reported once
    distinct = {(flaw.field, flaw.actual): flaw for flaw in [*disagreements, *problems, *flaws]}
    if form is None or distinct:
        raise InputError(list(distinct.values()))
    graded = _graded(form)
    return {
        "name": form.population,
        "meaning": form.meaning,
        "covariates": tuple(_covariate(*named) for named in form.covariates.items()),
        "correlations": tuple(
            Correlation((pair.between[0], pair.between[1]), pair.r) for pair in form.correlations
        ),
        "parameters": {
            address: _spread(address, parameter) for address, parameter in form.parameters.items()
        },
        "history": Past() if form.history is None else past_of(form.history),
        "references": tuple(sorted({number.source for number in graded.values() if number.source})),
        "pedigree": {
            field: {"evidence": number.evidence, "source": number.source, "note": number.note}
            for field, number in graded.items()
        },
    }


def _graded(form: PopulationFileForm) -> dict[str, Graded]:
    """Return every number of a population by its field."""
    groups: dict[str, dict[Any, Graded]] = {
        "covariates": dict(form.covariates),
        "correlations": dict(enumerate(form.correlations)),
        "parameters": dict(form.parameters),
    }
    numbers = {
        field_name((group, key)): number
        for group, items in groups.items()
        for key, number in items.items()
    }
    if form.history is not None:
        numbers["history"] = form.history
        doses = enumerate(form.history.doses)
        numbers |= {field_name(("history", "doses", place)): dose for place, dose in doses}
    return numbers


def _problems(document: Document, form: PopulationFileForm, sources: Sources) -> list[Problem]:
    problems = []
    groups = {
        "covariates": form.covariates.items(),
        "correlations": enumerate(form.correlations),
        "parameters": form.parameters.items(),
    }
    for group, items in groups.items():
        for key, graded in items:
            place: Place = (group, key)  # type: ignore[assignment]
            problems += _pedigree(document, place, graded.source, graded.evidence, sources)
    for symbol, covariate in form.covariates.items():
        place = ("covariates", symbol)
        if symbol not in COVARIATES:
            actual = f"no covariate '{symbol}'"
            problems.append(document.problem(place, actual, closest(symbol, COVARIATES)))
        elif covariate.unit != COVARIATES[symbol].unit:
            allowed = f"'{COVARIATES[symbol].unit}'"
            problems.append(document.problem((*place, "unit"), f"'{covariate.unit}'", allowed))
        problems += [document.problem(place, *pair) for pair in _unlikely(covariate)]
    for number, pair in enumerate(form.correlations):
        for symbol in pair.between:
            if symbol not in form.covariates:
                actual = f"no covariate '{symbol}' here"
                allowed = closest(symbol, form.covariates)
                problems.append(document.problem(("correlations", number), actual, allowed))
    return problems


def _pedigree(
    document: Document, place: Place, source: str, evidence: str, sources: Sources
) -> list[Problem]:
    """Return the problems of the source of a number; without ``sources`` any key is known."""
    if (source == "") != (evidence == "assumed"):
        actual = f"evidence {evidence} {'with' if source else 'without'} a source"
        return [document.problem(place, actual, "a source, or evidence: assumed")]
    if source and sources is not None and source not in sources:
        allowed = f"a key of references.bib: {closest(source, sources)}"
        return [document.problem((*place, "source"), f"no source '{source[:60]}'", allowed)]
    return []


def _past_problems(
    document: Document, known: ScenarioVocabulary, sources: Sources
) -> list[Problem]:
    """Return the problems of the past, of plain data in any shape."""
    place: Place = ("history",)
    if "history" not in document.data:
        return []
    history = document.data["history"]
    findings = Findings(document)
    for where in empty(history, place):
        findings.refuse(where, "nothing", "a value, or leave the key out")
    check_history(findings, place, history, known)
    doses = enumerate(listed(mapping(history).get("doses"))[:MOST_LINES])
    graded = [(place, history), *(((*place, "doses", number), dose) for number, dose in doses)]
    for where, entry in graded:
        source, evidence = mapping(entry).get("source", ""), mapping(entry).get("evidence")
        if isinstance(source, str) and evidence in EVIDENCE:
            findings.problems.extend(_pedigree(document, where, source, str(evidence), sources))
    return findings.problems


def _unlikely(covariate: CovariateForm) -> list[tuple[str, str]]:
    """Return (found, allowed) for an impossible distribution."""
    low = -math.inf if covariate.low is None else covariate.low
    high = math.inf if covariate.high is None else covariate.high
    if covariate.distribution == "yes_or_no":
        good = 0.0 <= covariate.mean <= 1.0 and covariate.typical in (0.0, 1.0)
        return (
            []
            if good
            else [("a mean or typical value out of range", "mean 0 to 1, typical 0 or 1")]
        )
    if not (
        low < covariate.mean < high and low <= covariate.typical <= high and covariate.sd > 0.0
    ):
        return [("numbers out of order", "low < mean < high, low <= typical <= high, sd > 0")]
    if covariate.mean <= 0.0 or (covariate.distribution == "normal" and low < 0.0):
        return [("values below 0", "a mean above 0; for a normal one also low: 0 or more")]
    if not NARROWEST <= covariate.sd / covariate.mean <= WIDEST:
        actual = f"an sd of {covariate.sd:g} around {covariate.mean:g}"
        return [(actual, f"from {NARROWEST:g} to {WIDEST:g} times the mean")]
    return []


def _parameter_problems(
    document: Document, form: PopulationFileForm, known: ScenarioVocabulary
) -> list[Problem]:
    """Return the problems of addresses and values; an unknown address would have no effect."""
    findings = Findings(document)
    for address, parameter in form.parameters.items():
        place = ("parameters", address)
        owner, _, symbol = address.partition(".")
        bodies = [model for model in known.models if owner in known.mechanisms(model)]
        if not bodies and owner not in known.drugs:
            owners = {name for model in known.models for name in known.mechanisms(model)}
            findings.is_known(place, owner, {*owners, *known.drugs}, "mechanism or drug")
            continue
        # a drug is the same whatever the model
        models = bodies or list(known.models[:1])
        units = {key: unit for model in models for key, unit in known.units(owner, model).items()}
        if not findings.is_known(place, symbol, units, f"parameter of {owner}"):
            continue
        if parameter.unit != units[symbol]:
            findings.refuse((*place, "unit"), f"'{parameter.unit}'", f"'{units[symbol]}'")
        signed = any(symbol in known.signed(owner, model) for model in models)
        if parameter.value < 0.0 and not signed:
            findings.refuse((*place, "value"), f"{parameter.value:g}", "a value of at least 0")
        if parameter.spread == "logit" and not 0.0 < parameter.value < parameter.scale:
            allowed = f"between 0 and scale ({parameter.scale:g}) for a logit parameter"
            findings.refuse((*place, "value"), f"{parameter.value:g}", allowed)
    return findings.problems


def _covariate(symbol: str, form: CovariateForm) -> CovariateDistribution:
    low = -math.inf if form.low is None else form.low
    high = math.inf if form.high is None else form.high
    return CovariateDistribution(
        symbol, form.typical, form.distribution, form.mean, form.sd, low, high
    )


def _spread(address: str, form: ParameterForm) -> Spread:
    parameter = Parameter(
        address.partition(".")[2],
        form.value,
        form.unit,
        form.meaning,
        form.source,
        form.evidence,
        form.low,
        form.high,
        form.cv,
    )
    return Spread(parameter, form.spread, form.scale)
