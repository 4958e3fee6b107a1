"""Output times: intervals in turn, and outputs where endpoints read."""

from pathlib import Path

import numpy as np
import pytest

from oihsim.scenario import Scenario, load
from oihsim.simulation.simulate import compare

FILE = Path(__file__).parent / "valid" / "outputs_and_times.yaml"


def test_outputs_are_dense_then_sparse_and_stand_where_endpoints_read():
    scenario = load(FILE)
    times = np.array(scenario.output_times())
    assert times[:3].tolist() == [0.0, 0.083333333, 0.166666667]
    assert times[-2:].tolist() == [238.0, 240.0]
    assert scenario.endpoint_times_h == [24.0, 48.0, 168.0]
    assert {24.0, 48.0, 168.0} <= set(times)
    assert (np.diff(times) > 0.0).all()
    assert Scenario.from_resolved(scenario.resolved).scenario_hash == scenario.scenario_hash
    assert "every 0.0833333 h (5 min) until 4 h, then every 6 h" in scenario.explain()


def test_an_earlier_end_cuts_the_intervals_and_one_interval_replaces_them():
    scenario = load(FILE)
    assert scenario.change({"duration": "3 h"}).outputs == [
        {"every_h": pytest.approx(1 / 12), "until_h": None}
    ]
    assert scenario.change({"duration": "2 d"}).outputs[1] == {"every_h": 6.0, "until_h": None}
    daily = scenario.change({"output_every": "1 d", "compare.endpoints": []})
    assert daily.outputs == []
    assert daily.output_times() == [24.0 * day for day in range(11)]
    assert daily.change({"outputs": [{"every": "2 d"}]}).output_times()[1] == 48.0


def test_an_endpoint_at_one_time_is_the_value_at_that_time():
    changes = {"population.count": 2, "duration": "2 d"}
    scenario = load(FILE).change(changes)
    ds = compare(scenario)
    minute = scenario.change({"output_every": "20 min", "compare.endpoints": []})
    course = compare(minute)["pain"]
    expected = course.sel(time=100 / 60, method="nearest")
    np.testing.assert_allclose(ds["pain_mean_at_h1.66667"], expected, rtol=1e-4)
    lowest = course.sel(time=slice(24.0, 48.0)).min("time")
    np.testing.assert_allclose(ds["pain_trough_d1_2"], lowest, rtol=0.02)


def test_scenarios_whose_endpoints_read_at_other_times_are_compared():
    changes = {"population.count": 1, "population.typical": True, "duration": "2 d"}
    first = load(FILE).change(
        {**changes, "compare.endpoints": [{"endpoint": "pain_mean", "at": "5 h"}]}
    )
    second = first.change({"compare.endpoints": [{"endpoint": "pain_mean", "at": "7 h"}]})
    ds = compare([first, second])
    assert "pain_mean_at_h5" in ds
    assert "pain_mean_at_h7" not in ds
    assert {5.0, 7.0} <= set(ds["time"].values.tolist())
