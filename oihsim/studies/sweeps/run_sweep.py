"""sweep: a scenario at many points, chunk by chunk, on this machine or on a Dask cluster."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oihsim.engine.queue import noticing_ctrl_c
from oihsim.engine.threads import engine_threads
from oihsim.studies.sweeps.chunk import Progress, jobs_of, probes, simulated
from oihsim.studies.sweeps.cluster import connected, on_cluster
from oihsim.studies.sweeps.estimate import LARGE, Estimate, estimate, seconds_a_run
from oihsim.studies.sweeps.local import add_up, on_this_machine
from oihsim.studies.sweeps.store import (
    Store,
    refuse_another,
    refuse_output,
    refuse_without_libraries,
)
from oihsim.studies.sweeps.sweep_file import read_sweep
from oihsim.studies.sweeps.sweep_plan import Sweep
from oihsim.studies.sweeps.template import template_of
from oihsim.studies.sweeps.tiles import Chunk, Tiling, tiling_of

if TYPE_CHECKING:
    import xarray as xr


def sweep(
    source: str | Path | Mapping[str, Any] | Sweep,
    output: str | Path | None = None,
    *,
    resume: bool = False,
    threads: int | None = None,
    scheduler: Any = None,
    progress: Progress | None = None,
    on_estimate: Callable[[Estimate], None] | None = None,
) -> xr.Dataset:
    """Simulate a scenario at many points, for many subjects and draws.

    Parameters
    ----------
    source : a sweep file, or a mapping with the keys of one
    output : a zarr store to write, which must not exist; without it the result is in memory
    resume : continue an existing store with the chunks that it lacks
    threads : of the engine on this machine; all cores by default
    scheduler : address of a Dask scheduler or a ``distributed.Client``; its workers must see
        ``output`` under the same path, and each of their threads runs one engine thread
    progress : called with the finished runs and all runs that remained at the start; a run is
        one subject in one arm
    on_estimate : called once with the estimate of time, memory and disk, before the work begins

    Returns
    -------
    xarray.Dataset
        dims: the swept names for a grid, else ``point`` with them as coordinates; then
        ``scenario, draw, id, time``. A point that failed is NaN with its ``status`` and
        ``reason``. With ``output`` numbers are read from the store when they are used. After
        Ctrl-C the result has what is finished; the status of the rest says that it was not run

    Raises
    ------
    InputError : the sweep has problems, all of which are named; ``output`` exists, or is the store
        of another sweep, model or version

    Examples
    --------
    >>> import oihsim
    >>> ds = oihsim.sweep({
    ...     "scenario": "morphine_month", "changes": {"duration": "2 d"}, "subjects": 2,
    ...     "vary": {"k_on": {"of": "nmda.k_on", "values": ["0.005 1/h", "0.02 1/h"]}},
    ... })
    >>> ds["tolerance_last"].dims, ds["k_on"].attrs["units"]
    (('k_on', 'scenario', 'draw', 'id'), '1/h')
    """
    refuse_without_libraries()
    checked = read_sweep(source)
    if output is None:
        with tempfile.TemporaryDirectory(prefix="oihsim-sweep-") as folder:
            path = Path(folder) / "sweep.zarr"
            return _swept(checked, path, False, threads, scheduler, progress, on_estimate).load()
    refuse_output(Path(output), resume)
    return _swept(checked, Path(output), resume, threads, scheduler, progress, on_estimate)


def _swept(
    sweep: Sweep, path: Path, resume: bool, threads: int | None, scheduler: Any,
    progress: Progress | None, on_estimate: Callable[[Estimate], None] | None,
) -> xr.Dataset:  # fmt: skip
    """Run a sweep in a store at ``path``."""
    with noticing_ctrl_c() as pressed, connected(scheduler) as client:
        workers = sum(client.nthreads().values()) if client else engine_threads(threads)
        store = _store(sweep, path, threads)
        done = set(store.finished()) if resume else set()
        remaining = [chunk for chunk in store.tiling if chunk.number not in done]
        runs = {chunk.number: _runs(sweep, chunk) for chunk in remaining}
        total, counted = sum(runs.values()), 0
        if on_estimate and remaining:
            on_estimate(_estimate(store, remaining, total, max(workers, 1), bool(client)))

        def report(inside: int) -> None:
            if progress:
                progress(counted + inside, total)

        finished = (
            on_cluster(client, store, remaining)
            if client
            else on_this_machine(store, remaining, workers, report)
        )
        try:
            # no status shows a key pressed while a few subjects were timed
            for number in () if pressed.is_set() else finished:
                counted += runs[number]
                done.add(number)
                report(0)
        except KeyboardInterrupt:
            # what is written stays, and can be resumed
            finished.close()
    add_up(store, done)
    return store.result()


def forecast(
    source: str | Path | Mapping[str, Any] | Sweep, threads: int | None = None
) -> Estimate:
    """Return the time, memory and disk that a sweep would take, from a few simulated subjects.

    Raises
    ------
    InputError : the sweep has problems, all of which are named
    """
    refuse_without_libraries()
    checked = read_sweep(source)
    workers = engine_threads(threads)
    tiling, template = _planned(checked, threads)
    rate = seconds_a_run(checked, jobs_of(tiling.chunk(0)), workers) * workers
    sizes = tiling, template.nbytes
    return estimate(checked, *sizes, checked.total, tiling.number, rate, workers)


def _store(sweep: Sweep, path: Path, threads: int | None) -> Store:
    """Return the store of a sweep, made if it is not there yet."""
    if path.exists():
        store = Store(path)
        refuse_another(store, sweep)
        return store
    return Store.create(path, sweep, *_planned(sweep, threads))


def _planned(sweep: Sweep, threads: int | None) -> tuple[Tiling, xr.Dataset]:
    """Return the tiling and the template of a sweep, from one subject at its probes."""
    probe = simulated(sweep, probes(sweep), (0, 1), threads=threads)
    if probe.interrupted:
        raise KeyboardInterrupt
    tiling = tiling_of(sweep)
    return tiling, template_of(sweep, tiling, probe.with_summaries)


def _runs(sweep: Sweep, chunk: Chunk) -> int:
    spans = (*chunk.points, chunk.draws, chunk.subjects)
    runs = len(sweep.arms)
    for first, last in spans:
        runs *= last - first
    return runs


def _estimate(
    store: Store, remaining: list[Chunk], runs: int, workers: int, elsewhere: bool
) -> Estimate:
    rate = math.nan
    if runs >= LARGE:
        threads = 1 if elsewhere else workers
        # seconds of one thread: those of several threads together, times their number
        rate = seconds_a_run(store.sweep, jobs_of(remaining[0]), threads) * threads
    sizes = store.tiling, store.size
    return estimate(store.sweep, *sizes, runs, len(remaining), rate, workers)
