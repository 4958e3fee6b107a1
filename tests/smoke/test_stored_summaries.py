"""Every shipped scenario in eight subjects: states within bounds, and the stored summary."""

import json
from pathlib import Path

import numpy as np
import pytest

import oihsim
from oihsim.engine.compiled_model import Model
from oihsim.results.comparison import endpoint_table
from oihsim.scenario import shipped

NAMES = sorted(shipped())
BASELINES = Path(__file__).parent / "baselines"


def simulated(name):
    return oihsim.simulate(oihsim.load(name).change({"population.count": 8}))


def summary(ds):
    rows = endpoint_table(ds)
    return {f"{row.endpoint}/{row.arm}": [row.mean, row.median] for row in rows}


@pytest.fixture(scope="module", params=NAMES)
def result(request):
    """The name of a scenario, and what it gives."""
    return request.param, simulated(request.param)


def test_states_stay_within_their_bounds(result):
    name, ds = result
    scenario = oihsim.load(name)
    model = Model.named(scenario.model)
    assert (ds["status"] == 0).all()
    for state, size in zip(model.linked.states, model.sizes, strict=True):
        slack = 10 * scenario.rtol * size
        low, high = state.bounds
        values = ds[state.name].values
        assert np.all((values >= low - slack) & (values <= high + slack)), state.name
    for variable in ds.data_vars:
        if str(variable).endswith("_concentration"):
            assert float(ds[variable].min()) >= -1e-9, variable


def test_summary_is_the_stored_one(result):
    """After a change of science or numerics on purpose: python tests/smoke/rebuild_baselines.py."""
    name, ds = result
    stored = json.loads((BASELINES / f"{name}.json").read_text())
    means = summary(ds)
    assert means.keys() == stored.keys()
    for key, values in stored.items():
        assert means[key] == pytest.approx(values, rel=1e-4, abs=1e-5), key
