"""Arms against a reference arm: the paired differences of endpoints, as rows, text and JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from oihsim.files.errors import InputError, Problem
from oihsim.files.yaml import closest
from oihsim.results.endpoints import ENDPOINTS, NAMES, Endpoint
from oihsim.results.endpoints._by_drug import DrugEndpoint
from oihsim.results.endpoints._measured import MEASURED
from oihsim.results.sensory import measured_tests

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

EndpointSpec = str | Mapping[str, Any]
"""A name, or a mapping with ``endpoint`` and optionally ``from_h``, ``until_h`` and ``drug``."""

NOISE = 1e-3
"""Relative differences below this count as none: no table shows them, and the errors of two runs
that stop at different times add up."""

FIELDS = ("endpoint", "from_h", "until_h", "drug")
KNOWN: dict[str, Endpoint] = {**ENDPOINTS, **MEASURED}
"""Every endpoint by the name that a scenario gives it: the declared ones and the sensory tests."""

BY_DRUG = tuple(name for name, known in ENDPOINTS.items() if isinstance(known, DrugEndpoint))
"""Names of the endpoints of one drug at a time."""


@dataclass(frozen=True)
class Row:
    """One endpoint in one arm, and its paired difference from the reference arm.

    ``n`` subjects count; ``failed`` subjects are left out because this arm or the reference has no
    result for them. ``infinite`` of the ``n`` values are infinite in this arm or the reference:
    ``mean`` and ``difference`` leave those out; ``median``, ``median_difference`` and
    ``share_better`` keep them. ``difference`` is the mean of this arm minus the reference in the
    same subject and draw, ``low`` to ``high`` its 95 % interval. A number that does not exist is
    ``None``: the differences of the reference arm, the interval of a single subject. ``censored``
    is the share of the measurements of this arm that reached the cut-off of a sensory test, and
    ``None`` for other endpoints. ``breathing`` is the sentence of the result on breathing, so that
    every table has it.
    """

    endpoint: str
    arm: str
    reference: str
    unit: str
    long_name: str
    better: str
    n: int
    failed: int
    infinite: int
    mean: float | None
    median: float | None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    median_difference: float | None = None
    share_better: float | None = None
    censored: float | None = None
    breathing: str = ""


def endpoint_table(
    ds: Dataset,
    endpoints: Iterable[EndpointSpec] | None = None,
    reference: str | None = None,
) -> list[Row]:
    """Return one row per endpoint and arm, endpoints first, arms in the order of the result.

    Parameters
    ----------
    ds : result with dims (scenario, draw, id, time)
    endpoints : names or mappings; by default those stored in ``ds.attrs["endpoints"]``, or all.
        ``cumulative_dose`` or ``rescue_consumption`` without ``drug`` stands for every drug of
        the result in turn.
    reference : arm that the other arms are compared with; by default
        ``ds.attrs["reference_arm"]``, or the first arm

    Raises
    ------
    InputError
        if an endpoint, a field of its mapping, a drug or the reference arm is unknown
    OihsimError
        if a variable is missing or a window holds no output time

    Notes
    -----
    The interval is Student's t interval of the mean paired difference over all (draw, id). The
    interval shows how precisely that many virtual subjects give the simulated mean, and not how
    well the model describes patients.

    Examples
    --------
    >>> import xarray as xr
    >>> pain = [[[[4.0, 4.0], [6.0, 6.0]]], [[[5.0, 5.0], [9.0, 9.0]]]]
    >>> ds = xr.Dataset(
    ...     {"pain": (("scenario", "draw", "id", "time"), pain)},
    ...     {"scenario": ["stable", "escalation"], "time": [0.0, 24.0]},
    ... )
    >>> row = endpoint_table(ds, ["pain_mean"], "stable")[1]
    >>> row.arm, row.mean, row.difference, row.share_better
    ('escalation', 7.0, 2.0, 0.0)
    """
    arms = [str(name) for name in ds["scenario"].values]
    chosen = reference or str(ds.attrs.get("reference_arm", "")) or arms[0]
    problems: list[Problem] = []
    if chosen not in arms:
        problems.append(Problem("compare", None, "reference", repr(chosen), closest(chosen, arms)))
    specs = _specs(ds, endpoints, problems)
    if problems:
        raise InputError(problems)
    return [row for spec in specs for row in _rows(ds, _value(ds, spec), _label(ds, spec), chosen)]


def endpoint_values(ds: Dataset, endpoints: Iterable[EndpointSpec] | None = None) -> dict[str, Any]:
    """Return each endpoint as a DataArray (scenario, draw, id) under its label.

    Parameters
    ----------
    ds, endpoints : as for :func:`endpoint_table`

    Raises
    ------
    InputError, OihsimError
        as for :func:`endpoint_table`

    Examples
    --------
    >>> import xarray as xr
    >>> dims = ("scenario", "draw", "id", "time")
    >>> ds = xr.Dataset({"pain": (dims, [[[[4.0, 6.0]]]])}, {"time": [0.0, 24.0]})
    >>> endpoint_values(ds, ["pain_peak"])["pain_peak"].item()
    6.0
    """
    problems: list[Problem] = []
    specs = _specs(ds, endpoints, problems)
    if problems:
        raise InputError(problems)
    return {_label(ds, spec): _value(ds, spec) for spec in specs}


def _value(ds: Dataset, spec: Mapping[str, Any]) -> DataArray:
    options = {key: value for key, value in spec.items() if key != "endpoint"}
    return KNOWN[spec["endpoint"]](ds, **options)


def _specs(
    ds: Dataset, endpoints: Iterable[EndpointSpec] | None, problems: list[Problem]
) -> list[dict[str, Any]]:
    """Return the requested endpoints as mappings without empty fields, one drug each."""
    if endpoints is None:
        stored = ds.attrs.get("endpoints") or ()
        endpoints = (json.loads(stored) if isinstance(stored, str) else stored) or (
            *NAMES,
            *measured_tests(ds),
        )
    specs: list[dict[str, Any]] = []
    for number, entry in enumerate(endpoints):
        spec = {"endpoint": entry} if isinstance(entry, str) else dict(entry)
        spec = {key: value for key, value in spec.items() if value is not None}
        problems += _problems(ds, spec, f"endpoints[{number}]")
        endpoint = KNOWN.get(str(spec.get("endpoint")))
        if isinstance(endpoint, DrugEndpoint) and "drug" not in spec:
            specs += [spec | {"drug": drug} for drug in endpoint.drugs(ds)]
        else:
            specs.append(spec)
    return specs


def _problems(ds: Dataset, spec: Mapping[str, Any], place: str) -> list[Problem]:
    """Return what is wrong with the mapping of one endpoint."""

    def problem(field: str, value: str, allowed: str) -> Problem:
        return Problem("compare", None, f"{place}{field}", value, allowed)

    problems = [
        problem(f".{key}", repr(value), closest(str(key), FIELDS))
        for key, value in spec.items()
        if key not in FIELDS
    ]
    name = spec.get("endpoint", "nothing")
    if name not in KNOWN:
        return [*problems, problem("", repr(name), closest(str(name), KNOWN))]
    if name in MEASURED and name not in ds:
        allowed = f"oihsim.sensory_tests(ds, [{name!r}]) first"
        problems.append(problem("", f"{name!r}, not measured", allowed))
    endpoint = KNOWN[name]
    drugs = endpoint.drugs(ds) if isinstance(endpoint, DrugEndpoint) else ()
    if "drug" in spec and spec["drug"] not in drugs:
        only = f"{' or '.join(BY_DRUG)} only"
        allowed = closest(str(spec["drug"]), drugs) if name in BY_DRUG else only
        problems.append(problem(".drug", repr(spec["drug"]), allowed))
    return problems


def _label(ds: Dataset, spec: Mapping[str, Any]) -> str:
    """Return the endpoint's name with its drug and window, such as ``pain_mean_d60_90``."""
    label = KNOWN[spec["endpoint"]].name
    if "drug" in spec:
        label += f"_{spec['drug']}"
    first, last = float(ds["time"].values[0]), float(ds["time"].values[-1])
    edges = float(spec.get("from_h", first)), float(spec.get("until_h", last))
    if edges[0] == edges[1] and first < last:
        at = edges[0]
        return f"{label}_at_d{at / 24.0:g}" if at % 24.0 == 0.0 else f"{label}_at_h{at:g}"
    if edges[0] > first or edges[1] < last:  # a window of all the output needs no mention
        if all(edge % 24.0 == 0.0 for edge in edges):
            label += f"_d{edges[0] / 24.0:g}_{edges[1] / 24.0:g}"
        else:
            label += f"_h{edges[0]:g}_{edges[1]:g}"
    return label


