"""Summaries of subjects that are not kept: as numpy says of all of them, however grouped."""

import numpy as np
import pytest

import oihsim
from oihsim.engine.solver import INTERRUPTED
from oihsim.files.errors import InputError, SimulationError
from oihsim.results.accumulators import WIDTH, Cells
from oihsim.studies.summaries import summarise
from oihsim.studies.summary import QUANTILES, Summary

SHARES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
SHORT = {"population.count": 11, "duration": "2 d", "output_every": "6 h"}


def draws(kind, n):
    rng = np.random.default_rng(5)
    return {
        "normal": rng.normal(4.0, 2.0, n),
        "skewed": np.exp(rng.normal(0.0, 2.0, n)),
        "far from 0": 1e6 + rng.normal(0.0, 1.0, n),
        "two values": rng.choice([0.0, 7.5], n),
    }[kind]


@pytest.mark.parametrize("kind", ["normal", "skewed", "far from 0", "two values"])
def test_moments_are_those_of_numpy_however_subjects_are_grouped(kind):
    x = draws(kind, 10_000)[None]
    together = Cells.of(x)
    rng = np.random.default_rng(1)
    for _ in range(5):
        cuts = np.sort(rng.choice(np.arange(1, 10_000), 40, replace=False))
        parts = [Cells.of(block) for block in np.split(x, cuts, axis=1)]
        rng.shuffle(parts)
        merged = parts[0]
        for part in parts[1:]:
            merged = merged.merge(part)
        assert merged.count[0] == x.size
        assert merged.mean[0] == pytest.approx(x.mean(), rel=1e-12)
        # the sum of squares of numbers far from 0 keeps the digits that they have
        spread = 1e-12 * max(1.0, abs(x.mean()) / x.std())
        assert merged.sd[0] == pytest.approx(x.std(ddof=1), rel=spread)
        assert merged.extremes[0][0] == x.min()
        assert merged.extremes[1][0] == x.max()
        for share in SHARES:
            assert merged.quantile(share)[0] == together.quantile(share)[0]


@pytest.mark.parametrize("kind", ["normal", "skewed", "two values"])
def test_a_quantile_is_less_than_a_bin_off_and_its_rank_is_as_far_off_as_it_says(kind):
    x = np.sort(draws(kind, 50_000))
    cells = Cells.of(x[None])
    for share in SHARES:
        (value,), (rank,) = cells.quantile(share)
        exact = np.quantile(x, share, method="inverted_cdf")
        assert abs(value - exact) <= max(1e-6, 1.01 * WIDTH * abs(exact))
        below, at_or_below = (x < value).mean(), (x <= value).mean()
        assert below - rank - 1e-12 <= share <= at_or_below + rank + 1e-12
        if kind != "two values":
            # a smooth distribution: a bin holds less than 0.7 % of it
            assert rank < 0.007
            assert abs(at_or_below - share) < 1e-3


def test_what_is_infinite_counts_in_quantiles_and_what_is_nan_nowhere():
    x = np.array([[1.0, 2.0, np.inf, np.nan, np.inf], [np.nan] * 5, [-np.inf, 1.0, 1.0, 1.0, 1.0]])
    cells = Cells.of(x[:, :2]).merge(Cells.of(x[:, 2:]))
    assert cells.count.tolist() == [4, 0, 5]
    assert cells.infinite.tolist() == [2, 0, 1]
    assert cells.means.tolist()[::2] == [1.5, 1.0]
    assert np.isnan(cells.means[1])
    assert cells.extremes[1][0] == np.inf
    assert cells.quantile(0.5)[0][0] == pytest.approx(2.0, rel=WIDTH)
    assert cells.quantile(0.75)[0][0] == np.inf
    assert np.isnan(cells.quantile(0.5)[0][1])
    assert cells.quantile(0.1)[0][2] == -np.inf
    assert np.isnan(cells.sd[1])


def scenario(**changes):
    return oihsim.load("morphine_month").change({**SHORT, **changes})


def test_a_summary_in_blocks_is_that_of_all_subjects_at_once():
    settings = {"endpoints": ["pain_peak"], "thresholds": {"pain": [2.0, 4.5]}}
    ds = oihsim.simulate(scenario(), threads=1)
    in_blocks = summarise(scenario(), ["pain", "WT"], block=4, threads=1, **settings)
    pain = ds["pain"]
    assert np.allclose(in_blocks["pain_mean"], pain.mean("id"), rtol=1e-12, atol=0)
    assert np.allclose(in_blocks["pain_sd"], pain.std("id", ddof=1), rtol=1e-9, atol=1e-14)
    assert np.array_equal(in_blocks["pain_min"], pain.min("id"))
    assert np.array_equal(in_blocks["pain_max"], pain.max("id"))
    assert in_blocks["pain_quantile"].dims == ("scenario", "draw", "time", "quantile")
    exact = pain.quantile(list(QUANTILES), "id", method="inverted_cdf").transpose(..., "quantile")
    assert np.allclose(in_blocks["pain_quantile"], exact, rtol=1.01 * WIDTH)
    assert in_blocks["WT_mean"].item() == pytest.approx(ds["WT"].mean().item())
    peak = oihsim.endpoints.pain_peak(ds)
    assert np.allclose(in_blocks["pain_peak_mean"], peak.mean("id"))
    less = (peak - peak.sel(scenario=ds.attrs["reference_arm"])).mean("id")
    assert np.allclose(in_blocks["pain_peak_difference_mean"], less)
    assert (in_blocks["subjects"] == 11).all()
    assert (in_blocks["failed"] == 0).all()
    for variable in in_blocks.data_vars.values():
        assert variable.attrs["units"]
        assert variable.attrs["long_name"]
    for key in ("resolved_scenario", "scenario_hash", "model_hash", "caution", "seed"):
        assert in_blocks.attrs[key] == ds.attrs[key]
    at_once = summarise(scenario(), ["pain", "WT"], threads=1, **settings)
    for name in in_blocks.data_vars:
        same = np.allclose if name.endswith(("_mean", "_sd")) else np.array_equal
        assert same(in_blocks[name], at_once[name], equal_nan=True)


