"""Results made by hand, in which everybody is naive unless a test says otherwise."""

import numpy as np
import xarray as xr

from oihsim.results.sensory import RatingTest

DIMS = ("scenario", "draw", "id", "time")
NAIVE = {
    "pain_tolerance": 1.0,
    "threshold": 1.0,
    "detection_threshold": 1.0,
    "analgesic_effect": 0.0,
    "sensitisation": 0.0,
    "nociceptive_transmission": 1.0,
    "affective_transmission": 1.0,
    "effective_facilitation": 0.0,
}


def result(subjects=50, arms=("a", "b"), times=(0.0, 6.0), seed=3, **outputs):
    """Return a result; an output is a number, or an array that broadcasts to the dims."""
    shape = (len(arms), 1, subjects, len(times))
    values = {
        name: (DIMS, np.broadcast_to(outputs.get(name, usual), shape).astype(float))
        for name, usual in NAIVE.items()
    }
    return xr.Dataset(
        values,
        {"scenario": list(arms), "draw": [0], "id": np.arange(subjects), "time": list(times)},
        {"seed": seed, "scenario_name": "by_hand", "references": "chu2012"},
    )


def distance(test, values):
    """Return what spread and noise act on: the odds of a rating, else the distance from origin."""
    if isinstance(test, RatingTest):
        return values / (10.0 - values)
    return values - test.origin
