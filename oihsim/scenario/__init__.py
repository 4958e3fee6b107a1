"""A scenario: one question, its arms and its subjects, checked and resolved.

The *written* form is the file: units, defaults, arms based on arms. The *resolved* form is plain
data in hours and mg with nothing left out; results store it, and it can be read again.

The names below are what other rooms use; their modules are loaded when a name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oihsim.scenario.resolved_scenario import Scenario, parse
    from oihsim.scenario.scenario_form import json_schema
    from oihsim.scenario.shipped_scenarios import load, shipped

_WHERE = {
    "Scenario": "resolved_scenario",
    "json_schema": "scenario_form",
    "load": "shipped_scenarios",
    "parse": "resolved_scenario",
    "shipped": "shipped_scenarios",
}

__all__ = ["Scenario", "json_schema", "load", "parse", "shipped"]


def __getattr__(name: str) -> Any:
    """Load a name when it is first used."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = value
    return value