def test_the_time_above_and_below_a_level_is_that_of_straight_lines():
    ds = oihsim.simulate(scenario(), threads=1)
    summary = summarise(scenario(), ["pain"], thresholds={"pain": 4.0}, threads=1)
    fine = np.linspace(0.0, 48.0, 480_001)
    for arm in ds["scenario"].values:
        hours = [
            48.0 * (np.interp(fine, ds["time"], ds["pain"].sel(scenario=arm, id=i)[0]) > 4.0).mean()
            for i in range(11)
        ]
        of_arm = summary.sel(scenario=arm)
        assert of_arm["pain_time_above_4_mean"].item() == pytest.approx(np.mean(hours), abs=1e-3)
        both = of_arm["pain_time_above_4_mean"] + of_arm["pain_time_below_4_mean"]
        assert both.item() == pytest.approx(48.0)
    assert summary["pain_time_above_4_mean"].attrs["units"] == "h"


def test_subjects_that_fail_are_counted_and_not_averaged():
    ds = oihsim.simulate(scenario(), threads=1)
    lost = ds.copy(deep=True)
    lost["status"][0, 0, :3] = 1
    lost["status"][0, 0, 3] = INTERRUPTED
    lost["pain"][0, 0, :4] = np.nan
    summary = Summary.of(lost, ["pain"], thresholds={"pain": 4.0}).dataset()
    assert summary["failed"].values.tolist() == [[3], [0]]
    assert summary["not_run"].values.tolist() == [[1], [0]]
    assert summary["subjects"].values.tolist() == [[11], [11]]
    assert np.allclose(summary["pain_mean"][0, 0], ds["pain"][0, 0, 4:].mean("id"))
    assert summary["pain_time_above_4_count"].values.tolist() == [[7], [11]]


def test_a_run_that_fails_or_is_interrupted(monkeypatch):
    bad = scenario().change({"glutamate.k_G": "1e14 1/h", "population.count": 3})
    summary = summarise(bad, ["pain"], block=2, threads=1)
    assert summary["failed"].max() == 3
    assert summary.attrs["failures"].count("subject ") == 3
    with pytest.raises(SimulationError, match="subject 0"):
        summarise(bad, ["pain"], block=2, threads=1, on_failure="raise")
    blocks = []

    def interrupted(*args, **kwargs):
        ds = oihsim.simulate(*args, **kwargs)
        blocks.append(ds.sizes["id"])
        if len(blocks) == 2:
            ds["status"][:, :, 1:] = INTERRUPTED
        return ds

    monkeypatch.setattr("oihsim.studies.summaries.simulate", interrupted)
    part = summarise(scenario(), ["pain"], block=4, threads=1)
    assert blocks == [4, 4]
    assert (part["subjects"] == 11).all()
    assert (part["not_run"] == 6).all()
    assert (part["pain_count"] == 5).all()


def test_subjects_are_run_in_blocks_that_keep_memory_small(monkeypatch):
    sizes = []

    def counted(part, **kwargs):
        sizes.append(part.count)
        return oihsim.simulate(part, **kwargs)

    monkeypatch.setattr("oihsim.studies.summaries.simulate", counted)
    summarise(scenario(), ["pain"], threads=1)
    assert sizes.pop() == 11
    # room for three subjects: 2 arms, 9 times, some 60 to 100 variables of 8 bytes
    monkeypatch.setattr("oihsim.studies.summaries.BLOCK_BYTES", 3.5 * 2 * 9 * 80 * 8)
    summarise(scenario(), ["pain"], threads=1)
    assert sum(sizes) == 11
    assert 2 <= max(sizes) <= 5


def test_points_are_summarised_each_for_itself():
    points = [{}, {"nociception.p0": "3"}]
    ds = oihsim.simulate_points(scenario(), points, threads=1)
    summary = Summary.of(ds, ["pain"], thresholds={"pain": 2.0}).dataset()
    assert summary["pain_mean"].dims == ("point", "scenario", "draw", "time")
    for i, changes in enumerate(points):
        of_point = Summary.of(oihsim.simulate(scenario().change(changes), threads=1), ["pain"])
        assert np.array_equal(summary["pain_mean"][i], of_point.dataset()["pain_mean"])
    assert summary["failed"].shape == summary["pain_time_above_2_mean"].shape == (2, 2, 1)


def test_what_does_not_fit_is_refused():
    ds = oihsim.simulate(scenario(**{"population.count": 2}), threads=1)
    with pytest.raises(InputError) as caught:
        Summary.of(ds, ["pian"], (0.5, 1.5))
    text = str(caught.value)
    assert "pain" in text
    assert "1.5" in text
    usual, other = Summary.of(ds, ["pain"]), Summary.of(ds, ["pain"], (0.5,))
    with pytest.raises(InputError, match="the same arms, times, variables and quantiles"):
        usual.merge(other)
    with pytest.raises(InputError, match="another result"):
        usual.merge(Summary.of(ds.isel(time=slice(0, 2)), ["pain"]))
    with pytest.raises(InputError, match="on_failure"):
        summarise("morphine_month", on_failure="ignore")
