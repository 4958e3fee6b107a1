"""Checks of a clause in itself and against the drug files: drug, route, dose, rhythm."""

from __future__ import annotations

from fractions import Fraction

from oihsim.files.yaml import closest
from oihsim.treatment.doses.dose_form import dose_amount, per_kg_quantity
from oihsim.treatment.regimens.clause import Clause, number_of
from oihsim.treatment.regimens.line import Give, Quantity, Rhythm
from oihsim.treatment.regimens.words import (
    GRAMMAR,
    OFTEN,
    RELEASE,
    ROUTES,
    Token,
    amount_unit,
    decimal,
    is_rate,
)
from oihsim.treatment.vocabulary import Vocabulary


def give_of(clause: Clause, before: Give | None, known: Vocabulary, *, first: bool) -> Give | None:
    """Return the dose that a clause gives, or None with its flaws noted.

    ``before`` is the dose of the part before; what the clause leaves out is taken over from it.
    """
    count = len(clause.flaws)
    drug, rest = _drug(clause, before, known, first)
    route = None if drug is None else _route(clause, drug, rest, before, known)
    if drug is None:
        _unknown(clause, rest, ())
    _times(clause)
    dose = _dose(clause, drug, known)
    if drug is not None and route is not None and dose is not None:
        _check_route(clause, drug, route, dose, known)
    if drug is None or route is None or dose is None or len(clause.flaws) > count:
        return None
    same = before is not None and before.drug == drug
    give = _repeated(clause, Give(drug, route, dose), before if same else None, known)
    return give if len(clause.flaws) == count else None


def _drug(
    clause: Clause, before: Give | None, known: Vocabulary, first: bool
) -> tuple[str | None, list[Token]]:
    """Return the drug of a clause, and its other names."""
    names = list(clause.names)
    lower = {name.casefold(): name for name in known.drugs}
    for count in range(min(3, len(names)), 0, -1):
        for at in range(len(names) - count + 1):
            joined = "_".join(name.word for name in names[at : at + count])
            if joined in lower:
                return lower[joined], names[:at] + names[at + count :]
    if before is not None:
        return before.drug, names
    dose = clause.where.get("dose")
    if names and (dose is None or names[0].start < dose.start):
        name = names.pop(0)
        clause.refuse(name, f"no drug named '{name.text[:60]}'", closest(name.text, known.drugs))
    elif first:
        clause.refuse(clause.words[0], "no drug", "the name of a drug first, such as 'morphine'")
    return None, names


def _route(
    clause: Clause, drug: str, rest: list[Token], before: Give | None, known: Vocabulary
) -> str | None:
    """Return the route by the drug file's name."""
    routes = known.routes(drug)
    named = clause.where.get("route")
    unknown = []
    for name in rest:
        if name.word in routes and named is None:
            named = name
        else:
            unknown.append(name)
    _unknown(clause, unknown, routes)
    release = clause.where.get("release")
    if named is None and release is None:
        if before is not None and before.drug == drug:
            return before.route
        if len(routes) == 1:
            return routes[0]
        if not unknown:
            clause.refuse(None, f"no route of {drug}", f"one of {', '.join(routes)}")
        return None
    # a product's release is one of tablets
    base = "oral" if named is None else ROUTES.get(named.word, named.word)
    endings = [""] if release is None else RELEASE[release.word]
    for ending in endings:
        if f"{base}{ending}" in routes:
            return f"{base}{ending}"
    word = release or named
    assert word is not None
    shown = f"no route {base}{endings[0]} of {drug}: '{word.text}'"
    clause.refuse(word, shown, closest(f"{base}{endings[0]}", routes))
    return None


def _unknown(clause: Clause, names: list[Token], routes: tuple[str, ...]) -> None:
    """Refuse words that mean nothing."""
    words = [*GRAMMAR, *OFTEN, *ROUTES, *RELEASE, *routes]
    for name in names:
        shown = name.text[:60]
        allowed = closest(name.word, words)
        if "did you mean" not in allowed:
            kinds = "a route, how often ('q12h', 'daily', 'Mon Wed'), over, at, from, until or x"
            allowed = f"a word of a regimen: {kinds}"
        clause.refuse(name, f"the word '{shown}'", allowed)


def _times(clause: Clause) -> None:
    """Refuse times that no word introduces."""
    refused = {flaw.stop for flaw in clause.flaws}
    for time in clause.times:
        before = [word for word in clause.words if word.stop <= time.start]
        # after a word that means nothing, only that word is refused
        if not before or before[-1].stop not in refused:
            allowed = "what this time is: 'over 30 min', 'every 12 h', 'from 12 h' or 'x 28 d'"
            clause.refuse(time, f"'{time.text}'", allowed)


