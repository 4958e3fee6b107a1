"""Scenarios by name or by file."""

from __future__ import annotations

from pathlib import Path

from oihsim.files.errors import InputError, Problem
from oihsim.files.yaml import closest, read_yaml
from oihsim.scenario.resolved_scenario import Scenario, parse
from oihsim.scenario.scenario_vocabulary import SHIPPED, ScenarioVocabulary


def load(source: str | Path, vocabulary: ScenarioVocabulary = SHIPPED) -> Scenario:
    """Read a scenario file, or one of the shipped scenarios by name.

    Raises
    ------
    InputError
        no scenario has that name, or with every problem of the file

    Examples
    --------
    >>> sorted(load("naloxone_challenge").drugs)
    ['morphine', 'naloxone']
    """
    files = shipped_files()
    if str(source) in files:
        return parse(read_yaml(files[str(source)]), vocabulary)
    path = Path(source)
    if path.suffix == "" and not path.exists():
        allowed = f"a file, or a shipped scenario: {closest(str(source), files)}"
        problem = Problem(str(source), None, "scenario", "nothing of that name", allowed)
        raise InputError([problem])
    return parse(read_yaml(path), vocabulary)


def shipped() -> dict[str, str]:
    """Return the names of the shipped scenarios with their questions.

    Examples
    --------
    >>> "flagship" in shipped()
    True
    """
    return {name: str(read_yaml(path).data["question"]) for name, path in shipped_files().items()}


def shipped_files() -> dict[str, Path]:
    """Return the names of the shipped scenarios with their files."""
    room = Path(__file__).parent
    # installed, the files lie inside the package; in a checkout, beside it
    folders = (room / "shipped", room.parents[1] / "scenarios")
    folder = next((path for path in folders if path.is_dir()), folders[0])
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}
