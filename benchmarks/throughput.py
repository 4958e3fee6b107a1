"""Throughput of the engine: subjects per second by number, threads and problem; work per step.

    python -m benchmarks.throughput                  writes benchmarks/results/throughput.json
    python -m benchmarks.throughput --quick          small numbers, nothing is stored

Each number of subjects has its own process, so that the largest memory belongs to it alone. Every
problem runs at the loosest tolerance that achieves the accuracy. Operations are those of one
right-hand side, a division or a power counted as one, times the number of right-hand sides: stages,
error estimates and kinetics are not counted, so that the fraction of the peak is a lower bound.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

import numpy as np

from benchmarks.contest import Entrant, Failed, entrants, single_core
from benchmarks.machine import commit, description, store
from benchmarks.peak import peak

SIZES = {
    "OIH-15": (1, 10, 100, 1000, 10_000),
    "OIH-15s": (1, 10, 100, 1000),
    "shipped": (1, 10, 100, 1000),
}
QUICK = {"OIH-15": (1, 100), "shipped": (1, 32)}
BUDGET, LIMIT = 10.0, 300.0


def work_done(problem: str, rtol: float) -> dict[str, float]:
    """Return the mean work per subject, and the operations of one right-hand side of the body."""
    from benchmarks.engine import runner
    from benchmarks.systems import system

    run = runner(system(problem, 16), rtol)()
    work = {
        "steps": float(run.steps.mean()), "rejected": float(run.rejected.mean()),
        "rhs_calls": float(run.rhs_calls.mean()), "flops": float(flops(problem)),
    }  # fmt: skip
    method = getattr(run, "method", None)
    return work if method is None else work | {"methods": sorted(map(str, np.unique(method)))}


def flops(problem: str) -> int:
    """Return the operations of one right-hand side of the engine: the body without kinetics.

    Examples
    --------
    >>> flops("OIH-15")
    52
    """
    from benchmarks import oih15_mechanisms, oih15s_mechanisms
    from benchmarks.shipped_model import body
    from benchmarks.tracing import Term, Trace, recorded_shapes
    from oihsim.engine.compiled_model import Model

    model = {"OIH-15": oih15_mechanisms.MODEL, "OIH-15s": oih15s_mechanisms.MODEL}.get(problem)
    model = model or Model.named()
    trace = Trace()
    y, p, u = (
        [Term(trace, f"{name}[{i}]", fixed=name == "p") for i in range(len(symbols))]
        for name, symbols in (("y", model.states), ("p", model.addresses), ("u", model.drives))
    )
    body(model)(y, p, u, recorded_shapes())
    return trace.flops()


def ns_per_right_hand_side(problem: str) -> float:
    """Return the time of a right-hand side of the explicit system, by numba, one subject, ns."""
    from numba import njit

    from benchmarks.compiled import compiled_rhs, source
    from benchmarks.systems import system

    chosen = system(problem, 16)
    rhs, y, values = compiled_rhs(source(chosen)), chosen.y0 + 0.1, chosen.subject_values[0]
    dy = np.empty_like(y)

    @njit
    def many(count, y, dy, values):  # type: ignore[no-untyped-def]
        for _ in range(count):
            rhs(0.0, y, dy, values)
            # each call depends on the one before, so that the compiler omits none
            y[0] += 1e-30 * dy[-1]

    many(1, y, dy, values)
    count, best = 200_000, float("inf")
    for _ in range(3):
        begin = time.thread_time()
        many(count, y, dy, values)
        best = min(best, time.thread_time() - begin)
    return 1e9 * best / count


def timed(problem: str, rtol: float, n: int, threads: int) -> dict[str, Any]:
    """Time one number of subjects in its own process."""
    cores = single_core()
    if threads == 2 and hasattr(os, "sched_getaffinity"):
        cores = tuple(sorted(os.sched_getaffinity(0))[-2:])
    entrant = Entrant("engine", "two threads" if threads == 2 else "one thread", problem, cores)
    row: dict[str, Any] = {"problem": problem, "subjects": n, "threads": threads}
    try:
        turn = entrant.ask(LIMIT, do="time", rtol=rtol, n=n, budget=BUDGET)
        row |= {
            "solved": int(turn["solved"]), "ms_per_subject": 1e3 * turn["wall"],
            "cpu_ms_per_subject": 1e3 * turn["cpu"], "subjects_a_second": 1.0 / turn["wall"],
            "megabytes": entrant.ask(LIMIT, do="memory")["megabytes"],
        }  # fmt: skip
    except Failed as failure:
        row["reason"] = str(failure)
    finally:
        entrant.close()
    return row


def per_unit(row: dict[str, Any], work: dict[str, float], top: float) -> dict[str, Any]:
    """Return the row with time per step and right-hand side, and the fraction of the peak."""
    if "cpu_ms_per_subject" not in row:
        return row
    seconds = 1e-3 * row["cpu_ms_per_subject"]
    rate = work["rhs_calls"] * work["flops"] / seconds / 1e9
    return row | {
        "us_per_step": 1e6 * seconds / (work["steps"] + work["rejected"]),
        "ns_per_rhs": 1e9 * seconds / work["rhs_calls"],
        "gigaflops": rate, "fraction_of_peak": rate / top,
    }  # fmt: skip


def measured(sizes: dict[str, tuple[int, ...]], accuracy: float) -> dict[str, Any]:
    """Return the content of the results file."""
    top = peak()
    problems: dict[str, Any] = {}
    rows: list[dict[str, Any]] = []
    for problem, counts in sizes.items():
        entrant = entrants("engine", problem, ("one thread",))[0]
        entrant.qualify(accuracy, LIMIT)
        entrant.close()
        if entrant.reason:
            problems[problem] = {"reason": entrant.reason}
            continue
        work = work_done(problem, entrant.rtol)
        problems[problem] = {
            "rtol": entrant.rtol, "error": entrant.error, **work,
            "ns_per_rhs_alone": ns_per_right_hand_side(problem),
        }  # fmt: skip
        for n in counts:
            for threads in (1, 2):
                row = per_unit(timed(problem, entrant.rtol, n, threads), work, max(top.values()))
                rows.append(row)
                print(text(row), flush=True)
    return {"accuracy": accuracy, "peak_gigaflops": top, "problems": problems, "rows": rows}


def text(row: dict[str, Any]) -> str:
    """Return a row as a line of text."""
    start = f"{row['problem']:8} n {row['subjects']:5d}, {row['threads']} threads: "
    if "reason" in row:
        return start + row["reason"]
    return (
        f"{start}{row['ms_per_subject']:9.3f} ms per subject, "
        f"{row['subjects_a_second']:8.1f} subjects per second, "
        f"{row['us_per_step']:6.2f} us per step, {row['ns_per_rhs']:6.1f} ns per right-hand side, "
        f"{row['megabytes']:5.0f} MB, {100 * row['fraction_of_peak']:.1f} % of the peak"
    )


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description="Throughput of the engine")
    parser.add_argument("--accuracy", type=float, default=1e-6, help="achieved error, 1e-6")
    parser.add_argument("--quick", action="store_true", help="small numbers, nothing stored")
    options = parser.parse_args()
    before = description()
    measurement = measured(QUICK if options.quick else SIZES, options.accuracy)
    if not options.quick:
        path = store("throughput", {"commit": commit(), "machine": before, **measurement})
        print(f"written: benchmarks/results/{path.name}")


if __name__ == "__main__":
    main()
