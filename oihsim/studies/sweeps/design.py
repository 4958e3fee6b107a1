"""Designs: which points of the axes a sweep visits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from oihsim.files.errors import Problem
from oihsim.files.yaml import Document
from oihsim.studies.sweeps.axes import Axis, listed_axis, spanned_axis
from oihsim.studies.sweeps.sweep_form import MOST_VALUES, AxisForm, SweepForm

Array = NDArray[np.float64]

SAMPLED = ("latin_hypercube", "sobol")
MOST_POINTS = 10_000_000


def check_design(document: Document, form: SweepForm) -> list[Problem]:
    """Return the problems of method, count and the lengths of the axes."""
    problems = []
    sampled = form.method in SAMPLED
    if sampled and form.count is None:
        problems.append(document.problem(("count",), "nothing", "how many points, such as 64"))
    if not sampled and form.count is not None:
        actual = f"'count' in a {form.method}"
        problems.append(document.problem(("count",), actual, f"only with {' or '.join(SAMPLED)}"))
    if form.method == "sobol" and form.count is not None and form.count & (form.count - 1):
        allowed = "a power of 2: other numbers spoil the balance of the sequence"
        problems.append(document.problem(("count",), str(form.count), allowed))
    if form.method != "grid" and not form.vary:
        problems.append(document.problem(("vary",), "nothing", "at least one axis"))
    if form.method == "list":
        lengths = {name: len(axis.values or ()) for name, axis in form.vary.items()}
        if len(set(lengths.values())) > 1:
            actual = ", ".join(f"{size} of {name}" for name, size in lengths.items())
            problems.append(document.problem(("vary",), actual, "lists of the same length"))
    if form.method == "grid":
        sizes = [float(len(axis.values or ()) or axis.number or 1) for axis in form.vary.values()]
        points = float(np.prod(sizes)) if sizes else 1.0
        if points > MOST_POINTS:
            allowed = f"at most {MOST_POINTS} points"
            problems.append(document.problem(("vary",), f"{points:.3g} points", allowed))
    return problems


def design_axes(form: SweepForm) -> tuple[Axis, ...]:
    """Return the axes of a checked form with the values of the design.

    Examples
    --------
    >>> form = SweepForm.model_validate({
    ...     "schema": "oihsim-sweep/1", "question": "Why?", "scenario": "flagship",
    ...     "vary": {"k": {"of": "nmda.k_on", "from": "1 1/h", "to": "3 1/h", "number": 3}}})
    >>> design_axes(form)[0].values
    ('1.0 1/h', '2.0 1/h', '3.0 1/h')
    """
    if form.method == "list":
        return tuple(listed_axis(name, axis) for name, axis in form.vary.items())
    if form.method == "grid":
        return tuple(_grid_axis(name, axis) for name, axis in form.vary.items())
    table = _table(form.method, form.vary, form.count or 1, form.seed)
    return tuple(
        spanned_axis(name, axis, table[:, column])
        for column, (name, axis) in enumerate(form.vary.items())
    )


def _grid_axis(name: str, form: AxisForm) -> Axis:
    if form.values is not None:
        return listed_axis(name, form)
    return spanned_axis(name, form, np.linspace(0.0, 1.0, form.number or MOST_VALUES))


def _table(method: str, axes: Mapping[str, AxisForm], count: int, seed: int) -> Array:
    """Return the points as fractions of the ranges, (count, axes)."""
    from scipy.stats import qmc

    if method == "latin_hypercube":
        return np.asarray(qmc.LatinHypercube(len(axes), rng=seed).random(count))
    return np.asarray(qmc.Sobol(len(axes), rng=seed).random_base2(count.bit_length() - 1))
