"""A damaged file read as the program reads it, and a judgement of what came of it."""

from __future__ import annotations

import json
import re
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from mutations import Case, mutated

from oihsim.drugs import Drug
from oihsim.drugs.drug_file import parse_drug
from oihsim.files.errors import InputError, ModelError, Problem
from oihsim.files.yaml import Document, read_yaml
from oihsim.scenario import Scenario, parse
from oihsim.scenario.population import Population, sample

LONGEST_MESSAGE = 2500
"""Characters of one problem; the longest honest ones list thirty names."""

MOST_SECONDS = 2.0
"""Of work on one file, not of waiting."""

FOREIGN = re.compile(
    r"object at 0x|<class|Traceback|pydantic|Input should|validation error|Errno|ruamel|numpy|np\."
)
"""Words of the machinery, which say nothing to a user."""


@dataclass
class Report:
    """How many files were unreadable as YAML, refused or loaded; and every break, in words."""

    counts: Counter[str] = field(default_factory=Counter)
    breaks: list[str] = field(default_factory=list)
    loaded: list[int] = field(default_factory=list)


class TooSlow(Exception):
    """A file took more work than any file should."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise :class:`TooSlow` after so much work, where the system can."""
    if not hasattr(signal, "ITIMER_VIRTUAL"):
        yield
        return

    def stop(*_: Any) -> None:
        raise TooSlow(f"more than {seconds} s of work")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, before)


def read_all(kind: str, numbers: range) -> Report:
    """Read damaged files of a kind and report; every warning is a break."""
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            case = mutated(kind, number, Path(folder))
            try:
                # a filter "error" would turn a warning of Python's own parser into a refusal
                with limited(MOST_SECONDS), warnings.catch_warnings(record=True) as warned:
                    warnings.simplefilter("always")
                    outcome = READERS[kind](case)
                assert not warned, str(warned[0].message)
            except Exception:
                report.breaks.append(f"{case}\n{traceback.format_exc(limit=-6)}")
                outcome = "broken"
            report.counts[outcome] += 1
            if outcome == "loaded":
                report.loaded.append(number)
    heavy = {"numba", "oihsim.engine.compiled_model"} & set(sys.modules)
    report.counts["computed"] += bool(heavy)
    return report


def parsed(case: Case, document: Document | None = None) -> Any:
    """Return what is in a damaged file: a Scenario, Drug or Population."""
    document = document or case.document or read_yaml(case.path)
    if case.kind == "scenario":
        return parse(document)
    if case.kind == "drug":
        return parse_drug(document, case.path)
    return Population.parse(document)


def inspect(problems: tuple[Problem, ...], file: str) -> None:
    """Assert that a refusal says where, what was found and what is allowed, in words."""
    assert problems
    assert len(set(problems)) == len(problems), "one problem is told twice"
    for problem in problems:
        assert problem.file == file
        assert problem.line is None or problem.line >= 1
        assert problem.field.strip(), problem
        assert problem.actual.strip(), problem
        assert problem.allowed.strip(), problem
        text = str(problem)
        assert len(text) <= LONGEST_MESSAGE, text[:3000]
        assert len(problem.field) <= 400, problem.field
        assert len(problem.actual) <= 400, problem.actual
        assert not FOREIGN.search(text), text
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", text), repr(text)


def _read(case: Case) -> tuple[str, Any]:
    try:
        document = case.document or read_yaml(case.path)
    except InputError as error:
        inspect(error.problems, str(case.path))
        return "unreadable", None
    try:
        return "loaded", parsed(case, document)
    except InputError as error:
        inspect(error.problems, str(case.path))
        return "refused", None


def read_scenario(case: Case) -> str:
    """Read, resolve and explain a scenario; what is resolved reads back."""
    outcome, scenario = _read(case)
    if scenario is not None:
        resolved = scenario.resolved
        stored = json.loads(json.dumps(resolved, allow_nan=False))
        assert Scenario.from_resolved(stored).resolved == resolved
        assert len(scenario.scenario_hash) == 64
        assert scenario.explain()
        times = np.array(scenario.output_times())
        assert np.isfinite(times).all()
        assert (np.diff(times) > 0.0).all()
        for arm in scenario.arms.values():
            for course in arm.courses:
                assert np.isfinite(course.total)
                assert course.total > 0.0
        changed = shortened(scenario)
        assert changed.duration_h <= scenario.duration_h
    return outcome


def shortened(scenario: Scenario, hours: float = 6.0) -> Scenario:
    """Return a scenario for one typical subject, with a short past and a short course."""
    changes: dict[str, Any] = {"population.count": 1, "population.typical": True}
    hours = min(hours, scenario.duration_h)
    changes |= {"duration": f"{hours!r} h", "output_every": f"{hours / 3!r} h"}
    return scenario.change(changes)


def read_drug(case: Case) -> str:
    """Read a drug; its typical subject has finite rates, doses and targets."""
    outcome, drug = _read(case)
    if drug is not None:
        typical = drug.typical() | {"tau": np.array([20.0])}
        kinetics = drug.kinetics(typical)
        for array in (kinetics.A, kinetics.B, kinetics.C, kinetics.plasma):
            assert np.isfinite(array).all()
        check_doses(drug, typical)
        for action in drug.targets(typical).values():
            _check_action(action)
        json.dumps([vars(parameter) for parameter in drug.parameters], allow_nan=False)
        # people unlike the reference man: refused in words, or finite
        odd = {key: np.repeat(value, 3) for key, value in typical.items()}
        odd |= {"WT": np.array([40.0, 70.0, 160.0]), "SEX": np.array([1.0, 0.0, 1.0])}
        odd |= {"AGE": np.array([18.0, 95.0, 60.0]), "EGFR": np.array([10.0, 90.0, 140.0])}
        with suppress(ModelError):
            assert np.isfinite(drug.kinetics(odd).A).all()
    return outcome


def check_doses(drug: Drug, values: dict[str, Any]) -> None:
    for route in drug.routes:
        for index, amount, lag, duration in drug.route_inputs(route, values, 10.0):
            assert 0 <= index < len(drug.inputs)
            assert np.isfinite(amount).all()
            assert (amount >= 0.0).all()
            assert np.isfinite(lag).all()
            assert duration is None or np.isfinite(duration).all()


def _check_action(action: dict[str, Any]) -> None:
    """No action is undefined; an affinity may be infinitely weak, but not below 0."""
    for key, value in action.items():
        if isinstance(value, np.ndarray):
            assert not np.isnan(value).any(), key
            if key.endswith(("KD_nM", "C50", "_K")):
                assert (value > 0.0).all(), key
            else:
                assert np.isfinite(value).all(), key


def read_population(case: Case) -> str:
    """Read a population and draw subjects of it."""
    outcome, population = _read(case)
    if population is not None:
        spreads = dict(population.parameters)
        for typical in (True, False):
            try:
                drawn = sample(population, spreads, (), 7, 3, typical=typical)
            except ModelError:
                continue
            for name, values in drawn.items():
                assert values.shape == (7,)
                assert np.isfinite(values).all(), name
    return outcome


READERS = {"scenario": read_scenario, "drug": read_drug, "population": read_population}
