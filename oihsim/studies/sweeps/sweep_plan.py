"""A valid sweep: scenarios, points, draws, and the recipe from which all of them follow."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np

from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model
from oihsim.scenario import Scenario
from oihsim.scenario.population import population_of
from oihsim.studies.sweeps.axes import Axis

RECIPE = "oihsim-sweep-recipe/1"
PACKAGES = ("oihsim", "numpy", "numba", "scipy")
"""Packages that numbers depend on."""

POINT = "point"


@dataclass(frozen=True)
class Sweep:
    """What is simulated, at which points, and what is kept.

    Attributes
    ----------
    recipe : plain data that decide the sweep; results store them, :meth:`from_recipe` reads them
    chunk : runs that are written together; the result does not depend on it
    """

    recipe: dict[str, Any]
    chunk: int | None = None

    @classmethod
    def from_recipe(cls, text: str) -> Sweep:
        """Return the sweep of a recipe stored as JSON."""
        return cls(json.loads(text))

    def cut(self, chunk: int) -> Sweep:
        """Return the same sweep, written in chunks of another size."""
        return replace(self, chunk=chunk)

    @cached_property
    def text(self) -> str:
        """The recipe as JSON; the order of arms and axes is part of it."""
        return json.dumps(self.recipe, separators=(",", ":"), ensure_ascii=False)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the recipe."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def scenarios(self) -> dict[str, Scenario]:
        """The scenarios by name, each with one subject: the sweep sets the number of subjects."""
        stored = self.recipe["scenarios"]
        return {name: Scenario.from_resolved(resolved, name) for name, resolved in stored.items()}

    @property
    def first(self) -> Scenario:
        """The scenario whose times, seed and model are those of all."""
        return next(iter(self.scenarios.values()))

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """What varies, in the order of the file."""
        return tuple(
            Axis(axis["name"], tuple(axis["of"]), tuple(axis["values"]), axis["unit"],
                 tuple(axis["coordinate"]))
            for axis in self.recipe["axes"]
        )  # fmt: skip

    @property
    def is_grid(self) -> bool:
        """Whether every axis is a dimension of its own."""
        return bool(self.recipe["method"] == "grid")

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the swept dimensions."""
        return tuple(axis.name for axis in self.axes) if self.is_grid else (POINT,)

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the swept dimensions."""
        if self.is_grid:
            return tuple(len(axis.values) for axis in self.axes)
        return (len(self.axes[0].values),)

    @property
    def points(self) -> int:
        """Number of points."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def draws(self) -> int:
        """Number of draws of the uncertain parameters; draw 0 has the declared values."""
        return int(self.recipe["draws"])

    @property
    def subjects(self) -> int:
        """Number of subjects of one arm at one point and draw."""
        return int(self.recipe["subjects"])

    @property
    def keep(self) -> str:
        """What the sweep keeps: endpoints, summaries or trajectories."""
        return str(self.recipe["keep"])

    @property
    def variables(self) -> list[str] | None:
        """Names of the variables that are kept; None for all."""
        names: list[str] | None = self.recipe["variables"]
        return names

    @property
    def arms(self) -> list[str]:
        """Labels of all arms."""
        return [label for name in self.scenarios for label in self.labels(name)]

    def labels(self, name: str) -> list[str]:
        """Return the labels of a scenario's arms; of several scenarios ``scenario/arm``."""
        several = len(self.scenarios) > 1
        return [f"{name}/{arm}" if several else arm for arm in self.scenarios[name].arms]

    @property
    def total(self) -> int:
        """Runs of one subject in one arm, over the whole sweep."""
        return self.points * self.draws * self.subjects * len(self.arms)

    def changes(self, place: Sequence[int], draw: int) -> dict[str, Any]:
        """Return the changes at a point, given by its index in every swept dimension, and a draw.

        Changes of the sweep come after those of the draw.
        """
        changes: dict[str, Any] = {}
        if draw:
            drawn = self.recipe["drawn"]
            changes |= {address: values[draw - 1] for address, values in drawn.items()}
        for number, axis in enumerate(self.axes):
            changes |= axis.changes(place[number] if self.is_grid else place[0])
        return changes


def recipe_of(
    scenarios: Mapping[str, Scenario], axes: Sequence[Axis], **fields: Any
) -> dict[str, Any]:
    """Return the recipe of a sweep.

    Parameters
    ----------
    scenarios : by name, all of the same model, with one subject
    axes : what varies
    **fields : question, method, seed, draws, drawn, subjects, keep, variables, quantiles, above
    """
    files = ((*scenario.drugs, *scenario.controllers) for scenario in scenarios.values())
    drugs = sorted({name for names in files for name in names})
    people = {scenario.population_label: scenario for scenario in scenarios.values()}
    first = next(iter(scenarios.values()))
    return {
        "schema": RECIPE,
        "scenarios": {name: scenario.resolved for name, scenario in scenarios.items()},
        "axes": [
            {"name": axis.name, "of": list(axis.of), "values": list(axis.values),
             "unit": axis.unit, "coordinate": list(axis.coordinate)}
            for axis in axes
        ],
        "model": first.model,
        "model_hash": Model.named(first.model).hash,
        "drug_hashes": {name: load_drug(name).hash for name in drugs},
        "population_hashes": {
            label: population_of(scenario).hash for label, scenario in sorted(people.items())
        },
        "versions": {name: version(name) for name in PACKAGES},
        **fields,
    }  # fmt: skip
