"""A scenario without errors: its resolved form, and what is read from it."""

from __future__ import annotations

import copy
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from oihsim.files.errors import InputError, Problem
from oihsim.files.findings import mapping
from oihsim.files.forms import read_form
from oihsim.files.yaml import Document
from oihsim.scenario.change import changed, rules_cut
from oihsim.scenario.output_times import endpoint_times, regular_times
from oihsim.scenario.population_past import population_past, stored_past
from oihsim.scenario.population_settings import with_population_file
from oihsim.scenario.resolve import resolve, written, written_past
from oihsim.scenario.scenario_checks import check
from oihsim.scenario.scenario_form import ScenarioForm
from oihsim.scenario.scenario_text import explain, rescue_text
from oihsim.scenario.scenario_vocabulary import SHIPPED, ScenarioVocabulary
from oihsim.treatment.arm import Arm, Course, Hold, Past
from oihsim.treatment.breathing import DEPENDENT_H, concerns, sentence
from oihsim.treatment.doses.adherence import adherence_of
from oihsim.treatment.doses.rescue import rescue_rule_set
from oihsim.treatment.doses.steady_past import SteadyPast, repeated_back
from oihsim.treatment.doses.target_lines import target_line
from oihsim.treatment.regimens.equivalents import equivalents, in_words
from oihsim.treatment.regimens.regimen_documents import scenario_lines
from oihsim.treatment.rules.rule_documents import rule_lines
from oihsim.treatment.rules.rule_text import rule_set_text
from oihsim.treatment.rules.rules_of_arms import rule_sets, units_of


