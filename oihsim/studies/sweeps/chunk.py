"""Simulate one chunk: points and draws packed together, reduced to what the sweep keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from oihsim.engine.solver import INTERRUPTED
from oihsim.studies.points.simulate_points import point_endpoints, simulate_points
from oihsim.studies.summary import Summary
from oihsim.studies.sweeps.chunk_summaries import Sums, summaries_of, summed
from oihsim.studies.sweeps.sweep_plan import POINT, Sweep
from oihsim.studies.sweeps.tiles import Chunk, Span

Job = tuple[tuple[int, ...], int]
"""A point, by its index in every swept dimension, and a draw."""

Progress = Callable[[int, int], None]

LONGEST_REASON = 400
"""Characters of a reason that are kept."""


def jobs_of(chunk: Chunk) -> list[Job]:
    """Return the points and draws of a chunk, draws fastest."""
    return [(place, draw) for place in chunk.places() for draw in range(*chunk.draws)]


def probes(sweep: Sweep) -> list[Job]:
    """Return points whose results together have every variable of the sweep.

    Numbers add no variable; a label may stand for another drug, which does.
    """
    start = tuple(0 for _ in sweep.dims)
    places = {start: None}
    for number, axis in enumerate(sweep.axes):
        if axis.unit:
            continue
        firsts = {label: i for i, label in reversed(list(enumerate(axis.coordinate)))}
        for index in sorted(firsts.values()):
            place = (*start[:number], index, *start[number + 1 :]) if sweep.is_grid else (index,)
            places[place] = None
    return [(place, 0) for place in places]


@dataclass(frozen=True)
class SimulatedJobs:
    """The results of simulated jobs.

    Attributes
    ----------
    ds : what the sweep keeps of each subject, and ``status`` and ``reason``; the first dimension
        is ``point``, one per job, then ``scenario``, ``id`` and others
    sums : summaries, where the sweep keeps them
    """

    ds: xr.Dataset
    sums: Sums

    @property
    def interrupted(self) -> bool:
        """Whether the run was stopped before every subject was done."""
        return bool((self.ds["status"] == INTERRUPTED).any())

    @property
    def with_summaries(self) -> xr.Dataset:
        """Results and summaries of these subjects as one Dataset."""
        return self.ds.assign(summed(self.sums)) if self.sums else self.ds


def simulated(
    sweep: Sweep, jobs: Sequence[Job], subjects: Span, *, threads: int | None = None,
    progress: Progress | None = None,
) -> SimulatedJobs:  # fmt: skip
    """Simulate subjects at points and draws in every arm of every scenario."""
    block = {"population.first": subjects[0], "population.count": subjects[1] - subjects[0]}
    changes = [sweep.changes(place, draw) for place, draw in jobs]
    runs = len(jobs) * (subjects[1] - subjects[0])
    parts: list[xr.Dataset] = []
    sums: Sums = []
    done = 0
    for name, scenario in sweep.scenarios.items():
        summaries: list[Summary] = []

        def report(finished: int, _: int, before: int = done) -> None:
            if progress:
                progress(before + finished, runs * len(sweep.arms))

        part = simulate_points(
            scenario.change(block), changes, threads=threads, progress=report,
            on_failure="keep", each=partial(_reduced, sweep, summaries),
        ).isel(draw=0, drop=True)  # fmt: skip
        arms = sweep.labels(name)
        parts.append(part.assign_coords(scenario=("scenario", arms, part["scenario"].attrs)))
        sums += [summaries] if summaries else []
        done += runs * len(arms)
        if bool((part["status"] == INTERRUPTED).any()):
            break
    return SimulatedJobs(_side_by_side(parts), sums)


def _reduced(sweep: Sweep, sums: list[Summary], ds: xr.Dataset) -> xr.Dataset:
    """Return what the sweep keeps of a block of points."""
    results = point_endpoints(ds)
    of_subjects = [name for name in ds.data_vars if set(ds[name].dims) == {POINT, "draw", "id"}]
    results = results.assign({name: ds.variables[name] for name in of_subjects})
    if sweep.keep == "trajectories":
        return results.assign({name: ds.variables[name] for name in courses(sweep, ds)})
    if sweep.keep == "summaries":
        sums += summaries_of(sweep, ds)
    return results


def courses(sweep: Sweep, ds: xr.Dataset) -> list[str]:
    """Return the names of the time courses that the sweep keeps."""
    known = [str(name) for name in ds.data_vars if ds[name].dims[-1:] == ("time",)]
    return known if sweep.variables is None else [n for n in known if n in sweep.variables]


def _side_by_side(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Join the arms of several scenarios; a drug is 0 in a scenario that does not give it."""
    if len(parts) == 1:
        return parts[0]
    names = list(dict.fromkeys(name for part in parts for name in part.data_vars))
    complete = [
        part.assign(
            {
                name: _absent(part, next(other[name] for other in parts if name in other))
                for name in names
                if name not in part
            }
        )
        for part in parts
    ]
    reasons = [[str(text) for text in part["reason"].values] for part in parts]
    joined = xr.concat(
        [part.drop_vars("reason") for part in complete], "scenario", data_vars="minimal",
        coords="minimal", compat="override", combine_attrs="override", join="exact",
    )  # fmt: skip
    joined_reasons = [
        "\n".join(dict.fromkeys(text for text in of_point if text))
        for of_point in zip(*reasons, strict=True)
    ]
    return joined.assign(reason=(POINT, joined_reasons, parts[0]["reason"].attrs))


