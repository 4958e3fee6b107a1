"""Write docs/validation.md: the shipped model compared with measurements.

Run: python docs/validation.py (half a minute). Each finding is computed from the typical subject.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import xarray as xr

import oihsim
from oihsim.files.caution import CAUTION
from oihsim.files.yaml import Document
from oihsim.neuroplasticity.nociception import NOCICEPTION, sensitisation
from oihsim.scenario import parse
from oihsim.studies.dose_response import dose_pain_curve

TYPICAL = {"population.count": 1, "population.typical": True}


@dataclass(frozen=True)
class Finding:
    """A measured finding, its use here, and the model's number.

    ``use``: *fitted* (a value was set to it), *must hold* (not to be contradicted), *not fitted*.
    ``verdict``: *agrees* (inside the interval where one is given, or of that sign and about that
    size) or *fails*, as it stands; a test recomputes the numbers.
    """

    source: str
    finding: str
    use: str
    measured: str
    quantity: str
    model: Callable[[], float]
    verdict: str


@cache
def _run(name: str, interval: str = "") -> xr.Dataset:
    changes = {**TYPICAL, **({"output_every": interval} if interval else {})}
    return oihsim.simulate(oihsim.load(name).change(changes)).isel(draw=0, id=0)


@cache
def _curve() -> xr.Dataset:
    doses = [0, 80, 600, 1000]
    return dose_pain_curve(doses=doses, horizons_d=[0.5, 60.0]).isel(limb=0)


def _arms(
    arms: dict[str, list[dict[str, str]]], duration: str, interval: str,
    of: str = "chronic_pain", history: dict[str, object] | None = None,
) -> xr.Dataset:  # fmt: skip
    data = {
        "schema": "oihsim-scenario/1",
        "question": "What does the model do where people have measured?",
        "duration": duration,
        "output_every": interval,
        "population": {"of": of, "count": 1, "typical": True},
        "arms": {name: {"doses": doses} for name, doses in arms.items()},
        **({"history": history} if history else {}),
    }
    return oihsim.simulate(parse(Document("validation", data))).isel(draw=0, id=0)


def _dose(drug: str, route: str, **fields: str) -> dict[str, str]:
    return {"drug": drug, "route": route, **{k.rstrip("_"): v for k, v in fields.items()}}


def _month(variable: str) -> float:
    last = _run("morphine_month", "1 h").sel(scenario="morphine", time=slice(696.0, None))
    return float(last[variable].mean("time"))


def _relief() -> float:
    pain = _run("morphine_month", "1 h").pain
    last = pain.sel(time=slice(696.0, None)).mean("time")
    return 100.0 * float(last.sel(scenario="morphine") / last.sel(scenario="placebo") - 1.0)


def _rating(transmission: xr.DataArray, naive: float) -> xr.DataArray:
    odds = naive / (10.0 - naive)
    return 10.0 * odds * transmission / (1.0 + odds * transmission)


HEAT = ("nociceptive_transmission", 2.90)
"""What a rating of heat reads, and the rating after placebo."""

COLD = ("affective_transmission", 4.56)
"""The same of cold; the time until withdrawal of the hand is the output pain_tolerance."""


def _rebound(arm: str, test: tuple[str, float], minutes_after: float, end_min: float) -> float:
    variable, naive = test
    rating = _rating(_run("remifentanil_volunteers")[variable], naive)
    rise = rating.sel(scenario=arm) - rating.sel(scenario="placebo")
    return float(rise.interp(time=(end_min + minutes_after) / 60.0))


def _remaining_area() -> float:
    early = _run("remifentanil_volunteers").nmda_sensitisation.max("time")
    return 100.0 * float(early.sel(scenario="with_ketamine") / early.sel(scenario="abrupt"))


def _acute_tolerance() -> float:
    dose = {"drug": "remifentanil", "route": "iv", "rate": "0.08 ug/kg/min", "from": "0 h",
            "until": "3 h"}  # fmt: skip
    changes = {**TYPICAL, "arms.abrupt": {"doses": [dose]}, "arms.gradual": None,
               "arms.with_ketamine": None}  # fmt: skip
    ds = oihsim.simulate(oihsim.load("remifentanil_volunteers").change(changes))
    return float(ds.tolerance_index.sel(scenario="abrupt", time=3.0).isel(draw=0, id=0))


def _pain(dose: float, days: float = 60.0) -> float:
    return float(_curve().pain.sel(dose_mg_per_day=dose, horizon_h=24.0 * days))


def _after_taper() -> float:
    pain = _run("flagship").pain.sel(scenario="taper")
    before = pain.sel(time=slice(58 * 24.0, 60 * 24.0)).mean("time")
    return float(pain.sel(time=slice(88 * 24.0, None)).mean("time") - before)


@cache
def _after_a_single_dose() -> xr.Dataset:
    naloxone = {"amount": "10.7 mg"}  # 10 mg per 70 kg
    two = [_dose("morphine", "iv", amount="10.7 mg"),
           _dose("naloxone", "iv", from_="2 h", **naloxone)]  # fmt: skip
    six = [_dose("morphine", "iv", amount="19.3 mg", over="30 min"),
           _dose("naloxone", "iv", from_="6 h", **naloxone)]  # fmt: skip
    return _arms({"two": two, "six": six}, "8 h", "5 min", of="volunteers")


def _dependence() -> float:
    borne = _after_a_single_dose().pain_tolerance
    hours = {"two": 2.0, "six": 6.0}
    seen = [borne.sel(scenario=arm).interp(time=h + m / 60.0)
            for arm, h in hours.items() for m in (5.0, 15.0)]  # fmt: skip
    return math.exp(sum(math.log(float(x)) for x in seen) / len(seen))


@cache
def _dependent() -> xr.Dataset:
    daily = _dose("morphine", "oral_er", amount="200 mg", every="12 h", until="180 d")
    past = {"duration": "180 d", "doses": [daily]}
    return _arms({"stop": [], "stay": [{**daily, "until": "2 d"}]}, "152 d", "6 h", history=past)


def _dependent_test(variable: str, arm: str, day: float) -> float:
    test = _dependent()[variable].sel(scenario=arm)
    return float(test.sel(time=slice(24.0 * day - 12.0, 24.0 * day + 12.0)).mean("time"))


@cache
def _precipitated(agonist: str) -> xr.Dataset:
    months = {
        "fentanyl": _dose("fentanyl", "iv", rate="0.5 mg/h", until="60 d"),
        "morphine": _dose("morphine", "oral_er", amount="200 mg", every="12 h", until="60 d"),
    }
    past = {"duration": "60 d", "doses": [months[agonist]]}
    tablet = {"amount": "8 mg"}
    arms = {f"h{h}": [_dose("buprenorphine", "sublingual", from_=f"{h} h", **tablet)]
            for h in (2, 36)}  # fmt: skip
    return _arms({"stop": [], **arms}, "4 d", "15 min", history=past)


def _extra(hours: int, agonist: str = "fentanyl") -> float:
    pain = _precipitated(agonist).pain
    rise = pain.sel(scenario=f"h{hours}") - pain.sel(scenario="stop")
    return float(rise.sel(time=slice(hours, hours + 8.0)).max("time"))


@cache
def _surgery() -> xr.Dataset:
    infusion = _dose("remifentanil", "iv", rate="0.25 ug/kg/min", until="3 h")
    return _arms({"none": [], "high": [infusion]}, "28 h", "15 min")


def _after_surgery(hours: float) -> float:
    pain = _surgery().pain.sel(time=3.0 + hours)
    return float(pain.sel(scenario="high") - pain.sel(scenario="none"))


@cache
def _week() -> dict[str, float]:
    high = _dose("morphine", "oral_er", amount="300 mg", every="12 h", until="7 d")
    last = _arms({"high": [high]}, "7 d", "2 h").isel(scenario=0, time=-1)
    names = {"N": "nmda_sensitisation", "L": "late_sensitisation", "D": "free_dynorphin_excess",
             "F": "effective_facilitation", "C": "effective_kcc2_loss"}  # fmt: skip
    return {symbol: float(last[name]) for symbol, name in names.items()}


def _reversed(limb: str) -> float:
    """Return how much of hyperalgesia goes when one limb is taken away after a week, %."""
    values = {p.symbol: p.value for p in NOCICEPTION.parameters}
    shape = {k: v for k, v in values.items() if k in inspect.signature(sensitisation).parameters}

    def index(**changes: float) -> float:
        z = sensitisation(**{**shape, **_week(), "r_N": 1.0, **changes})
        return float(z / (1.0 + z))

    return 100.0 * (1.0 - index(**{limb: 0.0}) / index())


FINDINGS = (
    Finding("chu2012", "a month of oral morphine, 78 mg/d: EC50 of a test opioid", "fitted",
            "x 1.72", "EC50 ratio", lambda: _month("tolerance_index"), "agrees"),
    Finding("chu2012", "the same month: no measurable hyperalgesia in 103 people", "must hold",
            "none", "hyperalgesia index", lambda: _month("hyperalgesia_index"), "agrees"),
    Finding("chu2012", "the same month: change of the pain rating", "not fitted",
            "-44 % (with the placebo response)", "change of pain, %", _relief, "fails"),
    Finding("gustorff2002, angst2009", "3 h of remifentanil at 0.08 ug/kg/min: no acute tolerance",
            "must hold", "below x 1.24", "EC50 ratio", _acute_tolerance, "agrees"),
    Finding("comelon2016", "45 min after 30 min of remifentanil, abrupt end: rise of heat pain",
            "fitted", "+0.49", "rise of pain", lambda: _rebound("abrupt", HEAT, 45, 30), "agrees"),
    Finding("comelon2016", "heat pain 105 min after the abrupt end", "fitted", "none",
            "rise of pain", lambda: _rebound("abrupt", HEAT, 105, 30), "agrees"),
    Finding("comelon2016", "heat pain 45 min after a gradual end", "fitted", "-0.02",
            "rise of pain", lambda: _rebound("gradual", HEAT, 45, 50), "agrees"),
    Finding("comelon2016", "cold pain 50 min after the abrupt end", "fitted", "+0.69",
            "rise of pain", lambda: _rebound("abrupt", COLD, 50, 30), "agrees"),
    Finding("comelon2016", "cold pain 110 min after the abrupt end", "fitted", "none",
            "rise of pain", lambda: _rebound("abrupt", COLD, 110, 30), "agrees"),
    Finding("comelon2016", "cold pain 50 min after a gradual end", "fitted", "+0.48",
            "rise of pain", lambda: _rebound("gradual", COLD, 50, 50), "agrees"),
    Finding("koppert2003", "S-ketamine does not lower the pain rise after remifentanil", "must hold",
            "no difference", "rise of heat pain at 45 min with ketamine",
            lambda: _rebound("with_ketamine", HEAT, 45, 30), "agrees"),
    Finding("koppert2003", "S-ketamine abolishes the area of hyperalgesia after remifentanil",
            "must hold", "none left", "NMDA sensitisation that ketamine leaves, %", _remaining_area,
            "agrees"),
    Finding("compton2003", "naloxone 2 to 6 h after one dose of morphine: pain tolerance", "fitted",
            "about x 0.7 (n = 4)", "ratio of pain tolerance", _dependence, "agrees"),
    Finding("pud2006", "dependence (here morphine 400 mg/d for 180 d): pain tolerance on drug",
            "fitted", "x 0.56 (0.38 to 0.83)", "ratio of pain tolerance",
            lambda: _dependent_test("pain_tolerance", "stay", 1), "agrees"),
    Finding("pud2006", "7 days after the stop: pain tolerance as before", "fitted",
            "x 0.56 (0.38 to 0.83)", "ratio of pain tolerance",
            lambda: _dependent_test("pain_tolerance", "stop", 7), "agrees"),
    Finding("pud2006", "28 days after the stop: pain tolerance as before", "fitted",
            "x 0.56 (0.38 to 0.83)", "ratio of pain tolerance",
            lambda: _dependent_test("pain_tolerance", "stop", 28), "agrees"),
    Finding("treister2012", "5 months after the stop: pain tolerance of the naive", "fitted",
            "x 1.13 (0.78 to 1.64)", "ratio of pain tolerance",
            lambda: _dependent_test("pain_tolerance", "stop", 150), "agrees"),
    Finding("treister2012", "dependence: cold is felt as pain later, on drug", "fitted",
            "x 1.59 (1.24 to 2.03)", "ratio of detection threshold",
            lambda: _dependent_test("detection_threshold", "stay", 1), "agrees"),
    Finding("treister2012", "5 months after the stop: felt as pain when the naive feel it",
            "fitted", "x 1.01 (0.81 to 1.27)", "ratio of detection threshold",
            lambda: _dependent_test("detection_threshold", "stop", 150), "agrees"),
    Finding("varshneya2022", "buprenorphine within 24 h of fentanyl precipitates withdrawal "
            "(here 2 h after 0.5 mg/h for 60 d)", "fitted", "severe withdrawal, odds x 5.2 (2.0 to 13.7)",
            "pain beyond that of stopping", lambda: _extra(2), "agrees"),
    Finding("varshneya2022", "buprenorphine 24 to 48 h after fentanyl still does (here 36 h)",
            "not fitted", "severe withdrawal, odds x 3.4 (1.2 to 9.1)",
            "pain beyond that of stopping", lambda: _extra(36), "fails"),
    Finding("vanderah2000, vanderah2001, ferrini2013", "antiserum to dynorphin, block of the medulla "
            "or a KCC2 enhancer abolish hyperalgesia in animals (here day 7 of 600 mg/d)", "fitted",
            "nearly all", "least that one alone reverses, %", lambda: min(map(_reversed, "DFC")),
            "fails"),
    Finding("fletcher2014", "1 h after surgery with much remifentanil (here 0.25 ug/kg/min for 3 h)",
            "not fitted", "+0.94 (0.44 to 1.45)", "rise of pain", lambda: _after_surgery(1),
            "fails"),
    Finding("fletcher2014", "4 h after surgery with much remifentanil", "not fitted",
            "+0.71 (0.28 to 1.13)", "rise of pain", lambda: _after_surgery(4), "agrees"),
    Finding("fletcher2014", "24 h after surgery with much remifentanil", "not fitted",
            "+0.30 (0.04 to 0.56)", "rise of pain", lambda: _after_surgery(24), "agrees"),
    Finding("busse2018", "at usual doses over months opioids still beat no opioid", "must hold",
            "-0.69", "pain at 80 mg/d less no drug, 60 d", lambda: _pain(80) - _pain(0), "agrees"),
    Finding("zhang2014", "hyperalgesia saturates with dose", "must hold", "no growth",
            "pain at 1000 less 600 mg/d, 60 d", lambda: _pain(1000) - _pain(600), "agrees"),
    Finding("sullivan2017", "a taper does not raise pain on average", "must hold",
            "-0.68 (-2.01 to 0.64)", "pain after the flagship's taper less before", _after_taper,
            "agrees"),
)  # fmt: skip


def rows() -> list[tuple[str, ...]]:
    """Return the findings with the model's numbers."""
    return [
        (f"`{f.source}`", f.finding, f.use, f.measured, f.quantity, f"{f.model():.2f}", f.verdict)
        for f in FINDINGS
    ]


