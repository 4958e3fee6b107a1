"""The keys of the sources that a drug file may cite."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

BIBLIOGRAPHY = Path(__file__).parent.parent / "files"

_ENTRY = re.compile(r"^\s*@(?!comment|string|preamble)\w+\s*\{\s*([^,\s]+)\s*,", re.I | re.M)


def bib_keys(text: str) -> frozenset[str]:
    r"""Return the keys of the entries in BibTeX text.

    Examples
    --------
    >>> sorted(bib_keys("@article{chu2006,\n title={x}}\n@book{hull1991, title={y}}"))
    ['chu2006', 'hull1991']
    """
    return frozenset(_ENTRY.findall(text))


def known_sources(drug_file: Path) -> frozenset[str]:
    """Return the keys in the package's bibliography and in any ``*.bib`` beside ``drug_file``."""
    folders = {BIBLIOGRAPHY, Path(drug_file).resolve().parent}
    files = sorted(path for folder in folders for path in folder.glob("*.bib") if path.is_file())
    return frozenset().union(*(_keys(path, path.stat().st_mtime_ns) for path in files))


@lru_cache(maxsize=64)
def _keys(path: Path, _changed: int) -> frozenset[str]:
    return bib_keys(path.read_text(encoding="utf-8", errors="replace"))
