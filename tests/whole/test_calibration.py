"""Findings that the shipped values were set to, or must not contradict. Not validation."""

import numpy as np
import pytest

import oihsim

TYPICAL = {"population.count": 1, "population.typical": True}


def last_day(ds, arm):
    day = ds.sel(scenario=arm, time=slice(float(ds.time[-1]) - 24.0, None))
    return day.isel(draw=0, id=0).mean("time")


@pytest.fixture(scope="module")
def month():
    scenario = oihsim.load("morphine_month").change({**TYPICAL, "output_every": "1 h"})
    return last_day(oihsim.simulate(scenario), "morphine")


def test_a_month_at_78_mg_moves_the_ec50_as_measured(month):
    """Fitted: remifentanil potency down by 42 %, so EC50 times 1.72 (chu2012)."""
    assert float(month.tolerance_index) == pytest.approx(1.72, abs=0.02)


def test_a_month_at_78_mg_brings_no_hyperalgesia(month):
    """Null: no hyperalgesia measurable in 103 completers (chu2012)."""
    assert float(month.hyperalgesia_index) < 0.05


def test_no_acute_tolerance_to_speak_of_in_three_hours():
    """Null: volunteers lost less than 5 to 24 % of potency in 3 h (gustorff2002, angst2009)."""
    doses = {"drug": "remifentanil", "route": "iv", "rate": "0.08 ug/kg/min", "from": "0 h",
             "until": "3 h"}  # fmt: skip
    scenario = oihsim.load("remifentanil_volunteers").change(
        {**TYPICAL, "arms.abrupt": {"doses": [doses]}, "arms.gradual": None,
         "arms.with_ketamine": None}
    )  # fmt: skip
    ds = oihsim.simulate(scenario).sel(scenario="abrupt", time=3.0).isel(draw=0, id=0)
    assert float(ds.tolerance_index) < 1.24


def test_stopping_at_once_hurts_more_than_over_four_weeks():
    ds = oihsim.simulate(oihsim.load("abrupt_or_slow_stop").change(TYPICAL)).pain.isel(id=0, draw=0)
    start = float(ds.sel(scenario="abrupt", time=0.0))
    peaks = (ds.max("time") - start).to_series()
    assert peaks["abrupt"] > peaks["one_week"] + 0.3
    assert peaks["one_week"] >= peaks["four_weeks"]
    assert peaks["four_weeks"] < 0.35


def test_rebound_after_remifentanil_is_gone_within_two_hours():
    """Present at 45 min, absent at 105 min after a 30-min infusion (comelon2016).

    Its size is a known failure: the model's rise is a fifth of the 0.49 that was measured.
    """
    ds = oihsim.simulate(oihsim.load("remifentanil_volunteers").change(TYPICAL))
    rise = (ds.pain - ds.pain.sel(scenario="placebo")).isel(id=0, draw=0).sel(scenario="abrupt")
    after = 0.5 + np.array([45.0, 105.0]) / 60.0
    at = rise.interp(time=after).values
    assert at[0] > 0.05
    assert at[1] < 0.25 * at[0]


def test_naloxone_uncovers_what_tone_masks():
    scenario = oihsim.load("naloxone_challenge").change(TYPICAL)
    ds = oihsim.simulate(scenario).pain.isel(id=0, draw=0)
    for arm, day in (("after_one_week", 7.0), ("after_four_weeks", 28.0)):
        window = ds.sel(time=slice(24.0 * day, 24.0 * day + 12.0))
        rise = window.sel(scenario=arm).max() - window.sel(scenario="no_naloxone").max()
        assert float(rise) > 0.1