def page() -> str:
    """Return the page."""
    head = ("source", "finding", "use", "measured", "model's quantity", "model", "verdict")
    table = [head, ("---",) * len(head), *rows()]
    failed = sum(f.verdict == "fails" for f in FINDINGS)
    fitted = sum(f.use == "fitted" for f in FINDINGS)
    return (
        "\n".join(
            [
                "# Validation",
                "",
                f"{CAUTION} Generated by `python docs/validation.py`; a test recomputes it.",
                "",
                f"The typical subject of each scenario. {fitted} of these {len(FINDINGS)} findings "
                "were used to set values (*fitted*), so agreement with them is no validation; the "
                "other values were inherited from a prototype that was set to animal and human "
                f"studies. {failed} of {len(FINDINGS)} fail and are listed for that reason. "
                "*Agrees* means inside the interval if the source gives one, otherwise of the same sign and similar "
                "size.",
                "",
                *["| " + " | ".join(row) + " |" for row in table],
                "",
                "## What fails, and why",
                "",
                "- The fall of the pain rating at 78 mg/d is smaller than in the trial. The trial's "
                "number includes the placebo response; the model's EC50 of morphine comes from pupil "
                "size.",
                "- One hour after three hours of remifentanil the rebound is too high; at 4 h it is at "
                "the lower end of what was measured. In the trials patients had morphine as well.",
                "- Buprenorphine precipitates withdrawal within hours of a high dose of fentanyl, but "
                "not a day later, as people who use fentanyl report, perhaps because their drug "
                "leaves the body more slowly than after the infusion of this test. After 400 mg/d of morphine it precipitates none.",
                "- One block at a time reverses about four fifths of hyperalgesia at day 7 and two "
                "thirds at day 60; in animals each alone is reported to reverse nearly all of it.",
                "- After an abrupt stop pain tolerance falls to a fifth for two days before it "
                "returns to its value on drug; the source found no change at day 7 and measured nothing earlier.",
                "- The finding of no heat pain after a gradual end depends on reading *end* as the "
                "end of the taper; 45 min after its beginning the model's rise is as large as the abrupt one.",
                "",
                "## Numbers checked another way",
                "",
                "- Every arm of every shipped scenario, typical subject: LSODA at 1e-10 with the "
                "kinetics integrated explicitly agrees to 1e-6 of each state's typical size; three "
                "excerpts of seven days by Radau too (`tests/whole/test_shipped_scenarios.py`).",
                "- Error against a run at 1e-11: at most ten times the requested tolerance from 1e-3 "
                "to 1e-8, on every arm of every shipped scenario (same file).",
                "- The variant `oih21` reproduces the printed tables of the prototype to the last "
                "digit but one unit (`tests/neuroplasticity/test_oih21.py`).",
                "- 153 published or recomputed pharmacokinetic numbers "
                "(`tests/smoke/test_pk_checks.py`).",
                "- Equations: run by Python, compiled by numba, read by SymPy, checked by pint "
                "(`tests/model`).",
            ]
        )
        + "\n"
    )


def main() -> None:
    """Write the page beside this file."""
    (Path(__file__).parent / "validation.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
