"""heyoka: Taylor series of high order, machine code made at run time, several subjects at a time.

heyoka needs help at two places. A power with an exponent such as 1.2 has no series at zero, so the
states concerned start a nudge (1e-12) away from it. And a series knows nothing of a corner ahead:
where a shape has two parts, its sign is a parameter, an event ends the step at the corner, and its
callback turns the parameter over (without that no tolerance gives 1e-6).
Source: https://bluescarni.github.io/heyoka.py/.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import heyoka as hy
import numpy as np

from benchmarks.compiled import derivatives
from benchmarks.problems import Array
from benchmarks.systems import TINY, Piece, System

PACKAGE = "heyoka"
TOGETHER = 8
"""Subjects solved together: others are no measure of it."""
LANES = {"batch of 8": 8, "batch of 4": 4, "one at a time": 1}
MOST_STEPS = 20_000
"""Between two stops; a series that has met a corner unawares takes steps without end."""


def settings(system: System) -> tuple[str, ...]:  # noqa: ARG001
    """Return the settings worth trying."""
    return tuple(LANES)


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
            for k, own in members:
                ta.pars[(corners.first + k, *lane)] = float(direction * sign * own > 0.0)
            return True

        kind = hy.t_event if lanes == 1 else hy.t_event_batch
        return kind(quantities[number], callback=turn)

    return [event(members) for members in corners.groups]


def _integrator(system: System, rtol: float, lanes: int) -> tuple[Any, Corners | None]:
    y, m = hy.make_vars(*system.states), system.own.shape[1]
    quantities: list[Any] = []

    def positive(x: Any, _: float) -> Any:
        quantities.append(x)
        return x * hy.par[m + len(quantities) - 1]

    functions = {
        "pow": lambda x, n: hy.exp(n * hy.log(x)), "max": positive,
        # states stay above zero once they have started there
        "guard": lambda x, _: x,
    }  # fmt: skip
    dy = derivatives(system, functions, y, [hy.par[j] for j in range(m)])
    rates = [hy.expression(d) if isinstance(d, float) else d for d in dy]
    corners = _corners(y, quantities, m) if quantities else None
    options: dict[str, Any] = {"tol": rtol, "fast_math": True}
    if corners:
        options["t_events"] = _events(corners, quantities, lanes)
    shape = (len(y),) if lanes == 1 else (len(y), lanes)
    kind = hy.taylor_adaptive if lanes == 1 else hy.taylor_adaptive_batch
    return kind(list(zip(y, rates, strict=True)), np.full(shape, 0.5), **options), corners


def _advance(ta: Any, corners: Corners | None, piece: Piece, lanes: int, out: Array) -> None:
    """Advance over a piece and write its outputs, (t, s) or (t, s, lanes)."""
    wanted = piece.rows >= 0
    if corners is None:
        grid = piece.grid if lanes == 1 else np.repeat(piece.grid[:, None], lanes, axis=1)
        found = ta.propagate_grid(grid)[-1]
        if len(found) < len(piece.grid):
            raise RuntimeError("heyoka: a value is not finite")
        last = len(piece.grid) if wanted[-1] else -1
        out[piece.rows[wanted]] = found[1:last]
        return
    corners.set(ta)
    for time, row in zip(piece.grid[1:], piece.rows[1:], strict=True):
        if lanes == 1:
            ends = [ta.propagate_until(time, max_steps=MOST_STEPS)[0]]
        else:
            ta.propagate_until([time] * lanes, max_steps=MOST_STEPS)
            ends = [result[0] for result in ta.propagate_res]
        if any(end != hy.taylor_outcome.time_limit for end in ends):
            raise RuntimeError(f"heyoka: {ends} before {time} h")
        if row >= 0:
            out[row] = ta.state


def prepare(system: System, setting: str, rtol: float) -> Callable[[], Array]:
    """Return work that solves every subject of the system, (n, t, s)."""
    lanes = LANES[setting]
    (ta, corners), n = _integrator(system, rtol, lanes), len(system.P)
    # the last batch is filled up with its last subject
    chosen = np.minimum(np.arange(n + -n % lanes).reshape(-1, lanes), n - 1)
    # subjects last, as heyoka has them; without that axis where they go one at a time
    own, bolus, inflow = (
        np.moveaxis(values[chosen], 1, -1)[..., slice(None) if lanes > 1 else 0]
        for values in (system.own, system.bolus, system.inflow)
    )
    start = system.y0 + TINY * system.nudge
    m, d = system.own.shape[1], len(system.into)

    def batch(k: int, out: Array) -> None:
        ta.pars[:m] = own[k]
        ta.state[:] = start if lanes == 1 else start[:, None]
        out[0] = system.y0 if lanes == 1 else system.y0[:, None]
        if lanes == 1:
            ta.time = float(system.times[0])
        else:
            ta.set_time(float(system.times[0]))
        state, inflows = ta.state, ta.pars[m - d : m]
        for piece in system.pieces:
            if piece.stop >= 0:
                for j, place in enumerate(system.into):
                    state[place] += bolus[k, piece.stop, j]
                inflows[:] = inflow[k, piece.stop]
            _advance(ta, corners, piece, lanes, out)

    def work() -> Array:
        shape = (len(chosen), len(system.times), len(system.states), lanes)
        out = np.empty(shape[:-1] if lanes == 1 else shape)
        for k in range(len(chosen)):
            batch(k, out[k])
        if not np.all(np.isfinite(out)):
            raise RuntimeError("heyoka: a value is not finite")
        return out if lanes == 1 else np.moveaxis(out, -1, 1).reshape(-1, *shape[1:3])[:n]

    return work
