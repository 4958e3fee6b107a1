"""The declaration of a sensory test, and the baselines and gains of its subjects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from oihsim.model.parameter import Parameter
from oihsim.model.variability import Spread, individual
from oihsim.results.sensory._repetition import Repetition

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SensoryTest(ABC):
    """A test of pain: from outputs of the model to the reading of the apparatus.

    Parameters
    ----------
    name : as a scenario writes it
    modality : tests of one modality share the deviate of the baseline: who feels pain late bears
        it long (bhalang2005)
    meaning : what is measured, without the unit
    unit : of the value
    better : ``"higher"`` or ``"lower"``
    baseline : median of drug-naive people, its ``cv`` between people (log-normal)
    noise : coefficient of variation of the same subject tested again (log-normal, median 1)
    cut_off : where the test ends; a subject who gets there is censored
    repetition : what earlier tests of the same kind do; None where nothing is said of them
    references : keys of further sources, beyond those of the numbers

    Notes
    -----
    A test without noise in a naive subject gives the subject's baseline exactly, unless earlier
    tests have sensitised the subject.
    """

    name: str
    modality: str
    meaning: str
    unit: str
    better: str
    baseline: Parameter
    noise: Parameter
    cut_off: Parameter
    repetition: Repetition | None = None
    references: tuple[str, ...] = ()

    @property
    @abstractmethod
    def reads(self) -> tuple[str, ...]:
        """Names of the outputs of the model."""

    @property
    @abstractmethod
    def numbers(self) -> tuple[Parameter, ...]:
        """The numbers of this form of test."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every number of the test."""
        return self.numbers + (self.repetition.numbers if self.repetition else ())

    @property
    @abstractmethod
    def varying(self) -> Parameter:
        """The gain that differs between subjects."""

    @property
    def origin(self) -> float:
        """Lowest value of the test: the start of the stimulus, or an area of 0."""
        return 0.0

    @abstractmethod
    def response(self, outputs: Mapping[str, Array], gain: Array) -> Array:
        """Return the factor on the distance from the origin (or on odds), 1 in a naive subject.

        Parameters
        ----------
        outputs : by name, (…, subjects, times)
        gain : of the subjects, broadcastable to the outputs
        """

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of all sources, sorted."""
        keys = {parameter.source for parameter in self.parameters} | set(self.references)
        return tuple(sorted(keys - {""}))

    def baselines(self, z: Array | None, n: int) -> Array:
        """Return the baselines of ``n`` subjects from their deviates; None for the typical one."""
        above = replace(self.baseline, value=self.baseline.value - self.origin)
        return self.origin + individual(f"{self.name}.baseline", Spread(above), z, n)

    def gains(self, z: Array | None, n: int) -> Array:
        """Return the gains of ``n`` subjects from their deviates; None for the typical one."""
        address = f"{self.name}.{self.varying.symbol}"
        return individual(address, Spread(self.varying), z, n)

    def after_earlier_tests(self, times: Array) -> Array | float:
        """Return the factor of earlier tests at each of these times, (times,) in h."""
        if self.repetition is None:
            return 1.0
        growth = self.repetition.growth(times)
        return growth if self.better == "lower" else 1.0 / growth

    def value(self, baseline: Array, factor: Array) -> Array:
        """Return the value of subjects with this baseline; a factor of 1 is that of the naive."""
        return np.asarray(self.origin + (baseline - self.origin) * factor)

    def wobble(self, z: Array) -> Array:
        """Return the factor of noise on the distance from the origin (or on odds)."""
        return np.asarray(np.exp(np.sqrt(np.log1p(self.noise.value**2)) * z))
