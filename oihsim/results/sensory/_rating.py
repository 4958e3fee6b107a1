"""Tests of a rating: how strong a fixed stimulus feels, from 0 (nothing) to 10 (worst)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from oihsim.model.parameter import Parameter
from oihsim.model.variability import Spread, individual
from oihsim.results.sensory._test import Array, SensoryTest

SCALE_END = Parameter("cut_off", 10.0, "1", "end of the scale; a rating comes near and stays below")
NOISE = Parameter("noise", 0.4, "1",
    "of the odds of the same subject tested again: 0.8 points near a rating of 3",
    low=0.2, high=0.8)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RatingTest(SensoryTest):
    """A stimulus of fixed strength, rated from 0 to 10.

    Parameters
    ----------
    output : a transmission of the model relative to naive, 1 in a naive subject
    gain : exponent on the output; differs between subjects by its cv

    Notes
    -----
    o(value) = o(baseline) R**gain, with o(v) = v / (10 - v) the odds and R the output: the scale
    of the model's own pain rating, which transmission never leaves. Spread and noise act on the
    odds as well, so both cvs are those of the odds. Who feels pain late rates a stimulus low: the
    deviate of the modality enters with its sign changed.

    The model's withdrawal was fitted to ratings of heat and cold read in this way (comelon2016).
    """

    output: str
    gain: Parameter
    noise: Parameter = NOISE
    cut_off: Parameter = SCALE_END

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the outputs of the model."""
        return (self.output,)

    @property
    def numbers(self) -> tuple[Parameter, ...]:
        """The numbers of this form of test."""
        return (self.baseline, self.gain, self.noise, self.cut_off)

    @property
    def varying(self) -> Parameter:
        """The gain that differs between subjects."""
        return self.gain

    def response(self, outputs: Mapping[str, Array], gain: Array) -> Array:
        """Return the factor on the odds of the rating.

        Examples
        --------
        >>> from oihsim.results.sensory import TESTS
        >>> naive = {"nociceptive_transmission": np.ones(1)}
        >>> TESTS["heat_pain_rating"].response(naive, np.ones(1)).tolist()
        [1.0]
        """
        return np.asarray(outputs[self.output] ** gain)

    def value(self, baseline: Array, factor: Array) -> Array:
        """Return the rating whose odds are those of the baseline times the factor.

        Examples
        --------
        >>> from oihsim.results.sensory import TESTS
        >>> TESTS["heat_pain_rating"].value(np.array([5.0]), np.array([4.0])).tolist()
        [8.0]
        """
        # b f / (10 - b + b f), written so that a factor of 1 gives the baseline to the last bit
        return np.asarray(baseline * factor / (1.0 + 0.1 * baseline * (factor - 1.0)))

    def baselines(self, z: Array | None, n: int) -> Array:
        """Return the baselines of ``n`` subjects from their deviates; None for the typical one."""
        odds_ratio = Spread(replace(self.baseline, value=1.0))
        late = None if z is None else -z
        factor = individual(f"{self.name}.baseline", odds_ratio, late, n)
        return self.value(np.asarray(self.baseline.value), factor)
