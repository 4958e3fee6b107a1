"""Findings that the shipped values were set to, or must not contradict. Not validation."""

import numpy as np
import pytest

import oihsim
from oihsim.files.yaml import Document
from oihsim.scenario import parse

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


def rises(transmission, naive, arm, minutes):
    """Return how far a test rated ``naive`` after placebo rises, at minutes from the start."""
    odds = naive / (10.0 - naive) * transmission
    rating = (10.0 * odds / (1.0 + odds)).isel(id=0, draw=0)
    rise = rating.sel(scenario=arm) - rating.sel(scenario="placebo")
    return rise.interp(time=np.array(minutes) / 60.0).values


def test_rebound_after_remifentanil_is_as_measured_and_heat_and_cold_differ():
    """Fitted (comelon2016): 45 to 50 min after the end, and 105 to 110 min after, within an SD.

    Heat: +0.49 after an abrupt end, -0.02 after a gradual one, then none (SD 0.17, assumed from
    the p-values). Cold: +0.69, +0.48, then none (SD 0.2).
    """
    ds = oihsim.simulate(oihsim.load("remifentanil_volunteers").change(TYPICAL))
    heat, cold = (ds.nociceptive_transmission, 2.90), (ds.affective_transmission, 4.56)
    assert rises(*heat, "abrupt", [75, 135]) == pytest.approx([0.49, 0.0], abs=0.17)
    assert rises(*heat, "gradual", [95]) == pytest.approx([-0.02], abs=0.17)
    assert rises(*cold, "abrupt", [80, 140]) == pytest.approx([0.69, 0.0], abs=0.2)
    assert rises(*cold, "gradual", [100]) == pytest.approx([0.48], abs=0.2)


def test_ketamine_prevents_sensitisation_after_remifentanil_and_leaves_the_pain_rise():
    """Must hold (koppert2003): S-ketamine abolishes the area, not the rise of the pain rating."""
    ds = oihsim.simulate(oihsim.load("remifentanil_volunteers").change(TYPICAL))
    pain = [rises(ds.nociceptive_transmission, 4.0, arm, [75])[0]
            for arm in ("abrupt", "with_ketamine")]  # fmt: skip
    assert pain[1] > 0.8 * pain[0]
    early = ds.nmda_sensitisation.isel(id=0, draw=0).max("time").to_series()
    assert early["with_ketamine"] < 0.15 * early["abrupt"]
    assert early["gradual"] < 0.3 * early["abrupt"]


def precipitated(history):
    """Return most pain beyond that of stopping, by hours from the stop to buprenorphine 8 mg."""
    hours = (2, 48)
    arms = {
        f"h{h}": {"doses": [{"drug": "buprenorphine", "route": "sublingual", "amount": "8 mg",
                             "from": f"{h} h"}]}
        for h in hours
    }  # fmt: skip
    data = {
        "schema": "oihsim-scenario/1", "question": "Does buprenorphine precipitate withdrawal?",
        "duration": "4 d", "output_every": "15 min",
        "population": {"of": "chronic_pain", "count": 1, "typical": True},
        "history": {"duration": "60 d", "doses": [{**history, "from": "0 d", "until": "60 d"}]},
        "arms": {"stop": {"doses": []}, **arms},
    }  # fmt: skip
    pain = oihsim.simulate(parse(Document("precipitated", data))).pain.isel(id=0, draw=0)
    extra = pain - pain.sel(scenario="stop")
    return [float(extra.sel(scenario=f"h{h}", time=slice(h, h + 8.0)).max()) for h in hours]


def test_buprenorphine_precipitates_withdrawal_early_after_a_high_dose_and_not_late():
    """Fitted in sign (varshneya2022); a day or two later withdrawal is there and it eases it."""
    early, late = precipitated({"drug": "fentanyl", "route": "iv", "rate": "0.5 mg/h"})
    assert 0.5 < early < 2.5
    assert late < 0.05


def test_known_failure_buprenorphine_precipitates_nothing_at_400_mg_of_morphine():
    """To be turned round when the model does better."""
    morphine = {"drug": "morphine", "route": "oral_er", "amount": "200 mg", "every": "12 h"}
    assert max(precipitated(morphine)) < 0.05


