"""The definition of the true picture: exactly one for everybody, and the one written down."""

import itertools

import numpy as np
import pytest

from oihsim.studies.recognition.truth import (
    ADEQUATE,
    COUNTS,
    DOMINANCE,
    HYPERALGESIA,
    MIXED,
    PICTURES,
    TOLERANCE,
    UNDER,
    WITHDRAWAL,
    true_picture,
)

LEVELS = sorted({-0.2, 0.0, COUNTS - 1e-9, COUNTS, 0.2, COUNTS * DOMINANCE, 0.3, 0.45, 0.9})
GRID = np.array(list(itertools.product(LEVELS, repeat=4)))


def holds(relief, costs):
    """Return, for each picture on its own, whether its sentence is true of a patient."""
    at_work = [cost >= COUNTS for cost in costs]
    adequate = relief >= COUNTS and not at_work[2]

    def dominates(i):
        others = [costs[j] for j in range(3) if j != i and at_work[j]]
        return at_work[i] and all(costs[i] >= DOMINANCE * other for other in others)

    leads = [dominates(i) for i in range(3)]
    needs = not adequate
    return [
        adequate,
        needs and not any(at_work),
        *(needs and lead for lead in leads),
        needs and any(at_work) and not any(leads),
    ]


def test_exactly_1_sentence_is_true_and_it_is_the_picture():
    pictures = true_picture(*GRID.T)
    for patient, picture in zip(GRID, pictures, strict=True):
        true = holds(patient[0], patient[1:])
        assert sum(true) == 1, patient
        assert true[picture], (patient, PICTURES[picture])
    assert set(pictures) == set(range(len(PICTURES)))


def test_more_of_a_cost_never_leads_away_from_it():
    """Raising one cost alone can only lead towards that process, through mixed."""
    rank = {UNDER: 0, ADEQUATE: 0}
    for i, picture in enumerate((TOLERANCE, HYPERALGESIA, WITHDRAWAL)):
        costs = np.full((200, 3), 0.2)
        costs[:, i] = np.linspace(0.0, 1.0, 200)
        pictures = true_picture(0.0, *costs.T)
        steps = [rank.get(named, 2 if named == picture else 1) for named in pictures]
        assert (np.diff(steps) >= 0).all()
        assert steps[-1] == 2


def test_tolerance_and_hyperalgesia_do_not_spoil_adequate_relief_but_withdrawal_does():
    assert true_picture(0.5, 0.9, 0.9, 0.0) == ADEQUATE
    assert true_picture(0.5, 0.0, 0.0, 0.9) == WITHDRAWAL
    assert true_picture(0.5, 0.9, 0.0, 0.9) == MIXED


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(place, value):
    arguments = [0.1] * 4
    arguments[place] = value
    with pytest.raises(ValueError, match="finite"):
        true_picture(*arguments)
