"""A folder as a registry: what its files declare, by name."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol, TypeVar

from oihsim.files.errors import OihsimError


class Declaration(Protocol):
    """A declaration with a name."""

    @property
    def name(self) -> str:
        """The name of what is declared."""


D = TypeVar("D", bound=Declaration)


def declarations(package: str) -> Iterator[Any]:
    """Yield every module-level value of the files of a package.

    Files whose name begins with an underscore declare nothing.
    """
    for file in iter_modules(sys.modules[package].__path__):
        if not file.name.startswith("_"):
            yield from vars(import_module(f"{package}.{file.name}")).values()


def by_name(values: Iterable[D]) -> dict[str, D]:
    """Return declarations by their names, sorted.

    Raises
    ------
    OihsimError
        if two of them have one name
    """
    named: dict[str, D] = {}
    for value in values:
        if named.setdefault(value.name, value) is not value:
            raise OihsimError(f"two declarations are named {value.name!r}")
    return dict(sorted(named.items()))
