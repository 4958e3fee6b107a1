"""The solver: it advances one subject to its next stop, and applies what happens there.

A stop is a dose, an output or a decision. Contract:

- between stops the drug concentrations are exact (modes, :mod:`oihsim.kinetics.propagation`) and
  the body is integrated by DOP853 (hairer1993) with an error per step held below
  ``rtol * typical`` for every state, ``typical`` being the declared size of the state;
- an output is recorded before anything else happens at its time: intervals are half open;
- a decision reads the body at its time and may append doses to the subject's own bounded ledger,
  never to the past;
- then the entries of that time apply in the order of the schedule.

The modules of this folder hold the text of the solver under a mark. It is not run from there: the
driver copies it into two generated modules, which are the same for every model and which numba
compiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.solver.rule_columns import filled

BOLUS, RATE, HOLD, RELEASE, DECISION, GIVE, RESET, LATE = 0, 1, 2, 3, 4, 5, 6, 7
"""Kinds of entries in a schedule. ``DECISION`` is a decision point of a rule set, ``GIVE`` the
first dose of its line; ``RESET`` brings the body back to its baseline and clears every drug;
``LATE``, of the solver's own, is a dose of a line that is taken some time after it was due."""

STATUS = (
    "ok",
    "the step became too small",
    "a value was not finite",
    "too many steps",
    "more doses than room was made for",
    "not run: interrupted",
)
"""What the status of a subject means."""

NOT_FINITE, INTERRUPTED = 2, 5


Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Schedule:
    """What happens to ``n`` subjects at which time, sorted by time for each subject.

    Attributes
    ----------
    offset : (n + 1,) int64, entries of subject ``i`` are ``offset[i]:offset[i + 1]``
    time : (e,) hours
    kind : (e,) int64, one of the kinds above
    index : (e,) int64, an input, a state, or a block of rules
    value : (e,) amount for a bolus, change of the rate (amount per hour) for a rate, else 0
    """

    offset: NDArray[np.int64]
    time: NDArray[np.float64]
    kind: NDArray[np.int64]
    index: NDArray[np.int64]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of subjects."""
        return len(self.offset) - 1

    @property
    def subject(self) -> Ints:
        """Subject of each entry, (e,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.offset))

    @classmethod
    def empty(cls, n: int) -> Schedule:
        """Return a schedule in which nothing happens to ``n`` subjects.

        Examples
        --------
        >>> Schedule.empty(2).offset.tolist()
        [0, 0, 0]
        """
        no_numbers, no_integers = np.zeros(0), np.zeros(0, dtype=np.int64)
        return cls.of(n, no_integers, no_numbers, no_integers, no_integers, no_numbers)

    @classmethod
    def of(
        cls, n: int, subject: Ints, time: Array, kind: Ints, index: Ints, value: Array
    ) -> Schedule:
        """Return the schedule of entries, (e,) each, in any order.

        Entries of one subject and one time stay in their order.

        Examples
        --------
        >>> whose, kind = np.array([1, 0, 1]), np.zeros(3, dtype=np.int64)
        >>> schedule = Schedule.of(2, whose, np.array([5.0, 2.0, 3.0]), kind, kind, np.ones(3))
        >>> schedule.offset.tolist(), schedule.time.tolist()
        ([0, 1, 3], [2.0, 3.0, 5.0])
        """
        order = np.lexsort((time, subject))
        count = np.bincount(subject, minlength=n)
        return cls(
            np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
            np.ascontiguousarray(time[order], dtype=np.float64),
            np.ascontiguousarray(kind[order], dtype=np.int64),
            np.ascontiguousarray(index[order], dtype=np.int64),
            np.ascontiguousarray(value[order], dtype=np.float64),
        )

    @classmethod
    def end_to_end(cls, schedules: Sequence[Schedule]) -> Schedule:
        """Return the schedule of the subjects of several, one group after the other.

        Examples
        --------
        >>> len(Schedule.end_to_end([Schedule.empty(2), Schedule.empty(1)]))
        3
        """
        first = np.cumsum([0, *(len(schedule) for schedule in schedules)])
        return cls._joined(schedules, first[:-1].tolist(), int(first[-1]))

    @classmethod
    def together(cls, schedules: Sequence[Schedule]) -> Schedule:
        """Return several schedules of the same subjects as one.

        At one time the entries of the first schedule come first.
        """
        return cls._joined(schedules, [0] * len(schedules), len(schedules[0]))

    @classmethod
    def _joined(cls, schedules: Sequence[Schedule], first: Sequence[int], n: int) -> Schedule:
        columns = [
            (schedule.subject + number, schedule.time, schedule.kind, schedule.index,
             schedule.value)
            for schedule, number in zip(schedules, first, strict=True)
        ]  # fmt: skip
        return cls.of(n, *(np.concatenate(parts) for parts in zip(*columns, strict=True)))

    def entries(self, chosen: NDArray[np.bool_]) -> Schedule:
        """Return the chosen entries, (e,), of the same subjects."""
        return Schedule.of(
            len(self), self.subject[chosen], self.time[chosen], self.kind[chosen],
            self.index[chosen], self.value[chosen],
        )  # fmt: skip

    def subset(self, who: Ints | slice) -> Schedule:
        """Return the schedule of some subjects, in the order of ``who``.

        Examples
        --------
        >>> two = Schedule(np.array([0, 1, 3]), np.array([1.0, 2.0, 3.0]), *np.zeros((2, 3), int),
        ...     np.ones(3))
        >>> two.subset(np.array([1, 0])).time.tolist()
        [2.0, 3.0, 1.0]
        """
        who = np.arange(len(self))[who]
        count = np.diff(self.offset)[who]
        offset = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
        entry = np.arange(offset[-1]) + np.repeat(self.offset[who] - offset[:-1], count)
        return Schedule(
            offset, self.time[entry], self.kind[entry], self.index[entry], self.value[entry]
        )


