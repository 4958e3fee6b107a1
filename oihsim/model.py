"""Model: mechanisms linked and compiled. Arrays in, arrays out; the second public interface."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from oihsim.kinetics.drives import DRIVES
from oihsim.kinetics.propagation import Modes, together
from oihsim.linker import link
from oihsim.mechanism import Mechanism
from oihsim.neuroplasticity import VARIANTS
from oihsim.page import import_page
from oihsim.solver import (
    DECISION,
    GIVE,
    HOLD,
    INTERRUPTED,
    NOT_FINITE,
    RATE,
    RELEASE,
    RuleArrays,
    Schedule,
)

Array = NDArray[np.float64]

DEFAULT = next(iter(VARIANTS))
"""The shipped model."""


@dataclass(frozen=True)
class Weights:
    """How ligand concentrations add up to drives: a sparse matrix per subject.

    Attributes
    ----------
    drive, ligand : (k,) int64, row in the drives and row in the concentrations
    factor : (n, k) drive per nM
    """

    drive: NDArray[np.int64]
    ligand: NDArray[np.int64]
    factor: Array

    @classmethod
    def none(cls, n: int) -> Weights:
        """Return the weights of ``n`` subjects without drugs."""
        whole = np.zeros(0, dtype=np.int64)
        return cls(whole, whole, np.zeros((n, 0)))


@dataclass(frozen=True)
class Run:
    """What a run returns.

    Attributes
    ----------
    y : (n, t, s) states; readouts : (n, t, o) outputs; concentrations : (n, t, 2 l) nM, the
        effect sites and then the plasma
    status : (n,) 0 where the subject reached the end, see :data:`oihsim.solver.STATUS`
    reached : (n,) hours reached
    steps, rejected, rhs_calls : (n,) work
    given : doses that rules gave, one array ``(k, 5)`` per subject with columns time (h), option,
        labelled amount, rule that set it (-1: the line's start), block
    decisions : visits, one array ``(v, 6 + q)`` per subject with columns time (h), block, rule that
        matched (-1: none), its action (-1: none), dose before and after, and the observed values
        (NaN where the block does not observe)
    """

    y: Array
    readouts: Array
    concentrations: Array
    status: NDArray[np.int64]
    reached: Array
    steps: NDArray[np.int64]
    rejected: NDArray[np.int64]
    rhs_calls: NDArray[np.int64]
    given: list[Array]
    decisions: list[Array]

    @property
    def interrupted(self) -> bool:
        """Whether the run was stopped before every subject was done."""
        return bool(np.any(self.status == INTERRUPTED))


class Model:
    """Mechanisms joined into one compiled system.

    Parameters
    ----------
    mechanisms : any set that fits together by symbol
    name : shown in results

    Raises
    ------
    ModelError : the mechanisms do not fit

    Examples
    --------
    Without drug nothing moves:

    >>> model = Model.named()
    >>> run = model.run(model.typical(1), [0.0, 24.0])
    >>> bool((run.y[0, 1] == model.y0).all())
    True
    """

    def __init__(self, mechanisms: Sequence[Mechanism], name: str = "custom") -> None:
        self.name = name
        self.linked = link(mechanisms, DRIVES)
        self.states = tuple(state.symbol for state in self.linked.states)
        self.outputs = tuple(output.symbol for output in self.linked.outputs)
        self.drives = tuple(drive.symbol for drive in self.linked.drives)
        self.addresses = tuple(address for address, _ in self.linked.parameters)
        self.y0 = np.array([state.initial for state in self.linked.states])
        self.sizes = np.array([state.typical for state in self.linked.states])
        self.defaults = np.array([parameter.value for _, parameter in self.linked.parameters])

    @classmethod
    def named(cls, variant: str = DEFAULT) -> Model:
        """Return a shipped variant, with its own parameter values.

        Raises
        ------
        KeyError : no variant has that name

        Examples
        --------
        >>> Model.named("oih21").name
        'oih21'
        """
        chosen = VARIANTS[variant]
        model = cls(chosen.mechanisms, variant)
        for address, value in chosen.parameters.items():
            model.defaults[model.addresses.index(address)] = value
        return model

    @property
    def source(self) -> str:
        """The equations of the whole system on one page of Python."""
        return self.linked.equations_source

    @property
    def hash(self) -> str:
        """Hash of equations, solver and compiler version: what was computed, exactly."""
        return self.linked.hash

    @cached_property
    def page(self) -> ModuleType:
        """The compiled page; its ``rhs(y, p, u, dy)`` and ``readouts(y, p, u, out)`` are public."""
        return import_page(self.linked)

    def typical(self, n: int) -> Array:
        """Return the parameters of ``n`` typical subjects, (n, p)."""
        return np.tile(self.defaults, (n, 1))

    def run(
        self,
        P: Array,  # noqa: N803
        t: Sequence[float] | Array,
        schedule: Schedule | None = None,
        kinetics: Modes | None = None,
        weights: Weights | None = None,
        *,
        y0: Array | None = None,
        rtol: float = 1e-6,
        rules: RuleArrays | None = None,
        threads: int | None = None,
        progress: Callable[[int], None] | None = None,
        skip: bool = False,
    ) -> Run:
        """Advance every subject over the output times.

        Parameters
        ----------
        P : (n, p) parameters in the order of ``addresses``
        t : (t,) output times, hours, ascending; outputs come before the doses of their time
        schedule : doses, holds and visits; without it nothing happens
        kinetics, weights : the drugs; without them there are none
        y0 : (n, s) states at the start, the baseline by default
        rtol : error per step, relative to each state's declared typical size
        rules : the blocks of rules that visits judge
        threads : all cores by default
        progress : called with the number of subjects done
        skip : run nobody, and say so in the status (after an interruption)

        Returns
        -------
        Run

        Raises
        ------
        ValueError : shapes that do not fit each other, times that are not finite or do not ascend,
            a tolerance outside 1e-13 to 0.1
        """
        times = np.ascontiguousarray(t, dtype=float)
        P = np.ascontiguousarray(P, dtype=float)  # noqa: N806
        n = len(P)
        schedule = Schedule.empty(n) if schedule is None else schedule
        kinetics = together([], n) if kinetics is None else kinetics
        weights = Weights.none(n) if weights is None else weights
        start = np.array(np.tile(self.y0, (n, 1)) if y0 is None else y0, dtype=float)
        rules = RuleArrays.none(n) if rules is None else rules
        self._refuse(times, P, start, schedule, kinetics, weights, rules, rtol)
        results = (
            np.full((n, len(times), len(self.states)), np.nan),
            np.full((n, len(times), len(self.outputs)), np.nan),
            np.full((n, len(times), kinetics.rows.shape[1]), np.nan),
            np.full(n, INTERRUPTED, dtype=np.int64),
            np.full(n, times[0]),
            np.zeros((n, 3), dtype=np.int64),
            np.zeros((n, rules.doses, 5)),
            np.full((n, rules.visits, 6 + rules.reads.shape[1]), np.nan),
            np.zeros((n, 2), dtype=np.int64),
        )
        fixed = (
            times, start, self.y0, P, self.sizes, float(rtol), len(self.drives),
            (
                kinetics.rate, kinetics.chain, kinetics.degree, kinetics.bolus,
                kinetics.steady, kinetics.rows, kinetics.first_row, kinetics.last_row,
            ),
            (weights.drive, weights.ligand, weights.factor),
            (schedule.offset, schedule.time, schedule.kind, schedule.index, schedule.value),
            rules.shared, rules.own, rules.entries, results,
        )  # fmt: skip
        if not skip:
            _in_threads(lambda a, b: self.page.run_subjects(a, b, *fixed), n, threads, progress)
        y, readouts, conc, status, reached, counts, given, log, written = results
        # a read-out may be infinite (no dose reaches the test's effect), but never undefined
        undefined = (status == 0) & np.isnan(readouts).any(axis=(1, 2))
        status[undefined] = NOT_FINITE
        for values in (y, readouts, conc):
            values[undefined] = np.nan
        return Run(
            y, readouts, conc, status, reached, counts[:, 0], counts[:, 1], counts[:, 2],
            [given[i, : written[i, 0]] for i in range(n)],
            [log[i, : written[i, 1]] for i in range(n)],
        )  # fmt: skip

    def _refuse(
        self, times: Array, P: Array, y0: Array, schedule: Schedule, kinetics: Modes,  # noqa: N803
        weights: Weights, rules: RuleArrays, rtol: float,
    ) -> None:  # fmt: skip
        """Refuse what compiled code, which checks nothing, would read beyond its arrays."""
        n = len(P)
        inputs = kinetics.bolus.shape[1]
        own = schedule.index[schedule.kind <= RATE]
        held = schedule.index[(schedule.kind == HOLD) | (schedule.kind == RELEASE)]
        ruled = schedule.index[(schedule.kind == DECISION) | (schedule.kind == GIVE)]
        wrong = {
            f"P is {P.shape}; expected (n, {len(self.addresses)})": P.shape
            != (n, len(self.addresses)),
            "t must be a list of finite ascending times, hours": times.ndim != 1
            or len(times) == 0
            or not np.all(np.isfinite(times))
            or bool(np.any(np.diff(times) <= 0.0)),
            f"y0 is {y0.shape}; expected ({n}, {len(self.states)})": y0.shape
            != (n, len(self.states)),
            f"the schedule is for {len(schedule.offset) - 1} subjects, P for {n}": len(
                schedule.offset
            )
            != n + 1,
            f"kinetics are for {len(kinetics.rate)} subjects, P for {n}": len(kinetics.rate) != n,
            f"weights are for {len(weights.factor)} subjects, P for {n}": len(weights.factor) != n,
            "weights name a drive or a ligand that does not exist": _outside(
                weights.drive, len(self.drives)
            )
            or _outside(weights.ligand, kinetics.ligands),
            "a time or a value of the schedule is not finite": not (
                np.all(np.isfinite(schedule.time)) and np.all(np.isfinite(schedule.value))
            ),
            f"the schedule doses an input beyond the {inputs} there are": _outside(own, inputs),
            "the schedule holds a state that does not exist": _outside(held, len(self.states)),
            f"rules are for {len(rules.ways)} subjects, P for {n}": len(rules.ways) != n,
            "the schedule names a block of rules that does not exist": _outside(
                ruled, len(rules.blocks)
            ),
            f"a rule doses an input beyond the {inputs} there are": _outside(
                rules.way_input, inputs
            ),
            f"rtol is {rtol:g}; allowed: 1e-13 to 0.1": not 1e-13 <= rtol <= 0.1,
        }
        found = [text for text, is_wrong in wrong.items() if is_wrong]
        if found:
            raise ValueError("; ".join(found))


def _outside(index: NDArray[np.int64], size: int) -> bool:
    return bool(np.any((index < 0) | (index >= size)))


def _in_threads(
    work: Callable[[int, int], None],
    n: int,
    threads: int | None,
    progress: Callable[[int], None] | None,
) -> None:
    """Call ``work`` on blocks of subjects; on Ctrl-C running blocks end, others are dropped."""
    threads = threads or os.cpu_count() or 1
    size = max(1, min(16, n // (4 * threads)))
    blocks = [(a, min(a + size, n)) for a in range(0, n, size)]
    state = threading.Condition()
    running = done = 0
    stopping = False

    def block(first: int, last: int) -> None:
        nonlocal running, done
        with state:
            if stopping:
                return
            running += 1
        finished = 0
        try:
            work(first, last)
            finished = last - first
        finally:
            with state:
                running -= 1
                done += finished
                state.notify_all()

    pool = ThreadPoolExecutor(threads)
    try:
        # the first block alone: it compiles
        block(*blocks[0])
        if progress:
            progress(done)
        waiting = {pool.submit(block, *ends) for ends in blocks[1:]}
        while waiting:
            ended, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in ended:
                future.result()
            if progress and ended:
                progress(done)
    except KeyboardInterrupt:
        # what is done stays; the status of the others says that they were not run
        pass
    finally:
        # a thread that was just starting when Ctrl-C came is waited for too
        with state:
            stopping = True
            state.wait_for(lambda: running == 0)
        pool.shutdown(wait=True, cancel_futures=True)
        if progress:
            progress(done)
