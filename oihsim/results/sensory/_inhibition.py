"""Tests of inhibition: how much one pain takes away from another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._test import Array, SensoryTest


@dataclass(frozen=True, kw_only=True)
class InhibitionTest(SensoryTest):
    """The part of a rating that a second, painful stimulus elsewhere takes away.

    Parameters
    ----------
    facilitation_gain : exponent on the facilitation that is not recruited; differs between
        subjects by its cv

    Notes
    -----
    value = baseline (1 - F)**facilitation_gain, F the descending facilitation that reaches the
    cord. The model has descending facilitation and no descending inhibition of its own: the test
    says that inhibition is lost as facilitation is recruited.
    """

    facilitation_gain: Parameter

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the outputs of the model."""
        return ("effective_facilitation",)

    @property
    def numbers(self) -> tuple[Parameter, ...]:
        """The numbers of this form of test."""
        return (self.baseline, self.facilitation_gain, self.noise, self.cut_off)

    @property
    def varying(self) -> Parameter:
        """The gain that differs between subjects."""
        return self.facilitation_gain

    def response(self, outputs: Mapping[str, Array], gain: Array) -> Array:
        """Return the inhibition relative to that of a naive subject.

        Examples
        --------
        >>> from oihsim.results.sensory import TESTS
        >>> half = {"effective_facilitation": np.array([0.5])}
        >>> TESTS["conditioned_pain_modulation"].response(half, np.ones(1)).tolist()
        [0.5]
        """
        return np.asarray((1.0 - outputs["effective_facilitation"]) ** gain)
