"""Readers of single fields of a drug file: each notes a problem with its line and goes on."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from oihsim.drugs.drug_units import dimension_of, name_of
from oihsim.files.errors import Problem
from oihsim.files.units import Dimension
from oihsim.files.yaml import Document, Place, closest
from oihsim.kinetics.expressions import Expression, parse
from oihsim.model.parameter import EVIDENCE

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


class Fields:
    """The fields of a document, and its problems so far."""

    def __init__(self, document: Document, sources: frozenset[str]) -> None:
        self.document = document
        self.sources = sources
        self.problems: list[Problem] = []
        self.broken: set[str] = set()
        """Symbols with a wrong declaration; formulas that read them are not judged."""

    def refuse(self, place: Place, actual: str, allowed: str) -> None:
        """Note a problem."""
        self.problems.append(self.document.problem(place, actual, allowed))

    def mapping(
        self, place: Place, value: Any, known: Collection[str], required: Collection[str] = ()
    ) -> dict[str, Any]:
        """Return ``value`` if it is a mapping, else an empty one; note unknown and missing keys."""
        if not isinstance(value, dict):
            self.refuse(place, _shown(value), f"a mapping with {', '.join(known)}")
            return {}
        for key in value:
            if key not in known:
                self.refuse((*place, key), f"the key '{key}'", closest(key, known))
        for key in required:
            if value.get(key) is None:
                self.refuse((*place, key), "nothing", f"'{key}'")
        return value

    def named(self, place: Place, value: Any, what: str) -> dict[str, Any]:
        """Return the entries of a mapping whose keys are names; note keys that are none."""
        if value is None:
            return {}  # the caller notes an absent key
        if not isinstance(value, dict):
            self.refuse(place, _shown(value), f"a mapping from {what} to its description")
            return {}
        for key in value:
            if not NAME.fullmatch(key):
                self.refuse((*place, key), f"'{key}'", "letters, digits and _, a letter first")
        return {key: item for key, item in value.items() if NAME.fullmatch(key)}

    def sequence(self, place: Place, value: Any) -> list[Any]:
        """Return ``value`` if it is a list, else an empty one."""
        if isinstance(value, list):
            return value
        self.refuse(place, _shown(value), "a list")
        return []

    def text(self, place: Place, value: Any) -> str:
        """Return ``value`` if it is text and not blank, else ``""``."""
        if isinstance(value, str) and value.strip():
            return value.strip()
        if value is not None:
            self.refuse(place, _shown(value), "text")
        return ""

    def number(
        self, place: Place, value: Any, low: float = 0.0, high: float = math.inf
    ) -> float | None:
        """Return a finite number from ``low`` to ``high``, else None."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(place, _shown(value), "a number")
        elif not math.isfinite(value):
            self.refuse(place, _shown(value), "a finite number")
        elif not low <= value <= high:
            end = f"at least {low:g}" if value < low else f"at most {high:g}"
            self.refuse(place, _shown(value), f"from {low:g} to {high:g}" if high <= 10 else end)
        else:
            return float(value)
        return None

    def choice(self, place: Place, value: Any, allowed: Collection[str]) -> str | None:
        """Return ``value`` if it is one of ``allowed``, else None."""
        if isinstance(value, str) and value in allowed:
            return value
        self.refuse(place, _shown(value), closest(str(value), allowed))
        return None

    def pedigree(self, place: Place, entry: Mapping[str, Any], prefix: str = "") -> tuple[str, str]:
        """Return source and evidence of ``entry``; only an assumed number may lack a source."""
        key, grade_key = f"{prefix}source", f"{prefix}evidence"
        grade = "assumed"
        if entry.get(grade_key) is not None:
            grade = self.choice((*place, grade_key), entry[grade_key], EVIDENCE) or "assumed"
        elif not prefix:
            self.refuse((*place, grade_key), "nothing", f"'{grade_key}': {', '.join(EVIDENCE)}")
        source = self.source((*place, key), entry.get(key))
        if not source and grade != "assumed" and entry.get(key) is None:
            self.refuse((*place, key), "nothing", f"'{key}', as it is {grade}")
        return source, grade

    def source(self, place: Place, value: Any) -> str:
        """Return a key of the bibliography, or ``""`` if there is none."""
        key = self.text(place, value)
        if key and key not in self.sources:
            near = closest(key, self.sources).split(" (known")[0]
            hint = near if near.startswith("did you mean") else "a key in the bibliography"
            self.refuse(place, f"the source '{key}'", hint)
        return key

    def formula(
        self,
        place: Place,
        value: Any,
        known: Mapping[str, Dimension],
        wanted: Dimension | None = None,
    ) -> Expression | None:
        """Return a formula over ``known`` names whose value has the ``wanted`` dimension."""
        try:
            expression = parse(value)
        except ValueError as error:
            self.refuse(place, _shown(value), f"a formula ({error})")
            return None
        unknown = sorted(expression.names - known.keys())
        for name in unknown:
            self.refuse(place, f"'{name}' in '{expression.text}'", closest(name, known))
        if unknown:
            return None
        if not expression.names and float(expression.value({})) not in (0.0, 1.0):
            # a number in a formula of its own would have no source
            self.refuse(place, _shown(value), "a parameter, where the number has its source")
            return None
        if expression.names & self.broken:
            return None
        try:
            dimension = dimension_of(expression, known)
        except ValueError as error:
            self.refuse(place, f"'{expression.text}'", f"units that fit ({error})")
            return None
        if wanted is not None and expression.names and dimension != wanted:
            actual = f"'{expression.text}', which is {name_of(dimension)}"
            self.refuse(place, actual, name_of(wanted))
            return None
        return expression


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
