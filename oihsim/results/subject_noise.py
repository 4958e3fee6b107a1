"""Random numbers of the subjects of a result, keyed so that no subject depends on another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oihsim.model.variability import deviates

if TYPE_CHECKING:
    from xarray import Dataset

Array = NDArray[np.float64]
Ids = NDArray[np.int64]

DIMS = ("scenario", "draw", "id", "time")


def subject_ids(ds: Dataset) -> Ids:
    """Return the ids of the subjects of a result; their places where it has none."""
    if "id" in ds.coords:
        return np.asarray(ds["id"].values, dtype=np.int64)
    return np.arange(ds.sizes["id"])


def of_subjects(
    seed: int, key: str, ids: Ids, numbers: Callable[[int, str, int, int], Array] = deviates
) -> Array:
    """Return a number per subject, keyed by seed, purpose and id, (id,).

    Parameters
    ----------
    seed, key : root and purpose
    ids : in any order
    numbers : :func:`oihsim.model.variability.deviates`, or ``uniforms`` beside it

    Examples
    --------
    >>> few, many = of_subjects(1, "x", np.array([5, 3])), of_subjects(1, "x", np.arange(9))
    >>> bool((few == many[[5, 3]]).all())
    True
    """
    first = int(ids.min()) if len(ids) else 0
    return numbers(seed, key, int(ids.max(initial=first - 1)) + 1 - first, first)[ids - first]


def noise(ds: Dataset, purpose: str, seed: int) -> Array:
    """Return deviates, new in every arm, draw and at every time, (scenario, draw, id, time).

    Parameters
    ----------
    ds : result
    purpose : what they are for; other purposes, arms and times change no number
    seed : root
    """
    z, ids = np.empty([ds.sizes[dim] for dim in DIMS]), subject_ids(ds)
    name = str(ds.attrs.get("scenario_name", ""))
    draws = ds["draw"].values if "draw" in ds.coords else np.arange(ds.sizes["draw"])
    for i, arm in enumerate(ds["scenario"].values):
        # arms of several results side by side carry the name of their scenario already
        place = str(arm) if "/" in str(arm) else f"{name}/{arm}"
        for j, draw in enumerate(draws):
            for k, time in enumerate(ds["time"].values):
                key = f"{purpose} {place} {int(draw)} {float(time):.9f}"
                z[i, j, :, k] = of_subjects(seed, key, ids)
    return z
