"""A file of kind ``model`` to a :class:`LinearModel`: the drug-file form without pedigree."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oihsim.drugs import drug_names, load_drug
from oihsim.drugs.drug_units import KINDS, TIMES, unit_of
from oihsim.drugs.fields import Fields
from oihsim.drugs.linear_model import FILLS, UNITY, ZERO, LinearModel, Part, Site, of_drug
from oihsim.drugs.parts import Transport
from oihsim.drugs.structure_part import WEAR_TIME, transit_chains
from oihsim.files.errors import InputError
from oihsim.files.yaml import Document, Place, read_yaml
from oihsim.kinetics.compartments import OUT
from oihsim.kinetics.expressions import FUNCTIONS, Expression, parse

SCHEMA = "oihsim-drug/1"

REQUIRED = ("schema", "kind", "parameters", "compartments", "flows")
OPTIONAL = (
    *("drug", "meaning", "note", "units", "doses_are", "derived", "transit", "routes", "ligands"),
    *("default", "covariate_fill"),
)
NOT_READ = ("molar_mass", "correlations", "references")
"""Keys of a drug file that do not concern amounts of the typical subject."""

OF_A_PARAMETER = (
    *("value", "unit", "meaning", "source", "evidence", "low", "high", "note"),
    *("cv", "spread", "cv_source", "cv_evidence"),
)
DOSED = ("F", "lag", "rate", "duration")


def read_linear_model(name_or_path: str | Path) -> LinearModel:
    """Read a model file, or a drug by name or path.

    Raises
    ------
    oihsim.files.errors.InputError
        all problems of the file

    Examples
    --------
    >>> read_linear_model("fentanyl").time_unit
    'h'
    """
    if str(name_or_path) in drug_names():
        return of_drug(load_drug(name_or_path))
    document = read_yaml(name_or_path)
    if document.data.get("kind") == "model":
        return parse_model(document, Path(name_or_path))
    return of_drug(load_drug(Path(name_or_path).absolute()))


def is_model_file(name: str | Path) -> bool:
    """Return whether ``name`` is a file of kind ``model``.

    Examples
    --------
    >>> is_model_file("fentanyl")
    False
    """
    try:
        return Path(name).is_file() and read_yaml(name).data.get("kind") == "model"
    except InputError:
        return False


def parse_model(document: Document, path: Path) -> LinearModel:
    """Return the model of a document.

    TIME, II, DUR and AMT of the records are in the file's ``units``, hours and mg if it has none.

    Raises
    ------
    InputError
        all problems of the file

    Examples
    --------
    >>> from oihsim.files.yaml import parse_yaml
    >>> text = '''schema: oihsim-drug/1
    ... kind: model
    ... parameters: {CL: 1, V: 10, KA: 1}
    ... compartments:
    ...   depot: {F: BIOAV, lag: LAGT}
    ...   central: {volume: V}
    ... flows:
    ...   - {from: depot, to: central, rate: KA}
    ...   - {from: central, to: out, rate: CL/V}
    ... '''
    >>> sorted(parse_model(parse_yaml(text, "one.yaml"), Path("one.yaml")).reads())
    ['BIOAV', 'LAGT']
    """
    fields = Fields(document, frozenset())
    data = fields.mapping((), document.data, (*REQUIRED, *OPTIONAL, *NOT_READ), REQUIRED)
    if data.get("schema") not in (None, SCHEMA):
        fields.refuse(("schema",), repr(data["schema"]), SCHEMA)
    units = fields.mapping(("units",), data.get("units") or {}, ("time", "amount"))
    time = fields.choice(("units", "time"), units.get("time", "h"), TIMES) or "h"
    amount = fields.choice(("units", "amount"), units.get("amount", "mg"), KINDS["drug"]) or "mg"
    parameters = _parameters(fields, data.get("parameters"), time, amount)
    derived = {
        symbol: formula
        for symbol, text in fields.named(("derived",), data.get("derived"), "symbols").items()
        if (formula := _formula(fields, ("derived", symbol), text)) is not None
    }
    volumes, inputs, flows = _structure(fields, data)
    routes = _routes(fields, data.get("routes"), volumes)
    sites = _sites(fields, data.get("ligands"), volumes)
    _no_dose(fields, {("derived", symbol): formula for symbol, formula in derived.items()})
    name = fields.text(("drug",), data.get("drug")) or path.stem
    holds = _salt(fields, data.get("doses_are"))
    fill = default = None
    if data.get("covariate_fill") is not None:
        fill = fields.choice(("covariate_fill",), data["covariate_fill"], FILLS)
    if data.get("default") is not None:
        default = fields.choice(("default",), data["default"], (*volumes, *routes))
    if fields.problems:
        raise InputError(dict.fromkeys(fields.problems))
    return LinearModel(
        name, path, "model", time, amount, parameters, derived, volumes, tuple(flows),
        inputs | routes, tuple(sites), fill, default or next(iter(routes or volumes)),
        amount=holds, document=document,
    )  # fmt: skip


def _structure(
    fields: Fields, data: dict[str, Any]
) -> tuple[dict[str, Expression | None], dict[str, tuple[Part, ...]], list[Transport]]:
    """Return volumes and inputs by compartment, those of transit chains last, and all flows."""
    volumes, inputs = _compartments(fields, data.get("compartments"))
    if not volumes:
        if not fields.problems:
            fields.refuse(("compartments",), "no compartment", "at least one")
        return volumes, inputs, []  # every compartment that a flow names would be refused
    chains = _transits(fields, data.get("transit"), volumes)
    inputs |= {name: (Part(name),) for name in volumes if name not in inputs}
    flows = _flows(fields, [] if data.get("flows") is None else data["flows"], volumes)
    _no_dose(fields, {("flows", i, "rate"): flow.rate for i, flow in enumerate(flows)})
    return volumes, inputs, flows + chains


def _parameters(fields: Fields, data: Any, time: str, amount: str) -> dict[str, float]:
    """Return the values in the file's units; an entry is a number, or has a value and a unit."""
    values: dict[str, float] = {}
    for symbol, entry in fields.named(("parameters",), data, "symbols").items():
        place: Place = ("parameters", symbol)
        factor = 1.0
        if symbol in FUNCTIONS or symbol == "DOSE":
            fields.refuse(place, f"'{symbol}'", "a name without another meaning in formulas")
            continue
        if isinstance(entry, dict):
            entry = fields.mapping(place, entry, OF_A_PARAMETER, ("value",))
            if entry.get("unit") is not None:
                text = fields.text((*place, "unit"), entry["unit"]) or "1"
                try:
                    factor, _ = unit_of(text, time, amount)
                except ValueError as error:
                    fields.refuse((*place, "unit"), f"'{text}'", f"a unit ({error})")
            entry, place = entry.get("value"), (*place, "value")
            if entry is None:
                continue
        number = fields.number(place, entry, -1e12, 1e12)
        if number is not None:
            values[symbol] = number * factor
    return values


