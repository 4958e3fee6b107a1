"""oihsim simulates opioid tolerance and opioid-induced hyperalgesia.

A research and teaching model, not for dosing decisions; breathing and overdose are not modelled.
The names below are the public interface; heavy modules load when a name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "CAUTION": "oihsim.caution",
    "InputError": "oihsim.errors",
    "MECHANISMS": "oihsim.neuroplasticity",
    "Mechanism": "oihsim.mechanism",
    "Model": "oihsim.model",
    "ModelError": "oihsim.errors",
    "OihsimError": "oihsim.errors",
    "Output": "oihsim.parameter",
    "Parameter": "oihsim.parameter",
    "Recognition": "oihsim.recognition.recogniser",
    "Scenario": "oihsim.scenario",
    "Schedule": "oihsim.solver",
    "SimulationError": "oihsim.errors",
    "State": "oihsim.parameter",
    "Summary": "oihsim.summaries",
    "cite": "oihsim.references",
    "compare": "oihsim.simulation",
    "decision_text": "oihsim.log_text",
    "endpoint_table": "oihsim.comparison",
    "endpoints": "oihsim",
    "format_table": "oihsim.comparison_text",
    "groups": "oihsim.result_groups",
    "load": "oihsim.scenario",
    "open_result": "oihsim.dataset",
    "plot": "oihsim",
    "recognise": "oihsim.recognition.recogniser",
    "regimen": "oihsim.regimens.regimen",
    "replay": "oihsim.replayed",
    "run_events": "oihsim.events.tables",
    "sensitivity": "oihsim.sensitivity_analysis.study",
    "sensory_tests": "oihsim.sensory",
    "simulate": "oihsim.simulation",
    "simulate_points": "oihsim.points",
    "steady_state": "oihsim.periodic.steady_state",
    "summarise": "oihsim.summaries",
    "sweep": "oihsim.sweeps.run",
    "washout": "oihsim.clinical_hyperalgesia",
    "write_netcdf": "oihsim.dataset",
}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name == "__version__":
        from importlib.metadata import version

        return version("oihsim")
    if name not in _WHERE:
        raise AttributeError(f"module 'oihsim' has no attribute {name!r}")
    module = import_module(f"oihsim.{name}" if _WHERE[name] == "oihsim" else _WHERE[name])
    value = module if _WHERE[name] == "oihsim" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__, "__version__"]
