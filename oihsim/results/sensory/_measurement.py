"""Measure: the tests applied to a result, in the same people in every arm."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from oihsim.files.errors import InputError, OihsimError, Problem
from oihsim.files.yaml import closest
from oihsim.results.sensory._registry import NAMES, TESTS
from oihsim.results.sensory._test import Array, SensoryTest
from oihsim.results.subject_noise import DIMS, of_subjects, subject_ids
from oihsim.results.subject_noise import noise as keyed_noise

if TYPE_CHECKING:
    from xarray import Dataset

MEASURED, CENSORED, NO_RESULT = 0, 1, -1


def sensory_tests(
    ds: Dataset,
    tests: Iterable[str] | None = None,
    seed: int | None = None,
    noise: bool = True,
    *,
    typical: bool | None = None,
) -> Dataset:
    """Return the result with two variables for each test: its values and which are censored.

    Parameters
    ----------
    ds : result with dims (scenario, draw, id, time) and the outputs of the tests
    tests : names; all of :data:`oihsim.results.sensory.NAMES` by default
    seed : root of baselines, gains and noise; ``ds.attrs["seed"]`` by default
    noise : whether a subject who is tested again gives another value
    typical : whether all subjects have the median baseline and the typical gain, without noise; by
        default as in the scenario of the result

    Returns
    -------
    xarray.Dataset
        with ``<test>`` (scenario, draw, id, time) in the unit of the test, at most its cut-off,
        and ``<test>_censored``: 1 where the cut-off was reached, -1 where there is no result

    Raises
    ------
    InputError
        if a test is unknown, or there is no seed
    OihsimError
        if the result lacks an output of a test

    Notes
    -----
    Baselines are keyed by seed, modality and id, gains by seed, test and id: both are the same in
    all arms. Noise is keyed by seed, test, arm, draw, time and id. Another test, arm or output time
    changes no other number.

    Examples
    --------
    >>> import oihsim
    >>> short = {"population.count": 3, "duration": "1 d"}
    >>> ds = oihsim.simulate(oihsim.load("naloxone_challenge").change(short))
    >>> ds = oihsim.sensory_tests(ds, ["cold_pressor_tolerance"], noise=False)
    >>> ds["cold_pressor_tolerance"].attrs["units"], ds["cold_pressor_tolerance"].dims
    ('s', ('scenario', 'draw', 'id', 'time'))
    """
    chosen = _chosen(tests)
    if typical is None:
        typical = _typical(ds)
    if seed is None and "seed" not in ds.attrs and not typical:
        raise InputError([Problem("sensory_tests", None, "seed", "nothing", "a whole number")])
    root = int(ds.attrs.get("seed", 0) if seed is None else seed)
    variables: dict[str, Any] = {}
    for test in chosen:
        value = _value(ds, test, root, noise and not typical, typical)
        spread = "none" if typical else "between subjects"
        variables |= _labelled(test, value, spread, noise and not typical)
    keys = {*str(ds.attrs.get("references", "")).split()}
    keys |= {key for test in chosen for key in test.sources}
    return ds.assign(variables).assign_attrs(references=" ".join(sorted(keys)))


def measured_tests(ds: Dataset) -> tuple[str, ...]:
    """Return the names of the tests that a result holds, in its order."""
    return tuple(str(name) for name in ds.data_vars if name in TESTS)


def _chosen(tests: Iterable[str] | None) -> list[SensoryTest]:
    names = NAMES if tests is None else [tests] if isinstance(tests, str) else tests
    wanted = list(dict.fromkeys(names))
    problems = [
        Problem("sensory_tests", None, f"tests[{i}]", repr(name), closest(str(name), NAMES))
        for i, name in enumerate(wanted)
        if name not in TESTS
    ]
    if problems:
        raise InputError(problems)
    return [TESTS[name] for name in wanted]


def _typical(ds: Dataset) -> bool:
    """Return whether the scenario of a result, or each of several, has the typical subject."""
    stored = json.loads(ds.attrs.get("resolved_scenario", "{}"))
    several = [stored] if "population" in stored else list(stored.values())
    return bool(several) and all(scenario["population"]["typical"] for scenario in several)


def _value(ds: Dataset, test: SensoryTest, seed: int, noise: bool, typical: bool) -> Array:
    """Return the values of a test without its cut-off, (scenario, draw, id, time)."""
    lacking = [name for name in test.reads if name not in ds]
    if lacking:
        raise OihsimError(f"{test.name} reads {lacking[0]!r}, which the result does not hold")
    ids = subject_ids(ds)

    def deviates_of(address: str) -> Array | None:
        if typical:
            return None
        return of_subjects(seed, f"sensory.{address}", ids)

    column = (slice(None), np.newaxis)
    baseline = test.baselines(deviates_of(f"{test.modality}.baseline"), len(ids))[column]
    gain = test.gains(deviates_of(f"{test.name}.gain"), len(ids))[column]
    outputs = {name: ds[name].transpose(*DIMS).values for name in test.reads}
    factor = test.response(outputs, gain) * test.after_earlier_tests(ds["time"].values)
    if noise:
        factor = factor * test.wobble(keyed_noise(ds, f"sensory.{test.name}.noise", seed))
    return test.value(baseline, factor)


def _labelled(test: SensoryTest, value: Array, spread: str, noise: bool) -> dict[str, Any]:
    """Return the two variables of a test with their attrs."""
    limit = test.cut_off.value
    reached = value >= limit
    state = np.where(np.isnan(value), NO_RESULT, np.where(reached, CENSORED, MEASURED))
    attrs = {
        "units": test.unit,
        "long_name": test.meaning,
        "better": test.better,
        "cut_off": limit,
        "reads": " ".join(test.reads),
        "spread": spread,
        "noise_cv": test.noise.value if noise else 0.0,
        "comment": f"censored at {limit:g} {test.unit}: means lean towards the cut-off",
    }
    flags = {
        "units": "1",
        "long_name": f"whether {test.meaning} reached the cut-off",
        "flag_values": np.array([NO_RESULT, MEASURED, CENSORED], dtype=np.int8),
        "flag_meanings": "no_result measured censored",
    }
    return {
        test.name: (DIMS, np.where(reached, limit, value), attrs),
        f"{test.name}_censored": (DIMS, state.astype(np.int8), flags),
    }
