"""The names that a scenario may use beside those of its doses and rules.

They are populations, models, mechanisms, switches, parameters and endpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from oihsim.treatment.vocabulary import Vocabulary

if TYPE_CHECKING:
    from oihsim.model.parameter import Parameter

POPULATIONS = Path(__file__).parent / "populations"


def population_names() -> tuple[str, ...]:
    """Return the names of the populations, from their files."""
    return tuple(sorted(path.stem for path in POPULATIONS.glob("*.yaml")))


class ScenarioVocabulary(Vocabulary):
    """The names of the package. Give a subclass of your own to :func:`oihsim.scenario.load`."""

    @cached_property
    def populations(self) -> tuple[str, ...]:
        """Names of the populations."""
        return population_names()

    def population_path(self, name: str) -> Path:
        """Return the file of a population."""
        return POPULATIONS / f"{name}.yaml"

    @cached_property
    def models(self) -> tuple[str, ...]:
        """Names of the models."""
        from oihsim.neuroplasticity import VARIANTS

        return tuple(VARIANTS)

    @cached_property
    def endpoints(self) -> tuple[str, ...]:
        """Names of the endpoints, among them the sensory tests: the mean of what each measured."""
        from oihsim.results.endpoints import NAMES

        return (*NAMES, *self.tests)

    @property
    def endpoints_at_one_time(self) -> tuple[str, ...]:
        """Names of the endpoints that have a value at one time, and not over a window only."""
        from oihsim.results.endpoints import ENDPOINTS

        names = (name for name, endpoint in ENDPOINTS.items() if endpoint.at_one_time)
        return (*names, *self.tests)

    def mechanisms(self, model: str) -> tuple[str, ...]:
        """Return the names of the mechanisms of a model."""
        from oihsim.neuroplasticity import VARIANTS

        return tuple(mechanism.name for mechanism in VARIANTS[model].mechanisms)

    def held(self, model: str) -> tuple[str, ...]:
        """Return the mechanisms that can be held: those with states."""
        from oihsim.neuroplasticity import VARIANTS

        return tuple(mechanism.name for mechanism in VARIANTS[model].mechanisms if mechanism.states)

    def switches(self, model: str) -> dict[str, tuple[str, ...]]:
        """Return the switches of a model, each with its settings, the default first."""
        from oihsim.neuroplasticity import SWITCHES, VARIANTS

        known = self.mechanisms(model)
        settings = {}
        for switch in SWITCHES:
            owners = {
                address.split(".")[0] for values in switch.options.values() for address in values
            }
            if owners <= set(known):
                default = VARIANTS[model].switches.get(switch.name, switch.default)
                others = (name for name in switch.options if name != default)
                settings[switch.name] = (default, *others)
        return settings

    def units(self, owner: str, model: str) -> dict[str, str]:
        """Return symbol -> unit of the parameters of a mechanism or a drug."""
        return {parameter.symbol: parameter.unit for parameter in self._parameters(owner, model)}

    def signed(self, owner: str, model: str) -> set[str]:
        """Return the parameters that may be below 0: those whose declared value is."""
        return {
            parameter.symbol
            for parameter in self._parameters(owner, model)
            if parameter.value < 0.0
        }

    def _parameters(self, owner: str, model: str) -> Sequence[Parameter]:
        from oihsim.neuroplasticity import VARIANTS

        for mechanism in VARIANTS[model].mechanisms:
            if mechanism.name == owner:
                return mechanism.parameters
        return tuple(self.drug(owner).parameters)


SHIPPED = ScenarioVocabulary()
