"""The shipped model of oihsim under the arm of the flagship scenario that has both drugs.

For the engine: a cohort with its schedule. For rivals: one explicit system, the amounts in the
compartments of the drugs beside the states of the body, from the same equations and the same rate
matrices. The unit of an amount is the first dose of the drug, so that an absolute tolerance means
the same for every state; compartments that no dose reaches, or that do not reach the body, are
omitted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.problems import Array
from benchmarks.system import System
from benchmarks.tracing import Shapes, rebound
from oihsim.engine.compiled_model import Model
from oihsim.engine.solver import BOLUS, RATE, Schedule
from oihsim.kinetics.drives import DRIVES
from oihsim.model.equations import read
from oihsim.model.linker import order_of_need
from oihsim.scenario import load
from oihsim.simulation.cohort import Cohort

SCENARIO, ARM = "flagship", "ketamine"


@dataclass(frozen=True)
class Shipped:
    """The first ``n`` subjects of the arm, for the engine."""

    cohort: Cohort
    schedule: Schedule
    times: Array


@lru_cache(maxsize=2)
def shipped(n: int) -> Shipped:
    """Return the subjects of the arm."""
    scenario = load(SCENARIO).change({"population.count": n})
    cohort = Cohort.sample(scenario, scenario.arms[ARM])
    schedule = cohort.schedule(scenario.duration_h + 1e-9)
    return Shipped(cohort, schedule, np.array(scenario.output_times()))


def body(model: Model) -> Callable[[Sequence[Any], Sequence[Any], Sequence[Any], Shapes], list]:
    """Return ``(y, p, u, shapes) -> derivatives`` from the functions of the mechanisms.

    Outputs that no rate needs are omitted.
    """
    mechanisms = model.linked.mechanisms
    rows = order_of_need(mechanisms, DRIVES)
    page = [address.replace(".", "__") for address in model.addresses]
    provided = {*model.states, *model.outputs, *model.drives}
    rates = []
    for mechanism in mechanisms:
        if mechanism.rates is not None:
            symbols = {parameter.symbol for parameter in mechanism.parameters}
            arguments = read(mechanism.rates).arguments
            rates.append(
                (mechanism, [f"{mechanism.name}__{a}" if a in symbols else a for a in arguments])
            )
    wanted = {a for _, arguments in rates for a in arguments if a in provided}
    for _, output, arguments in reversed(rows):
        if output.symbol in wanted:
            wanted |= set(arguments)
    rows = [row for row in rows if row[1].symbol in wanted]

    def derivatives(
        y: Sequence[Any], p: Sequence[Any], u: Sequence[Any], shapes: Shapes
    ) -> list[Any]:
        known = dict(zip((*model.states, *page, *model.drives), (*y, *p, *u), strict=True))
        for _, output, arguments in rows:
            equation = rebound(output.equation, shapes)
            known[output.symbol] = equation(*(known[a] for a in arguments))
        dy: list[Any] = []
        for mechanism, arguments in rates:
            changes = rebound(mechanism.rates, shapes)(*(known[a] for a in arguments))
            dy += changes if isinstance(changes, tuple) else [changes]
        return dy

    return derivatives


def _compartments(case: Shipped) -> tuple[Array, Array, Array]:
    """Return the drugs side by side: A (n, c, c), B (n, i, c), drive per amount K (n, u, c)."""
    linear = [
        on_board.drug.kinetics(on_board.values) for on_board in case.cohort.board.given.values()
    ]
    n, c = len(case.cohort.P), sum(kinetics.A.shape[1] for kinetics in linear)
    A = np.zeros((n, c, c))
    B = np.zeros((n, sum(kinetics.B.shape[1] for kinetics in linear), c))
    C = np.zeros((n, sum(kinetics.C.shape[1] for kinetics in linear), c))
    at = into = ligand = 0
    for kinetics in linear:
        rows = slice(at, at + kinetics.A.shape[1])
        A[:, rows, rows] = kinetics.A
        B[:, into : into + kinetics.B.shape[1], rows] = kinetics.B
        C[:, ligand : ligand + kinetics.C.shape[1], rows] = kinetics.C
        at, into, ligand = rows.stop, into + kinetics.B.shape[1], ligand + kinetics.C.shape[1]
    K = np.zeros((n, len(case.cohort.model.drives), c))
    weights = case.cohort.board.weights
    for column, (drive, site) in enumerate(zip(weights.drive, weights.ligand, strict=True)):
        K[:, drive] += weights.factor[:, column, None] * C[:, site]
    return A, B, K


def _reached(links: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Return the compartments that the seeds lead to; ``links[i, j]``: j leads to i."""
    reached = seeds.copy()
    for _ in range(len(links)):
        reached = reached | (links @ reached)
    return reached


