"""A process reads each file and links each model once, and reads again what has changed."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import oihsim
from oihsim.drugs import FOLDER, load_drug
from oihsim.engine import compiled_model as engine_model
from oihsim.engine.compiled_model import Model
from oihsim.engine.lanes import kernel
from oihsim.files import yaml
from oihsim.model import linker
from oihsim.neuroplasticity import VARIANTS

TYPICAL = {"population.count": 1, "population.typical": True, "duration": "1 d"}
COUNTED = (
    (yaml, "parse_yaml"), (engine_model, "link"), (linker, "read"),
    (engine_model, "deciding_text"), (kernel, "trace"), (kernel, "blocks"),
)  # fmt: skip


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Return how often files were parsed, models linked and equations traced."""
    counter: Counter[str] = Counter()

    def counting(module: object, name: str) -> None:
        function = getattr(module, name)

        def counted(*arguments: object, **named: object) -> object:
            counter[name] += 1
            return function(*arguments, **named)

        monkeypatch.setattr(module, name, counted)

    for module, name in COUNTED:
        counting(module, name)
    return counter


@pytest.mark.parametrize("name", ["flagship", "morphine_month"])
def test_a_second_run_parses_links_and_traces_nothing(calls: Counter[str], name: str) -> None:
    scenario = oihsim.load(name).change(TYPICAL)
    oihsim.simulate(scenario)
    calls.clear()
    oihsim.simulate(scenario)
    assert not calls


def test_points_of_a_second_study_parse_no_drug_and_link_no_model(calls: Counter[str]) -> None:
    scenario = oihsim.load("morphine_month").change(TYPICAL)
    oihsim.simulate_points(scenario, [{}])
    calls.clear()
    oihsim.simulate_points(scenario, [{}])
    assert not calls


@pytest.mark.slow
def test_the_count_sees_every_kind_of_work(calls: Counter[str], tmp_path: Path) -> None:
    shutil.copy(FOLDER / "naloxone.yaml", tmp_path)
    load_drug(tmp_path / "naloxone.yaml")
    model = Model(oihsim.MECHANISMS)
    assert model.hash
    model.kernels("collocation", 1)
    assert set(calls) == {name for _, name in COUNTED}


def test_an_edited_drug_file_is_read_again(tmp_path: Path) -> None:
    path = Path(shutil.copy(FOLDER / "naloxone.yaml", tmp_path))
    before = load_drug(path)
    assert load_drug(path) is before
    path.write_text(path.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    assert load_drug(path).hash != before.hash


def test_a_file_of_the_same_length_is_read_again(tmp_path: Path) -> None:
    path = Path(shutil.copy(FOLDER / "naloxone.yaml", tmp_path))
    before, later = load_drug(path), path.stat().st_mtime_ns + 1_000_000_000
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("# Research", "# research"), encoding="utf-8")
    os.utime(path, ns=(later, later))
    assert load_drug(path).hash != before.hash


def test_files_of_one_name_in_two_folders_are_two_drugs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder / "drugs").mkdir(parents=True)
        shutil.copy2(FOLDER / "naloxone.yaml", tmp_path / folder / "drugs")
    monkeypatch.chdir(tmp_path / "a")
    first = load_drug("drugs/naloxone.yaml")
    monkeypatch.chdir(tmp_path / "b")
    assert load_drug("drugs/naloxone.yaml") is not first


def test_a_shared_model_cannot_be_spoiled() -> None:
    model = Model.named()
    assert model is Model.named()
    for array in (model.y0, model.sizes, model.defaults):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = np.nan


def test_variants_keep_their_own_values() -> None:
    plain, other = Model.named(), Model.named("oih21")
    assert plain is not other
    for model in (plain, other):
        variant = VARIANTS[model.name]
        for address, value in variant.parameters.items():
            assert model.defaults[model.addresses.index(address)] == value
