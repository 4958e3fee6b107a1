"""Addresses that lead into the written form of a scenario: ``arms.stable.doses[1].amount``."""

from __future__ import annotations

import copy
import re
from typing import Any

from oihsim.files.yaml import closest, field_name

_PART = re.compile(r"([^.\[\]]+)((?:\[\d{1,6}\])*)")


def leads_inside(tail: str) -> bool:
    """Return whether what follows a field's name leads deeper than to one of its keys.

    Examples
    --------
    >>> leads_inside("count"), leads_inside("stable.doses[0].amount")
    (False, True)
    """
    return "." in tail or "[" in tail


def place_of(address: str) -> tuple[str | int, ...]:
    """Return the keys and numbers of an address; an address below ``parameters`` is one key.

    Raises
    ------
    ValueError
        it is no address

    Examples
    --------
    >>> place_of("arms.stable.doses[1].amount")
    ('arms', 'stable', 'doses', 1, 'amount')
    >>> place_of("arms.stable.parameters.nmda.k_on")
    ('arms', 'stable', 'parameters', 'nmda.k_on')
    """
    head, within, owned = address.partition(".parameters.")
    place: list[str | int] = []
    for part in head.split("."):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError("names with dots between them, such as arms.a.doses[0].amount")
        place.append(match[1])
        place += [int(number) for number in re.findall(r"\d+", match[2])]
    return (*place, "parameters", owned) if within else tuple(place)


def put(data: dict[str, Any], address: str, value: Any) -> tuple[str, str] | None:
    """Put a value where an address leads; None removes the key there.

    Returns
    -------
    tuple or None
        what was found and what is allowed if the address leads nowhere

    Examples
    --------
    >>> data = {"arms": {"a": {"doses": [{"amount": "30 mg"}]}}}
    >>> put(data, "arms.a.doses[0].amount", "60 mg")
    >>> data["arms"]["a"]["doses"]
    [{'amount': '60 mg'}]
    >>> put(data, "arms.a.doses[1].amount", "60 mg")
    ('nothing at arms.a.doses[1]', 'a number from 0 to 0')
    """
    try:
        place = place_of(address)
    except ValueError as error:
        return "no address", str(error)
    inside: Any = data
    for depth, part in enumerate(place):
        last = depth == len(place) - 1
        reached = field_name(place[: depth + 1])
        if isinstance(part, int):
            if not isinstance(inside, list) or part >= len(inside):
                size = len(inside) if isinstance(inside, list) else 0
                allowed = f"a number from 0 to {size - 1}" if size else "no number: no list there"
                return f"nothing at {reached}", allowed
            if last:
                inside[part] = copy.deepcopy(value)
            inside = inside[part]
            continue
        if not isinstance(inside, dict):
            return f"nothing at {reached}", "a number in brackets, such as doses[0]"
        if last and value is None:
            inside.pop(part, None)
        elif last:
            inside[part] = copy.deepcopy(value)
        elif part not in inside:
            return f"nothing at {reached}", closest(str(part), [str(key) for key in inside])
        inside = inside.get(part)
    return None
