"""The summary of a block of subjects; summaries of blocks merge.

A summary holds moments, extremes and quantiles of time courses, of endpoints, and of the
time that each subject spends above and below thresholds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from oihsim.engine.solver import INTERRUPTED
from oihsim.files.errors import InputError, Problem
from oihsim.files.yaml import closest
from oihsim.results.accumulators import WIDTH, Cells
from oihsim.results.comparison import EndpointSpec, endpoint_values
from oihsim.simulation.simulate import MOST_LISTED

USUAL = ("pain", "tolerance_index", "hyperalgesia_index", "withdrawal_part")
"""Variables that are summarised if none are named."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

Thresholds = Mapping[str, float | Sequence[float]]

STATISTICS = {
    "count": ("subjects that count in {}", True),
    "infinite": ("of them infinite, left out of mean and sd, of {}", True),
    "mean": ("mean over subjects of {}", False),
    "sd": ("standard deviation over subjects of {}", False),
    "min": ("smallest of all subjects: {}", False),
    "max": ("largest of all subjects: {}", False),
    "quantile": ("quantile over subjects of {}", False),
    "rank_error": ("largest error in rank of the quantile of {}, as a share of subjects", True),
}
"""Ending of a variable -> what it is, and whether it is a pure number."""


@dataclass(frozen=True)
class Named:
    """One summarised variable: its dimensions and its cells."""

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    attrs: Mapping[str, Any]
    cells: Cells


