"""Estimate of a sweep: its time from a small timed chunk, memory and disk from its sizes."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from oihsim.studies.points.simulate_points import BLOCK_BYTES
from oihsim.studies.sweeps.chunk import Job, simulated
from oihsim.studies.sweeps.sweep_plan import Sweep
from oihsim.studies.sweeps.tiles import Tiling, bytes_of_a_course

LARGE = 2000
"""Runs of one subject in one arm beyond which a sweep is timed before it begins."""

TIMED_S = 1.0
"""Seconds that a timing should take at least, so that it says something."""

BASE_BYTES = 3.3e8
"""Bytes of a process that has loaded the compiled model and the libraries; measured, see
``benchmarks/sweep_memory.py``."""

COPIES = 1.0
"""How often the trajectories of a chunk are held at once while it is worked on; measured."""

CHUNK_S = 0.1
"""Seconds that a chunk takes besides its runs: laying out, packing and writing (measured)."""


@dataclass(frozen=True)
class Estimate:
    """The remaining work of a sweep, with its time, memory and disk.

    Attributes
    ----------
    runs : remaining runs, each of one subject in one arm
    chunks : remaining
    seconds : NaN if nothing was timed
    workers : engine threads, over all machines
    memory : bytes that one process needs at most
    disk : bytes of the numbers of the whole store, before they are compressed
    """

    runs: int
    chunks: int
    seconds: float
    workers: int
    memory: float
    disk: float

    def __str__(self) -> str:
        """Return one line for a terminal."""
        chunks = "1 chunk" if self.chunks == 1 else f"{self.chunks:,} chunks"
        parts = [f"{self.runs:,} runs of one subject in one arm, in {chunks}"]
        if not math.isnan(self.seconds):
            rate = self.runs / self.seconds if self.seconds else math.inf
            threads = f"{self.workers} thread{'s' if self.workers > 1 else ''}"
            parts.append(f"about {_duration(self.seconds)} ({rate:,.0f} per second, {threads})")
        parts.append(f"memory about {_size(self.memory)} per process")
        parts.append(f"{_size(self.disk)} on disk before compression")
        return "sweep: " + "; ".join(parts)


def seconds_a_run(sweep: Sweep, jobs: list[Job], threads: int) -> float:
    """Return the time of one subject in one arm, by simulating a few.

    What is simulated is doubled until it takes long enough; the first time, which may compile and
    load, does not count.
    """
    count, points = min(sweep.subjects, 8 * threads), jobs[:1]
    simulated(sweep, points, (0, count), threads=threads)
    while True:
        start = time.perf_counter()
        simulated(sweep, points, (0, count), threads=threads)
        taken = time.perf_counter() - start
        runs = count * len(points) * len(sweep.arms)
        if taken >= TIMED_S or runs >= LARGE:
            return taken / runs
        if 2 * count <= sweep.subjects:
            count *= 2
        elif 2 * len(points) <= sweep.points:
            points = [(_place(sweep, number), 0) for number in range(2 * len(points))]
        else:
            return taken / runs


def _place(sweep: Sweep, number: int) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(number, sweep.shape)) if sweep.shape else ()


def estimate(
    sweep: Sweep, tiling: Tiling, size: int, runs: int, chunks: int, rate: float, workers: int
) -> Estimate:
    """Return the remaining work of a sweep, with its time, memory and disk.

    Parameters
    ----------
    tiling : of the store
    size : bytes of the whole store, before they are compressed
    runs, chunks : that remain
    rate : seconds of one run on one thread; NaN if nothing was timed
    workers : threads, over all machines
    """
    subjects = math.prod(tiling.tile) * len(sweep.arms)
    # points are simulated in blocks of that size, and only what the sweep keeps of a block stays
    courses = min(subjects * bytes_of_a_course(sweep), BLOCK_BYTES)
    result_bytes = size * math.prod(tiling.tile) / math.prod(tiling.sizes)
    memory = BASE_BYTES + COPIES * courses + result_bytes
    seconds = runs * rate / workers + CHUNK_S * chunks
    return Estimate(runs, chunks, seconds, workers, memory, float(size))


def _duration(seconds: float) -> str:
    """Return a duration in the unit that suits it.

    Examples
    --------
    >>> _duration(8.2), _duration(150.0), _duration(9000.0)
    ('8 s', '2.5 min', '2.5 h')
    """
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def _size(size: float) -> str:
    """Return bytes in the unit that suits them.

    Examples
    --------
    >>> _size(350e6), _size(2.5e9)
    ('350 MB', '2.5 GB')
    """
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{size / factor:.{0 if size >= 100 * factor else 1}f} {unit}"
    return f"{size / 1e3:.0f} kB"
