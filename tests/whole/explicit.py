"""A shipped scenario solved another way: kinetics stepped explicitly beside the body, by SciPy."""

import numpy as np
from scipy.integrate import ode, solve_ivp

from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.solver import BOLUS, RATE
from oihsim.scenario.population import Population
from oihsim.simulation.pumps import pump_doses
from oihsim.simulation.schedule import compile_schedule
from oihsim.simulation.subjects import draw_subjects, parameter_matrix, put_on_board, switch_changes


class Explicit:
    """The typical subject of one arm as one system ``[amounts of all drugs, body]``."""

    def __init__(self, scenario, name):
        self.model = Model.named(scenario.model)
        arm = scenario.arms[name]
        drugs = {drug: load_drug(drug) for drug in scenario.drugs}
        changes = switch_changes(scenario.switches) | dict(arm.parameters)
        values = draw_subjects(
            self.model, drugs, Population.load(scenario.population), 1, scenario.seed,
            typical=True, changes=changes,
        )  # fmt: skip
        P = parameter_matrix(self.model, values)
        board = put_on_board(self.model, drugs, arm, values, P)
        linear = [board.given[drug].drug.kinetics(board.given[drug].values) for drug in arm.drugs]
        sizes = [kinetics.A.shape[1] for kinetics in linear]
        c, ligands = sum(sizes), sum(kinetics.C.shape[1] for kinetics in linear)
        self.A, self.C, self.B = np.zeros((c, c)), np.zeros((ligands, c)), []
        at = row = 0
        for kinetics, size in zip(linear, sizes, strict=True):
            rows = slice(at, at + size)
            self.A[rows, rows] = kinetics.A[0]
            self.C[row : row + kinetics.C.shape[1], rows] = kinetics.C[0]
            for entry in kinetics.B[0]:
                self.B.append(np.concatenate([np.zeros(at), entry, np.zeros(c - at - size)]))
            at, row = at + size, row + kinetics.C.shape[1]
        self.w, self.p, self.c = board.weights, P[0], c
        self.times = np.array(scenario.output_times())
        end = scenario.duration_h + 1e-9
        pumped = pump_doses(arm, values)
        self.plan = compile_schedule(arm, board.given, {}, 1, end, pumped=pumped)
        assert set(self.plan.kind) <= {BOLUS, RATE}
        self.flow, self.dy = np.zeros(c), np.zeros(len(self.model.y0))
        self.u = np.zeros(len(self.model.drives))

    def field(self, _, state):
        amounts = state[: self.c]
        self.u[:] = 0.0
        np.add.at(self.u, self.w.drive, self.w.factor[0] * (self.C @ amounts)[self.w.ligand])
        self.model.generated.rhs(np.ascontiguousarray(state[self.c :]), self.p, self.u, self.dy)
        return np.concatenate([self.A @ amounts + self.flow, self.dy])

    def solve(self, method, rtol, first=-np.inf, last=np.inf, state=None):
        """Return ``{output time: body}``; from ``state`` at ``first`` if given."""
        plan = self.plan
        edges = sorted({*plan.time, *self.times})
        edges = [edge for edge in edges if first <= edge <= last]
        state = np.concatenate([np.zeros(self.c), self.model.y0]) if state is None else state.copy()
        found = {}
        for start, end in zip(edges, [*edges[1:], None], strict=True):
            if start in self.times:
                found[start] = state.copy()
            for e in np.flatnonzero(plan.time == start):
                if plan.kind[e] == BOLUS:
                    state[: self.c] += plan.value[e] * self.B[plan.index[e]]
                else:
                    self.flow = self.flow + plan.value[e] * self.B[plan.index[e]]
            if end is not None:
                state = self.step(method, rtol, start, end, state)
        return found

    def step(self, method, rtol, start, end, state):
        if end - start < 1e-9:
            return state
        sizes = np.concatenate([np.maximum(np.abs(state[: self.c]), 1e-6), self.model.sizes])
        if method == "LSODA":
            solver = ode(self.field).set_integrator(
                "lsoda", rtol=rtol, atol=rtol * 1e-2 * sizes, nsteps=1_000_000
            )
            solver.set_initial_value(state, start)
            result = solver.integrate(end)
            assert solver.successful()
            return result
        done = solve_ivp(self.field, (start, end), state, method, rtol=rtol, atol=rtol * sizes)
        assert done.success
        return done.y[:, -1]
