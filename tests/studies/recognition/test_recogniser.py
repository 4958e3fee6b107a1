"""Recognition reads observations only, adds up, does without some, and refuses what cannot be."""

import json

import numpy as np
import pytest
import xarray as xr
from scipy.stats import multivariate_normal

import oihsim
from oihsim.files.errors import InputError
from oihsim.studies.recognition import OBSERVATIONS, PICTURES
from oihsim.studies.recognition.classifier import Classifier
from oihsim.studies.recognition.clinical_observations import NAMES
from oihsim.studies.recognition.fitting import fit
from oihsim.studies.recognition.recogniser import SURE, fitted, stored_classifier
from oihsim.studies.recognition.scoring import BINS, score

RNG = np.random.default_rng(5)
SEEN = np.stack([RNG.uniform(max(o.low, -3), min(o.high, 8), 300) for o in OBSERVATIONS], axis=-1)
GAPS = np.where(RNG.random(SEEN.shape) < 0.4, np.nan, SEEN)


def named(row):
    return {name: float(x) for name, x in zip(NAMES, row, strict=True) if np.isfinite(x)}


def test_probabilities_add_up_to_1_and_patients_do_not_mix():
    classifier = stored_classifier()
    together = classifier.probabilities(GAPS)
    np.testing.assert_allclose(together.sum(axis=1), 1.0, rtol=1e-12)
    assert (together >= 0.0).all()
    order = RNG.permutation(len(GAPS))
    np.testing.assert_array_equal(classifier.probabilities(GAPS[order]), together[order])
    alone = np.concatenate([classifier.probabilities(row[None]) for row in GAPS[:20]])
    np.testing.assert_allclose(alone, together[:20], rtol=1e-9)


def test_densities_are_those_of_scipy_with_what_is_missing_integrated_out():
    classifier = stored_classifier()
    densities = classifier.log_likelihood(GAPS[:30])
    for row, densities_of_row in zip(GAPS[:30], densities, strict=True):
        there = np.isfinite(row)
        for g in range(len(classifier.share)):
            normal = multivariate_normal(
                classifier.mean[g][there], classifier.covariance[g][np.ix_(there, there)]
            )
            assert densities_of_row[g] == pytest.approx(
                normal.logpdf(row[there]), rel=1e-9, abs=1e-9
            )


def test_nothing_observed_gives_the_base_rates_and_cannot_tell():
    recognition = oihsim.recognise({})
    assert recognition.picture == "cannot tell"
    assert recognition.because == {}
    assert list(recognition.probabilities.values()) == pytest.approx([1 / 6] * 6)
    rates = dict(zip(PICTURES, (0.5, 0.2, 0.1, 0.1, 0.05, 0.05), strict=True))
    for nothing in ({}, {"pain_before": None, "relief_now": float("nan")}):
        assert oihsim.recognise(nothing, base_rates=rates).probabilities == pytest.approx(rates)


def test_base_rates_multiply_the_odds():
    row = named(GAPS[3])
    equal = oihsim.recognise(row).probabilities
    rates = dict(zip(PICTURES, (0.4, 0.2, 0.2, 0.1, 0.05, 0.05), strict=True))
    product = np.array([equal[name] * rates[name] for name in PICTURES])
    other = oihsim.recognise(row, base_rates=rates).probabilities
    assert list(other.values()) == pytest.approx(list(product / product.sum()))


def test_more_observations_make_it_surer_of_what_it_was_fitted_to():
    """In patients drawn from the fit itself the truth becomes likelier with each observation."""
    classifier = stored_classifier()
    which = RNG.choice(len(classifier.share), 4000, p=classifier.share)
    drawn = np.stack(
        [RNG.multivariate_normal(classifier.mean[g], classifier.covariance[g]) for g in which]
    )
    exact = Classifier(
        classifier.picture, classifier.share, classifier.mean, classifier.covariance, 1.0
    )
    truth = classifier.picture[which]
    losses = []
    for known in range(0, len(NAMES) + 1, 2):
        seen = drawn.copy()
        seen[:, known:] = np.nan
        losses.append(score(exact.probabilities(seen), truth).log_loss)
    assert (np.diff(losses) < 0.0).all(), losses
    # and with the right distributions its probabilities are right
    complete = score(exact.probabilities(drawn), truth)
    assert complete.calibration_error < 0.015


def test_the_reasons_are_the_change_of_the_log_odds():
    row = named(SEEN[7])
    recognition = oihsim.recognise(row)
    best = max(recognition.probabilities, key=recognition.probabilities.get)
    for name, weight in recognition.because.items():
        less = {key: value for key, value in row.items() if key != name}
        a, b = (oihsim.recognise(observations).probabilities[best] for observations in (row, less))
        assert weight == pytest.approx(np.log(a / (1 - a)) - np.log(b / (1 - b)), abs=1e-6)
    weights = [abs(weight) for weight in recognition.because.values()]
    assert weights == sorted(weights, reverse=True)


