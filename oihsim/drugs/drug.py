"""A drug: parameters with their pedigree, and how they become kinetics, doses and targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oihsim.drugs.drug_units import SUBSTANCES
from oihsim.drugs.parts import Input, Ligand, ParameterCorrelation, Transport
from oihsim.files.errors import InputError, Problem
from oihsim.files.units import convert
from oihsim.files.yaml import closest
from oihsim.kinetics.compartments import EffectSite, Flow, LinearKinetics, assemble
from oihsim.kinetics.covariates import COVARIATES, with_formulae
from oihsim.kinetics.expressions import Expression
from oihsim.model.parameter import Parameter

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Drug:
    """A drug as its file declares it, or a therapy, an injury or a gas, whose doses are counted.

    Attributes
    ----------
    name, meaning, path : identity
    kind : ``"drug"``, ``"therapy"``, ``"injury"`` or ``"gas"``
    hash : SHA-256 of the file's bytes
    time_unit, amount_unit : the file's units; volumes are in L
    molar_mass : g/mol of the dosed substance; 1 if doses are counted
    salt_factor : mass of that substance in a labelled mg
    parameters : in the units of their ``unit``
    spread : symbol -> ``"lognormal"`` or ``"logit"``, for parameters with ``cv > 0``
    spread_pedigree : symbol -> (source, evidence) of its ``cv``
    correlations : between parameters that have a spread
    references : keys of all sources cited
    """

    name: str
    meaning: str
    path: Path
    hash: str
    time_unit: str
    amount_unit: str
    molar_mass: float
    salt_factor: float
    parameters: tuple[Parameter, ...]
    spread: Mapping[str, str]
    spread_pedigree: Mapping[str, tuple[str, str]]
    correlations: tuple[ParameterCorrelation, ...]
    references: tuple[str, ...]
    factors: Mapping[str, float] = field(repr=False)
    derived: Mapping[str, Expression] = field(repr=False)
    volumes: Mapping[str, Expression | None] = field(repr=False)
    flows: tuple[Transport, ...] = field(repr=False)
    ligand_parts: tuple[Ligand, ...] = field(repr=False)
    route_parts: Mapping[str, tuple[Input, ...]] = field(repr=False)
    worn: tuple[str, ...] = ()
    """Routes whose dose carries its duration (patches): the dose file gives rate and wear time."""
    kind: str = "drug"

    @property
    def dose_unit(self) -> str:
        """Unit of a dose: mg, or the counted unit."""
        return "mg" if self.kind == "drug" else self.amount_unit

    @property
    def concentration_unit(self) -> str:
        """Unit of the concentration at the effect site: nmol/L, MAC, or the counted unit."""
        return {"drug": "nmol/L", "gas": "MAC"}.get(self.kind, self.amount_unit)

    @property
    def ligands(self) -> tuple[str, ...]:
        """Names of the ligands, in the order of the rows of ``C``."""
        return tuple(ligand.name for ligand in self.ligand_parts)

    @property
    def routes(self) -> tuple[str, ...]:
        """Names of the routes."""
        return tuple(self.route_parts)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Compartments that a route leads into, in the order of the rows of ``B``."""
        into = {part.into for parts in self.route_parts.values() for part in parts}
        return tuple(name for name in self.volumes if name in into)

    def typical(self, n: int = 1) -> dict[str, Array]:
        """Return typical parameters and the covariates of the reference man, each (n,)."""
        values = {p.symbol: p.value for p in self.parameters}
        values |= {c.symbol: c.default for c in COVARIATES.values()}
        return {symbol: np.full(n, value) for symbol, value in values.items()}

    def individual(self, values: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Return every symbol of the formulas, derived ones included, in the file's units.

        Parameters
        ----------
        values : every parameter in its ``unit`` and the covariates read by formulas, each (n,)
        """
        full = with_formulae(values)
        for symbol, factor in self.factors.items():
            full[symbol] = full[symbol] * factor
        for symbol, expression in self.derived.items():
            full[symbol] = np.asarray(expression.value(full))
        return full

    def kinetics(self, values: Mapping[str, ArrayLike]) -> LinearKinetics:
        """Return the rate matrices of ``n`` subjects.

        Raises
        ------
        oihsim.files.errors.ModelError
            a rate is negative or not finite in some subject

        Examples
        --------
        >>> from oihsim.drugs import load_drug
        >>> drug = load_drug("ketamine")
        >>> drug.kinetics(drug.typical(3)).A.shape
        (3, 8, 8)
        """
        full = self.individual(values)
        n = _subjects(values)
        hourly = 1.0 / convert(1.0, self.time_unit, "h")

        def array(expression: Expression) -> Array:
            return np.broadcast_to(np.asarray(expression.value(full)), (n,)).astype(np.float64)

        flows = [Flow(f.origin, f.target, array(f.rate) * hourly) for f in self.flows]
        sites = []
        for part in self.ligand_parts:
            formula = self.volumes[part.plasma]
            # a counted agent has no volume: its amount acts; that of a gas is a time, here in h
            volume = np.ones(n) if formula is None else array(formula)
            if self.kind == "gas":
                volume = volume / hourly
            ke0 = array(part.ke0) * hourly
            molar = self._nanomolar(part.molar_mass)
            sites.append(EffectSite(part.name, part.plasma, volume, ke0, molar))
        return assemble(tuple(self.volumes), flows, self.inputs, sites)

    def route_inputs(
        self, route: str, values: Mapping[str, ArrayLike], dose_mg: ArrayLike
    ) -> list[tuple[int, Array, Array, Array | None]]:
        """Return how a dose enters.

        Parameters
        ----------
        route : one of ``routes``
        values : as for :meth:`kinetics`
        dose_mg : labelled dose in ``dose_unit``, a number or (n,)

        Returns
        -------
        list of (input index, amount per ``dose_unit`` (n,), lag in h (n,), duration in h (n,) or
        None); None means at once, or over the duration that comes with the dose

        Raises
        ------
        oihsim.files.errors.InputError
            no such route
        """
        if route not in self.route_parts:
            allowed = closest(route, self.routes)
            raise InputError([Problem(self.path.name, None, "route", f"'{route}'", allowed)])
        n = _subjects(values)
        full = self.individual(values) | {"DOSE": np.asarray(dose_mg, dtype=np.float64)}
        hours = convert(1.0, self.time_unit, "h")

        def array(expression: Expression) -> Array:
            return np.broadcast_to(np.asarray(expression.value(full)), (n,)).astype(np.float64)

        entries: list[tuple[int, Array, Array, Array | None]] = []
        for part in self.route_parts[route]:
            duration = None if part.duration is None else array(part.duration) * hours
            amount = array(part.F) * self.amount_per_mg()
            index = self.inputs.index(part.into)
            entries.append((index, amount, array(part.lag) * hours, duration))
        return entries

    @property
    def route_compartments(self) -> dict[str, list[str]]:
        """Route -> compartments that a dose enters.

        Examples
        --------
        >>> from oihsim.drugs import load_drug
        >>> load_drug("morphine").route_compartments["iv"]
        ['central']
        """
        return {route: [part.into for part in parts] for route, parts in self.route_parts.items()}

    def plasma_ligand(self, route: str) -> Ligand | None:
        """Return the ligand whose plasma a route enters at once; None if there is no single one.

        Examples
        --------
        >>> from oihsim.drugs import load_drug
        >>> load_drug("morphine").plasma_ligand("iv").name
        'morphine'
        >>> load_drug("morphine").plasma_ligand("oral") is None
        True
        """
        parts = self.route_parts.get(route, ())
        if self.kind != "drug" or len(parts) != 1:
            return None
        entry = parts[0]
        shifted = entry.duration is not None or entry.lag.names or entry.lag.value({}) != 0.0
        if shifted or "DOSE" in entry.F.names:
            return None
        ligands = [ligand for ligand in self.ligand_parts if ligand.plasma == entry.into]
        return ligands[0] if len(ligands) == 1 else None

    def amount_per_mg(self) -> float:
        """Return the amount, in ``amount_unit``, of active substance in a ``dose_unit``."""
        if self.kind != "drug":
            return 1.0
        if self.amount_unit in SUBSTANCES:
            per_mg = convert(1.0, "mmol", self.amount_unit) / self.molar_mass
        else:
            per_mg = convert(1.0, "mg", self.amount_unit)
        return per_mg * self.salt_factor

    def _nanomolar(self, molar_mass: float) -> float:
        """Return the nM in one ``amount_unit`` per litre; 1 for a counted agent."""
        if self.kind != "drug":
            return 1.0
        if self.amount_unit in SUBSTANCES:
            return convert(1.0, self.amount_unit, "nmol")
        return convert(1.0, self.amount_unit, "mg") / molar_mass * 1e6

    def targets(self, values: Mapping[str, ArrayLike]) -> dict[str, dict[str, Any]]:
        """Return what each ligand does to each target; see :func:`oihsim.drugs.targets.actions`."""
        from oihsim.drugs.targets import PAIRS, actions

        full = self.individual(values)
        hourly = 1.0 / convert(1.0, self.time_unit, "h")
        by_ligand = {
            part.name: actions(part, full, _subjects(values), hourly) for part in self.ligand_parts
        }
        if self.kind == "gas":
            # a fraction of MAC is MAC-hours per hour, in a file of minutes too
            for action in by_ligand.values():
                action |= {f"{target}_EC50": action[f"{target}_EC50"] * hourly for target in PAIRS}
        return by_ligand


def _subjects(values: Mapping[str, ArrayLike]) -> int:
    return max((np.size(value) for value in values.values()), default=1)
