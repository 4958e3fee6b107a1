"""The population file as written; every number carries its source or the grade ``assumed``."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Field

from oihsim.distributions import Correlation, Covariate, Spread
from oihsim.errors import InputError, Problem
from oihsim.files import Document, closest, read_yaml
from oihsim.forms import Form, read_form
from oihsim.kinetics.covariates import COVARIATES
from oihsim.parameter import EVIDENCE, Parameter
from oihsim.vocabulary import HERE, population_names

Grade = Literal["measured", "fitted", "derived", "assumed"]
Number = Annotated[float, Field(strict=False)]


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


def read_population(name: str) -> dict[str, Any]:
    """Return the parts of a population that comes with the package.

    Raises
    ------
    InputError
        no such population, or everything that is wrong with its file
    """
    if name not in population_names():
        found = f"no population named '{name}'"
        allowed = closest(name, population_names())
        raise InputError([Problem("populations", None, "population", found, allowed)])
    return parse_population(read_yaml(HERE / "populations" / f"{name}.yaml"))


def parse_population(document: Document) -> dict[str, Any]:
    """Return the parts of the population of a document.

    Raises
    ------
    InputError
        with every problem
    """
    form, problems = read_form(document, PopulationFileForm)
    if form is None:
        raise InputError(problems)
    problems = _problems(document, form)
    if problems:
        raise InputError(problems)
    graded = [*form.covariates.values(), *form.correlations, *form.parameters.values()]
    return {
        "name": form.population,
        "meaning": form.meaning,
        "covariates": tuple(_covariate(symbol, one) for symbol, one in form.covariates.items()),
        "correlations": tuple(
            Correlation((one.between[0], one.between[1]), one.r) for one in form.correlations
        ),
        "parameters": {address: _spread(address, one) for address, one in form.parameters.items()},
        "references": tuple(sorted({one.source for one in graded if one.source})),
    }


def _problems(document: Document, form: PopulationFileForm) -> list[Problem]:
    problems = []
    groups = {
        "covariates": form.covariates.items(),
        "correlations": enumerate(form.correlations),
        "parameters": form.parameters.items(),
    }
    for group, items in groups.items():
        for key, one in items:
            if (one.source == "") != (one.evidence == "assumed"):
                found = f"evidence {one.evidence} {'with' if one.source else 'without'} a source"
                allowed = "a source, or evidence: assumed"
                problems.append(document.problem((group, key), found, allowed))  # type: ignore[arg-type]
    for symbol, one in form.covariates.items():
        place = ("covariates", symbol)
        if symbol not in COVARIATES:
            found = f"no covariate '{symbol}'"
            problems.append(document.problem(place, found, closest(symbol, COVARIATES)))
        elif one.unit != COVARIATES[symbol].unit:
            allowed = f"'{COVARIATES[symbol].unit}'"
            problems.append(document.problem((*place, "unit"), f"'{one.unit}'", allowed))
        problems += [document.problem(place, *pair) for pair in _unlikely(one)]
    for number, pair in enumerate(form.correlations):
        for symbol in pair.between:
            if symbol not in form.covariates:
                found = f"no covariate '{symbol}' here"
                allowed = closest(symbol, form.covariates)
                problems.append(document.problem(("correlations", number), found, allowed))
    return problems


def _unlikely(one: CovariateForm) -> list[tuple[str, str]]:
    """Return (found, allowed) for a distribution that cannot be."""
    low = -math.inf if one.low is None else one.low
    high = math.inf if one.high is None else one.high
    if one.distribution == "yes_or_no":
        good = 0.0 <= one.mean <= 1.0 and one.typical in (0.0, 1.0)
        return (
            []
            if good
            else [("a mean or typical value out of range", "mean 0 to 1, typical 0 or 1")]
        )
    if not (low < one.mean < high and low <= one.typical <= high and one.sd > 0.0):
        return [("numbers out of order", "low < mean < high, low <= typical <= high, sd > 0")]
    if one.distribution == "lognormal" and one.mean <= 0.0:
        return [(f"a lognormal mean of {one.mean:g}", "a mean above 0")]
    return []


def _covariate(symbol: str, one: CovariateForm) -> Covariate:
    low = -math.inf if one.low is None else one.low
    high = math.inf if one.high is None else one.high
    return Covariate(symbol, one.typical, one.distribution, one.mean, one.sd, low, high)


def _spread(address: str, one: ParameterForm) -> Spread:
    parameter = Parameter(
        address.partition(".")[2],
        one.value,
        one.unit,
        one.meaning,
        one.source,
        one.evidence,
        one.low,
        one.high,
        one.cv,
    )
    return Spread(parameter, one.spread, one.scale)
