"""The registry of the tests: every declaration in a file of this folder."""

from __future__ import annotations

from oihsim.results.declarations import by_name, declarations
from oihsim.results.sensory._test import SensoryTest

TESTS: dict[str, SensoryTest] = by_name(
    value for value in declarations("oihsim.results.sensory") if isinstance(value, SensoryTest)
)
"""The tests by name."""

NAMES: tuple[str, ...] = tuple(TESTS)
"""The names of all tests, sorted."""
