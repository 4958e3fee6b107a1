"""What a run accumulates between two outputs: means, extremes and hours above the first value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oihsim.model.linker import Linked

MEAN, HIGHEST, LOWEST, ABOVE = "mean", "highest", "lowest", "hours_above_start"

BEGIN = {MEAN: 0.0, HIGHEST: -inf, LOWEST: inf, ABOVE: 0.0}
"""Kinds of accumulation, and the number that each begins with."""


@dataclass(frozen=True)
class Observable:
    """A quantity that is watched at the solver's own steps, whatever the output times are.

    Attributes
    ----------
    output : name of the output of the model that it follows from
    kinds : what is accumulated, among :data:`BEGIN`
    shape : function of the output, of arithmetic alone; the output itself by default
    margin : by how much the quantity has to exceed its first value to count in ``ABOVE``

    Examples
    --------
    >>> Observable("pain", (MEAN, HIGHEST)).label
    'pain'
    """

    output: str
    kinds: tuple[str, ...]
    shape: Callable[[Any], Any] | None = None
    margin: float = 0.0

    @property
    def label(self) -> str:
        """Name of the quantity."""
        return self.output if self.shape is None else f"{self.output}_{self.shape.__name__}"


Observables = tuple[Observable, ...]


def accumulations(observables: Sequence[Observable]) -> list[tuple[Observable, str]]:
    """Return every accumulation of a run, in the order of its arrays.

    Examples
    --------
    >>> [kind for _, kind in accumulations([Observable("pain", (MEAN, LOWEST))])]
    ['mean', 'lowest']
    """
    return [(observable, kind) for observable in observables for kind in observable.kinds]


def accumulated(observe: Sequence[Observable], linked: Linked) -> dict[str, NDArray[Any]]:
    """Return what the driver has to know of accumulations, by the names in its tables.

    Raises
    ------
    ValueError : the model has no such output, or there is no such kind
    """
    names = [output.name for output in linked.outputs]
    for observable in observe:
        if observable.output not in names:
            raise ValueError(f"the model has no output {observable.output!r}")
        if unknown := set(observable.kinds) - set(BEGIN):
            raise ValueError(f"no kind of accumulation: {', '.join(sorted(unknown))}")
    levels = [observable for observable in observe if ABOVE in observable.kinds]
    return {
        "SUM_BEGIN": np.array([BEGIN[kind] for _, kind in accumulations(observe)]),
        "LEVEL_OF": np.array([names.index(level.output) for level in levels], dtype=np.int64),
        "MARGIN": np.array([level.margin for level in levels], dtype=float),
    }
