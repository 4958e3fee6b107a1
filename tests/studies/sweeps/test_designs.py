"""Designs: each visits the points that its name promises."""

import itertools

import numpy as np
import pytest
from small_sweeps import sweep_fields

from oihsim.scenario import load
from oihsim.studies.sweeps.draws import draw, uncertain
from oihsim.studies.sweeps.sweep_file import read_sweep

K_ON = {"of": "nmda.k_on", "from": "0.001 1/h", "to": "0.1 1/h", "spacing": "log"}
CLEARANCE = {"of": "morphine.CL", "from": "30 L/h", "to": "60 L/h"}
TWO = {"k_on": K_ON, "clearance": CLEARANCE}


def values(sweep):
    return np.array([axis.coordinate for axis in sweep.axes])


def test_a_grid_visits_all_combinations_once():
    sweep = read_sweep(sweep_fields(vary={
        "a": {"of": "nmda.k_on", "values": ["1 1/h", "2 1/h"]},
        "b": {"of": "morphine.CL", "from": "30 L/h", "to": "60 L/h", "number": 3},
        "c": {"of": "hold", "values": [[], [{"mechanism": "nmda"}]]},
    }))  # fmt: skip
    assert sweep.dims == ("a", "b", "c")
    assert sweep.shape == (2, 3, 2)
    places = itertools.product(range(2), range(3), range(2))
    seen = [tuple(sorted(map(str, sweep.changes(place, 0).items()))) for place in places]
    assert len(set(seen)) == sweep.points == 12
    assert sweep.axes[1].coordinate == (30.0, 45.0, 60.0)


def test_values_of_a_grid_reach_the_scenario_as_they_are_written():
    sweep = read_sweep(sweep_fields())
    changes = sweep.changes((2, 1), 0)
    scenario = sweep.first.change(changes)
    assert scenario.resolved["arms"]["morphine"]["doses"][0]["amount"] == 60.0
    assert scenario.resolved["arms"]["placebo"]["doses"] == []
    assert scenario.arms["morphine"].parameters["nmda.k_on"] == 0.02


def test_logarithmic_spacing_has_equal_ratios_and_exact_ends():
    axis = read_sweep(sweep_fields(vary={"k_on": {**K_ON, "number": 5}})).axes[0]
    numbers = np.array(axis.coordinate)
    assert (numbers[0], numbers[-1]) == (0.001, 0.1)
    np.testing.assert_allclose(numbers[1:] / numbers[:-1], 10.0**0.5, rtol=1e-12)


@pytest.mark.parametrize("count", [1, 7, 40])
def test_a_latin_hypercube_has_1_point_in_each_layer_of_each_axis(count):
    sweep = read_sweep(sweep_fields(vary=TWO, method="latin_hypercube", count=count))
    assert sweep.shape == (count,)
    log, linear = np.log(values(sweep)[0]), values(sweep)[1]
    for numbers, low, high in ((log, np.log(0.001), np.log(0.1)), (linear, 30.0, 60.0)):
        layers = np.floor((numbers - low) / (high - low) * count).astype(int)
        assert sorted(np.minimum(layers, count - 1)) == list(range(count))


@pytest.mark.parametrize("power", [0, 3, 6])
def test_a_sobol_sequence_fills_all_boxes_of_its_net(power):
    count = 2**power
    sweep = read_sweep(sweep_fields(vary=TWO, method="sobol", count=count))
    unit = np.array([
        (np.log(values(sweep)[0]) - np.log(0.001)) / np.log(100.0),
        (values(sweep)[1] - 30.0) / 30.0,
    ])  # fmt: skip
    assert ((unit >= 0.0) & (unit <= 1.0)).all()
    # a (0, m, 2)-net in base 2: every elementary box of area 1 / count holds one point
    for k in range(power + 1):
        boxes = np.floor(unit * np.array([[2**k], [2 ** (power - k)]])).astype(int)
        assert len({tuple(box) for box in boxes.T}) == count