def _formula(fields: Fields, place: Place, value: Any) -> Expression | None:
    """Return a formula; a name that is no parameter must be a data column, known later."""
    try:
        return parse(value)
    except ValueError as error:
        fields.refuse(place, repr(value)[:60], f"a formula ({error})")
        return None


def _no_dose(fields: Fields, formulas: dict[Place, Expression]) -> None:
    """Note formulas that read the dose outside of inputs."""
    for place, formula in formulas.items():
        if "DOSE" in formula.names:
            fields.refuse(place, "'DOSE'", "DOSE in F, lag, rate and duration only")


def _compartments(
    fields: Fields, data: Any
) -> tuple[dict[str, Expression | None], dict[str, tuple[Part, ...]]]:
    """Return volumes and how a dose enters, by compartment."""
    volumes: dict[str, Expression | None] = {}
    inputs: dict[str, tuple[Part, ...]] = {}
    for name, entry in fields.named(("compartments",), data, "names").items():
        place: Place = ("compartments", name)
        if name == OUT:
            fields.refuse(place, f"'{OUT}'", f"another name; '{OUT}' is outside the body")
        entry = fields.mapping(place, {} if entry is None else entry, ("volume", "meaning", *DOSED))
        formulas = {
            key: _formula(fields, (*place, key), entry[key])
            for key in ("volume", *DOSED)
            if entry.get(key) is not None
        }
        volumes[name] = formulas.get("volume")
        inputs[name] = (_part(name, formulas),)
    return volumes, inputs


