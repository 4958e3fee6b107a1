"""The course of a trial: what patients report, beside what the model says they feel.

A reported rating also falls because a trial goes on: expectation (placebo response), time (natural
course), and noise from day to day. Who is let in because of a high rating has, on average, a lower
one later: regression to the mean follows from the noise by itself. Some leave. All of it is off
unless a scenario asks for it.

A research and teaching model: no value here is a norm to judge a patient by.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oihsim.files.errors import OihsimError
from oihsim.model.parameter import Parameter
from oihsim.model.variability import uniforms
from oihsim.results.subject_noise import DIMS, noise, of_subjects, subject_ids

if TYPE_CHECKING:
    from xarray import Dataset

Array = NDArray[np.float64]

WEEK = 168.0

PLACEBO = Parameter("placebo", 1.0, "1",
    "fall of a rating of 0 to 10 on placebo beyond that without treatment: 1.57 less 0.58 points",
    "neckpain2022", "derived", low=0.2, high=1.8)  # fmt: skip
PLACEBO_TIME = Parameter("placebo_time", 1.0, "week", "time until 63 % of the placebo response",
    low=0.3, high=3.0)  # fmt: skip
NATURAL_COURSE = Parameter("natural_course", 0.58, "1",
    "fall of a rating of 0 to 10 without treatment", "neckpain2022", "measured",
    low=-0.17, high=1.33)  # fmt: skip
NATURAL_TIME = Parameter("natural_time", 4.0, "week", "time until 63 % of the natural course",
    low=2.0, high=12.0)  # fmt: skip
NOISE = Parameter("noise", 1.0, "1",
    "sd of a rating of 0 to 10 from day to day in one patient; harris2005 gives 1.61 on a scale "
    "that its abstract does not name", low=0.5, high=1.6)  # fmt: skip
PARAMETERS = (PLACEBO, PLACEBO_TIME, NATURAL_COURSE, NATURAL_TIME, NOISE)

REPORTED = "reported_pain"
"""Name of the variable."""


def reported_pain(ds: Dataset, settings: Mapping[str, Any], seed: int) -> Dataset:
    """Return the result with what patients would report in a trial.

    Parameters
    ----------
    ds : result with ``pain`` (scenario, draw, id, time)
    settings : ``placebo`` and ``natural_course`` (points of 0-10 at their full size), ``noise``
        (sd, points), ``drop_out_per_week`` (share), ``entry_above`` (rating at the screening; None
        for everybody) and ``open_arms`` (arms that know that they get no treatment)
    seed : of noise, drop-out and screening

    Returns
    -------
    xarray.Dataset
        with ``reported_pain`` (scenario, draw, id, time), 0 to 10; NaN for a subject who was not
        let in, and after a drop-out. Its attr ``enrolled`` is the share that was let in

    Raises
    ------
    OihsimError
        if the result has no pain

    Notes
    -----
    Noise is keyed by seed, arm, draw, time and subject; screening and drop-out by seed and subject,
    so that the same people are let in, and leave, in every arm.

    Examples
    --------
    >>> import xarray as xr
    >>> dims = ("scenario", "draw", "id", "time")
    >>> ds = xr.Dataset({"pain": (dims, np.full((1, 1, 1, 2), 5.0))},
    ...     {"scenario": ["a"], "draw": [0], "id": [0], "time": [0.0, 1680.0]})
    >>> quiet = {"placebo": 1.0, "natural_course": 0.0, "noise": 0.0}
    >>> reported_pain(ds, quiet, seed=1)["reported_pain"].values.ravel().round(3).tolist()
    [5.0, 4.0]
    """
    if "pain" not in ds:
        raise OihsimError(f"{REPORTED} reads 'pain', which the result does not hold")
    pain = ds["pain"].transpose(*DIMS)
    ids = subject_ids(ds)
    hours = np.asarray(ds["time"].values, dtype=np.float64)
    rating = pain.values - _fall(settings, "natural_course", NATURAL_TIME, hours)
    blinded = ~np.isin(ds["scenario"].values.astype(str), settings.get("open_arms", ()))
    fall = _fall(settings, "placebo", PLACEBO_TIME, hours)
    rating = rating - np.where(blinded[:, None, None, None], fall, 0.0)
    if sd := float(settings.get("noise", 0.0)):
        rating = rating + sd * noise(ds, "trial.noise", seed)
    rating = np.clip(rating, 0.0, 10.0)
    present = hours[None] < _leaves(settings, seed, ids)[:, None]
    enrolled = _enrolled(pain.values[..., 0], settings, seed, ids)
    rating = np.where(present & enrolled[..., None], rating, np.nan)
    attrs = {
        "units": "1",
        "long_name": "pain as reported in a trial (0-10)",
        "better": "lower",
        "enrolled": float(enrolled.mean()),
        **{key: str(value) for key, value in settings.items()},
    }
    variable = (DIMS, rating, attrs)
    keys = {*str(ds.attrs.get("references", "")).split(), *(p.source for p in PARAMETERS)} - {""}
    return ds.assign({REPORTED: variable}).assign_attrs(references=" ".join(sorted(keys)))


def _fall(settings: Mapping[str, Any], name: str, time: Parameter, hours: Array) -> Array:
    """Return by how much a rating has fallen at each time."""
    size = float(settings.get(name, 0.0))
    return np.asarray(size * -np.expm1(-np.maximum(hours, 0.0) / (time.value * WEEK)))


def _leaves(settings: Mapping[str, Any], seed: int, ids: NDArray[np.int64]) -> Array:
    """Return when each subject leaves, h; infinite without drop-out."""
    share = float(settings.get("drop_out_per_week", 0.0))
    if not share:
        return np.full(len(ids), np.inf)
    u = of_subjects(seed, "trial.drop_out", ids, uniforms)
    return np.asarray(WEEK * np.log(u) / np.log1p(-share))


def _enrolled(
    start: Array, settings: Mapping[str, Any], seed: int, ids: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return who is let in: whose rating at the screening, with noise of its own, is high enough.

    The screening is that of the first arm, so that the same people are in every arm.
    """
    limit = settings.get("entry_above")
    if limit is None:
        return np.ones(start.shape, dtype=np.bool_)
    z = of_subjects(seed, "trial.screening", ids)
    screened = start[:1] + float(settings.get("noise", 0.0)) * z
    return np.asarray(np.broadcast_to(screened > float(limit), start.shape))
