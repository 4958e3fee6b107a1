"""A study without errors: its scenarios, one per group of subjects, and its findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oihsim.evidence.study_checks import check_findings
from oihsim.evidence.study_form import STUDY_KEYS, FindingForm, StudyForm
from oihsim.files.errors import InputError, Problem
from oihsim.files.findings import mapping
from oihsim.files.forms import read_form
from oihsim.files.references import known_sources
from oihsim.files.yaml import Document, Place, closest, read_yaml
from oihsim.results.sensory import TESTS
from oihsim.scenario import Scenario, parse

STUDIES = Path(__file__).parent / "studies"

EVERYBODY = ""
"""Name of the group of a study without groups."""


@dataclass(frozen=True)
class Study:
    """A publication: what was done, and what was found.

    Attributes
    ----------
    name : of its file
    form : what the file says beside the scenario
    scenarios : by group; the group of a study without groups is called ``""``

    Examples
    --------
    >>> study = load_study("comelon2016")
    >>> study.form.design, list(study.form.findings)[0]
    ('crossover', 'heat_abrupt')
    """

    name: str
    form: StudyForm
    scenarios: Mapping[str, Scenario]

    @property
    def findings(self) -> Mapping[str, FindingForm]:
        """The findings by name."""
        return self.form.findings


@dataclass(frozen=True)
class _GroupDocument(Document):
    """The scenario of a group as a document, whose problems name the places of the study file."""

    group: str = EVERYBODY
    varied: frozenset[str] = frozenset()

    def problem(self, loc: Place, actual: str, allowed: str) -> Problem:
        """Return the problem at ``loc``, in the group if the group says it."""
        if loc and loc[0] in self.varied:
            loc = ("groups", self.group, *loc)
        return Document(self.name, self.data, self.lines).problem(loc, actual, allowed)


def study_files() -> dict[str, Path]:
    """Return the names of the shipped studies with their files.

    Examples
    --------
    >>> "comelon2016" in study_files()
    True
    """
    return {path.stem: path for path in sorted(STUDIES.glob("*.yaml"))}


def load_study(source: str | Path) -> Study:
    """Read a study file, or one of the shipped studies by name.

    Raises
    ------
    InputError
        no study has that name, or with every problem of the file
    """
    files = study_files()
    path = files.get(str(source), Path(source))
    if path.suffix == "" and not path.exists():
        allowed = f"a file, or a shipped study: {closest(str(source), files)}"
        raise InputError([Problem(str(source), None, "study", "nothing of that name", allowed)])
    return parse_study(read_yaml(path), path.stem)


def parse_study(document: Document, name: str) -> Study:
    """Return the study of a document.

    Raises
    ------
    InputError
        with every problem of the document
    """
    parts = {key: value for key, value in document.data.items() if key in STUDY_KEYS}
    form, problems = read_form(Document(document.name, parts, document.lines), StudyForm)
    scenarios: dict[str, Scenario] = {}
    if form is None or form.cannot is None:
        for group, part in _documents(document).items():
            try:
                scenarios[group] = parse(part)
            except InputError as error:
                problems += error.problems
    if form is not None:
        problems += _citation(document, form)
        if not problems:
            problems += check_findings(document, form, scenarios)
    if form is None or problems:
        raise InputError(dict.fromkeys(problems))
    return Study(name, form, scenarios)


def _documents(document: Document) -> dict[str, Document]:
    """Return the scenario document of each group."""
    shared = {key: value for key, value in document.data.items() if key not in STUDY_KEYS}
    shared = {
        "schema": "oihsim-scenario/1", "question": document.data.get("done"),
        **shared, "tests": _tests(document.data),
    }  # fmt: skip
    groups: Any = document.data.get("groups")
    if not isinstance(groups, dict) or not groups:
        return {EVERYBODY: Document(document.name, shared, document.lines)}
    return {
        str(group): _GroupDocument(
            document.name, {**shared, **varied}, document.lines, str(group), frozenset(varied)
        )
        for group, varied in groups.items()
        if isinstance(varied, dict)
    }


def _tests(data: dict[str, Any]) -> Any:
    """Return the sensory tests of the scenario, those that findings read included."""
    listed = data.get("tests", [])
    if not isinstance(listed, list):
        return listed
    readings = [mapping(finding) for finding in mapping(data.get("findings")).values()]
    readings += [mapping(reading.get("with")) for reading in readings]
    read = [name for name in TESTS if any(reading.get("reads") == name for reading in readings)]
    return [*listed, *(name for name in read if name not in listed)]


def _citation(document: Document, form: StudyForm) -> list[Problem]:
    known = known_sources(Path(document.name))
    if form.citation in known:
        return []
    actual = f"no source named '{form.citation}'"
    return [document.problem(("citation",), actual, closest(form.citation, known))]
