"""A made-up opioid with explicit numbers, for tests of the engine alone."""

import numpy as np

from oihsim.engine.compiled_model import Weights
from oihsim.engine.solver import BOLUS, RATE, Schedule
from oihsim.kinetics.propagation import modes, together

MOR = (
    "total_mor_drive",
    "total_mor_stimulus",
    "total_mor_stimulus_arrestin",
    "total_mor_desensitising",
    "total_mor_internalising",
)


def matrices(n=1, ka=1.0, k=0.3, ke0=0.25, spread=0.0):
    """Depot, central, effect site; volumes of 1 so that amounts read as nM."""
    f = np.exp(spread * np.random.default_rng(0).standard_normal((n, 3)))
    A = np.zeros((n, 3, 3))
    A[:, 0, 0], A[:, 1, 0] = -ka * f[:, 0], ka * f[:, 0]
    A[:, 1, 1] = -k * f[:, 1]
    A[:, 2, 1], A[:, 2, 2] = ke0 * f[:, 2], -ke0 * f[:, 2]
    B = np.zeros((n, 2, 3))
    B[:, 0, 0] = B[:, 1, 1] = 1.0
    C, plasma = np.zeros((n, 1, 3)), np.zeros((n, 1, 3))
    C[:, 0, 2] = plasma[:, 0, 1] = 1.0
    return A, B, C, plasma


def drug(n=1, **changes):
    return together([modes(*matrices(n, **changes))], n)


def weights(model, n=1, KD=540.0, e=0.75, k_des=1.5, k_int=0.1):
    drives = np.array([model.drives.index(name) for name in MOR])
    factor = np.tile(np.array([1.0, e, e, k_des, k_int]) / KD, (n, 1))
    return Weights(drives, np.zeros(5, dtype=np.int64), factor)


def schedule(n, doses):
    """doses: (time, input, amount, duration)"""
    rows = []
    for time, into, amount, duration in doses:
        if duration == 0.0:
            rows.append((time, BOLUS, into, amount))
        else:
            rows.append((time, RATE, into, amount / duration))
            rows.append((time + duration, RATE, into, -amount / duration))
    rows.sort(key=lambda row: row[0])
    time, kind, index, value = (np.array(column) for column in zip(*rows, strict=True))
    return Schedule(
        np.arange(n + 1) * len(rows),
        np.tile(time, n).astype(float),
        np.tile(kind, n).astype(np.int64),
        np.tile(index, n).astype(np.int64),
        np.tile(value, n).astype(float),
    )
