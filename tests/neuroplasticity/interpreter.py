"""A second, independent way to run mechanisms: plain Python, arguments resolved by name, SciPy.

It shares nothing with the linker and the solver, so the two can be held against each other.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from oihsim.kinetics.drives import DRIVES
from oihsim.model.mechanism import Mechanism
from oihsim.neuroplasticity import MECHANISMS

Values = Mapping[str, float]


class Body:
    """Mechanisms resolved into a list of calls over one flat list of values.

    ``parameters`` are changes by address. Values are looked up by symbol afterwards.
    """

    def __init__(
        self, parameters: Values | None = None, mechanisms: Iterable[Mechanism] = MECHANISMS
    ) -> None:
        mechanisms = tuple(mechanisms)
        changes = dict(parameters or {})
        self.states = [(m, s) for m in mechanisms for s in m.states]
        wires = [s.symbol for _, s in self.states] + [d.symbol for d in DRIVES]
        outputs = [(m, o) for m in mechanisms for o in m.outputs]
        self.place = {symbol: i for i, symbol in enumerate(wires)}
        for _, output in outputs:
            self.place[output.symbol] = len(self.place)
        self.values = [0.0] * len(self.place)
        self.place_of = place_of = {}
        for m in mechanisms:
            for p in m.parameters:
                place_of[p.address(m.name)] = len(self.values)
                self.values.append(changes.pop(p.address(m.name), p.value))
        assert not changes, f"unknown parameters: {sorted(changes)}"

        def call(m: Mechanism, function: Callable) -> tuple[list[str], Callable, itemgetter]:
            names = list(inspect.signature(function).parameters)
            wired = [n for n in names if f"{m.name}.{n}" not in place_of]
            places = [place_of.get(f"{m.name}.{n}", self.place.get(n, -1)) for n in names]
            assert -1 not in places, f"{m.name}.{function.__name__}: unresolved argument in {names}"
            get = itemgetter(*places) if len(places) > 1 else lambda v, i=places[0]: (v[i],)
            return wired, function, get

        waiting = [(o.symbol, *call(m, o.equation)) for m, o in outputs]
        known, self.order = set(wires), []
        while waiting:
            ready = [row for row in waiting if known.issuperset(row[1])]
            assert ready, f"circular: {[row[0] for row in waiting]}"
            self.order += [(self.place[s], f, get) for s, _, f, get in ready]
            known |= {row[0] for row in ready}
            waiting = [row for row in waiting if row[0] not in known]
        self.rates = [(call(m, m.rates)[1:], len(m.states)) for m in mechanisms if m.rates]
        self.baseline = np.array([s.initial for _, s in self.states])

    def change(self, address: str, value: float) -> None:
        """Set a parameter from now on."""
        self.values[self.place_of[address]] = value

    def look(self, y: Iterable[float], drives: Values) -> dict[str, float]:
        """Return every state, drive and output at state ``y``."""
        self._evaluate(y, drives)
        return {symbol: self.values[i] for symbol, i in self.place.items()}

    def derivatives(self, y: Iterable[float], drives: Values) -> list[float]:
        """Return dy/dt in the order of ``states``, 1/h."""
        self._evaluate(y, drives)
        rates: list[float] = []
        for (function, get), size in self.rates:
            value = function(*get(self.values))
            rates += [value] if size == 1 else list(value)
        return rates

    def _evaluate(self, y: Iterable[float], drives: Values) -> None:
        v = self.values
        for i, x in enumerate(y):
            v[i] = float(x)
        for drive in DRIVES:
            v[self.place[drive.symbol]] = drives.get(drive.symbol, 0.0)
        for i, function, get in self.order:
            v[i] = function(*get(v))

    def advance(
        self, y: NDArray, drives: Callable[[float], Values], start: float, end: float
    ) -> NDArray:
        """Return the state at ``end`` from ``y`` at ``start``, smooth drives given."""
        solution = solve_ivp(
            lambda t, x: self.derivatives(x, drives(t)),
            (start, end), y, method="LSODA", rtol=1e-7, atol=1e-10,
        )  # fmt: skip
        assert solution.success, solution.message
        return solution.y[:, -1]
