"""The names that doses and rules may use: drugs, routes, sensory tests, what a rule can read.

Each is looked up when it is first needed, so that reading a scenario parses only what it names.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oihsim.drugs import Drug

BOLUS_ROUTES = ("oral", "sublingual", "buccal", "nasal", "intranasal", "im", "rectal", "inhaled")
"""Routes given at once, by the beginning of their names: no rate, no time to run in."""


class Vocabulary:
    """The names of the package: attributes are tuples of names, methods look into one drug."""

    @cached_property
    def drugs(self) -> tuple[str, ...]:
        """Names of the drugs."""
        from oihsim.drugs import drug_names

        return tuple(drug_names())

    @cached_property
    def tests(self) -> tuple[str, ...]:
        """Names of the sensory tests."""
        from oihsim.results.sensory import NAMES

        return NAMES

    def drug(self, name: str) -> Drug:
        """Return a drug."""
        return _drug(name)

    def routes(self, drug: str) -> tuple[str, ...]:
        """Return the routes of a drug."""
        return tuple(self.drug(drug).routes)

    def dosed_in(self, drug: str) -> str:
        """Return the unit of a dose: mg, or what is counted (a session, an incision)."""
        return self.drug(drug).dose_unit

    def dosing(self, drug: str, route: str) -> str:
        """Return how a route is dosed: by ``"bolus"``, ``"rate"`` (patches) or ``"either"``."""
        if route in self.drug(drug).worn:
            return "rate"
        # a route with a duration of its own has no room for another
        timed = any(
            part.duration is not None for part in self.drug(drug).route_parts.get(route, ())
        )
        by_name = any(route == name or route.startswith(f"{name}_") for name in BOLUS_ROUTES)
        return "bolus" if timed or by_name else "either"

    def kind(self, drug: str) -> str:
        """Return the kind of a drug file: ``"drug"``, ``"therapy"``, ``"injury"`` or ``"gas"``."""
        return self.drug(drug).kind

    def depends_on_dose(self, drug: str, route: str) -> bool:
        """Return whether bioavailability, lag or duration of a route depend on the dose."""
        return any(
            formula is not None and "DOSE" in formula.names
            for part in self.drug(drug).route_parts.get(route, ())
            for formula in (part.F, part.lag, part.duration)
        )

    def concentrations(self, drug: str) -> dict[str, str]:
        """Return the names of the concentrations of a drug's ligands, each with its unit."""
        unit = self.drug(drug).concentration_unit
        return {
            f"{ligand}_{place}_concentration": unit
            for ligand in self.drug(drug).ligands
            for place in ("plasma", "effect_site")
        }

    def observed(self, model: str) -> dict[str, str]:
        """Return the names of what can be observed in a subject, each with its unit.

        They are the outputs and states of a model, the withdrawal intensity and the sensory tests,
        except those that earlier tests sensitise: a rule does not count its visits as tests.
        """
        from oihsim.neuroplasticity import VARIANTS
        from oihsim.results.sensory import TESTS

        mechanisms = VARIANTS[model].mechanisms
        units = {output.name: output.unit for part in mechanisms for output in part.outputs}
        units |= {state.name: state.unit for part in mechanisms for state in part.states}
        if "cyclic_amp_excess" in units:
            units["withdrawal_intensity"] = "1"
        return units | {
            name: TESTS[name].unit for name in self.tests if TESTS[name].repetition is None
        }

    def opioid(self, drug: str) -> bool:
        """Return whether a drug is an opioid agonist: it has efficacy at the mu receptor."""
        import numpy as np

        definition = self.drug(drug)
        values = definition.individual(definition.typical())
        return any(
            np.any(part.targets["mor"]["efficacy"].value(values) > 0.0)
            for part in definition.ligand_parts
            if "mor" in part.targets
        )


@lru_cache(maxsize=64)
def _drug(name: str) -> Drug:
    from oihsim.drugs import load_drug

    return load_drug(name)


SHIPPED = Vocabulary()
