"""One drug a file: kinetics, values with their sources, and what the drug binds to.

Importing this package reads nothing; :func:`load_drug` does.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oihsim.drugs.drug import Drug

FOLDER = Path(__file__).parent

__all__ = ["FOLDER", "Drug", "drug_names", "load_drug"]


def drug_names() -> tuple[str, ...]:
    """Return the names of the drugs that come with the package, in alphabetical order.

    A name with a dash is another published set of the drug before the dash.

    Examples
    --------
    >>> [name for name in drug_names() if name.startswith("remi")]
    ['remifentanil', 'remifentanil-kim2017', 'remifentanil-minto1997']
    """
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def load_drug(name_or_path: str | Path) -> Drug:
    """Return a drug that comes with the package by its name, or the drug of any file by its path.

    A file is read once per process, and again after it has changed.

    Raises
    ------
    oihsim.files.errors.InputError
        no such drug, or all problems of the file, each with its line

    Examples
    --------
    >>> load_drug("fentanyl").routes
    ('iv', 'transdermal')
    """
    text = str(name_or_path)
    if text in drug_names():
        return _drug_of(FOLDER / f"{text}.yaml")
    path = Path(name_or_path)
    if len(path.parts) > 1 or path.suffix in {".yaml", ".yml"}:
        return _drug_of(path)
    from oihsim.files.errors import InputError, Problem
    from oihsim.files.yaml import closest

    raise InputError([Problem("drugs", None, "drug", f"'{text}'", closest(text, drug_names()))])


def _drug_of(path: Path) -> Drug:
    """Return the drug of a file, read unless this version of the file is known."""
    from oihsim.drugs.drug_file import read_drug
    from oihsim.files.references import known_sources

    try:
        file = path.stat()
        # the sources beside a file decide whether it is accepted
        sources = known_sources(path)
    except (OSError, ValueError):
        return read_drug(path)
    return _read_once(path, path.absolute(), file.st_mtime_ns, file.st_size, sources)


@lru_cache(maxsize=256)
def _read_once(path: Path, *_version: object) -> Drug:
    from oihsim.drugs.drug_file import read_drug

    return read_drug(path)


def __getattr__(name: str) -> Any:
    if name == "Drug":
        from oihsim.drugs.drug import Drug

        return Drug
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
