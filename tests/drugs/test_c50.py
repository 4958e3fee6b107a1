"""The analgesic concentration that goes in is the one that the model gives out."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from oihsim.drugs import drug_names, load_drug

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
GENERATE = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(GENERATE)


@pytest.fixture(scope="module")
def rows():
    return GENERATE.c50_rows()


def test_in_equals_out(rows):
    for drug, ligand, _, declared, _, computed in rows:
        assert computed == pytest.approx(declared, rel=1e-6), (drug, ligand)


def test_every_fast_agonist_has_a_row_and_nothing_else_has(rows):
    expected = set()
    for name in drug_names():
        drug = load_drug(name)
        for ligand, act in drug.targets(drug.typical() | {"tau": np.array([20.0])}).items():
            if np.isfinite(act["KD_nM"][0]) and act["e"][0] > 0 and act["k_off"] is None:
                expected.add((name, ligand))
    assert {row[:2] for row in rows} == expected
    listed = {row[0] for row in rows}
    assert not listed & {
        *("naloxone", "naltrexone", "ketamine", "magnesium", "pregabalin", "buprenorphine")
    }


def test_ke0_is_that_of_the_file(rows):
    table = {row[:2]: row[2] for row in rows}
    assert table["alfentanil", "alfentanil"] == pytest.approx(0.77 * 60)
    assert table["codeine", "morphine"] == pytest.approx(0.559)


def test_another_affinity_gives_another_concentration(rows):
    """The column is found by the model: half the KD, half the concentration."""
    model = GENERATE.Model.named()
    drug = load_drug("fentanyl")
    act = drug.targets(drug.typical() | {"tau": np.array([20.0])})["fentanyl"]
    assert GENERATE.analgesia_at(model, act, 1.8) == pytest.approx(0.5, rel=1e-9)
    act["KD_nM"] = act["KD_nM"] / 2
    assert GENERATE.analgesia_at(model, act, 0.9) == pytest.approx(0.5, rel=1e-9)
    assert GENERATE.analgesia_at(model, act, 1.8) > 0.6


def test_the_stored_table_is_the_one_computed(rows):
    assert (ROOT / "docs" / "c50.md").read_text(encoding="utf-8") == GENERATE.c50_page()
    assert GENERATE.c50_page().count("\n| ") == len(rows) + 2
