"""Output files of a command: refused before the computation, and named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from oihsim.files.errors import InputError, Problem
from oihsim.files.yaml import refuse_unwritable


def refusals(target: Path, field: str, endings: Sequence[str]) -> list[Problem]:
    """Return the problems that keep a file from being written.

    Parameters
    ----------
    field : role of the file in the command, ``output`` or ``figure``
    endings : allowed endings

    Examples
    --------
    >>> [problem.actual for problem in refusals(Path("result.csv"), "output", (".nc",))]
    ["'.csv'"]
    """
    problems = []
    if target.suffix.lower() not in endings:
        allowed = f"a file that ends in {', '.join(endings)}"
        problems.append(Problem(str(target), None, field, repr(target.suffix), allowed))
    try:
        refuse_unwritable(target)
    except InputError as error:
        problems += error.problems
    return problems


def beside(path: Path, partial: bool) -> Path:
    """Return the path for a result; a partial result goes beside ``path`` and replaces no file.

    Examples
    --------
    >>> beside(Path("month.nc"), partial=True).name
    'month.partial.nc'
    """
    return path.with_name(f"{path.stem}.partial{path.suffix}") if partial else path
