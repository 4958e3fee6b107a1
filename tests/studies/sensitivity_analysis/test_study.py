"""Tornado and Sobol analysis of scenarios: signs, ranges, failures, files and figures."""

import json

import numpy as np
import pytest

import oihsim
from oihsim.commands.sensitivity_text import format_sensitivity, sensitivity_json
from oihsim.engine.compiled_model import Model
from oihsim.engine.solver import INTERRUPTED
from oihsim.files.errors import InputError, OihsimError, SimulationError
from oihsim.studies.points.simulate_points import simulate_points
from oihsim.studies.sensitivity_analysis.analysis import sensitivity
from oihsim.studies.sensitivity_analysis.ranges import Range, ranges

NAMES = ["nociception.p0", "nociception.tau", "adenylyl_cyclase.k_Q_on"]


def scenario(name="morphine_month", **changes):
    return oihsim.load(name).change({"duration": "3 d", "output_every": "6 h", **changes})


def tornado(**settings):
    settings = {"parameters": NAMES, "threads": 1, **settings}
    return sensitivity(scenario(), "pain_mean", "morphine", **settings)


@pytest.fixture(scope="module")
def sobol():
    return sensitivity(
        scenario(), "pain_mean", "morphine", method="sobol", parameters=NAMES, rows=32, threads=1
    )


def test_signs_of_a_tornado_are_those_that_the_equations_ask_for():
    ds = tornado().set_index(parameter="parameter")
    # more pain without drug is more pain; a larger receptor reserve is less pain; faster
    # superactivation is more tolerance and so more pain
    rise = ds["at_high"] - ds["at_low"]
    assert float(rise.sel(parameter="nociception.p0")) > 0.5
    assert float(rise.sel(parameter="nociception.tau")) < -0.5
    assert float(rise.sel(parameter="adenylyl_cyclase.k_Q_on")) > 0.0
    for name in ("nociception.p0", "nociception.tau"):
        bar = ds.sel(parameter=name)
        low, high = sorted([float(bar["at_low"]), float(bar["at_high"])])
        assert low < float(ds["base"]) < high
        assert float(bar["span"]) == pytest.approx(high - low)


def test_bars_are_what_the_scenario_gives_there_and_the_widest_come_first():
    ds = tornado()
    assert (np.diff(ds["span"]) <= 0.0).all()
    typical = scenario(**{"population.count": 1, "population.typical": True})
    for bar in (ds.isel(parameter=i) for i in range(3)):
        for end in ("low", "high"):
            value, unit = float(bar[end]), str(bar["parameter_unit"].item())
            text = f"{value!r} {unit}" if unit != "1" else value
            run = oihsim.simulate(typical.change({str(bar["parameter"].item()): text}), threads=1)
            pain = oihsim.endpoints.pain_mean(run).sel(scenario="morphine").item()
            assert float(bar[f"at_{end}"]) == pain


def test_a_difference_of_arms_is_that_of_both_and_subjects_are_averaged():
    both = {"parameters": NAMES[:1], "count": 3, "threads": 1}
    at = [sensitivity(scenario(), "pain_peak", arm, **both) for arm in scenario().arms]
    less = sensitivity(scenario(), "pain_peak", "morphine", against="placebo", **both)
    by_arm = dict(zip(scenario().arms, at, strict=True))
    for name in ("at_low", "at_high", "base"):
        exact = by_arm["morphine"][name] - by_arm["placebo"][name]
        assert np.allclose(less[name], exact, rtol=1e-12, atol=1e-12)
    assert "morphine minus placebo" in less["base"].attrs["long_name"]
    ds = oihsim.simulate(scenario(**{"population.count": 3}), threads=1)
    peak = oihsim.endpoints.pain_peak(ds).sel(scenario="morphine").mean()
    assert float(by_arm["morphine"]["base"]) == pytest.approx(float(peak), rel=1e-12)


def test_windows_tests_and_drugs_of_an_endpoint():
    late = {"endpoint": "pain_mean", "from": "2 d", "until": "3 d"}
    by_window = sensitivity(scenario(), late, "morphine", parameters=NAMES[:1], threads=1)
    run = oihsim.simulate(
        scenario(**{"population.count": 1, "population.typical": True}), threads=1
    )
    exact = oihsim.endpoints.pain_mean(run, from_h=48.0, until_h=72.0).sel(scenario="morphine")
    assert float(by_window["base"]) == exact.item()
    cold = sensitivity(
        scenario(), "cold_pressor_tolerance", "morphine", parameters=["nociception.tau"], threads=1
    )
    assert cold["base"].attrs["units"] == "s"
    by_dose = sensitivity(
        scenario(), "cumulative_dose", "morphine", parameters=NAMES[:1], threads=1
    )
    assert by_dose["base"].attrs["units"] == "mg"
    assert by_dose["span"].item() == 0.0


