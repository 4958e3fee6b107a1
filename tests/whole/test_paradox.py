"""The paradoxical dose-pain curve emerges, and the low-gain limb carries it."""

import numpy as np
import pytest

from oihsim.studies.dose_response import DOSES, LIMBS, dose_pain_curve


@pytest.fixture(scope="module")
def curve():
    return dose_pain_curve(limbs=LIMBS)


def falls(pain):
    return np.all(np.diff(pain) < 0.0)


def test_doses_cover_the_range():
    assert len(DOSES) >= 12
    assert (min(DOSES), max(DOSES)) == (0, 1000)


def test_after_twelve_hours_more_is_less_pain(curve):
    assert falls(curve.pain.sel(limb="whole model", horizon_h=12.0).values)


def test_after_sixty_days_the_least_pain_is_at_an_interior_dose(curve):
    pain = curve.pain.sel(limb="whole model", horizon_h=1440.0)
    least = int(pain.argmin("dose_mg_per_day"))
    assert 0 < least < len(DOSES) - 1
    assert pain.sel(dose_mg_per_day=600.0) > pain.sel(dose_mg_per_day=0.0) + 0.5


def test_with_the_low_gain_limb_held_the_curve_falls_at_any_time(curve):
    for horizon in curve.horizon_h.values:
        assert falls(curve.pain.sel(limb="low-gain limb held", horizon_h=horizon).values)


def test_which_limbs_carry_it(curve):
    """At 600 mg/day: sensitisation, being gated, needs NMDA receptors and low-gain limb alike.

    Without either none is left; dynorphin carries most of it, tolerance a part.
    """
    pain = {str(limb): float(curve.pain.sel(limb=limb, horizon_h=1440.0, dose_mg_per_day=600.0))
            for limb in curve.limb.values}  # fmt: skip
    full_model = pain.pop("whole model")
    assert all(value < full_model for value in pain.values())
    assert pain["low-gain limb held"] == pytest.approx(pain["NMDA receptors held"], abs=1e-6)
    assert pain["NMDA receptors held"] < pain["dynorphin held"] < pain["tolerance held"]


def test_tolerance_and_hyperalgesia_come_apart(curve):
    """A usual dose: tolerance without hyperalgesia; a high one: both."""
    full_model = curve.sel(limb="whole model", horizon_h=1440.0)
    usual, high = full_model.sel(dose_mg_per_day=80.0), full_model.sel(dose_mg_per_day=600.0)
    assert usual.tolerance_index > 1.5
    assert usual.hyperalgesia_index < 0.05
    assert high.hyperalgesia_index > 0.4


@pytest.mark.slow
def test_population_median_shows_the_same():
    population = {"of": "chronic_pain", "count": 40, "seed": 2}
    median = dose_pain_curve(
        population=population, horizons_d=(0.5, 60.0),
        doses=(0, 15, 30, 60, 90, 120, 180, 240, 360, 480, 600, 1000),
    )  # fmt: skip
    early = median.pain.sel(limb="whole model", horizon_h=12.0).values
    late = median.pain.sel(limb="whole model", horizon_h=1440.0)
    assert falls(early)
    assert 0 < int(late.argmin("dose_mg_per_day")) < late.sizes["dose_mg_per_day"] - 1
    assert late.sel(dose_mg_per_day=600.0) > late.sel(dose_mg_per_day=0.0)
