"""The work around the engine grows in proportion to the points of a chunk."""

from collections import Counter

import pytest
import xarray as xr
from small_sweeps import SHORT

import oihsim
from oihsim.engine import compiled_model
from oihsim.results import groups
from oihsim.studies.points import simulate_points


def counted_calls(monkeypatch, number):
    """Return how often a sweep of so many points in one chunk does each piece of work."""
    calls = Counter()

    def count(owner, name):
        function = getattr(owner, name)

        def counting(*args, **kwargs):
            calls[name] += 1
            return function(*args, **kwargs)

        monkeypatch.setattr(owner, name, counting)

    amounts = [f"{10 * (i + 1)} mg" for i in range(number)]
    dose = {"of": "arms.morphine.doses[0].amount", "values": amounts}
    with monkeypatch.context() as monkeypatch:
        count(groups, "parts")
        count(simulate_points, "unpacked")
        count(simulate_points, "endpoint_values")
        count(compiled_model, "deciding_text")
        count(xr.Dataset, "__getitem__")
        oihsim.sweep({**SHORT, "vary": {"dose": dose}, "subjects": 2}, threads=1)
    return calls


@pytest.fixture
def by_number(monkeypatch):
    counted_calls(monkeypatch, 1)  # what is made once a process
    return {number: counted_calls(monkeypatch, number) for number in (2, 4, 8)}


@pytest.mark.slow
def test_calls_grow_in_proportion_to_points(by_number):
    small, middle, large = (by_number[number] for number in (2, 4, 8))
    assert [calls["parts"] for calls in (small, middle, large)] == [2, 4, 8]
    for name in ("unpacked", "__getitem__"):
        assert 0 < large[name] - middle[name] == 2 * (middle[name] - small[name]), name
    assert small["deciding_text"] == middle["deciding_text"] == large["deciding_text"]
    assert 0 < small["endpoint_values"] == middle["endpoint_values"] == large["endpoint_values"]
