import doctest
import inspect
import pickle
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

import oihsim
from oihsim.files.errors import OihsimError
from oihsim.results import endpoints
from oihsim.results.declarations import by_name, declarations
from oihsim.results.endpoints import ENDPOINTS, NAMES

DIMS = ("scenario", "draw", "id", "time")


def series(name, values, time):
    return xr.Dataset(
        {name: (DIMS, [[[values]]])},
        {"scenario": ["a"], "draw": [0], "id": [0], "time": np.asarray(time, dtype=float)},
    )


def test_reading_the_names_imports_neither_numpy_nor_xarray():
    code = (
        "import sys, oihsim; assert 'pain_mean' in oihsim.endpoints.NAMES; "
        "print([m for m in ('numpy', 'xarray', 'matplotlib') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("name", NAMES)
def test_each_endpoint_has_the_dims_and_attrs_of_an_endpoint(name, result):
    drug = {"drug": "morphine"} if name in ("cumulative_dose", "rescue_consumption") else {}
    result = result.assign(morphine_rescue_dose=result.morphine_cumulative_dose / 10.0)
    value = ENDPOINTS[name](result, **drug)
    assert value.dims == ("scenario", "draw", "id")
    assert value.shape == (4, 1, 60)
    assert value.name == name
    assert value.attrs["units"] in {"1", "h", "mg"}
    assert value.attrs["long_name"]
    assert value.attrs["better"] in {"lower", "higher", "neither"}
    assert value.notnull().all()


@pytest.mark.parametrize("name", NAMES)
def test_each_docstring_defines_the_endpoint_and_names_its_source(name):
    text = ENDPOINTS[name].__doc__
    assert "Definition:" in text
    assert "Source:" in text
    assert ">>>" in text


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_each_docstring_runs(name):
    runner = doctest.DocTestRunner(verbose=False)
    parsed = doctest.DocTestParser().get_doctest(ENDPOINTS[name].__doc__, {}, name, None, None)
    runner.run(parsed)
    assert (runner.failures, runner.tries) == (0, 6)


def test_an_endpoint_is_used_like_a_function():
    assert list(inspect.signature(oihsim.endpoints.pain_mean).parameters) == [
        "ds", "from_h", "until_h",
    ]  # fmt: skip
    assert "drug" in inspect.signature(oihsim.endpoints.cumulative_dose).parameters
    assert pickle.loads(pickle.dumps(oihsim.endpoints.pain_mean)).name == "pain_mean"
    with pytest.raises(TypeError, match="drug"):
        oihsim.endpoints.pain_mean(series("pain", [1.0], [0]), drug="morphine")


def test_two_endpoints_of_the_same_name_are_refused(tmp_path, monkeypatch):
    text = "from oihsim.results.endpoints.pain import PAIN_MEAN as first\n"
    text += "from dataclasses import replace\nTWIN = replace(first, reads='other')\n"
    (tmp_path / "twin.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(endpoints, "__path__", [*endpoints.__path__, str(tmp_path)])
    try:
        with pytest.raises(OihsimError, match="two declarations are named 'pain_mean'"):
            by_name(
                value
                for value in declarations("oihsim.results.endpoints")
                if isinstance(value, endpoints.Endpoint)
            )
    finally:
        sys.modules.pop("oihsim.results.endpoints.twin", None)
        vars(endpoints).pop("twin", None)


@pytest.mark.parametrize("name", ["pain_mean", "pain_peak", "pain_last_day", "time_in_pain"])
def test_a_window_equals_a_result_cut_to_it(name, result):
    # cut at the left only where the start of the result does not matter
    start = 0.0 if name == "time_in_pain" else 720.0
    cut = result.sel(time=slice(start, 1440.0))
    in_window = ENDPOINTS[name](result, from_h=start, until_h=1440.0)
    xr.testing.assert_equal(in_window, ENDPOINTS[name](cut))


def test_the_mean_weights_uneven_output_times():
    ds = series("pain", [2.0, 2.0, 8.0, 8.0], [0, 20, 20.0001, 24])
    assert ENDPOINTS["pain_mean"](ds).item() == pytest.approx((2 * 20 + 8 * 4) / 24, abs=1e-4)


def test_a_window_of_a_single_output_gives_its_value():
    ds = series("pain", [2.0, 6.0, 8.0], [0, 24, 48])
    assert ENDPOINTS["pain_mean"](ds, from_h=24, until_h=24).item() == 6.0


def test_a_failed_subject_is_nan_and_not_a_smaller_mean():
    ds = series("pain", [2.0, np.nan, 8.0], [0, 24, 48])
    for name in ("pain_mean", "pain_peak", "pain_last_day", "time_in_pain"):
        assert np.isnan(ENDPOINTS[name](ds).item())


def test_doses_at_the_end_of_a_window_belong_to_the_next():
    # 10 mg at 0, 12, 24 h; a value at a dose time is the value before the dose
    ds = series("morphine_cumulative_dose", [0.0, 10.0, 20.0, 30.0], [0, 12, 24, 36])
    dose = ENDPOINTS["cumulative_dose"]
    first, second = dose(ds, until_h=12).item(), dose(ds, from_h=12).item()
    assert (first, second, dose(ds).item()) == (10.0, 20.0, 30.0)


def test_drugs_are_never_added(result):
    with pytest.raises(OihsimError, match="morphine, ketamine"):
        ENDPOINTS["cumulative_dose"](result)


def test_time_in_pain_counts_neither_equality_nor_rounding():
    ds = series("pain", [4.0, 4.0 + 1e-9, 4.0], [0, 24, 48])
    assert ENDPOINTS["time_in_pain"](ds).item() == 0.0


def test_time_in_pain_compares_with_the_first_output_of_the_result():
    ds = series("pain", [4.0, 5.0, 5.0, 5.0], [0, 24, 48, 72])
    assert ENDPOINTS["time_in_pain"](ds, from_h=24).item() == pytest.approx(48.0)


def test_an_infinite_tolerance_stays_infinite(small):
    assert np.isinf(ENDPOINTS["tolerance_last"](small)).sum() == 3


def test_a_missing_variable_or_an_empty_window_is_refused(small):
    with pytest.raises(OihsimError, match="no variable 'analgesic_effect'"):
        ENDPOINTS["analgesic_effect_mean"](small)
    with pytest.raises(OihsimError, match="covers 0 h to 48 h"):
        ENDPOINTS["pain_mean"](small, from_h=100.0)
