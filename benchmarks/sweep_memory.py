"""Peak memory of sweeps of ten thousand to a million runs, each of a subject for seven days.

    python -m benchmarks.sweep_memory                   writes benchmarks/results/sweep_memory.json
    python -m benchmarks.sweep_memory --runs 10000      one size, printed only

Each size has its own process, so that the peak belongs to it alone. The sweep is
``morphine_month`` cut to seven days (two arms, outputs every 6 h) at ten values of one rate, with
the summaries of four variables and the endpoints of every subject. A size counts subjects times
points times arms.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import commit, description, peak_megabytes, store

SIZES = (10_000, 100_000, 1_000_000)
POINTS, ARMS = 10, 2


def sweep_of(runs: int) -> dict[str, Any]:
    """Return a sweep with a number of runs, each of one subject in one arm."""
    rate = {"of": "nmda.k_on", "from": "0.005 1/h", "to": "0.02 1/h", "number": POINTS}
    return {
        "scenario": "morphine_month",
        "changes": {"duration": "7 d", "output_every": "6 h"},
        "vary": {"k_on": rate},
        "subjects": runs // (POINTS * ARMS),
        "keep": "summaries",
        "above": {"pain": 4},
    }


def measure(runs: int, threads: int | None) -> dict[str, Any]:
    """Run one size in this process; return time, memory and disk."""
    import oihsim

    estimates: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sweep.zarr"
        begin = time.perf_counter()
        ds = oihsim.sweep(
            sweep_of(runs), path, threads=threads,
            on_estimate=lambda estimate: estimates.append(str(estimate)),
            progress=_reporter(time.monotonic()),
        )  # fmt: skip
        seconds = time.perf_counter() - begin
        failed = int((ds["status"] != 0).sum())
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return {
        "runs": runs, "seconds": round(seconds, 1), "failed": failed,
        "peak_megabytes": round(peak_megabytes(), 1), "store_megabytes": round(size / 1e6, 1),
        "estimate": estimates[0],
    }  # fmt: skip


def _reporter(begin: float) -> Any:
    """Return a callback that prints the progress of the sweep every minute."""
    last = [begin]

    def progress(done: int, total: int) -> None:
        now = time.monotonic()
        if now - last[0] > 60.0:
            last[0] = now
            sys.stderr.write(f"{done:,} of {total:,}, {done / (now - begin):,.0f} per second\n")

    return progress


def main() -> None:
    """Measure one size in this process, or every size in its own process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=0, help="one size, in this process")
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="leave out larger sizes")
    parser.add_argument("--threads", type=int, default=0)
    chosen = parser.parse_args()
    if chosen.runs:
        sys.stdout.write(json.dumps(measure(chosen.runs, chosen.threads or None)) + "\n")
        return
    measurements = []
    for runs in (size for size in SIZES if size <= chosen.largest):
        words = ["--runs", str(runs), "--threads", str(chosen.threads)]
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.sweep_memory", *words],
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        measurements.append(json.loads(done.stdout))
        sys.stdout.write(f"{measurements[-1]}\n")
    packages = ("oihsim", "numpy", "numba", "xarray", "zarr", "dask")
    machine = description(packages)
    store("sweep_memory", {"commit": commit(), "machine": machine, "sizes": measurements})


if __name__ == "__main__":
    main()
