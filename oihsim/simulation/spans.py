"""What a run accumulates between its outputs: observables of the endpoints, and labels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.compiled_model import Model
from oihsim.engine.observable import ABOVE, MEAN, Observable, accumulations
from oihsim.results.endpoints import ENDPOINTS, Endpoint
from oihsim.results.endpoints._spans import span_name

if TYPE_CHECKING:
    from oihsim.simulation.arm_run import ArmRun

SPAN_DIMS = ("scenario", "draw", "id", "span")
IN_WORDS = {
    "mean": "mean of {} over the span",
    "highest": "highest {} of the span",
    "lowest": "lowest {} of the span",
    "hours_above_start": "hours of the span with more {} than at the first output",
}


def observables(model: Model) -> tuple[Observable, ...]:
    """Return what the endpoints need of a run of the model.

    Examples
    --------
    >>> [observable.label for observable in observables(Model.named())]
    ['analgesic_effect', 'pain', 'cyclic_amp_excess_intensity', 'withdrawal_part']
    """
    return _observables(tuple(output.name for output in model.linked.outputs))


@cache
def _observables(outputs: tuple[str, ...]) -> tuple[Observable, ...]:
    of_quantity: dict[str, list[Endpoint]] = {}
    for endpoint in ENDPOINTS.values():
        if endpoint.accumulation is not None and endpoint.reads in outputs:
            of_quantity.setdefault(endpoint.quantity, []).append(endpoint)
    watched = []
    for endpoints in of_quantity.values():
        hows = [endpoint.accumulation for endpoint in endpoints if endpoint.accumulation]
        watched.append(
            Observable(
                endpoints[0].reads,
                tuple(dict.fromkeys(how.kind for how in hows)),
                endpoints[0].shape,
                max(how.margin for how in hows),
            )
        )
    return tuple(watched)


def span_variables(
    model: Model, runs: Sequence[ArmRun], times: NDArray[np.float64]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the variables of spans and their coordinates.

    There are none for a single output, and of runs that accumulated nothing.
    """
    sums = accumulations(observables(model))
    if len(times) < 2 or not sums or not runs[0].run.sums.shape[2]:
        return {}, {}
    outputs = {output.name: output for output in model.linked.outputs}
    hours = np.diff(times)
    variables = {}
    for column, (observable, kind) in enumerate(sums):
        values = np.stack([run.run.sums[:, 1:, column] for run in runs])[:, None]
        if kind == MEAN:
            values = values / hours
        what = observable.label.replace("_", " ")
        unit = "h" if kind == ABOVE else outputs[observable.output].unit
        attrs = {"units": unit, "long_name": IN_WORDS[kind].format(what)}
        variables[span_name(observable.label, kind)] = (SPAN_DIMS, values, attrs)
    coords = {
        "span": ("span", times[1:], {"units": "h", "long_name": "end of a span between outputs"}),
        "span_start": ("span", times[:-1], {"units": "h", "long_name": "start of the span"}),
    }
    return variables, coords
