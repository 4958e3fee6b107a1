"""Checks across the fields of a scenario, and of its names.

The checks walk the plain data, not the validated form, and skip a field that the form has refused
already; so the problems of both appear in one list.
"""

from __future__ import annotations

from typing import Any

from oihsim.files.errors import Problem
from oihsim.files.findings import Findings, empty, hours, listed, mapping
from oihsim.files.forms import shown
from oihsim.files.units import number_in_unit
from oihsim.files.yaml import Document, Place
from oihsim.scenario.outputs_checks import check_outputs
from oihsim.scenario.population_settings import check_settings, is_file
from oihsim.scenario.scenario_form import MOST_ARMS, ScenarioForm
from oihsim.scenario.scenario_vocabulary import ScenarioVocabulary
from oihsim.treatment.arm import Past
from oihsim.treatment.doses.adherence import check_adherence, named_drugs
from oihsim.treatment.doses.dose_checks import check_doses, check_history
from oihsim.treatment.doses.dose_form import MOST_LINES
from oihsim.treatment.doses.rescue import check_rescue
from oihsim.treatment.doses.steady_past import check_steady, is_steady
from oihsim.treatment.doses.target_lines import check_pumps
from oihsim.treatment.rules.rules_of_arms import check_arm, gives_rescue

MOST_OUTPUTS = 100_000
MOST_VALUES = 200_000_000
"""Outputs times subjects times arms; beyond it one variable alone fills gigabytes."""

RESCUED = "an arm with rescue: {drug: ...}, or with a rule whose then is rescue"


def check(
    document: Document, vocabulary: ScenarioVocabulary, past: Past | None = None
) -> list[Problem]:
    """Return every problem that involves more than one field.

    ``past`` is that of the population: a hold may begin in it, and rules may read its drugs.
    """
    return _Checks(document, vocabulary, past or Past()).run()


def default_of(*names: str) -> Any:
    """Return the default of a field of the scenario form, by its path."""
    form: Any = ScenarioForm
    for name in names:
        form = form.model_fields[name].default
    return form


