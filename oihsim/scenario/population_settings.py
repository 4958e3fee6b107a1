"""What a scenario says of its people beside a name: a file of its own, covariates, fixed pain."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from oihsim.files.errors import InputError, Problem
from oihsim.files.findings import Findings, mapping
from oihsim.files.forms import Form, shown
from oihsim.files.units import number_in_unit
from oihsim.files.yaml import Document, Place, closest, read_yaml
from oihsim.scenario.scenario_vocabulary import ScenarioVocabulary

SUFFIXES = (".yaml", ".yml")

Quantity = Annotated[str | int | float, Field(description="a number with the covariate's unit")]
NUMBERS = ("mean", "sd", "low", "high")


class DistributedForm(Form):
    """A covariate that differs between subjects."""

    mean: Quantity = Field(description="a number with the covariate's unit")
    sd: Quantity | None = Field(None, description="a number with the covariate's unit, above 0")
    low: Quantity | None = Field(None, description="the least value")
    high: Quantity | None = Field(None, description="the largest value")
    distribution: Literal["normal", "lognormal", "yes_or_no"] = Field(
        "normal", description="normal, lognormal or yes_or_no"
    )


Covariates = dict[Annotated[str, Field(max_length=20)], DistributedForm | Quantity]


def covariate_units() -> dict[str, str]:
    """Return symbol -> unit of every covariate."""
    # imported late: reading a scenario should not wait for numpy
    from oihsim.kinetics.covariates import COVARIATES

    return {symbol: covariate.unit for symbol, covariate in COVARIATES.items()}


def is_file(name: object) -> bool:
    """Return whether ``of`` names a file and no shipped population.

    Examples
    --------
    >>> is_file("./children.yaml"), is_file("chronic_pain")
    (True, False)
    """
    short = isinstance(name, str) and len(name) <= 200
    return short and (str(name).endswith(SUFFIXES) or "/" in str(name))


def with_population_file(
    document: Document, vocabulary: ScenarioVocabulary
) -> tuple[Document, list[Problem]]:
    """Return the document with the population's file written out in it, and the file's problems.

    A path is relative to the folder of the scenario. The file then stands in the resolved scenario,
    so that a result can be made again without it.
    """
    population = mapping(document.data.get("population"))
    name = population.get("of")
    if not is_file(name):
        return document, []
    if "file" in population:
        problem = document.problem(("population", "file"), "a file twice", "of or file, not both")
        return document, [problem]
    # imported late: a file's numbers need numpy, and reading a scenario should not wait for it
    from oihsim.scenario.population_file import parse_population

    path = Path(document.name).parent / str(name)
    if not path.is_file():
        problem = document.problem(("population", "of"), f"no file {shown(name)}", "a YAML file")
        return document, [problem]
    try:
        written = read_yaml(path)
        parse_population(written, vocabulary)
    except InputError as error:
        return document, list(error.problems)
    # formulas of drugs may read any of them
    units = covariate_units()
    if lacking := [symbol for symbol in units if symbol not in written.data["covariates"]]:
        allowed = f"each of {', '.join(units)}"
        return document, [written.problem(("covariates",), f"no {', '.join(lacking)}", allowed)]
    inlined = {**population, "of": Path(str(name)).stem, "file": written.data}
    return Document(document.name, {**document.data, "population": inlined}, document.lines), []


def check_settings(findings: Findings, population: Mapping[str, Any]) -> None:
    """Refuse a covariate that there is not, and numbers that do not suit it."""
    settings = mapping(population.get("covariates"))
    units = covariate_units() if settings else {}
    for symbol, setting in settings.items():
        place: Place = ("population", "covariates", symbol)
        if symbol not in units:
            findings.refuse(place, f"no covariate '{symbol[:60]}'", closest(symbol, units))
            continue
        unit = units[symbol]
        if isinstance(setting, dict):
            _check_distributed(findings, place, setting, unit)
            continue
        try:
            value = number_in_unit(setting, unit)
        except ValueError as error:
            findings.refuse(place, shown(setting), str(error))
            continue
        if value < 0.0 or (unit == "1" and value not in (0.0, 1.0)):
            findings.refuse(place, shown(setting), "0 or 1" if unit == "1" else "at least 0")


def _check_distributed(
    findings: Findings, place: Place, setting: Mapping[str, Any], unit: str
) -> None:
    numbers: dict[str, float] = {}
    for key in NUMBERS:
        if setting.get(key) is None:
            continue
        try:
            numbers[key] = number_in_unit(setting[key], unit)
        except ValueError as error:
            findings.refuse((*place, key), shown(setting[key]), str(error))
    if set(numbers) != {key for key in NUMBERS if setting.get(key) is not None}:
        return
    if setting.get("distribution") == "yes_or_no":
        if "mean" in numbers and not 0.0 <= numbers["mean"] <= 1.0:
            findings.refuse((*place, "mean"), shown(setting["mean"]), "a share from 0 to 1")
        return
    mean, low = numbers.get("mean", 1.0), numbers.get("low", 0.0)
    high, sd = numbers.get("high", float("inf")), numbers.get("sd", 0.0)
    if not (0.0 <= low < mean < high and sd > 0.0):
        findings.refuse(place, "numbers out of order", "0 <= low < mean < high, and sd above 0")


def resolved_settings(form: Any) -> dict[str, Any]:
    """Return the settings of a checked population form, covariates in their own units."""
    settings: dict[str, Any] = {}
    if form.file is not None:
        settings["file"] = form.file
    if form.covariates:
        units = covariate_units()
        settings["covariates"] = {
            symbol: _resolved(setting, units[symbol])
            for symbol, setting in sorted(form.covariates.items())
        }
    if form.pain is not None:
        settings["pain"] = form.pain
    return settings


def _resolved(setting: Any, unit: str) -> dict[str, Any]:
    if not isinstance(setting, DistributedForm):
        return {"value": number_in_unit(setting, unit)}
    numbers = {
        key: number_in_unit(getattr(setting, key), unit)
        for key in NUMBERS
        if getattr(setting, key) is not None
    }
    return {**numbers, "distribution": setting.distribution}


def written_settings(population: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resolved population as a file writes it."""
    written = dict(population)
    if "covariates" in written:
        units = covariate_units()
        written["covariates"] = {
            symbol: _written(setting, units[symbol])
            for symbol, setting in written["covariates"].items()
        }
    return written


def _written(setting: Mapping[str, Any], unit: str) -> Any:
    def text(value: float) -> Any:
        return value if unit == "1" else f"{float(value)!r} {unit}"

    if "value" in setting:
        return text(setting["value"])
    return {key: text(x) if key in NUMBERS else x for key, x in setting.items()}
