"""One contender in a process of its own, asked line by line in JSON by :mod:`benchmarks.contest`.

A crash, an endless loop or a large memory is then that contender's alone. The process keeps to the
cores it is told, and does nothing while another has its turn.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.accuracy import CHECKED, achieved, contender
from benchmarks.machine import peak_megabytes
from benchmarks.systems import system

SHORTEST = 0.1
"""A measurement repeats its work until it has lasted this long, s."""

LARGEST = 1000
"""Subjects of the population from which a size takes its first ones."""


FEW = 4
"""Subjects from whom the time of all is foreseen."""


class Worker:
    """What the process knows of its contender."""

    def __init__(self, contender_name: str, setting: str, problem: str) -> None:
        self.name, self.setting, self.problem = contender_name, setting, problem
        self.works: dict[tuple[float, int], Callable[[], Any]] = {}

    def work(self, rtol: float, n: int) -> Callable[[], Any]:
        """Return warm work for the first ``n`` subjects."""
        if (rtol, n) not in self.works:
            # the same columns vary whatever the size: literals are no advantage of one subject
            whole = system(self.problem, max(n, 16)).first(n)
            prepared = contender(self.name).prepare(whole, self.setting, rtol)
            prepared()
            self.works[rtol, n] = prepared
        return self.works[rtol, n]

    def time(self, rtol: float, n: int, budget: float) -> dict[str, float]:
        """Return seconds per subject; the first subjects only where all would exceed the budget.

        The budget is of the processor: other work on the machine must not make a problem smaller.
        """
        together = getattr(contender(self.name), "TOGETHER", 1)
        few = max(together, FEW)
        if n > few:
            each = self._seconds(self.work(rtol, few))[1] / few
            n = min(n, max(few, int(budget / each) // together * together))
        wall, cpu, calls = self._seconds(self.work(rtol, n))
        return {"wall": wall / n, "cpu": cpu / n, "solved": n, "calls": calls}

    def _seconds(self, work: Callable[[], Any]) -> tuple[float, float, int]:
        calls, wall, cpu = 0, time.perf_counter(), time.process_time()
        while calls == 0 or time.perf_counter() - wall < SHORTEST:
            work()
            calls += 1
        return (time.perf_counter() - wall) / calls, (time.process_time() - cpu) / calls, calls

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked for."""
        if request["do"] == "accuracy":
            subjects = request.get("subjects", CHECKED)
            found = achieved(self.name, self.setting, self.problem, request["rtol"], subjects)
            return {"error": found}
        if request["do"] == "time":
            return self.time(request["rtol"], request["n"], request["budget"])
        if request["do"] == "memory":
            return {"megabytes": peak_megabytes()}
        # "first": everything from the start of the process to one subject solved
        self.work(request["rtol"], 1)
        return {}


def main() -> None:
    """Answer until standard input ends; what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    name, setting, problem, cores = sys.argv[1:]
    if hasattr(os, "sched_setaffinity") and cores:
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    worker = Worker(name, setting, problem)
    for line in sys.stdin:
        try:
            found = worker.answer(json.loads(line))
        except Exception as error:  # whatever a rival raises is its reason
            found = {"reason": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(found) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
