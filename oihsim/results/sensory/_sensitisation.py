"""Tests of sensitised pain: analgesia and sensitisation enter apart, each with its exponent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._test import Array, SensoryTest


@dataclass(frozen=True, kw_only=True)
class SensitisationTest(SensoryTest):
    """A threshold that sensitisation lowers, or a response that sensitisation raises.

    Parameters
    ----------
    relief_gain : exponent on what analgesia leaves; differs between subjects by its cv
    sensitisation_gain : exponent on one plus sensitisation

    Notes
    -----
    A response, of which less is better, is baseline (1 - E)**relief_gain times
    (1 + Z)**sensitisation_gain, with E analgesia and Z sensitisation; a threshold, of which more is
    better, is baseline divided by the same. Each effect has an exponent of its own wherever the
    other stands: neither cancels the other at a kink. Withdrawal excites pain ratings and is left
    out here, as in the areas (koppert2003).
    """

    relief_gain: Parameter
    sensitisation_gain: Parameter

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the outputs of the model."""
        return ("analgesic_effect", "sensitisation")

    @property
    def numbers(self) -> tuple[Parameter, ...]:
        """The numbers of this form of test."""
        return (
            self.baseline, self.relief_gain, self.sensitisation_gain, self.noise, self.cut_off
        )  # fmt: skip

    @property
    def varying(self) -> Parameter:
        """The gain that differs between subjects."""
        return self.relief_gain

    @property
    def sense(self) -> float:
        """1 for a response, -1 for a threshold."""
        return 1.0 if self.better == "lower" else -1.0

    def response(self, outputs: Mapping[str, Array], gain: Array) -> Array:
        """Return the value relative to that of a naive subject.

        Examples
        --------
        >>> from oihsim.results.sensory import TESTS
        >>> sensitised = {"analgesic_effect": np.zeros(1), "sensitisation": np.ones(1)}
        >>> TESTS["punctate_pain_threshold_wound"].response(sensitised, np.ones(1)).tolist()
        [0.5]
        """
        effect, Z = outputs["analgesic_effect"], outputs["sensitisation"]  # noqa: N806
        spared = (1.0 - effect) ** (self.sense * gain)
        return np.asarray(spared * (1.0 + Z) ** (self.sense * self.sensitisation_gain.value))
