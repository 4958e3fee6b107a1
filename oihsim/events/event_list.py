"""The sorted event list of a table: what happens when, separate from any solver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.solver import BOLUS, RATE, Schedule
from oihsim.engine.solver import RESET as RESET_BODY

if TYPE_CHECKING:
    from oihsim.events.match import Matched

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

DOSE, LEVEL, SEE, RESET, STEADY, OFF, ON, OTHER = range(8)
"""Kinds: a bolus enters; the rate into a compartment changes; an observation; all amounts and
rates to the start; amounts of a steady state are added; a compartment is switched off or on;
nothing."""

NAMES = ("bolus", "rate", "observation", "reset", "steady state", "off", "on", "other")


@dataclass(frozen=True)
class EventList:
    """Entries sorted by subject, time and the order at one time.

    Attributes
    ----------
    matched : records and model from which the entries come
    offset : (subjects + 1,) first entry of each subject
    time : (e,) in the model's time unit
    kind : (e,) see :data:`NAMES`
    index : (e,) compartment (from 0), or the row of ``states`` for a steady state
    value : (e,) amount of a bolus, change of a rate, else 0
    level : (e,) rate into the compartment from here on
    record : (e,) record from which the entry comes
    number : (e,) 0 for the dose of the record, k for the k-th additional dose
    off : (e,) compartments that are off after the entry, as bits
    page : (e,) covariates in force up to the entry
    states : (steady states, rows) amounts
    order : the order at one time, in words
    """

    matched: Matched
    offset: Ints
    time: Array
    kind: Ints
    index: Ints
    value: Array
    level: Array
    record: Ints
    number: Ints
    off: Ints
    page: Ints
    states: Array
    order: str

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self.time)

    def schedule(self, inputs: Sequence[str]) -> Schedule:
        """Return boluses, rates and resets as the solver of the body reads them, times in h.

        Parameters
        ----------
        inputs : compartments that receive doses, in the order of the drug's inputs

        Raises
        ------
        ValueError
            the event list holds a steady state or a switch, for which the solver has no entry
        """
        known = np.isin(self.kind, [DOSE, LEVEL, SEE, RESET, OTHER])
        if not known.all():
            word = NAMES[int(self.kind[~known][0])]
            raise ValueError(f"a {word} has no entry in the solver's schedule")
        used = np.isin(self.kind, [DOSE, LEVEL, RESET])
        names = self.matched.model.compartments
        number = np.array([inputs.index(name) if name in inputs else -1 for name in names])
        subject = np.repeat(np.arange(len(self.offset) - 1), np.diff(self.offset))
        count = np.bincount(subject[used], minlength=len(self.offset) - 1)
        kind = np.array([BOLUS, RATE, -1, RESET_BODY])[self.kind[used]].astype(np.int64)
        return Schedule(
            np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
            self.time[used],
            kind,
            np.where(kind == RESET_BODY, 0, number[self.index[used]]).astype(np.int64),
            self.value[used],
        )
