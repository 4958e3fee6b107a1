"""Every example of CONTRIBUTING.md, done as the page says."""

import doctest
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import oihsim
from oihsim import drugs as drug_folder
from oihsim import neuroplasticity
from oihsim.drugs import load_drug
from oihsim.files.yaml import parse_yaml
from oihsim.results import comparison, endpoints
from oihsim.results.comparison import endpoint_table
from oihsim.results.declarations import by_name, declarations
from oihsim.scenario import load, parse
from oihsim.scenario.scenario_vocabulary import ScenarioVocabulary

PAGE = Path(__file__).parents[1] / "CONTRIBUTING.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = {
    Path(name): body
    for name, body in re.findall(r"^`(\S+)`\n\n```(?:yaml|python)\n(.*?)^```$", TEXT, re.M | re.S)
}


def example(folder, suffix, into):
    """Write the page's one example that belongs into ``folder``; return where it is."""
    (path,) = [p for p in EXAMPLES if str(p.parent) == folder and p.suffix == suffix]
    target = into / path.name
    target.write_text(EXAMPLES[path], encoding="utf-8")
    return target


@pytest.fixture
def imported(monkeypatch):
    """Return a function that imports a file under its own name, for the length of a test."""

    def load_file(path):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, path.stem, module)
        spec.loader.exec_module(module)
        return module

    return load_file


SCENARIO = """schema: oihsim-scenario/1
question: Does it run?
duration: 2 d
output_every: 6 h
population: {of: chronic_pain, count: 2, seed: 1}
arms:
  a:
    doses:
      - {drug: morphine, route: oral, amount: 60 mg, every: 6 h, from: 0 d, until: 2 d}
"""


@pytest.fixture(scope="module")
def small():
    return oihsim.simulate(parse(parse_yaml(SCENARIO, "small.yaml")))


def test_the_page_has_the_five_examples_and_two_commands():
    assert [(str(path.parent), path.suffix) for path in EXAMPLES] == [
        ("oihsim/drugs", ".yaml"), ("oihsim/neuroplasticity", ".py"),
        ("oihsim/results/endpoints", ".py"), ("scenarios", ".yaml"),
        ("oihsim/evidence/studies", ".yaml"),
    ]  # fmt: skip
    assert TEXT.count("```bash") == 2
    assert TEXT.count("```") == 2 * (2 + len(EXAMPLES))
    assert not any((PAGE.parent / path).exists() for path in EXAMPLES)


def test_what_the_page_names_exists():
    named = re.findall(r"`((?:[\w.]+/)+[\w.]+|[A-Z]\w+\.md)`", TEXT)
    lacking = [n for n in named if Path(n) not in EXAMPLES and not (PAGE.parent / n).exists()]
    assert lacking == []
    assert len(re.findall(r"^\d+\. ", TEXT, re.M)) == 10


def test_the_drug(tmp_path, monkeypatch):
    for path in drug_folder.FOLDER.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    path = example("oihsim/drugs", ".yaml", tmp_path)
    drug = load_drug(path)
    assert drug.name == path.stem
    assert drug.routes == ("iv", "oral")

    monkeypatch.setattr(drug_folder, "FOLDER", tmp_path)
    assert path.stem in drug_folder.drug_names()
    text = SCENARIO.replace("drug: morphine", f"drug: {drug.name}")
    ds = oihsim.simulate(parse(parse_yaml(text, "own.yaml"), ScenarioVocabulary()))
    assert (ds["exemplone_plasma_concentration"].isel(time=1) > 1.0).all()
    assert (ds["analgesic_effect"].isel(time=1) > 0.05).all()
    assert (ds["pain"].isel(time=1) < ds["pain"].isel(time=0)).all()


def test_the_mechanism(tmp_path, imported, small):
    path = example("oihsim/neuroplasticity", ".py", tmp_path)
    mine = imported(path).SPINAL_INHIBITION
    assert mine.name == path.stem
    scenario = parse(parse_yaml(SCENARIO, "small.yaml"))
    ds = oihsim.simulate(scenario, mechanisms=[*oihsim.MECHANISMS, mine])
    inhibition = ds["spinal_inhibition"]
    assert (inhibition.isel(time=0) == 1.0).all()
    assert ((inhibition.isel(time=-1) != 1.0) & (inhibition.isel(time=-1) > 0.5)).all()
    np.testing.assert_allclose(ds["disinhibition"], 1.0 - inhibition, rtol=1e-12)
    np.testing.assert_allclose(ds["pain"], small["pain"], atol=1e-4)
    rest = oihsim.simulate(
        scenario.change({"arms.a": {"doses": []}}), mechanisms=[*oihsim.MECHANISMS, mine]
    )
    assert (rest["spinal_inhibition"] == 1.0).all()


