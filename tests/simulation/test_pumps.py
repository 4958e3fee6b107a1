"""Targets of pumps in scenarios: what the subject gets, and what a result says of it."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import oihsim
from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model
from oihsim.files.yaml import Document, parse_yaml
from oihsim.scenario import Scenario, parse
from oihsim.simulation.pumps import pump_doses
from oihsim.studies.points.packing import families, run_pack
from oihsim.studies.washout import stopped

NG_PER_NMOL = 376.45
PAGE = Path(__file__).parents[2] / "docs" / "target_controlled_infusion.md"
MINTO = "remifentanil-minto1997"


def scenario(*lines, **fields):
    data = {
        "schema": "oihsim-scenario/1",
        "question": "Does it hold?",
        "duration": "2 h",
        "output_every": "1 min",
        "population": {"of": "volunteers", "count": 3, "seed": 3},
        "arms": {"none": {"doses": []}, "pump": {"doses": list(lines)}},
        "compare": {"endpoints": ["pain_mean"]},
        **fields,
    }
    return parse(Document("pumps.yaml", data))


def target(level="2.5 ng/mL", until="60 min", **fields):
    return {"drug": "remifentanil", "target": level, "until": until, **fields}


TYPICAL = {"of": "volunteers", "count": 1, "typical": True}
STEPS = (target(site="effect"), {**target("1 ng/mL", "90 min", site="effect"), "from": "60 min"})


@cache
def result():
    return oihsim.simulate(scenario(*STEPS))


def pumped(ds, name, subject=0):
    values = ds[f"dose_{name}"].sel(scenario="pump").isel(draw=0, id=subject).values
    return values[~np.isnan(ds["dose_time"].sel(scenario="pump").isel(draw=0, id=subject).values)]


@pytest.mark.parametrize(("site", "reads"), [("plasma", "plasma"), ("effect", "effect_site")])
def test_the_typical_subject_of_the_controller_is_at_the_target(site, reads):
    ds = oihsim.simulate(scenario(target(site=site), population=TYPICAL))
    level = ds[f"remifentanil_{reads}_concentration"].sel(scenario="pump")[0, 0].values
    minutes = np.arange(len(level))
    held = level[(minutes >= 4) & (minutes <= 60)] * NG_PER_NMOL / 1000.0
    assert held == pytest.approx(np.full(len(held), 2.5), rel=6e-3)
    assert level[minutes == 75][0] < 0.2 * level[minutes == 60][0]


def test_a_subject_of_another_set_ends_at_the_ratio_of_the_clearances():
    fixed = {"until": "48 h", "controller": MINTO}
    ds = oihsim.simulate(
        scenario(
            target("4 ng/mL", **fixed), population=TYPICAL, duration="48 h", output_every="1 h"
        )
    )
    covariates = {word: ds[word].values[0] for word in ("AGE", "WT", "HT", "SEX")}
    clearance = {
        name: load_drug(name).individual(load_drug(name).typical() | covariates)["CL"]
        for name in ("remifentanil", MINTO)
    }
    expected = 4.0 * float(clearance[MINTO][0] / clearance["remifentanil"][0])
    level = ds["remifentanil_plasma_concentration"].sel(scenario="pump")[0, 0].values[-1]
    assert level * NG_PER_NMOL / 1000.0 == pytest.approx(expected, rel=3e-3)


@pytest.mark.parametrize(
    ("controller", "level", "total_mg"),
    [
        ("propofol-marsh1991", "3 ug/mL", 1027.18),
        ("propofol-schnider1998", "3 ug/mL", 919.502),
        ("dexmedetomidine", "1 ng/mL", 0.153369),
        (MINTO, "4 ng/mL", 1.32741),
    ],
)
def test_shipped_sets_give_what_the_table_says(controller, level, total_mg):
    """The amounts of two hours in ``tests/kinetics/tci_checks.csv``, exact references there."""
    line = {"drug": controller, "target": level, "until": "2 h"}
    arm = scenario(line, population=TYPICAL).arms["pump"]
    man = {"AGE": 40.0, "WT": 70.0, "HT": 170.0, "SEX": 0.0}
    doses = pump_doses(arm, {word: np.array([value]) for word, value in man.items()})
    factor = load_drug(controller).salt_factor
    assert doses.amount.sum() * factor == pytest.approx(total_mg, rel=2e-3)


def test_the_ledger_has_the_rates_of_each_subject():
    ds = result()
    reasons = ds["dose_reason"].attrs["flag_meanings"].split()
    assert reasons == ["target-controlled_infusion"]
    totals = []
    for subject in range(3):
        time, hours = pumped(ds, "time", subject), pumped(ds, "duration", subject)
        assert (np.diff(time) > 0.0).all()
        assert (time[1:] >= (time + hours)[:-1] - 1e-9).all()
        assert time[-1] + hours[-1] == pytest.approx(1.5)
        totals.append(pumped(ds, "amount", subject).sum())
        given = ds["remifentanil_cumulative_dose"].sel(scenario="pump")[0, subject, -1]
        assert float(given) == pytest.approx(totals[-1], rel=1e-12)
    assert len(set(totals)) == 3


def test_rates_come_from_covariates_and_not_from_the_subject():
    ds = result()
    other = oihsim.simulate(scenario(*STEPS).change({"remifentanil.CLR": "1.5 L/min"}))
    for name in ("time", "amount", "duration"):
        assert (pumped(ds, name) == pumped(other, name)).all()
    level = "remifentanil_plasma_concentration"
    before, after = (d[level].sel(scenario="pump")[0, 0, 59] for d in (ds, other))
    assert float(after) > 1.2 * float(before)


def test_a_largest_rate_per_kg_is_kept():
    ds = oihsim.simulate(scenario(target(max_rate="0.3 ug/kg/min")))
    for subject in range(3):
        weight = float(ds["WT"][0, subject])
        rates = pumped(ds, "amount", subject) / pumped(ds, "duration", subject)
        assert rates[0] == pytest.approx(0.3e-3 * 60.0 * weight, rel=1e-9)
        assert rates.max() == pytest.approx(rates[0], rel=1e-9)


def test_the_ledger_given_again_leads_to_the_same_course():
    for replayed in oihsim.replay(result()):
        assert replayed.equal, str(replayed)
        assert replayed.difference < 1e-9


def test_a_subject_of_a_block_is_the_subject_of_the_population():
    alone = oihsim.simulate(scenario(*STEPS).change({"population.first": 1, "population.count": 1}))
    for name in ("pain", "remifentanil_plasma_concentration"):
        assert (alone[name].values[:, :, 0] == result()[name].values[:, :, 1]).all()
    assert (pumped(alone, "amount") == pumped(result(), "amount", 1)).all()


def test_packed_points_are_what_they_are_alone():
    points = [scenario(*STEPS), scenario(target("4 ng/mL", controller=MINTO))]
    model, drugs = Model.named(), {"remifentanil": load_drug("remifentanil")}
    packed = run_pack(families(list(enumerate(points))), model, drugs)
    for runs, point in zip(packed, points, strict=True):
        alone = oihsim.simulate(point)
        number = model.outputs.index("pain")
        assert (runs[1].run.outputs[:, :, number] == alone["pain"].values[1, 0]).all()


def test_the_resolved_form_comes_back():
    first = scenario(*STEPS, target("3 nM", "20 min", controller=MINTO) | {"drug": MINTO})
    again = Scenario.from_resolved(first.resolved)
    assert again.resolved == first.resolved
    assert again.arms == first.arms
    assert first.controllers == ("remifentanil", MINTO)
    assert "targets" not in first.resolved["arms"]["none"]


def test_an_earlier_end_cuts_targets():
    shorter = scenario(*STEPS).change({"duration": "75 min"}).arms["pump"].target_lines
    assert [(line.from_h, line.until_h) for line in shorter] == [(0.0, 1.0), (1.0, 1.25)]
    (only,) = scenario(*STEPS).change({"duration": "30 min"}).arms["pump"].target_lines
    assert only.until_h == 0.5


def test_a_change_reaches_a_target():
    changed = scenario(*STEPS).change({"arms.pump.doses[1].target": "0.5 ng/mL"})
    assert changed.arms["pump"].target_lines[1].target == 0.5


def test_a_washout_ends_targets():
    arm = stopped(scenario(*STEPS), 1.25, 2.0).arms["pump"]
    assert [(line.from_h, line.until_h) for line in arm.target_lines] == [(0.0, 1.0), (1.0, 1.25)]
    early = stopped(scenario(*STEPS), 0.5, 2.0).arms["pump"]
    assert [line.until_h for line in early.target_lines] == [0.5]


def test_a_periodic_state_needs_doses_that_repeat():
    with pytest.raises(oihsim.InputError, match="a target of remifentanil from 0 h"):
        oihsim.steady_state(scenario(*STEPS))


def test_the_sentence_on_breathing_counts_targets():
    up = scenario(target("1 ng/mL", "30 min"), {**target("2 ng/mL"), "from": "30 min"})
    assert up.breathing == {"begun": ["pump"], "raised": ["pump"]}
    assert scenario(*STEPS).breathing == {"begun": ["pump"]}


def test_the_text_of_a_scenario_names_targets():
    text = scenario(*STEPS, population=TYPICAL).explain()
    assert "2.5 ng/mL" in text
    assert "dose ledger" in text
    assert "no doses" in text  # of the other arm


def test_the_example_of_the_page_runs():
    page = PAGE.read_text(encoding="utf-8")
    example = parse(parse_yaml(page.split("```yaml\n")[1].split("```")[0], "page"))
    ds = oihsim.simulate(example.change({"population.count": 2, "duration": "45 min"}))
    assert (ds["status"] == 0).all()


def test_the_errors_that_the_page_names_are_those_of_the_shipped_scenario():
    ds = oihsim.simulate(oihsim.load("target_controlled_remifentanil").change({"duration": "1 h"}))
    site = ds["remifentanil_effect_site_concentration"].sel(scenario="abrupt").values[0, :, -1]
    percent = 100.0 * (site * NG_PER_NMOL / 1000.0 / 2.5 - 1.0)
    assert [round(float(f(percent))) for f in (np.median, np.min, np.max)] == [-6, -31, 23]
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert "is 6 % below the target in the median subject, from 31 % below to 23 % above" in text