@dataclass(frozen=True)
class Summary:
    """Statistics of the subjects of a scenario, without their trajectories.

    Made by :meth:`of`, joined by :meth:`merge`, read by :meth:`dataset`.

    Attributes
    ----------
    quantiles : shares of subjects
    coords : name -> (dims, values, attributes), the same for every block
    variables : name -> cells of that variable
    attrs : recipe of the first block; ``failures`` of all blocks

    Examples
    --------
    >>> import oihsim
    >>> few = oihsim.load("morphine_month").change({"population.count": 4, "duration": "1 d"})
    >>> rest = few.change({"population.first": 4, "population.count": 2})
    >>> both = Summary.of(oihsim.simulate(few)).merge(Summary.of(oihsim.simulate(rest)))
    >>> both.dataset()["pain_count"].max().item()
    6
    """

    quantiles: tuple[float, ...]
    coords: Mapping[str, Any]
    variables: Mapping[str, Named]
    attrs: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        ds: xr.Dataset,
        variables: Iterable[str] | None = None,
        quantiles: Sequence[float] = QUANTILES,
        *,
        endpoints: Iterable[EndpointSpec] | None = None,
        thresholds: Thresholds | None = None,
    ) -> Summary:
        """Return the summary of a result, over its subjects.

        Parameters
        ----------
        ds : as from :func:`oihsim.simulate`, with the dimension ``id``; or several points of
            :func:`oihsim.simulate_points`, whose endpoints are not summarised
        variables : names of variables with the dimension ``id``; those of :data:`USUAL` that the
            result has, by default
        quantiles : shares, 0 to 1
        endpoints : as for :func:`oihsim.endpoint_table`; by default those of the result's recipe.
            Each is summarised over subjects, and so is its difference from the reference arm in the
            same subject
        thresholds : variable -> one value or several; hours that each subject
            spends above and below it, the variable being joined linearly between outputs

        Returns
        -------
        Summary
            subjects that failed are counted and left out

        Raises
        ------
        InputError : no such variable, or a quantile outside 0 to 1
        """
        bare = {} if thresholds is None else dict(thresholds)
        names = [name for name in USUAL if name in ds] if variables is None else list(variables)
        _refuse(ds, [*names, *bare], quantiles)
        status = ds["status"]
        arrays = {name: ds[name] for name in names} | _endpoints(ds, endpoints)
        for name, levels in bare.items():
            for level in np.atleast_1d(np.asarray(levels, dtype=float)):
                arrays |= _times(ds[name], name, float(level))
        cells = {name: _named(values, status) for name, values in arrays.items()}
        for name, (values, long_name) in {
            "subjects": (status == status, "subjects of the arm"),
            "failed": ((status != 0) & (status != INTERRUPTED), "subjects that failed"),
            "not_run": (status == INTERRUPTED, "subjects that were not run: interrupted"),
        }.items():
            counted = values.where(values).assign_attrs(units="1", long_name=long_name)
            cells[name] = _named(counted, None)
        dims = {dim for values in arrays.values() for dim in values.dims}
        coords = {
            str(name): (coordinate.dims, coordinate.values, dict(coordinate.attrs))
            for name, coordinate in ds.coords.items()
            if "id" not in coordinate.dims and {*coordinate.dims} <= dims
        }
        return cls(tuple(quantiles), coords, cells, dict(ds.attrs))

    def merge(self, other: Summary) -> Summary:
        """Return the summary of the subjects of both.

        Raises
        ------
        InputError : the summaries differ in arms, times, variables or quantiles
        """
        alike = self.quantiles == other.quantiles and all(
            {name: variable.shape for name, variable in self.variables.items()}.get(name)
            == their_variable.shape
            for name, their_variable in other.variables.items()
        )
        alike = alike and len(self.variables) == len(other.variables)
        for name, (dims, values, _) in self.coords.items():
            theirs = other.coords.get(name, ((), None, {}))
            alike = alike and dims == theirs[0] and np.array_equal(values, theirs[1])
        if not alike:
            allowed = "summaries of the same arms, times, variables and quantiles"
            raise InputError([Problem("Summary.merge", None, "other", "another result", allowed)])
        variables = {
            name: replace(variable, cells=variable.cells.merge(other.variables[name].cells))
            for name, variable in self.variables.items()
        }
        lines = [
            text for summary in (self, other) if (text := str(summary.attrs.get("failures", "")))
        ]
        failures = {"failures": _shortened("\n".join(lines))} if lines else {}
        return replace(self, variables=variables, attrs={**self.attrs, **failures})

    def dataset(self) -> xr.Dataset:
        """Return the summary as a Dataset: ``<variable>_mean`` and the like, without ``id``.

        Returns
        -------
        xarray.Dataset
            of each variable ``count``, ``infinite``, ``mean``, ``sd``, ``min``, ``max``,
            ``quantile`` with a further dimension ``quantile``, and ``rank_error``; beside them
            ``subjects``, ``failed`` and ``not_run``. Infinite values count in extremes and
            quantiles, not in mean and sd
        """
        statistics: dict[str, Any] = {}
        for name, variable in self.variables.items():
            if name in ("subjects", "failed", "not_run"):
                statistics[name] = (
                    variable.dims,
                    variable.cells.count.reshape(variable.shape),
                    variable.attrs,
                )
                continue
            for ending, values in self._statistics(variable.cells).items():
                long_name, pure = STATISTICS[ending]
                attrs = {
                    **variable.attrs,
                    "long_name": long_name.format(variable.attrs.get("long_name", name)),
                }
                attrs |= {"units": "1"} if pure else {}
                shape = (*variable.shape, *values.shape[1:])
                dims = (*variable.dims, *("quantile",) * (values.ndim - 1))
                statistics[f"{name}_{ending}"] = (dims, values.reshape(shape), attrs)
        attrs_of_quantile = {"units": "1", "long_name": "share of subjects at or below"}
        coords = {**self.coords, "quantile": ("quantile", list(self.quantiles), attrs_of_quantile)}
        attrs = {**self.attrs, "quantile_error": f"less than {100 * WIDTH:.1f} % of the value"}
        return xr.Dataset(statistics, coords, attrs)

    def _statistics(self, cells: Cells) -> dict[str, Any]:
        pairs = [cells.quantile(share) for share in self.quantiles]
        low, high = cells.extremes
        empty = np.zeros((len(cells.count), 0))
        return {
            "count": cells.count,
            "infinite": cells.infinite,
            "mean": cells.means,
            "sd": cells.sd,
            "min": low,
            "max": high,
            "quantile": np.stack([value for value, _ in pairs], axis=1) if pairs else empty,
            "rank_error": np.stack([rank for _, rank in pairs], axis=1) if pairs else empty,
        }


