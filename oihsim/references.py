"""The sources: one BibTeX file, and what a result rests on."""

from __future__ import annotations

import json
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
    """Return the BibTeX of what a result rests on: its model, its drugs, its scenario.

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
    from oihsim.drugs import load_drug
    from oihsim.neuroplasticity import VARIANTS

    keys: set[str] = set()
    for mechanism in VARIANTS[ds.attrs["model"]].mechanisms:
        keys |= {parameter.source for parameter in mechanism.parameters} | {*mechanism.references}
    for name in json.loads(ds.attrs["drug_hashes"]):
        keys |= set(load_drug(name).references)
    resolved = json.loads(ds.attrs["resolved_scenario"])
    for one in [resolved] if "references" in resolved else resolved.values():
        keys |= set(one["references"])
    known = entries()
    return "\n\n".join(known[key] for key in sorted(keys) if key in known)
