"""Parameters of a test that only the slow tests have."""

import pytest


def slow(*values):
    """Return a parameter, or those of one call, as a slow test."""
    return pytest.param(*values, marks=pytest.mark.slow)


def slow_but(quick, values):
    """Return all values; those that are not among ``quick`` are slow tests."""
    return [value if value in quick else slow(value) for value in values]


def slow_cases_but(quick, cases):
    """Return named cases, each a tuple; those whose name is not among ``quick`` are slow tests."""
    return [
        pytest.param(*case, id=name, marks=[] if name in quick else [pytest.mark.slow])
        for name, case in cases.items()
    ]
