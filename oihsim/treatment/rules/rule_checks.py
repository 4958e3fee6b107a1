"""What the fields of a block of rules must agree on, among themselves and with the names there are.

The checks walk the plain data, as those of :mod:`oihsim.treatment.doses.dose_checks` do.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from oihsim.files.findings import Findings, hours, listed, mapping
from oihsim.files.forms import shown
from oihsim.files.yaml import Place, closest
from oihsim.treatment.doses.dose_checks import dose_number
from oihsim.treatment.rule_sets import ACTIONS, DOSE, START, TIME
from oihsim.treatment.rules.conditions import Written, condition, in_unit, never
from oihsim.treatment.rules.rule_form import (
    MOST_BLOCKS,
    MOST_CONDITIONS,
    MOST_RULES,
    MOST_VISITS,
)
from oihsim.treatment.rules.rule_lines import (
    Known,
    check_by,
    check_give,
    check_line,
    check_number,
    check_to,
    read,
    unit_text,
)
from oihsim.treatment.rules.rule_lines import window as within
from oihsim.treatment.vocabulary import Vocabulary

ACTIONS_WITH = {
    "by": ("raise", "lower"),
    "for": ("pause",),
    "to": ("switch",),
    "give": ("rescue",),
}
"""The keys that only some actions have."""

NEEDED = {"raise": "by", "lower": "by", "switch": "to", "rescue": "give"}

PAIN, MOST_PAIN = "pain", 10.0
"""A rating; what lies outside its scale always holds or never."""

ON_A_LINE = ("raise", "lower", "pause", "resume", "stop", "switch")

NOT_IN_A_PAUSE = ("raise", "lower", "pause")
AFTER_A_STOP = ("hold", "rescue")


@dataclass(frozen=True)
class Around:
    """What a block of rules stands in.

    Attributes
    ----------
    known : the names there are
    end : end of the run, h, if known
    model : name of the model, if known
    drugs : the drugs of the arm
    rescue : whether the arm has a rescue block
    """

    known: Vocabulary
    end: float | None
    model: str | None
    drugs: Collection[str]
    rescue: bool


def readable(known: Vocabulary, model: str, drugs: Collection[str]) -> dict[str, str]:
    """Return what conditions may read in an arm with ``drugs``, each with its unit.

    ``dose`` and ``time`` aside.
    """
    units = known.observed(model)
    for drug in sorted(drugs):
        units |= known.concentrations(drug)
    return units


def check_rules(findings: Findings, place: Place, blocks: Any, around: Around) -> None:
    """Add what is wrong with the blocks of rules of an arm."""
    names: list[Any] = []
    for number, block in enumerate(listed(blocks)[:MOST_BLOCKS]):
        if not isinstance(block, dict):
            continue
        block_place, name = (*place, number), block.get("name")
        if name in names:
            findings.refuse(
                (*block_place, "name"), f"{shown(name)} again", "each name once in an arm"
            )
        elif name == "rescue" and around.rescue:
            fault = "'rescue', the name of the arm's rescue block"
            findings.refuse((*block_place, "name"), fault, "another name")
        names.append(name)
        _RuleSetChecks(findings, block_place, block, around).check()


class _RuleSetChecks:
    """One block: its line and the lines it may be switched to, what is read, and its rules."""

    def __init__(
        self, findings: Findings, place: Place, block: dict[str, Any], around: Around
    ) -> None:
        self.findings, self.refuse = findings, findings.refuse
        self.place, self.block, self.around = place, block, around
        self.rules = [
            (number, rule)
            for number, rule in enumerate(listed(block.get("rules"))[:MOST_RULES])
            if isinstance(rule, dict)
        ]
        self.lines: list[Known] = []
        self.units: dict[str, str] | None = None
        if around.model is not None:
            self.units = readable(around.known, around.model, around.drugs)

    def check(self) -> None:
        self.visits()
        self.check_lines()
        seen: list[Any] = []
        for number, rule in self.rules:
            rule_place, name = (*self.place, "rules", number), rule.get("name")
            if name is not None and name in seen:
                self.refuse(
                    (*rule_place, "name"), f"{shown(name)} again", "each name once in a block"
                )
            elif name == START:
                fault = f"'{START}', which in the dose ledger names a dose that no rule has changed"
                self.refuse((*rule_place, "name"), fault, "another name")
            seen.append(name)
            self.rule(rule_place, rule)
        self.order()
        self.noise()

    def visits(self) -> None:
        place = (*self.place, "visits")
        visits, end = self.block.get("visits"), self.around.end
        if not isinstance(visits, dict):
            return
        if "at" in visits:
            for key in ("every", "from", "until"):
                if key in visits:
                    self.refuse((*place, key), f"'{key}' with at", "at alone, or every")
            self.listed_visits((*place, "at"), listed(visits["at"]), end)
            return
        if "every" not in visits:
            self.refuse(place, "neither every nor at", "every: a time, or at: a list of times")
        if not within(self.findings, place, visits, end):
            return
        first, until = hours(visits.get("from", "0 h")), hours(visits.get("until"))
        interval, last = hours(visits.get("every")), end if until is None else until
        if first is not None and last is not None and interval is not None and interval > 0.0:
            number = dose_number(first, interval, last)
            if number > MOST_VISITS:
                allowed = f"at most {MOST_VISITS} (a longer every, or from and until)"
                self.refuse((*place, "every"), f"{number} visits", allowed)

    def listed_visits(self, place: Place, times: list[Any], end: float | None) -> None:
        seen: list[float] = []
        for number, value in enumerate(times[:MOST_VISITS]):
            time = hours(value)
            if time is not None and end is not None and time >= end:
                allowed = f"a time before the end ({end:g} h)"
                self.refuse((*place, number), shown(value), allowed)
            elif time is not None and seen and time <= seen[-1]:
                allowed = f"a time after {seen[-1]:g} h: each once, in their order"
                self.refuse((*place, number), shown(value), allowed)
            seen += [] if time is None else [time]

    def check_lines(self) -> None:
        known, line = self.around.known, self.block.get("line")
        if isinstance(line, dict):
            place = (*self.place, "line")
            self.lines.append(check_line(self.findings, place, line, known, self.around.end))
        for number, rule in self.rules:
            if rule.get("then") == "switch" and isinstance(rule.get("to"), dict):
                place = (*self.place, "rules", number, "to")
                self.lines.append(check_to(self.findings, place, rule["to"], known))
                self.ratio((*place, "ratio"), rule["to"])
                if isinstance(line, dict):
                    check_number(self.findings, place, rule["to"], line, self.around.end)

    def ratio(self, place: Place, to: dict[str, Any]) -> None:
        """Refuse a ratio where a line before it may be counted or per kg."""
        if "ratio" not in to:
            return
        for line in self.lines:
            if line.unit not in (None, ("mg", False)):
                fault = f"a ratio from a line in {unit_text(line.unit)}"
                # said of the new line itself already
                if line.place != place[:-1]:
                    self.refuse(place, fault, "lines in mg, or an amount")
                    return

    def rule(self, place: Place, rule: dict[str, Any]) -> None:
        self.conditions(place, rule)
        action = rule.get("then")
        if not self.findings.is_known((*place, "then"), action, ACTIONS, "action"):
            return
        action = str(action)
        for key, actions in ACTIONS_WITH.items():
            if key in rule and action not in actions:
                fault = f"'{key}' with {action}"
                self.refuse((*place, key), fault, f"'{key}' only with {' or '.join(actions)}")
        needed = NEEDED.get(action)
        if needed is not None and needed not in rule:
            example = {
                "by": "how far, such as '50 %'",
                "to": "the line it begins",
                "give": "the dose, such as {drug: morphine, route: iv, amount: 1 mg}",
            }[needed]
            self.refuse(place, f"{action} without {needed}", f"{needed}: {example}")
        if action in ON_A_LINE and "line" not in self.block:
            allowed = "line: drug, route, amount and every"
            self.refuse((*place, "then"), f"{action} in a block without a line", allowed)
        if action == "resume" and not self.has("pause"):
            allowed = "a rule of this block that pauses"
            self.refuse((*place, "then"), "resume without a pause", allowed)
        if action in ("raise", "lower") and "by" in rule:
            check_by(self.findings, (*place, "by"), rule["by"], action, self.lines)
        if action == "rescue" and isinstance(rule.get("give"), dict):
            check_give(self.findings, (*place, "give"), rule["give"], self.around.known)

    def has(self, action: str) -> bool:
        return any(rule.get("then") == action for _, rule in self.rules)

    def conditions(self, place: Place, rule: dict[str, Any]) -> None:
        value = rule.get("when")
        single = isinstance(value, str)
        limits: dict[str, dict[str, tuple[float, bool]]] = {}
        for number, text in enumerate([value] if single else listed(value)[:MOST_CONDITIONS]):
            text_place = (*place, "when") if single else (*place, "when", number)
            comparison = read(condition, text)
            unit = None if comparison is None else self.unit(text_place, comparison)
            if comparison is None or unit is None:
                continue
            try:
                limit = in_unit(comparison.value, unit)
            except ValueError as error:
                self.refuse(text_place, f"'{comparison.value}' for {comparison.reads}", str(error))
                continue
            if comparison.reads == PAIN and not 0.0 <= limit <= MOST_PAIN:
                self.refuse(
                    text_place, f"{comparison.value} for {PAIN}", "a pain rating from 0 to 10"
                )
                continue
            # of two equal limits the one that leaves the value itself out is the narrower
            sides, out = limits.setdefault(comparison.reads, {}), comparison.sense in ("<", ">")
            if comparison.sense[0] == ">":
                sides["above"] = max(sides.get("above", (limit, out)), (limit, out))
            else:
                sides["below"] = min(sides.get("below", (limit, not out)), (limit, not out))
        for name, sides in limits.items():
            if len(sides) == 2 and never(*sides["above"], *sides["below"]):
                fault = f"{name} above {sides['above'][0]:g} and below {sides['below'][0]:g}"
                self.refuse((*place, "when"), fault, "conditions that can hold together")

    def unit(self, place: Place, comparison: Written) -> str | None:
        """Return the unit of what a condition reads, and refuse what cannot be read."""
        if comparison.reads == TIME:
            return "h"
        if comparison.reads == DOSE:
            return self.dose_unit(place)
        units = self.units
        if units is None or comparison.reads in units:
            return None if units is None else units[comparison.reads]
        known = self.around.known
        others = {name: drug for drug in known.drugs for name in known.concentrations(drug)}
        if comparison.reads in others:
            allowed = "a ligand of a drug that this arm gives"
            self.refuse(place, f"'{comparison.reads}', of no drug of this arm", allowed)
        else:
            allowed = closest(comparison.reads, [*units, DOSE, TIME])
            self.refuse(place, f"nothing to read named '{comparison.reads}'", allowed)
        return None

    def dose_unit(self, place: Place) -> str | None:
        if "line" not in self.block:
            self.refuse(place, "'dose' in a block without a line", "line: drug, route, amount")
            return None
        units = {line.unit for line in self.lines if line.unit is not None}
        if len(units) > 1:
            named = " and ".join(sorted(unit_text(unit) for unit in units))
            self.refuse(place, f"'dose' of lines in {named}", "lines in one unit")
            return None
        return unit_text(units.pop()) if units else None

    def order(self) -> None:
        """Refuse a rule that no visit reaches, as one before it always matches."""
        for index, (_, first) in enumerate(self.rules):
            if "when" in first or any(key in first for key in ("lock_out", "at_most")):
                continue
            if first.get("confirm", 1) != 1 or first.get("then") not in ACTIONS:
                continue
            for number, rule in self.rules[index + 1 :]:
                if rule.get("then") in ACTIONS and not self.passes(first["then"], rule["then"]):
                    fault = f"a rule after '{first['then']}' without when, which always matches"
                    place = (*self.place, "rules", number)
                    self.refuse(place, fault, "the rule without when last, or a condition in it")
                    return

    def passes(self, always: str, action: str) -> bool:
        """Return whether a visit may reach ``action`` after a rule without ``when``."""
        if always in AFTER_A_STOP:
            return False
        stopped = action in AFTER_A_STOP and self.has("stop")
        # a line is not switched to what it is already
        if always in ("resume", "switch") or stopped:
            return True
        paused = always in NOT_IN_A_PAUSE and action not in NOT_IN_A_PAUSE
        return paused and self.has("pause")

    def noise(self) -> None:
        place = (*self.place, "noise")
        texts = [
            read(condition, text)
            for _, rule in self.rules
            for text in (
                [rule["when"]] if isinstance(rule.get("when"), str) else listed(rule.get("when"))
            )
        ]
        names = {comparison.reads for comparison in texts if comparison is not None}
        for name, value in mapping(self.block.get("noise")).items():
            name_place = (*place, name)
            if name in (DOSE, TIME):
                self.refuse(name_place, f"noise of {name}", "noise of what is measured")
                continue
            if name not in names:
                if None in texts:
                    # it may stand in a condition that cannot be read, which is told there
                    continue
                allowed = f"what a rule of this block reads: {closest(name, names - {DOSE, TIME})}"
                self.refuse(name_place, f"noise of '{name[:60]}', which no rule reads", allowed)
                continue
            if self.units is None or name not in self.units:
                continue
            try:
                if noise_value(self.around.known, self.units, name, value) < 0.0:
                    self.refuse(name_place, shown(value), "a noise of at least 0")
            except ValueError as error:
                self.refuse(name_place, shown(value), str(error))


def noise_value(known: Vocabulary, units: Mapping[str, str], name: str, value: Any) -> float:
    """Return a noise: of a sensory test its coefficient of variation, else in the unit.

    Raises
    ------
    ValueError
        as :func:`oihsim.treatment.rules.conditions.in_unit`
    """
    if name not in known.tests:
        if "%" in str(value):
            wanted = "a value without a unit" if units[name] == "1" else f"a value in {units[name]}"
            raise ValueError(f"{wanted}: the standard deviation, no percentage")
        return in_unit(value, units[name])
    try:
        return in_unit(value, "1")
    except ValueError:
        raise ValueError("a coefficient of variation such as 0.1 or '10 %'") from None
