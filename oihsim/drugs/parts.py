"""The parts of a drug: correlations, flows, inputs and ligands, with their formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oihsim.kinetics.expressions import Expression


@dataclass(frozen=True)
class ParameterCorrelation:
    """Two parameters of one drug whose deviates go together; ``r`` on the scale of the spread."""

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
    """One way into the body of a dose; ``duration`` makes it zero-order."""

    into: str
    F: Expression
    lag: Expression
    duration: Expression | None


@dataclass(frozen=True)
class Ligand:
    """Something that binds, its effect site, and formulas for its action on each target."""

    name: str
    plasma: str
    ke0: Expression
    molar_mass: float
    targets: Mapping[str, Mapping[str, Any]]
