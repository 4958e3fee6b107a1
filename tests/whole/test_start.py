"""What is read when: no file for a greeting, only what a scenario names for a scenario."""

import json
import subprocess
import sys

import pytest
from slow_parameters import slow

from oihsim.drugs import drug_names
from oihsim.files.caution import CAUTION
from oihsim.scenario import load, shipped
from oihsim.scenario.scenario_vocabulary import population_names

WATCHED = """
import json, pathlib, sys
opened = []
def watch(event, arguments):
    if event == "open" and str(arguments[0]).endswith((".yaml", ".yml", ".bib")):
        opened.append(pathlib.Path(str(arguments[0])).name)
sys.addaudithook(watch)
try:
    {code}
except SystemExit:
    pass
print(json.dumps([sorted(set(opened)), "ruamel.yaml" in sys.modules]))
"""


def opened(code: str) -> tuple[list[str], bool]:
    """Return the data files that ``code`` opens in a fresh process, and whether YAML was loaded."""
    command = [sys.executable, "-c", WATCHED.format(code=code)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    files, parser = json.loads(ran.stdout.splitlines()[-1])
    return files, parser


def test_the_watch_sees_what_is_opened():
    files, parser = opened("import oihsim.drugs as d; d.load_drug('naloxone')")
    assert files == ["naloxone.yaml", "references.bib"]
    assert parser


@pytest.mark.parametrize(
    "code",
    [
        "import oihsim",
        "sys.argv = ['oihsim', '--help']; from oihsim.commands.app import main; main()",
        "sys.argv = ['oihsim', 'run', '--help']; from oihsim.commands.app import main; main()",
        "from oihsim.drugs import drug_names; drug_names()",
        "from oihsim.scenario.scenario_vocabulary import population_names; population_names()",
    ],
)
def test_importing_and_helping_read_no_file(code):
    assert opened(code) == ([], False)


@pytest.mark.parametrize(
    "name",
    ["naloxone_challenge", slow("flagship"), slow("remifentanil_volunteers")],
)
def test_a_scenario_reads_only_what_it_names(name):
    """So the time to start does not grow with the number of drugs and populations."""
    scenario = load(name)
    named = {name, scenario.population, *scenario.drugs}
    assert len(named) < len(drug_names()) / 4
    files, _ = opened(f"import oihsim; oihsim.load('{name}')")
    yaml = [file for file in files if file.endswith(".yaml")]
    assert yaml == sorted(f"{stem}.yaml" for stem in named)


def test_each_file_is_parsed_once(monkeypatch):
    from oihsim.drugs import drug_file
    from oihsim.files import yaml as files
    from oihsim.scenario import population_file, shipped_scenarios

    parsed = []
    parse_yaml = files.parse_yaml

    def counting(text: str, name: str) -> files.Document:
        parsed.append(name.rsplit("/", 1)[-1])
        return parse_yaml(text, name)

    monkeypatch.setattr(files, "parse_yaml", counting)
    readers = {part.read_yaml for part in (shipped_scenarios, population_file, drug_file, files)}
    assert len(readers) == 1
    load("flagship")
    assert parsed.count("flagship.yaml") == 1
    # drugs and populations are remembered, whatever earlier tests have read of them
    load("flagship")
    assert all(parsed.count(file) <= 1 for file in set(parsed) - {"flagship.yaml"})


KEYS = {
    "scenarios": ("name", "meaning", "arms", "drugs", "population", "subjects", "days"),
    "drugs": ("name", "kind", "meaning", "routes", "ligands"),
    "populations": ("name", "meaning"),
    "models": ("name", "meaning"),
    "mechanisms": ("name", "meaning"),
    "switches": ("name", "meaning", "options", "default"),
    "endpoints": ("name", "meaning"),
}
"""Kind of thing in ``list --json`` -> what each row tells at least."""


def test_the_list_for_machines_keeps_its_form(monkeypatch, capsys):
    from oihsim.commands.app import main

    monkeypatch.setattr(sys, "argv", ["oihsim", "list", "--json"])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    listing = json.loads(capsys.readouterr().out)
    assert listing.pop("caution") == CAUTION
    assert set(KEYS) <= set(listing)
    for kind, keys in KEYS.items():
        for row in listing[kind]:
            assert set(keys) <= set(row), (kind, row["name"])
    rows = {kind: {row["name"]: row for row in listing[kind]} for kind in listing}
    assert list(rows["scenarios"]) == list(shipped())
    assert list(rows["drugs"]) == list(drug_names())
    assert list(rows["populations"]) == list(population_names())
    flagship = rows["scenarios"]["flagship"]
    assert flagship["arms"] == ["stable", "escalation", "ketamine", "taper"]
    assert flagship["drugs"] == ["ketamine", "morphine"]
    assert (flagship["population"], flagship["days"]) == ("chronic_pain", 90.0)
    morphine = rows["drugs"]["morphine"]
    assert morphine["ligands"] == ["morphine", "M6G", "M3G"]
    assert {"iv", "oral", "oral_er"} <= set(morphine["routes"])
    for row in listing["scenarios"]:
        assert row["population"] in rows["populations"]
        assert set(row["drugs"]) <= set(rows["drugs"])


UNWRITABLE = """
import oihsim.model.generated_module, pathlib
path = oihsim.model.generated_module._write_module("model_x", "a = 1")
assert path.read_text() == "a = 1"
print(path.parent)
"""


def test_a_cache_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("OIHSIM_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    command = [sys.executable, "-c", UNWRITABLE]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(str(tmp_path / "temporary"))
    assert list((tmp_path / "temporary").iterdir()) == []
