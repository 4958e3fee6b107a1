"""The past that a population brings: from its file, or as a resolved scenario stores it."""

from __future__ import annotations

from typing import Any

from oihsim.files.errors import InputError, Problem
from oihsim.files.findings import Findings, mapping
from oihsim.files.forms import Form, read_form
from oihsim.files.yaml import Document
from oihsim.scenario.scenario_vocabulary import ScenarioVocabulary
from oihsim.treatment.arm import Past
from oihsim.treatment.doses.courses import past_of
from oihsim.treatment.doses.dose_checks import check_history
from oihsim.treatment.doses.dose_form import HistoryForm


class _StoredForm(Form):
    """The past inside a resolved scenario."""

    population_history: HistoryForm


def population_past(
    document: Document, vocabulary: ScenarioVocabulary
) -> tuple[Past, list[Problem]]:
    """Return the past of a scenario's population, and every problem of the population's file.

    The past is empty without a known population, without a past of it, or with ``past: false``;
    a wrong name is refused elsewhere.
    """
    population = mapping(document.data.get("population"))
    name = population.get("of")
    written = population.get("file")
    if not isinstance(written, dict) and name not in vocabulary.populations:
        return Past(), []
    past_counts = population.get("past") is not False
    if not past_counts and not isinstance(written, dict):
        return Past(), []
    # imported late: a file's numbers need numpy, and reading a scenario should not wait for it
    from oihsim.scenario.population_file import parse_population, read_population

    try:
        if isinstance(written, dict):
            parts = parse_population(Document(document.name, written), vocabulary, stored=True)
            return parts["history"] if past_counts else Past(), []
        return read_population(str(name), vocabulary)["history"], []
    except InputError as error:
        return Past(), list(error.problems)


def stored_past(history: dict[str, Any] | None, name: str, vocabulary: ScenarioVocabulary) -> Past:
    """Return the past that a resolved scenario stores, checked like that of a file.

    Raises
    ------
    InputError
        with every problem; ``name`` stands for the file in them
    """
    if history is None:
        return Past()
    document = Document(name, {"population_history": history})
    form, problems = read_form(document, _StoredForm)
    findings = Findings(document)
    check_history(findings, ("population_history",), history, vocabulary)
    if form is None or problems or findings.problems:
        raise InputError([*findings.problems, *problems])
    return past_of(form.population_history)
