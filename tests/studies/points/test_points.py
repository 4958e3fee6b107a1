"""Many points of a scenario: each as if it were alone, those that fail in their place."""

import numpy as np
import pytest
from slow_parameters import slow

import oihsim
from oihsim.engine.compiled_model import Model
from oihsim.engine.solver import INTERRUPTED
from oihsim.files.errors import InputError, SimulationError
from oihsim.studies.points.simulate_points import REFUSED, point_endpoints, simulate_points

TWO = {"population.count": 2, "duration": "4 d"}
NUMBERS = [
    {},
    {"nmda.k_on": "0.02 1/h", "morphine.CL": "40 L/h"},
    {"nociception.p0": "5"},
    {"morphine.CL": "80 L/h"},
]
LATE = {"missed": 0.2, "late": {"median": "2 h", "cv": 0.5}}


def small(name="morphine_month", **changes):
    return oihsim.load(name).change({**TWO, **changes})


def alone(scenario, changes):
    return oihsim.simulate(scenario.change(changes), threads=1)


def assert_as_alone(ds, scenario, points):
    assert ds.sizes["point"] == len(points)
    for i, changes in enumerate(points):
        expected = alone(scenario, changes)
        for name, values in expected.data_vars.items():
            point = ds[name].isel(point=i)
            point = point.sel(scenario=expected["scenario"]) if "scenario" in point.dims else point
            # tables are as long as the longest
            point = point.isel({dim: slice(0, size) for dim, size in values.sizes.items()})
            assert point.dims == values.dims
            equal_nan = values.dtype.kind == "f"
            assert np.array_equal(point.values, values.values, equal_nan=equal_nan), (
                name, changes,
            )  # fmt: skip
            assert point.attrs["units"] == values.attrs["units"]


@pytest.fixture
def runs(monkeypatch):
    """The number of subjects of every run of a model."""
    sizes, run = [], Model.run

    def counted(self, P, *args, **kwargs):
        sizes.append(len(P))
        return run(self, P, *args, **kwargs)

    monkeypatch.setattr(Model, "run", counted)
    return sizes


def test_numbers_are_packed_into_a_single_run_per_arm_and_are_those_of_each_alone(runs):
    scenario = small()
    ds = simulate_points(scenario, NUMBERS, threads=1)
    assert runs == [8] * len(scenario.arms)
    assert ds["pain"].dims == ("point", "scenario", "draw", "id", "time")
    assert not np.array_equal(ds["pain"][0], ds["pain"][1])
    assert_as_alone(ds, scenario, NUMBERS)


@pytest.mark.slow
def test_doses_of_the_same_drugs_share_a_run_too(runs):
    scenario = small()
    dose = {"drug": "morphine", "route": "oral_er", "every": "12 h", "from": "0 d"}
    points = [
        {"arms.morphine": {"doses": [{**dose, "amount": f"{size} mg", "until": f"{days} d"}]}}
        for size, days in ((10, 4), (60, 1), (60, 3))
    ]
    points += [{"population.seed": 9}, {"hold": [{"mechanism": "nmda", "from": "1 d"}]}]
    ds = simulate_points(scenario, points, threads=1)
    assert runs == [10] * len(scenario.arms)
    assert_as_alone(ds, scenario, points)


@pytest.mark.parametrize(
    ("name", "points"),
    [
        ("chasing_the_pain", NUMBERS[:2]),
        slow("remifentanil_surgery", [{}, {"nociception.p0": "5"}]),
        ("morphine_month", [{"adherence": LATE}, {"adherence": LATE, "morphine.CL": "40 L/h"}]),
    ],
    ids=["rules", "tests", "adherence"],
)
def test_rules_tests_and_missed_doses_are_those_of_each_alone(name, points):
    scenario = small(name)
    assert_as_alone(simulate_points(scenario, points, threads=1), scenario, points)


def test_a_past_in_a_steady_state_is_searched_for_at_each_point():
    past = [{"drug": "morphine", "route": "oral_er", "amount": "30 mg", "every": "12 h"}]
    history = {"steady_state": True, "doses": past}
    scenario = small(history=history, duration="1 d")
    points = [{}, {"morphine.CL": "40 L/h"}]
    ds = simulate_points(scenario, points, threads=1)
    assert_as_alone(ds, scenario, points)
    assert bool((ds["tolerance_index"].isel(time=0) > 1.0).all())


def test_points_may_differ_in_arms_drugs_subjects_and_times():
    scenario = small("flagship")
    rate = {"drug": "ketamine", "route": "iv", "rate": "0.1 mg/kg/h", "from": "1 d"}
    points = [
        {"arms.taper": {"doses": [{**rate, "until": "2 d"}]}},
        {"arms.stable": None},
        {"population.count": 1, "arms.ketamine": None},
        {"duration": "2 d"},
    ]
    ds = simulate_points(scenario, points, threads=1)
    assert ds["scenario"].values.tolist() == list(scenario.arms)
    status = ds["status"].isel(draw=0)
    assert status.isel(point=0).values.tolist() == [[0, 0]] * 4
    assert status.sel(point=1, scenario="stable").values.tolist() == [-1, -1]
    assert status.sel(point=2, scenario="taper").values.tolist() == [0, -1]
    short = ds["pain"].sel(point=3).isel(draw=0)
    assert bool(short.sel(time=slice(0, 48)).notnull().all())
    assert bool(short.sel(time=slice(49, None)).isnull().all())
    # a drug that a point does not give is at 0 there
    ketamine = ds["ketamine_cumulative_dose"].sel(point=2, scenario="taper", id=0)
    assert bool((ketamine == 0.0).all())
    assert float(ds["ketamine_cumulative_dose"].sel(point=0, scenario="taper").max()) > 0.0


