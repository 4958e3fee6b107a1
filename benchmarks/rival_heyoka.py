"""heyoka: Taylor series of high order, machine code made at run time, several subjects at a time.

heyoka needs help at two places. A power with an exponent such as 1.2 has no series at zero, so the
states concerned start a nudge (1e-12) away from it. And a series knows nothing of a corner ahead:
where a shape has two parts, its sign is a parameter, an event ends the step at the corner, and its
callback turns the parameter over (without that no tolerance gives 1e-6).

It is asked for one output after another (``propagate_until``), which takes about two thirds of the
time of ``propagate_grid``; and subjects that take about as many steps share a batch.
Source: https://bluescarni.github.io/heyoka.py/.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import heyoka as hy
import numpy as np

from benchmarks.compiled import derivatives
from benchmarks.machine import wide_vectors
from benchmarks.problems import Array
from benchmarks.systems import TINY, System

PACKAGE = "heyoka"
TOGETHER = 32
"""Subjects solved at least: with fewer, those of a batch are not alike."""
LANES = {"batch of 16": 16, "batch of 8": 8, "batch of 4": 4, "one at a time": 1}
POWERS = ", powers"
"""Ends a setting in which powers are heyoka's own, not exponentials of logarithms."""
WIDE = ", 512 bits"
"""Ends a setting in which the widest vectors are used, which LLVM avoids on some processors."""
BATCHES = (
    "batch of 16", "batch of 16" + POWERS, "batch of 8", "batch of 8" + POWERS, "batch of 4",
    *(("batch of 16" + WIDE, "batch of 8" + WIDE) if wide_vectors() else ()),
)  # fmt: skip
ALONE = ("one at a time", "one at a time" + POWERS)
SHORT = 3
"""Pieces from whose steps it is seen which subjects are alike."""
MOST_STEPS = 20_000
"""Between two stops; a series that has met a corner unawares takes steps without end."""


def settings(system: System) -> tuple[str, ...]:  # noqa: ARG001
    """Return the settings worth trying."""
    return (*BATCHES, *ALONE)


@dataclass(frozen=True)
class Corners:
    """The quantities whose positive part is taken, and what follows their signs.

    Attributes
    ----------
    values : compiled, ``(state, parameters)`` to the quantities
    parameters : how many parameters they read
    groups : quantities that are one another's negative: ``[(number, sign), ...]`` for each event
    first : place of the first of their switches among the parameters
    """

    values: Any
    parameters: int
    groups: list[list[tuple[int, float]]]
    first: int

    def set(self, ta: Any) -> None:
        """Set every switch by the sign of its quantity."""
        state = np.ascontiguousarray(ta.state)
        signs = self.values(state, pars=np.ascontiguousarray(ta.pars[: self.parameters])) > 0.0
        ta.pars[self.first :] = signs


def _corners(y: Sequence[Any], quantities: Sequence[Any], first: int) -> Corners:
    """Find which quantities are the same but for the sign, by their values at a point."""
    read = [int(str(p).removeprefix("p")) for p in hy.get_params(list(quantities))]
    values, count = hy.cfunc(list(quantities), vars=list(y)), 1 + max(read, default=-1)
    rng = np.random.default_rng(0)
    point = values(rng.uniform(0.2, 0.9, len(y)), pars=rng.uniform(0.2, 0.9, count))
    groups: dict[float, list[tuple[int, float]]] = {}
    for k, value in enumerate(point):
        groups.setdefault(round(abs(value), 12), []).append((k, np.sign(value)))
    return Corners(values, count, list(groups.values()), first)


def _events(corners: Corners, quantities: Sequence[Any], lanes: int) -> list[Any]:
    """Return an event for every group of quantities, whose callback turns the switches over."""

    def event(members: list[tuple[int, float]]) -> Any:
        number, sign = members[0]

        def turn(ta: Any, direction: int, *lane: int) -> bool:
            for k, switch in members:
                ta.pars[(corners.first + k, *lane)] = float(direction * sign * switch > 0.0)
            return True

        kind = hy.t_event if lanes == 1 else hy.t_event_batch
        return kind(quantities[number], callback=turn)

    return [event(members) for members in corners.groups]


def _integrator(system: System, setting: str, rtol: float) -> tuple[Any, Corners | None]:
    lanes = LANES[setting.partition(",")[0]]
    y, m = hy.make_vars(*system.states), system.subject_values.shape[1]
    quantities: list[Any] = []

    def positive(x: Any, _: float) -> Any:
        quantities.append(x)
        return x * hy.par[m + len(quantities) - 1]

    def power(x: Any, n: Any) -> Any:
        return x**n if setting.endswith(POWERS) else hy.exp(n * hy.log(x))

    functions = {
        "pow": power, "max": positive,
        # states stay above zero once they have started there
        "guard": lambda x, _: x,
    }  # fmt: skip
    dy = derivatives(system, functions, y, [hy.par[j] for j in range(m)])
    rates = [hy.expression(d) if isinstance(d, float) else d for d in dy]
    corners = _corners(y, quantities, m) if quantities else None
    options: dict[str, Any] = {"tol": rtol, "fast_math": True}
    if setting.endswith(WIDE):
        options["force_avx512"] = True
    if corners:
        options["t_events"] = _events(corners, quantities, lanes)
    shape = (len(y),) if lanes == 1 else (len(y), lanes)
    kind = hy.taylor_adaptive if lanes == 1 else hy.taylor_adaptive_batch
    return kind(list(zip(y, rates, strict=True)), np.full(shape, 0.5), **options), corners


