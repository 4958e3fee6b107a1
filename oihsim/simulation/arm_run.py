"""One arm as it was run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.run import Run
from oihsim.simulation.cohort import Cohort
from oihsim.simulation.rule_arrays import Reactions
from oihsim.simulation.schedule import Doses
from oihsim.simulation.steady.starting_states import FoundPast
from oihsim.treatment.arm import Arm, Course

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ArmRun:
    """One arm as it was run: its subjects, what was on board, its rules, and the arrays.

    ``intake`` says how late each dose of a course was taken, see :mod:`oihsim.simulation.intake`;
    ``past`` what the search of a past in a steady state found; ``pumped`` what pumps gave.
    """

    arm: Arm
    values: Mapping[str, Array]
    ligands: tuple[str, ...]
    run: Run
    reactions: Reactions | None = None
    intake: Mapping[Course, Array] = field(default_factory=dict)
    past: FoundPast | None = None
    pumped: Doses | None = None

    @classmethod
    def of(
        cls,
        cohort: Cohort,
        run: Run,
        reactions: Reactions | None = None,
        intake: Mapping[Course, Array] | None = None,
        past: FoundPast | None = None,
    ) -> ArmRun:
        """Return the run of a cohort."""
        ligands = cohort.board.ligands
        return cls(
            cohort.arm, cohort.values, ligands, run, reactions, intake or {}, past, cohort.pumped
        )

    def subset(self, span: slice) -> ArmRun:
        """Return some of the subjects, without what is known of intake, past and pumps."""
        values = {address: numbers[span] for address, numbers in self.values.items()}
        return replace(self, values=values, run=self.run.subset(span), pumped=None)
