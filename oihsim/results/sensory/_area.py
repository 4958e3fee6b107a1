"""Tests of an area: how far hyperalgesia to a pin spreads around an injury."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._test import Array, SensoryTest

REACH = Parameter("reach", 0.8, "1",
    "part of the area that complete analgesia removes; between petersen2001 (to 37 % of placebo) "
    "and hood2003 (to 67 % at a higher concentration), which no one number meets",
    "petersen2001", "fitted", low=0.5, high=1.0)  # fmt: skip
GROWTH = Parameter("growth", 1.0, "1",
    "largest growth of the area by sensitisation: twice as large",
    low=0.3, high=3.0, cv=0.5)  # fmt: skip
HALF = Parameter("half_growth", 0.02, "1",
    "sensitisation at half the largest growth; + 42 % four hours after 80 min of remifentanil, "
    "about half of + 80 %, which had no placebo arm",
    "hood2003", "fitted", low=0.005, high=0.2)  # fmt: skip
LIMIT = Parameter("cut_off", 300.0, "cm**2", "skin of the forearm that can be mapped")
NOISE = Parameter("noise", 0.25, "1", "of the same subject mapped again", low=0.1, high=0.5)


@dataclass(frozen=True, kw_only=True)
class AreaTest(SensoryTest):
    """An area mapped after a standard injury, which sensitises of itself.

    Parameters
    ----------
    reach : part of the area that complete analgesia removes
    growth : largest growth by sensitisation; differs between subjects by its cv
    half_growth : sensitisation at half the largest growth

    Notes
    -----
    value = baseline (1 - reach E) (1 + growth Z / (Z + half_growth)), E analgesia and Z
    sensitisation: transmission's sensitised part. The injury itself is in the baseline. The
    rebound of withdrawal is left out: after remifentanil, S-ketamine abolished the growth of the
    area but not the rise of pain (koppert2003). The growth saturates, since the skin does.
    """

    reach: Parameter = REACH
    growth: Parameter = GROWTH
    half_growth: Parameter = HALF

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the outputs of the model."""
        return ("analgesic_effect", "sensitisation")

    @property
    def numbers(self) -> tuple[Parameter, ...]:
        """The numbers of this form of test."""
        return (
            self.baseline, self.reach, self.growth, self.half_growth, self.noise, self.cut_off
        )  # fmt: skip

    @property
    def varying(self) -> Parameter:
        """The gain that differs between subjects."""
        return self.growth

    def response(self, outputs: Mapping[str, Array], gain: Array) -> Array:
        """Return the area relative to that of a naive subject after the same injury.

        Examples
        --------
        >>> from oihsim.results.sensory import TESTS
        >>> naive = {"analgesic_effect": np.zeros(1), "sensitisation": np.zeros(1)}
        >>> TESTS["hyperalgesia_area_capsaicin"].response(naive, np.ones(1)).tolist()
        [1.0]
        """
        effect, Z = outputs["analgesic_effect"], outputs["sensitisation"]  # noqa: N806
        spared = 1.0 - self.reach.value * effect
        return np.asarray(spared * (1.0 + gain * Z / (Z + self.half_growth.value)))