@pytest.fixture(scope="module")
def dependence():
    daily = {"drug": "morphine", "route": "oral_er", "amount": "200 mg", "every": "12 h",
             "from": "0 d"}  # fmt: skip
    data = {
        "schema": "oihsim-scenario/1", "question": "Do tests of pain move apart in dependence?",
        "duration": "152 d", "output_every": "6 h",
        "population": {"of": "chronic_pain", "count": 1, "typical": True},
        "history": {"duration": "180 d", "doses": [{**daily, "until": "180 d"}]},
        "arms": {"stop": {"doses": []}, "stay": {"doses": [{**daily, "until": "2 d"}]}},
    }  # fmt: skip
    return oihsim.simulate(parse(Document("dependence", data))).isel(id=0, draw=0)


def test_pain_tolerance_and_detection_threshold_move_apart_in_dependence(dependence):
    """Fitted (pud2006, treister2012; 95 % intervals): tolerance low for weeks, detection high."""

    def test(variable, arm, day):
        window = dependence[variable].sel(scenario=arm)
        return float(window.sel(time=slice(24.0 * day - 12.0, 24.0 * day + 12.0)).mean())

    for arm, day in (("stay", 1), ("stop", 7), ("stop", 28)):
        assert 0.38 < test("pain_tolerance", arm, day) < 0.83
    assert 0.78 < test("pain_tolerance", "stop", 150) < 1.64
    assert 1.24 < test("detection_threshold", "stay", 1) < 2.03
    assert 0.81 < test("detection_threshold", "stop", 150) < 1.27


def test_naloxone_after_one_dose_of_morphine_lowers_pain_tolerance():
    """Fitted (compton2003): to about 0.7, 5 and 15 min after naloxone 2 h after 10 mg."""
    doses = [{"drug": "morphine", "route": "iv", "amount": "10.7 mg", "from": "0 h"},
             {"drug": "naloxone", "route": "iv", "amount": "10.7 mg", "from": "2 h"}]  # fmt: skip
    scenario = oihsim.load("remifentanil_volunteers").change(
        {**TYPICAL, "arms.abrupt": {"doses": doses}, "arms.gradual": None,
         "arms.with_ketamine": None}
    )  # fmt: skip
    borne = oihsim.simulate(scenario).pain_tolerance.sel(scenario="abrupt").isel(id=0, draw=0)
    seen = borne.interp(time=2.0 + np.array([5.0, 15.0]) / 60.0)
    assert float(np.log(seen).mean()) == pytest.approx(np.log(0.7), abs=0.25)


def test_cyclic_amp_stays_below_its_set_point_on_constant_drug():
    """The slow arm is fed by the fast one and not by a deficit; still neither overshoots."""
    rates = {"fentanyl": ("0.5 mg/h", "2 mg/h"), "morphine": ("2 mg/h", "10 mg/h", "40 mg/h"),
             "remifentanil": ("0.1 ug/kg/min",)}  # fmt: skip
    arms = {
        f"{drug}_{i}": {"doses": [{"drug": drug, "route": "iv", "rate": rate, "from": "0 d",
                                   "until": "60 d"}]}
        for drug, rates_of_drug in rates.items() for i, rate in enumerate(rates_of_drug)
    }  # fmt: skip
    data = {
        "schema": "oihsim-scenario/1", "question": "Does adaptation overshoot on drug?",
        "duration": "60 d", "output_every": "3 h",
        "population": {"of": "chronic_pain", "count": 1, "typical": True}, "arms": arms,
    }  # fmt: skip
    ds = oihsim.simulate(parse(Document("constant", data))).isel(id=0, draw=0, time=slice(1, None))
    assert float(ds.cyclic_amp.max()) < 1.0
    assert float(ds.slow_superactivation.isel(time=-1).min()) > 0.02


def test_naloxone_uncovers_what_tone_masks():
    scenario = oihsim.load("naloxone_challenge").change(TYPICAL)
    ds = oihsim.simulate(scenario).pain.isel(id=0, draw=0)
    for arm, day in (("after_one_week", 7.0), ("after_four_weeks", 28.0)):
        window = ds.sel(time=slice(24.0 * day, 24.0 * day + 12.0))
        rise = window.sel(scenario=arm).max() - window.sel(scenario="no_naloxone").max()
        assert float(rise) > 0.1
