"""The sources: one BibTeX file, and what a result rests on."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

FILE = Path(__file__).parent / "references.bib"


@lru_cache(maxsize=1)
def entries() -> dict[str, str]:
    """Return key -> BibTeX entry of every source.

    Examples
    --------
    >>> "chu2012" in entries()
    True
    """
    text = FILE.read_text(encoding="utf-8")
    found = re.findall(r"^@\w+\{([^,\s]+),.*?^\}", text, re.MULTILINE | re.DOTALL)
    bodies = re.findall(r"^@\w+\{[^,\s]+,.*?^\}", text, re.MULTILINE | re.DOTALL)
    return dict(zip(found, bodies, strict=True))


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
