"""Treatment histories of virtual patients, up to the visit and the week after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from oihsim.files.yaml import Document
from oihsim.scenario import Scenario, parse

TEST_DOSE = {"drug": "morphine", "route": "iv", "amount": "0.1 mg/kg"}
"""Given to every patient at the visit."""

STEP = 1.5
"""Factor of the test step, a day after the visit, in patients on the drug."""

STEP_AFTER_D, FOLLOWED_D = 1, 8
"""Days from the visit to the step, and to the end."""


@dataclass(frozen=True)
class Way:
    """How a drug is given.

    ``usual`` is the daily dose in mg (mcg/h for a patch) that relieves the typical patient of this
    model most over months; it sets the scale of the histories and is not an equianalgesic dose.
    ``lingers_d`` is the delay of withdrawal against that of a tablet, days.
    """

    drug: str
    route: str
    interval_h: float
    usual: float
    lingers_d: float = 0.0

    @property
    def worn(self) -> bool:
        """Whether the drug is given by a patch."""
        return self.route == "transdermal"


WAYS: Mapping[str, Way] = {
    "morphine ER": Way("morphine", "oral_er", 12, 60),
    "morphine": Way("morphine", "oral", 6, 60),
    "fentanyl patch": Way("fentanyl", "transdermal", 72, 25, 1.5),
    "hydromorphone": Way("hydromorphone", "oral", 6, 30),
    "oxycodone ER": Way("oxycodone", "oral_er", 12, 100),
    "methadone": Way("methadone", "oral", 12, 30, 3.0),
}


@dataclass(frozen=True)
class TreatmentHistory:
    """Doses up to a visit; ``steps`` are (day, daily dose), the last continues until ``stop_d``."""

    kind: str
    way: str
    visit_d: float
    steps: tuple[tuple[float, float], ...] = ()
    stop_d: float | None = None
    count: int = 10
    seed: int = 1
    typical: bool = False

    @property
    def stopped(self) -> bool:
        """Whether the drug was stopped before the visit, or never given."""
        return not self.steps or self.stop_d is not None

    def scenario(self, *, as_is: bool = False) -> Scenario:
        """Return the scenario: arm ``step``, and with ``as_is`` also the arm without the step."""
        who = {"count": 1, "typical": True} if self.typical else {"count": self.count}
        arms = {"step": {"doses": self._doses(STEP)}}
        if as_is:
            arms["as_is"] = {"doses": self._doses(1.0)}
        return parse(
            Document(
                f"{self.kind}, {self.way}",
                {
                    "schema": "oihsim-scenario/1",
                    "question": "Which clinical picture does this course lead to?",
                    "duration": f"{self.visit_d + FOLLOWED_D} d",
                    "output_every": "3 h",
                    "population": {"of": "chronic_pain", "seed": self.seed, **who},
                    "arms": arms,
                },
            )
        )

    def _doses(self, factor: float) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = [{**TEST_DOSE, "from": f"{self.visit_d:g} d"}]
        if not self.steps:
            return lines
        end = self.visit_d + FOLLOWED_D
        steps = [*self.steps]
        if not self.stopped and factor != 1.0:
            steps.append((self.visit_d + STEP_AFTER_D, factor * steps[-1][1]))
        ends = [*(day for day, _ in steps[1:]), self.stop_d if self.stopped else end]
        way = WAYS[self.way]
        for (start, daily), until in zip(steps, ends, strict=True):
            amount = (
                {"rate": f"{daily:.4g} mcg/h"}
                if way.worn
                else {
                    "amount": f"{daily * way.interval_h / 24:.4g} mg",
                    "every": f"{way.interval_h} h",
                }
            )
            when = {"from": f"{start:g} d", "until": f"{until:g} d"}
            lines.append({"drug": way.drug, "route": way.route, **amount, **when})
        return lines


KINDS = {
    "untreated": 1,
    "low dose": 4,
    "usual dose": 8,
    "raised dose": 26,
    "high dose": 8,
    "slow escalation": 6,
    "fast escalation": 10,
    "stopped": 8,
    "stopped after days": 20,
    "stopped long ago": 4,
    "dose cut": 5,
    "doses missed": 6,
}
"""Kinds of treatment history, each with its number in a cohort; 106 in all."""

RANGE = {
    "low dose": (0.1, 0.4),
    "usual dose": (0.4, 1.2),
    "raised dose": (1.0, 2.5),
    "high dose": (3.0, 10.0),
    "stopped": (0.6, 5.0),
    "stopped after days": (1.5, 5.0),
}
"""Doses in units of the usual dose; histories of other kinds end at 0.5 to 8 units."""


def cohort(seed: int, ways: tuple[str, ...], *, count: int = 10) -> list[TreatmentHistory]:
    """Return the treatment histories of a cohort: doses and times drawn, no patient shared.

    Parameters
    ----------
    seed : of the histories; the patients of history ``i`` have the seed ``1000 * seed + i``
    ways : drugs and routes, in turn
    count : patients per history
    """
    rng = np.random.Generator(np.random.Philox(seed))
    kinds = [kind for kind, number in KINDS.items() for _ in range(number)]
    return [
        _history(kind, ways[i % len(ways)], rng, count, 1000 * seed + i)
        for i, kind in enumerate(kinds)
    ]


def _history(
    kind: str, name: str, rng: np.random.Generator, count: int, seed: int
) -> TreatmentHistory:
    usual = WAYS[name].usual
    low, high = RANGE.get(kind, (0.5, 8.0))
    dose = usual * float(np.exp(rng.uniform(np.log(low), np.log(high))))
    visit = float(rng.integers(25, 61))
    steps: tuple[tuple[float, float], ...] = ((0.0, dose),)
    stop = None
    if kind == "untreated":
        steps = ()
    elif kind == "slow escalation":
        steps = _escalation(0.6 * usual, max(dose, usual), 10.0, 1.5)
        visit = steps[-1][0] + float(rng.integers(7, 22))
    elif kind == "fast escalation":
        steps = _escalation(0.8 * usual, max(dose, 1.7 * usual), 8.0, 2.0)
        visit = steps[-1][0] + float(rng.integers(7, 15))
    elif kind == "dose cut":
        cut = visit - float(rng.integers(3, 11))
        steps = ((0.0, dose), (cut, dose * float(rng.uniform(0.2, 0.6))))
    elif kind in ("stopped", "stopped after days"):
        if kind == "stopped after days":
            visit = float(rng.integers(8, 15))
        stop = visit - float(rng.integers(1, 4)) - WAYS[name].lingers_d
    elif kind == "stopped long ago":
        stop = visit - float(rng.integers(6, 15))
    elif kind == "doses missed":
        stop = visit - float(rng.choice([0.5, 1.0, 1.5])) - WAYS[name].lingers_d
    return TreatmentHistory(kind, name, visit, steps, stop, count, seed)


def _escalation(
    first: float, last: float, interval_d: float, factor: float
) -> tuple[tuple[float, float], ...]:
    steps = [(0.0, first)]
    while steps[-1][1] * factor <= last:
        steps.append((steps[-1][0] + interval_d, steps[-1][1] * factor))
    return tuple(steps)
