"""The arms that an arm is based on, in a scenario as written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from oihsim.files.findings import mapping

MOST_ANCESTORS = 60


def lineage(name: str, data: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield an arm with its name, the arm it is based on, and so on.

    Examples
    --------
    >>> data = {"arms": {"a": {"doses": []}, "b": {"based_on": "a"}}}
    >>> [name for name, _ in lineage("b", data)]
    ['b', 'a']
    """
    arms = mapping(data.get("arms"))
    seen: set[str] = set()
    while name in arms and name not in seen and len(seen) < MOST_ANCESTORS:
        seen.add(name)
        arm = mapping(arms[name])
        yield name, arm
        name = str(arm.get("based_on"))
