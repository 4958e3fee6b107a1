"""The structure of a drug file: compartments, flows, transit chains, ligands and routes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from oihsim.drugs.drug_units import RATE, acting
from oihsim.drugs.fields import Fields
from oihsim.drugs.parts import Input, Ligand, Transport
from oihsim.drugs.targets import PAIRS, TARGETS
from oihsim.files.units import NUMBER, TIME, VOLUME, Dimension
from oihsim.files.yaml import Place
from oihsim.kinetics.compartments import OUT
from oihsim.kinetics.expressions import Expression

Known = dict[str, Dimension]
Volumes = dict[str, Expression | None]

LONGEST_CHAIN = 30

ACTS = {"drug": tuple(TARGETS), "therapy": PAIRS, "injury": ("injury",), "gas": PAIRS}
"""Kind of an agent -> targets it may have; only drugs bind."""

SPACES = {"drug": VOLUME, "gas": TIME}
"""Kind of an agent -> dimension of its volumes. MAC-hours in a lung that empties with a time
constant are that constant times the fraction of MAC: it takes the place of a volume."""

WEAR_TIME = "wear time"
"""Written for ``duration`` if the dose has a duration of its own (a patch)."""


def read_compartments(fields: Fields, data: Any, known: Known, kind: str = "drug") -> Volumes:
    """Return compartment -> volume or None; only drugs and gases have volumes."""
    volumes: Volumes = {}
    for name, entry in fields.named(("compartments",), data, "names").items():
        place = ("compartments", name)
        entry = fields.mapping(place, entry, ("volume", "meaning"))
        volumes[name] = None
        if name == OUT:
            fields.refuse(place, f"'{OUT}'", f"another name; '{OUT}' is outside the body")
        if kind not in SPACES and "volume" in entry:
            actual = f"a volume of kind {kind}"
            fields.refuse((*place, "volume"), actual, "none; its amount acts")
        elif entry.get("volume") is not None:
            volumes[name] = fields.formula((*place, "volume"), entry["volume"], known, SPACES[kind])
    return volumes


def read_transits(fields: Fields, data: Any, volumes: Volumes, known: Known) -> list[Transport]:
    """Return the flows of transit chains and add their compartments to ``volumes``.

    A chain of ``n`` lies between ``from`` and ``to``; all ``n + 1`` flows have the same rate.
    """

    def rate(place: Place, value: Any) -> Expression | None:
        return fields.formula(place, value, known, RATE)

    return transit_chains(fields, data, volumes, rate)


def transit_chains(
    fields: Fields, data: Any, volumes: Volumes, rate_of: Callable[[Place, Any], Expression | None]
) -> list[Transport]:
    """Return the flows of transit chains, whose rates ``rate_of`` reads."""
    flows: list[Transport] = []
    for i, item in enumerate(fields.sequence(("transit",), data)):
        place = ("transit", i)
        keys = ("name", "n", "rate", "from", "to")
        entry = fields.mapping(place, item, keys, keys)
        if any(entry.get(key) is None for key in keys):
            continue
        rate = rate_of((*place, "rate"), entry["rate"])
        origin = _compartment(fields, (*place, "from"), entry["from"], volumes)
        target = _compartment(fields, (*place, "to"), entry["to"], volumes)
        n = entry["n"]
        if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= LONGEST_CHAIN:
            fields.refuse((*place, "n"), repr(n), f"a whole number from 1 to {LONGEST_CHAIN}")
            continue
        names = [f"{fields.text((*place, 'name'), entry['name'])}{k}" for k in range(1, n + 1)]
        twice = [name for name in names if name in volumes]
        if twice:
            fields.refuse((*place, "name"), f"'{twice[0]}' a second time", "a name not used yet")
            continue
        volumes.update(dict.fromkeys(names))
        if rate and origin and target:
            stops = [origin, *names, target]
            flows += [Transport(a, b, rate) for a, b in pairwise(stops)]
    return flows


def read_flows(fields: Fields, data: Any, volumes: Volumes, known: Known) -> list[Transport]:
    """Return the first-order flows."""
    flows: list[Transport] = []
    for i, item in enumerate(fields.sequence(("flows",), data)):
        place = ("flows", i)
        keys = ("from", "to", "rate")
        entry = fields.mapping(place, item, keys, keys)
        if any(entry.get(key) is None for key in keys):
            continue
        rate = fields.formula((*place, "rate"), entry["rate"], known, RATE)
        origin = _compartment(fields, (*place, "from"), entry["from"], volumes)
        target = _compartment(fields, (*place, "to"), entry["to"], volumes, outside=True)
        if origin and origin == target:
            fields.refuse(place, f"a flow from '{origin}' to itself", "two compartments")
        elif rate and origin and target:
            flows.append(Transport(origin, target, rate))
    return flows


def read_ligands(
    fields: Fields, data: Any, volumes: Volumes, known: Known, head: dict[str, Any]
) -> list[Ligand]:
    """Return the ligands; a drug binds, a therapy or gas takes away input, an injury adds to it."""
    ligands: list[Ligand] = []
    is_drug = head["kind"] == "drug"
    allowed = ACTS[head["kind"]]
    for name, item in fields.named(("ligands",), data, "names").items():
        place = ("ligands", name)
        keys = ("plasma", "ke0", *(("molar_mass",) if is_drug else ()), "targets", "note")
        # without targets a ligand is followed, and acts on nothing
        entry = fields.mapping(place, item, keys, ("plasma", "ke0"))
        plasma = ke0 = None
        if entry.get("plasma") is not None:
            plasma = _compartment(fields, (*place, "plasma"), entry["plasma"], volumes)
            lacks_volume = head["kind"] in SPACES and plasma and volumes[plasma] is None
            if lacks_volume and not fields.problems:
                fields.refuse((*place, "plasma"), f"'{plasma}'", "a compartment with a volume")
        if entry.get("ke0") is not None:
            ke0 = fields.formula((*place, "ke0"), entry["ke0"], known, RATE)
        mass: float | None = head["molar_mass"]
        if is_drug and entry.get("molar_mass") is not None:
            mass = fields.number((*place, "molar_mass"), entry["molar_mass"], 1.0, 1e6)
        targets = {}
        for target, action in fields.mapping(
            (*place, "targets"), entry.get("targets") or {}, allowed
        ).items():
            if target in allowed:
                targets[target] = _action(
                    fields, (*place, "targets", target), target, action, known, head["kind"]
                )
        if plasma and ke0 and mass:
            ligands.append(Ligand(name, plasma, ke0, mass, targets))
    return ligands


def _action(
    fields: Fields, place: Place, target: str, data: Any, known: Known, kind: str
) -> dict[str, Any]:
    """Return the formulas of a ligand's action on one target."""
    formulas = {key: acting(dimension, kind) for key, dimension in TARGETS[target].items()}
    plain = {"mor": ("kinetics",), "nmda": ("claimed",)}.get(target, ())
    required = tuple(formulas)
    if target == "mor":
        required = ("efficacy", "efficacy_arrestin", "k_des", "k_int", "kinetics")
    entry = fields.mapping(place, data, (*formulas, *plain), required)
    action: dict[str, Any] = {}
    for key, dimension in formulas.items():
        if key in entry and entry[key] is None and key not in required:
            fields.refuse((*place, key), "nothing", "a value, or leave the key out")
        if entry.get(key) is not None:
            action[key] = fields.formula((*place, key), entry[key], known, dimension)
    if target == "nmda":
        action["claimed"] = entry.get("claimed", False)
        if not isinstance(action["claimed"], bool):
            fields.refuse((*place, "claimed"), repr(action["claimed"]), "true or false")
    if target == "mor" and entry:
        if ("KD" in entry) == ("C50" in entry):
            fields.refuse(place, "both or neither of KD and C50", "one of KD and C50")
        if entry.get("kinetics") is not None:
            speed = fields.choice((*place, "kinetics"), entry["kinetics"], ("fast", "slow"))
            action["kinetics"] = speed
            if (speed == "slow") != ("k_off" in entry):
                fields.refuse(
                    (*place, "k_off"),
                    "a k_off" if speed == "fast" else "no k_off",
                    "a k_off when kinetics are slow, none when they are fast",
                )
    return action


