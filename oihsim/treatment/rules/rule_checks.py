"""Checks across the fields of a rule set, and of its names.

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
from oihsim.treatment.rule_sets import ACTIONS, CHANGE, DOSE, RELATIVE, START, TIME, VALUE
from oihsim.treatment.rules.conditions import (
    COMPARED,
    ComparisonText,
    condition,
    in_unit,
    never,
)
from oihsim.treatment.rules.rule_form import (
    MOST_CONDITIONS,
    MOST_RULE_SETS,
    MOST_RULES,
    MOST_VISITS,
)
from oihsim.treatment.rules.rule_lines import (
    LineFacts,
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
"""The rating and the end of its scale; a limit beyond the scale always holds or never."""

ON_A_LINE = ("raise", "lower", "pause", "resume", "stop", "switch")

NOT_IN_A_PAUSE = ("raise", "lower", "pause")
AFTER_A_STOP = ("hold", "rescue")


@dataclass(frozen=True)
class ArmContext:
    """The arm and the run around a rule set.

    Attributes
    ----------
    known : the known names
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
    """Return the variables that conditions may read in an arm with ``drugs``, with their units.

    ``dose`` and ``time`` are not among them.
    """
    units = known.observed(model)
    for drug in sorted(drugs):
        units |= known.concentrations(drug)
    return units


def check_rules(findings: Findings, place: Place, rule_sets: Any, context: ArmContext) -> None:
    """Add the problems of the rule sets of an arm."""
    names: list[Any] = []
    for number, rule_set in enumerate(listed(rule_sets)[:MOST_RULE_SETS]):
        if not isinstance(rule_set, dict):
            continue
        set_place, name = (*place, number), rule_set.get("name")
        if name in names:
            findings.refuse(
                (*set_place, "name"), f"{shown(name)} again", "each name once in an arm"
            )
        elif name == "rescue" and context.rescue:
            actual = "'rescue', the name of the arm's rescue block"
            findings.refuse((*set_place, "name"), actual, "another name")
        names.append(name)
        _RuleSetChecks(findings, set_place, rule_set, context).check()


