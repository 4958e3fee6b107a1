"""Contenders in processes of their own: asked with a time limit, timed in turn.

A contender that is not installed, crashes, gives up or takes too long is a row with a reason.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from benchmarks.accuracy import CHECKED, LADDER, reference
from benchmarks.machine import ROOT, summary


class Failed(Exception):
    """A contender did not answer; the text is the reason."""


@dataclass
class Entrant:
    """One contender with one setting on one problem.

    Attributes
    ----------
    cores : processors its process keeps to
    reason : why it is out, empty while it takes part
    checked : subjects on whom the error is taken
    hint : tolerances looser than this are known to be of no use
    rtol, error : the loosest tolerance that gives the accuracy, and the error achieved
    first : s from the start of its process to one subject solved
    turns : what each turn measured
    """

    name: str
    setting: str
    problem: str
    cores: tuple[int, ...]
    reason: str = ""
    checked: int = CHECKED
    hint: float = 1.0
    rtol: float = 0.0
    error: float = float("nan")
    first: float = float("nan")
    megabytes: float = float("nan")
    turns: list[dict[str, float]] = field(default_factory=list)
    _process: subprocess.Popen[str] | None = None
    _last_message: Any = None

    @property
    def label(self) -> str:
        """Name and setting."""
        return f"{'oihsim' if self.name == 'engine' else self.name}, {self.setting}"

    def start(self) -> None:
        """Start the process."""
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed with the process)
        words = [self.name, self.setting, self.problem, ",".join(map(str, self.cores))]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", *words], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said,
        )  # fmt: skip

    def ask(self, limit: float, **request: Any) -> dict[str, Any]:
        """Return the answer.

        Raises
        ------
        Failed : a reason instead, no answer within ``limit`` seconds, or the process ended
        """
        if self._process is None:
            self.start()
        process = self._process
        assert process is not None
        try:
            process.stdin.write(json.dumps(request) + "\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
        except BrokenPipeError:
            raise Failed(self._end()) from None
        ready, _, _ = select.select([process.stdout], [], [], limit)
        line = process.stdout.readline() if ready else ""  # type: ignore[union-attr]
        if not line:
            raise Failed(self._end() if ready else f"no answer within {limit:g} s")
        answer = json.loads(line)
        if "reason" in answer:
            raise Failed(answer["reason"])
        return answer

    def _end(self) -> str:
        code = self._process.wait() if self._process else 0
        self._said.seek(0)
        lines = self._said.read().strip().splitlines() or ["nothing said"]
        return f"the process ended with {code}: {lines[-1]}"

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout, self._said):
                # what was still to be written to a dead process is lost, and may be
                with suppress(OSError):
                    stream.close()  # type: ignore[union-attr]
            self._process = None

    def fail(self, reason: object) -> None:
        """Take no further part."""
        self.reason = " ".join(str(reason).split())[:300]
        self.close()

    def qualify(self, accuracy: float, limit: float) -> None:
        """Find the loosest tolerance of the ladder that gives the accuracy."""
        best = float("inf")
        end = time.monotonic() + limit
        reason = ""
        for rtol in (rtol for rtol in LADDER if rtol <= 1.001 * self.hint):
            remaining = max(end - time.monotonic(), 1.0)
            try:
                error = self.ask(remaining, do="accuracy", rtol=rtol, subjects=self.checked)[
                    "error"
                ]
            except Failed as failure:
                # too loose a tolerance may make a method give up; a dead process is the end
                reason = str(failure)
                if reason.startswith(("ModuleNotFoundError", "ImportError")):
                    self.fail(reason)
                    return
                gone = self._process is None or self._process.poll() is not None
                if gone or reason.startswith("no answer"):
                    break
                continue
            best = min(best, error)
            if error <= accuracy:
                self.rtol, self.error = rtol, error
                return
            if time.monotonic() > end:
                reason = f"not reached within {limit:g} s"
                break
        outcome = f"the least error is {best:.1e}" if best < float("inf") else "no run ended well"
        self.fail(f"{accuracy:g} not reached: {outcome}{'; ' if reason else ''}{reason}")

    def turn(self, n: int, budget: float, limit: float) -> None:
        """Be timed once."""
        try:
            self.turns.append(self.ask(limit, do="time", rtol=self.rtol, n=n, budget=budget))
        except Failed as failure:
            self.fail(failure)

    def row(self) -> dict[str, Any]:
        """Return what the results file holds."""
        known: dict[str, Any] = {
            "contender": self.label, "problem": self.problem, "reason": self.reason,
        }  # fmt: skip
        if self.turns and not self.reason:
            known |= {
                "rtol": self.rtol,
                "error": self.error,
                "ms_per_subject": summary([1e3 * turn["wall"] for turn in self.turns]),
                "cpu_ms_per_subject": summary([1e3 * turn["cpu"] for turn in self.turns]),
                "solved": int(self.turns[-1]["solved"]),
                "first_answer_s": self.first,
                "megabytes": self.megabytes,
            }
        return known


def single_core() -> tuple[int, ...]:
    """Return the last of the processors this process may use: the system uses the first most."""
    if hasattr(os, "sched_getaffinity"):
        return (max(os.sched_getaffinity(0)),)
    return ()


def entrants(
    name: str, problem: str, settings: Sequence[str] = (), cores: tuple[int, ...] | None = None
) -> list[Entrant]:
    """Return a contender with each of its settings, or one row with the reason of its absence."""
    cores = single_core() if cores is None else cores
    if not settings:
        code = (
            "import json, sys; from benchmarks.accuracy import contender, checked_system; "
            f"print(json.dumps(contender({name!r}).settings(checked_system({problem!r}))))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
            return [Entrant(name, "any setting", problem, cores, reason=lines[-1])]
        settings = json.loads(done.stdout.splitlines()[-1])
    return [Entrant(name, setting, problem, cores) for setting in settings]


def contend(
    chosen: Sequence[Entrant],
    n: int,
    *,
    accuracy: float = 1e-6,
    turns: int = 5,
    budget: float = 3.0,
    limit: float = 120.0,
) -> None:
    """Let every entrant qualify, then time all of them in turn.

    Parameters
    ----------
    n : subjects
    accuracy : achieved error that each must reach
    budget : s of the processor that one turn of one entrant should take at most; fewer subjects
        are solved then
    limit : s after which an entrant is out
    """
    for problem, checked in {
        (entrant.problem, entrant.checked) for entrant in chosen if not entrant.reason
    }:
        # solved here, so that nobody's time runs out on it
        reference(problem, checked)
    for entrant in chosen:
        if entrant.reason:
            continue
        begin = time.perf_counter()
        entrant.qualify(accuracy, limit)
        outcome = entrant.reason or f"rtol {entrant.rtol:.0e}, error {entrant.error:.1e}"
        _say(f"{entrant.label}: {outcome} ({time.perf_counter() - begin:.0f} s)")
    for turn in range(turns):
        _say(f"turn {turn + 1} of {turns}, {n} subjects")
        for entrant in chosen:
            if not entrant.reason:
                entrant.turn(n, budget, limit)
    for entrant in chosen:
        if entrant.reason:
            continue
        try:
            entrant.megabytes = entrant.ask(limit, do="memory")["megabytes"]
            rtol = entrant.rtol
            entrant.close()
            begin = time.perf_counter()
            entrant.ask(limit, do="first", rtol=rtol)
            entrant.first = time.perf_counter() - begin
        except Failed as failure:
            entrant.fail(failure)
        entrant.close()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def ratios(first: Entrant, second: Entrant, clock: str = "wall") -> dict[str, float]:
    """Return how many times as fast ``first`` was as ``second``, turn by turn.

    ``clock`` is ``"wall"``, or ``"cpu"`` for the time of the processor, which other work on the
    machine disturbs less.
    """
    pairs = zip(first.turns, second.turns, strict=True)
    return summary([theirs[clock] / ours[clock] for ours, theirs in pairs])


def by_least(first: Entrant, second: Entrant) -> float:
    """Return how many times as fast by the least processor time of each.

    Other work on the machine only ever makes a time longer.
    """
    ours, theirs = (min(turn["cpu"] for turn in entrant.turns) for entrant in (first, second))
    return theirs / ours


def quickest(chosen: Sequence[Entrant]) -> Entrant | None:
    """Return the entrant with the least processor time of those that take part."""
    able = [entrant for entrant in chosen if entrant.turns and not entrant.reason]
    return min(able, key=lambda entrant: min(turn["cpu"] for turn in entrant.turns), default=None)