def test_a_mechanism_in_the_folder_is_registered(tmp_path, monkeypatch):
    path = example("oihsim/neuroplasticity", ".py", tmp_path)
    monkeypatch.setattr(neuroplasticity, "__path__", [*neuroplasticity.__path__, str(tmp_path)])
    try:
        names = [mechanism.name for mechanism in neuroplasticity._mechanisms()]
    finally:
        sys.modules.pop(f"oihsim.neuroplasticity.{path.stem}", None)
        vars(neuroplasticity).pop(path.stem, None)
    assert path.stem in names
    assert len(names) == len(oihsim.MECHANISMS)  # the one at the receptor lies elsewhere


@pytest.fixture
def least(tmp_path, monkeypatch):
    """Return the page's endpoint, from a file that lies in the folder and is named nowhere."""
    path = example("oihsim/results/endpoints", ".py", tmp_path)
    monkeypatch.setattr(endpoints, "__path__", [*endpoints.__path__, str(tmp_path)])
    try:
        values = declarations("oihsim.results.endpoints")
        declared = by_name(value for value in values if isinstance(value, endpoints.Endpoint))
        (name,) = set(declared) - set(endpoints.NAMES)
        yield declared[name]
    finally:
        sys.modules.pop(f"oihsim.results.endpoints.{path.stem}", None)
        vars(endpoints).pop(path.stem, None)


def test_the_endpoint(least, small):
    assert least.name == "pain_least"
    value = least(small, from_h=6.0)
    assert value.dims == ("scenario", "draw", "id")
    assert set(value.attrs) == {"units", "long_name", "better", "rests_on"}
    np.testing.assert_array_equal(value, small["pain"].sel(time=slice(6.0, None)).min("time"))
    with pytest.raises(oihsim.OihsimError, match="no output time"):
        least(small, from_h=1e6)


def test_the_endpoint_in_a_table(least, small, monkeypatch):
    monkeypatch.setitem(comparison.KNOWN, least.name, least)
    rows = endpoint_table(small, [least.name])
    assert [row.endpoint for row in rows] == [least.name]
    assert rows[0].mean == pytest.approx(float(small["pain"].min("time").mean()))


def test_the_endpoint_is_known_everywhere(tmp_path):
    """A fresh process finds the dropped file: table, list, show and scenario know the name."""
    example("oihsim/results/endpoints", ".py", tmp_path)
    code = f"""
import importlib.util
spec = importlib.util.find_spec("oihsim.results.endpoints")
spec.submodule_search_locations.append({str(tmp_path)!r})
import sys
package = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = package
spec.loader.exec_module(package)
import oihsim
from oihsim.commands.catalogue import catalogue
from oihsim.commands.description import describe
from oihsim.scenario.scenario_vocabulary import ScenarioVocabulary
from oihsim.results.comparison import KNOWN
name = "pain_least"
assert name in ScenarioVocabulary().endpoints and name in KNOWN
assert name in [row["name"] for row in catalogue("endpoints")["endpoints"]]
print(describe(name).text.splitlines()[0])
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stdout.startswith("pain_least: lowest pain rating"), ran.stderr


def test_the_example_of_the_endpoint_runs(least, monkeypatch):
    monkeypatch.setattr(endpoints, least.name, least, raising=False)
    ran = doctest.DocTestRunner(verbose=False)
    for test in doctest.DocTestFinder().find(least, least.name, globs={}):
        ran.run(test)
    assert (ran.failures, ran.tries > 0) == (0, True)


def test_the_scenario(tmp_path):
    scenario = load(example("scenarios", ".yaml", tmp_path))
    ds = oihsim.compare(scenario.change({"population.count": 3}))
    means = {row.arm: row.mean for row in endpoint_table(ds) if row.endpoint.startswith("pain")}
    assert means["double"] < means["single"]


@pytest.mark.parametrize("path", EXAMPLES, ids=str)
def test_examples_keep_the_line_length(path):
    assert max(map(len, EXAMPLES[path].splitlines())) <= 100


def test_the_study_is_validated(tmp_path):
    path = example("oihsim/evidence/studies", ".yaml", tmp_path)
    rows = oihsim.validate(path, subjects=4).rows
    assert [row.finding.role for row in rows] == ["fit", "null"]
    assert all(row.simulated is not None for row in rows)
