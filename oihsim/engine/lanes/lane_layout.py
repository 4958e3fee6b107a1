"""The memory layout of W lanes in one block, the same for the kernels and their driver.

A row holds one number of every lane. Rows up to ``own`` depend on the model only; concentrations
follow, whose number depends on the drugs. ``shape`` is an array of whole numbers beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LANE_ROWS = (
    "alive", "tau", "span", "h", "log_previous", "first_step", "arrived", "status", "steps",
    "rejected", "evaluations", "previous_step", "stretch",
)  # fmt: skip
"""One row each, first of all: whether the lane holds a subject; hours since its anchor, and until
its next stop; next step; logarithm of the last error; first accepted step since the last stop;
whether the stop was reached; what went wrong; work; step before, or 0 after a jump; hours
from the last stop to the next."""

SHAPE = (
    "offset", "concentration", "factor", "rate", "amplitude",  # rows where these begin
    "ligands", "weights", "count", "degree", "pairs",  # how many
    "active", "first", "last", "pair", "drive", "ligand", "scale",  # addresses of shared arrays
)  # fmt: skip
"""Entries of ``shape``. ``count`` active modes, in ``active``; a mode's concentrations are
``first`` to ``last``, with amplitudes from ``pair`` on, for each power of time up to ``degree``.
``scale`` is one over the permitted error of each state."""


@dataclass(frozen=True)
class LaneLayout:
    """First rows of the arrays of a model of so many states, constants, drives and outputs.

    Examples
    --------
    >>> LaneLayout(states=2, constants=3, drives=1, outputs=0, moments=12).y
    13
    """

    states: int
    constants: int
    drives: int
    outputs: int
    moments: int
    extra: int = 0
    observed: int = 0

    @property
    def y(self) -> int:
        """States."""
        return len(LANE_ROWS)

    @property
    def mask(self) -> int:
        """1, or 0 where a state is held."""
        return self.y + self.states

    @property
    def c(self) -> int:
        """The constants, computed once per subject."""
        return self.mask + self.states

    @property
    def times(self) -> int:
        """Moments of a step, hours since the anchor."""
        return self.c + self.constants

    @property
    def u(self) -> int:
        """Drives at each moment of a step."""
        return self.times + self.moments

    @property
    def trial(self) -> int:
        """States inside a step."""
        return self.u + self.moments * self.drives

    @property
    def k(self) -> int:
        """Derivatives at each moment of a step."""
        return self.trial + self.states

    @property
    def more(self) -> int:
        """What a method keeps besides, ``extra`` rows."""
        return self.k + self.moments * self.states

    @property
    def spans(self) -> int:
        """What is accumulated between two outputs, ``observed`` rows."""
        return self.more + self.extra

    @property
    def own(self) -> int:
        """One past the last row that every run has."""
        return self.spans + self.observed

    def driver_rows(
        self, ligands: int, weights: int, modes: int, amplitudes: int
    ) -> NDArray[np.int64]:
        """Return the rows that the driver writes to.

        First rows of states, mask, constants, factors, rates, offsets and amplitudes; then the
        number of rows in all, the first of concentrations, the number of constants, and the rows
        that a method keeps; last the first row of what is accumulated.
        """
        sizes = (ligands, self.moments * ligands, weights, modes, amplitudes)
        offset, concentration, factor, rate, amplitude, end = self.own + np.concatenate(
            [[0], np.cumsum(sizes)]
        )
        rows = (
            self.y, self.mask, self.c, factor, rate, offset, amplitude, end, concentration,
            self.constants, self.more, self.own, self.spans,
        )  # fmt: skip
        return np.array(rows, dtype=np.int64)
