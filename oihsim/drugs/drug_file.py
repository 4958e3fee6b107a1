"""A drug file to a :class:`Drug`: reads every part, collects all problems, then raises once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from oihsim.drugs.consistency import check
from oihsim.drugs.drug import Drug
from oihsim.drugs.drug_units import KINDS, TIMES
from oihsim.drugs.fields import Fields
from oihsim.drugs.parameters_part import read_correlations, read_derived, read_parameters
from oihsim.drugs.structure_part import (
    read_compartments,
    read_flows,
    read_ligands,
    read_routes,
    read_transits,
)
from oihsim.files.errors import InputError
from oihsim.files.references import known_sources
from oihsim.files.units import NUMBER, Dimension
from oihsim.files.yaml import Document, read_yaml
from oihsim.kinetics.covariates import COVARIATES, FORMULAE

SCHEMA = "oihsim-drug/1"

REQUIRED = (
    *("schema", "drug", "meaning", "units", "parameters"),
    *("compartments", "flows", "ligands", "routes"),
)
OF_A_DRUG = ("doses_are", "molar_mass")
"""Required of a drug; a therapy, an injury or a gas, whose doses are counted, has neither."""
OPTIONAL = ("kind", "note", "derived", "correlations", "transit", "references")


def read_drug(path: str | Path) -> Drug:
    """Read a drug file.

    Raises
    ------
    oihsim.files.errors.InputError
        all problems of the file

    Examples
    --------
    >>> from oihsim.drugs import FOLDER
    >>> read_drug(FOLDER / "naloxone.yaml").ligands
    ('naloxone',)
    """
    document = read_yaml(path)
    return parse_drug(document, path, hashlib.sha256(Path(path).read_bytes()).hexdigest())


def parse_drug(document: Document, path: str | Path, digest: str = "") -> Drug:
    """Return the drug of a document; ``digest`` is the hash of its file.

    Raises
    ------
    oihsim.files.errors.InputError
        all problems of the file
    """
    fields = Fields(document, known_sources(Path(path)))
    drug = _drug(fields, Path(path), digest)
    check(fields, drug)
    if fields.problems:
        raise InputError(dict.fromkeys(fields.problems))
    return drug


def _drug(fields: Fields, path: Path, digest: str) -> Drug:
    """Return the drug; problems go into ``fields``."""
    known_keys = (*REQUIRED, *OF_A_DRUG, *OPTIONAL)
    data = fields.mapping((), fields.document.data, known_keys, REQUIRED)
    head = _head(fields, data, path)
    known: dict[str, Dimension] = dict.fromkeys((*COVARIATES, *FORMULAE), NUMBER)
    numbers = read_parameters(fields, data.get("parameters"), known, head)
    derived = read_derived(fields, data.get("derived"), known)
    correlations = read_correlations(fields, _items(data, "correlations"), numbers.parameters)
    volumes = read_compartments(fields, data.get("compartments"), known, head["kind"])
    chains = read_transits(fields, _items(data, "transit"), volumes, known)
    flows = read_flows(fields, _items(data, "flows"), volumes, known) + chains
    ligands = read_ligands(fields, data.get("ligands"), volumes, known, head)
    routes, worn = read_routes(fields, data.get("routes"), volumes, known)
    cited = [fields.source(("references", i), key) for i, key in enumerate(head["references"])]
    sources_used = [p.source for p in numbers.parameters] + [c.source for c in correlations]
    sources_used += [source for source, _ in numbers.spread_pedigree.values()] + head["sources"]
    return Drug(
        name=head["name"],
        kind=head["kind"],
        meaning=head["meaning"],
        path=path,
        hash=digest,
        time_unit=head["time"],
        amount_unit=head["amount"],
        molar_mass=head["molar_mass"],
        salt_factor=head["salt_factor"],
        parameters=tuple(numbers.parameters),
        spread=numbers.spread,
        spread_pedigree=numbers.spread_pedigree,
        correlations=tuple(correlations),
        references=tuple(sorted({key for key in (*cited, *sources_used) if key})),
        factors=numbers.factors,
        derived=derived,
        volumes=volumes,
        flows=tuple(flows),
        ligand_parts=tuple(ligands),
        route_parts=routes,
        worn=worn,
    )


def _head(fields: Fields, data: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the entries at the top of the file, with substitutes for wrong ones."""
    if data.get("schema") not in (None, SCHEMA):
        fields.refuse(("schema",), repr(data["schema"]), SCHEMA)
    name = fields.text(("drug",), data.get("drug"))
    if name and name != path.stem:
        fields.refuse(("drug",), f"'{name}'", f"'{path.stem}', the name of the file")
    kind = "drug"
    if data.get("kind") is not None:
        kind = fields.choice(("kind",), data["kind"], tuple(KINDS)) or kind
    for key in OF_A_DRUG:
        if kind == "drug" and data.get(key) is None:
            fields.refuse((key,), "nothing", f"'{key}'")
        if kind != "drug" and key in data:
            fields.refuse((key,), f"'{key}' of kind {kind}", f"no '{key}'; its doses are counted")
    units = fields.mapping(
        ("units",), data.get("units") or {}, ("time", "amount"), ("time", "amount")
    )
    time = amount = None
    if units.get("time") is not None:
        time = fields.choice(("units", "time"), units["time"], TIMES)
    if units.get("amount") is not None:
        amount = fields.choice(("units", "amount"), units["amount"], KINDS[kind])
    mass, mass_source = _sourced(fields, "molar_mass", data, "value", ("unit",), 1.0, 1e6)
    if isinstance(data.get("molar_mass"), dict) and data["molar_mass"].get("unit") != "g/mol":
        fields.refuse(("molar_mass", "unit"), repr(data["molar_mass"].get("unit")), "g/mol")
    salt, salt_source = _sourced(fields, "doses_are", data, "salt_factor", ("of",), 0.01, 1.0)
    references = fields.sequence(("references",), _items(data, "references"))
    return {
        "name": name or path.stem,
        "kind": kind,
        "meaning": fields.text(("meaning",), data.get("meaning")),
        "time": time or "h",
        "amount": amount or ("mg" if kind == "drug" else KINDS[kind][0]),
        "molar_mass": mass or 1.0,
        "salt_factor": salt or 1.0,
        "references": references,
        "sources": [mass_source, salt_source],
    }


def _items(data: dict[str, Any], key: str) -> Any:
    """Return the value of ``key``, an empty list if there is none."""
    return [] if data.get(key) is None else data[key]


def _sourced(
    fields: Fields,
    key: str,
    data: dict[str, Any],
    value: str,
    also: tuple[str, ...],
    low: float,
    high: float,
) -> tuple[float | None, str]:
    """Return number and source of a small entry of the head."""
    if data.get(key) is None:
        return None, ""
    required = (value, *also, "evidence")
    entry = fields.mapping((key,), data[key], (*required, "source", "note"), (value, *also))
    if not entry:
        return None, ""
    source, _ = fields.pedigree((key,), entry)
    number = None
    if entry.get(value) is not None:
        number = fields.number((key, value), entry[value], low, high)
    return number, source
