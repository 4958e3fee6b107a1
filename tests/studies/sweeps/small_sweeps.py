"""Sweeps that take a second, and how two results are compared."""

import numpy as np

SHORT = {"scenario": "morphine_month", "changes": {"duration": "2 d", "output_every": "12 h"}}
DOSE = {"of": "arms.morphine.doses[0].amount", "values": ["15 mg", "30 mg", "60 mg"]}
RATE = {"of": "nmda.k_on", "from": "0.005 1/h", "to": "0.02 1/h", "number": 2, "spacing": "log"}


def sweep_fields(**fields):
    vary = {"dose": DOSE, "k_on": RATE}
    return {**SHORT, "vary": vary, "subjects": 3, **fields}


def same(result, other):
    """Assert that two results are bitwise the same, coordinates included."""
    assert set(result.variables) == set(other.variables)
    for name in result.variables:
        a, b = result[name].values, other[name].values
        assert a.shape == b.shape, name
        assert a.dtype == b.dtype, name
        np.testing.assert_array_equal(a, b, err_msg=str(name))


def text_of(fields):
    """Return the text of a sweep file."""
    import json

    return json.dumps({"schema": "oihsim-sweep/1", "question": "Which dose?", **fields}, indent=1)