def test_a_picture_is_named_exactly_when_it_is_likely_enough():
    for row in SEEN[:60]:
        recognition = oihsim.recognise(named(row))
        best = max(recognition.probabilities, key=recognition.probabilities.get)
        assert recognition.picture == (
            best if recognition.probabilities[best] >= SURE else "cannot tell"
        )


def test_a_dataset_gives_the_same_as_single_patients():
    shape = (3, 4)
    ds = xr.Dataset(
        {name: (("arm", "id"), GAPS[:12, i].reshape(shape)) for i, name in enumerate(NAMES)},
        {"arm": ["a", "b", "c"]},
    )
    result = oihsim.recognise(ds)
    assert result.probability.dims == ("arm", "id", "picture")
    for i, row in enumerate(GAPS[:12]):
        recognition = oihsim.recognise(named(row))
        there = result.isel(arm=i // 4, id=i % 4)
        assert there.probability.values == pytest.approx(list(recognition.probabilities.values()))
        assert str(there.picture_named.values) == recognition.picture
    assert oihsim.CAUTION in result.attrs["caution"]


def test_hidden_states_are_not_read():
    ds = xr.Dataset({name: ("id", GAPS[:12, i]) for i, name in enumerate(NAMES)})
    before = oihsim.recognise(ds)
    hidden = ("tolerance_index", "hyperalgesia_index", "withdrawal_excitation", "pain", "truth")
    for value in (0.0, 1e3):
        after = oihsim.recognise(ds.assign({name: ("id", np.full(12, value)) for name in hidden}))
        xr.testing.assert_identical(before, after)


def test_text_carries_caution_and_no_advice():
    text = str(oihsim.recognise(named(SEEN[1])))
    assert oihsim.CAUTION in text
    assert "simulated" in text
    for word in ("should", "recommend", "reduce the dose", "increase the dose", "advise"):
        assert word not in text.lower()


@pytest.mark.parametrize(
    ("observed", "fields"),
    [
        ({"pain_befor": 3}, ["pain_befor"]),
        ({"pain_before": 11, "relief_now": "much", "withdrawal_signs": True},
         ["pain_before", "relief_now", "withdrawal_signs"]),
        ({"dose_growth": float("inf")}, ["dose_growth"]),
        ({3: 3}, ["3"]),
        (None, ["observations"]),
        ([1, 2], ["observations"]),
        (xr.Dataset({"pain": ("id", [1.0])}), ["observations"]),
        (xr.Dataset({"pain_before": ("id", [1.0, 12.0])}), ["pain_before"]),
        (xr.Dataset({"pain_before": ("id", ["a"])}), ["pain_before"]),
    ],
)  # fmt: skip
def test_wrong_observations_are_refused_all_at_once(observed, fields):
    with pytest.raises(InputError) as caught:
        oihsim.recognise(observed)
    assert [problem.field for problem in caught.value.problems] == fields


@pytest.mark.parametrize(
    "rates",
    [{"OIH": 0.5}, {"OIH": 2.0}, {"oih": 1.0}, {"OIH": "half"}, {"OIH": float("nan")}, {}, 3],
)
def test_wrong_base_rates_are_refused(rates):
    with pytest.raises(InputError):
        oihsim.recognise({}, base_rates=rates)


def test_a_base_rate_of_zero_is_never_named():
    rates = {"withdrawal": 1.0}
    assert oihsim.recognise({"withdrawal_signs": 0}, base_rates=rates).picture == "withdrawal"


@pytest.mark.slow
def test_the_fit_finds_groups_again_from_which_much_is_missing():
    rng = np.random.default_rng(1)
    centres = rng.normal(0.0, 3.0, (3, 4))
    group = rng.integers(0, 3, 3000)
    seen = centres[group] + rng.normal(0.0, 1.0, (3000, 4))
    seen[rng.random(seen.shape) < 0.3] = np.nan
    fitted = fit(seen, group, group)
    np.testing.assert_allclose(fitted.mean, centres, atol=0.15)
    assert np.einsum("gii->gi", fitted.covariance) == pytest.approx(np.ones((3, 4)), abs=0.25)
    assert fitted.share == pytest.approx([1 / 3] * 3)


def test_a_stored_classifier_is_read_back_as_it_was():
    stored = stored_classifier()
    again = Classifier.from_data(json.loads(json.dumps(stored.as_data())))
    np.testing.assert_array_equal(again.probabilities(GAPS), stored.probabilities(GAPS))
    assert fitted()["observations"] == list(NAMES)


def test_scores_of_known_cases():
    truth = np.repeat(np.arange(6), 50)
    ignorant = score(np.full((300, 6), 1 / 6), truth)
    assert ignorant.answered == 0.0
    assert ignorant.brier == pytest.approx(ignorant.brier_base) == pytest.approx(5 / 6)
    assert ignorant.calibration_error == pytest.approx(0.0)
    wrong = score(np.eye(6)[(truth + 1) % 6], truth)
    assert (wrong.accuracy, wrong.brier) == (0.0, 2.0)
    assert wrong.calibration_error == pytest.approx(1 / 3)
    assert wrong.confusion.sum() == 300
    assert wrong.number.sum() == 300 * 6
    assert len(wrong.number) == len(BINS) - 1
