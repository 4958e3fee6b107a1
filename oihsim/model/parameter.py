"""The declared symbols of a model: parameters, states, outputs and the drives that enter it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

EVIDENCE = ("measured", "fitted", "derived", "assumed")
"""Grades of evidence, from a number read in a paper to a number chosen by the authors."""


@dataclass(frozen=True)
class Parameter:
    """A number with its unit, source and evidence.

    Parameters
    ----------
    symbol : name of the argument in the equations of its mechanism
    value : typical value, in ``unit``
    unit : unit as pint reads it; ``"1"`` for a pure number; inside the model time is in hours
    meaning : one phrase
    source : key in ``references.bib``, or ``""`` when ``evidence`` is ``"assumed"``
    evidence : ``measured`` (read in the source), ``fitted`` (tuned here to the source),
        ``derived`` (computed from numbers read in the source), ``assumed`` (chosen)
    low, high : range that holds the value with about 95 % belief (uncertainty of the estimate)
    cv : between-subject coefficient of variation, log-normal (variability, not uncertainty)

    Examples
    --------
    >>> Parameter("k_on", 2.0, "1/h", "rate of phosphorylation", evidence="assumed").address("nmda")
    'nmda.k_on'
    """

    symbol: str
    value: float
    unit: str
    meaning: str
    source: str = ""
    evidence: str = "assumed"
    low: float | None = None
    high: float | None = None
    cv: float = 0.0

    def address(self, mechanism: str) -> str:
        """Return ``mechanism.symbol``, the name used in files, tables and messages."""
        return f"{mechanism}.{self.symbol}"


@dataclass(frozen=True)
class State:
    """A quantity that the solver integrates.

    ``typical`` is the size that scales errors of integration; ``bounds`` is the interval that the
    equations never let the state leave.
    """

    symbol: str
    name: str
    initial: float
    unit: str
    meaning: str
    typical: float = 1.0
    bounds: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True)
class Output:
    """A quantity computed from states, drives, parameters and other outputs.

    ``equation`` is a plain function whose argument names are symbols; it returns one number.
    """

    symbol: str
    name: str
    unit: str
    meaning: str
    equation: Callable[..., Any]


@dataclass(frozen=True)
class Drive:
    """An input from kinetics to the body: smooth, summed over all drugs, 0 without drug."""

    symbol: str
    unit: str
    meaning: str