class _Checks:
    def __init__(self, document: Document, vocabulary: ScenarioVocabulary, past: Past) -> None:
        findings = Findings(document)
        self.findings, self.refuse, self.is_known = findings, findings.refuse, findings.is_known
        self.known = vocabulary
        self.data = document.data
        model = self.data.get("model", default_of("model"))
        self.model = model if isinstance(model, str) and model in vocabulary.models else None
        # a length that is not above 0 is refused already, and limits no time
        self.duration = hours(self.data.get("duration")) or None
        if self.duration is not None and self.duration < 0.0:
            self.duration = None
        past_h = hours(mapping(self.data.get("history")).get("duration")) or 0.0
        self.theirs, self.past = past.duration_h, past_h + past.duration_h
        self.past_drugs = {course.drug for course in past.courses}

    def run(self) -> list[Problem]:
        for place in empty(self.data, ()):
            self.refuse(place, "nothing", "a value, or leave the key out")
        self.names()
        self.tests(listed(self.data.get("tests")))
        self.sizes()
        self.history(self.data.get("history"))
        self.holds(("hold",), self.data.get("hold"))
        self.parameters(("parameters",), self.data.get("parameters"))
        self.adherence((), self.data)
        for name, arm in list(mapping(self.data.get("arms")).items())[:MOST_ARMS]:
            if isinstance(arm, dict):
                self.arm(("arms", name), arm)
        self.compare(mapping(self.data.get("compare")))
        arms = mapping(self.data.get("arms"))
        for number, name in enumerate(listed(mapping(self.data.get("trial")).get("open_arms"))):
            self.is_known(("trial", "open_arms", number), name, arms, "arm")
        return self.findings.problems

    def history(self, history: Any) -> None:
        place: Place = ("history",)
        if is_steady(history):
            population = mapping(self.data.get("population"))
            theirs = str(population.get("of")) if self.theirs else ""
            check_steady(self.findings, place, history, self.known, theirs)
            return
        if isinstance(history, dict) and "duration" not in history:
            self.refuse((*place, "duration"), "nothing", "a time above 0, such as '30 d'")
        check_history(self.findings, place, history, self.known)

    def names(self) -> None:
        if "model" in self.data:
            self.is_known(("model",), self.data["model"], self.known.models, "model")
        population = mapping(self.data.get("population"))
        if "file" not in population and not is_file(population.get("of")):
            self.is_known(
                ("population", "of"), population.get("of"), self.known.populations, "population"
            )
        check_settings(self.findings, population)
        if self.model is None:
            return
        switches = self.known.switches(self.model)
        for name, value in mapping(self.data.get("switches")).items():
            place = ("switches", name)
            if self.is_known(place, name, switches, "switch") and isinstance(value, str | bool):
                self.is_known(place, setting(value), switches[name], f"setting of {name}")

    def tests(self, names: list[Any]) -> None:
        for number, name in enumerate(names[:MOST_LINES]):
            place: Place = ("tests", number)
            known = self.is_known(place, name, self.known.tests, "sensory test")
            if known and name in names[:number]:
                self.refuse(place, f"{shown(name)} again", "each test once")

    def sizes(self) -> None:
        population = mapping(self.data.get("population"))
        count = population.get("count", 1)
        if not isinstance(count, int) or isinstance(count, bool):
            count = 1
        if population.get("typical") is True and count > 1:
            self.refuse(
                ("population", "count"), f"{count} typical subjects", "1 when typical: true"
            )
        if "outputs" in self.data:
            number = check_outputs(self.findings, self.data, self.duration)
            self.room(("outputs",), "longer intervals", number, count)
            return
        interval = hours(self.data.get("output_every", "6 h"))
        if not self.duration or not interval or interval <= 0.0:
            return
        if interval > self.duration:
            self.refuse(("output_every",), "longer than the duration", "at most the duration")
            return
        number = self.duration / interval + 1
        self.room(("output_every",), "a larger output_every", number, count)

    def room(self, place: Place, remedy: str, outputs: float, count: int) -> None:
        """Refuse more outputs than a result can hold."""
        if outputs > MOST_OUTPUTS:
            allowed = f"at most {MOST_OUTPUTS} ({remedy})"
            self.refuse(place, f"{outputs:.0f} outputs", allowed)
        elif outputs * count * len(mapping(self.data.get("arms"))) > MOST_VALUES:
            allowed = f"at most {MOST_VALUES} values per variable (fewer subjects, outputs or arms)"
            self.refuse(
                ("population", "count"), f"{count} subjects with {outputs:.0f} outputs", allowed
            )

    def arm(self, place: Place, arm: dict[str, Any]) -> None:
        arms = mapping(self.data.get("arms"))
        base = arm.get("based_on")
        if "doses" in arm and "based_on" in arm:
            self.refuse(
                (*place, "based_on"),
                "both doses and based_on",
                "one of the two; add holds further doses",
            )
        elif "doses" not in arm and "based_on" not in arm:
            self.refuse(place, "neither doses nor based_on", "doses: [...], or based_on: an arm")
        elif "add" in arm and "based_on" not in arm:
            self.refuse(
                (*place, "add"), "add without based_on", "doses: [...], or based_on beside add"
            )
        if "based_on" in arm and self.is_known((*place, "based_on"), base, arms, "arm"):
            self.no_circle(place, arms)
        for key in ("doses", "add"):
            check_doses(self.findings, (*place, key), arm.get(key), self.known, self.duration)
        check_pumps(self.findings, str(place[-1]), self.data)
        self.holds((*place, "hold"), arm.get("hold"))
        self.parameters((*place, "parameters"), arm.get("parameters"))
        self.adherence(place, arm)
        rescue = arm.get("rescue")
        if isinstance(rescue, dict):
            check_rescue(self.findings, (*place, "rescue"), rescue, self.known, self.duration)
        check_arm(
            self.findings, str(place[-1]), self.data, self.known,
            end=self.duration, model=self.model, past=self.past_drugs,
        )  # fmt: skip

    def adherence(self, place: Place, fields: dict[str, Any]) -> None:
        if isinstance(written := fields.get("adherence"), dict):
            drugs = named_drugs(self.data, self.known)
            check_adherence(self.findings, (*place, "adherence"), written, self.known, drugs)

    def no_circle(self, place: Place, arms: dict[str, Any]) -> None:
        seen = [str(place[-1])]
        while isinstance(base := mapping(arms.get(seen[-1])).get("based_on"), str):
            seen.append(base)
            if base in seen[:-1] or len(seen) > MOST_ARMS:
                if base == seen[0]:
                    self.refuse((*place, "based_on"), " -> ".join(seen), "no circle of arms")
                return

    def holds(self, place: Place, holds: Any) -> None:
        # a mechanism without states has nothing to hold
        names = self.known.held(self.model) if self.model else ()
        for number, hold in enumerate(listed(holds)[:MOST_LINES]):
            entry_place, hold = (*place, number), mapping(hold)
            if names:
                self.is_known(
                    (*entry_place, "mechanism"),
                    hold.get("mechanism"),
                    names,
                    "mechanism with states",
                )
            first, until = hours(hold.get("from", "0 h")), hours(hold.get("until"))
            self.window(entry_place, hold, first, until, 0.0 - self.past)

    def window(
        self,
        place: Place,
        fields: dict[str, Any],
        first: float | None,
        until: float | None,
        start: float,
    ) -> None:
        """Refuse a window outside the scenario or without length."""
        if first is not None and first < start:
            self.refuse((*place, "from"), shown(fields.get("from")), f"at least {start:g} h")
        if first is not None and self.duration is not None and first >= self.duration:
            allowed = f"a time before the end ({self.duration:g} h)"
            self.refuse((*place, "from"), shown(fields.get("from")), allowed)
        if until is not None and self.duration is not None and until > self.duration:
            allowed = f"at most the end ({self.duration:g} h)"
            self.refuse((*place, "until"), shown(fields.get("until")), allowed)
        if first is not None and until is not None and until <= first:
            actual = f"{shown(fields.get('until'))}, not after from"
            self.refuse((*place, "until"), actual, f"a time after {first:g} h")

    def parameters(self, place: Place, changes: Any) -> None:
        if self.model is None:
            return
        for address, value in mapping(changes).items():
            address_place = (*place, address)
            owner, dot, symbol = address.partition(".")
            if not dot:
                self.refuse(
                    address_place,
                    f"'{address[:60]}'",
                    "an address: mechanism.symbol or drug.symbol",
                )
                continue
            owners = (*self.known.mechanisms(self.model), *self.known.drugs)
            if not self.is_known(address_place, owner, owners, "mechanism or drug"):
                continue
            units = self.known.units(owner, self.model)
            if self.is_known(address_place, symbol, units, f"parameter of {owner}"):
                try:
                    changed = number_in_unit(value, units[symbol])
                except ValueError as error:
                    self.refuse(address_place, shown(value), str(error))
                    continue
                if changed < 0.0 and symbol not in self.known.signed(owner, self.model):
                    self.refuse(address_place, shown(value), "a value of at least 0")

    def compare(self, compare: dict[str, Any]) -> None:
        arms = mapping(self.data.get("arms"))
        self.is_known(("compare", "reference"), compare.get("reference"), arms, "arm")
        rescued = any(gives_rescue(arm) for arm in arms.values())
        for number, entry in enumerate(listed(compare.get("endpoints"))):
            place: Place = ("compare", "endpoints", number)
            name = entry if isinstance(entry, str) else mapping(entry).get("endpoint")
            if name == "rescue_consumption" and not rescued:
                self.refuse(place, f"{name} without rescue doses", RESCUED)
            if isinstance(entry, str):
                self.is_known(place, entry, self.known.endpoints, "endpoint")
                continue
            fields = mapping(entry)
            self.is_known(
                (*place, "endpoint"), fields.get("endpoint"), self.known.endpoints, "endpoint"
            )
            if "at" in fields:
                self.one_time(place, fields)
                continue
            first, until = hours(fields.get("from", "0 h")), hours(fields.get("until"))
            self.window(place, fields, first, until, 0.0)

    def one_time(self, place: Place, fields: dict[str, Any]) -> None:
        """Refuse a time beside a window or outside the scenario, or of what has no value there."""
        for edge in ("from", "until"):
            if edge in fields:
                self.refuse((*place, edge), f"{edge} beside at", "one of the two")
        at, name = hours(fields["at"]), fields.get("endpoint")
        if at is not None and self.duration is not None and at > self.duration:
            allowed = f"at most the end ({self.duration:g} h)"
            self.refuse((*place, "at"), shown(fields["at"]), allowed)
        if name in self.known.endpoints and name not in self.known.endpoints_at_one_time:
            self.refuse((*place, "at"), f"{name} at one time", "from and until")


def setting(value: str | bool) -> str:
    """Return the setting of a switch as text: YAML's true and false are words here."""
    return str(value).lower() if isinstance(value, bool) else value