def test_all_parameters_with_a_range_are_varied_and_the_others_are_named():
    ds = sensitivity(scenario(duration="1 d"), "pain_mean", "morphine", threads=1)
    names = set(ds["parameter"].values)
    without = ds.attrs["parameters_left_out"].split()
    assert "morphine.FPO" in names
    assert {"nociception.gating", "dynorphin.antiserum", "morphine.CL"} <= set(without)
    assert not names & set(without)
    model = Model.named()
    assert {address for address in names | set(without) if "morphine" not in address} == set(
        model.addresses
    )
    few = sensitivity(scenario(duration="1 d"), "pain_mean", "morphine", top=3, threads=1)
    assert few["parameter"].values.tolist() == ds["parameter"].values[:3].tolist()


def test_ranges_are_declared_a_percentage_or_of_the_user():
    flagship = scenario("flagship", **{"nmda.k_on": "3 1/h"})
    addresses = ["nmda.k_on", "morphine.CL", "nociception.p0"]
    arms = list(flagship.arms.values())
    bounds = {"morphine.CL": ("50 L/h", "1 L/min"), "nociception.p0": (3, 5)}
    varied, without = ranges(flagship, arms, addresses, bounds)
    k_on, clearance, p0 = varied
    assert without == []
    assert (k_on.value, k_on.low, k_on.high, k_on.how) == (3.0, 0.74, 5.4, "declared")
    assert k_on.logarithmic
    assert clearance.low == pytest.approx(50.0 / 60.0)
    assert (clearance.high, clearance.unit, clearance.how) == (1.0, "L/min", "given")
    # what the population says counts: 5, not the 4 that is declared
    assert (p0.value, p0.logarithmic) == (5.0, False)
    by_part, _ = ranges(flagship, arms, ["nmda.k_on"], percent=20.0)
    assert (by_part[0].low, by_part[0].high) == pytest.approx((2.4, 3.6))
    assert Range("a", 1.0, 1.0, 100.0, "1", "", "").at(np.array([0.5])).item() == pytest.approx(10)
    assert Range("a", 1.0, 0.0, 100.0, "1", "", "").at(np.array([0.5])).item() == 50.0
    assert flagship.change({"nmda.k_on": k_on.written(0.1 + 0.2)}).arms["taper"].parameters[
        "nmda.k_on"
    ] == 0.1 + 0.2  # fmt: skip


def test_shares_of_the_variance_lie_in_their_intervals_and_carry_their_design(sobol):
    assert sobol["parameter"].values[0] in ("nociception.p0", "nociception.tau")
    for name in ("first_order", "total_order"):
        ends = sobol[f"{name}_interval"]
        assert (ends.sel(end="low") <= sobol[name]).all()
        assert (sobol[name] <= ends.sel(end="high")).all()
    assert float(sobol["total_order"].sum()) > 0.8
    assert sobol["endpoint"].shape == (32, 5)
    # every value can be had again from the design
    values = {
        str(name): f"{float(value)!r} {unit}" if unit != "1" else float(value)
        for name, value, unit in zip(
            sobol["parameter"].values, sobol["sample_a"][4].values,
            sobol["parameter_unit"].values, strict=True,
        )
    }  # fmt: skip
    typical = scenario(**{"population.count": 1, "population.typical": True})
    run = oihsim.simulate(typical.change(values), threads=1)
    again = oihsim.endpoints.pain_mean(run).sel(scenario="morphine").item()
    assert sobol["endpoint"][4, 0].item() == again


def test_of_a_sobol_analysis_without_names_the_tornado_chooses():
    ds = sensitivity(
        scenario(duration="1 d"), "pain_mean", "morphine", method="sobol", parameters=NAMES,
        top=2, rows=8, threads=1,
    )  # fmt: skip
    assert set(ds["parameter"].values) == {"nociception.p0", "nociception.tau"}
    assert ds.attrs["runs"] == 8 * 4


@pytest.mark.slow
def test_failed_runs_are_nan_in_a_tornado_and_their_rows_are_dropped_from_sobol():
    # the spread of the part that is absorbed keeps it below 1
    between = {"morphine.FPO": (0.1, 1.4)}
    ds = tornado(parameters=["nociception.p0"], between=between)
    last = ds.isel(parameter=-1)
    assert last["parameter"].item() == "morphine.FPO"
    assert np.isnan(last["at_high"])
    assert np.isnan(last["span"])
    assert np.isfinite(last["at_low"])
    assert ds.attrs["runs_failed"] == 1
    assert ds.attrs["failures"].startswith("point 4: morphine.FPO is 1.4; ")
    assert "failed" in format_sensitivity(ds)
    with pytest.raises(SimulationError, match="keeps it in"):
        tornado(parameters=["nociception.p0"], between=between, on_failure="raise")
    shares = sensitivity(
        scenario(), "pain_mean", "morphine", method="sobol", parameters=["nociception.p0"],
        between=between, rows=16, threads=1,
    )  # fmt: skip
    table = shares["endpoint"].values
    lost = np.isnan(table).any(axis=1)
    assert 0 < lost.sum() < 16
    assert shares.attrs["rows_dropped"] == lost.sum()
    assert shares.attrs["rows"] == 16 - lost.sum()
    assert shares.attrs["runs_failed"] == np.isnan(table).sum()


