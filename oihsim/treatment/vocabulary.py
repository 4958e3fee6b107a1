"""The names a scenario may use: drugs, routes, populations, models, mechanisms, tests, endpoints.

Each is looked up when first asked for, so that reading a scenario parses only what it names.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oihsim.model.parameter import Parameter

PACKAGE = Path(__file__).parent.parent
POPULATIONS = PACKAGE / "scenario" / "populations"

BOLUS_ROUTES = ("oral", "sublingual", "buccal", "nasal", "intranasal", "im", "rectal", "inhaled")
"""Routes given at once, by the beginning of their names: no rate, no time to run in."""


def population_names() -> tuple[str, ...]:
    """Return the names of the populations, from their files."""
    return tuple(sorted(path.stem for path in POPULATIONS.glob("*.yaml")))


class Vocabulary:
    """The names shipped with the package. Give your own to :func:`oihsim.scenario.load`.

    Attributes are tuples of names; methods look into one drug or one model.
    """

    @cached_property
    def drugs(self) -> tuple[str, ...]:
        """Names of the drugs."""
        from oihsim.drugs import drug_names

        return tuple(drug_names())

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
        """Names of the endpoints; one a file, so the folder is read and nothing is imported.

        A sensory test is an endpoint too: the mean of what it measured.
        """
        files = (PACKAGE / "results" / "endpoints").glob("[a-z]*.py")
        return (*sorted(path.stem for path in files), *self.tests)

    @cached_property
    def tests(self) -> tuple[str, ...]:
        """Names of the sensory tests, from their files."""
        return tuple(
            sorted(path.stem for path in (PACKAGE / "results" / "sensory").glob("[a-z]*.py"))
        )

    def routes(self, drug: str) -> tuple[str, ...]:
        """Return the routes of a drug."""
        return tuple(_drug(drug).routes)

    def dosed_in(self, drug: str) -> str:
        """Return the unit of a dose: mg, or what is counted (a session, an incision)."""
        return _drug(drug).dose_unit  # type: ignore[no-any-return]

    def given_by(self, drug: str, route: str) -> str:
        """Return how a route is dosed: ``"bolus"``, ``"rate"`` (patches) or ``"either"``."""
        if route in _drug(drug).worn:
            return "rate"
        # a route with a duration of its own has no room for another
        own = any(part.duration is not None for part in _drug(drug).route_parts.get(route, ()))
        at_once = own or any(route == name or route.startswith(f"{name}_") for name in BOLUS_ROUTES)
        return "bolus" if at_once else "either"

    def kind(self, drug: str) -> str:
        """Return what it is: ``"drug"``, ``"therapy"`` or ``"injury"``."""
        return _drug(drug).kind  # type: ignore[no-any-return]

    def depends_on_dose(self, drug: str, route: str) -> bool:
        """Return whether what is absorbed by a route, or when, depends on the size of a dose."""
        return any(
            formula is not None and "DOSE" in formula.names
            for part in _drug(drug).route_parts.get(route, ())
            for formula in (part.F, part.lag, part.duration)
        )

    def concentrations(self, drug: str) -> dict[str, str]:
        """Return the names of the concentrations of a drug's ligands, each with its unit."""
        unit = _drug(drug).concentration_unit
        return {
            f"{ligand}_{place}_concentration": unit
            for ligand in _drug(drug).ligands
            for place in ("plasma", "effect_site")
        }

    def observed(self, model: str) -> dict[str, str]:
        """Return the names of what can be read of a subject, each with its unit.

        They are the read-outs and states of a model, the withdrawal that is felt, and the sensory
        tests.
        """
        from oihsim.neuroplasticity import VARIANTS
        from oihsim.results.sensory import TESTS

        parts = VARIANTS[model].mechanisms
        found = {one.name: one.unit for part in parts for one in part.outputs}
        found |= {one.name: one.unit for part in parts for one in part.states}
        if "cyclic_amp_excess" in found:
            found["withdrawal_intensity"] = "1"
        return found | {name: TESTS[name].unit for name in self.tests}

    def opioid(self, drug: str) -> bool:
        """Return whether a drug is an opioid agonist: it has efficacy at the mu receptor."""
        import numpy as np

        one = _drug(drug)
        values = one.individual(one.typical())
        return any(
            np.any(part.targets["mor"]["efficacy"].value(values) > 0.0)
            for part in one.ligand_parts
            if "mor" in part.targets
        )

    def mechanisms(self, model: str) -> tuple[str, ...]:
        """Return the names of the mechanisms of a model."""
        from oihsim.neuroplasticity import VARIANTS

        return tuple(mechanism.name for mechanism in VARIANTS[model].mechanisms)

    def held(self, model: str) -> tuple[str, ...]:
        """Return the mechanisms that can be held: those with states."""
        from oihsim.neuroplasticity import VARIANTS

        return tuple(one.name for one in VARIANTS[model].mechanisms if one.states)

    def switches(self, model: str) -> dict[str, tuple[str, ...]]:
        """Return the switches of a model, each with its settings, the default first."""
        from oihsim.neuroplasticity import SWITCHES, VARIANTS

        known = self.mechanisms(model)
        found = {}
        for switch in SWITCHES:
            owners = {address.split(".")[0] for one in switch.options.values() for address in one}
            if owners <= set(known):
                default = VARIANTS[model].switches.get(switch.name, switch.default)
                others = (name for name in switch.options if name != default)
                found[switch.name] = (default, *others)
        return found

    def units(self, owner: str, model: str) -> dict[str, str]:
        """Return symbol -> unit of the parameters of a mechanism or a drug."""
        return {one.symbol: one.unit for one in _parameters(owner, model)}

    def signed(self, owner: str, model: str) -> set[str]:
        """Return the parameters that may be below 0: those whose declared value is."""
        return {one.symbol for one in _parameters(owner, model) if one.value < 0.0}


def _parameters(owner: str, model: str) -> Sequence[Parameter]:
    from oihsim.neuroplasticity import VARIANTS

    own = {one.name: one.parameters for one in VARIANTS[model].mechanisms}
    return own[owner] if owner in own else tuple(_drug(owner).parameters)


@lru_cache(maxsize=64)
def _drug(name: str):  # type: ignore[no-untyped-def]
    from oihsim.drugs import load_drug

    return load_drug(name)


SHIPPED = Vocabulary()
