"""The withdrawal that is felt: none on a steady dose, more after a quick end than a slow one."""

import numpy as np
import pytest
import xarray as xr

import oihsim
from oihsim.results.endpoints import ENDPOINTS
from oihsim.results.endpoints.withdrawal import HALF

DIMS = ("scenario", "draw", "id", "time")


def test_intensity_is_zero_at_the_set_point_and_below_1():
    excess = np.array([0.0, HALF / 3, HALF, 1e6])
    for x, expected in zip(excess, (0.0, 0.25, 0.5, 1.0), strict=True):
        ds = xr.Dataset({"cyclic_amp_excess": (DIMS, [[[[x]]]])}, {"time": [0.0]})
        for name in ("withdrawal_intensity_peak", "withdrawal_intensity_mean"):
            assert ENDPOINTS[name](ds).item() == pytest.approx(expected, abs=1e-6)


def test_a_failed_subject_stays_without_a_value():
    ds = xr.Dataset({"cyclic_amp_excess": (DIMS, [[[[0.1, np.nan]]]])}, {"time": [0.0, 1.0]})
    for name in ("withdrawal_intensity_peak", "withdrawal_intensity_mean"):
        assert np.isnan(ENDPOINTS[name](ds).item())


@pytest.fixture(scope="module")
def stop():
    change = {"population.count": 1, "population.typical": True, "output_every": "3 h"}
    return oihsim.simulate(oihsim.load("abrupt_or_slow_stop").change(change))


def test_a_slower_end_is_felt_less(stop):
    peak = ENDPOINTS["withdrawal_intensity_peak"](stop).values.ravel()
    mean = ENDPOINTS["withdrawal_intensity_mean"](stop, until_h=240.0).values.ravel()
    assert peak[0] > 1.5 * peak[1] > 1.5 * peak[2]
    assert mean[0] > mean[1] > mean[2]
    assert 0.4 < peak[0] < 0.9


def test_on_a_steady_dose_withdrawal_is_to_come_and_not_felt():
    change = {"population.count": 1, "population.typical": True}
    both = oihsim.simulate(oihsim.load("morphine_month").change(change))
    steady = both.isel(scenario=[1])
    assert steady["analgesic_effect"][..., -1] > 0.1  # the arm with morphine
    late = {"from_h": float(steady.time[-1]) - 240.0}
    assert ENDPOINTS["withdrawal_peak"](steady, **late).min() > 0.3
    assert ENDPOINTS["withdrawal_intensity_peak"](steady, **late).max() < 0.1
