"""The exceptions a user can meet.

OihsimError
├── InputError         a file or an argument is wrong; carries every problem found
├── ModelError         mechanisms that cannot be linked, or an equation outside the subset
└── SimulationError    a subject could not be advanced to the end
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MOST_SHOWN = 200
"""Problems that the text of an :class:`InputError` names; the others are counted."""


class OihsimError(Exception):
    """An input that oihsim refuses, or a task that it cannot do; the text is for the user."""


@dataclass(frozen=True)
class Problem:
    """A fault of an input: its place, what stands there (``actual``), and what is allowed.

    Examples
    --------
    >>> print(Problem("s.yaml", 5, "arms.a.doses[0].amount", "'60 mgg'", "an amount"))
    s.yaml:5: arms.a.doses[0].amount: found '60 mgg'; allowed: an amount
    """

    file: str
    line: int | None
    field: str
    actual: str
    allowed: str

    def __str__(self) -> str:
        """Return ``file:line: field: found …; allowed: …``."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.field}: found {self.actual}; allowed: {self.allowed}"

    def as_data(self) -> dict[str, str | int | None]:
        """Return the problem as plain data, with the keys of ``oihsim check --json``.

        Examples
        --------
        >>> list(Problem("s.yaml", 5, "question", "nothing", "a sentence").as_data())
        ['file', 'line', 'field', 'found', 'allowed']
        """
        return {
            "file": self.file,
            "line": self.line,
            "field": self.field,
            "found": self.actual,
            "allowed": self.allowed,
        }


class InputError(OihsimError):
    """All problems of an input at once, in the order of their lines.

    ``problems`` has them all; the text names the first :data:`MOST_SHOWN`.

    Examples
    --------
    >>> error = InputError([Problem("s.yaml", 1, "question", "nothing", "a sentence")])
    >>> len(error.problems)
    1
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line or 0)))
        lines = [str(problem) for problem in self.problems[:MOST_SHOWN]]
        if len(self.problems) > MOST_SHOWN:
            lines.append(f"and {len(self.problems) - MOST_SHOWN} more problems")
        super().__init__("\n".join(lines))


class ModelError(OihsimError):
    """Mechanisms do not fit together, or an equation leaves the permitted subset of Python."""


class SimulationError(OihsimError):
    """At least one subject failed; the text names each with its reason and its parameters."""
