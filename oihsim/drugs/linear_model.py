"""Linear models that event records dose: a file of kind ``model``, or any drug of the package.

A model is the drug-file form without pedigree: an event table needs compartments, flows, and the
inputs of doses. Formulas may read data columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oihsim.drugs.drug import Drug
from oihsim.drugs.parts import Transport
from oihsim.files.units import convert
from oihsim.files.yaml import Document
from oihsim.kinetics.compartments import OUT
from oihsim.kinetics.covariates import COVARIATES, FORMULAE, with_formulae
from oihsim.kinetics.expressions import Expression, parse

Array = NDArray[np.float64]

FILLS = ("locf", "nocb")
"""Last observation carried forward; next observation carried backward."""

UNITY, ZERO = parse("1"), parse("0")


@dataclass(frozen=True)
class Part:
    """How a dose enters one compartment.

    Attributes
    ----------
    into : name of the compartment
    F, lag : formulas
    rate, duration : formulas of a modelled rate (RATE -1) and duration (RATE -2), or None
    always : whether ``duration`` applies also to a dose without RATE and DUR (zero-order routes)
    """

    into: str
    F: Expression = UNITY
    lag: Expression = ZERO
    rate: Expression | None = None
    duration: Expression | None = None
    always: bool = False


@dataclass(frozen=True)
class Site:
    """An effect site that follows ``plasma`` at the rate ``ke0``; ``molar`` nM in 1 amount/L."""

    ligand: str
    plasma: str
    ke0: Expression
    molar: float = 1.0


@dataclass(frozen=True)
class LinearModel:
    """A linear model with its compartments in order.

    Attributes
    ----------
    name, path, kind : identity
    time_unit, amount_unit : of TIME, II, DUR and of AMT in the records
    parameters : symbol -> value in the file's units
    derived : ordered formulas
    volumes : compartment -> formula of its volume, L, or None
    flows : first-order transport
    inputs : name in CMT -> how a dose enters; every compartment, and the routes of a drug
    sites : effect sites
    fill : ``locf``, ``nocb`` or None if the file names neither
    default : compartment of records without CMT
    defaults : covariates that need no data column
    hourly : factor from the file's rates to 1/time_unit
    amount : amount in the file's unit that one AMT holds
    """

    name: str
    path: Path
    kind: str
    time_unit: str
    amount_unit: str
    parameters: Mapping[str, float]
    derived: Mapping[str, Expression]
    volumes: Mapping[str, Expression | None]
    flows: tuple[Transport, ...]
    inputs: Mapping[str, tuple[Part, ...]]
    sites: tuple[Site, ...] = ()
    fill: str | None = None
    default: str = ""
    defaults: Mapping[str, float] = field(default_factory=dict)
    hourly: float = 1.0
    amount: float = 1.0
    document: Document | None = field(default=None, repr=False, compare=False)

    @property
    def compartments(self) -> tuple[str, ...]:
        """Names of the compartments, in the order of their numbers."""
        return tuple(self.volumes)

    @property
    def rows(self) -> tuple[str, ...]:
        """Names of the states: the compartments, then the effect sites."""
        return (*self.volumes, *(f"{site.ligand} effect site" for site in self.sites))

    def formulas(self) -> list[Expression]:
        """Return every formula of the model."""
        formulas = [*self.derived.values(), *(flow.rate for flow in self.flows)]
        formulas += [volume for volume in self.volumes.values() if volume is not None]
        formulas += [site.ke0 for site in self.sites]
        for parts in self.inputs.values():
            for part in parts:
                formulas += [part.F, part.lag]
                formulas += [f for f in (part.rate, part.duration) if f is not None]
        return formulas

    def reads(self) -> frozenset[str]:
        """Return the names that formulas read and the file does not define.

        Examples
        --------
        >>> from oihsim.drugs import FOLDER
        >>> model = of_drug(__import__("oihsim.drugs").drugs.load_drug("naltrexone"))
        >>> sorted(model.reads())
        []
        """
        names = frozenset().union(*(formula.names for formula in self.formulas()), frozenset())
        waiting = set(names - self.derived.keys() - {"DOSE"})
        for word in sorted(waiting & FORMULAE.keys()):
            waiting |= _covariates_of(word)
        return frozenset(waiting - FORMULAE.keys() - self.parameters.keys())

    def symbols(self, columns: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Return every symbol over ``columns``, (n,) each; a column replaces a parameter."""
        full = with_formulae({**self.defaults, **self.parameters, **columns})
        for symbol, expression in self.derived.items():
            full[symbol] = np.asarray(expression.value(full))
        return full

    def rates(self, full: Mapping[str, Array], n: int) -> Array:
        """Return the rate matrices (n, rows, rows), 1/time_unit; entries may be impossible."""
        row = {name: i for i, name in enumerate(self.rows)}
        A = np.zeros((n, len(row), len(row)))
        for flow in self.flows:
            rate = flow.rate.value(full) * self.hourly
            A[:, row[flow.origin], row[flow.origin]] -= rate
            if flow.target != OUT:
                A[:, row[flow.target], row[flow.origin]] += rate
        for i, site in enumerate(self.sites, start=len(self.volumes)):
            ke0 = site.ke0.value(full) * self.hourly
            volume = self.volumes[site.plasma]
            A[:, i, row[site.plasma]] = ke0 / (1.0 if volume is None else volume.value(full))
            A[:, i, i] = -ke0
        return A


def _covariates_of(word: str) -> frozenset[str]:
    """Return the covariates that a formula of body size reads, through others too."""
    names: frozenset[str] = frozenset()
    for name in FORMULAE[word].expression.names:
        names |= _covariates_of(name) if name in FORMULAE else {name}
    return names


def of_drug(drug: Drug) -> LinearModel:
    """Return the linear model of a drug: TIME in h, AMT in labelled mg, CMT a route or compartment.

    Covariates without a column are those of the reference man.

    Examples
    --------
    >>> from oihsim.drugs import load_drug
    >>> of_drug(load_drug("ketamine")).default
    'iv'
    """
    hours = convert(1.0, drug.time_unit, "h")
    parts: dict[str, tuple[Part, ...]] = {name: (Part(name),) for name in drug.volumes}
    for route, inputs in drug.route_parts.items():
        parts[route] = tuple(
            Part(
                p.into,
                p.F,
                p.lag,
                duration=p.duration,
                always=p.duration is not None or route in drug.worn,
            )
            for p in inputs
        )
    values = {p.symbol: p.value * drug.factors[p.symbol] for p in drug.parameters}
    return LinearModel(
        name=drug.name,
        path=drug.path,
        kind=drug.kind,
        time_unit="h",
        amount_unit=drug.dose_unit,
        parameters=values,
        derived=drug.derived,
        volumes=drug.volumes,
        flows=drug.flows,
        inputs=parts,
        sites=tuple(
            Site(part.name, part.plasma, part.ke0, drug._nanomolar(part.molar_mass))
            for part in drug.ligand_parts
        ),
        default=drug.routes[0],
        defaults={c.symbol: c.default for c in COVARIATES.values()},
        hourly=1.0 / hours,
        amount=drug.amount_per_mg(),
    )


def lines_of(model: LinearModel, place: tuple[Any, ...]) -> int | None:
    """Return the line of a place in the model's file, None for a model without a file."""
    return None if model.document is None else model.document.line(place)
