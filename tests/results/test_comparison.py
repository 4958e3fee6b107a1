import json
import math

import numpy as np
import pytest
from fake_results import fake_result
from scipy import stats

from oihsim.commands.comparison_text import as_json, format_table
from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError
from oihsim.results.comparison import endpoint_table


def test_the_interval_is_the_paired_t_interval(result):
    rows = endpoint_table(result, ["pain_mean"])
    row = next(row for row in rows if row.arm == "escalation")
    pain = (result["pain"].integrate("time") / 2160.0).values[:, 0]
    expected = stats.ttest_rel(pain[1], pain[0]).confidence_interval(0.95)
    assert row.difference == pytest.approx((pain[1] - pain[0]).mean())
    assert (row.low, row.high) == pytest.approx((expected.low, expected.high))


def test_means_by_hand(small):
    keep, taper = endpoint_table(small, ["pain_mean"])
    # taper: 5, 5, 4 against 4, 5, 6
    assert (keep.mean, keep.difference, keep.share_better) == (5.0, None, None)
    assert taper.mean == pytest.approx(14 / 3)
    assert (taper.median, taper.n) == (5.0, 3)
    assert taper.difference == pytest.approx(-1 / 3)
    assert taper.median_difference == 0.0
    assert taper.share_better == pytest.approx(1 / 3)


def test_infinite_values_leave_means_and_stay_in_medians(small):
    keep, taper = endpoint_table(small, ["tolerance_last"])
    assert (keep.mean, keep.median, keep.infinite) == (1.5, 2.0, 1)
    assert (taper.mean, taper.median, taper.infinite) == (3.0, math.inf, 2)
    assert (taper.difference, taper.low) == (2.0, None)
    assert taper.share_better == 0.0
    assert "infinite" in format_table([keep, taper])
    assert '"median": "inf"' in as_json([taper])


def test_failed_subjects_are_dropped_in_pairs_and_counted():
    rows = {
        row.arm: row for row in endpoint_table(fake_result(subjects=9, failed=2), ["pain_mean"])
    }
    assert (rows["stable"].n, rows["stable"].failed) == (9, 0)
    assert (rows["escalation"].n, rows["escalation"].failed) == (7, 2)
    assert (rows["with_ketamine"].n, rows["with_ketamine"].failed) == (9, 0)
    assert "2 subjects failed" in format_table(list(rows.values()))


def test_a_bad_status_drops_a_subject_even_with_numbers(small):
    ds = small.copy(deep=True)
    ds["status"][0, 0, 2] = 3
    keep, taper = endpoint_table(ds, ["pain_mean"])
    assert (keep.n, taper.n, taper.mean, taper.difference) == (2, 2, 5.0, 0.5)


def test_a_single_subject_has_a_difference_without_an_interval(small):
    row = endpoint_table(small.isel(id=[2]), ["pain_mean"])[1]
    assert (row.difference, row.low, row.high) == (-2.0, None, None)
    assert "[" not in format_table([row]).split("better")[-1].split("\n")[1]


def test_an_arm_without_subjects_is_a_row_without_numbers(small):
    ds = small.copy(deep=True)
    ds["status"][1] = 2
    row = endpoint_table(ds, ["pain_mean"])[1]
    assert (row.n, row.failed, row.mean, row.difference) == (0, 3, None, None)
    assert "nan" not in format_table([row])


def test_noise_of_the_solver_is_not_better(small):
    ds = small.copy(deep=True)
    ds["pain"][1] = ds["pain"][0] * (1 - 1e-8)
    assert endpoint_table(ds, ["pain_mean"])[1].share_better == 0.0


def test_endpoints_and_reference_come_from_the_result(result):
    rows = endpoint_table(result)
    assert list(dict.fromkeys(row.endpoint for row in rows)) == [
        "pain_last_day",
        "pain_mean_d60_90",
        "hyperalgesia_last",
        "tolerance_last",
        "cumulative_dose_morphine",
        "cumulative_dose_ketamine",
        "cumulative_dose_naloxone",
    ]
    assert {row.reference for row in rows} == {"stable"}
    assert {row.reference for row in endpoint_table(result, reference="escalation")} == {
        "escalation"
    }


def test_windows_off_the_day_are_labelled_in_hours(small):
    row = endpoint_table(small, [{"endpoint": "pain_peak", "from_h": 6.0}])[0]
    assert row.endpoint == "pain_peak_h6_48"


def test_a_window_of_all_output_is_not_mentioned(small):
    spec = {"endpoint": "pain_peak", "from_h": 0.0, "until_h": 48.0}
    assert endpoint_table(small, [spec])[0].endpoint == "pain_peak"


def test_an_empty_list_in_the_result_means_all_endpoints(result):
    ds = result.assign_attrs(endpoints="[]")
    assert len({row.endpoint for row in endpoint_table(ds)}) == 17


def test_all_faults_of_a_request_are_named_at_once(result):
    wrong = [
        "pain_men",
        {"endpoint": "pain_mean", "until": 3},
        {"endpoint": "pain_mean", "drug": "x"},
    ]
    with pytest.raises(InputError) as caught:
        endpoint_table(result, wrong, reference="stabel")
    assert len(caught.value.problems) == 4
    assert "did you mean 'pain_mean'" in str(caught.value)
    assert "did you mean 'stable'" in str(caught.value)


def test_a_higher_threshold_is_better(result):
    rows = endpoint_table(result, ["threshold_drug_free_last"])
    assert rows[1].difference < 0.0
    assert rows[1].share_better == 0.0


def test_the_table_fits_a_terminal_and_carries_the_caution(result):
    rows = endpoint_table(result)
    for width in (80, 92, 100):
        text = format_table(rows, width)
        assert max(len(line) for line in text.splitlines()) <= width
        assert CAUTION in text.replace("\n", " ")


def test_json_is_json_and_carries_the_caution(small):
    document = json.loads(as_json(endpoint_table(small, ["pain_mean", "tolerance_last"])))
    assert document["caution"] == CAUTION
    assert [row["arm"] for row in document["rows"]] == ["keep", "taper"] * 2
    assert np.isclose(document["rows"][1]["difference"], -1 / 3)