def _dose(clause: Clause, drug: str | None, known: Vocabulary) -> Quantity | None:
    """Return the amount or rate of a clause."""
    word = clause.where.get("dose")
    if word is None:
        inside = (clause.start <= flaw.start and flaw.stop <= clause.stop for flaw in clause.flaws)
        if not any(inside):
            clause.refuse(None, "no dose", "an amount such as '30 mg', or a rate such as '5 mg/h'")
        return None
    count = len(clause.flaws)
    dose = Quantity(number_of(clause, word), amount_unit(word.unit))
    try:
        if is_rate(dose.unit):
            per_kg_quantity(str(dose), "rate")
            unit = "mg"
        else:
            unit = dose_amount(str(dose))[2]
    except ValueError as error:
        clause.refuse(word, f"'{word.text}'", str(error))
        return None
    drug_unit = unit if drug is None else known.dosed_in(drug)
    if drug_unit != unit or (drug_unit != "mg" and is_rate(dose.unit)):
        what, number = ("weighed", 30) if drug_unit == "mg" else ("counted", 1)
        allowed = f"{drug} is {what}: an amount such as '{number} {drug_unit}'"
        clause.refuse(word, f"'{word.text}' of {drug}", allowed)
    return dose if len(clause.flaws) == count else None


def _check_route(clause: Clause, drug: str, route: str, dose: Quantity, known: Vocabulary) -> None:
    """Refuse a rate of a tablet, and an amount at once by a patch."""
    kind, word, over = known.dosing(drug, route), clause.where["dose"], clause.over_h
    if kind == "bolus" and is_rate(dose.unit):
        actual = f"the rate '{word.text}' by the route '{route}'"
        clause.refuse(word, actual, "an amount given at once, such as '30 mg'")
    if kind == "bolus" and over is not None:
        actual = f"'over' by the route '{route}'"
        clause.refuse(clause.where["duration"], actual, "an amount given at once")
    if kind == "rate" and not is_rate(dose.unit) and over is None:
        actual = f"the amount '{word.text}' at once by the route '{route}'"
        clause.refuse(word, actual, "a rate such as '25 mcg/h', or an amount with over")


def _repeated(clause: Clause, give: Give, before: Give | None, known: Vocabulary) -> Give:
    """Return the dose with its rhythm and length."""
    over, rhythm = clause.over_h, _rhythm(clause)
    new_rhythm = {"interval", "week day", "time of day"} & clause.where.keys()
    if before is not None and before.is_rate == give.is_rate and not new_rhythm:
        rhythm = before.rhythm
        if over is None and rhythm.repeats:
            over = before.over_h
    give = Give(
        give.drug, give.route, give.dose, over, rhythm,
        clause.from_h, clause.for_h, clause.until_h, clause.doses,
    )  # fmt: skip
    runs_on = give.is_rate and over is None
    patch = known.dosing(give.drug, give.route) == "rate"
    if runs_on and rhythm.repeats and not (patch and rhythm.every_h is not None):
        word = clause.where.get("interval") or clause.where.get("week day")
        allowed = "over: '0.1 mg/kg/h over 4 h daily'; or a continuous rate: 'x 5 d'"
        clause.refuse(word, "a repeated rate without over", allowed)
    if give.single and "length" in clause.where and "refused rhythm" not in clause.where:
        word = clause.where["length"]
        clause.refuse(word, f"'{word.text}' with a single dose", "an interval: 'q12h' or 'daily'")
    if give.doses is not None and runs_on and not rhythm.repeats:
        word = clause.where["length"]
        clause.refuse(word, f"'{word.text}' with a continuous rate", "a time such as 'x 5 d'")
    return give


def _rhythm(clause: Clause) -> Rhythm:
    """Return the rhythm; an interval that week days or times of day imply is left out."""
    interval_h = clause.every_h
    days, clocks = tuple(sorted(clause.days)), tuple(sorted(clause.clocks))
    word = clause.where.get("interval")
    if word is not None and interval_h is None and (days or len(clocks) > 1):
        clause.refuse(word, f"'{word.text}' with several days or times", "one of the two")
    if interval_h is not None and word is not None:
        if days and interval_h not in (24, 168):
            clause.refuse(word, f"'{word.text}' with week days", "'weekly', or only the week days")
        elif not days and len(clocks) > 1 and interval_h != Fraction(24, len(clocks)):
            per_day = decimal(24 / interval_h)
            actual = f"'{word.text}' with {len(clocks)} times of day"
            clause.refuse(word, actual, f"one time of day, or {per_day} times of day")
    if days or len(clocks) > 1:
        interval_h = None
    return Rhythm(interval_h, days, clocks)