def _part(into: str, formulas: Mapping[str, Expression | None], *, always: bool = False) -> Part:
    """Return an input with its formulas; without formulas all of the dose enters at once."""
    return Part(
        into, formulas.get("F") or UNITY, formulas.get("lag") or ZERO, formulas.get("rate"),
        formulas.get("duration"), always=always,
    )  # fmt: skip


def _transits(fields: Fields, data: Any, volumes: dict[str, Expression | None]) -> list[Transport]:
    """Return the flows of transit chains and add their compartments to ``volumes``."""

    def rate(place: Place, value: Any) -> Expression | None:
        formula = _formula(fields, place, value)
        if formula is not None:
            _no_dose(fields, {place: formula})
        return formula

    return [] if data is None else transit_chains(fields, data, volumes, rate)


def _routes(fields: Fields, data: Any, volumes: dict[str, Any]) -> dict[str, tuple[Part, ...]]:
    """Return how a dose enters by route: into one compartment or several, each with its own F.

    If a route and a compartment share a name, that name in CMT is the route.
    """
    routes: dict[str, tuple[Part, ...]] = {}
    for name, items in fields.named(("routes",), data, "names").items():
        parts: list[Part] = []
        for i, item in enumerate(fields.sequence(("routes", name), items)):
            place: Place = ("routes", name, i)
            entry = fields.mapping(place, item, ("into", *DOSED), ("into",))
            if entry.get("into") is None:
                continue
            into = fields.choice((*place, "into"), entry["into"], tuple(volumes))
            formulas = {
                key: _formula(fields, (*place, key), entry[key])
                for key in DOSED
                if entry.get(key) is not None and entry[key] != WEAR_TIME
            }
            lasts = entry.get("duration") is not None
            if into:
                parts.append(_part(into, formulas, always=lasts))
        if not parts and not fields.problems:
            fields.refuse(("routes", name), "nothing", "at least one entry: into: a compartment")
        routes[name] = tuple(parts)
    return routes


def _salt(fields: Fields, data: Any) -> float:
    """Return the amount of active substance that one AMT holds."""
    if data is None:
        return 1.0
    keys = ("of", "salt_factor", "source", "evidence", "note")
    entry = fields.mapping(("doses_are",), data, keys)
    if entry.get("salt_factor") is None:
        return 1.0
    place: Place = ("doses_are", "salt_factor")
    return fields.number(place, entry["salt_factor"], 0.01, 1.0) or 1.0


def _flows(fields: Fields, data: Any, volumes: dict[str, Any]) -> list[Transport]:
    """Return the first-order flows."""
    flows: list[Transport] = []
    keys = ("from", "to", "rate")
    for i, item in enumerate(fields.sequence(("flows",), data)):
        place: Place = ("flows", i)
        entry = fields.mapping(place, item, keys, keys)
        if any(entry.get(key) is None for key in keys):
            continue
        rate = _formula(fields, (*place, "rate"), entry["rate"])
        origin = fields.choice((*place, "from"), entry["from"], tuple(volumes))
        target = fields.choice((*place, "to"), entry["to"], (*volumes, OUT))
        if origin and origin == target:
            fields.refuse(place, f"a flow from '{origin}' to itself", "two compartments")
        elif rate and origin and target:
            flows.append(Transport(origin, target, rate))
    return flows


def _sites(fields: Fields, data: Any, volumes: dict[str, Any]) -> list[Site]:
    """Return the effect sites; targets of the ligands are not read."""
    sites: list[Site] = []
    keys = ("plasma", "ke0", "molar_mass", "targets", "note")
    for name, item in fields.named(("ligands",), data, "names").items():
        place: Place = ("ligands", name)
        entry = fields.mapping(place, item, keys, ("plasma", "ke0"))
        if entry.get("plasma") is None or entry.get("ke0") is None:
            continue
        plasma = fields.choice((*place, "plasma"), entry["plasma"], tuple(volumes))
        ke0 = _formula(fields, (*place, "ke0"), entry["ke0"])
        if plasma and ke0:
            sites.append(Site(name, plasma, ke0))
    return sites