def _rows(ds: Dataset, values: DataArray, label: str, reference: str) -> list[Row]:
    """Return the rows of one endpoint."""
    ok = values.notnull()
    if "status" in ds:
        ok = ok & (ds["status"] == 0)
    valid, numbers = ok.values, values.values
    arms = [str(name) for name in ds["scenario"].values]
    base = arms.index(reference)
    noise = max(NOISE, 100.0 * float(ds.attrs.get("rtol", 1e-6)))
    rows = []
    for i, arm in enumerate(arms):
        both = (valid[i] & valid[base]).ravel()
        in_arm, in_reference = numbers[i].ravel()[both], numbers[base].ravel()[both]
        finite = np.isfinite(in_arm) & (np.isfinite(in_reference) | (i == base))
        row: dict[str, Any] = {
            "endpoint": label,
            "arm": arm,
            "reference": reference,
            "unit": str(values.attrs["units"]),
            "long_name": str(values.attrs["long_name"]),
            "better": str(values.attrs["better"]),
            "n": int(both.sum()),
            "failed": int(both.size - both.sum()),
            "infinite": int(both.sum() - finite.sum()),
            "mean": float(in_arm[finite].mean()) if finite.any() else None,
            "median": _median(in_arm),
            "breathing": str(ds.attrs.get("breathing", "")),
        }
        if "censored" in values.attrs:
            row["censored"] = float(values.attrs["censored"][i])
        if i != base:
            row |= _paired(in_arm, in_reference, finite, row["better"], noise)
        rows.append(Row(**row))
    return rows


