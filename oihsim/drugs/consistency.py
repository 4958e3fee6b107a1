"""Checks of a complete drug: dead ends, and values of the typical subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from oihsim.files.errors import ModelError
from oihsim.kinetics.compartments import OUT

if TYPE_CHECKING:
    from oihsim.drugs.drug import Drug
    from oihsim.drugs.fields import Fields

DOSES_MG = np.logspace(-4, 4, 33)
"""Doses at which fractions that depend on the dose are tried."""

FASTEST = 1e9
"""The largest rate, in the file's time unit; a faster one comes from a slip."""

SHORTEST_ABSORPTION = 1e-6
"""In the file's time unit; a dose that enters at once has no duration."""

USUAL_TAU = 20.0
"""A transducer ratio for trying out whether a C50 makes sense."""


def check(fields: Fields, drug: Drug) -> None:
    """Note dead ends and impossible values."""
    _paths(fields, drug)
    if not fields.problems:
        _values(fields, drug)


def _paths(fields: Fields, drug: Drug) -> None:
    """Note compartments that no route reaches, or that never empty."""
    links = [(flow.origin, flow.target) for flow in drug.flows]
    if not links:
        return
    emptied = _reached({OUT}, [(b, a) for a, b in links])
    fed = _reached(set(drug.inputs), links)
    for name in drug.volumes:
        place = ("compartments", name)
        if name not in emptied and not fields.problems:
            fields.refuse(place, f"'{name}', which is never emptied", f"a path to '{OUT}'")
        elif name not in fed and drug.inputs and not fields.problems:
            fields.refuse(place, f"'{name}', which no route reaches", "a route or a flow into it")


def _reached(start: set[str], links: list[tuple[str, str]]) -> set[str]:
    reached = set(start)
    while True:
        further = {b for a, b in links if a in reached} - reached
        if not further:
            return reached
        reached |= further


def _values(fields: Fields, drug: Drug) -> None:
    """Note impossible rates, volumes and fractions of the typical subject."""
    values = drug.typical()
    full = drug.individual(values)
    for i, flow in enumerate(drug.flows):
        rate = float(np.asarray(flow.rate.value(full)).flat[0])
        if not 0.0 <= rate <= FASTEST:
            place = ("flows", i) if i < len(fields.document.data["flows"]) else ("transit",)
            actual = f"{rate:g} from '{flow.origin}' to '{flow.target}'"
            fields.refuse(
                (*place, "rate"), actual, f"from 0 to {FASTEST:g}; fractions may not pass 1"
            )
    for name, volume in drug.volumes.items():
        if volume is not None and not 0.0 < float(np.asarray(volume.value(full)).flat[0]) < np.inf:
            fields.refuse(("compartments", name, "volume"), "no positive volume", "a positive one")
    for part in drug.ligand_parts:
        if not 0.0 < float(np.asarray(part.ke0.value(full)).flat[0]) < np.inf:
            fields.refuse(("ligands", part.name, "ke0"), "no positive rate", "a positive one")
    _fractions(fields, drug, full)
    _parts(fields, drug)
    try:
        drug.targets({**values, "tau": np.array([USUAL_TAU])})
    except ModelError as error:
        fields.refuse(("ligands",), str(error), "values that belong together")


def _parts(fields: Fields, drug: Drug) -> None:
    """Note an Emax that a spread would take above 1."""
    for part in drug.ligand_parts:
        for target, action in part.targets.items():
            names = action["Emax"].names if action.get("Emax") is not None else ()
            for symbol in sorted(names):
                if drug.spread.get(symbol, "logit") != "logit":
                    place = ("parameters", symbol, "spread")
                    actual = f"lognormal for the Emax of {part.name} for {target}"
                    fields.refuse(place, actual, "spread: logit, as a part may not pass 1")


def _fractions(fields: Fields, drug: Drug, full: dict[str, np.ndarray]) -> None:
    """Note routes by which more than the dose would enter, at some dose."""
    tried = full | {"DOSE": DOSES_MG}
    for name, parts in drug.route_parts.items():
        place = ("routes", name)
        total = np.zeros(len(DOSES_MG))
        for i, part in enumerate(parts):
            fraction = np.broadcast_to(np.asarray(part.F.value(tried)), total.shape)
            if not (np.isfinite(fraction) & (fraction >= 0.0)).all():
                fields.refuse((*place, i, "F"), f"'{part.F.text}' below 0", "from 0 to 1")
            total = total + fraction
            for key, formula in (("lag", part.lag), ("duration", part.duration)):
                if formula is None:
                    continue
                value = np.asarray(formula.value(tried))
                least = SHORTEST_ABSORPTION if key == "duration" else 0.0
                if not (np.isfinite(value) & (value >= least)).all():
                    fields.refuse((*place, i, key), f"'{formula.text}' below {least:g}",
                                  f"{least:g} or more")  # fmt: skip
        if (total > 1.0 + 1e-12).any():
            fields.refuse(place, f"fractions that sum to {total.max():.3g}", "at most 1 in sum")
        if not parts:
            fields.refuse(place, "no input", "at least one")
