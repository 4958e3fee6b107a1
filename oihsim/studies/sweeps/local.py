"""Chunks simulated and written one after the other on this machine."""

from __future__ import annotations

from collections.abc import Callable, Container, Generator, Iterable
from typing import TYPE_CHECKING

from oihsim.engine.queue import noticing_ctrl_c
from oihsim.studies.sweeps.chunk import Progress, folded, jobs_of, simulated
from oihsim.studies.sweeps.chunk_summaries import merged, packed, summed, unpacked
from oihsim.studies.sweeps.store import Folded, Store
from oihsim.studies.sweeps.sweep_plan import Sweep
from oihsim.studies.sweeps.tiles import Chunk

if TYPE_CHECKING:
    import xarray as xr


def on_this_machine(
    store: Store, chunks: Iterable[Chunk], threads: int, report: Callable[[int], None]
) -> Generator[int, None, None]:
    """Simulate chunks; yield the number of each when it is written.

    Parameters
    ----------
    threads : of the engine
    report : called with the finished runs of the present chunk
    """

    def inside(done: int, _: int) -> None:
        report(done)

    with noticing_ctrl_c() as pressed:
        for chunk in chunks:
            # no status shows a key pressed when every subject of a chunk was already at work
            if pressed.is_set() or not write_chunk(store, chunk, threads, inside):
                return
            yield chunk.number


def write_chunk(store: Store, chunk: Chunk, threads: int, progress: Progress | None = None) -> bool:
    """Simulate a chunk and write it; return whether it was finished."""
    sweep = store.sweep
    jobs = simulated(sweep, jobs_of(chunk), chunk.subjects, threads=threads, progress=progress)
    if jobs.interrupted:
        return False
    alone = store.tiling.blocks == 1
    values = in_store(sweep, chunk, jobs.with_summaries if alone else jobs.ds)
    store.write(chunk, values, b"" if alone or not jobs.sums else packed(jobs.sums))
    return True


def add_up(store: Store, finished: Container[int]) -> None:
    """Add up the summaries of the blocks of subjects, where all of them are finished.

    Parameters
    ----------
    finished : numbers of chunks
    """
    blocks = store.tiling.blocks
    if blocks == 1 or store.sweep.keep != "summaries":
        return
    for first in range(0, store.tiling.number, blocks):
        numbers = range(first, first + blocks)
        if all(number in finished for number in numbers):
            sums = merged(unpacked(store.sums(number)) for number in numbers)
            chunk = store.tiling.chunk(first)
            store.put(chunk, in_store(store.sweep, chunk, summed(sums)))


def in_store(sweep: Sweep, chunk: Chunk, ds: xr.Dataset) -> Folded:
    """Return the variables of a chunk with the dimensions of the store."""
    sizes = [last - first for first, last in chunk.points]
    return folded(ds, sweep.dims, sizes, chunk.draws[1] - chunk.draws[0])
