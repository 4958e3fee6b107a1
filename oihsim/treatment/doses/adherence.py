"""Adherence in files: how many doses are missed and how late the others are taken.

:mod:`oihsim.simulation.intake` draws the dosing history of each subject. No number has a default:
without adherence in the file every dose is taken on time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from oihsim.files.findings import Findings, listed, mapping
from oihsim.files.forms import Form, shown
from oihsim.files.text_table import folded
from oihsim.files.units import quantity
from oihsim.files.yaml import Place
from oihsim.treatment.arm import SELF_TAKEN, Adherence
from oihsim.treatment.doses.courses import written_time
from oihsim.treatment.doses.dose_form import PositiveTime, Word
from oihsim.treatment.doses.dose_table import hours_text
from oihsim.treatment.vocabulary import Vocabulary

WIDEST_LOGIT = 12.0
"""Largest standard deviation of a logit: beyond it, nearly everybody takes or misses all."""

LARGEST_CV = 10.0

NOT_SEEN = (
    "The sentence on breathing, the tables of doses and the morphine equivalents describe doses as "
    "prescribed. They do not show a dose that is taken after days of missed doses, and its danger "
    "after the loss of tolerance is not modelled."
)
"""The note wherever doses may be missed."""


def _share(value: Any) -> float:
    number = quantity(value, "1")
    if not 0.0 <= number <= 1.0:
        raise ValueError("a part of the doses from 0 to 100 %, such as '10 %'")
    return number


def _ratio(value: Any) -> float:
    number = quantity(value, "1")
    if not 0.0 < number <= LARGEST_CV:
        raise ValueError(f"more than 0 and at most {100 * LARGEST_CV:g} %, such as '80 %'")
    return number


def _number_schema(most: float, *examples: str) -> WithJsonSchema:
    number = {"type": "number", "minimum": 0, "maximum": most}
    text = {"type": "string", "pattern": r"^\s*\+?[0-9.]", "examples": list(examples)}
    return WithJsonSchema({"anyOf": [number, text]})


Share = Annotated[float, PlainValidator(_share), _number_schema(1, "10 %")]
Ratio = Annotated[float, PlainValidator(_ratio), _number_schema(LARGEST_CV, "80 %")]


class LateForm(Form):
    """How late doses are: a log-normal delay (median and cv) or a half-normal delay (sd)."""

    median: PositiveTime | None = Field(None, description="a time above 0, such as '30 min'")
    cv: Ratio | None = Field(None, description="a coefficient of variation such as '80 %'")
    sd: PositiveTime | None = Field(None, description="a time above 0, such as '1 h'")


class AdherenceForm(Form):
    """Doses missed and taken late, from time 0 on; the same doses in every arm that has them."""

    missed: Share = Field(0.0, description="the part of doses that is missed, such as '10 %'")
    missed_again: Share | None = Field(
        None, description="the chance to miss a dose after a missed one, such as '40 %'"
    )
    missed_sd: float = Field(
        0.0,
        ge=0.0,
        le=WIDEST_LOGIT,
        description="the standard deviation between subjects of the logit of missed, "
        "a number from 0 to 12",
    )
    late: LateForm | None = Field(
        None, description="how late: {median: 30 min, cv: 80 %}, or {sd: 1 h}"
    )
    drugs: list[Word] = Field([], max_length=100, description="names of drugs; every drug if none")
    routes: list[Word] = Field(
        list(SELF_TAKEN), max_length=100, description=f"routes; {', '.join(SELF_TAKEN)} if left out"
    )
    typical: bool = Field(
        False, description="true or false: whether the typical subject misses doses too"
    )


def check_adherence(
    findings: Findings, place: Place, fields: Any, known: Vocabulary, drugs: Collection[str]
) -> None:
    """Add the problems of adherence. ``drugs`` are the drugs that the file gives."""
    if not isinstance(fields, dict):
        return
    if not fields.keys() & {"missed", "late"}:
        findings.refuse(place, "neither missed nor late", "missed: 10 %, or late: {sd: 1 h}")
    missed, again = _part(fields.get("missed", 0.0)), _part(fields.get("missed_again"))
    if missed is not None and again is not None and again < missed:
        allowed = f"at least missed ({missed:g})"
        findings.refuse((*place, "missed_again"), shown(fields["missed_again"]), allowed)
    if missed == 0.0:
        for key in ("missed_again", "missed_sd"):
            if key in fields:
                findings.refuse((*place, key), f"'{key}' where none is missed", "missed: 10 %")
    if isinstance(fields.get("late"), dict):
        _check_late(findings, (*place, "late"), mapping(fields["late"]))
    for number, drug in enumerate(listed(fields.get("drugs"))):
        findings.is_known((*place, "drugs", number), drug, known.drugs, "drug")
    routes = {*SELF_TAKEN, *(route for drug in drugs for route in known.routes(drug))}
    routes |= {route.partition("_")[0] for route in routes}
    for number, route in enumerate(listed(fields.get("routes"))):
        findings.is_known((*place, "routes", number), route, sorted(routes), "route of these drugs")
    if fields.get("routes") == []:
        findings.refuse((*place, "routes"), "no route", "names of routes, or leave the key out")


def _part(value: Any) -> float | None:
    """Return a part of the doses; None if the value is no such part."""
    try:
        return _share(value)
    except ValueError:
        return None


def _check_late(findings: Findings, place: Place, late: dict[str, Any]) -> None:
    if ("sd" in late) == bool(late.keys() & {"median", "cv"}):
        actual = "sd beside median or cv" if "sd" in late else "no delay"
        findings.refuse(place, actual, "either median and cv (log-normal), or sd (half-normal)")
    elif ("median" in late) != ("cv" in late):
        actual = f"{'median' if 'median' in late else 'cv'} alone"
        findings.refuse(place, actual, "both median and cv, such as {median: 30 min, cv: 80 %}")


def named_drugs(data: Any, known: Vocabulary) -> set[str]:
    """Return every drug that plain data names under a key ``drug``.

    Examples
    --------
    >>> from oihsim.treatment.vocabulary import SHIPPED
    >>> named_drugs({"arms": {"a": {"doses": [{"drug": "morphine"}, {"drug": "x"}]}}}, SHIPPED)
    {'morphine'}
    """
    drugs, open_parts = set(), [data]
    while open_parts:
        part = open_parts.pop()
        if isinstance(part, dict):
            drug = part.get("drug")
            if isinstance(drug, str) and drug in known.drugs:
                drugs.add(drug)
            open_parts.extend(part.values())
        elif isinstance(part, list):
            open_parts.extend(part)
    return drugs


def resolved_adherence(form: AdherenceForm) -> dict[str, Any]:
    """Return checked adherence as plain data; times in h."""
    late = form.late or LateForm(median=None, cv=None, sd=None)
    adherence = Adherence(
        form.missed,
        form.missed if form.missed_again is None else form.missed_again,
        form.missed_sd,
        late.sd or late.median or 0.0,
        late.cv,
        tuple(sorted(set(form.drugs))),
        tuple(sorted(set(form.routes))),
        form.typical,
    )
    return {**vars(adherence), "drugs": list(adherence.drugs), "routes": list(adherence.routes)}


def written_adherence(resolved: Mapping[str, Any]) -> dict[str, Any]:
    """Return resolved adherence as a file writes it."""
    written: dict[str, Any] = {
        "missed": resolved["missed"],
        "drugs": list(resolved["drugs"]),
        "routes": list(resolved["routes"]),
        "typical": resolved["typical"],
    }
    if resolved["missed"]:
        written |= {"missed_again": resolved["again"], "missed_sd": resolved["sd"]}
    if resolved["late_h"]:
        size = written_time(resolved["late_h"])
        cv = resolved["late_cv"]
        written["late"] = {"sd": size} if cv is None else {"median": size, "cv": cv}
    return written


def adherence_of(resolved: Mapping[str, Any] | None, *, typical: bool) -> Adherence | None:
    """Return the adherence of an arm, None if every dose is taken on time.

    The ``typical`` subject takes every dose on time, unless ``typical: true`` gives it the mean
    chance.
    """
    if resolved is None:
        return None
    routes, drugs = tuple(resolved["routes"]), tuple(resolved["drugs"])
    adherence = Adherence(**{**resolved, "drugs": drugs, "routes": routes})
    if not adherence.missed and not adherence.late_h:
        return None
    if typical:
        return replace(adherence, sd=0.0) if adherence.typical else None
    return adherence


def adherence_text(
    resolved: Mapping[str, Any] | None, *, typical: bool, width: int | None = None
) -> list[str]:
    """Return resolved adherence in words."""
    if resolved is None:
        return []
    adherence = adherence_of(resolved, typical=typical)
    if adherence is None:
        why = " by the typical subject" if typical and not resolved["typical"] else ""
        return [f"  adherence: every dose taken on time{why}"]
    again = (
        f" ({100 * adherence.again:.4g} % after a missed one)"
        if adherence.again > adherence.missed
        else ""
    )
    words = [f"{100 * adherence.missed:.4g} % of doses missed{again}"]
    if adherence.sd:
        words.append(f"between subjects an sd of {adherence.sd:g} in the logit")
    size = hours_text(adherence.late_h)
    if adherence.late_cv is not None:
        cv = 100 * adherence.late_cv
        words.append(f"late by a log-normal delay of median {size} and cv {cv:.4g} %")
    elif adherence.late_h:
        words.append(f"late by a half-normal delay of sd {size}")
    whose = ", ".join(adherence.drugs) if adherence.drugs else "every drug"
    words.append(f"for {whose} by the routes {', '.join(adherence.routes)}")
    text = f"adherence, from time 0 on: {'; '.join(words)}"
    return folded(text, width, "  ", "    ")
