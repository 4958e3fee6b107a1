"""The list of sensory tests, made from the files of this folder."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from oihsim.results.sensory._test import SensoryTest

NAMES: tuple[str, ...] = tuple(
    sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_"))
)
"""The names of all tests, sorted."""

TESTS: dict[str, SensoryTest] = {
    name: import_module(f"{__package__}.{name}").TEST for name in NAMES
}
"""Every test by its name."""