@pytest.mark.parametrize("method", ["latin_hypercube", "sobol"])
def test_sampled_designs_follow_from_the_seed(method):
    first = read_sweep(sweep_fields(vary=TWO, method=method, count=8))
    again = read_sweep(sweep_fields(vary=TWO, method=method, count=8))
    other = read_sweep(sweep_fields(vary=TWO, method=method, count=8, seed=2))
    assert first.hash == again.hash
    assert (values(first) != values(other)).all()


def test_labels_are_sampled_in_equal_shares():
    held = {"of": "hold", "values": [[], [{"mechanism": "nmda"}]], "labels": ["free", "held"]}
    sweep = read_sweep(sweep_fields(vary={"held": held, "k_on": K_ON}, method="sobol", count=16))
    assert sorted(sweep.axes[0].coordinate) == ["free"] * 8 + ["held"] * 8
    for index in range(16):
        assert sweep.changes((index,), 0)["hold"] == (
            [] if sweep.axes[0].coordinate[index] == "free" else [{"mechanism": "nmda"}]
        )


def test_a_list_takes_the_values_together():
    sweep = read_sweep(sweep_fields(method="list", vary={
        "dose": {"of": "arms.morphine.doses[0].amount", "values": ["15 mg", "15 mg", "60 mg"]},
        "k_on": {"of": "nmda.k_on", "values": ["1 1/h", "2 1/h", "1 1/h"]},
    }))  # fmt: skip
    assert sweep.points == 3
    assert sweep.changes((1,), 0) == {
        "arms.morphine.doses[0].amount": "15 mg",
        "nmda.k_on": "2 1/h",
    }


def test_several_addresses_get_the_same_value():
    both = {"of": ["nmda.k_on", "microglia.k_on"], "values": ["0.1 1/h"]}
    sweep = read_sweep(sweep_fields(vary={"both": both}))
    assert sweep.changes((0,), 0) == {"nmda.k_on": "0.1 1/h", "microglia.k_on": "0.1 1/h"}


def test_units_of_listed_values_are_brought_to_that_of_the_first():
    vary = {"every": {"of": "arms.morphine.doses[0].every", "values": ["12 h", "0.25 d"]}}
    axis = read_sweep(sweep_fields(vary=vary)).axes[0]
    assert (axis.coordinate, axis.unit) == ((12.0, 6.0), "h")


def test_draws_are_keyed_and_stay_in_the_declared_range():
    scenario = load("morphine_month")
    parameters = uncertain([scenario], [])
    assert len(parameters) > 40
    for address, parameter in parameters.items():
        numbers = [draw(address, parameter, 1, number) for number in range(1, 50)]
        assert parameter.low <= min(numbers) < max(numbers) <= parameter.high
        assert draw(address, parameter, 1, 7) == numbers[6]
        if parameter.low > 0.0:
            # log-uniform: about half below the geometric middle
            middle = (parameter.low * parameter.high) ** 0.5
            assert 10 <= sum(number < middle for number in numbers) <= 39


def test_what_the_sweep_sets_comes_after_the_draw():
    sweep = read_sweep(sweep_fields(draws=3))
    assert "nmda.k_on" not in sweep.recipe["drawn"]
    assert sweep.changes((0, 0), 0).keys() == {"arms.morphine.doses[0].amount", "nmda.k_on"}
    first, second = sweep.changes((0, 0), 1), sweep.changes((0, 0), 2)
    assert first["nmda.k_on"] == second["nmda.k_on"] == "0.005 1/h"
    drawn = sorted(sweep.recipe["drawn"])
    assert all(first[address] != second[address] for address in drawn)


def test_more_draws_change_no_draw_that_was_there():
    few, many = (read_sweep(sweep_fields(draws=n)).recipe["drawn"] for n in (3, 6))
    assert all(many[address][:2] == values for address, values in few.items())