def read_routes(
    fields: Fields, data: Any, volumes: Volumes, known: Known
) -> tuple[dict[str, tuple[Input, ...]], tuple[str, ...]]:
    """Return the inputs of each route, and the routes whose dose has its own duration."""
    routes: dict[str, tuple[Input, ...]] = {}
    worn: list[str] = []
    known = known | {"DOSE": NUMBER}
    for name, items in fields.named(("routes",), data, "names").items():
        inputs: list[Input] = []
        for i, item in enumerate(fields.sequence(("routes", name), items)):
            place: Place = ("routes", name, i)
            entry = fields.mapping(place, item, ("into", "F", "lag", "duration"), ("into",))
            if entry.get("into") is None:
                continue
            into = _compartment(fields, (*place, "into"), entry["into"], volumes)
            fraction = fields.formula((*place, "F"), entry.get("F", 1), known, NUMBER)
            lag = fields.formula((*place, "lag"), entry.get("lag", 0), known, TIME)
            duration = None
            if entry.get("duration") == WEAR_TIME:
                worn.append(name)
            elif entry.get("duration") is not None:
                duration = fields.formula((*place, "duration"), entry["duration"], known, TIME)
            if into and fraction and lag:
                inputs.append(Input(into, fraction, lag, duration))
        routes[name] = tuple(inputs)
    return routes, tuple(dict.fromkeys(worn))


def _compartment(
    fields: Fields, place: Place, value: Any, volumes: Volumes, outside: bool = False
) -> str | None:
    allowed = (*volumes, OUT) if outside else tuple(volumes)
    return fields.choice(place, value, allowed)
