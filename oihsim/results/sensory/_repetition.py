"""What earlier tests of the same kind do to a test: repeated testing sensitises without a drug."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oihsim.model.parameter import Parameter

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Repetition:
    """How earlier tests raise what a test measures, or lower its threshold.

    Parameters
    ----------
    rise : largest growth of the response
    half : number of fresh earlier tests at half of it
    fade : half-life of what one test leaves, in h

    Notes
    -----
    growth = 1 + rise (1 - 2**(-n / half)), n the earlier tests, each faded by its age. The first
    test of a result is not sensitised. A test is made at every output time, so output times are
    the times of testing.
    """

    rise: Parameter
    half: Parameter
    fade: Parameter

    @property
    def numbers(self) -> tuple[Parameter, ...]:
        """The three numbers."""
        return (self.rise, self.half, self.fade)

    def growth(self, times: Array) -> Array:
        """Return the growth at each test, (times,), from the times of all tests in h.

        Examples
        --------
        >>> from oihsim.results.sensory import TESTS
        >>> TESTS["heat_pain_rating_repeated"].repetition.growth(np.array([0.0, 1e9])).tolist()
        [1.0, 1.0]
        """
        fading = np.log(2.0) / self.fade.value
        growth, earlier = np.ones(len(times)), 0.0
        for test in range(1, len(times)):
            # what is left of all earlier tests, the one just before included
            earlier = (earlier + 1.0) * np.exp(-fading * (times[test] - times[test - 1]))
            growth[test] += self.rise.value * (1.0 - 2.0 ** (-earlier / self.half.value))
        return growth
