"""The body: every mechanism, the named switches and the named variants of the model.

The folder is the registry. A mechanism is one file here that holds one ``Mechanism``; nothing else
has to be changed to add it. Order of evaluation follows from symbols, not from this list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules

from oihsim.kinetics.binding import MU_RECEPTOR
from oihsim.model.mechanism import Mechanism
from oihsim.neuroplasticity.oih21 import OIH21, with_prototype_corner


@dataclass(frozen=True)
class Switch:
    """A contested point that can be set either way; each option changes parameters.

    Parameters
    ----------
    name : as written under ``switches`` in a scenario
    meaning : one sentence
    options : for each option the parameters it sets, by address (``mechanism.symbol``)
    default : the option that applies when a scenario says nothing
    references : keys in ``references.bib`` for both sides of the dispute

    Examples
    --------
    >>> [switch.name for switch in SWITCHES]
    ['opioid_nmda_block', 'pronociceptive_efficacy', 'm3g', 'expression']
    """

    name: str
    meaning: str
    options: Mapping[str, Mapping[str, float]]
    default: str
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variant:
    """A named model: mechanisms, and parameters that differ from their declared values.

    Parameters
    ----------
    name : as written under ``model`` in a scenario
    meaning : one sentence
    mechanisms : processes of the model
    parameters : values by address (``mechanism.symbol``) that replace the declared ones
    switches : options that replace the default ones, by the name of the switch

    Examples
    --------
    >>> VARIANTS["oih21"].parameters["nociception.tau"]
    20.0
    """

    name: str
    meaning: str
    mechanisms: tuple[Mechanism, ...]
    parameters: Mapping[str, float]
    switches: Mapping[str, str] = field(default_factory=dict)


def _mechanisms() -> Iterator[Mechanism]:
    for module in sorted(info.name for info in iter_modules(__path__)):
        names = vars(import_module(f"{__name__}.{module}"))
        for value in names.values():
            # a module may import a mechanism of another file, which counts there
            if isinstance(value, Mechanism) and value.name == module:
                yield value


MECHANISMS: tuple[Mechanism, ...] = (MU_RECEPTOR, *_mechanisms())
"""Binding at the receptor first, then the modules of this folder in name order."""

SWITCHES: tuple[Switch, ...] = (
    Switch(
        name="opioid_nmda_block",
        meaning="whether opioids such as methadone block NMDA receptors at clinical concentrations",
        options={"on": {"nmda.w_opioid_nmda": 1.0}, "off": {"nmda.w_opioid_nmda": 0.0}},
        default="on",
        references=("gorman1997", "levinstein2024"),
    ),
    Switch(
        name="pronociceptive_efficacy",
        meaning="which efficacy of a ligand drives the pronociceptive limb",
        options={
            "analgesic": {"receptor_trafficking.w_arrestin": 0.0},
            "arrestin": {"receptor_trafficking.w_arrestin": 1.0},
        },
        default="analgesic",
        references=("williams2013",),
    ),
    Switch(
        name="m3g",
        meaning="whether morphine-3-glucuronide excites microglia apart from the mu receptor",
        options={"on": {"microglia.w_m3g": 1.0}, "off": {"microglia.w_m3g": 0.0}},
        default="on",
        references=("swartjes2012", "roeckel2017"),
    ),
    Switch(
        name="expression",
        meaning="whether the limbs of sensitisation add up or gate one another",
        options={
            "additive": {
                "nociception.gating": 0.0,
                "nociception.x_N": 0.8,
                "nociception.rho": 0.7,
                "nociception.s_S": 0.45,
            },
            "gated": {
                "nociception.gating": 1.0,
                "nociception.x_N": 0.2,
                "nociception.rho": 0.9,
                "nociception.s_S": 0.55,
            },
        },
        default="gated",
        references=("vanderah2000", "vanderah2001", "ferrini2013"),
    ),
)

VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant(
            name="oihsim-1",
            meaning="the shipped model: the declared value of every parameter",
            mechanisms=MECHANISMS,
            parameters={},
        ),
        Variant(
            name="oih21",
            meaning="the prototype OIH-21, whose published tables it reproduces",
            mechanisms=tuple(map(with_prototype_corner, MECHANISMS)),
            parameters=OIH21,
            switches={"expression": "additive"},
        ),
    )
}
