"""The sources: one BibTeX file, what a file may cite, and what a result rests on."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

FILE = Path(__file__).parent / "references.bib"

_START = re.compile(r"^\s*@(?!comment|string|preamble)\w+\s*\{\s*([^,\s]+)\s*,", re.I | re.M)
_NEXT = re.compile(r"^\s*[@%]", re.M)


def bib_entries(text: str) -> dict[str, str]:
    r"""Return key -> entry of BibTeX text; an entry ends before the next line with ``@`` or ``%``.

    Examples
    --------
    >>> bib_entries("@article{chu2012,\n title={x}}\n\n@book{golub2013, title={y}}")["chu2012"]
    '@article{chu2012,\n title={x}}'
    """
    entries = {}
    for start in _START.finditer(text):
        following = _NEXT.search(text, start.end())
        end = following.start() if following else len(text)
        entries[start[1]] = text[start.start() : end].strip()
    return entries


def entries() -> dict[str, str]:
    """Return key -> BibTeX entry of every source of the package.

    Examples
    --------
    >>> "chu2012" in entries()
    True
    """
    return _read(FILE, FILE.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int) -> dict[str, str]:
    return bib_entries(path.read_text(encoding="utf-8", errors="replace"))


def known_sources(file: Path) -> frozenset[str]:
    """Return the keys that ``file`` may cite: the package's, and those of any ``*.bib`` beside it.

    Examples
    --------
    >>> known_sources(Path("mine.yaml")) >= entries().keys()
    True
    """
    beside = (path for path in Path(file).resolve().parent.glob("*.bib") if path.is_file())
    return frozenset().union(*(_read(p, p.stat().st_mtime_ns) for p in (FILE, *beside)))


def cite(ds: xr.Dataset) -> str:
    """Return the BibTeX of what a result rests on: its mechanisms, its drugs, its scenario.

    Parameters
    ----------
    ds : a result of :func:`oihsim.simulate` or :func:`oihsim.compare`

    Examples
    --------
    >>> import oihsim
    >>> scenario = oihsim.load("naloxone_challenge").change(
    ...     {"population.count": 1, "population.typical": True, "duration": "1 d"})
    >>> "@article" in cite(oihsim.simulate(scenario))
    True
    """
    known = entries()
    return "\n\n".join(known[key] for key in ds.attrs["references"].split() if key in known)