@dataclass(frozen=True)
class Scenario:
    """A scenario without errors, made by :func:`parse`, :meth:`from_resolved` or ``load``.

    Examples
    --------
    >>> from oihsim.scenario import load
    >>> scenario = load("flagship")
    >>> scenario.change({"population.count": 3}).count
    3
    """

    name: str
    _resolved: dict[str, Any]
    vocabulary: ScenarioVocabulary

    @classmethod
    def from_resolved(
        cls,
        resolved: Mapping[str, Any],
        name: str = "resolved scenario",
        vocabulary: ScenarioVocabulary = SHIPPED,
    ) -> Scenario:
        """Return the scenario whose resolved form is ``resolved``.

        Raises
        ------
        InputError
            it is no resolved form
        """
        try:
            data, past = written(resolved, vocabulary), written_past(resolved)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            actual = f"no resolved scenario ({type(error).__name__}: {error})"
            problem = Problem(name, None, "file", actual, "what Scenario.resolved returns")
            raise InputError([problem]) from None
        return _parse(Document(name, data), vocabulary, stored_past(past, name, vocabulary))

    @property
    def resolved(self) -> dict[str, Any]:
        """The resolved form: JSON types only, times in h, amounts in mg. A copy."""
        return copy.deepcopy(self._resolved)

    @cached_property
    def scenario_hash(self) -> str:
        """SHA-256 of the resolved form as JSON with sorted keys."""
        text = json.dumps(
            self._resolved,
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
            allow_nan=False,
        )
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def question(self) -> str:
        """The question, one sentence."""
        return str(self._resolved["question"])

    @property
    def duration_h(self) -> float:
        """Length, h; the history is before time 0 and not part of it."""
        return float(self._resolved["duration_h"])

    @property
    def history_h(self) -> float:
        """Length of the whole past before time 0, h: the population's, then the scenario's own."""
        return float(self._resolved["population_history_h"] + self._resolved["history_h"])

    @property
    def steady_past(self) -> SteadyPast | None:
        """Settings of a past at steady state; None without such a past."""
        steady = self._resolved.get("history_steady")
        return None if steady is None else SteadyPast(**steady)

    @property
    def output_every_h(self) -> float:
        """Time between outputs, h; :attr:`outputs` comes before it."""
        return float(self._resolved["output_every_h"])

    @property
    def outputs(self) -> list[dict[str, float | None]]:
        """Intervals between outputs in turn: ``every_h`` and ``until_h`` of each, or none."""
        return copy.deepcopy(self._resolved.get("outputs", []))

    @property
    def endpoint_times_h(self) -> list[float]:
        """Times that windows of endpoints add to the outputs, h."""
        return endpoint_times(self._resolved)

    def output_times(self) -> list[float]:
        """Return the times of the outputs, h, from 0 to the duration.

        Where the window of an endpoint begins or ends there is an output too.
        """
        return sorted([*regular_times(self._resolved), *self.endpoint_times_h])

    @property
    def population(self) -> str:
        """Name of the population."""
        return str(self._resolved["population"]["of"])

    @property
    def population_settings(self) -> dict[str, Any]:
        """The population as resolved: its name, number and seed, and what is changed in it."""
        return dict(copy.deepcopy(self._resolved["population"]))

    @property
    def population_label(self) -> str:
        """Name of the population, with a hash of what the scenario changes in it."""
        settings = self._resolved["population"]
        changes = [settings.get(key) for key in ("file", "covariates", "pain")]
        if not any(changes):
            return self.population
        digest = hashlib.sha256(json.dumps(changes, sort_keys=True).encode()).hexdigest()
        return f"{self.population} ({digest[:8]})"

    @property
    def count(self) -> int:
        """Number of subjects; the same subjects are in every arm."""
        return int(self._resolved["population"]["count"])

    @property
    def first(self) -> int:
        """Number of the first subject; more than 0 for a block of a larger population."""
        return int(self._resolved["population"].get("first", 0))

    @property
    def seed(self) -> int:
        """Seed of everything random."""
        return int(self._resolved["population"]["seed"])

    @property
    def typical(self) -> bool:
        """Whether the one subject is the typical one, without spread."""
        return bool(self._resolved["population"]["typical"])

    @property
    def model(self) -> str:
        """Name of the model."""
        return str(self._resolved["model"])

    @property
    def switches(self) -> dict[str, str]:
        """Setting of every switch of the model."""
        return dict(self._resolved["switches"])

    @property
    def rtol(self) -> float:
        """Relative tolerance of the solver."""
        return float(self._resolved["tolerance"]["relative"])

    @property
    def reference(self) -> str:
        """Name of the arm that the others are compared with."""
        return str(self._resolved["compare"]["reference"])

    @property
    def endpoints(self) -> list[dict[str, Any]]:
        """Endpoints to compare: ``endpoint``, ``from_h`` and ``until_h`` of each."""
        return copy.deepcopy(self._resolved["compare"]["endpoints"])

    @property
    def tests(self) -> list[str]:
        """Names of the sensory tests done at every output time."""
        return list(self._resolved["tests"])

    @property
    def trial(self) -> dict[str, Any] | None:
        """What changes the pain that patients report; None where nobody asks for it."""
        return copy.deepcopy(self._resolved.get("trial"))

    @property
    def references(self) -> list[str]:
        """Keys in ``references.bib`` that the question rests on."""
        return list(self._resolved["references"])

    @cached_property
    def arms(self) -> dict[str, Arm]:
        """The arms in the order of the file, each with its doses, holds and parameters."""
        arms = {}
        past = (*self._resolved["population_history"], *self._resolved["history"])
        for name, arm in self._resolved["arms"].items():
            courses = tuple(Course(**course) for course in (*past, *arm["doses"]))
            holds = tuple(
                Hold(
                    hold["mechanism"],
                    hold["from_h"],
                    math.inf if hold["until_h"] is None else hold["until_h"],
                )
                for hold in arm["hold"]
            )
            rules = rule_sets(arm, self.duration_h)
            if arm["rescue"] is not None:
                rules = (rescue_rule_set(arm["rescue"], self.duration_h), *rules)
            taken = adherence_of(arm.get("adherence"), typical=self.typical)
            lines = tuple(target_line(line) for line in arm.get("targets", ()))
            changes = dict(arm["parameters"])
            arms[name] = Arm(name, courses, holds, changes, rules, taken, lines)
        return arms

    @property
    def drugs(self) -> tuple[str, ...]:
        """Names of all drugs of all arms, sorted."""
        return tuple(sorted({drug for arm in self.arms.values() for drug in arm.drugs}))

    @property
    def controllers(self) -> tuple[str, ...]:
        """Names of the drug files that pumps compute with, sorted."""
        arms = self.arms.values()
        return tuple(sorted({line.controller for arm in arms for line in arm.target_lines}))

    @cached_property
    def breathing(self) -> dict[str, list[str]]:
        """The arms that raise, change, stop or resume an opioid."""
        arms, steady = self.arms, self.steady_past
        if steady is not None:
            # doses given indefinitely count as use, however short their period
            arms = {
                name: replace(arm, courses=tuple(_long(course, steady) for course in arm.courses))
                for name, arm in arms.items()
            }
        return concerns(arms, self.vocabulary.opioid, self.duration_h)

    def explain(self, width: int | None = None) -> str:
        """Return every dose as resolved, as plain text, with the sentence on breathing.

        Parameters
        ----------
        width : characters of a line; None for as many as the tables need
        """
        ends, opioid = self.duration_h, self.vocabulary.opioid
        daily_by_arm = {
            name: equivalents(arm.courses, ends, opioid) for name, arm in self.arms.items()
        }
        words = {
            name: in_words(daily)
            + (", of the fixed doses alone" if _more_than_fixed(self.arms[name]) else "")
            for name, daily in daily_by_arm.items()
            if daily is not None
        }
        return explain(self._resolved, sentence(self.breathing), words, self.rules_text, width)

    @property
    def rules_text(self) -> dict[str, list[str]]:
        """Arm -> lines of text on its rescue doses and rules; empty for an arm without them."""
        texts, ends = {}, self.duration_h
        for name, arm in self._resolved["arms"].items():
            units = units_of(self._resolved, arm, self.vocabulary)
            texts[name] = rescue_text(arm["rescue"], ends)
            for rule_set in arm.get("rules", ()):
                texts[name] += rule_set_text(rule_set, ends, units)
        return texts

    def change(self, changes: Mapping[str, Any] = {}, **fields: Any) -> Scenario:
        """Return a scenario with changes, checked like a file.

        Parameters
        ----------
        changes : keys are addresses of parameters (``nmda.k_on``, for all arms), fields of the
            file (``hold``, ``model``, ``output_every``, …), ``population.count`` and the like, or
            ``arms.<name>`` (None removes the arm), or ``arms.stable.doses[1].amount``: doses count
            from 0 in the order of ``resolved``. Values are as in a file; a shorter
            ``duration`` cuts doses, holds and windows at the new end; another ``population.of``
            brings its own history
        **fields : the same for keys without a dot: ``change(hold=[{"mechanism": "nmda"}])``

        Raises
        ------
        InputError
            a key or a value is wrong

        Examples
        --------
        >>> from oihsim.scenario import load
        >>> load("flagship").change({"duration": "3 d", "population.seed": 7}).duration_h
        72.0
        """
        all_changes = {**changes, **fields}
        source = rules_cut(self._resolved, all_changes)
        data = changed(written(source, self.vocabulary), all_changes, self.name)
        past, before = None, self._resolved["population"]
        after = mapping(data.get("population"))
        if before["past"] and after.get("past") is not False and after.get("of") == before["of"]:
            past = stored_past(written_past(self._resolved), self.name, self.vocabulary)
        return _parse(Document(self.name, data), self.vocabulary, past)


