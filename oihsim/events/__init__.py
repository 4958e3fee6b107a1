"""Event records in the NONMEM way: table, event list, and exact amounts of a linear model.

Importing this package reads no file and loads neither pandas nor a solver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oihsim.events.advance import advance
    from oihsim.events.body_run import simulate_events
    from oihsim.events.event_table import read_table
    from oihsim.events.expand import expand
    from oihsim.events.linear_run import run_events

__all__ = ["advance", "expand", "read_table", "run_events", "simulate_events"]

_HOMES = {
    "advance": "advance",
    "expand": "expand",
    "read_table": "event_table",
    "run_events": "linear_run",
    "simulate_events": "body_run",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"oihsim.events.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
