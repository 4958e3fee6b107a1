"""Changes of a file's data: any node becomes any other, so that the checks behind YAML are met."""

from __future__ import annotations

import copy
import random
import re
from functools import cache
from typing import Any

from mutation_pools import FORMULAS, KINDS, NUMBERS, TEXTS, UNITS, originals

VALUES = (
    *(None, True, False, 0, -1, 1, 2, 10**17, -0.0, 0.5, -0.5, 1e-300, 1e300, 1e12, 1e-12, 3e7),
    *(float("nan"), float("inf"), float("-inf"), [], {}, [[]], [None], [{}], {"a": None}, [1, 2]),
    *({"a": {"b": []}}, {"value": 1}, {"": ""}, {"1": 1}, ["iv"], ["CL", "CL"], {"from": "0 d"}),
)


def change_data(chance: random.Random, data: dict[str, Any], kind: str) -> str:
    """Change one node of ``data`` and return what was done."""
    places = list(_places(data))
    if not places:
        return "nothing left"
    if kind == "scenario" and chance.random() < 0.15:
        address, value = chance.choice(_addresses())
        data["parameters"] = {address: _number(chance, value)}
        return f"another {address}"
    parent, key = chance.choice(places)
    how = chance.choice(DATA_CHANGES)
    old = parent[key]
    if how == "delete":
        del parent[key]
    elif how == "value":
        parent[key] = copy.deepcopy(chance.choice(VALUES))
    elif how == "text":
        parent[key] = chance.choice(TEXTS)
    elif how == "formula":
        parent[key] = _formula(chance, old)
    elif how == "quantity":
        parent[key] = f"{chance.choice(NUMBERS)} {chance.choice(UNITS)}"
    elif how == "number":
        parent[key] = _number(chance, old)
    elif how == "near":
        parent[key] = _number(chance, old, (0.5, 0.9, 1.01, 1.5, 2.0, 3.0))
    elif how == "alike":
        # what stands under the same key elsewhere, in this file or another of its kind
        source = data if chance.random() < 0.5 else chance.choice(originals(kind))[2].data
        alike = [p[k] for p, k in _places(source) if k == key and type(p[k]) is type(old)]
        parent[key] = copy.deepcopy(chance.choice(alike or [old]))
    elif how == "wrap":
        parent[key] = chance.choice(([old], {"a": old}, {str(key): old}, [old, old]))
    elif how == "rename" and isinstance(parent, dict):
        parent[_name(chance, key, data)] = parent.pop(key)
    elif how == "repeat" and isinstance(parent, list):
        parent[key:key] = copy.deepcopy([old] * chance.choice((1, 1, 3, 2000)))
    elif how == "reverse" and isinstance(old, list | dict):
        items = list(reversed(old.items() if isinstance(old, dict) else old))
        parent[key] = dict(items) if isinstance(old, dict) else items
    elif how == "swap":
        other, there = chance.choice(places)
        mine, others = copy.deepcopy(old), copy.deepcopy(other[there])
        parent[key], other[there] = others, mine
    else:
        source = data if how == "here" else chance.choice(originals(_other(chance, kind)))[2].data
        there, name = chance.choice(list(_places(source)))
        parent[key] = copy.deepcopy(there[name])
    return f"{how} at {key}"


DATA_CHANGES = (
    *("delete", "value", "value", "text", "formula", "formula", "quantity", "number", "number"),
    *("number", "wrap", "rename", "repeat", "reverse", "swap", "here", "elsewhere", "alike"),
    *("near", "near", "near", "delete", "alike", "reverse", "formula"),
)


def _other(chance: random.Random, kind: str) -> str:
    return kind if chance.random() < 0.7 else chance.choice(KINDS)


@cache
def _addresses() -> list[tuple[str, str]]:
    """Return address and value with unit of the parameters of the body and of a drug."""
    from oihsim.drugs import load_drug
    from oihsim.neuroplasticity import MECHANISMS

    owners = [(mechanism.name, mechanism.parameters) for mechanism in MECHANISMS]
    owners += [(name, load_drug(name).parameters) for name in ("morphine", "buprenorphine")]
    return [
        (p.address(name), f"{p.value} {p.unit}") for name, parameters in owners for p in parameters
    ]


FACTORS = (-1.0, 0.0, 1e-9, 1e-3, 0.5, 2.0, 10.0, 1e3, 1e6, 1e15)


def _number(chance: random.Random, old: Any, factors: tuple[float, ...] = FACTORS) -> Any:
    """Return another number; one inside a text keeps its unit."""
    factor = chance.choice(factors)
    if isinstance(old, int | float) and not isinstance(old, bool):
        return old * factor
    if isinstance(old, str) and re.match(r"[0-9.]+ ", old):
        number, _, unit = old.partition(" ")
        return f"{float(number) * factor:g} {unit}"
    return factor if factors is FACTORS else old


def _formula(chance: random.Random, old: Any) -> Any:
    """Return a formula, made of the old one as often as not."""
    new = chance.choice(FORMULAS)
    if isinstance(old, str) and chance.random() < 0.6:
        made = (f"({old})*({new})", f"{old}-{new}", f"-({old})", f"{old}/{new}", f"({old})**2")
        return chance.choice((*made, f"2*({old})", f"max({old}, {new})", f"({old})*0"))
    return new


def _name(chance: random.Random, key: str, data: dict[str, Any]) -> str:
    names = [name for parent, name in _places(data) if isinstance(parent, dict)]
    return chance.choice((key + "s", key[:-1], key.swapcase(), chance.choice(names),
                          chance.choice(TEXTS), f"{key}.{key}"))  # fmt: skip


def _places(node: Any) -> Any:
    """Yield the parent and the key of every node below ``node``."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield node, key
            yield from _places(value)
