"""Compartments and flows as one rate matrix per subject; no drug has code.

``dx/dt = A x + input``. The first rows are amounts; the last ones, one per ligand, are
concentrations at the effect site, which follow plasma and take nothing from it:
``dCe/dt = ke0 (C - Ce)`` (sheiner1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oihsim.files.errors import ModelError

Array = NDArray[np.float64]

OUT = "out"
"""Target of a flow that leaves the body."""


@dataclass(frozen=True)
class Flow:
    """First-order transport: amount per hour = ``rate`` (n,) in 1/h × amount in ``origin``."""

    origin: str
    target: str
    rate: Array


@dataclass(frozen=True)
class EffectSite:
    """The effect site of a ligand.

    Attributes
    ----------
    ligand : name of the ligand
    plasma : the compartment that the effect site follows
    volume : (n,) volume of that compartment, L
    ke0 : (n,) rate of equilibration, 1/h
    molar : nanomoles per litre in one unit of amount per litre
    """

    ligand: str
    plasma: str
    volume: Array
    ke0: Array
    molar: float


@dataclass(frozen=True)
class LinearKinetics:
    """The linear kinetics of one drug in ``n`` subjects; all arrays float64.

    Attributes
    ----------
    compartments : names of the ``nc`` rows, the effect sites last
    A : (n, nc, nc) rates, 1/h
    inputs : the ``ni`` compartments that receive doses
    B : (n, ni, nc) what one unit of amount into an input adds to the rows
    ligands : the ``nl`` ligands
    C : (n, nl, nc) rows to effect-site concentrations, nM
    plasma : (n, nl, nc) rows to plasma concentrations, nM
    """

    compartments: tuple[str, ...]
    A: Array
    inputs: tuple[str, ...]
    B: Array
    ligands: tuple[str, ...]
    C: Array
    plasma: Array


def assemble(
    compartments: Sequence[str],
    flows: Sequence[Flow],
    inputs: Sequence[str],
    sites: Sequence[EffectSite],
) -> LinearKinetics:
    """Return the rate matrices with their inputs and outputs.

    Every flow is subtracted where it begins and, unless it leaves the body, added where it ends,
    so a slip in a formula cannot make an amount appear or vanish.

    Raises
    ------
    ModelError
        a rate is negative or not finite, or a volume or ke0 is not positive, in any subject

    Examples
    --------
    >>> one = np.ones(1)
    >>> body = assemble(["gut", "central"],
    ...     [Flow("gut", "central", 2 * one), Flow("central", "out", one)], ["gut"],
    ...     [EffectSite("x", "central", 10 * one, 0.5 * one, 1000.0)])
    >>> body.A[0]
    array([[-2.  ,  0.  ,  0.  ],
           [ 2.  , -1.  ,  0.  ],
           [ 0.  ,  0.05, -0.5 ]])
    """
    names = [*compartments, *(f"{site.ligand} effect site" for site in sites)]
    row = {name: i for i, name in enumerate(names)}
    n = len(np.atleast_1d(flows[0].rate if flows else sites[0].ke0))
    A = np.zeros((n, len(names), len(names)))
    for flow in flows:
        _refuse_unless(flow.rate >= 0, f"rate of flow {flow.origin} → {flow.target}", flow.rate)
        A[:, row[flow.origin], row[flow.origin]] -= flow.rate
        if flow.target != OUT:
            A[:, row[flow.target], row[flow.origin]] += flow.rate
    C = np.zeros((n, len(sites), len(names)))
    plasma = np.zeros_like(C)
    for i, site in enumerate(sites):
        _refuse_unless(site.volume > 0, f"volume of {site.plasma}", site.volume)
        _refuse_unless(site.ke0 > 0, f"ke0 of {site.ligand}", site.ke0)
        effect, source = len(compartments) + i, row[site.plasma]
        A[:, effect, source] = site.ke0 / site.volume
        A[:, effect, effect] = -site.ke0
        C[:, i, effect] = site.molar
        plasma[:, i, source] = site.molar / site.volume
    B = np.zeros((n, len(inputs), len(names)))
    for i, name in enumerate(inputs):
        B[:, i, row[name]] = 1.0
    ligands = tuple(site.ligand for site in sites)
    return LinearKinetics(tuple(names), A, tuple(inputs), B, ligands, C, plasma)


def _refuse_unless(good: NDArray[np.bool_], what: str, value: Array) -> None:
    bad = ~(good & np.isfinite(value))
    if bad.any():
        subject = int(np.argmax(bad))
        raise ModelError(f"{what} is {np.atleast_1d(value)[subject]:g} in subject {subject}")
