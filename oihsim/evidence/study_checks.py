"""Checks of findings against the scenarios that they are read from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oihsim.evidence.readings import group_and_arm
from oihsim.evidence.statistic import OF_TIMES, STATISTICS
from oihsim.evidence.study_form import FindingForm, ReadingForm, StudyForm
from oihsim.files.errors import Problem
from oihsim.files.findings import Findings
from oihsim.files.yaml import Document, Place
from oihsim.neuroplasticity import VARIANTS
from oihsim.results.comparison import BY_DRUG
from oihsim.results.endpoints import NAMES
from oihsim.results.sensory import TESTS
from oihsim.results.trial_course import REPORTED
from oihsim.scenario import Scenario

NUMBER = "value with interval, se, or sd and n; or sign, at_most, at_least"
OBSERVED_BY_ROLE = {"null": "band: [low, high]", "fit": NUMBER, "check": NUMBER}


def check_findings(
    document: Document, form: StudyForm, scenarios: Mapping[str, Scenario]
) -> list[Problem]:
    """Return every problem of the findings of a study whose fields are right one by one."""
    findings = Findings(document)
    for name, finding in form.findings.items():
        place: Place = ("findings", name)
        _observed(findings, place, finding)
        _statistic(findings, place, finding)
        if scenarios:
            _reading(findings, place, finding, scenarios)
            if finding.with_ is not None:
                _reading(findings, (*place, "with"), finding.with_, scenarios)
            if finding.against is not None:
                _arm(findings, (*place, "against"), finding.against, scenarios)
            if finding.against_at is not None:
                _time(findings, (*place, "against_at"), finding.against_at, scenarios, finding.arm)
    if form.cannot is None and not form.findings:
        findings.refuse(("findings",), "nothing", "findings, or cannot: the reason")
    return findings.problems


def _observed(findings: Findings, place: Place, finding: FindingForm) -> None:
    """Check that what was observed suits the role, and says where its error comes from."""
    observed, role = finding.observed, finding.role
    place = (*place, "observed")
    stated = [
        key for key in ("value", "sign", "band", "at_most", "at_least")
        if getattr(observed, key) is not None
    ]  # fmt: skip
    fitting = {"null": {"band"}, "context": set(stated)}.get(
        role, {"value", "sign", "at_most", "at_least"}
    )
    if role != "context" and (len(stated) != 1 or not set(stated) <= fitting):
        actual = " and ".join(stated) or "no value"
        findings.refuse(place, actual, f"for a {role}: {OBSERVED_BY_ROLE[role]}")
    errors = [key for key in ("interval", "se", "sd") if getattr(observed, key) is not None]
    if observed.value is not None and role != "context" and len(errors) != 1:
        actual = " and ".join(errors) or "a value without its error"
        findings.refuse(place, actual, "one of interval, se, or sd with n")
    if observed.sd is not None and observed.n is None:
        findings.refuse((*place, "n"), "nothing", "the number of subjects behind sd")
    for key in ("interval", "band"):
        limits = getattr(observed, key)
        if limits is not None and not limits[0] < limits[1]:
            findings.refuse((*place, key), f"{limits[0]:g} and {limits[1]:g}", "low before high")
    if observed.how is None and (observed.band is not None or finding.provenance == "derived"):
        findings.refuse((*place, "how"), "nothing", "how the numbers were derived")


def _statistic(findings: Findings, place: Place, finding: FindingForm) -> None:
    """Check that a finding has what its statistic needs, and no more."""
    kind = finding.statistic
    comparator = finding.against is not None or finding.against_at is not None
    needs = STATISTICS[kind].compares and kind != "correlation"
    if needs and not comparator:
        findings.refuse((*place, "against"), "nothing", f"an arm, or against_at, for a {kind}")
    if comparator and not needs:
        findings.refuse((*place, "statistic"), kind, "a statistic that compares, or no against")
    if (kind in ("incidence", *OF_TIMES)) != (finding.criterion is not None):
        allowed = f"a criterion for incidence, {' or '.join(OF_TIMES)}, and only for them"
        findings.refuse((*place, "criterion"), kind, allowed)
    if kind in OF_TIMES and finding.at is not None:
        findings.refuse((*place, "at"), kind, "from and until, for times to an event")
    if (kind == "correlation") != (finding.with_ is not None):
        findings.refuse((*place, "with"), kind, "a second reading for correlation, and only for it")
    criterion = finding.criterion
    if criterion is not None and (criterion.above is None) == (criterion.below is None):
        findings.refuse((*place, "criterion"), "both or neither limit", "either above or below")


def _reading(
    findings: Findings, place: Place, reading: ReadingForm, scenarios: Mapping[str, Scenario]
) -> None:
    if not _arm(findings, (*place, "arm"), reading.arm, scenarios):
        return
    scenario = scenarios[group_and_arm(reading.arm)[0]]
    known = known_readings(scenario)
    if not findings.is_known((*place, "reads"), reading.reads, known, "test, endpoint or output"):
        return
    endpoint = reading.reads in NAMES
    if endpoint and reading.at is not None:
        findings.refuse((*place, "at"), f"{reading.at:g} h", "from and until, for an endpoint")
    if not endpoint and (reading.at is None) == (reading.from_ is None and reading.until is None):
        allowed = "either at, or from and until"
        findings.refuse((*place, "at"), "a time and a window, or neither", allowed)
    if endpoint and reading.baseline is not None:
        findings.refuse((*place, "baseline"), "a baseline", "no baseline for an endpoint")
    if reading.reads in BY_DRUG and reading.drug is None and len(scenario.drugs) != 1:
        findings.refuse((*place, "drug"), "nothing", f"one of {', '.join(scenario.drugs)}")
    for key in ("at", "baseline"):
        if (time_h := getattr(reading, key)) is not None:
            _time(findings, (*place, key), time_h, scenarios, reading.arm)


def known_readings(scenario: Scenario) -> list[str]:
    """Return the names that a finding may read: tests, endpoints, states, outputs, levels."""
    mechanisms = VARIANTS[scenario.model].mechanisms
    named: list[Any] = [s for m in mechanisms for s in (*m.states, *m.outputs)]
    ligands = [x for drug in scenario.drugs for x in scenario.vocabulary.drug(drug).ligands]
    levels = [f"{x}_{site}_concentration" for x in ligands for site in ("plasma", "effect_site")]
    reported = [REPORTED] if scenario.trial is not None else []
    return [*TESTS, *NAMES, *reported, *(symbol.name for symbol in named), *levels]


def _arm(findings: Findings, place: Place, written: str, scenarios: Mapping[str, Scenario]) -> bool:
    group, arm = group_and_arm(written)
    if group not in scenarios:
        groups = [name for name in scenarios if name]
        allowed = (
            f"group/arm, with a group of {', '.join(groups)}" if groups else "the name of an arm"
        )
        findings.refuse(place, repr(written), allowed)
        return False
    return findings.is_known(place, arm, scenarios[group].arms, "arm")


def _time(
    findings: Findings, place: Place, time_h: float, scenarios: Mapping[str, Scenario], arm: str
) -> None:
    """Refuse a time that is no output time."""
    group, _ = group_and_arm(arm)
    if group not in scenarios:
        return
    nearest = min(scenarios[group].output_times(), key=lambda t: abs(t - time_h))
    if abs(nearest - time_h) > 1e-6:
        findings.refuse(place, f"{time_h:g} h", f"an output time; the nearest is {nearest:g} h")
