"""Quantities: exact, refused when in doubt, and the same as pint's."""

import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oihsim.files.units import COMMON, COUNTED, DIMENSIONS, convert, per_weight, quantity, registry

REGISTRY = registry()
INTERNAL = {(1, 0, 0, 0): "h", (0, 1, 0, 0): "mg", (0, 0, 3, 0): "L", (0, 0, 0, 1): "nmol"}
INTERNAL |= {(0, 0, -3, 1): "nmol/L", (0, 0, 0, 0): ""}
INTERNAL = {(*key, *[0] * len(COUNTED)): unit for key, unit in INTERNAL.items()}
INTERNAL |= {
    tuple(int(i == 4 + k) for i in range(4 + len(COUNTED))): unit for k, unit in enumerate(COUNTED)
}


@pytest.mark.parametrize("name", COMMON)
def test_the_table_of_common_spellings_equals_pint(name):
    factor, dimension = COMMON[name]
    by_pint = REGISTRY.Quantity(1.0, name).to(INTERNAL[dimension]).magnitude
    assert float(factor) == pytest.approx(by_pint, rel=1e-14)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_the_internal_unit_of_each_dimension_is_one(dimension):
    assert quantity(f"1 {DIMENSIONS[dimension][0]}".removesuffix(" 1"), dimension) == 1.0


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("30 mg", "amount", 30.0),
        ("30mg", "amount", 30.0),
        (" 1e-3 g ", "amount", 1.0),
        ("400 µg", "amount", 0.4),  # micro sign
        ("400 μg", "amount", 0.4),  # Greek mu
        ("400 mcg", "amount", 0.4),
        ("0.1 ug/kg/min", "rate_per_weight", 0.006),
        ("0.1 mg/kg/h", "rate_per_weight", 0.1),
        ("25 mcg/h", "rate", 0.025),
        ("2 weeks", "time", 336.0),
        ("90 min", "time", 1.5),
        ("20 ng/mL", "concentration", 0.02),
        ("5 umol/L", "molar", 5000.0),
        ("2 fortnight", "time", 672.0),  # not in the table: pint
        ("3 milligram", "amount", 3.0),
        ("30 %", "1", 0.3),
        (0.3, "1", 0.3),
        ("-7 d", "time", -168.0),
        ("2 sessions", "session", 2.0),
        ("1 incision", "incision", 1.0),
    ],
)
def test_a_quantity_is_the_nearest_float(text, dimension, value):
    assert quantity(text, dimension) == value


@pytest.mark.parametrize(
    ("text", "dimension", "words"),
    [
        ("60 mgg", "amount", "'mgg' is no unit"),
        ("60 Mg", "amount", "did you mean 'mg'?"),
        ("5 ML", "volume", "did you mean 'mL'?"),
        ("9 dd", "time", "'dd' is no unit"),  # pint: a tenth of a day
        ("9 hh", "time", "'hh' is no unit"),  # pint: a hundred hours
        ("5 m", "time", "minutes are 'min'"),
        ("1 month", "time", "months differ in length"),
        ("1 mg/kg", "amount", "per kg of body weight"),
        ("1 mg", "amount_per_weight", "not per kg"),
        ("1 mg/g", "amount_per_weight", "not per kg"),
        ("30", "amount", "the unit is missing"),
        (30, "amount", "the unit is missing"),
        ("12:30", "time", "':30' is no unit"),
        ("1,000 mg", "amount", "',000 mg' is no unit"),
        ("mg", "amount", "no number"),
        ("inf mg", "amount", "no number"),
        (float("nan"), "1", "no number"),
        (True, "1", "no number"),
        (None, "amount", "no number"),
        ("٣ mg", "amount", "no number"),
        ("1e999 mg", "amount", "too large"),
        ("1 mg mg", "amount", "is no unit"),
        ("1 mg//h", "rate", "is no unit"),
        ("3 degC", "time", "no unit used here"),
        ("1 session", "amount", "'session' cannot be converted to 'mg'"),
        ("1 mg", "session", "'mg' cannot be converted to 'session'"),
        ("1 session", "incision", "'session' cannot be converted to 'incision'"),
        ("1 Session", "session", "did you mean 'session'?"),
        ("3 " + "mg*" * 30 + "mg", "amount", "is no unit"),
    ],
)
def test_what_is_in_doubt_is_refused_with_what_to_write(text, dimension, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the words are the parameter)
        quantity(text, dimension)
    assert words in str(caught.value)
    assert DIMENSIONS[dimension][1] in str(caught.value)


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "result"),
    [
        (1.3575, "L/min", "L/h", 81.45),
        (1.0, "1/min", "1/h", 60.0),
        (2.0, "1/(nM*h)", "1/(uM*h)", 2000.0),
        (1.0, "mL/min/kg", "L/h/kg", 0.06),
        (1.0, "h**-1", "1/h", 1.0),
        (3.0, "1/s", "1/h", 10800.0),
        (1.0, "nmol/L", "nM", 1.0),
    ],
)
def test_conversion(value, unit, wanted, result):
    assert convert(value, unit, wanted) == result


def test_conversion_across_dimensions_is_refused():
    with pytest.raises(ValueError, match="'mg' cannot be converted to 'nmol'"):
        convert(1.0, "mg", "nmol")


@settings(deadline=None)
@given(
    value=st.floats(min_value=1e-6, max_value=1e9),
    unit=st.sampled_from(["s", "min", "h", "d", "week", "fortnight"]),
)
def test_there_and_back_is_the_same(value, unit):
    hours = quantity(f"{value!r} {unit}", "time")
    assert convert(hours, "h", unit) == pytest.approx(value, rel=4e-16)


@settings(deadline=None)
@given(value=st.floats(min_value=0.0, max_value=1e300))
def test_the_shortest_text_of_a_float_reads_back_as_that_float(value):
    assert quantity(f"{value!r} mg", "amount") == value
    assert quantity(f"{value!r} mg/kg/h", "rate_per_weight") == value


@settings(deadline=None)
@given(
    number=st.decimals(min_value=0, max_value=10**6, places=6), unit=st.sampled_from(["mg", "ug"])
)
def test_arithmetic_is_exact_and_rounded_once(number, unit):
    exact = Fraction(number) * COMMON[unit][0]
    assert quantity(f"{number:f} {unit}", "amount") == float(exact)


@settings(deadline=None)
@given(text=st.text(max_size=20), dimension=st.sampled_from(sorted(DIMENSIONS)))
def test_any_text_is_a_finite_number_or_a_value_error(text, dimension):
    for candidate in (text, f"3 {text}", f"3 mg/{text}"):
        try:
            value = quantity(candidate, dimension)
        except ValueError:
            continue
        assert abs(value) < float("inf")


def test_per_weight_looks_at_the_denominator_only():
    assert per_weight("ug/kg/min")
    assert not per_weight("kg/h")
    assert not per_weight("mg/kgf")


def test_common_spellings_do_not_import_pint():
    code = "import sys; from oihsim.files.units import quantity; quantity('0.1 ug/kg/min', "
    code += "'rate_per_weight'); print('pint' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
