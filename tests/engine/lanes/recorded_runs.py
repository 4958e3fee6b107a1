"""What a scenario hands to ``Model.run``, so that a test can run the same in other ways."""

from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

import numpy as np

import oihsim
from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model, Weights
from oihsim.engine.solver import RuleArrays, Schedule
from oihsim.kinetics.propagation import Modes
from oihsim.simulation.simulate import run_arms

OF_SUBJECTS = {
    "kinetics": ("rate", "chain", "bolus", "steady", "rows"),
    "weights": ("factor",),
    "rules": ("ways", "noise", "baselines", "late"),
}
ARRAYS = (
    "y", "outputs", "concentrations", "status", "reached", "steps", "rejected", "rhs_calls",
    "method",
)  # fmt: skip


@dataclass(frozen=True)
class Recorded:
    """The arguments of one run; ``run`` runs them, ``of`` chooses some subjects in some order."""

    model: Model
    P: Any
    t: Any
    schedule: Schedule
    kinetics: Modes
    weights: Weights
    rules: RuleArrays
    y0: Any
    rtol: float = 1e-6

    def run(self, **options):
        arguments = {name: getattr(self, name) for name in ("y0", "rtol", "rules")}
        return self.model.run(
            self.P, self.t, self.schedule, self.kinetics, self.weights, **(arguments | options)
        )

    def until(self, hours):
        """Return the same to the last output within so many hours of the first."""
        return replace(self, t=[t for t in self.t if t <= self.t[0] + hours])

    def of(self, subjects):
        """Return the run of some subjects, in their order."""
        chosen = {
            name: replace(
                arrays, **{name: getattr(arrays, name)[subjects] for name in OF_SUBJECTS[key]}
            )
            for name, key in ((key, key) for key in OF_SUBJECTS)
            for arrays in [getattr(self, name)]
        }
        return replace(
            self, P=self.P[subjects], y0=self.y0[subjects],
            schedule=entries_of(self.schedule, subjects), **chosen,
        )  # fmt: skip


def entries_of(schedule, subjects):
    rows = [np.arange(*schedule.offset[i : i + 2]) for i in subjects]
    chosen = np.concatenate([*rows, np.zeros(0, np.int64)]).astype(np.int64)
    offset = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    columns = {f.name: getattr(schedule, f.name)[chosen] for f in fields(schedule)[1:]}
    return Schedule(offset, **columns)


class Recorder(Model):
    """A model that also keeps what its runs were given."""

    def run(self, P, t, schedule=None, kinetics=None, weights=None, **options):
        self.recorded = getattr(self, "recorded", [])
        y0 = np.tile(self.y0, (len(P), 1)) if options["y0"] is None else options["y0"]
        rules = options["rules"] or RuleArrays.none(len(P))
        record = Recorded(self, P, t, schedule, kinetics, weights, rules, y0, options["rtol"])
        self.recorded.append(record)
        return super().run(P, t, schedule, kinetics, weights, **options)


@cache
def recorded(name, count):
    """Return the recorded run of each arm of a shipped scenario."""
    scenario = oihsim.load(name).change({"population.count": count})
    model = Recorder.named(scenario.model)
    names = [arm.name for arm in scenario.arms.values()]
    drugs = {drug: load_drug(drug) for drug in scenario.drugs}
    run_arms(scenario, model, drugs, threads=1)
    return dict(zip(names, model.recorded[-len(names) :], strict=True))


def differences(first, second, subjects=None):
    """Return the names of results that are not equal in every bit; ``subjects`` of ``first``."""
    n = len(first.status)
    rows = np.arange(n) if subjects is None else np.asarray(subjects)
    names = [
        name
        for name in ARRAYS
        if np.ascontiguousarray(getattr(first, name)[rows]).tobytes()
        != np.ascontiguousarray(getattr(second, name)).tobytes()
    ]
    for name in ("given", "decisions"):
        mine = [getattr(first, name)[i].tobytes() for i in rows]
        if mine != [array.tobytes() for array in getattr(second, name)]:
            names.append(name)
    return names
