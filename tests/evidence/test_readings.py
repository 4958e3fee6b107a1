"""Readings from a small result whose numbers are known."""

import numpy as np
import pytest
import xarray as xr

import oihsim
from oihsim.evidence.readings import event_times, subject_values
from oihsim.evidence.simulated_study import judged_finding
from oihsim.evidence.study import parse_study
from oihsim.evidence.study_form import ReadingForm
from oihsim.evidence.verdict import Verdict
from oihsim.files.yaml import Document, parse_yaml
from oihsim.scenario import parse

HOURS = [0.0, 1.0, 2.0, 4.0]
PLACEBO = np.array([[2.0, 2.0, 2.0, 2.0], [4.0, 4.0, 4.0, 4.0]])
DRUG = np.array([[2.0, 1.0, 3.0, 5.0], [4.0, 2.0, 6.0, 4.0]])
DIMS = ("scenario", "draw", "id", "time")


def result(placebo=PLACEBO, drug=DRUG):
    pain = np.stack([placebo, drug])[:, None]
    attrs = {"units": "1"}
    return {
        "": xr.Dataset({"pain": (DIMS, pain, attrs)}, {"scenario": ["placebo", "drug"],
                                                       "time": HOURS})
    }  # fmt: skip


def read(**fields):
    return subject_values(result(), ReadingForm(reads="pain", arm="drug", **fields)).tolist()


def test_at_a_time_over_a_window_and_as_an_endpoint():
    assert read(at="1 h") == [1.0, 2.0]
    assert read(**{"from": "1 h", "until": "4 h"}) == pytest.approx([10 / 3, 14 / 3])
    peak = ReadingForm(reads="pain_peak", arm="drug", **{"from": "0 h", "until": "2 h"})
    assert subject_values(result(), peak).tolist() == [3.0, 6.0]


def test_the_change_from_the_subjects_own_baseline():
    assert read(at="2 h", baseline="0 h") == [1.0, 2.0]
    assert read(at="1 h", baseline="0 h", change="ratio") == [0.5, 0.5]
    assert read(at="4 h", baseline="0 h", change="percent") == [150.0, 0.0]


def test_a_window_has_a_lowest_a_highest_and_a_slope():
    window = {"from": "0 h", "until": "4 h"}
    assert read(**window, over="lowest") == [1.0, 2.0]
    assert read(**window, over="highest") == [5.0, 6.0]
    slopes = [np.polyfit(np.array(HOURS) / 168.0, row, 1)[0] for row in DRUG]
    assert read(**window, over="slope") == pytest.approx(slopes)


STUDY = """schema: oihsim-study/1
citation: comelon2016
theme: volunteers
design: crossover
n: 4
done: Two had a drug or none.
duration: 4 h
output_every: 1 h
population: {of: volunteers}
arms: {placebo: {doses: []}, drug: {doses: []}}
findings:
  f:
    meaning: pain
    role: fit
    reads: pain
    arm: drug
    at: 2 h
    against: placebo
    statistic: difference
    observed: {value: 1.5, interval: [1, 2]}
    provenance: read
"""


def judged(text, **arms):
    return judged_finding(parse_study(parse_yaml(text, "s.yaml"), "s"), "f", result(**arms))


def test_a_finding_is_the_difference_of_the_arms():
    row = judged(STUDY)
    assert row.simulated.value == pytest.approx(1.5)
    assert row.simulated.subjects == 2
    assert row.judgement.verdict == Verdict.INSIDE


def test_a_finding_before_and_after_in_one_arm():
    row = judged(STUDY.replace("against: placebo", "against_at: 1 h"))
    assert row.simulated.value == pytest.approx(3.0)


