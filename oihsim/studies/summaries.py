"""Summaries of many subjects that need no memory for their trajectories.

A block of subjects is simulated, counted into a :class:`Summary` and discarded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import xarray as xr

from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.queue import noticing_ctrl_c
from oihsim.engine.solver import INTERRUPTED
from oihsim.files.errors import InputError, Problem, SimulationError
from oihsim.results.comparison import EndpointSpec
from oihsim.scenario import Scenario, load
from oihsim.simulation.recipe import recipe
from oihsim.simulation.simulate import Progress, simulate
from oihsim.studies.points.packing import array_bytes
from oihsim.studies.summary import QUANTILES, Summary, Thresholds

BLOCK_BYTES = 1.5e8
"""Bytes of the arrays of subjects that are simulated together."""


def summarise(
    scenario: Scenario | str,
    variables: Iterable[str] | None = None,
    quantiles: Sequence[float] = QUANTILES,
    *,
    endpoints: Iterable[EndpointSpec] | None = None,
    thresholds: Thresholds | None = None,
    block: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    on_failure: str = "keep",
) -> xr.Dataset:
    """Simulate the subjects of a scenario block by block and return their summary.

    Parameters
    ----------
    scenario : a Scenario, a path, or the name of a shipped scenario
    variables, quantiles, endpoints, thresholds : as for :meth:`Summary.of`
    block : subjects that are simulated together; by default as many as keep memory small. Counts,
        extremes and quantiles do not depend on it; means and standard deviations only by rounding
    threads, progress : as for :func:`oihsim.simulate`
    on_failure : ``"keep"`` counts subjects that fail and leaves them out; ``"raise"``

    Returns
    -------
    xarray.Dataset
        as of :meth:`Summary.dataset`, with the recipe of the whole scenario. After Ctrl-C it holds
        the finished subjects, and ``not_run`` counts the others

    Raises
    ------
    InputError : as for :meth:`Summary.of` and :func:`oihsim.simulate`
    SimulationError : a subject failed and ``on_failure`` is "raise"

    Examples
    --------
    >>> import oihsim
    >>> short = {"population.count": 5, "duration": "1 d"}
    >>> ds = summarise(oihsim.load("morphine_month").change(short), ["pain"], block=2)
    >>> ds["pain_mean"].dims, int(ds["subjects"].min())
    (('scenario', 'draw', 'time'), 5)
    """
    if on_failure not in ("raise", "keep"):
        problem = Problem("summarise", None, "on_failure", repr(on_failure), "'raise' or 'keep'")
        raise InputError([problem])
    checked = scenario if isinstance(scenario, Scenario) else load(scenario)
    drugs = {name: load_drug(name) for name in checked.drugs}
    model = Model.named(checked.model)
    size = block or max(
        1, int(BLOCK_BYTES * checked.count / array_bytes(checked, model, len(drugs)))
    )
    chosen: dict[str, Any] = {
        "variables": None if variables is None else list(variables), "quantiles": quantiles,
        "endpoints": None if endpoints is None else list(endpoints), "thresholds": thresholds,
    }  # fmt: skip
    total, done = _folded(checked, size, chosen, threads, progress, on_failure)
    summary = total.dataset()
    for name in ("subjects", "not_run"):
        # subjects of blocks that were not begun
        more = summary[name] + (checked.count - done)
        summary[name] = more.assign_attrs(summary[name].attrs)
    return summary.assign_attrs({**summary.attrs, **recipe(checked, model, drugs)})


def _folded(
    scenario: Scenario,
    size: int,
    chosen: Mapping[str, Any],
    threads: int | None,
    progress: Progress | None,
    on_failure: str,
) -> tuple[Summary, int]:
    """Return the summary of blocks of subjects until the last or Ctrl-C, and the subjects in it."""
    total: Summary | None = None
    done, arms = 0, len(scenario.arms)
    with noticing_ctrl_c() as pressed:
        for part in _parts(scenario, size):

            def report(finished: int, _: int, before: int = done * arms) -> None:
                if progress:
                    progress(before + finished, scenario.count * arms)

            try:
                ds = simulate(part, threads=threads, progress=report, on_failure="keep")
                if on_failure == "raise" and "failures" in ds.attrs:
                    raise SimulationError(ds.attrs["failures"])
                summary = Summary.of(ds, **chosen)
                merged = summary if total is None else total.merge(summary)
            except KeyboardInterrupt:
                if total is None:
                    raise
                break
            total = merged
            done += part.count
            # no status shows a key pressed when every subject of a block was already at work
            if pressed.is_set() or bool((ds["status"] == INTERRUPTED).any()):
                break
    assert total is not None
    return total, done


def _parts(scenario: Scenario, size: int) -> Iterator[Scenario]:
    """Yield the scenario with some of its subjects at a time."""
    if size >= scenario.count:
        yield scenario
        return
    for before in range(0, scenario.count, size):
        count = min(size, scenario.count - before)
        first = scenario.first + before
        yield scenario.change({"population.first": first, "population.count": count})