def _plan(case: Shipped, B: Array) -> tuple[Array, Array, Array]:
    """Return stops (k,), and bolus and inflow (n, k, c), amounts into every compartment.

    Raises
    ------
    ValueError : subjects are dosed at different times, or the schedule has other entries than doses
    """
    plan, n = case.schedule, len(case.cohort.P)
    times = plan.time.reshape(n, -1)
    if np.any(times != times[0]) or not set(plan.kind) <= {BOLUS, RATE}:
        raise ValueError("the shipped system needs doses only, at the same times in all subjects")
    stops = np.unique(times[0])
    bolus, inflow = np.zeros((2, n, len(stops), B.shape[2]))
    amounts = plan.value[:, None] * B[np.repeat(np.arange(n), times.shape[1]), plan.index]
    where = np.searchsorted(stops, plan.time)
    who = np.repeat(np.arange(n), times.shape[1])
    for kind, target in ((BOLUS, bolus), (RATE, inflow)):
        chosen = plan.kind == kind
        np.add.at(target, (who[chosen], where[chosen]), amounts[chosen])
    inflow = np.cumsum(inflow, axis=1)
    # the sum of rates after an infusion is 0 but for rounding
    inflow[np.abs(inflow) < 1e-12 * inflow.max()] = 0.0
    return stops, bolus, inflow


def shipped_system(n: int) -> System:
    """Return the explicit system of the first ``n`` subjects."""
    case = shipped(n)
    A, B, K = _compartments(case)
    stops, bolus, inflow = _plan(case, B)
    links = np.any(A != 0.0, axis=0)
    dosed = np.any(bolus + inflow != 0.0, axis=(0, 1))
    keep = np.flatnonzero(_reached(links, dosed) & _reached(links.T, np.any(K != 0.0, axis=(0, 1))))
    A, K = A[:, keep][:, :, keep], K[:, :, keep]
    bolus, inflow = bolus[:, :, keep], inflow[:, :, keep]
    bolus_unit = _units(case, keep, bolus, inflow)
    A = A * bolus_unit[None, None, :] / bolus_unit[None, :, None]
    K = K * bolus_unit[None, None, :]
    bolus, inflow = bolus / bolus_unit, inflow / bolus_unit
    entries = [tuple(map(int, e)) for e in np.argwhere(np.any(A != 0.0, axis=0))]
    gains = [tuple(map(int, e)) for e in np.argwhere(np.any(K != 0.0, axis=0))]
    into = np.flatnonzero(np.any(bolus + inflow != 0.0, axis=(0, 1)))
    c, b, drives = len(keep), len(case.cohort.model.addresses), len(case.cohort.model.drives)
    P = np.concatenate(
        [case.cohort.P, np.stack([A[:, i, j] for i, j in entries], axis=1),
         np.stack([K[:, i, j] for i, j in gains], axis=1)], axis=1,
    )  # fmt: skip
    of_body = body(case.cohort.model)

    def equations(y: Sequence[Any], p: Sequence[Any], shapes: Shapes) -> list[Any]:
        amounts, rates, per_amount = y[:c], p[b : b + len(entries)], p[b + len(entries) :]
        dx: list[Any] = [0.0] * c
        for (i, j), rate in zip(entries, rates, strict=True):
            dx[i] = rate * amounts[j] + dx[i]
        u: list[Any] = [0.0] * drives
        for (i, j), gain in zip(gains, per_amount, strict=True):
            u[i] = gain * amounts[j] + u[i]
        return [*dx, *of_body(y[c:], p[:b], u, shapes)]

    states = (*(f"x{k}" for k in range(c)), *case.cohort.model.states)
    y0 = np.concatenate([np.zeros(c), case.cohort.model.y0])
    return System(
        "shipped", states, y0, P, equations, tuple(map(int, into)), stops, bolus[:, :, into],
        inflow[:, :, into], case.times, tuple(range(c, len(states))),
        np.where(y0 == 0.0, 1.0, [{"D": 1.0, "KC": -1.0}.get(state, 0.0) for state in states]),
    )  # fmt: skip


def _units(case: Shipped, keep: np.ndarray, bolus: Array, inflow: Array) -> Array:
    """Return (c,) the amount that counts as 1: the first dose of the drug, or an hour of it."""
    owner = np.concatenate(
        [np.full(on_board.drug.kinetics(on_board.values).A.shape[1], k)
         for k, on_board in enumerate(case.cohort.board.given.values())]
    )[keep]  # fmt: skip
    largest = np.maximum(bolus.max(axis=(0, 1)), inflow.max(axis=(0, 1)))
    unit = np.array([largest[owner == k].max() for k in range(owner.max() + 1)])
    return unit[owner]
