"""One problem in a form for every rival: states, equations, doses, outputs, straight-line code."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.problems import Array
from benchmarks.tracing import Shapes, Term, Trace, python_source, recorded_shapes, used_fixed

TINY = 1e-12
"""Change of a state at zero for tools that need a series there: 1e-11 of its later values."""


@dataclass(frozen=True)
class Piece:
    """The time from one stop to the next.

    Attributes
    ----------
    stop : number of the stop at the start, -1 before the first
    grid : (g,) start, output times and end, h
    rows : (g,) number of the output at each time of the grid, -1 for none
    """

    stop: int
    grid: Array
    rows: np.ndarray


@dataclass(frozen=True)
class Code:
    """Straight-line code of a system.

    Attributes
    ----------
    trace : the operations; dy : the derivatives
    subject_terms : names of the parameters, and of values that depend on them alone, that
        operations read
    """

    trace: Trace
    dy: list[Any]
    subject_terms: list[str]

    def source(self, header: str, parameter: str) -> str:
        """Return a Python function; ``parameter`` is the array of values per subject."""
        text = python_source(self.trace, self.dy, header)
        place = {name: k for k, name in enumerate(self.subject_terms)}

        def renamed(match: re.Match[str]) -> str:
            name = match.group()
            k = place[name] if name in place else len(place) + int(name[2:-1])
            return f"{parameter}[{k}]"

        return re.sub(r"\bc\d+\b|\b[pq]\[\d+\]", renamed, text)


@dataclass(frozen=True)
class System:
    """One problem for ``n`` subjects; stops and outputs are the same for all of them.

    Attributes
    ----------
    y0 : (s,)
    P : (n, p) every parameter
    equations : ``(y, p, shapes) -> derivatives``, for any kind of number or symbol
    into : states that doses enter
    stops : (k,) hours; bolus : (n, k, d) amounts added then; inflow : (n, k, d) rate from then on
    times : (t,) output times
    compared : states whose error counts
    nudge : (s,) sign of the smallest change of the start that takes every power of a quantity
        away from zero, for tools that expand it into a series
    """

    name: str
    states: tuple[str, ...]
    y0: Array
    P: Array
    equations: Callable[[Sequence[Any], Sequence[Any], Shapes], list[Any]]
    into: tuple[int, ...]
    stops: Array
    bolus: Array
    inflow: Array
    times: Array
    compared: tuple[int, ...]
    nudge: Array

    @cached_property
    def varied(self) -> np.ndarray:
        """Columns of ``P`` that differ between subjects; the rest are written as numbers."""
        return np.flatnonzero(np.ptp(self.P, axis=0) > 0.0)

    @cached_property
    def code(self) -> Code:
        """The equations as straight-line code.

        Parameters that differ between subjects stay parameters; values that depend on them alone
        are computed once per subject, as a user in need of speed would do.
        """
        trace = Trace()
        y = [Term(trace, f"y[{i}]") for i in range(len(self.states))]
        p: list[Any] = [float(value) for value in self.P[0]]
        for place, column in enumerate(self.varied):
            p[column] = Term(trace, f"p[{place}]", fixed=True)
        dy = list(self.equations(y, p, recorded_shapes()))
        names = used_fixed(trace, dy)
        for place, state in enumerate(self.into):
            dy[state] = dy[state] + Term(trace, f"q[{place}]", fixed=True)
        return Code(trace, dy, names)

    @cached_property
    def subject_values(self) -> Array:
        """(n, v + d) the values that differ between subjects, and room for the inflows."""
        known: dict[str, Any] = {"p": self.P.T[self.varied], "pow": np.power}
        known |= {"max": np.maximum, "guard": np.maximum}
        for name, text in self.code.trace.fixed:
            known[name] = eval(text, known)
        columns = [eval(name, known) for name in self.code.subject_terms]
        return np.stack([*columns, *np.zeros((len(self.into), len(self.P)))], axis=1)

    @cached_property
    def pieces(self) -> list[Piece]:
        """The stretches between stops, from the first output time to the last."""
        first, last = float(self.times[0]), float(self.times[-1])
        inner = [float(stop) for stop in self.stops if first <= stop < last]
        edges = sorted({first, *inner, last})
        place = {float(stop): k for k, stop in enumerate(self.stops)}
        pieces = []
        for start, end in pairwise(edges):
            inside = np.flatnonzero((self.times > start) & (self.times <= end))
            grid, rows = [start, *self.times[inside]], [-1, *inside]
            if grid[-1] != end:
                grid, rows = [*grid, end], [*rows, -1]
            pieces.append(Piece(place.get(start, -1), np.array(grid), np.array(rows)))
        return pieces

    def first(self, n: int) -> System:
        """Return the system of the first ``n`` subjects, with the same columns varied."""
        few = replace(self, P=self.P[:n], bolus=self.bolus[:n], inflow=self.inflow[:n])
        few.__dict__.update(varied=self.varied, code=self.code)
        return few
