"""Model: mechanisms linked and compiled. Arrays in, arrays out; the second public interface."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from oihsim.kinetics.drives import DRIVES
from oihsim.kinetics.propagation import Modes, together
from oihsim.linker import Linked, link
from oihsim.mechanism import Mechanism
from oihsim.neuroplasticity import VARIANTS
from oihsim.solver import INTERRUPTED, Schedule

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
    appended : doses that decisions appended, one array ``(k, 4)`` per subject with columns
        time, input, amount, duration
    """

    y: Array
    readouts: Array
    concentrations: Array
    status: NDArray[np.int64]
    reached: Array
    steps: NDArray[np.int64]
    rejected: NDArray[np.int64]
    rhs_calls: NDArray[np.int64]
    appended: list[Array]

    @property
    def interrupted(self) -> bool:
        """Whether the run was stopped before every subject was done."""
        return bool(np.any(self.status == INTERRUPTED))


def cache_directory() -> Path:
    """Return the folder of compiled pages: ``OIHSIM_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("OIHSIM_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "oihsim"


def _write_page(name: str, source: str) -> Path:
    """Write the page once, atomically; where the cache cannot be written, into a fresh folder."""
    for folder in (cache_directory(), None):
        try:
            folder = Path(tempfile.mkdtemp(prefix="oihsim-")) if folder is None else folder
            path = folder / f"{name}.py"
            if not path.exists() or path.read_text(encoding="utf-8") != source:
                folder.mkdir(parents=True, exist_ok=True)
                handle, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
                with os.fdopen(handle, "w", encoding="utf-8") as stream:
                    stream.write(source)
                Path(temporary).replace(path)
        except OSError:
            continue
        return path
    raise OSError("no folder for compiled models can be written; set OIHSIM_CACHE")


def _import_page(linked: Linked) -> ModuleType:
    name = f"model_{linked.hash}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, _write_page(name, linked.source))
    assert spec is not None
    assert spec.loader is not None
    page = importlib.util.module_from_spec(spec)
    sys.modules[name] = page
    spec.loader.exec_module(page)
    return page


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
        return _import_page(self.linked)

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
        rules: Array | None = None,
        spare: int = 0,
        threads: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Run:
        """Advance every subject over the output times.

        Parameters
        ----------
        P : (n, p) parameters in the order of ``addresses``
        t : (t,) output times, hours, ascending; outputs come before the doses of their time
        schedule : doses, holds and decisions; without it nothing happens
        kinetics, weights : the drugs; without them there are none
        y0 : (n, s) states at the start, the baseline by default
        rtol : error per step, relative to each state's declared typical size
        rules, spare : (k, 7) rules that decisions refer to, and room for the doses they append
        threads : all cores by default
        progress : called with the number of subjects done

        Returns
        -------
        Run

        Raises
        ------
        ValueError : shapes that do not fit, times that do not ascend
        """
        times = np.ascontiguousarray(t, dtype=float)
        P = np.ascontiguousarray(P, dtype=float)  # noqa: N806
        n = len(P)
        if P.shape != (n, len(self.addresses)):
            raise ValueError(f"P is {P.shape}; expected (n, {len(self.addresses)})")
        if times.ndim != 1 or len(times) == 0 or np.any(np.diff(times) <= 0.0):
            raise ValueError("t must be a list of ascending times, hours")
        schedule = Schedule.empty(n) if schedule is None else schedule
        kinetics = together([], n) if kinetics is None else kinetics
        weights = Weights.none(n) if weights is None else weights
        start = np.tile(self.y0, (n, 1)) if y0 is None else np.array(y0, dtype=float)
        rules = np.zeros((0, 7)) if rules is None else np.ascontiguousarray(rules, dtype=float)
        results = (
            np.full((n, len(times), len(self.states)), np.nan),
            np.full((n, len(times), len(self.outputs)), np.nan),
            np.full((n, len(times), kinetics.rows.shape[1]), np.nan),
            np.full(n, INTERRUPTED, dtype=np.int64),
            np.full(n, times[0]),
            np.zeros((n, 3), dtype=np.int64),
            np.zeros((n, spare, 4)),
            np.zeros(n, dtype=np.int64),
        )
        fixed = (
            times, start, self.y0, P, self.sizes, float(rtol), len(self.drives),
            (
                kinetics.rate, kinetics.chain, kinetics.degree, kinetics.bolus,
                kinetics.steady, kinetics.rows, kinetics.first_row, kinetics.last_row,
            ),
            (weights.drive, weights.ligand, weights.factor),
            (schedule.offset, schedule.time, schedule.kind, schedule.index, schedule.value),
            rules, spare, results,
        )  # fmt: skip
        _in_threads(lambda a, b: self.page.run_subjects(a, b, *fixed), n, threads, progress)
        y, readouts, conc, status, reached, counts, appended, count = results
        return Run(
            y, readouts, conc, status, reached, counts[:, 0], counts[:, 1], counts[:, 2],
            [appended[i, : count[i]] for i in range(n)],
        )  # fmt: skip


def _in_threads(
    work: Callable[[int, int], None],
    n: int,
    threads: int | None,
    progress: Callable[[int], None] | None,
) -> None:
    """Call ``work`` on blocks of subjects; on Ctrl-C running blocks end, others are dropped."""
    threads = threads or os.cpu_count() or 1
    block = max(1, min(16, n // (4 * threads)))
    # the first block alone: it compiles
    work(0, min(block, n))
    done = min(block, n)
    blocks = [(a, min(a + block, n)) for a in range(block, n, block)]
    if progress:
        progress(done)
    if not blocks:
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: dict[Future[None], int] = {pool.submit(work, a, b): b - a for a, b in blocks}
        try:
            while waiting:
                finished, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
                    done += waiting.pop(future)
                if progress and finished:
                    progress(done)
        except KeyboardInterrupt:
            pool.shutdown(wait=True, cancel_futures=True)
