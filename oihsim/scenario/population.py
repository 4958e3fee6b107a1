"""Populations, and the covariates and parameters of their subjects."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from oihsim.files.yaml import Document
from oihsim.model.parameter import Parameter
from oihsim.model.variability import (
    FIXED,
    Array,
    Correlation,
    CovariateDistribution,
    Spread,
    correlated,
    covariate_values,
    deviates,
    individual,
)
from oihsim.scenario.population_file import parse_population, read_population
from oihsim.treatment.arm import Past

if TYPE_CHECKING:
    from oihsim.scenario.resolved_scenario import Scenario
    from oihsim.scenario.scenario_vocabulary import ScenarioVocabulary

PAIN = "nociception.p0"
"""Address of the pain rating without drug."""

__all__ = ["Correlation", "CovariateDistribution", "Population", "Spread", "deviates",
           "population_of", "sample"]  # fmt: skip


@dataclass(frozen=True)
class Population:
    """Distributions of subjects, and their past.

    Parameters
    ----------
    name, meaning : what a scenario calls it, and one sentence
    covariates : distributions
    correlations : between covariates
    parameters : address -> spread that replaces the declared value and cv
    references : keys in ``references.bib``
    history : doses before time 0; none by default
    hash : SHA-256 of the file's bytes; empty if there is no file
    pedigree : field of the file -> evidence, source and note of its numbers
    """

    name: str
    meaning: str
    covariates: tuple[CovariateDistribution, ...]
    correlations: tuple[Correlation, ...] = ()
    parameters: Mapping[str, Spread] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    history: Past = field(default_factory=Past)
    hash: str = ""
    pedigree: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, name: str) -> Population:
        """Read a population that comes with the package.

        Raises
        ------
        oihsim.files.errors.InputError
            no such population, or everything that is wrong with its file

        Examples
        --------
        >>> Population.load("volunteers").parameters["nociception.p0"].parameter.value
        4.0
        """
        return cls(**read_population(name))

    @classmethod
    def parse(cls, document: Document) -> Population:
        """Return the population of a document.

        Raises
        ------
        oihsim.files.errors.InputError
            with every problem
        """
        return cls(**parse_population(document))


def population_of(scenario: Scenario) -> Population:
    """Return the people of a scenario: of a name or a file, with its covariates and its pain.

    Examples
    --------
    >>> from oihsim.scenario import load
    >>> older = {"population.covariates": {"AGE": "80 y"}, "population.pain": 6}
    >>> people = population_of(load("flagship").change(older))
    >>> people.parameters["nociception.p0"].parameter.value
    6.0
    """
    settings = scenario.population_settings
    if "file" in settings:
        # in the order of the file, which decides how correlated covariates are mixed
        text = json.dumps(settings["file"])
        people = _of_text(text, scenario.name, scenario.vocabulary)
    else:
        people = Population.load(settings["of"])
    varied = {key: settings[key] for key in ("file", "covariates", "pain") if key in settings}
    if not varied:
        return people
    text = json.dumps([people.hash, varied], sort_keys=True)
    return replace(
        people,
        covariates=_covariates(people, settings.get("covariates", {})),
        parameters=_with_pain(people, settings.get("pain")),
        hash=hashlib.sha256(text.encode()).hexdigest(),
    )


@lru_cache(maxsize=16)
def _of_text(text: str, name: str, vocabulary: ScenarioVocabulary) -> Population:
    """Return the population that a resolved scenario stores, read once for all its arms."""
    document = Document(name, json.loads(text))
    return Population(**parse_population(document, vocabulary, stored=True))


def _covariates(
    people: Population, settings: Mapping[str, Mapping[str, Any]]
) -> tuple[CovariateDistribution, ...]:
    """Return the distributions of the covariates, those of the settings in place of the others."""
    known = {covariate.symbol: covariate for covariate in people.covariates}
    for symbol, setting in settings.items():
        if "value" in setting:
            known[symbol] = CovariateDistribution(symbol, setting["value"], FIXED, setting["value"])
            continue
        typical = setting["mean"]
        if setting["distribution"] == "yes_or_no":
            typical = float(typical > 0.5)
        known[symbol] = CovariateDistribution(symbol, typical, **setting)
    return tuple(known.values())


def _with_pain(people: Population, pain: float | None) -> Mapping[str, Spread]:
    """Return the parameters, the rating without drug the same in everybody if there is one."""
    if pain is None:
        return people.parameters
    parameter = Parameter("p0", pain, "1", "rating without drug, fixed by the scenario")
    return {**people.parameters, PAIN: Spread(parameter)}


def sample(
    population: Population,
    spreads: Mapping[str, Spread],
    correlations: Sequence[Correlation],
    n: int,
    seed: int,
    *,
    typical: bool = False,
    changes: Mapping[str, float] | None = None,
    first: int = 0,
) -> dict[str, Array]:
    """Return every covariate and parameter of ``n`` subjects.

    Parameters
    ----------
    population : covariates, and parameters that differ in this population
    spreads : address -> declared value and spread, of the body and of all drugs
    correlations : between addresses
    n : number of subjects
    seed : root of all deviates
    typical : all deviates 0 and every covariate at its typical value
    changes : address -> typical value that replaces both, from the scenario
    first : number of the first subject

    Returns
    -------
    dict
        address (``morphine.CL``) or covariate (``WT``) -> (n,), in the parameter's own unit

    Raises
    ------
    ModelError
        correlations that cannot hold together, or a value outside what its spread allows
    """
    spreads = {**spreads, **{k: v for k, v in population.parameters.items() if k in spreads}}
    changes = {} if changes is None else changes
    varying = [a for a, spread in spreads.items() if spread.parameter.cv > 0.0]
    wanted = [*varying, *(covariate.symbol for covariate in population.covariates)]
    z = correlated(wanted, (*population.correlations, *correlations), n, seed, typical, first)
    values = {}
    for covariate in population.covariates:
        values[covariate.symbol] = (
            np.full(n, covariate.typical)
            if typical
            else covariate_values(covariate, z[covariate.symbol])
        )
    for address, spread in spreads.items():
        if address in changes:
            spread = replace(spread, parameter=replace(spread.parameter, value=changes[address]))
        values[address] = individual(address, spread, z.get(address), n)
    return values
