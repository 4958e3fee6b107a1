"""Trace of equations, run once with symbols in place of numbers: straight-line code for tools.

An equation of this repository is a plain Python function without branches. Called with
:class:`Term` objects it records its operations. The record is counted, and printed as Python whose
only calls are ``pow``, ``max`` and ``guard``: numba compiles this text, heyoka and jax run it with
their symbols, and its lines are DiffSL, which pydiffsol reads.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

Shapes = Mapping[str, Any]

FLOPS = {"add": 1, "sub": 1, "mul": 1, "div": 1, "neg": 0, "pow": 1, "max": 1, "guard": 1}
"""Operations that count as one each, although a division or a power costs more."""


@dataclass
class Trace:
    """The operations recorded so far: ``(name, text, kind)`` in order.

    ``fixed`` are those that depend on parameters alone: a user would do them once per subject.
    """

    lines: list[tuple[str, str, str]] = field(default_factory=list)
    fixed: list[tuple[str, str]] = field(default_factory=list)
    seen: dict[str, Term] = field(default_factory=dict)

    def put(self, kind: str, text: str, of: Sequence[Any]) -> Term:
        """Record an operation, equal ones only once, and return its result."""
        if text not in self.seen:
            fixed = all(value.fixed for value in of if isinstance(value, Term))
            name = f"{'c' if fixed else 'v'}{len(self.seen)}"
            if fixed:
                self.fixed.append((name, text))
            else:
                self.lines.append((name, text, kind))
            self.seen[text] = Term(self, name, fixed)
        return self.seen[text]

    def counts(self) -> dict[str, int]:
        """Return the number of operations of each kind."""
        return dict(Counter(kind for _, _, kind in self.lines))

    def flops(self) -> int:
        """Return the number of floating-point operations of one evaluation."""
        return sum(FLOPS.get(kind, 0) * count for kind, count in self.counts().items())


@dataclass(frozen=True)
class Term:
    """A value known by its name in a trace; arithmetic with it is recorded.

    ``fixed`` if it depends on parameters alone.
    """

    trace: Trace
    name: str
    fixed: bool = False

    def __add__(self, other: Any) -> Any:
        return self if other == 0.0 else self._do("add", self, "+", other)

    def __radd__(self, other: Any) -> Any:
        return self if other == 0.0 else self._do("add", other, "+", self)

    def __sub__(self, other: Any) -> Any:
        return self if other == 0.0 else self._do("sub", self, "-", other)

    def __rsub__(self, other: Any) -> Any:
        return self._do("sub", other, "-", self)

    def __mul__(self, other: Any) -> Any:
        return self._product(other, lambda: self._do("mul", self, "*", other))

    def __rmul__(self, other: Any) -> Any:
        return self._product(other, lambda: self._do("mul", other, "*", self))

    def __truediv__(self, other: Any) -> Any:
        if other == 1.0:
            return self
        # a division by what stays the same is a product with its inverse
        if not isinstance(other, Term) or (other.fixed and not self.fixed):
            return self * (1.0 / other)
        return self._do("div", self, "/", other)

    def __rtruediv__(self, other: Any) -> Any:
        return 0.0 if other == 0.0 else self._do("div", other, "/", self)

    def __neg__(self) -> Any:
        return self.trace.put("neg", f"-{self.name}", (self,))

    def __pow__(self, n: Any) -> Any:
        return self.call("pow", n)

    def call(self, kind: str, *others: Any) -> Any:
        """Record a call of the function ``kind``; a small whole power becomes products."""
        if kind == "pow" and others[0] in (1.0, 2.0, 3.0, 4.0):
            square = self if others[0] == 1.0 else self * self
            return {1.0: square, 2.0: square}.get(others[0]) or square * (
                self if others[0] == 3.0 else square
            )
        words = ", ".join(written(value) for value in (self, *others))
        return self.trace.put(kind, f"{kind}({words})", (self, *others))

    def _product(self, other: Any, otherwise: Callable[[], Any]) -> Any:
        if isinstance(other, float) and other in (0.0, 1.0):
            return 0.0 if other == 0.0 else self
        return otherwise()

    def _do(self, kind: str, first: Any, sign: str, second: Any) -> Term:
        text = f"{written(first)} {sign} {written(second)}"
        return self.trace.put(kind, text, (first, second))

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def written(value: Any) -> str:
    """Return the text of a value: its name, or the number in full.

    Examples
    --------
    >>> written(-0.1), written(Term(Trace(), "y0"))
    ('(-0.1)', 'y0')
    """
    if isinstance(value, Term):
        return value.name
    text = repr(float(value))
    return f"({text})" if text.startswith("-") else text


def rebound(function: Callable[..., Any], twins: Shapes) -> Callable[..., Any]:
    """Return a function, and the functions it calls, with the names in ``twins`` replaced.

    Examples
    --------
    >>> def clipped(x): return max(x, 0.0)
    >>> rebound(clipped, {"max": lambda x, _: f"clip {x}"})(3)
    'clip 3'
    """
    if not isinstance(function, FunctionType):
        return function
    known: dict[str, Any] = {"__builtins__": {}}
    for name in function.__code__.co_names:
        if name in twins:
            known[name] = twins[name]
        elif name in function.__globals__:
            known[name] = rebound(function.__globals__[name], twins)
    return FunctionType(function.__code__, known, function.__name__)


class Lists:
    """Stands for ``np`` in an equation: its arrays are lists."""

    array = staticmethod(list)


def recorded_shapes() -> Shapes:
    """Return shapes that record themselves.

    ``max(x, 0)`` marks a shape with two branches; ``guard(x)`` has the same value where only
    rounding can bring ``x`` below zero, and a tool may omit it.
    """
    positive: set[Term] = set()

    def clipped(kind: str, x: Any) -> Any:
        if x in positive:
            return x
        return x.call(kind, 0.0) if isinstance(x, Term) else max(x, 0.0)

    def power(x: Any, n: Any) -> Any:
        return clipped("guard", x) ** n

    def hill(x: Any, x50: Any, n: Any) -> Any:
        y = (clipped("max", x) / x50) ** n
        return y / (1.0 + y)

    def rectify(x: Any, d: Any) -> Any:
        x = clipped("max", x)
        square = x * x
        value = square * square / ((x + d) * (square + d * d))
        positive.add(value)
        return value

    def hinge(x: Any, d: Any) -> Any:
        x = clipped("max", x)
        return x * x / (x + d)

    return {
        "power": power, "hill": hill, "rectify": rectify, "hinge": hinge, "np": Lists,
        "max": lambda x, _: clipped("guard", x),
    }  # fmt: skip


def python_source(trace: Trace, results: Sequence[Any], header: str) -> str:
    """Return the text of a function ``header`` with the traced operations, which sets ``dy``."""
    lines = [f"def {header}:"]
    lines += [f"    {name} = {text}" for name, text, _ in trace.lines]
    lines += [f"    dy[{i}] = {written(value)}" for i, value in enumerate(results)]
    return "\n".join(lines) + "\n"


def used_fixed(trace: Trace, results: Sequence[Any]) -> list[str]:
    """Return the names of fixed values and parameters that the moving operations read."""
    text = " ".join([*(line for _, line, _ in trace.lines), *(written(r) for r in results)])
    return list(dict.fromkeys(re.findall(r"\bc\d+\b|\bp\[\d+\]", text)))