def test_a_point_that_fails_is_there_with_its_reason_and_leaves_the_others_as_they_are():
    scenario = small()
    points = [NUMBERS[1], {"morphine.CL": "fast"}, {"no_such_field": 1}, NUMBERS[3]]
    # a spread that does not fit is found when the subjects are drawn, not by the check
    points += [{"glutamate.k_G": "1e14 1/h"}, {"morphine.F_oral_er": "1.5"}]
    ds = simulate_points(scenario, points, threads=1)
    assert ds["point"].values.tolist() == list(range(6))
    assert (ds["reason"] != "").values.tolist() == [False, True, True, False, True, True]
    assert "'fast'" in str(ds["reason"].values[1])
    assert "no_such_field" in str(ds["reason"].values[2])
    assert "arm morphine, subject 0" in str(ds["reason"].values[4])
    status = ds["status"].max(["scenario", "draw", "id"]).values
    assert status.tolist()[:4] == [0, REFUSED, REFUSED, 0]
    assert 0 < status[4] < REFUSED == status[5]
    for failed in (1, 2, 5):
        assert bool(ds["pain"].isel(point=failed).isnull().all())
    good = ds.isel(point=[0, 3])
    assert_as_alone(good, scenario, [points[0], points[3]])
    assert ds.attrs["failures"].count("point ") == 4
    with pytest.raises(SimulationError, match="point 1: "):
        simulate_points(scenario, points, threads=1, on_failure="raise")


def test_points_that_all_fail_have_the_shape_of_the_scenario():
    scenario = small()
    ds = simulate_points(scenario, [{"morphine.CL": "fast"}] * 2)
    assert dict(ds["pain"].sizes) == {"point": 2, **dict(alone(scenario, {})["pain"].sizes)}
    assert bool(ds["pain"].isnull().all())
    assert bool((ds["status"] == REFUSED).all())


def test_the_recipe_is_that_of_the_scenario_and_each_point_has_its_changes():
    scenario = small()
    ds = simulate_points(scenario, NUMBERS[:2])
    result = alone(scenario, {})
    for key in ("resolved_scenario", "scenario_hash", "model_hash", "seed", "rtol", "caution"):
        assert ds.attrs[key] == result.attrs[key]
    assert ds["changes"].values[1] == '{"nmda.k_on": "0.02 1/h", "morphine.CL": "40 L/h"}'
    assert "failures" not in ds.attrs


def test_endpoints_of_blocks_are_those_of_all_points(monkeypatch):
    scenario = small()
    together = point_endpoints(simulate_points(scenario, NUMBERS, threads=1), ["pain_peak"])
    calls = []

    def peaks(ds):
        calls.append(ds.sizes["point"])
        return point_endpoints(ds, ["pain_peak"])

    monkeypatch.setattr("oihsim.studies.points.simulate_points.BLOCK_BYTES", 1.0)
    ds = simulate_points(scenario, NUMBERS, each=peaks, threads=1)
    assert calls == [1, 1, 1, 1]
    assert "pain" not in ds
    assert ds["pain_peak"].equals(together["pain_peak"].assign_coords(changes=ds["changes"]))
    for i, changes in enumerate(NUMBERS):
        peak = oihsim.endpoints.ENDPOINTS["pain_peak"](alone(scenario, changes))
        assert np.array_equal(ds["pain_peak"].isel(point=i), peak)


def test_progress_counts_all_subjects_of_all_arms_and_points():
    seen = []
    scenario = small()
    simulate_points(scenario, NUMBERS, progress=lambda done, total: seen.append((done, total)))
    total = 2 * len(scenario.arms) * len(NUMBERS)
    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_after_an_interruption_no_further_point_is_run(monkeypatch):
    run = Model.run
    skipped = []

    def interrupted(self, P, *args, **kwargs):
        skipped.append(kwargs["skip"])
        result = run(self, P, *args, **kwargs)
        result.status[:] = INTERRUPTED
        return result

    monkeypatch.setattr(Model, "run", interrupted)
    monkeypatch.setattr("oihsim.studies.points.simulate_points.BLOCK_BYTES", 1.0)
    scenario = small("flagship")
    ds = simulate_points(scenario, NUMBERS[:2], threads=1)
    assert skipped == [False, *[True] * 7]
    assert "interrupted" in ds.attrs["failures"]
    with pytest.raises(SimulationError, match="interrupted"):
        simulate_points(scenario, NUMBERS[:2], threads=1, on_failure="raise")


def test_wrong_arguments_are_refused_at_once():
    with pytest.raises(InputError) as caught:
        simulate_points("morphine_month", [{}, "morphine.CL"], on_failure="ignore")
    assert [problem.field for problem in caught.value.problems] == ["changes[1]", "on_failure"]
    with pytest.raises(InputError, match="at least one point"):
        simulate_points("morphine_month", [])
    many = small(**{"population.count": 5000})
    with pytest.raises(InputError, match="80 % of this machine"):
        simulate_points(many, [{}] * 5000)
