"""A block of the subjects of a larger population holds bitwise the same subjects."""

import numpy as np
import pytest
from slow_parameters import slow

import oihsim
from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model
from oihsim.files.errors import InputError
from oihsim.model.variability import deviates, uniforms
from oihsim.scenario.population import Population
from oihsim.simulation.subjects import draw_subjects

SHORT = {"duration": "2 d", "output_every": "12 h"}


@pytest.mark.parametrize("first", [0, 1, 2, 3, 4, 5, 63, 1000])
def test_deviates_of_a_block_are_those_of_all_subjects(first):
    together = uniforms(7, "morphine.CL", first + 9)
    assert (uniforms(7, "morphine.CL", 9, first) == together[first:]).all()
    assert (deviates(7, "a", 3, first) == deviates(7, "a", first + 3)[first:]).all()


def test_a_block_far_out_is_drawn_without_those_before_it():
    far = uniforms(1, "x", 4, 2**52)
    assert far.shape == (4,)
    assert ((far > 0.0) & (far < 1.0)).all()


@pytest.mark.parametrize("name", ["flagship", "fentanyl_patch", "methadone_rotation"])
def test_a_single_subject_has_the_values_it_has_among_many(name):
    scenario = oihsim.load(name).change({"population.count": 40})
    model, people = Model.named(), Population.load(scenario.population)
    drugs = {drug: load_drug(drug) for drug in scenario.drugs}
    together = draw_subjects(model, drugs, people, 40, 1)
    for first in range(40):
        alone = draw_subjects(model, drugs, people, 1, 1, first=first)
        for address, value in alone.items():
            assert value[0] == together[address][first], address


def blocks_of(scenario, size, count, **options):
    parts = []
    for first in range(0, count, size):
        block = {"population.first": first, "population.count": min(size, count - first)}
        parts.append(oihsim.simulate(scenario.change(block), **options))
    return parts


@pytest.mark.parametrize(
    "name",
    [
        "flagship",
        "demand_analgesia",
        slow("maintenance_and_controls"),
    ],
)
def test_blocks_side_by_side_are_the_result_of_all_subjects(name):
    missed = {"missed": "20 %", "missed_sd": 1.0, "late": {"sd": "1 h"}, "drugs": ["morphine"]}
    changes = SHORT | {"population.count": 5, "tests": ["cold_pressor_tolerance"]}
    scenario = oihsim.load(name).change(changes)
    if "morphine" in scenario.drugs and name == "flagship":
        scenario = scenario.change(adherence=missed)
    together = oihsim.simulate(scenario, threads=1)
    for part in blocks_of(scenario, 3, 5, threads=1):
        of_block = together.sel(id=part["id"].values)
        for key, values in part.data_vars.items():
            same = of_block[key]
            if {"dose", "decision", "observation"} & set(values.dims):
                cut = {
                    dim: slice(0, part.sizes[dim])
                    for dim in ("dose", "decision")
                    if dim in values.dims
                }
                same = same.isel(cut)
            np.testing.assert_array_equal(values.values, same.values, err_msg=str(key))


def test_ids_count_from_the_first_and_a_result_of_a_block_is_replayed():
    block = {"population.first": 5, "population.count": 2}
    scenario = oihsim.load("demand_analgesia").change(SHORT | block)
    ds = oihsim.simulate(scenario, threads=1)
    assert ds["id"].values.tolist() == [5, 6]
    assert all(replayed.equal for replayed in oihsim.replay(ds, threads=1))
    assert all(replayed.equal for replayed in oihsim.replay(ds.isel(id=[1]), threads=1))


def test_a_scenario_that_begins_with_subject_0_is_stored_as_before():
    scenario = oihsim.load("flagship")
    assert "first" not in scenario.resolved["population"]
    assert scenario.change({"population.first": 0}).scenario_hash == scenario.scenario_hash
    assert scenario.change({"population.first": 3}).first == 3


@pytest.mark.parametrize("first", [-1, 0.5, "two"])
def test_a_first_subject_that_is_none_is_refused(first):
    with pytest.raises(InputError, match="a whole number from 0"):
        oihsim.load("flagship").change({"population.first": first})
