"""validate: every study simulated as it was done, every finding judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oihsim.evidence.simulated_study import SUBJECTS, JudgedFinding, run_study
from oihsim.evidence.study import Study, load_study, study_files
from oihsim.files.errors import InputError, Problem


@dataclass(frozen=True)
class Validation:
    """What the studies say of the model.

    Attributes
    ----------
    studies : what was run, in order
    rows : a judged finding each, studies in order
    subjects : virtual subjects per group
    as_many : whether errors are those of samples as large as the studies
    """

    studies: Sequence[Study]
    rows: Sequence[JudgedFinding]
    subjects: int
    as_many: bool

    @property
    def not_simulated(self) -> dict[str, str]:
        """The reason by study that cannot be simulated."""
        return {study.name: study.form.cannot for study in self.studies if study.form.cannot}

    @property
    def recipe(self) -> dict[str, Any]:
        """What the verdicts depend on: model hashes, hashes of the scenarios, and sizes."""
        from oihsim.engine.compiled_model import Model

        scenarios = [s for study in self.studies for s in study.scenarios.values()]
        models = sorted({scenario.model for scenario in scenarios})
        return {
            "models": {name: Model.named(name).hash for name in models},
            "subjects": self.subjects,
            "as_many": self.as_many,
        }


def validate(
    studies: Iterable[str | Path] | str | Path | None = None,
    *,
    subjects: int = SUBJECTS,
    as_many: bool = False,
    threads: int | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Validation:
    """Simulate studies as they were done, and judge what they found. For research and teaching.

    Parameters
    ----------
    studies : names of shipped studies, study files, or folders of them; all shipped ones by default
    subjects : virtual subjects per group
    as_many : errors are those of samples as large as each study: what it could have shown
    threads : all cores by default
    progress : called with studies done, studies in all, and the name of the next

    Returns
    -------
    Validation
        ``rows`` has a :class:`~oihsim.evidence.simulated_study.JudgedFinding` for each finding

    Raises
    ------
    InputError : with every problem of the files

    Examples
    --------
    >>> import oihsim
    >>> rows = oihsim.validate("comelon2016", subjects=20).rows
    >>> rows[0].finding.role, rows[0].simulated.subjects
    ('fit', 20)
    """
    return validated(
        load_studies(studies), subjects, as_many=as_many, threads=threads, progress=progress
    )


def validated(
    studies: Sequence[Study],
    subjects: int = SUBJECTS,
    *,
    as_many: bool = False,
    threads: int | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Validation:
    """Simulate and judge studies that were read; see :func:`validate`."""
    rows: list[JudgedFinding] = []
    for number, study in enumerate(studies):
        if progress is not None:
            progress(number, len(studies), study.name)
        rows += run_study(study, subjects, as_many=as_many, threads=threads)
    if progress is not None:
        progress(len(studies), len(studies), "")
    return Validation(studies, rows, subjects, as_many)


def load_studies(studies: Iterable[str | Path] | str | Path | None = None) -> list[Study]:
    """Return the studies of names, files and folders, each once; all shipped ones by default.

    Raises
    ------
    InputError : with every problem of all of them
    """
    if studies is None:
        studies = list(study_files())
    elif isinstance(studies, str | Path):
        studies = [studies]
    files = list(dict.fromkeys(file for source in studies for file in _files(source)))
    loaded: list[Study] = []
    problems: list[Problem] = []
    for file in files:
        try:
            loaded.append(load_study(file))
        except InputError as error:
            problems += error.problems
    if not files:
        problems.append(Problem("validate", None, "studies", "no study", "a folder with studies"))
    if problems:
        raise InputError(problems)
    return loaded


def _files(source: str | Path) -> list[str]:
    """Return the study files of a folder, or the source itself."""
    folder = Path(source)
    if str(source) in study_files() or not folder.is_dir():
        return [str(source)]
    return [str(path) for path in sorted(folder.glob("*.yaml"))]