@dataclass(frozen=True)
class RuleArrays:
    """Blocks of rules as compiled code reads them; flat numbers throughout.

    Whole numbers are floats here, so that one table holds all of a rule set. Columns and codes are
    named in :mod:`oihsim.engine.solver.rule_columns`.

    Attributes
    ----------
    blocks : (b, 5) rule sets
    options : (o, 15) lines and rescue doses
    ladder : (l,) amounts of one dose
    way_input : (w,) int64, input that a part of a dose enters
    rules : (r, 11) rules
    conditions : (c, 3) conditions of the rules
    observations : (q, 8) what the rule sets observe
    reads : (b, q) int64, 1 where a rule set observes
    ways : (n, w, s, 3) amount entered per labelled dose, lag and duration, for each step
    noise : (n, v, q) deviates at each decision point, v 0 without noise
    baselines : (n, q, 2) baseline and gain of a test
    late : (n, b, m) delay of each dose of a line, h, NaN for a missed one; m 0 if all are on time
    doses, decisions, entries : room for doses, decisions and entries of the ledger, one subject
    """

    blocks: Array
    options: Array
    ladder: Array
    way_input: Ints
    rules: Array
    conditions: Array
    observations: Array
    reads: Ints
    ways: Array
    noise: Array
    baselines: Array
    late: Array
    doses: int
    decisions: int
    entries: int

    @property
    def shared(self) -> tuple[NDArray[Any], ...]:
        """What is the same for all subjects, in the order in which compiled code reads it."""
        return (
            self.blocks, self.options, self.ladder, self.way_input, self.rules, self.conditions,
            self.observations, self.reads,
        )  # fmt: skip

    @property
    def own(self) -> tuple[Array, Array, Array, Array]:
        """What differs between subjects, likewise."""
        return self.ways, self.noise, self.baselines, self.late

    @classmethod
    def none(cls, n: int) -> RuleArrays:
        """Return no rules for ``n`` subjects.

        Examples
        --------
        >>> RuleArrays.none(2).decisions
        0
        """
        whole = np.zeros(0, dtype=np.int64)
        return cls(
            filled("B", ()), filled("O", ()), np.zeros(0), whole, filled("R", ()),
            filled("C", ()), filled("Q", ()), whole.reshape(0, 0), np.zeros((n, 0, 1, 3)),
            np.zeros((n, 0, 0)), np.zeros((n, 0, 2)), np.zeros((n, 0, 0)), 0, 0, 0,
        )  # fmt: skip


TEXT_MARK = "\n# ---- generated module ----\n"
"""Text of a solver module below this line belongs to a generated module."""

GENERATED = {
    "driver": ("address_table", "concentrations", "stops", "lane_driver"),
    "rules": (
        "address_table",
        "concentrations",
        "rule_columns",
        "dosing",
        "judgement",
        "decisions",
    ),
}
"""Generated modules, and the solver modules whose text each holds, in order."""

CALLED = ("run_subjects",)
"""Functions of the generated modules that Python calls."""

BY_ADDRESS = {"rules": "void(int64, int64, int64, float64, int64)"}
"""Functions of the generated modules that are called by address, and their types."""
