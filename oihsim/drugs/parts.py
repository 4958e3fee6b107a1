"""The parts of a drug: correlations, flows, inputs and ligands, with their formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oihsim.kinetics.expressions import Expression


@dataclass(frozen=True)
class ParameterCorrelation:
    """Correlation ``r`` of two parameters of one drug, on the scale of their spreads."""

    between: tuple[str, str]
    r: float
    source: str
    evidence: str


@dataclass(frozen=True)
class Transport:
    """A first-order flow whose rate is a formula."""

    origin: str
    target: str
    rate: Expression


@dataclass(frozen=True)
class Input:
    """One input of a route, for the part ``F`` of the dose; ``duration`` makes it zero-order."""

    into: str
    F: Expression
    lag: Expression
    duration: Expression | None


@dataclass(frozen=True)
class Ligand:
    """A ligand: its plasma compartment, effect site, and formulas of its action on each target."""

    name: str
    plasma: str
    ke0: Expression
    molar_mass: float
    targets: Mapping[str, Mapping[str, Any]]
