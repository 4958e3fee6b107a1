"""From the start of a process to the first result: with nothing compiled, then with a cache.

    python -m benchmarks.cold_start      writes benchmarks/results/cold_start.json

The work is the shipped model with its typical subject over 90 days, outputs every 6 h, twice:
without drug, and with an invented drug of one compartment every 12 h. Each number is the median of
several fresh processes; each empty cache is a new folder.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from typing import Any


def _first_result(begin: float) -> dict[str, float]:
    """Do the work in this process; return the end of each phase, s since ``begin``."""
    marks = {"python": time.time() - begin}
    import numpy as np

    from oihsim.engine.compiled_model import Model, Weights
    from oihsim.engine.solver import BOLUS, Schedule
    from oihsim.kinetics.propagation import modes

    marks["import"] = time.time() - begin
    model = Model.named()
    marks["link"] = time.time() - begin
    hours = np.arange(0.0, 90 * 24.0 + 1.0, 6.0)
    typical = model.typical(1)

    def without() -> float:
        return float(model.run(typical, hours).y[0, -1, 0])

    def with_drug() -> float:
        # made up: 100 L, half-life about 4 h, 1 nM at the target counts as much as KD = 10 nM says
        unit = np.ones((1, 1, 1))
        kinetics = modes(-0.17 * unit, unit, 0.01 * unit, 0.01 * unit)
        drives = ("total_mor_drive", "total_mor_stimulus", "total_mor_stimulus_arrestin")
        weights = Weights(
            np.array([model.drives.index(drive) for drive in drives]),
            np.zeros(3, dtype=np.int64),
            np.array([[0.1, 0.05, 0.05]]),
        )
        times = np.arange(0.0, 90 * 24.0, 12.0)
        kinds = np.zeros(len(times), dtype=np.int64)
        schedule = Schedule(
            np.array([0, len(times)]), times, kinds + BOLUS, kinds, np.full(len(times), 1000.0)
        )
        return float(model.run(typical, hours, schedule, kinetics, weights).y[0, -1, 0])

    without()
    marks["first result"] = time.time() - begin
    with_drug()
    marks["both results"] = time.time() - begin
    without(), with_drug()
    marks["both again"] = time.time() - begin
    return marks


def _child(what: str, cache: str) -> dict[str, float]:
    """Run one fresh process; return the ends of its phases, s since its start."""
    environment = {**os.environ, "OIHSIM_CACHE": cache}
    begin = time.time()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.cold_start", "--child", what, repr(begin)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout) | {"end of process": time.time() - begin}


def measure(repetitions: int) -> dict[str, list[dict[str, float]]]:
    """Return the marks of every process, by kind."""
    kinds: dict[str, list[dict[str, float]]] = {
        "empty cache": [],
        "cached": [],
        "import oihsim": [],
    }
    for _ in range(repetitions):
        with tempfile.TemporaryDirectory() as cache:
            kinds["empty cache"].append(_child("result", cache))
            kinds["cached"].append(_child("result", cache))
            kinds["import oihsim"].append(_child("import", cache))
    return kinds


def report(kinds: dict[str, list[dict[str, float]]]) -> dict[str, Any]:
    """Print medians and return summaries of every mark."""
    from benchmarks.machine import summary

    summaries: dict[str, Any] = {}
    for kind, runs in kinds.items():
        summaries[kind] = {mark: summary([run[mark] for run in runs]) for mark in runs[0]}
        print(f"{kind}: seconds since the start of the process")
        for mark, values in summaries[kind].items():
            print(
                f"  {mark:16} {values['median']:7.2f}  "
                f"({values['least']:.2f}-{values['greatest']:.2f})"
            )
    return summaries


def main() -> None:
    """Measure, print and store; with ``--child`` be one of the processes measured."""
    parser = argparse.ArgumentParser(description="From process start to first result")
    parser.add_argument("--repetitions", type=int, default=3, help="processes of each kind, 3")
    parser.add_argument("--quick", action="store_true", help="nothing is stored")
    parser.add_argument("--child", nargs=2, metavar=("WHAT", "BEGIN"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        what, begin = options.child[0], float(options.child[1])
        if what == "result":
            print(json.dumps(_first_result(begin)))
        else:
            marks = {"python": time.time() - begin}
            import oihsim  # noqa: F401

            print(json.dumps(marks | {"import": time.time() - begin}))
        return
    from benchmarks.machine import commit, description, store

    before = description()
    kinds = measure(options.repetitions)
    summaries = report(kinds)
    if options.quick:
        return
    path = store(
        "cold_start",
        {"commit": commit(), "machine": before, "seconds_since_start": summaries,
         "processes": kinds},
    )  # fmt: skip
    print(f"written: benchmarks/results/{path.name}")


if __name__ == "__main__":
    main()
