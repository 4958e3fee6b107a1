"""Replay of arms that begin in the steady state of their past."""

import numpy as np
from ledger_cases import RULES, rows, scenario

import oihsim

PAST = """history:
  steady_state: true
  doses: [{drug: morphine, route: oral_er, amount: 30 mg, every: 12 h}]
"""


def test_an_arm_that_begins_in_a_steady_state_is_replayed():
    text = RULES.replace("arms:\n", PAST + "arms:\n")
    short = scenario(text).change({"duration": "3 d", "population.count": 2})
    ds = oihsim.simulate(short)
    # what stands for a past without beginning is its last period
    assert [row[::5] for row in rows(ds, "plain", 0)][:2] == [
        (-12.0, "history"),
        (0.0, "scheduled"),
    ]
    replays = oihsim.replay(ds)
    assert all(arm.equal for arm in replays)
    assert replays[0].difference == 0.0
    (part,) = oihsim.replay(ds.sel(scenario="chase", id=[1]))
    assert part.equal
    ds = ds.copy(deep=True)
    ds["dose_amount"].loc[{"scenario": "plain", "id": 1, "dose": 2}] *= 2.0
    assert [arm.equal for arm in oihsim.replay(ds)] == [False, True]
    assert np.isfinite(ds.pain).all()