def _paired(
    in_arm: np.ndarray, in_reference: np.ndarray, finite: np.ndarray, better: str, noise: float
) -> dict[str, float | None]:
    """Return the paired difference, its interval and the share of subjects better.

    A relative difference below ``noise`` is that of the solver and counts as none.
    """
    result: dict[str, float | None] = {}
    change = in_arm[finite] - in_reference[finite]
    if change.size:
        middle = float(change.mean())
        result["difference"] = middle
        if change.size > 1:
            half = float(
                stdtrit(change.size - 1, 0.975) * change.std(ddof=1) / math.sqrt(change.size)
            )
            result |= {"low": middle - half, "high": middle + half}
    equal = in_arm == in_reference  # also where both are infinite, which have no difference
    all_changes = np.zeros(in_arm.size)
    np.subtract(in_arm, in_reference, out=all_changes, where=~equal)
    result["median_difference"] = _median(all_changes)
    if in_arm.size and better != "neither":
        size = np.maximum(np.abs(in_arm[finite]), np.abs(in_reference[finite]))
        all_changes[finite] = np.where(np.abs(change) > noise * size, change, 0.0)
        gain = all_changes if better == "higher" else -all_changes
        result["share_better"] = float((gain > 0.0).mean())
    return result


def _median(values: np.ndarray) -> float | None:
    """Return the median, which may be infinite."""
    if values.size == 0:
        return None
    ordered = np.sort(values)
    low, high = float(ordered[(values.size - 1) // 2]), float(ordered[values.size // 2])
    middle = low if low == high else (low + high) / 2.0
    return None if math.isnan(middle) else middle  # halfway from -inf to inf there is no number
