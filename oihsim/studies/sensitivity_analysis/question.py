"""The number of a sensitivity analysis: an endpoint of an arm, or its difference from another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from oihsim.engine.solver import INTERRUPTED
from oihsim.files.errors import InputError, Problem
from oihsim.files.yaml import closest
from oihsim.results.comparison import BY_DRUG
from oihsim.scenario import Scenario
from oihsim.simulation.simulate import Progress
from oihsim.studies.points.simulate_points import point_endpoints, simulate_points

Array = NDArray[np.float64]
EndpointEntry = str | Mapping[str, Any]
"""A name, or a mapping with ``endpoint`` and, where wanted, ``from``, ``until`` (with units, as in
a scenario file) and ``drug``."""


@dataclass(frozen=True)
class Question:
    """One number of a scenario, as a function of its parameters.

    Attributes
    ----------
    scenario : with the compared arms and the simulated subjects only
    arm, against : the arm, and the arm that is subtracted or None
    spec : the endpoint as :func:`oihsim.endpoint_table` takes it
    """

    scenario: Scenario
    arm: str
    against: str | None
    spec: Mapping[str, Any]

    @classmethod
    def of(
        cls, scenario: Scenario, endpoint: EndpointEntry, arm: str | None, against: str | None,
        count: int | None,
    ) -> Question:  # fmt: skip
        """Return the question of valid arguments.

        Parameters
        ----------
        count : subjects whose mean is taken; None for the typical subject alone

        Raises
        ------
        InputError : no such arm, endpoint or drug, a window outside the scenario, no subjects
        """
        arms = list(scenario.arms)
        problems = []
        if arm is None and len(arms) > 1:
            problems.append(_problem("arm", "none", f"one of {', '.join(arms)}"))
        arm = arms[0] if arm is None else arm
        for field, name in (("arm", arm), ("against", against)):
            if name is not None and name not in arms:
                problems.append(_problem(field, repr(name), closest(name, arms)))
        if against is not None and against == arm:
            problems.append(_problem("against", repr(against), "another arm than the first"))
        if count is not None and count < 1:
            problems.append(_problem("count", str(count), "at least 1 subject"))
        fields = {"endpoint": endpoint} if isinstance(endpoint, str) else dict(endpoint)
        drug = fields.pop("drug", None)
        compared = [name for name in (arm, against) if name in arms] or arms
        try:
            few = _prepared(scenario, compared, fields, count)
        except InputError as error:
            problems += error.problems
        if problems:
            raise InputError(problems)
        spec = {key: value for key, value in few.endpoints[0].items() if value is not None}
        drug = _drug(few, str(spec["endpoint"]), drug)
        return cls(few, arm, against, spec if drug is None else {**spec, "drug": drug})

    def values(
        self, points: Sequence[Mapping[str, Any]], *, threads: int | None,
        progress: Progress | None,
    ) -> xr.DataArray:  # fmt: skip
        """Return the number at each point, (point,), NaN at a point with a failed subject.

        Its attributes are those of the endpoint; ``recipe`` holds those of the result, with
        ``failures`` if there were any; ``interrupted`` is the number of points that were not run.
        """
        ds = simulate_points(
            self.scenario, points, threads=threads, progress=progress,
            each=lambda block: point_endpoints(block, [self.spec]),
        )  # fmt: skip
        (name,) = (name for name in ds.data_vars if name not in ("status", "reason"))
        arms = ds[name].isel(draw=0, drop=True)
        values = arms.sel(scenario=self.arm, drop=True)
        long_name = f"{arms.attrs['long_name']}, {self.arm}"
        if self.against is not None:
            values = values - arms.sel(scenario=self.against, drop=True)
            long_name += f" minus {self.against}"
        values = values.mean("id", skipna=False)
        attrs = {key: arms.attrs[key] for key in ("units", "better")}
        stopped = (ds["status"] == INTERRUPTED).any(["scenario", "draw", "id"])
        return values.rename(str(name)).assign_attrs(
            attrs, long_name=long_name, recipe=ds.attrs, interrupted=int(stopped.sum())
        )


def _problem(field: str, actual: str, allowed: str) -> Problem:
    return Problem("sensitivity", None, field, actual, allowed)


def _prepared(
    scenario: Scenario, arms: Sequence[str], endpoint: Mapping[str, Any], count: int | None
) -> Scenario:
    """Return the scenario with only what the question needs."""
    changes: dict[str, Any] = {f"arms.{name}": None for name in scenario.arms if name not in arms}
    return scenario.change(
        {
            **changes,
            "compare": {"reference": arms[-1], "endpoints": [dict(endpoint)]},
            "population.count": count or 1,
            "population.typical": count is None,
        }
    )


def _drug(scenario: Scenario, endpoint: str, drug: str | None) -> str | None:
    """Return the drug of an endpoint, None if the endpoint concerns no drug."""
    drugs = scenario.drugs
    if endpoint not in BY_DRUG:
        if drug is not None:
            only = f"a drug with {' or '.join(BY_DRUG)} only"
            raise InputError([_problem("endpoint.drug", repr(drug), only)])
        return None
    if drug is None and len(drugs) == 1:
        return drugs[0]
    if drug not in drugs:
        raise InputError([_problem("endpoint.drug", repr(drug), f"one of {', '.join(drugs)}")])
    return drug