def _refuse(ds: xr.Dataset, names: Sequence[str], quantiles: Sequence[float]) -> None:
    known = [str(name) for name, variable in ds.data_vars.items() if "id" in variable.dims]
    problems = [
        Problem("Summary", None, "variables", repr(name), closest(name, known))
        for name in names
        if name not in known
    ]
    problems += [
        Problem("Summary", None, "quantiles", repr(share), "a share from 0 to 1")
        for share in quantiles
        if not 0.0 <= share <= 1.0
    ]
    if problems:
        raise InputError(problems)


def _endpoints(ds: xr.Dataset, endpoints: Iterable[EndpointSpec] | None) -> dict[str, xr.DataArray]:
    """Return endpoints by subject, and their differences from the reference arm."""
    if endpoints is None and ("point" in ds.dims or not ds.attrs.get("endpoints")):
        return {}
    by_name: dict[str, xr.DataArray] = {}
    reference = ds.attrs.get("reference_arm", ds["scenario"].values[0])
    for name, values in endpoint_values(ds, endpoints).items():
        by_name[name] = values
        if ds.sizes["scenario"] > 1:
            ok = ds["status"] == 0
            base = values.where(ok).sel(scenario=reference, drop=True)
            with np.errstate(invalid="ignore"):  # both infinite: no difference
                less = values - base
            long_name = f"{values.attrs['long_name']}, minus that in {reference}"
            by_name[f"{name}_difference"] = less.assign_attrs(
                values.attrs | {"long_name": long_name}
            )
    return by_name


def _times(values: xr.DataArray, name: str, level: float) -> dict[str, xr.DataArray]:
    """Return the hours that each subject spends above and below a level."""
    steps = np.diff(values["time"].values)
    by_time = values.transpose(..., "time")
    excess = by_time.values - level
    before, after = excess[..., :-1], excess[..., 1:]
    size = np.abs(before) + np.abs(after)
    divisor = np.where(size > 0.0, size, 1.0)
    hours_by_name = {}
    text = f"{level:g}".replace(".", "_").replace("-", "minus_")
    for side, sign in (("above", 1.0), ("below", -1.0)):
        # of a straight line from a to b the part above 0 is (a+ + b+) / (|a| + |b|)
        part = (np.maximum(sign * before, 0.0) + np.maximum(sign * after, 0.0)) / divisor
        # no line leads from infinity: half of the step counts for it
        part = np.where(np.isinf(size), 0.5 * (sign * before > 0) + 0.5 * (sign * after > 0), part)
        hours = (part * steps).sum(axis=-1)
        unit = str(values.attrs.get("units", "1"))
        long_name = f"time with {values.attrs.get('long_name', name)} {side} {level:g}"
        long_name += "" if unit == "1" else f" {unit}"
        attrs = {"units": "h", "long_name": long_name}
        hours_by_name[f"{name}_time_{side}_{text}"] = xr.DataArray(
            hours, dims=by_time.dims[:-1], attrs=attrs
        )
    return hours_by_name


def _named(values: xr.DataArray, status: xr.DataArray | None) -> Named:
    """Return the cells of a variable without those of failed subjects."""
    if status is not None and set(status.dims) <= set(values.dims):
        values = values.where(status == 0).assign_attrs(values.attrs)
    values = values.transpose(..., "id")
    dims, shape = tuple(str(dim) for dim in values.dims[:-1]), values.shape[:-1]
    array = np.asarray(values.values, dtype=np.float64).reshape(-1, values.shape[-1])
    return Named(dims, shape, dict(values.attrs), Cells.of(array))


def _shortened(text: str) -> str:
    lines = text.split("\n")
    more = [f"and {len(lines) - MOST_LISTED} more lines"]
    return "\n".join(lines[:MOST_LISTED] + more * (len(lines) > MOST_LISTED))
