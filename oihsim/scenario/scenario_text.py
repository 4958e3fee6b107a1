"""A resolved scenario as plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oihsim.files.caution import CAUTION
from oihsim.files.text_table import folded
from oihsim.scenario.output_times import outputs_text
from oihsim.scenario.population_settings import covariate_units
from oihsim.treatment.doses.adherence import NOT_SEEN, adherence_text
from oihsim.treatment.doses.dose_table import dose_table, hours_text, target_table
from oihsim.treatment.doses.rescue import judged
from oihsim.treatment.regimens.equivalents import DESCRIPTIVE


def explain(
    resolved: Mapping[str, Any],
    breathing: str = "",
    equivalents: Mapping[str, str] | None = None,
    rules: Mapping[str, Sequence[str]] | None = None,
    width: int | None = None,
) -> str:
    """Return the scenario as text: sizes, then each arm with its doses in mg and hours.

    Parameters
    ----------
    breathing : the sentence of :func:`oihsim.treatment.breathing.sentence`
    equivalents : arm with an opioid -> its line on oral morphine equivalents
    rules : arm -> lines of :func:`rescue_text` and of
        :func:`oihsim.treatment.rules.rule_text.rule_set_text`
    width : characters of a line; None for as many as the tables need
    """
    equivalents = equivalents or {}
    population = resolved["population"]
    count = population["count"]
    who = "the typical subject" if population["typical"] else f"{count} subjects"
    lines = [
        resolved["question"],
        "",
        f"who       {who} of {population['of']}, seed {population['seed']}"
        f"{'' if population['past'] else ', without the past of the population'}",
        *_settings(population),
        f"length    {hours_text(resolved['duration_h'])}, {outputs_text(resolved)}",
        f"model     {resolved['model']}{_pairs(resolved['switches'])}",
    ]
    if resolved["tests"]:
        tests = ", ".join(resolved["tests"])
        lines += folded(f"tests     {tests}", width, hanging=" " * 10)
    lines += _past(resolved, width)
    for name, arm in resolved["arms"].items():
        reference = " (reference)" if name == resolved["compare"]["reference"] else ""
        reacting = list((rules or {}).get(name, ()))
        lines += ["", f"arm {name}{reference}"]
        targets = arm.get("targets", ())
        none = (arm.get("rules") or targets) and not arm["doses"]
        lines += ["  no fixed doses"] if none else dose_table(arm["doses"], width)
        lines += target_table(targets, width)
        lines += [f"  {equivalents[name]}"] if name in equivalents else []
        lines += reacting
        lines += adherence_text(arm.get("adherence"), typical=population["typical"], width=width)
        lines += [f"  {_hold(hold)}" for hold in arm["hold"]]
        lines += [f"  {address} = {value:.6g}" for address, value in arm["parameters"].items()]
    lines += ["", *folded(DESCRIPTIVE, width)] if equivalents else []
    if any("adherence" in arm for arm in resolved["arms"].values()):
        lines += ["", *folded(NOT_SEEN, width)]
    return "\n".join([*lines, "", *folded(breathing, width), CAUTION])


def _settings(population: Mapping[str, Any]) -> list[str]:
    """Return what the scenario changes in its population, a line each."""
    lines = []
    settings = population.get("covariates", {})
    units = covariate_units() if settings else {}
    for symbol, setting in settings.items():
        numbers = ", ".join(
            f"{key} {value:.6g}" for key, value in setting.items() if key != "distribution"
        )
        kind = "the same in everybody" if "value" in setting else setting["distribution"]
        lines.append(f"          {symbol}: {numbers} {units[symbol]}, {kind}")
    if "pain" in population:
        lines.append(f"          pain without drug: {population['pain']:g} in everybody")
    return lines


def _past(resolved: Mapping[str, Any], width: int | None) -> list[str]:
    """Return what comes before time 0: the population's own past, then the scenario's."""
    lines, theirs, past_h = [], resolved["population_history_h"], resolved["history_h"]
    if theirs:
        until = f" until {hours_text(-past_h)}" if past_h else ""
        whose = f"the past of {resolved['population']['of']}"
        lines += ["", f"before time 0, for {hours_text(theirs)}{until}: {whose}"]
        lines += dose_table(resolved["population_history"], width)
    if past_h:
        whose = ": the past in this scenario" if theirs else ""
        lines += ["", *folded(_past_head(resolved, past_h, whose), width)]
        lines += dose_table(resolved["history"], width)
    return lines


def _past_head(resolved: Mapping[str, Any], length: float, whose: str) -> str:
    """Return the head of the scenario's own past."""
    steady = resolved.get("history_steady")
    if not steady:
        return f"before time 0, for {hours_text(length)}{whose}"
    return (
        f"before time 0, indefinitely: the steady state of these doses, which repeat every "
        f"{hours_text(length)}; searched to a residual of {steady['residual']:g} within "
        f"{steady['most_maps']} periods. The last period:"
    )


def rescue_text(rescue: Mapping[str, Any] | None, duration_h: float) -> list[str]:
    """Return a resolved rescue block in lines of text; empty without a rescue block."""
    if rescue is None:
        return []
    number = judged(rescue, duration_h)
    amount = f"{rescue['amount_mg']:.6g} mg{'/kg' if rescue['per_kg'] else ''}"
    until = "the end" if rescue["until_h"] is None else hours_text(rescue["until_h"])
    return [
        f"  rescue: {rescue['drug']} {rescue['route']} {amount} when pain is above "
        f"{rescue['when_pain_above']:g}, judged every {hours_text(rescue['every_h'])} "
        f"from {hours_text(rescue['from_h'])} to {until}: at most {number} doses"
    ]


def _hold(hold: Mapping[str, Any]) -> str:
    until = "the end" if hold["until_h"] is None else hours_text(hold["until_h"])
    return f"hold {hold['mechanism']} from {hours_text(hold['from_h'])} to {until}"


def _pairs(settings: Mapping[str, str]) -> str:
    return "".join(f", {name}: {value}" for name, value in settings.items())
