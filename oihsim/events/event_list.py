"""The sorted ledger of event records: what happens when, separate from any solver."""

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
class Ledger:
    """Entries sorted by subject, time and the order at one time.

    Attributes
    ----------
    matched : records and model they come from
    offset : (subjects + 1,) first entry of each subject
    time : (e,) in the model's time unit
    kind : (e,) see :data:`NAMES`
    index : (e,) compartment (from 0), or the row of ``states`` for a steady state
    value : (e,) amount of a bolus, change of a rate, else 0
    level : (e,) rate into the compartment from here on
    record : (e,) record it comes from
    number : (e,) 0 for the record's own dose, k for the k-th additional one
    off : (e,) compartments that are off after it, as bits
    page : (e,) covariates in force up to it
    states : (steady states, rows) amounts
    order : the rule at one time, in words
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
            the ledger holds what the solver has no entry for: a steady state or a switch
        """
        known = np.isin(self.kind, [DOSE, LEVEL, SEE, RESET, OTHER])
        if not known.all():
            word = NAMES[int(self.kind[~known][0])]
            raise ValueError(f"a {word} has no entry in the solver's schedule")
        kept = np.isin(self.kind, [DOSE, LEVEL, RESET])
        names = self.matched.model.compartments
        number = np.array([inputs.index(one) if one in inputs else -1 for one in names])
        subject = np.repeat(np.arange(len(self.offset) - 1), np.diff(self.offset))
        count = np.bincount(subject[kept], minlength=len(self.offset) - 1)
        kind = np.array([BOLUS, RATE, -1, RESET_BODY])[self.kind[kept]].astype(np.int64)
        return Schedule(
            np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
            self.time[kept],
            kind,
            np.where(kind == RESET_BODY, 0, number[self.index[kept]]).astype(np.int64),
            self.value[kept],
        )