def test_a_failed_subject_is_left_out_of_both_arms():
    drug = DRUG.copy()
    drug[0] = np.nan
    row = judged(STUDY, drug=drug, placebo=np.array([[9.0] * 4, *PLACEBO[1:]]))
    assert row.simulated is None
    assert row.judgement.verdict == Verdict.FAILED
    three = np.concatenate([DRUG, DRUG[1:]])
    three[0] = np.nan
    row = judged(STUDY, drug=three, placebo=np.array([[9.0] * 4, [4.0] * 4, [4.0] * 4]))
    assert row.simulated.value == pytest.approx(2.0)
    assert row.simulated.subjects == 2


def test_incidence_counts_subjects_who_meet_the_criterion():
    text = STUDY.replace("against: placebo", "criterion: {above: 5}").replace(
        "difference", "incidence"
    )
    assert judged(text).simulated.value == 0.5


def test_correlation_has_a_second_reading():
    text = STUDY.replace("    against: placebo\n", "    with: {reads: pain, arm: drug, at: 0 h}\n")
    row = judged(text.replace("difference", "correlation"))
    assert row.simulated.value == pytest.approx(1.0)


def test_times_to_an_event_are_censored_at_the_end_of_the_window():
    text = STUDY.replace("at: 2 h", "from: 1 h\n    until: 4 h\n    criterion: {above: 4.5}")
    text = text.replace("difference", "hazard ratio")
    study = parse_study(parse_yaml(text, "s.yaml"), "s")
    assert event_times(result(), study.findings["f"], "drug").tolist() == [3.0, 1.0]
    assert event_times(result(), study.findings["f"], "placebo").tolist() == [-3.0, -3.0]


def test_the_event_free_share_needs_no_comparator():
    text = STUDY.replace("at: 2 h", "from: 1 h\n    until: 4 h\n    criterion: {above: 4.5}")
    text = text.replace("    against: placebo\n", "").replace("difference", "event-free share")
    assert judged(text).simulated.value == 0.0


def test_who_drops_out_is_censored_then_and_who_failed_is_left_out():
    text = STUDY.replace("at: 2 h", "from: 1 h\n    until: 4 h\n    criterion: {above: 4.5}")
    study = parse_study(parse_yaml(text.replace("difference", "hazard ratio"), "s.yaml"), "s")
    results = result()
    (ds,) = results.values()
    ds["pain"][{"id": 0, "time": [3]}] = np.nan
    assert event_times(results, study.findings["f"], "placebo").tolist() == [-1.0, -3.0]
    ds["status"] = (DIMS[:3], np.array([[[0, 3]], [[0, 0]]]))
    times = event_times(results, study.findings["f"], "placebo")
    assert times[0] == -1.0
    assert np.isnan(times[1])


def test_what_a_window_gives_does_not_depend_on_the_output_times():
    """A tablet every 12 h, printed every 12 h or every 5 min."""
    values = {}
    for every in ("12 h", "5 min"):
        data = {
            "schema": "oihsim-scenario/1", "question": "Do output times decide?",
            "duration": "3 d", "output_every": every,
            "population": {"of": "chronic_pain", "count": 3, "seed": 4},
            "arms": {"drug": {"doses": [
                {"drug": "morphine", "route": "oral", "amount": "30 mg", "every": "12 h",
                 "until": "3 d"},
            ]}},
        }  # fmt: skip
        results = {"": oihsim.simulate(parse(Document("s.yaml", data)))}
        values[every] = {
            over: subject_values(
                results,
                ReadingForm(reads="pain", arm="drug", **{"from": "1 d", "until": "3 d"}, over=over),
            )
            for over in ("mean", "lowest", "highest")
        }
        courses = results[""].pain.sel(scenario="drug", time=slice(24.0, 72.0)).isel(draw=0)
        values[every]["printed"] = courses.mean("time").values
    for over in ("mean", "lowest", "highest"):
        np.testing.assert_allclose(values["12 h"][over], values["5 min"][over], atol=1e-3)
    gap = np.abs(values["12 h"]["printed"] - values["5 min"]["printed"])
    assert gap.max() > 0.1
