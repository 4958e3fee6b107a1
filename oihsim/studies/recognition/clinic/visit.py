"""The visit: the true picture of virtual patients, and their readings without noise."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oihsim.model.mechanism import Mechanism
from oihsim.neuroplasticity import VARIANTS
from oihsim.simulation.simulate import simulate
from oihsim.studies.recognition.clinic.treatment_histories import (
    STEP_AFTER_D,
    WAYS,
    TreatmentHistory,
)
from oihsim.studies.recognition.truth import true_picture

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Visit:
    """The patients of one treatment history at their visit, (n,) each.

    Attributes
    ----------
    truth : index in :data:`oihsim.studies.recognition.truth.PICTURES`
    hidden : causes of the true picture, and the effect of more drug: for tables only
    readings : measurements without noise, NaN where nothing can be measured
    """

    history: TreatmentHistory
    truth: NDArray[np.int64]
    hidden: Mapping[str, Array]
    readings: Mapping[str, Array]


def see(history: TreatmentHistory, *, threads: int | None = None, as_is: bool = False) -> Visit:
    """Simulate the patients of a treatment history up to a week after their visit.

    Parameters
    ----------
    history : their treatment
    as_is : whether to simulate them without the test step too, for ``hidden["more_drug"]``, the
        difference of pain on days 4 to 7

    Raises
    ------
    SimulationError : a patient could not be simulated
    RuntimeError : pain recomputed from the outputs is not the pain of the result
    """
    arms = simulate(history.scenario(as_is=as_is), threads=threads).isel(draw=0)
    ds = arms.sel(scenario="step")
    visit = 24.0 * history.visit_d
    last_day = (ds.time.values > visit - 24.0) & (ds.time.values <= visit)
    pain = ds.pain.values
    costs = {name: cost[:, last_day].mean(axis=1) / pain[:, 0] for name, cost in _costs(ds).items()}
    relief = 1.0 - pain[:, last_day].mean(axis=1) / pain[:, 0]
    hidden = {
        "relief": relief,
        **costs,
        "tolerance_index": ds.tolerance_index.values[:, last_day].mean(axis=1),
        "hyperalgesia_index": ds.hyperalgesia_index.values[:, last_day].mean(axis=1),
    }
    if as_is and not history.stopped:
        effect = pain - arms.pain.sel(scenario="as_is").values
        hidden["more_drug"] = _after_step(effect, ds.time.values, visit)
    truth = true_picture(relief, **costs)
    return Visit(history, truth, hidden, _readings(history, ds, last_day))


def _mean(values: Array, time: Array, from_h: float, until_h: float) -> Array:
    inside = (time > from_h) & (time <= until_h)
    return np.asarray(values[:, inside].mean(axis=1))


def _after_step(values: Array, time: Array, visit_h: float) -> Array:
    """Return the mean of days 4 to 7 after the test step."""
    step = visit_h + 24.0 * STEP_AFTER_D
    return _mean(values, time, step + 72.0, step + 168.0)


def _readings(
    history: TreatmentHistory, ds: xr.Dataset, last_day: NDArray[np.bool_]
) -> dict[str, Array]:
    """Return pain at the times of the observations, and the other readings, (n,) each."""
    pain, time, visit = ds.pain.values, ds.time.values, 24.0 * history.visit_d
    nothing = np.full(len(pain), np.nan)
    readings = dict.fromkeys(("first", "start", "after", "growth", "overdue"), nothing)
    readings |= {
        "before": pain[:, 0],
        "now": pain[:, last_day].mean(axis=1),
        "halvings": -np.log2(ds.pain_tolerance.values[:, last_day].mean(axis=1)),
        "test_dose": pain[:, time == visit + 3.0][:, 0] - pain[:, time == visit][:, 0],
        "excess": ds.cyclic_amp_excess.values[:, last_day].max(axis=1),
    }
    if not history.steps:
        return readings
    ones = np.ones(len(pain))
    readings["first"] = _mean(pain, time, 48.0, 168.0)
    readings["growth"] = ones * np.log2(history.steps[-1][1] / history.steps[0][1])
    interval = WAYS[history.way].interval_h
    since = interval / 2 if history.stop_d is None else visit - 24.0 * history.stop_d + interval
    readings["overdue"] = ones * np.log2(1.0 + since / interval)
    start = 24.0 * history.steps[-1][0]
    if not history.stopped:
        readings["after"] = _after_step(pain, time, visit)
        if visit - start >= 336.0:
            readings["start"] = _mean(pain, time, start + 48.0, start + 168.0)
    pairs = list(zip(history.steps, history.steps[1:], strict=False))
    for i, ((_, less), (day, more)) in enumerate(pairs):
        before = _mean(pain, time, 24.0 * day - 96.0, 24.0 * day)
        after = _mean(pain, time, 24.0 * day + 72.0, 24.0 * day + 168.0)
        if 24.0 * day + 168.0 <= visit:
            readings[f"step_{i}"] = after - before
            readings[f"doublings_{i}"] = ones * np.log2(more / less)
    return readings


@lru_cache(maxsize=1)
def _body() -> tuple[Mechanism, dict[str, float]]:
    """Return the mechanism of pain, and every parameter that is the same in all subjects."""
    shipped = next(iter(VARIANTS.values()))
    declared = {
        parameter.symbol: shipped.parameters.get(
            f"{mechanism.name}.{parameter.symbol}", parameter.value
        )
        for mechanism in shipped.mechanisms
        for parameter in mechanism.parameters
    }
    return next(
        mechanism for mechanism in shipped.mechanisms if mechanism.name == "nociception"
    ), declared


def _pain(values: Mapping[str, Any], changes: Mapping[str, Any]) -> Array:
    """Return pain by the model's own equations, with some of its symbols replaced."""
    known = {**values, **changes}
    for output in _body()[0].outputs:
        if output.symbol in ("E", "Y", "pain") and output.symbol not in changes:
            needed = inspect.signature(output.equation).parameters
            # a drive that no patient receives is 0
            known[output.symbol] = output.equation(*(known.get(name, 0.0) for name in needed))
    return np.asarray(known["pain"])


def _costs(ds: xr.Dataset) -> dict[str, Array]:
    """Return the cost of each process at every time, points of pain, (n, t).

    Without tolerance the receptors of the surface and the gain from agonism to analgesia are
    naive; without hyperalgesia sensitisation is 0; without withdrawal cyclic AMP excites nothing.
    """
    values: dict[str, Any] = dict(_body()[1])
    for name, variable in ds.data_vars.items():
        if "time" in variable.dims:
            values[str(variable.attrs.get("symbol", name))] = variable.values
    values["p0"] = values["pain"][:, :1]
    pain = ds.pain.values
    if not np.allclose(_pain(values, {}), pain, rtol=1e-9, atol=1e-9):
        raise RuntimeError("pain recomputed from the outputs differs from the result")
    naive = {"g_E": values["g_E"][:, :1], "a_s": values["a_s"] / values["R_s"]}
    return {
        "tolerance": pain - _pain(values, naive),
        "hyperalgesia": pain - _pain(values, {"Z_s": 0.0}),
        "withdrawal": pain - _pain(values, {"S_w": 0.0}),
    }
