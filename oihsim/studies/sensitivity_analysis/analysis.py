"""sensitivity: which parameters decide an endpoint of a scenario."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from oihsim.files.errors import InputError, Problem, SimulationError
from oihsim.scenario import Scenario, load
from oihsim.simulation.simulate import Progress
from oihsim.studies.sensitivity_analysis.indices import Design, estimate
from oihsim.studies.sensitivity_analysis.question import EndpointEntry, Question
from oihsim.studies.sensitivity_analysis.ranges import Bounds, Range, ranges

Array = NDArray[np.float64]

METHODS = ("tornado", "sobol")

USUAL_TOP = 6
"""Parameters of a Sobol analysis if none are named: the widest bars of the tornado."""

MOST_ROWS = 2**20


def sensitivity(
    scenario: Scenario | str,
    endpoint: EndpointEntry,
    arm: str | None = None,
    *,
    against: str | None = None,
    method: str = "tornado",
    parameters: Iterable[str] | None = None,
    top: int | None = None,
    between: Bounds | None = None,
    percent: float | None = None,
    count: int | None = None,
    rows: int = 256,
    level: float = 0.95,
    resamples: int = 999,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
    on_failure: str = "keep",
) -> xr.Dataset:
    """Find which parameters decide an endpoint of an arm, or its difference from another arm.

    Parameters
    ----------
    scenario : a Scenario, a path, or the name of a shipped scenario
    endpoint : name of an endpoint or a sensory test, or a mapping with ``endpoint`` and, where
        wanted, ``from``, ``until`` (such as ``"60 d"``) and ``drug``
    arm : name of the arm; optional in a scenario with one arm
    against : arm whose endpoint is subtracted, in the same subjects
    method : ``"tornado"`` varies one parameter at a time, to its low and to its high value;
        ``"sobol"`` varies all together and gives each parameter its share of the variance: alone
        (first order) and with all its interactions (total)
    parameters : addresses such as ``nmda.k_on``; by default all parameters of the body and of
        the drugs of the arms that have a range and are neither 0 nor turned on and off by
        a switch
    top : number of widest bars to return; with "sobol" a tornado chooses them first, and
        without ``parameters`` the number is 6
    between : address -> low and high with units, in place of the declared range
    percent : range of every other parameter, as a percentage of its value on either side
    count : subjects, whose mean is analysed; by default the typical subject
    rows : rows of the Sobol design, a power of two; each costs one run per parameter and two
        more
    level, resamples, seed : of the intervals, from a bootstrap over rows; the design has the same
        seed
    threads, progress : as for :func:`oihsim.simulate`; with "sobol" and ``top`` progress
        runs twice
    on_failure : ``"keep"``, or ``"raise"`` if any run failed

    Returns
    -------
    xarray.Dataset
        dim ``parameter``, the most important first, with its ``low``, ``high``, ``value`` in
        ``parameter_unit``. "tornado": ``at_low``, ``at_high`` and ``span`` (largest less smallest
        of the two and ``base``). "sobol": ``first_order``, ``total_order``, their
        ``*_interval`` with a further dim ``end``, and under ``row`` the design and every
        value. Attributes: the recipe of the scenario that was run, ``sensitivity``, the settings
        as JSON, and ``failures``

    Raises
    ------
    InputError : an argument is invalid; all problems are named
    SimulationError : a run failed and ``on_failure`` is "raise"

    Notes
    -----
    Ranges express uncertainty of a typical value, not variability between people. A positive range
    whose high is at least three times its low is varied on a logarithmic scale, every other evenly.
    Failed runs are NaN in a tornado and stand last. In a Sobol design a row with a failed run, or
    with an infinite value, is dropped with all its points; ``rows_dropped`` counts these rows. If
    failures are not random, the shares hold only for the part of the ranges that can be simulated.

    Examples
    --------
    >>> import oihsim
    >>> week = oihsim.load("morphine_month").change({"duration": "2 d", "output_every": "6 h"})
    >>> ds = sensitivity(week, "pain_mean", "morphine", parameters=["nociception.p0", "nmda.k_on"])
    >>> ds["parameter"].values.tolist()[0], bool(ds["at_low"][0] < ds["at_high"][0])
    ('nociception.p0', True)
    """
    names = None if parameters is None else list(parameters)
    question, varied, without = question_and_ranges(
        scenario, endpoint, arm, against=against, method=method, parameters=names, top=top,
        between=between, percent=percent, count=count, rows=rows, level=level,
        resamples=resamples, on_failure=on_failure,
    )  # fmt: skip
    settings = {
        "method": method, "endpoint": dict(question.spec), "arm": question.arm,
        "against": question.against, "percent": percent, "count": count, "top": top,
    }  # fmt: skip
    how: dict[str, Any] = {"threads": threads, "progress": progress}
    if method == "sobol":
        chosen = varied
        if top is not None or names is None:
            wide = _tornado(question, varied, USUAL_TOP if top is None else top, how)
            if wide.attrs["runs_interrupted"]:
                raise SimulationError("interrupted before the parameters were chosen")
            order = [str(parameter) for parameter in wide["parameter"].values]
            chosen = sorted(
                (parameter for parameter in varied if parameter.address in order),
                key=lambda r: order.index(r.address),
            )
        ds = _sobol(question, chosen, how, rows=rows, level=level, resamples=resamples, seed=seed)
        settings |= {"rows": rows, "level": level, "resamples": resamples, "seed": seed}
    else:
        ds = _tornado(question, varied, top, how)
    if on_failure == "raise" and "failures" in ds.attrs:
        raise SimulationError(ds.attrs["failures"])
    texts = {"sensitivity": json.dumps(settings), "parameters_left_out": " ".join(without)}
    return ds.assign_attrs(texts)


def question_and_ranges(
    scenario: Scenario | str, endpoint: EndpointEntry, arm: str | None = None, *,
    against: str | None = None, method: str = "tornado", parameters: Iterable[str] | None = None,
    top: int | None = None, between: Bounds | None = None, percent: float | None = None,
    count: int | None = None, rows: int = 256, level: float = 0.95, resamples: int = 999,
    on_failure: str = "keep",
) -> tuple[Question, list[Range], list[str]]:  # fmt: skip
    """Return question, ranges and addresses without a range, from arguments of :func:`sensitivity`.

    Raises
    ------
    InputError : an argument is invalid; all problems are named
    """
    problems = _settings(method, top, rows, level, resamples, on_failure)
    checked = scenario if isinstance(scenario, Scenario) else load(scenario)
    arms = [checked.arms[name] for name in (arm, against) if name in checked.arms]
    question: Question | None = None
    varied: list[Range] = []
    without: list[str] = []
    try:
        varied, without = ranges(
            checked, arms or list(checked.arms.values()), parameters, between, percent
        )
    except InputError as error:
        problems += error.problems
    try:
        question = Question.of(checked, endpoint, arm, against, count)
    except InputError as error:
        problems += error.problems
    if problems or question is None:
        raise InputError(problems)
    return question, varied, without


def _settings(
    method: str, top: int | None, rows: int, level: float, resamples: int, on_failure: str
) -> list[Problem]:
    """Return the problems of the settings."""
    wrong = [
        ("method", repr(method), " or ".join(METHODS), method not in METHODS),
        ("top", str(top), "at least 1", top is not None and top < 1),
        (
            "rows",
            str(rows),
            f"a power of two from 8 to {MOST_ROWS}",
            not 8 <= rows <= MOST_ROWS or rows & (rows - 1) != 0,
        ),
        ("level", f"{level:g}", "more than 0 and less than 1", not 0.0 < level < 1.0),
        ("resamples", str(resamples), "at least 9", resamples < 9),
        ("on_failure", repr(on_failure), "'raise' or 'keep'", on_failure not in ("raise", "keep")),
    ]
    return [
        Problem("sensitivity", None, field, actual, allowed)
        for field, actual, allowed, is_wrong in wrong
        if is_wrong
    ]


def _tornado(
    question: Question, varied: Sequence[Range], top: int | None, how: Mapping[str, Any]
) -> xr.Dataset:
    """Return the endpoint at the low and the high of every parameter, the widest first."""
    points: list[dict[str, str]] = [{}]
    for parameter in varied:
        points += [
            {parameter.address: parameter.written(end)} for end in (parameter.low, parameter.high)
        ]
    values = question.values(points, **how)
    base, ends = values.values[0], values.values[1:].reshape(-1, 2)
    three = np.column_stack([ends, np.full(len(ends), base)])
    finite = np.isfinite(three).all(axis=1)
    span = np.where(np.isnan(three).any(axis=1), np.nan, np.inf)
    span[finite] = np.ptp(three[finite], axis=1)
    order = np.argsort(-np.nan_to_num(span, nan=-1.0, posinf=np.finfo(float).max), kind="stable")
    order = order[:top]
    attrs = {key: values.attrs[key] for key in ("units", "better")}
    what = values.attrs["long_name"]
    variables = {
        "at_low": ("parameter", ends[order, 0], {**attrs, "long_name": f"{what}, at the low"}),
        "at_high": ("parameter", ends[order, 1], {**attrs, "long_name": f"{what}, at the high"}),
        "span": (
            "parameter",
            span[order],
            {"units": attrs["units"], "long_name": "largest less smallest of low, high and base"},
        ),
        "base": ((), base, {**attrs, "long_name": f"{what}, nothing changed"}),
    }
    return _dataset([varied[i] for i in order], variables, values, {})


def _sobol(
    question: Question, varied: Sequence[Range], how: Mapping[str, Any], *, rows: int,
    level: float, resamples: int, seed: int,
) -> xr.Dataset:  # fmt: skip
    """Return the shares of the variance, the largest total first."""
    design = Design.of(rows, len(varied), seed)
    columns = [
        parameter.at(share) for parameter, share in zip(varied, design.points.T, strict=True)
    ]
    points = [
        {
            parameter.address: parameter.written(value)
            for parameter, value in zip(varied, row, strict=True)
        }
        for row in zip(*columns, strict=True)
    ]
    values = question.values(points, **how)
    table = values.values.reshape(rows, -1)
    got = estimate(table, level=level, resamples=resamples, seed=seed)
    order = np.argsort(-np.nan_to_num(got.total, nan=-1.0), kind="stable")
    between = [0, 1, *(2 + order)]
    first, total = (
        {
            "units": "1",
            "long_name": f"share of the variance of {values.attrs['long_name']}, {share_of}",
        }
        for share_of in ("alone", "with all its interactions")
    )
    ends = {"units": "1", "long_name": f"ends of the {100 * level:g} % interval, from a bootstrap"}
    sample = np.stack(columns, axis=1).reshape(rows, len(varied) + 2, -1)[..., order]
    attrs = {"units": "1", "long_name": "values in the unit of each parameter"}
    variables = {
        "first_order": ("parameter", got.first[order], first),
        "first_order_interval": (("parameter", "end"), got.first_interval[order], ends),
        "total_order": ("parameter", got.total[order], total),
        "total_order_interval": (("parameter", "end"), got.total_interval[order], ends),
        "sample_a": (("row", "parameter"), sample[:, 0], attrs | {"comment": "first sample"}),
        "sample_b": (("row", "parameter"), sample[:, 1], attrs | {"comment": "second sample"}),
        "endpoint": (
            ("row", "run"),
            table[:, between],
            {
                "units": values.attrs["units"],
                "long_name": values.attrs["long_name"],
                "comment": "run 0: first sample, 1: second, 2 on: first with one parameter, in "
                "their order, of the second",
            },
        ),
        "mean": ((), got.mean, {"units": values.attrs["units"], "long_name": "mean of all rows",
                               "comment": values.attrs["long_name"]}),
        "variance": ((), got.variance, {"units": _square(values.attrs["units"]),
                                        "long_name": "variance of all rows"}),
    }  # fmt: skip
    counts = {"rows": got.rows, "rows_dropped": got.dropped}
    ds = _dataset([varied[i] for i in order], variables, values, counts)
    attrs_of_end = {"units": "1", "long_name": "end of an interval"}
    return ds.assign_coords(end=("end", ["low", "high"], attrs_of_end))


def _square(unit: str) -> str:
    return "1" if unit == "1" else f"({unit})**2"


def _dataset(
    varied: Sequence[Range], results: Mapping[str, Any], values: xr.DataArray,
    counts: Mapping[str, int],
) -> xr.Dataset:  # fmt: skip
    """Return a Dataset by parameter, with ranges and recipe."""
    attrs = {"units": "1", "comment": "in the unit of each parameter, see parameter_unit"}
    numbers = {
        "low": "low end of the range",
        "high": "high end of the range",
        "value": "value in the scenario",
    }
    variables = {
        name: (
            "parameter",
            [getattr(parameter, name) for parameter in varied],
            {**attrs, "long_name": long_name},
        )
        for name, long_name in numbers.items()
    }
    texts = {
        "parameter_unit": ([parameter.unit for parameter in varied], "unit of the parameter"),
        "meaning": ([parameter.meaning for parameter in varied], "what the parameter stands for"),
        "range_is": ([parameter.how for parameter in varied], "where the range is from"),
        "scale": (
            ["logarithmic" if parameter.logarithmic else "linear" for parameter in varied],
            "scale on which it is varied",
        ),
    }
    coords = {
        name: ("parameter", np.array(words, dtype=object), {"long_name": long_name})
        for name, (words, long_name) in texts.items()
    }
    coords["parameter"] = (
        "parameter",
        np.array([parameter.address for parameter in varied], dtype=object),
        {"long_name": "address of the parameter"},
    )
    stopped = int(values.attrs["interrupted"])
    failed = int(np.isnan(values.values).sum()) - stopped
    runs = {"runs": values.size, "runs_failed": failed, "runs_interrupted": stopped}
    return xr.Dataset(
        {**variables, **results}, coords, {**values.attrs["recipe"], **runs, **counts}
    )
