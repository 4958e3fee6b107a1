"""recognise: the clinical picture that fits the observations, its probability, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError, Problem
from oihsim.files.yaml import closest
from oihsim.studies.recognition.classifier import Classifier
from oihsim.studies.recognition.clinical_observations import NAMES, OBSERVATIONS, read_observations
from oihsim.studies.recognition.truth import CANNOT_TELL, PICTURES

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

SURE = 0.4
"""Lowest probability at which a picture is named; with equal base rates a guess has 0.17."""

FITTED = Path(__file__).parent / "fitted.json"
"""Generated; ``python docs/recognition.py`` writes it."""

ABOUT = (
    "Fitted to simulated patients of this model and true of no others: it names what a pattern "
    "looks like, never what to do."
)


@dataclass(frozen=True)
class Recognition:
    """The pictures that fit the observations of one patient.

    Attributes
    ----------
    picture : the likeliest picture, or "cannot tell" if none reaches :data:`SURE`
    probabilities : of the six pictures, adding up to 1
    because : observation -> its weight for the likeliest picture: the change of the log odds when
        the observation is added to the others; the weightiest first
    caution : to be shown with every part of it
    """

    picture: str
    probabilities: Mapping[str, float]
    because: Mapping[str, float]
    caution: str = f"{ABOUT} {CAUTION}"

    def __str__(self) -> str:
        """Return the probabilities, what spoke for or against, and the caution, as text."""
        likely = sorted(self.probabilities, key=lambda name: -self.probabilities[name])
        lines = [
            self.picture,
            *(f"  {name:<16} {self.probabilities[name]:4.0%}" for name in likely),
        ]
        if self.because:
            lines.append(f"what spoke for {likely[0]} (+) or against it (-), log odds:")
            lines += [f"  {name:<22} {weight:+.1f}" for name, weight in self.because.items()]
        return "\n".join([*lines, self.caution])


@lru_cache(maxsize=1)
def fitted() -> dict[str, Any]:
    """Return the stored fit: data of the classifier, identity of the model, patients."""
    return dict(json.loads(FITTED.read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def stored_classifier() -> Classifier:
    """Return the classifier that comes with the package."""
    return Classifier.from_data(fitted()["classifier"])


@overload
def recognise(
    observations: Mapping[str, Any], *, base_rates: Mapping[str, float] | None = None
) -> Recognition: ...
@overload
def recognise(
    observations: xr.Dataset, *, base_rates: Mapping[str, float] | None = None
) -> xr.Dataset: ...
def recognise(
    observations: Mapping[str, Any] | xr.Dataset,
    *,
    base_rates: Mapping[str, float] | None = None,
) -> Recognition | xr.Dataset:
    """Return the clinical picture that fits the observations of simulated patients.

    Only observations are read: no hidden state, no drug level. Research and teaching only.

    Parameters
    ----------
    observations : name -> number for one patient, see
        :data:`oihsim.studies.recognition.OBSERVATIONS`; no entry, None or NaN means not
        observed. Or a Dataset with a variable for each observation (any shared dims); other
        variables are not read
    base_rates : picture -> fraction of the patients before any observation; equal by default,
        since the true ones are unknown. A picture without an entry gets 0

    Returns
    -------
    Recognition
        or for a Dataset a Dataset with ``probability`` (dims of the input, ``picture``) and
        ``picture_named`` (dims of the input)

    Raises
    ------
    InputError : an unknown name, or an impossible value or base rate; all are named

    Examples
    --------
    >>> import oihsim
    >>> recognition = oihsim.recognise({"pain_before": 5, "relief_now": 1.5, "withdrawal_signs": 0,
    ...                                 "spreading_pain": 0, "doses_overdue": 0.6})
    >>> recognition.picture
    'adequate relief'
    >>> oihsim.recognise({}).picture
    'cannot tell'
    """
    rates = _base_rates(base_rates)
    # a Dataset is a Mapping too
    if hasattr(observations, "data_vars"):
        return _dataset(observations, rates)
    row = read_observations(observations)
    classifier = stored_classifier()
    chances = classifier.probabilities(row[None], rates)[0]
    best = int(chances.argmax())
    because = _because(classifier, row, best, rates)
    return Recognition(
        PICTURES[best] if chances[best] >= SURE else CANNOT_TELL,
        {name: float(chance) for name, chance in zip(PICTURES, chances, strict=True)},
        because,
    )


def _because(
    classifier: Classifier, row: Array, best: int, rates: Array | None
) -> dict[str, float]:
    """Return the change of the log odds that each observation brings to the others."""
    made = np.flatnonzero(np.isfinite(row))
    without = np.tile(row, (len(made) + 1, 1))
    without[np.arange(1, len(made) + 1), made] = np.nan
    chance = classifier.probabilities(without, rates)[:, best].clip(1e-12, 1.0 - 1e-12)
    odds = np.log(chance / (1.0 - chance))
    weight = {NAMES[i]: float(odds[0] - odds[1 + at]) for at, i in enumerate(made)}
    return dict(sorted(weight.items(), key=lambda item: -abs(item[1])))


def _base_rates(base_rates: Mapping[str, float] | None) -> Array | None:
    if base_rates is None:
        return None
    if not isinstance(base_rates, Mapping):
        actual = type(base_rates).__name__
        problem = Problem(
            "base_rates", None, "base_rates", actual, "pictures with their parts of 1"
        )
        raise InputError([problem])
    problems = [
        Problem("base_rates", None, str(name), "an unknown picture", closest(str(name), PICTURES))
        for name in base_rates
        if name not in PICTURES
    ]
    rates = np.zeros(len(PICTURES))
    for i, name in enumerate(PICTURES):
        value = base_rates.get(name, 0.0)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0.0 <= value <= 1.0:
            problems.append(Problem("base_rates", None, name, repr(value), "0 to 1"))
        else:
            rates[i] = value
    if not problems and abs(rates.sum() - 1.0) > 1e-6:
        actual = f"a sum of {rates.sum():g}"
        problems.append(Problem("base_rates", None, "base_rates", actual, "parts that add up to 1"))
    if problems:
        raise InputError(problems)
    return rates


def _dataset(ds: Any, rates: Array | None) -> xr.Dataset:
    import xarray as xr

    there = [name for name in NAMES if name in ds.data_vars]
    if not there:
        actual = ", ".join(str(name) for name in ds.data_vars) or "no variable"
        allowed = f"at least one of {', '.join(NAMES)}"
        raise InputError([Problem("recognise", None, "observations", actual[:200], allowed)])
    arrays = xr.broadcast(*(ds[name] for name in there))
    problems = []
    for observation in OBSERVATIONS:
        if observation.name in there:
            values = arrays[there.index(observation.name)].values
            if values.dtype.kind not in "fiu":
                actual, allowed = f"{values.dtype} values", "numbers"
                problems.append(Problem("recognise", None, observation.name, actual, allowed))
            elif np.any((values < observation.low) | (values > observation.high)):
                low, high = np.nanmin(values), np.nanmax(values)
                actual, allowed = (
                    f"{low:g} to {high:g}",
                    f"{observation.low:g} to {observation.high:g}",
                )
                problems.append(Problem("recognise", None, observation.name, actual, allowed))
    if problems:
        raise InputError(problems)
    shape, dims = arrays[0].shape, arrays[0].dims
    seen = np.full((*shape, len(NAMES)), np.nan)
    for name, array in zip(there, arrays, strict=True):
        seen[..., NAMES.index(name)] = array.values
    chances = stored_classifier().probabilities(seen.reshape(-1, len(NAMES)), rates)
    best = chances.argmax(axis=1)
    named = np.where(
        chances.max(axis=1) >= SURE, np.array(PICTURES, dtype=object)[best], CANNOT_TELL
    )
    return xr.Dataset(
        {
            "probability": (
                (*dims, "picture"),
                chances.reshape(*shape, len(PICTURES)),
                {"units": "1", "long_name": "probability of a clinical picture"},
            ),
            "picture_named": (
                dims,
                named.astype(str).reshape(shape),
                {"long_name": "the likeliest picture, if likely enough"},
            ),
        },
        {**{name: arrays[0].coords[name] for name in arrays[0].coords}, "picture": list(PICTURES)},
        {"caution": f"{ABOUT} {CAUTION}"},
    )
