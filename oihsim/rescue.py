"""Rescue doses of an arm: the rules that the solver applies, and what they gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oihsim.errors import ModelError
from oihsim.schedule import Given
from oihsim.treatment import TIME_DECIMALS, Rescue

Array = NDArray[np.float64]

ABOVE = 1.0
"""Sense of a rule that acts when the read-out is above its threshold."""


@dataclass(frozen=True)
class Rules:
    """A rescue block as the solver takes it.

    Attributes
    ----------
    drug : its name
    dose_mg : (n,) one dose as labelled
    rows : (n, m, 7) one rule for each of the ``m`` ways in of the route
    spare : room for every dose that may be given
    """

    drug: str
    dose_mg: Array
    rows: Array
    spare: int


def rules(rescue: Rescue, given: Given, readout: int, n: int) -> Rules:
    """Return the rules of a rescue block for ``n`` subjects.

    Parameters
    ----------
    rescue : when, how much, by which route
    given : the drug as the subjects get it; the lag of a route becomes the delay of the rule, and
        a route with a zero-order duration its duration
    readout : number of the read-out that is judged, pain

    Raises
    ------
    ModelError
        a route's duration of absorption is not positive in some subject
    """
    dose_mg = np.full(n, rescue.amount_mg)
    if rescue.per_kg:
        dose_mg = dose_mg * given.values["WT"]
    rows = []
    for index, factor, lag, duration in given.drug.route_inputs(
        rescue.route, given.values, dose_mg
    ):
        if duration is not None and not np.all(duration > 0.0):
            raise ModelError(
                f"{rescue.drug} {rescue.route}: a duration of absorption is not above 0"
            )
        row = np.empty((n, 7))
        row[:, :4] = readout, ABOVE, rescue.when_pain_above, given.first_input + index
        row[:, 4], row[:, 6] = dose_mg * factor, lag
        row[:, 5] = 0.0 if duration is None else duration
        rows.append(row)
    return Rules(rescue.drug, dose_mg, np.stack(rows, axis=1), rescue.number * len(rows))


def cumulative(found: Rules, appended: Sequence[Array], times: Array) -> Array:
    """Return the mg that were given before each time, (n, t), as labelled.

    Parameters
    ----------
    found : the rules that were applied
    appended : of each subject, as :class:`oihsim.model.Run` has it
    times : (t,) h; a dose at one of them is not yet in it

    Examples
    --------
    One dose at 2 h that enters after a lag of half an hour, in two ways at once:

    >>> row = [0.0, 1.0, 4.0, 0.0, 5.0, 0.0, 0.5]
    >>> found = Rules("morphine", np.array([10.0]), np.array([[row, row]]), 2)
    >>> entered = np.array([[2.5, 0.0, 5.0, 0.0], [2.5, 0.0, 5.0, 0.0]])
    >>> cumulative(found, [entered], np.array([1.0, 2.0, 3.0])).tolist()
    [[0.0, 0.0, 10.0]]
    """
    ways = found.rows.shape[1]
    total = np.zeros((len(appended), len(times)))
    for i, entered in enumerate(appended):
        # every dose appends one row for each way in, in the order of the rules
        given = np.round(entered[::ways, 0] - found.rows[i, 0, 6], TIME_DECIMALS)
        total[i] = found.dose_mg[i] * np.searchsorted(np.sort(given), times, side="left")
    return total
