"""Tests of a threshold or a tolerance: how strong or how long a stimulus has to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._test import Array, SensoryTest

AT_ZERO = Parameter("start", 0.0, "1", "where the stimulus starts: at nothing")


@dataclass(frozen=True, kw_only=True)
class ThresholdTest(SensoryTest):
    """A stimulus that rises from its start until the subject stops it.

    Parameters
    ----------
    output : a threshold of the model relative to naive, 1 in a naive subject
    relief_gain : exponent where the output is above naive; differs between subjects by its cv
    hyperalgesia_gain : exponent where the output is below naive
    start : value at which the stimulus starts, in the unit of the test

    Notes
    -----
    value = start + (baseline - start) R**gain, with R the output. The gains above and below naive
    were measured apart and differ: analgesia that triples the model's threshold lengthens the time
    in ice water by a fifth (luginbuhl2001), whereas dependence, for which the output falls to 0.6,
    shortens that time by as much (pud2006). The value rises with the output on both sides and is
    continuous at 1.
    """

    output: str
    relief_gain: Parameter
    hyperalgesia_gain: Parameter
    start: Parameter = AT_ZERO

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the outputs of the model."""
        return (self.output,)

    @property
    def numbers(self) -> tuple[Parameter, ...]:
        """The numbers of this form of test."""
        first = () if self.start is AT_ZERO else (self.start,)
        return (
            *first, self.baseline, self.relief_gain, self.hyperalgesia_gain, self.noise,
            self.cut_off,
        )  # fmt: skip

    @property
    def varying(self) -> Parameter:
        """The gain that differs between subjects."""
        return self.relief_gain

    @property
    def origin(self) -> float:
        """Where the stimulus starts."""
        return self.start.value

    def response(self, outputs: Mapping[str, Array], gain: Array) -> Array:
        """Return the output to the power of the gain on its side of naive.

        Examples
        --------
        >>> from oihsim.results.sensory import TESTS
        >>> half = {"pain_tolerance": np.array([0.5])}
        >>> TESTS["cold_pressor_tolerance"].response(half, np.array([0.16])).tolist()
        [0.5]
        """
        ratio = outputs[self.output]
        return np.asarray(ratio ** np.where(ratio < 1.0, self.hyperalgesia_gain.value, gain))
