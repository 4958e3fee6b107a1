"""Random subjects with parameters, starts and ledgers of their own, on two drugs."""

from dataclasses import replace
from functools import cache

import numpy as np
from recorded_runs import recorded

from oihsim.engine.solver import BOLUS, HOLD, RATE, RELEASE, RESET, Schedule

HOURS = np.arange(0.0, 97.0, 8.0)


@cache
def people(n=24):
    """Return subjects of the flagship with ketamine on board, without their doses."""
    ketamine_arm = recorded("flagship", n)["ketamine"]
    return replace(ketamine_arm, t=HOURS, schedule=Schedule.empty(n))


def plan(run, entries):
    """Return a schedule from ``(subject, time, kind, index, value)``."""
    n = len(run.P)
    rows = sorted(entries, key=lambda row: row[:2])
    counts = np.bincount([row[0] for row in rows], minlength=n) if rows else np.zeros(n)
    offset = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    columns = [np.array([row[k] for row in rows]) for k in range(1, 5)]
    kinds = (float, np.int64, np.int64, float)
    return Schedule(offset, *(c.astype(kind) for c, kind in zip(columns, kinds, strict=True)))


def random_plan(run, rng, most=30):
    """Return doses of every kind, another number of them for each subject."""
    rows = []
    inputs, states = run.kinetics.bolus.shape[1], len(run.model.states)
    for subject in range(len(run.P)):
        for _ in range(rng.integers(0, most)):
            # on the outputs' times too
            time = rng.choice([rng.uniform(0.0, 96.0), 8.0 * rng.integers(0, 12)])
            index, amount = rng.integers(inputs), 10.0 ** rng.uniform(0.0, 4.5)
            if rng.random() < 0.6:
                rows.append((subject, time, BOLUS, index, amount))
            else:
                rows.append((subject, time, RATE, index, amount))
                rows.append((subject, time + rng.uniform(0.1, 20.0), RATE, index, -amount))
        if rng.random() < 0.3:
            time, state = rng.uniform(0.0, 40.0), rng.integers(states)
            rows.append((subject, time, HOLD, state, 0.0))
            rows.append((subject, time + 20.0, RELEASE, state, 0.0))
        if rng.random() < 0.2:
            rows.append((subject, rng.uniform(30.0, 90.0), RESET, 0, 0.0))
    return plan(run, rows)


def random_people(seed, n=24, spread=0.3):
    """Return subjects with parameters, doses and starts of their own."""
    rng = np.random.default_rng(seed)
    run = people().of(rng.integers(24, size=n))
    factor = np.exp(spread * rng.standard_normal(run.P.shape))
    y0 = run.y0 + run.model.sizes * rng.uniform(0.0, 0.1, run.y0.shape)
    run = replace(run, P=run.P * factor, y0=y0)
    return replace(run, schedule=random_plan(run, rng))
