"""Dimensions of a drug file: the exponents of files/units, and nM apart from the amount."""

import pytest

from oihsim.drugs.drug_units import BINDING, acting, dimension_of, name_of, unit_of
from oihsim.files.units import NUMBER, VOLUME, product
from oihsim.kinetics.expressions import parse


@pytest.mark.parametrize("amount", ["mg", "umol", "session"])
def test_a_concentration_in_the_amount_of_the_file_is_no_nM(amount):
    factor, dimension = unit_of(f"{amount}/L", "h", amount)
    assert factor == 1.0
    assert dimension != BINDING
    assert name_of(dimension) == "amount/volume"
    assert unit_of("nM", "h", amount) == (1.0, BINDING)


def test_a_counted_agent_acts_by_its_amount():
    gain = product(NUMBER, BINDING, -2)
    assert name_of(gain) == "1/nM^2"
    assert name_of(acting(gain, "injury")) == "1/amount^2"


@pytest.mark.parametrize(
    ("unit", "factor"), [("L/min", 60.0), ("mL/min/kg", 0.06), ("1/(h*kg)", 1.0), ("1/y", 1.0)]
)
def test_a_factor_leads_to_the_units_of_the_file(unit, factor):
    assert unit_of(unit, "h", "mg")[0] == pytest.approx(factor, rel=1e-15)


def test_two_roots_of_a_volume_make_a_volume():
    assert dimension_of(parse("sqrt(V)*V**0.5"), {"V": VOLUME}) == VOLUME
    assert name_of(dimension_of(parse("sqrt(V)"), {"V": VOLUME})) == "volume^1/2"


@pytest.mark.parametrize("unit", ["week", "ug/week", "h h", "1//h", "session"])
def test_another_unit_is_refused(unit):
    with pytest.raises(ValueError, match="is no unit"):
        unit_of(unit, "h", "mg")