def _more_than_fixed(arm: Arm) -> bool:
    return bool(arm.rules or arm.target_lines)


def _long(course: Course, steady: SteadyPast) -> Course:
    return course if course.first_h >= 0.0 else repeated_back(course, steady, DEPENDENT_H + 72.0)


def parse(document: Document, vocabulary: ScenarioVocabulary = SHIPPED) -> Scenario:
    """Return the scenario of a document.

    Raises
    ------
    InputError
        with every problem of the document, and of the population's file if that is wrong
    """
    return _parse(document, vocabulary, None)


def _parse(document: Document, vocabulary: ScenarioVocabulary, past: Past | None) -> Scenario:
    """Return the scenario; ``past`` is that of the population, read from its file if None."""
    document, missing = with_population_file(document, vocabulary)
    document, theirs = scenario_lines(document, vocabulary)
    document, words = rule_lines(document, vocabulary)
    theirs = [*missing, *theirs, *words]
    if past is None:
        past, others = population_past(document, vocabulary)
        theirs = [*theirs, *others]
    form, problems = read_form(document, ScenarioForm)
    disagreements = check(document, vocabulary, past)
    # a key without value is found by both; the form knows better what is allowed there
    both = {
        (problem.file, problem.field, problem.actual): problem
        for problem in [*disagreements, *problems, *theirs]
    }
    problems = list(both.values())
    if form is None or problems:
        raise InputError(problems)
    return Scenario(document.name, resolve(form, vocabulary, past), vocabulary)
