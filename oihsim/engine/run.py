"""What a run returns, and how its subjects find their method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.driver import driver
from oihsim.engine.lanes.control import STIFF
from oihsim.engine.lanes.explicit_step import MANY
from oihsim.engine.lanes.kernel import METHODS
from oihsim.engine.memory import RunMemory
from oihsim.engine.queue import in_threads
from oihsim.engine.solver import INTERRUPTED, RuleArrays
from oihsim.engine.solver.rule_columns import columns_of
from oihsim.kinetics.propagation import Modes

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """What a run returns.

    Attributes
    ----------
    y : (n, t, s) states; outputs : (n, t, o) outputs; concentrations : (n, t, 2 l) nM, the
        effect sites and then the plasma
    sums : (n, t, k) what was accumulated since the output before, in the order of
        :func:`oihsim.engine.observable.accumulations`; integrals and hours, not yet means
    status : (n,) 0 where the subject reached the end, see :data:`oihsim.engine.solver.STATUS`
    reached : (n,) hours reached
    steps, rejected, rhs_calls : (n,) work
    given : doses that rules gave, one array ``(k, 5)`` per subject with columns time (h), option,
        labelled amount, rule that set it (-1: the line's start), block
    decisions : one array ``(v, 6 + q)`` per subject with columns time (h), block, rule that
        matched (-1: none), its action (-1: none), dose before and after, and the observed values
        (NaN where the block does not observe)
    method : (n,) row in :data:`oihsim.engine.lanes.kernel.METHODS`
    stopped : whether Ctrl-C came
    """

    y: Array
    outputs: Array
    concentrations: Array
    sums: Array
    status: NDArray[np.int64]
    reached: Array
    steps: NDArray[np.int64]
    rejected: NDArray[np.int64]
    rhs_calls: NDArray[np.int64]
    given: list[Array]
    decisions: list[Array]
    method: NDArray[np.int64]
    stopped: bool = False

    def subset(self, span: slice) -> Run:
        """Return what the run gave of some subjects."""
        of_subjects = {
            name: rows[span] for name, rows in vars(self).items() if not isinstance(rows, bool)
        }
        return replace(self, **of_subjects)

    @property
    def interrupted(self) -> bool:
        """Whether the run was stopped, be it when every subject was done."""
        return self.stopped or bool(np.any(self.status == INTERRUPTED))


def empty(
    states: int,
    outputs: int,
    n: int,
    times: Array,
    kinetics: Modes,
    rules: RuleArrays,
    sums: int = 0,
) -> dict[str, NDArray[Any]]:
    """Return room for the results of subjects, by their names in the tables; none was run.

    What takes most of it is not filled, so that each thread touches its own first.
    """
    t = len(times)
    return {
        "OUT_Y": np.empty((n, t, states)),
        "OUT_READ": np.empty((n, t, outputs)),
        "OUT_CONC": np.empty((n, t, kinetics.rows.shape[1])),
        "OUT_SUM": np.empty((n, t, sums)),
        "STATUS_OF": np.full(n, INTERRUPTED, dtype=np.int64),
        "REACHED": np.full(n, times[0]),
        "COUNTS": np.zeros((n, 3), dtype=np.int64),
        "METHOD": np.zeros(n, dtype=np.int64),
        "GIVEN": np.zeros((n, rules.doses, len(columns_of("G")))),
        "LOG": np.full((n, rules.decisions, len(columns_of("D")) + rules.reads.shape[1]), np.nan),
        "WRITTEN": np.zeros((n, 2), dtype=np.int64),
    }


def checked(results: dict[str, NDArray[Any]]) -> Run:
    """Return the results as a run, those of subjects that were not run without numbers."""
    y, outputs, conc = results["OUT_Y"], results["OUT_READ"], results["OUT_CONC"]
    sums = results["OUT_SUM"]
    status, counts, written = results["STATUS_OF"], results["COUNTS"], results["WRITTEN"]
    for values in (y, outputs, conc, sums):
        values[status == INTERRUPTED] = np.nan
    return Run(
        y, outputs, conc, sums, status, results["REACHED"],
        counts[:, 0], counts[:, 1], counts[:, 2],
        [results["GIVEN"][i, : written[i, 0]] for i in range(len(y))],
        [results["LOG"][i, : written[i, 1]] for i in range(len(y))], results["METHOD"],
    )  # fmt: skip


def by_method(
    method: str,
    run: Callable[[str, NDArray[np.int64], float], bool],
    results: dict[str, NDArray[Any]],
) -> bool:
    """Run every subject by a method, or by the one that suits it; return whether Ctrl-C came.

    ``auto`` begins with the explicit method, which gives up a subject that it finds stiff; the
    collocation takes those, and what it cannot solve goes back to the explicit method.
    """
    status, chosen = results["STATUS_OF"], results["METHOD"]
    everybody = np.arange(len(status))
    if method != "auto":
        chosen[:] = METHODS.index(method)
        return run(method, everybody, np.inf)
    interrupted = run("explicit", everybody, MANY)
    stiff = np.flatnonzero(status == STIFF)
    status[stiff] = INTERRUPTED
    chosen[stiff] = METHODS.index("collocation")
    if stiff.size and not interrupted:
        interrupted = run("collocation", stiff, np.inf)
        left = stiff[(status[stiff] != 0) & (status[stiff] != INTERRUPTED)]
        if left.size and not interrupted:
            chosen[left] = METHODS.index("explicit")
            interrupted = run("explicit", left, np.inf)
    return interrupted


def run_queue(
    memory: RunMemory, threads: int, progress: Callable[[int], None] | None, before: int
) -> bool:
    """Run the subjects of a queue, ``before`` of others being done; return whether Ctrl-C came."""
    run_subjects = driver()
    # a thread more would find no subject to seat
    threads = min(threads, -(-len(memory.queue) // memory.kernels.width))
    shared = memory.shared()

    def work() -> None:
        # the table keeps its arrays alive
        table = memory.table(shared)
        run_subjects(table.rows)

    def report(done: int) -> None:
        if progress:
            progress(before + done)

    return in_threads(work, threads, memory.places, report)