def _absent(ds: xr.Dataset, like: xr.DataArray) -> xr.DataArray:
    """Return a variable that a scenario lacks: 0 in its subjects that reached the end, else NaN."""
    ended = ds["status"] == 0
    if "id" not in like.dims:
        ended = ended.any("id")
    reached = xr.zeros_like(ended, dtype=float).where(ended)
    sizes = {dim: like.sizes[dim] for dim in like.dims if dim not in reached.dims}
    absent: xr.DataArray = reached.expand_dims(sizes).transpose(*like.dims)
    return absent.assign_attrs(like.attrs)


def folded(
    ds: xr.Dataset, dims: Sequence[str], sizes: Sequence[int], draws: int
) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """Yield each variable with the dimensions of the store and its values.

    Parameters
    ----------
    ds : from :func:`simulated`
    dims, sizes : the swept dimensions of the chunk
    draws : of the chunk
    """
    for name, variable in ds.data_vars.items():
        if POINT not in variable.dims:
            continue
        rest = [str(dim) for dim in variable.dims if dim != POINT]
        values = variable.transpose(POINT, *rest).values
        values = values.reshape(*sizes, draws, *values.shape[1:])
        order = stored_dims(dims, rest)
        from_dims = (*dims, "draw", *rest)
        values = np.transpose(values, [from_dims.index(dim) for dim in order])
        if name == "reason":
            yield str(name), (*order, "block"), _texts(values)[..., None]
        elif name == "status":
            yield str(name), order, values.astype(np.int8)
        else:
            yield str(name), order, values


def stored_dims(dims: Sequence[str], rest: Iterable[str]) -> tuple[str, ...]:
    """Return the dimensions of a variable in the store: the swept ones, then as in any result.

    Examples
    --------
    >>> stored_dims(["dose"], ["scenario", "id", "time"])
    ('dose', 'scenario', 'draw', 'id', 'time')
    """
    others = list(rest)
    place = others.index("scenario") + 1 if "scenario" in others else 0
    return (*dims, *others[:place], "draw", *others[place:])


def _texts(values: Any) -> Any:
    cut = np.vectorize(lambda text: str(text)[:LONGEST_REASON], otypes=[f"<U{LONGEST_REASON}"])
    return cut(values) if values.size else values.astype(f"<U{LONGEST_REASON}")
