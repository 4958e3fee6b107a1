"""Files that a command is asked to write: refused before anything is computed, and named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from oihsim.files.errors import InputError, Problem
from oihsim.files.yaml import refuse_unwritable


def refusals(target: Path, field: str, endings: Sequence[str]) -> list[Problem]:
    """Return what keeps a file from being written.

    Parameters
    ----------
    field : what the file is to the command, ``output`` or ``figure``
    endings : that are allowed

    Examples
    --------
    >>> [problem.found for problem in refusals(Path("result.csv"), "output", (".nc",))]
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
    """Return where a result goes: beside ``path`` if it is only a part, so that nothing is lost.

    Examples
    --------
    >>> beside(Path("month.nc"), partial=True).name
    'month.partial.nc'
    """
    return path.with_name(f"{path.stem}.partial{path.suffix}") if partial else path
