"""What `import oihsim` promises: names, the shape and the recipe of a result, the sources."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import oihsim
from oihsim.drugs import drug_names, load_drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.solver import INTERRUPTED
from oihsim.files.references import entries
from oihsim.files.yaml import parse_yaml
from oihsim.kinetics.covariates import FORMULAE
from oihsim.neuroplasticity import SWITCHES, VARIANTS
from oihsim.results.groups import alike
from oihsim.scenario import parse, shipped
from oihsim.scenario.population import Population
from oihsim.scenario.scenario_vocabulary import population_names
from oihsim.simulation.dataset import DIMS
from oihsim.simulation.simulate import run_arms

ROOT = Path(__file__).parents[1]
TEXT = """schema: oihsim-scenario/1
question: Does morphine help on the first days, and does ketamine add to it?
duration: 2 d
output_every: 6 h
population: {of: chronic_pain, count: 3, seed: 3}
arms:
  none: {doses: []}
  morphine:
    doses:
      - {drug: morphine, route: oral, amount: 30 mg, every: 12 h, from: 0 d, until: 2 d}
"""
KETAMINE = {"drug": "ketamine", "route": "iv", "rate": "0.1 mg/kg/h", "from": "6 h", "until": "1 d"}
MORPHINE = {"drug": "morphine", "route": "oral", "amount": "30 mg", "every": "12 h", "until": "2 d"}


def scenario(text=TEXT, name="first.yaml"):
    return parse(parse_yaml(text, name))


@pytest.fixture(scope="module")
def ds():
    return oihsim.simulate(scenario())


def same_numbers(a, b):
    """Assert that every variable both have is the same to the last bit, codes by their words."""
    a, b = alike([a, b])
    for name in set(a.data_vars) & set(b.data_vars):
        if name not in ("steps", "rhs_calls"):
            np.testing.assert_array_equal(a[name].values, b[name].values, err_msg=name)


def test_public_names_are_sorted_and_resolve():
    assert oihsim.__all__ == sorted(set(oihsim.__all__))
    for name in oihsim.__all__:
        assert getattr(oihsim, name) is not None
    assert set(dir(oihsim)) >= {*oihsim.__all__, "__version__"}
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", oihsim.__version__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="simulat"):
        _ = oihsim.simulat


def test_public_functions_have_docstrings():
    for name in oihsim.__all__:
        if name not in ("CAUTION", "MECHANISMS"):
            assert getattr(oihsim, name).__doc__, name


@pytest.mark.parametrize("count", [1, 2])
def test_dimensions_are_never_squeezed(count):
    result = oihsim.simulate(
        scenario().change({"population.count": count, "arms.none": None, "duration": "6 h"})
    )
    assert dict(result.sizes) == {
        "scenario": 1,
        "draw": 1,
        "id": count,
        "time": 2,
        "dose": 1,
        "span": 1,
    }
    assert result["pain"].dims == DIMS
    compared = oihsim.compare(scenario().change({"population.count": count, "duration": "1 d"}))
    assert compared["pain_last_day"].dims == DIMS[:3]


def test_every_variable_is_labelled(ds):
    model = Model.named()
    for declared in (*model.linked.states, *model.linked.outputs):
        assert ds[declared.name].dims == DIMS
        assert ds[declared.name].attrs["symbol"] == declared.symbol
    for ligand in ("morphine", "M6G", "M3G"):
        assert f"{ligand}_effect_site_concentration" in ds
        assert f"{ligand}_plasma_concentration" in ds
    for name, variable in ds.data_vars.items():
        assert variable.dims in (
            DIMS,
            DIMS[:3],
            ("draw", "id"),
            (*DIMS[:3], "dose"),
            (*DIMS[:3], "span"),
        ), name
        assert variable.attrs["units"], name
        assert variable.attrs["long_name"], name
        assert variable.dtype in (np.float64, np.int64, np.int16), name
    assert ds["time"].attrs["units"] == "h"
    assert all(ds[name].attrs["long_name"] for name in ds.coords)


def test_endpoints_are_labelled():
    compared = oihsim.compare(scenario())
    for name in set(compared.data_vars) - set(oihsim.simulate(scenario()).data_vars):
        assert {"units", "long_name", "better"} <= set(compared[name].attrs), name


def test_the_recipe_is_whole(ds):
    assert set(ds.attrs) == {
        "Conventions", "title", "question", "breathing", "caution", "scenario_name", "endpoints",
        "resolved_scenario", "ways_in", "scenario_hash", "reference_arm", "model", "model_hash",
        "drug_hashes", "population_hash", "assumed_parameters", "versions", "seed", "rtol",
        "error_scale", "solver", "time_zero", "output_convention", "created", "references",
        "order_at_one_time",
    }  # fmt: skip
    assert ds.attrs["caution"] == oihsim.CAUTION
    assert ds.attrs["scenario_hash"] == scenario().scenario_hash
    assert ds.attrs["model_hash"] == Model.named().hash
    assert ds.attrs["population_hash"] == Population.load("chronic_pain").hash
    assert json.loads(ds.attrs["drug_hashes"]) == {"morphine": load_drug("morphine").hash}
    assert json.loads(ds.attrs["ways_in"])["morphine"]["iv"] == ["central"]
    assert {"oihsim", "numpy", "numba"} <= set(json.loads(ds.attrs["versions"]))
    assert (ds.attrs["seed"], ds.attrs["rtol"]) == (3, 1e-6)
    assert (ds.attrs["reference_arm"], ds.attrs["model"]) == ("none", "oihsim-1")
    assert re.fullmatch(r"\d+ of \d+", ds.attrs["assumed_parameters"])


def test_the_recipe_gives_the_same_numbers_again(ds):
    again = oihsim.Scenario.from_resolved(json.loads(ds.attrs["resolved_scenario"]))
    repeated = oihsim.simulate(again)
    assert again.scenario_hash == ds.attrs["scenario_hash"]
    assert set(repeated.data_vars) == set(ds.data_vars)
    same_numbers(repeated.sel(scenario=ds.scenario), ds)


def test_the_recipe_keeps_the_order_of_the_arms(ds):
    again = oihsim.Scenario.from_resolved(json.loads(ds.attrs["resolved_scenario"]))
    assert list(again.arms) == ["none", "morphine"]


def test_a_result_survives_the_file(ds, tmp_path):
    path = oihsim.write_netcdf(ds, tmp_path / "one.nc")
    back = oihsim.open_result(path)
    xr.testing.assert_identical(back.drop_attrs(), ds.drop_attrs())
    assert {k: v for k, v in back.attrs.items() if k not in ("seed", "rtol")} == {
        k: v for k, v in ds.attrs.items() if k not in ("seed", "rtol")
    }
    assert (int(back.attrs["seed"]), float(back.attrs["rtol"])) == (3, 1e-6)
    for name in ds.variables:
        assert back[name].attrs.keys() == ds[name].attrs.keys(), name
    assert [path.name for path in tmp_path.iterdir()] == ["one.nc"]
    assert oihsim.cite(back) == oihsim.cite(ds)


def test_an_existing_file_survives_a_failing_write(ds, tmp_path):
    stored = tmp_path / "one.nc"
    stored.write_bytes(b"precious")
    broken = ds.assign_attrs(impossible={"a": 1})
    with pytest.raises((TypeError, ValueError)):
        oihsim.write_netcdf(broken, stored)
    assert stored.read_bytes() == b"precious"
    assert [path.name for path in tmp_path.iterdir()] == ["one.nc"]


def test_one_subject_does_not_depend_on_the_others(ds):
    more = oihsim.simulate(scenario().change({"population.count": 11}))
    same_numbers(more.isel(id=slice(0, 3)), ds)


def test_threads_change_nothing(ds):
    same_numbers(oihsim.simulate(scenario(), threads=1), ds)
    same_numbers(oihsim.simulate(scenario(), threads=3), ds)


def test_another_arm_changes_nothing(ds):
    more = oihsim.simulate(scenario().change({"arms.both": {"doses": [MORPHINE, KETAMINE]}}))
    assert more.sizes["scenario"] == 3
    same_numbers(more.sel(scenario=["none", "morphine"]), ds)


def test_a_drug_in_another_arm_changes_nothing(ds):
    more = oihsim.simulate(scenario().change({"arms.none": {"doses": [KETAMINE]}}))
    same_numbers(more.sel(scenario="morphine"), ds.sel(scenario="morphine"))
    assert (more.sel(scenario="none").nmda_unblocked.isel(time=2) < 0.99).all()


def test_another_seed_is_other_subjects(ds):
    other = oihsim.simulate(scenario().change({"population.seed": 4}))
    assert (other.pain.isel(time=0) != ds.pain.isel(time=0)).all()


def decay_rates(Z, G, k_Z):
    return k_Z * (G - 1.0 - Z)


def test_a_mechanism_of_ones_own(ds):
    mine = oihsim.Mechanism(
        name="echo", meaning="follows glutamate",
        states=(oihsim.State("Z", "echo", 0.0, "1", "echo of glutamate", bounds=(-1.0, 9.0)),),
        parameters=(oihsim.Parameter("k_Z", 0.5, "1/h", "rate of the echo"),),
        rates=decay_rates,
    )  # fmt: skip
    more = oihsim.simulate(scenario(), mechanisms=[*oihsim.MECHANISMS, mine])
    assert more.attrs["model_hash"] != ds.attrs["model_hash"]
    echo = more["echo"].sel(scenario="morphine")
    assert echo.dims == ("draw", "id", "time")
    assert (echo.isel(time=-1) != 0.0).all()
    assert (more["echo"].sel(scenario="none") == 0.0).all()
    # it listens only; the step sizes are now its concern too
    np.testing.assert_allclose(more.pain.values, ds.pain.values, atol=1e-4)


def test_a_result_of_ones_own_mechanisms_can_be_cited():
    from_mechanisms = oihsim.simulate(scenario(), mechanisms=oihsim.MECHANISMS)
    assert "chu2012" in oihsim.cite(from_mechanisms)


def test_compare_a_list():
    second = scenario(TEXT.replace("30 mg", "60 mg"), "second.yaml")
    both = oihsim.compare([scenario(), second])
    assert list(both.scenario.values) == [
        "first/none", "first/morphine", "second/none", "second/morphine",
    ]  # fmt: skip
    assert both.attrs["reference_arm"] == "first/none"
    resolved = json.loads(both.attrs["resolved_scenario"])
    assert resolved == {"first": scenario().resolved, "second": second.resolved}
    same_numbers(both.sel(scenario="second/none"), both.sel(scenario="first/none"))
    rows = oihsim.endpoint_table(both)
    assert {row.arm for row in rows} == set(both.scenario.values)
    assert "second/morphine" in oihsim.format_table(rows)


def test_compare_a_list_in_which_one_lacks_a_drug():
    second = scenario().change({"arms.none": {"doses": [KETAMINE]}})
    both = oihsim.compare([scenario(TEXT, "plain.yaml"), second])
    ketamine_amount = both["ketamine_cumulative_dose"].isel(draw=0, time=-1)
    assert (ketamine_amount.sel(scenario=["plain/none", "plain/morphine"]) == 0.0).all()
    assert (ketamine_amount.sel(scenario="first/none") > 0.0).all()


def test_the_recipe_of_a_list_names_the_drugs_of_all():
    second = scenario().change({"arms.none": {"doses": [KETAMINE]}})
    both = oihsim.compare([scenario(TEXT, "plain.yaml"), second])
    keys = [set(json.loads(both.attrs[attr])) for attr in ("drug_hashes", "ways_in")]
    assert keys == [{"ketamine", "morphine"}] * 2


def test_compare_nothing_or_other_subjects():
    with pytest.raises(oihsim.InputError, match="at least one scenario"):
        oihsim.compare([])
    other = scenario().change({"population.seed": 4, "output_every": "3 h"})
    with pytest.raises(oihsim.InputError) as refused:
        oihsim.compare([scenario(), other])
    assert {problem.field for problem in refused.value.problems} == {"seed", "output_every_h"}


FAILING = {"arms.morphine": {"doses": [MORPHINE], "parameters": {"glutamate.k_G": "1e14 1/h"}}}


def test_a_failure_raises_unless_kept(ds):
    failing = scenario().change(FAILING)
    with pytest.raises(oihsim.SimulationError) as failed:
        oihsim.simulate(failing)
    lines = str(failed.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        f"arm morphine, subject {i}" for i in range(3)
    ]
    stored = oihsim.simulate(failing, on_failure="keep")
    assert stored.attrs["failures"] == str(failed.value)
    lost = stored.sel(scenario="morphine")
    assert (lost.status > 0).all()
    for name, variable in lost.data_vars.items():
        # doses are what was ordered, known whether or not the subject reached the end
        if variable.dims[-1] == "time" and not name.endswith("cumulative_dose"):
            assert variable.isnull().all(), name
    same_numbers(stored.sel(scenario="none"), ds.sel(scenario="none"))
    with pytest.raises(oihsim.InputError, match="'raise' or 'keep'"):
        oihsim.simulate(scenario(), on_failure="ignore")


def test_progress_counts_to_the_end():
    seen = []
    oihsim.compare(
        [scenario(), scenario(TEXT, "second.yaml")], progress=lambda *args: seen.append(args)
    )
    assert seen[-1] == (12, 12)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_ctrl_c_stops_the_scenarios_that_follow(monkeypatch):
    ran = []

    def runs(*args, **kwargs):
        ran.append(args[0].name)
        arm_runs = run_arms(*args, **kwargs)
        arm_runs[-1].run.status[:] = INTERRUPTED
        return arm_runs

    monkeypatch.setattr("oihsim.simulation.simulate.run_arms", runs)
    both = oihsim.compare([scenario(), scenario(TEXT, "second.yaml")], on_failure="keep")
    assert ran == ["first.yaml"] or (both.status.isel(scenario=2) == INTERRUPTED).all()


def cited(ds):
    return set(re.findall(r"^@\w+\{([^,]+),", oihsim.cite(ds), re.MULTILINE))


def test_cite_names_every_source_of_drugs_and_mechanisms(ds):
    wanted = set(load_drug("morphine").references)
    for mechanism in oihsim.MECHANISMS:
        wanted |= set(mechanism.references) | {p.source for p in mechanism.parameters}
    assert wanted - {""} <= cited(ds)


def test_cite_names_the_sources_of_the_scenario():
    month = oihsim.load("remifentanil_volunteers").change(
        {"population.count": 1, "output_every": "30 min"}
    )
    assert {"comelon2016", "koppert2003", "eleveld2017"} <= cited(oihsim.simulate(month))


def structured_keys():
    """Return key -> where, for every field of the package that holds a source."""
    places = {}

    def use(keys, where):
        for key in keys:
            if key:
                places.setdefault(key, where)

    for variant in VARIANTS.values():
        for mechanism in variant.mechanisms:
            use(mechanism.references, mechanism.name)
            for parameter in mechanism.parameters:
                use([parameter.source], parameter.address(mechanism.name))
    for switch in SWITCHES:
        use(switch.references, switch.name)
    for name in drug_names():
        use(load_drug(name).references, name)
    for name in population_names():
        use(Population.load(name).references, name)
    for name in shipped():
        use(oihsim.load(name).references, name)
    for formula in FORMULAE.values():
        use([formula.source], formula.symbol)
    for path in [*ROOT.glob("oihsim/**/*.yaml"), *ROOT.glob("scenarios/*.yaml")]:
        use(re.findall(r"source: *(\w+)", path.read_text(encoding="utf-8")), path.name)
    return places


def test_every_source_is_in_the_bibliography():
    lacking = {key: where for key, where in structured_keys().items() if key not in entries()}
    assert lacking == {}


def texts(*patterns):
    paths = [path for pattern in patterns for path in ROOT.glob(pattern)]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def test_every_source_named_in_prose_is_in_the_bibliography():
    prose = texts("oihsim/**/*.py", "oihsim/**/*.yaml", "docs/**/*.md", "scenarios/*")
    prose = re.sub(r".*not_in_bibliography.*", "", prose)  # an example
    named = set(re.findall(r"\b[a-z]{2,}(?:19|20)\d\d\b", prose))
    assert named - set(entries()) == set()


def test_the_bibliography_holds_nothing_that_is_not_used():
    published_texts = texts("oihsim/**/*.py", "oihsim/**/*.yaml", "docs/**/*.md", "scenarios/*",
                       "tests/**/*.py", "benchmarks/**/*.py")  # fmt: skip
    assert set(entries()) - set(re.findall(r"\w+", published_texts)) == set()


def test_every_entry_of_the_bibliography_says_where_to_find_it():
    for key, entry in entries().items():
        assert re.search(r"^\s*(author|organization|title)\s*=", entry, re.MULTILINE), key
        assert re.search(r"^\s*(doi|url|journal|publisher|note)\s*=", entry, re.MULTILINE), key