def _counted(results: Sequence[Any]) -> list[int]:
    """Return the steps of each lane.

    Raises
    ------
    RuntimeError : a lane ended before its time
    """
    if any(result[0] != hy.taylor_outcome.time_limit for result in results):
        raise RuntimeError(f"heyoka: ended by {[result[0] for result in results]}")
    return [result[3] for result in results]


@dataclass(frozen=True)
class Batches:
    """An integrator, and the values of subjects in the order in which lanes take them.

    Attributes
    ----------
    subject_values, bolus, inflow : batches first, subjects of a batch last; without the last axis
        where subjects go one at a time
    plan : for each piece, ``(row among the doses, state)`` of what anybody gets at its start,
        whether anybody's inflow changes there, and ``(time, output)`` of its stops
    """

    ta: Any
    corners: Corners | None
    system: System
    subject_values: Array
    bolus: Array
    inflow: Array
    plan: list[tuple[int, list[tuple[int, int]], bool, list[tuple[float, int]]]]

    def solve(self, k: int, out: Array, pieces: int | None = None) -> Array:
        """Solve a batch, or its first pieces; return the steps where they had to be counted."""
        ta, system, corners, state = self.ta, self.system, self.corners, self.ta.state
        m, d, alone = system.subject_values.shape[1], len(system.into), state.ndim == 1
        start = system.y0 + TINY * system.nudge
        ta.pars[:m] = self.subject_values[k]
        state[:] = start if alone else start[:, None]
        out[0] = system.y0 if alone else system.y0[:, None]
        first = float(system.times[0])
        if alone:
            ta.time = first
        else:
            ta.set_time(first)
        inflows, bolus, inflow = ta.pars[m - d : m], self.bolus[k], self.inflow[k]
        counted, advance = corners is not None or pieces is not None, ta.propagate_until
        limit = {} if corners is None else {"max_steps": MOST_STEPS}
        steps = np.zeros(1 if alone else state.shape[1])
        for stop, doses, turns, ends in self.plan[:pieces]:
            for j, place in doses:
                state[place] += bolus[stop, j]
            if turns:
                inflows[:] = inflow[stop]
            if corners is not None:
                corners.set(ta)
            for time, row in ends:
                result = advance(time, **limit)
                if counted:
                    steps += _counted([result] if alone else ta.propagate_res)
                if row >= 0:
                    out[row] = state
        return steps


def _batches(system: System, integrator: tuple[Any, Corners | None], chosen: Array) -> Batches:
    """Return the batches ``chosen``, (batches, lanes), or the subjects, (n,), one at a time."""
    values, bolus, inflow = (
        np.ascontiguousarray(np.moveaxis(values[chosen], 1, -1) if chosen.ndim > 1 else
                             values[chosen])
        for values in (system.subject_values, system.bolus, system.inflow)
    )  # fmt: skip
    plan, before = [], np.zeros_like(system.inflow[:, 0])
    for piece in system.pieces:
        doses, turns = [], False
        if piece.stop >= 0:
            is_dosed = np.any(system.bolus[:, piece.stop] != 0.0, axis=0)
            doses = [(j, place) for j, place in enumerate(system.into) if is_dosed[j]]
            turns = not np.array_equal(system.inflow[:, piece.stop], before)
            before = system.inflow[:, piece.stop]
        ends = list(zip(piece.grid[1:].tolist(), piece.rows[1:].tolist(), strict=True))
        plan.append((piece.stop, doses, turns, ends))
    return Batches(*integrator, system, values, bolus, inflow, plan)


def _alike(batches: Batches, lanes: int, n: int) -> Array:
    """Return the subjects in order of the steps that they take over the first pieces.

    A batch is as slow as its slowest lane. The steps of the first pieces and of the rest go
    together (their correlation is 0.999 in the shipped model); finding them is not timed.
    """
    out = np.empty((len(batches.system.times), len(batches.system.states), lanes))
    counts = [batches.solve(k, out, SHORT) for k in range(len(batches.subject_values))]
    return np.argsort(np.concatenate(counts)[:n], kind="stable")


def prepare(system: System, setting: str, rtol: float) -> Callable[[], Array]:
    """Return work that solves every subject of the system, (n, t, s)."""
    lanes, n = LANES[setting.partition(",")[0]], len(system.P)
    integrator, order = _integrator(system, setting, rtol), np.arange(n)
    # the last batch is filled up with its last subject
    places = np.minimum(np.arange(n + -n % lanes).reshape(-1, lanes), n - 1)
    if lanes == 1:
        batches = _batches(system, integrator, order)
    else:
        order = _alike(_batches(system, integrator, places), lanes, n)
        batches = _batches(system, integrator, order[places])
    shape = (len(system.times), len(system.states))

    def alone() -> Array:
        out = np.empty((n, *shape))
        for k in range(n):
            batches.solve(k, out[k])
        return out

    def together() -> Array:
        out, of_batch = np.empty((n, *shape)), np.empty((*shape, lanes))
        for k, members in enumerate(order[places]):
            batches.solve(k, of_batch)
            out[members] = np.moveaxis(of_batch, -1, 0)
        return out

    def work() -> Array:
        out = alone() if lanes == 1 else together()
        # what is not finite stays so
        if not np.all(np.isfinite(out[:, -1])):
            raise RuntimeError("heyoka: a value is not finite")
        return out

    return work