class _RuleSetChecks:
    """The checks of one rule set: its lines, what its conditions read, and its rules."""

    def __init__(
        self, findings: Findings, place: Place, rule_set: dict[str, Any], context: ArmContext
    ) -> None:
        self.findings, self.refuse = findings, findings.refuse
        self.place, self.rule_set, self.context = place, rule_set, context
        self.rules = [
            (number, rule)
            for number, rule in enumerate(listed(rule_set.get("rules"))[:MOST_RULES])
            if isinstance(rule, dict)
        ]
        self.lines: list[LineFacts] = []
        self.units: dict[str, str] | None = None
        if context.model is not None:
            self.units = readable(context.known, context.model, context.drugs)

    def check(self) -> None:
        self.visits()
        self.check_lines()
        seen: list[Any] = []
        for number, rule in self.rules:
            rule_place, name = (*self.place, "rules", number), rule.get("name")
            if name is not None and name in seen:
                self.refuse(
                    (*rule_place, "name"), f"{shown(name)} again", "each name once in a rule set"
                )
            elif name == START:
                actual = (
                    f"'{START}', which in the dose ledger names a dose that no rule has changed"
                )
                self.refuse((*rule_place, "name"), actual, "another name")
            seen.append(name)
            self.rule(rule_place, rule)
        self.order()
        self.noise()

    def visits(self) -> None:
        place = (*self.place, "visits")
        visits, end = self.rule_set.get("visits"), self.context.end
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
                self.refuse((*place, "every"), f"{number} decision points", allowed)

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
        known, line = self.context.known, self.rule_set.get("line")
        if isinstance(line, dict):
            place = (*self.place, "line")
            self.lines.append(check_line(self.findings, place, line, known, self.context.end))
        for number, rule in self.rules:
            if rule.get("then") == "switch" and isinstance(rule.get("to"), dict):
                place = (*self.place, "rules", number, "to")
                self.lines.append(check_to(self.findings, place, rule["to"], known))
                self.ratio((*place, "ratio"), rule["to"])
                if isinstance(line, dict):
                    check_number(self.findings, place, rule["to"], line, self.context.end)

    def ratio(self, place: Place, to: dict[str, Any]) -> None:
        """Refuse a ratio where a line before it may be counted or per kg."""
        if "ratio" not in to:
            return
        for line in self.lines:
            if line.unit not in (None, ("mg", False)):
                actual = f"a ratio from a line in {unit_text(line.unit)}"
                # refused at the new line itself already
                if line.place != place[:-1]:
                    self.refuse(place, actual, "lines in mg, or an amount")
                    return

    def rule(self, place: Place, rule: dict[str, Any]) -> None:
        self.conditions(place, rule)
        action = rule.get("then")
        if not self.findings.is_known((*place, "then"), action, ACTIONS, "action"):
            return
        action = str(action)
        for key, actions in ACTIONS_WITH.items():
            if key in rule and action not in actions:
                actual = f"'{key}' with {action}"
                self.refuse((*place, key), actual, f"'{key}' only with {' or '.join(actions)}")
        needed = NEEDED.get(action)
        if needed is not None and needed not in rule:
            example = {
                "by": "the change, such as '50 %'",
                "to": "the line that the switch begins",
                "give": "the dose, such as {drug: morphine, route: iv, amount: 1 mg}",
            }[needed]
            self.refuse(place, f"{action} without {needed}", f"{needed}: {example}")
        if action in ON_A_LINE and "line" not in self.rule_set:
            allowed = "line: drug, route, amount and every"
            self.refuse((*place, "then"), f"{action} in a rule set without a line", allowed)
        if action == "resume" and not self.has("pause"):
            allowed = "a rule of this rule set that pauses"
            self.refuse((*place, "then"), "resume without a pause", allowed)
        if action in ("raise", "lower") and "by" in rule:
            check_by(self.findings, (*place, "by"), rule["by"], action, self.lines)
        if action == "rescue" and isinstance(rule.get("give"), dict):
            check_give(self.findings, (*place, "give"), rule["give"], self.context.known)

    def has(self, action: str) -> bool:
        return any(rule.get("then") == action for _, rule in self.rules)

    def conditions(self, place: Place, rule: dict[str, Any]) -> None:
        value = rule.get("when")
        single = isinstance(value, str)
        limits: dict[tuple[str, str, float], dict[str, tuple[float, bool]]] = {}
        for number, text in enumerate([value] if single else listed(value)[:MOST_CONDITIONS]):
            text_place = (*place, "when") if single else (*place, "when", number)
            comparison = read(condition, text)
            unit = None if comparison is None else self.unit(text_place, comparison)
            if comparison is None or unit is None:
                continue
            try:
                limit = comparison.limit(unit)
            except ValueError as error:
                self.refuse(text_place, f"'{comparison.value}' for {comparison.reads}", str(error))
                continue
            if not self.on_the_scale(text_place, comparison, limit):
                continue
            # of two equal limits the narrower excludes the value itself
            compared = (comparison.reads, comparison.of, comparison.over_h)
            sides, out = limits.setdefault(compared, {}), comparison.sense in ("<", ">")
            if comparison.sense[0] == ">":
                sides["above"] = max(sides.get("above", (limit, out)), (limit, out))
            else:
                sides["below"] = min(sides.get("below", (limit, not out)), (limit, not out))
        for (name, of, _), sides in limits.items():
            if len(sides) == 2 and never(*sides["above"], *sides["below"]):
                between = f"above {sides['above'][0]:g} and below {sides['below'][0]:g}"
                actual = f"{COMPARED[of]}{name} {between}"
                self.refuse((*place, "when"), actual, "conditions that can hold together")

    def on_the_scale(self, place: Place, comparison: ComparisonText, limit: float) -> bool:
        """Return whether a limit of pain lies on its scale, and refuse it otherwise."""
        if comparison.reads != PAIN or comparison.of == RELATIVE:
            return True
        lowest = -MOST_PAIN if comparison.of == CHANGE else 0.0
        if lowest <= limit <= MOST_PAIN:
            return True
        scale = "a change of a pain rating" if comparison.of == CHANGE else "a pain rating"
        actual = f"{comparison.value} for {COMPARED[comparison.of]}{PAIN}"
        self.refuse(place, actual, f"{scale} from {lowest:g} to {MOST_PAIN:g}")
        return False

    def unit(self, place: Place, comparison: ComparisonText) -> str | None:
        """Return the unit of the variable of a condition, and refuse an unknown variable."""
        if comparison.reads in (TIME, DOSE) and comparison.of != VALUE:
            actual = f"'{COMPARED[comparison.of]}{comparison.reads}'"
            self.refuse(place, actual, "a change or a mean of what is observed")
            return None
        if comparison.reads == TIME:
            return "h"
        if comparison.reads == DOSE:
            return self.dose_unit(place)
        units = self.units
        if units is None or comparison.reads in units:
            return None if units is None else units[comparison.reads]
        known = self.context.known
        others = {name: drug for drug in known.drugs for name in known.concentrations(drug)}
        if comparison.reads in others:
            allowed = "concentrations of the drugs that this arm gives"
            self.refuse(
                place, f"'{comparison.reads}' of a drug that this arm does not give", allowed
            )
        else:
            allowed = closest(comparison.reads, [*units, DOSE, TIME])
            self.refuse(place, f"no variable named '{comparison.reads}'", allowed)
        return None

    def dose_unit(self, place: Place) -> str | None:
        if "line" not in self.rule_set:
            self.refuse(place, "'dose' in a rule set without a line", "line: drug, route, amount")
            return None
        units = {line.unit for line in self.lines if line.unit is not None}
        if len(units) > 1:
            named = " and ".join(sorted(unit_text(unit) for unit in units))
            self.refuse(place, f"'dose' of lines in {named}", "lines in one unit")
            return None
        return unit_text(units.pop()) if units else None

    def order(self) -> None:
        """Refuse a rule that is never reached because a rule before it always matches."""
        for index, (_, first) in enumerate(self.rules):
            if "when" in first or any(key in first for key in ("lock_out", "at_most")):
                continue
            if first.get("confirm", 1) != 1 or first.get("then") not in ACTIONS:
                continue
            for number, rule in self.rules[index + 1 :]:
                if rule.get("then") in ACTIONS and not self.passes(first["then"], rule["then"]):
                    before = f"after a '{first['then']}' that always matches"
                    actual = f"a rule that is never reached, {before}"
                    place = (*self.place, "rules", number)
                    self.refuse(
                        place, actual, "the rule without when last, or a condition in that rule"
                    )
                    return

    def passes(self, always: str, action: str) -> bool:
        """Return whether ``action`` may be reached after a rule without ``when``."""
        if always in AFTER_A_STOP:
            return False
        stopped = action in AFTER_A_STOP and self.has("stop")
        # a line is not switched to itself
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
        for name, value in mapping(self.rule_set.get("noise")).items():
            name_place = (*place, name)
            if name in (DOSE, TIME):
                self.refuse(name_place, f"noise of {name}", "noise of what is measured")
                continue
            if name not in names:
                if None in texts:
                    # it may stand in a condition that cannot be read, which is refused there
                    continue
                allowed = f"a name that these rules read: {closest(name, names - {DOSE, TIME})}"
                self.refuse(name_place, f"noise of '{name[:60]}', which no rule reads", allowed)
                continue
            if self.units is None or name not in self.units:
                continue
            try:
                if noise_value(self.context.known, self.units, name, value) < 0.0:
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
            raise ValueError(f"{wanted}: the standard deviation, not a percentage")
        return in_unit(value, units[name])
    try:
        return in_unit(value, "1")
    except ValueError:
        raise ValueError("a coefficient of variation such as 0.1 or '10 %'") from None
