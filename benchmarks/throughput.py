"""Subjects a second on OIH-15, the engine beside SciPy's LSODA, at equal achieved accuracy.

    python -m benchmarks.throughput                  writes benchmarks/results/throughput.json
    python -m benchmarks.throughput --accuracy 1e-8

Each solver first gets the loosest tolerance at which it meets the accuracy, at all 361 output
times, against a reference solved anew (and held against the stored one). Then all are timed in
turn, several times over, so that whatever else the machine does meets all of them; a ratio is
taken within one turn. heyoka joins where it can be imported.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import oih15_mechanisms as engine
from benchmarks.machine import PACKAGES, commit, description, store, summary
from benchmarks.problems import OIH15, Array, error
from benchmarks.stored_reference import stored

SIZES = (1, 10, 100)
LADDER = tuple(10.0 ** (-k / 2.0) for k in range(6, 25))
"""Requested tolerances that are tried, loosest first: 1e-3 to 1e-12 by half decades."""

SHORTEST = 0.2
"""A measurement repeats its work until it has lasted this long, s."""


@dataclass(frozen=True)
class Solver:
    """One contender.

    Attributes
    ----------
    prepare : ``(n, rtol) -> work``; ``work()`` solves the first ``n`` subjects
    states : ``rtol -> (4, 361, 15)`` for the accuracy
    most : subjects that are really solved for a larger ``n``; the time is scaled up
    """

    name: str
    prepare: Callable[[int, float], Callable[[], Any]]
    states: Callable[[float], Array]
    most: int = max(SIZES)


def _engine(threads: int | None) -> Solver:
    def prepare(n: int, rtol: float) -> Callable[[], Any]:
        chosen = engine.case(n)
        return lambda: engine.run(chosen, rtol, threads)

    def states(rtol: float) -> Array:
        chosen = engine.case(4, every_state=True)
        return engine.all_states(engine.run(chosen, rtol))

    return Solver(f"oihsim, {'one thread' if threads == 1 else 'all cores'}", prepare, states)


def _scipy(name: str, method: str) -> Solver:
    def each(n: int, rtol: float) -> Array:
        # the reach of the tolerance to zero is that of the problem's error measure
        options = {"rtol": rtol, "atol": 1e-3 * rtol, "restart_at_outputs": False}
        return np.stack([OIH15.solve(p, method=method, **options) for p in OIH15.population(n)])

    return Solver(
        f"SciPy {name}, numba rhs",
        lambda n, rtol: lambda: each(n, rtol),
        lambda rtol: each(4, rtol),
        most=4,
    )


def solvers() -> list[Solver]:
    """Return the contenders: the engine, SciPy's LSODA, and heyoka where it is installed."""
    found = [
        _engine(1),
        _engine(None),
        _scipy("solve_ivp LSODA", "LSODA"),
        _scipy("odeint (LSODA)", "odeint"),
    ]
    try:
        from benchmarks.rival_heyoka import solve
    except ImportError:
        return found
    for lanes, words in ((1, "one subject at a time"), (8, "eight at a time")):
        found.append(
            Solver(
                f"heyoka, {words}",
                lambda n, rtol, lanes=lanes: lambda: solve(OIH15.population(n), rtol, lanes),
                lambda rtol, lanes=lanes: solve(OIH15.population(4), rtol, lanes),
                most=10 if lanes == 1 else 100,
            )
        )
    return found


def tolerance(solver: Solver, accuracy: float, reference: Array) -> tuple[float, float]:
    """Return the loosest tolerance that meets the accuracy, and the error achieved.

    ``reference`` is (4, 361, 15): an error at every output time counts.

    Raises
    ------
    RuntimeError : none on the ladder does
    """
    for rtol in LADDER:
        achieved = error(solver.states(rtol), reference)
        if achieved <= accuracy:
            return rtol, achieved
    raise RuntimeError(f"{solver.name} does not reach {accuracy:g}")


def seconds(work: Callable[[], Any]) -> float:
    """Return the time of one call, averaged over as many as fill the shortest measurement."""
    begin, calls = time.perf_counter(), 0
    while calls == 0 or time.perf_counter() - begin < SHORTEST:
        work()
        calls += 1
    return (time.perf_counter() - begin) / calls


def measure(
    chosen: list[tuple[Solver, float]], sizes: tuple[int, ...], repetitions: int
) -> list[dict[str, Any]]:
    """Time every solver at every size in turn; return one row for each pair."""
    jobs = []
    for solver, rtol in chosen:
        for n in sizes:
            work = solver.prepare(min(n, solver.most), rtol)
            work()  # compiled and warm
            jobs.append((solver, n, min(n, solver.most), work, []))
    for _ in range(repetitions):
        for _, n, solved, work, times in jobs:
            times.append(seconds(work) * n / solved)
    return [
        {"solver": solver.name, "subjects": n, "solved": solved, "seconds": times,
         "subjects_a_second": summary([n / t for t in times])}
        for solver, n, solved, _, times in jobs
    ]  # fmt: skip


def ratios(rows: list[dict[str, Any]], base: str) -> None:
    """Add to each row how many times faster than ``base`` it was, turn by turn."""
    times = {row["subjects"]: row["seconds"] for row in rows if row["solver"] == base}
    for row in rows:
        pairs = zip(times[row["subjects"]], row["seconds"], strict=True)
        row["times_as_fast"] = summary([other / own for other, own in pairs])


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description="Subjects a second on OIH-15")
    parser.add_argument("--accuracy", type=float, default=1e-6, help="achieved error, 1e-6")
    parser.add_argument("--repetitions", type=int, default=5, help="turns, 5")
    options = parser.parse_args()
    before = description((*PACKAGES, "heyoka"))
    chosen, accuracies = [], {}
    reference = OIH15.reference(4)
    apart = stored(OIH15).error(reference)
    if apart > 1e-9:
        raise SystemExit(f"the reference has moved from the stored one by {apart:.1e}")
    for solver in solvers():
        rtol, achieved = tolerance(solver, options.accuracy, reference)
        chosen.append((solver, rtol))
        accuracies[solver.name] = {"rtol": rtol, "achieved_error": achieved}
        print(f"{solver.name}: rtol {rtol:.1e} gives error {achieved:.1e}")
    rows = measure(chosen, SIZES, options.repetitions)
    ratios(rows, chosen[2][0].name)
    print(f"\n{'solver':34} {'n':>4} {'ms/subject':>10} {'subjects/s':>24} {'x LSODA':>22}")
    for row in rows:
        speed, ratio, n = row["subjects_a_second"], row["times_as_fast"], row["subjects"]
        print(
            f"{row['solver']:34} {n:4d} {1e3 / speed['median']:10.3f} "
            f"{speed['median']:8.1f} ({speed['least']:.1f}-{speed['greatest']:.1f})".ljust(76)
            + f"{ratio['median']:8.2f} ({ratio['least']:.2f}-{ratio['greatest']:.2f})"
        )
    path = store(
        "throughput",
        {
            "problem": OIH15.name, "accuracy": options.accuracy, "commit": commit(),
            "machine": before, "tolerances": accuracies, "ratios_to": chosen[2][0].name,
            "rows": rows,
        },
    )  # fmt: skip
    print(f"\nwritten: benchmarks/results/{path.name}")


if __name__ == "__main__":
    main()