def test_after_an_interruption_finished_runs_are_reported(monkeypatch):
    run = Model.run

    def interrupted(self, P, *args, **kwargs):
        result = run(self, P, *args, **kwargs)
        result.status[3:] = INTERRUPTED
        for values in (result.y, result.outputs, result.concentrations):
            values[3:] = np.nan
        return result

    monkeypatch.setattr(Model, "run", interrupted)
    ds = tornado()
    assert (ds.attrs["runs_failed"], ds.attrs["runs_interrupted"]) == (0, 4)
    assert "4 were not run: interrupted" in format_sensitivity(ds)
    with pytest.raises(SimulationError, match="interrupted before the parameters were chosen"):
        sensitivity(scenario(), "pain_mean", "morphine", method="sobol", top=2, threads=1)


def test_all_wrong_settings_are_refused_at_once():
    with pytest.raises(InputError) as caught:
        sensitivity(
            scenario(), {"endpoint": "pain_meen", "from": "1 d"}, "morfine", method="morris",
            against="placebo", parameters=["nmda.k_onn"], percent=120.0, rows=33, level=1.0, top=0,
            resamples=1, on_failure="ignore",
        )  # fmt: skip
    fields = {problem.field for problem in caught.value.problems}
    assert fields >= {
        "method", "top", "rows", "level", "resamples", "on_failure", "arm", "parameters",
        "percent", "compare.endpoints[0].endpoint",
    }  # fmt: skip
    for settings, text in (
        ({"arm": None}, "one of placebo, morphine"),
        ({"against": "morphine"}, "another arm"),
        ({"count": -1}, "at least 1 subject"),
        ({"parameters": ["morphine.CL"]}, "a range given for it"),
        ({"between": {"nmda.k_on": ("2 1/h", "1 1/h")}}, "a low value below the high one"),
        ({"between": {"nmda.k_on": "2 1/h"}}, "a low and a high value"),
        ({"endpoint": {"endpoint": "pain_mean", "drug": "morphine"}}, "cumulative_dose"),
        ({"endpoint": {"endpoint": "cumulative_dose", "drug": "tea"}}, "one of morphine"),
        ({"endpoint": {"endpoint": "pain_mean", "from": "9 d"}}, "compare.endpoints"),
    ):
        with pytest.raises(InputError, match=text):
            sensitivity(**{"scenario": scenario(), "endpoint": "pain_mean", "arm": "morphine",
                           "parameters": NAMES, **settings})  # fmt: skip


def test_results_are_written_read_and_printed(sobol, tmp_path):
    for ds in (tornado(), sobol):
        path = oihsim.write_netcdf(ds, tmp_path / "a.nc")
        again = oihsim.open_result(path)
        assert again.equals(ds)
        for key in ("model_hash", "resolved_scenario", "caution", "versions", "sensitivity"):
            assert again.attrs[key] == ds.attrs[key]
        for variable in ds.variables.values():
            assert variable.attrs["long_name"]
            assert variable.attrs.get("units") or variable.dtype.kind in "OU"
        printed = json.loads(sensitivity_json(ds))
        assert [row["parameter"] for row in printed["parameters"]] == ds[
            "parameter"
        ].values.tolist()
        text = format_sensitivity(ds)
        assert text.endswith("breathing and overdose are not\nmodelled.")
        assert max(map(len, text.splitlines())) <= 100


@pytest.mark.slow
def test_figures_name_all_bars_and_carry_the_caution(sobol):
    for ds, draw in ((tornado(), oihsim.plot.tornado), (sobol, oihsim.plot.sobol)):
        figure = draw(ds)
        axes = figure.axes[0]
        assert len(axes.patches) == 6
        words = [text.get_text() for text in (*axes.texts, *figure.texts)]
        assert {*NAMES} <= set(words)
        assert any("not for dosing decisions" in text.replace("\n", " ") for text in words)
        with pytest.raises(OihsimError, match="needs the result"):
            draw(ds[["low"]])
    lost = tornado(between={"morphine.FPO": (0.1, 1.4)})
    shown = [text.get_text() for text in oihsim.plot.tornado(lost).axes[0].texts]
    assert "failed" in shown


def test_a_point_alone_gives_what_it_gave_in_the_analysis():
    ds = tornado(parameters=NAMES[:1])
    typical = scenario(**{"population.count": 1, "population.typical": True})
    point = simulate_points(typical, [{"nociception.p0": float(ds["high"][0])}], threads=1)
    pain = oihsim.endpoints.pain_mean(point.isel(point=0)).sel(scenario="morphine")
    assert pain.item() == float(ds["at_high"][0])
