"""The rules of an arm beside its drugs, its rescue block and the arm it is based on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from oihsim.files.findings import Findings, listed, mapping
from oihsim.treatment.doses.dose_form import MOST_LINES
from oihsim.treatment.doses.rescue import RESCUE
from oihsim.treatment.lineage import lineage
from oihsim.treatment.rule_sets import RuleSet
from oihsim.treatment.rules.resolved_rules import (
    as_rule_set,
    drugs_of,
    resolved_rule_sets,
    written_rule_set,
)
from oihsim.treatment.rules.rule_checks import ArmContext, check_rules, readable
from oihsim.treatment.rules.rule_form import MOST_RULE_SETS, MOST_RULES, RuleSetForm
from oihsim.treatment.vocabulary import Vocabulary

RULES = "rules"


def check_arm(
    findings: Findings,
    name: str,
    data: Mapping[str, Any],
    known: Vocabulary,
    *,
    end: float | None,
    model: str | None,
    past: Collection[str] = (),
) -> None:
    """Add the problems of the rules of an arm.

    Parameters
    ----------
    data : the scenario
    end : end of the run, h, if known
    model : name of the model, if known
    past : drugs of the population's past
    """
    arm = mapping(mapping(data.get("arms")).get(name))
    line = [ancestor for _, ancestor in lineage(name, data)]
    rule_sets = _nearest(line, RULES)
    rescue = _nearest(line, RESCUE) is not None
    if RULES in arm:
        drugs = {drug for drug in (*_drugs(line, data), *past) if drug in known.drugs}
        context = ArmContext(known, end, model, drugs, rescue)
        check_rules(findings, ("arms", name, RULES), arm[RULES], context)
    elif RESCUE in arm and any(
        mapping(rule_set).get("name") == RESCUE for rule_set in listed(rule_sets)
    ):
        actual = f"a rescue block beside rules named '{RESCUE}'"
        findings.refuse(("arms", name, RESCUE), actual, "another name for the rules")


def gives_rescue(arm: Any) -> bool:
    """Return whether an arm as written has a rescue block, or a rule that gives rescue doses.

    Examples
    --------
    >>> gives_rescue({"rules": [{"rules": [{"then": "rescue"}]}]}), gives_rescue({"doses": []})
    (True, False)
    """
    fields = mapping(arm)
    return RESCUE in fields or any(
        mapping(rule).get("then") == RESCUE
        for rule_set in listed(fields.get(RULES))[:MOST_RULE_SETS]
        for rule in listed(mapping(rule_set).get("rules"))[:MOST_RULES]
    )


def _nearest(line: list[dict[str, Any]], key: str) -> Any:
    return next((arm[key] for arm in line if key in arm), None)


def _drugs(line: list[dict[str, Any]], data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of drugs in the doses, the past, the rescue block and the rules."""
    lines = listed(mapping(data.get("history")).get("doses"))[:MOST_LINES]
    for arm in line:
        lines += [*listed(arm.get("doses"))[:MOST_LINES], *listed(arm.get("add"))[:MOST_LINES]]
    lines.append(_nearest(line, RESCUE))
    for rule_set in listed(_nearest(line, RULES))[:MOST_RULE_SETS]:
        lines.append(mapping(rule_set).get("line"))
        for rule in listed(mapping(rule_set).get("rules"))[:MOST_RULES]:
            lines += [mapping(rule).get("to"), mapping(rule).get("give")]
    for dose in lines:
        drug = mapping(dose).get("drug")
        if isinstance(drug, str):
            yield drug


def resolved_rules(
    forms: list[RuleSetForm], arm: Mapping[str, Any], past: list[dict[str, Any]],
    model: str, known: Vocabulary,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the checked rule sets of an arm as plain data.

    Parameters
    ----------
    arm : the arm, resolved but for its rules
    past : resolved courses before time 0
    """
    lines = (
        line
        for form in forms
        for line in (form.line, *(part for rule in form.rules for part in (rule.to, rule.give)))
    )
    drugs = drugs_of(arm, past) | {str(line.drug) for line in lines if line is not None}
    return resolved_rule_sets(forms, known, readable(known, model, drugs))


def units_of(
    resolved: Mapping[str, Any], arm: Mapping[str, Any], known: Vocabulary
) -> dict[str, str]:
    """Return the variables that rules of a resolved arm may read, each with its unit."""
    past = (*resolved.get("population_history", ()), *resolved.get("history", ()))
    return readable(known, resolved["model"], drugs_of(arm, past))


def written_rules(
    resolved: Mapping[str, Any], arm: Mapping[str, Any], known: Vocabulary
) -> list[dict[str, Any]]:
    """Return the rule sets of a resolved arm as a file writes them."""
    units = units_of(resolved, arm, known)
    return [written_rule_set(rule_set, known, units) for rule_set in arm[RULES]]


def rule_sets(arm: Mapping[str, Any], duration_h: float) -> tuple[RuleSet, ...]:
    """Return the rule sets of an arm in a run of ``duration_h`` from their resolved form."""
    return tuple(as_rule_set(rule_set, duration_h) for rule_set in arm.get(RULES, ()))
