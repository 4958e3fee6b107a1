"""A result that would not fit is refused before anything is computed."""

import os

import pytest

import oihsim


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="this system does not tell its memory")
def test_a_result_larger_than_the_memory_is_refused(monkeypatch):
    scenario = oihsim.load("flagship").change({"population.count": 100_000})
    monkeypatch.setattr(os, "sysconf", lambda name: 4096 if "SIZE" in name else 2_000_000)
    with pytest.raises(oihsim.InputError, match=r"population.count: found a result of about .* GB"):
        oihsim.simulate(scenario)
