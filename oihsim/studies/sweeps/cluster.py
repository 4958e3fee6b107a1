"""Chunks as tasks of a Dask cluster; each writes its own part of the store."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from oihsim.files.errors import InputError, Problem, SimulationError
from oihsim.studies.sweeps.local import write_chunk
from oihsim.studies.sweeps.store import Store
from oihsim.studies.sweeps.tiles import Chunk

WAITING = 4
"""Tasks that wait per thread of the cluster: few, so that no long sweep fills the scheduler."""

RETRIES = 3
"""How often a task is tried again after an error; Dask moves the tasks of a worker that died."""

TIMEOUT = "5s"
"""How long a scheduler has to answer."""


@contextmanager
def connected(scheduler: Any) -> Iterator[Any]:
    """Yield a client of a scheduler, None without one; a client made here is closed at the end.

    Raises
    ------
    InputError : nothing answers at the address
    """
    if scheduler is None:
        yield None
        return
    from distributed import Client

    if isinstance(scheduler, Client):
        yield scheduler
        return
    try:
        client = Client(scheduler, timeout=TIMEOUT)
    except (OSError, ValueError, TypeError) as error:
        actual = f"no answer ({type(error).__name__})"
        allowed = "the address of a Dask scheduler, such as tcp://10.0.0.1:8786"
        raise InputError([Problem("sweep", None, "scheduler", actual, allowed)]) from None
    with client:
        yield client


def on_cluster(client: Any, store: Store, chunks: Iterable[Chunk]) -> Generator[int, None, None]:
    """Simulate chunks on the threads of a cluster; yield each when it is written.

    Raises
    ------
    InputError : the workers do not see the store
    SimulationError : a chunk whose workers died again and again
    """
    from distributed import KilledWorker, as_completed

    path, threads = str(store.path.resolve()), sum(client.nthreads().values())
    waiting = iter(chunks)

    def submit(number: int) -> list[Any]:
        return [
            client.submit(
                _task, path, store.sweep.hash, chunk.number, retries=RETRIES, pure=False,
                key=f"oihsim-{store.sweep.hash[:12]}-{chunk.number}",
            )
            for chunk in islice(waiting, number)
        ]  # fmt: skip

    futures = as_completed(submit(WAITING * max(threads, 1)))
    try:
        for future in futures:
            try:
                yield future.result()
            except KilledWorker as error:
                raise SimulationError(f"the cluster gave up a chunk: {error}") from None
            for future in submit(1):
                futures.add(future)
    finally:
        client.cancel([future for future in futures.futures if not future.done()])


def _task(path: str, sweep_hash: str, number: int) -> int:
    """Simulate a chunk on a worker, with one engine thread: the worker has threads of its own."""
    store = _opened(path, sweep_hash)
    chunk = store.tiling.chunk(number)
    # a scheduler repeats what was on a worker that died, though it is written
    if not store.marked(chunk):
        write_chunk(store, chunk, threads=1)
    return number


@lru_cache(maxsize=4)
def _opened(path: str, sweep_hash: str) -> Store:
    """Return the store, opened once in each process of a worker.

    Raises
    ------
    InputError : this worker does not see the store, or the store is that of another sweep
    """
    there = Path(path).is_dir()
    store = Store(path) if there else None
    if store is None or store.sweep.hash != sweep_hash:
        actual = "another store" if there else "no store that a worker sees"
        raise InputError([Problem(path, None, "output", actual, "a folder shared by all machines")])
    return store
