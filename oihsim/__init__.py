"""oihsim simulates opioid tolerance and opioid-induced hyperalgesia.

A research and teaching model, not for dosing decisions; breathing and overdose are not modelled.
The names below are the public interface; heavy modules load when a name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "CAUTION": "oihsim.files.caution",
    "InputError": "oihsim.files.errors",
    "MECHANISMS": "oihsim.neuroplasticity",
    "Mechanism": "oihsim.model.mechanism",
    "Model": "oihsim.engine.compiled_model",
    "ModelError": "oihsim.files.errors",
    "OihsimError": "oihsim.files.errors",
    "Output": "oihsim.model.parameter",
    "Parameter": "oihsim.model.parameter",
    "Recognition": "oihsim.studies.recognition.recogniser",
    "Scenario": "oihsim.scenario",
    "Schedule": "oihsim.engine.solver",
    "SimulationError": "oihsim.files.errors",
    "State": "oihsim.model.parameter",
    "Summary": "oihsim.studies.summary",
    "cite": "oihsim.files.references",
    "compare": "oihsim.simulation.simulate",
    "decision_text": "oihsim.commands.decision_text",
    "endpoint_table": "oihsim.results.comparison",
    "endpoints": "oihsim.results",
    "format_table": "oihsim.commands.comparison_text",
    "groups": "oihsim.results.groups",
    "load": "oihsim.scenario",
    "open_result": "oihsim.simulation.dataset",
    "plot": "oihsim.results",
    "recognise": "oihsim.studies.recognition.recogniser",
    "regimen": "oihsim.treatment.regimens.regimen",
    "replay": "oihsim.simulation.ledger_replay",
    "run_events": "oihsim.events.linear_run",
    "sensitivity": "oihsim.studies.sensitivity_analysis.analysis",
    "sensory_tests": "oihsim.results.sensory",
    "simulate": "oihsim.simulation.simulate",
    "simulate_points": "oihsim.studies.points.simulate_points",
    "steady_state": "oihsim.studies.steady_state",
    "summarise": "oihsim.studies.summaries",
    "sweep": "oihsim.studies.sweeps.run_sweep",
    "validate": "oihsim.evidence.validation",
    "washout": "oihsim.studies.washout",
    "write_netcdf": "oihsim.simulation.dataset",
}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name == "__version__":
        from importlib.metadata import version

        return version("oihsim")
    if name not in _WHERE:
        raise AttributeError(f"module 'oihsim' has no attribute {name!r}")
    if _WHERE[name] == "oihsim.results":
        value: Any = import_module(f"oihsim.results.{name}")
    else:
        value = getattr(import_module(_WHERE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__, "__version__"]
