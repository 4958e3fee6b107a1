"""Model: mechanisms linked and compiled. Arrays in, arrays out; the second public interface."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib.metadata import version
from types import ModuleType
from typing import Self, cast

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.driver import generated_source
from oihsim.engine.lanes.kernel import METHODS, WIDTH, WIDTHS, Generator, Kernels, generator_text
from oihsim.engine.memory import RunMemory
from oihsim.engine.observable import Observable, Observables, accumulated, accumulations
from oihsim.engine.run import Run, by_method, checked, empty, run_queue
from oihsim.engine.solver import (
    DECISION,
    GENERATED,
    GIVE,
    HOLD,
    RATE,
    RELEASE,
    RuleArrays,
    Schedule,
)
from oihsim.engine.threads import engine_threads
from oihsim.kinetics.drives import DRIVES
from oihsim.kinetics.propagation import Modes, together
from oihsim.model.fingerprint import deciding_text
from oihsim.model.generated_module import import_generated
from oihsim.model.linker import link
from oihsim.model.mechanism import Mechanism
from oihsim.neuroplasticity import VARIANTS

Array = NDArray[np.float64]

DEFAULT = next(iter(VARIANTS))
"""The shipped model."""

FEW = 2
"""Up to so many subjects a thread run one after another."""


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
        no_rows = np.zeros(0, dtype=np.int64)
        return cls(no_rows, no_rows, np.zeros((n, 0)))

    def subset(self, who: NDArray[np.int64] | slice) -> Weights:
        """Return the weights of some subjects, in the order of ``who``."""
        return replace(self, factor=self.factor[who])


class Model:
    """Mechanisms joined into one compiled system.

    Parameters
    ----------
    mechanisms : any set that fits together by symbol
    name : shown in results
    parameters : address -> value that replaces the declared one

    Attributes
    ----------
    states, outputs, drives : symbols, in the order of the arrays
    addresses : of the parameters (``mechanism.symbol``), in the order of the arrays
    y0, sizes : (s,) initial value and typical size of each state, read-only
    defaults : (p,) value of each parameter in the typical subject, read-only

    Raises
    ------
    ModelError : the mechanisms do not fit
    KeyError : no parameter has that address

    Examples
    --------
    Without drug nothing moves:

    >>> model = Model.named()
    >>> run = model.run(model.typical(1), [0.0, 24.0])
    >>> bool((run.y[0, 1] == model.y0).all())
    True
    """

    def __init__(
        self,
        mechanisms: Sequence[Mechanism],
        name: str = "custom",
        parameters: Mapping[str, float] | None = None,
    ) -> None:
        self.name = name
        self._kernels: dict[tuple[str, int, bool, Observables], Kernels] = {}
        self._generators: dict[tuple[bool, Observables], Generator] = {}
        self.linked = link(mechanisms, DRIVES)
        self.states = tuple(state.symbol for state in self.linked.states)
        self.outputs = tuple(output.symbol for output in self.linked.outputs)
        self.drives = tuple(drive.symbol for drive in self.linked.drives)
        self.addresses = tuple(address for address, _ in self.linked.parameters)
        self.y0 = np.array([state.initial for state in self.linked.states])
        self.sizes = np.array([state.typical for state in self.linked.states])
        values = {address: parameter.value for address, parameter in self.linked.parameters}
        for address, value in (parameters or {}).items():
            if address not in values:
                raise KeyError(address)
            values[address] = value
        self.defaults = np.array(list(values.values()))
        # a shipped model is shared by all of a process
        for array in (self.y0, self.sizes, self.defaults):
            array.setflags(write=False)

    @classmethod
    def named(cls, variant: str = DEFAULT) -> Self:
        """Return a shipped variant with its own parameter values, linked once per process.

        Raises
        ------
        KeyError : no variant has that name

        Examples
        --------
        >>> Model.named("oih21").name
        'oih21'
        """
        return cast("Self", _linked_once(cls, variant))  # type: ignore[arg-type]

    @cached_property
    def states_by_mechanism(self) -> Mapping[str, tuple[int, ...]]:
        """Rows of the states of each mechanism, by its name.

        Examples
        --------
        >>> model = Model.named()
        >>> [model.states[i] for i in model.states_by_mechanism["dynorphin"]]
        ['D']
        """
        owner = self.linked.owner
        return {
            mechanism.name: tuple(i for i, name in enumerate(owner) if name == mechanism.name)
            for mechanism in self.linked.mechanisms
        }

    @property
    def source(self) -> str:
        """The equations of the whole system as one module of Python."""
        return self.linked.equations_source

    @cached_property
    def hash(self) -> str:
        """Hash of equations, solver and compiler version: what was computed, exactly.

        It covers neither imports nor the names of modules, so that moving a file changes nothing.
        """
        sources = (self.linked.source, *map(generated_source, GENERATED))
        text = "\n".join([version("numba"), generator_text(), *map(deciding_text, sources)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def generated(self) -> ModuleType:
        """The generated module; ``rhs(y, p, u, dy)`` and ``outputs(y, p, u, out)`` are public."""
        return import_generated(f"model_{self.linked.hash}", self.linked.source)

    @cached_property
    def generator(self) -> Generator:
        """What writes the kernels of any subject."""
        return Generator(self.linked)

    @cached_property
    def usual(self) -> dict[int, float]:
        """Parameters, by row, that are numbers in the kernels of most subjects.

        They are declared without spread, and a formula is simpler with the number: 0 and 1, and
        integer exponents. In the kernels of a subject with other values they are parameters.
        """
        exponents = self.generator.traced.graph.exponents
        values = {}
        for row, (_, parameter) in enumerate(self.linked.parameters):
            value = float(self.defaults[row])
            integer_exponent = row in exponents and value == int(value)
            if parameter.cv == 0.0 and (value in (0.0, 1.0) or integer_exponent):
                values[row] = value
        return values

    def kernels(
        self, method: str = "explicit", width: int = WIDTH, *, usual: bool = False,
        observe: Observables = (),
    ) -> Kernels:  # fmt: skip
        """Return the machine code of a method for lanes of ``width`` subjects.

        With ``usual`` for those alone whose parameters in :attr:`usual` are as declared.
        """
        key = (method, width, usual, observe)
        if key not in self._kernels:
            self._kernels[key] = self._generator_of(observe, usual=usual).kernels(method, width)
        return self._kernels[key]

    def _generator_of(self, observe: Observables, *, usual: bool) -> Generator:
        if not (usual or observe):
            return self.generator
        if (usual, observe) not in self._generators:
            fixed = self.usual if usual else None
            self._generators[usual, observe] = Generator(self.linked, fixed, observe)
        return self._generators[usual, observe]

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
        method: str = "auto",
        width: int | None = None,
        progress: Callable[[int], None] | None = None,
        skip: bool = False,
        observe: Sequence[Observable] = (),
    ) -> Run:
        """Advance every subject over the output times.

        Parameters
        ----------
        P : (n, p) parameters in the order of ``addresses``
        t : (t,) output times, hours, ascending; outputs come before the doses of their time
        schedule : doses, holds and decision points; without it nothing happens
        kinetics, weights : the drugs; without them there are none
        y0 : (n, s) states at the start, the baseline by default
        rtol : error per step, relative to each state's declared typical size
        rules : rule sets, judged at decision points
        threads : all cores by default
        method : ``explicit``, ``collocation``, or ``auto``: the explicit one, and the other one for
            each subject that turns out to be stiff
        width : subjects advanced together, 1, 8 or 16; by default 8, or 1 if there are too few to
            fill the lanes. Results do not depend on it, bit for bit
        progress : called with the number of subjects done
        skip : run nobody, and say so in the status (after an interruption)
        observe : what is accumulated between outputs, at the solver's own steps; no step changes

        Returns
        -------
        Run

        Raises
        ------
        ValueError : shapes that do not fit each other, times that are not finite or do not ascend,
            a tolerance outside 1e-13 to 0.1, an unknown method or width, threads below 1, or an
            observable whose output or kind does not exist
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
        _refuse_options(method, width, threads)
        watched, sums = accumulated(observe, self.linked), accumulations(observe)
        results = empty(len(self.states), len(self.outputs), n, times, kinetics, rules, len(sums))
        if skip:
            return replace(checked(results), stopped=True)
        alone = {
            "TIMES": times, "Y_BASE": self.y0, "DRIVE": weights.drive, "LIGAND": weights.ligand,
            **watched,
        }  # fmt: skip
        subjects = {"FACTOR": weights.factor, "Y0": start, "P_OF": P, **results}
        memory = RunMemory(alone, subjects, kinetics, schedule, rules)
        options = (engine_threads(threads), width, progress, tuple(observe))
        run = self._runner(memory, P, rtol, *options)
        interrupted = by_method(method, run, results)
        return replace(checked(results), stopped=interrupted)

    def _runner(
        self,
        memory: RunMemory,
        P: Array,  # noqa: N803
        rtol: float,
        threads: int,
        width: int | None,
        progress: Callable[[int], None] | None,
        observe: Observables,
    ) -> Callable[[str, NDArray[np.int64], float], bool]:
        """Return what runs a queue of subjects by a method, the usual ones by kernels of theirs."""
        n, rows = len(P), list(self.usual)
        width = width or (WIDTH if n > FEW * threads else 1)
        permitted = 1.0 / (rtol * self.sizes)
        usual = (P[:, rows] == self.defaults[rows]).all(axis=1)

        def run(name: str, queue: NDArray[np.int64], patience: float) -> bool:
            scale, waiting = np.append(permitted, patience), len(queue)
            for kind in (True, False):
                subjects = queue[usual[queue] == kind]
                if subjects.size:
                    kernels = self.kernels(name, width, usual=kind, observe=observe)
                    prepared = memory.with_kernels(kernels, scale, subjects)
                    if run_queue(prepared, threads, progress, n - waiting):
                        return True
                    waiting -= len(subjects)
            return False

        return run

    def _refuse(
        self, times: Array, P: Array, y0: Array, schedule: Schedule, kinetics: Modes,  # noqa: N803
        weights: Weights, rules: RuleArrays, rtol: float,
    ) -> None:  # fmt: skip
        """Refuse what compiled code, which checks nothing, would read beyond its arrays."""
        n = len(P)
        inputs = kinetics.bolus.shape[1]
        dosed = schedule.index[schedule.kind <= RATE]
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
            f"the schedule doses an input beyond the {inputs} there are": _outside(dosed, inputs),
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
        problems = [text for text, is_wrong in wrong.items() if is_wrong]
        if problems:
            raise ValueError("; ".join(problems))


@lru_cache(maxsize=4 * len(VARIANTS))
def _linked_once(kind: type[Model], variant: str) -> Model:
    """Return a variant linked once per process and class, since a subclass may record its runs."""
    return kind(VARIANTS[variant].mechanisms, variant, VARIANTS[variant].parameters)


def _refuse_options(method: str, width: int | None, threads: int | None) -> None:
    """Refuse an unknown method, an unknown width, or a number of threads below 1."""
    wrong = {
        f"method is {method!r}; allowed: auto, {', '.join(METHODS)}": method
        not in ("auto", *METHODS),
        f"width is {width!r}; allowed: {', '.join(map(str, WIDTHS))}": width not in (None, *WIDTHS),
        f"threads is {threads!r}; allowed: a whole number from 1": threads is not None
        and (not isinstance(threads, int) or threads < 1),
    }
    problems = [text for text, is_wrong in wrong.items() if is_wrong]
    if problems:
        raise ValueError("; ".join(problems))


def _outside(index: NDArray[np.int64], size: int) -> bool:
    return bool(np.any((index < 0) | (index >= size)))
