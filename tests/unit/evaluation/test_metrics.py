"""Metrics against cases worked out by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.calibration import calibration_curve

from deepgalaxy.evaluation.calibration import (
    MIDDLE_68,
    expected_calibration_error,
    fit_temperature,
    reliability,
    share_between,
)
from deepgalaxy.evaluation.folds import join_predictions, join_splits
from deepgalaxy.evaluation.metrics import (
    SUMMARISED,
    confusion,
    resampled_interval,
    score_predictions,
    summarise_repeats,
)
from deepgalaxy.evaluation.predictions import Predictions, apply_temperature, central_interval, time_distribution
from support.classes import TWO_CLASSES as CLASSES

SPLIT = pd.DataFrame(
    {
        "group": ["a", "a", "a", "b", "b", "c", "c"],
        "split": ["train"] * 3 + ["test"] * 4,
        "label": [0, 1, 1, 0, 1, 0, 0],
        "target_myr": [0, 120, 130, 50, 150, 60, 90],
    }
)
PREDICTIONS = Predictions(
    np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [1.0, 0.0]]),
    np.array([0, 1, 0, 0]),
    np.array([50.0, 150.0, 60.0, 90.0]),
    np.array([3, 4, 5, 6]),
)


VALIDATION = Predictions(
    np.array([[0.9, 0.1]] * 4 + [[0.1, 0.9]] * 4),
    np.array([0, 0, 0, 1, 1, 1, 1, 0]),
    np.array([10.0, 20.0, 30.0, 110.0, 120.0, 130.0, 140.0, 40.0]),
    np.zeros(8, int),
)


def test_scores():
    scores = score_predictions(PREDICTIONS, VALIDATION, CLASSES, SPLIT, seed=1)
    assert scores["test_images"] == 4 and scores["test_simulations"] == 2 and scores["classes"] == 2
    assert scores["test_simulations_trained_on"] == 0
    # Of the validation images 3 of 4 are right in either class, and expected times are 60 and 140.
    assert scores["validation_images"] == 8 and scores["validation_simulations"] == 1
    assert scores["validation_accuracy"] == 0.75
    assert scores["validation_cross_entropy"] == pytest.approx(-np.log([0.9] * 6 + [0.1] * 2).mean())
    assert scores["validation_median_error_myr"] == pytest.approx(35)
    leaking = SPLIT.assign(group=["a", "b", "a", "b", "b", "c", "c"])
    assert score_predictions(PREDICTIONS, VALIDATION, CLASSES, leaking, seed=1)["test_simulations_trained_on"] == 1


@pytest.mark.parametrize(
    ("splits_before", "trained_on"),
    [
        ((), 0),
        ([SPLIT], 0),  # another sample of the dataset, which shares its held-out simulations
        ([SPLIT, pd.DataFrame({"group": ["b", "c", "d"], "split": ["train", "validation", "train"]})], 1),
        ([SPLIT.assign(split="train")], 2),
        (None, None),
    ],
)
def test_what_the_weights_were_trained_on_before_counts_as_trained_on(splits_before, trained_on):
    scores = score_predictions(PREDICTIONS, VALIDATION, CLASSES, SPLIT, 1, splits_before)
    assert scores["test_simulations_trained_on"] == trained_on
    assert scores["accuracy"] == 0.75 and scores["chance"] == 0.5
    assert scores["majority_accuracy"] == 0.25  # class 1 is the most frequent in training
    assert scores["cross_entropy"] == pytest.approx(-np.log([0.9, 0.8, 0.4, 1.0]).mean())
    # Expected times 60, 130, 110, 50: errors 10, 20, 50, 40.
    assert scores["median_error_myr"] == pytest.approx(30)
    assert scores["mean_error_myr"] == pytest.approx(30)
    # The most probable classes lie at 50, 150, 150, 50: errors 0, 0, 90, 40.
    assert scores["most_probable_median_error_myr"] == pytest.approx(20)
    # Median training time 120: errors 70, 30, 60, 30.
    assert scores["baseline_median_error_myr"] == pytest.approx(45)
    # 3 of 4 are right where the network says 0.9: its odds of 9 should be 3.
    assert scores["temperature"] == pytest.approx(np.log(9) / np.log(3), rel=1e-3)
    # Confidences 0.9 and 1.0 (right) and 0.8 (right), 0.6 (wrong) stand alone in their bins.
    assert scores["calibration_error"] == pytest.approx((0.1 + 0.2 + 0.6 + 0.0) / 4)
    # Simulation b is right in both images, c in one of two; only these two can be drawn.
    assert (scores["accuracy_low"], scores["accuracy_high"]) == (0.5, 1.0)
    assert scores["top5_accuracy"] == 1.0  # there are two classes
    # The errors in order are 10, 20, 40, 50; the 16th percentile lies 0.48 of the way from the first to the second.
    assert (scores["error_16_myr"], scores["error_84_myr"]) == (pytest.approx(14.8), pytest.approx(45.2))
    # The steps of the true classes go from 0 to 0.9, 0.2 to 1, 0 to 0.4 and 0 to 1.
    assert scores["coverage_68"] == pytest.approx((0.68 / 0.9 + 0.64 / 0.8 + 0.24 / 0.4 + 0.68) / 4)
    # The centres of the true classes are off by 0, 0, 10 and 40.
    assert scores["median_error_floor_myr"] == pytest.approx(5)


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6), st.floats(0.1, 0.99))
def test_the_central_interval_holds_its_share(weights, share):
    distribution = np.array([weights]) / sum(weights)
    edges = np.arange(len(weights) + 1) * 10.0
    low, high = central_interval(distribution, edges, share)
    cumulative = np.concatenate([[0], np.cumsum(distribution[0])])
    below, above = np.interp([low[0], high[0]], edges, cumulative)
    assert below == pytest.approx((1 - share) / 2, abs=1e-9) and above == pytest.approx((1 + share) / 2, abs=1e-9)


def test_classes_of_a_time_and_a_camera_become_a_distribution_over_time():
    classes = pd.DataFrame({"t_from_myr": [0, 0, 10, 10], "t_to_myr": [0, 0, 10, 10], "t_centre_myr": [0.0, 0, 10, 10]})
    distribution, edges = time_distribution(np.array([[0.1, 0.2, 0.3, 0.4]]), classes)
    np.testing.assert_allclose(distribution, [[0.3, 0.7]])
    np.testing.assert_allclose(edges, [-5, 5, 15])


def test_the_bootstrap_draws_groups():
    values, group = np.array([0.0, 0.0, 1.0, 1.0, 0.5]), np.array(["a", "a", "b", "b", "b"])
    low, high = resampled_interval(np.mean, values, group, seed=1)
    assert (low, high) == (0.0, pytest.approx(2.5 / 3))  # a or b alone
    assert resampled_interval(np.mean, values, group, seed=1) == (low, high)
    assert resampled_interval(np.mean, values, np.full(5, "a"), seed=1) == (None, None)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1])
def test_groups_that_all_agree_give_no_interval(value):
    group = np.repeat(["a", "b", "c"], [1, 2, 4])
    for statistic in (np.mean, np.median):
        assert resampled_interval(statistic, np.full(7, value), group, seed=1) == (None, None)


def test_reliability_agrees_with_scikit_learn():
    confident = np.random.default_rng(1).uniform(0.5, 1, 500)
    label, unused = np.arange(500) % 3 % 2, np.zeros(500)
    predictions = Predictions(np.stack([1 - confident, confident], 1), label, unused, unused)
    confidence, accuracy, count = reliability(predictions)
    expected = calibration_curve(label, confident, n_bins=15)
    np.testing.assert_allclose((accuracy, confidence), expected)
    assert count.sum() == 500
    assert expected_calibration_error(predictions) == pytest.approx(np.abs(expected[0] - expected[1]) @ count / 500)


def draw_classes(probabilities, random):
    """A class of each row of probabilities, with these probabilities."""
    below = probabilities.cumsum(axis=1) < random.uniform(size=(len(probabilities), 1))
    return np.minimum(below.sum(axis=1), probabilities.shape[1] - 1)


def classes_of_width(count, width_myr, cameras=1):
    """So many classes of so many Myr, of which 0 means a single time, each seen by so many cameras."""
    start = np.repeat(np.arange(count) * max(width_myr, 5.0), cameras)
    times = {"t_from_myr": start, "t_to_myr": start + width_myr, "t_centre_myr": start + width_myr / 2}
    return pd.DataFrame(times | {"label": range(len(start)), "counts_from": "first pericentre"})


@pytest.mark.parametrize(
    ("classes", "concentration"),
    [
        (classes_of_width(10, 35.0), 1.0),
        (classes_of_width(10, 35.0), 0.1),
        (classes_of_width(3, 120.0), 0.5),
        (classes_of_width(2, 200.0), 0.05),
        (classes_of_width(71, 0.0), 0.05),
        (classes_of_width(71, 0.0), 0.001),
        (classes_of_width(20, 0.0, cameras=7), 0.02),
    ],
    ids=["wide", "certain", "few", "two", "times", "certain times", "times and cameras"],
)
def test_calibrated_classes_of_any_width_are_covered_as_they_should_be(classes, concentration):
    random = np.random.default_rng(1)
    true = random.dirichlet(np.full(len(classes), concentration), 4000)
    given = Predictions(true, draw_classes(true, random), np.zeros(4000), np.arange(4000))
    # A share of 4000 images scatters by at most sqrt(0.25 / 4000) = 0.008.
    assert share_between(given, classes, MIDDLE_68)[0] == pytest.approx(0.68, abs=0.025)
    np.testing.assert_allclose(share_between(given, classes, np.linspace(0, 1, 6)), 0.2, atol=0.025)


def test_too_much_and_too_little_confidence_are_not_covered_so():
    random = np.random.default_rng(1)
    classes = classes_of_width(10, 35.0)
    place = random.uniform(0, 9, (4000, 1))
    true = apply_temperature(np.exp(-0.5 * (np.arange(10) - place) ** 2), 1.0)
    label = draw_classes(true, random)
    for temperature, coverage in ((0.3, (0.3, 0.6)), (1.0, (0.66, 0.7)), (4.0, (0.8, 1.0))):
        given = Predictions(apply_temperature(true, temperature), label, np.zeros(4000), np.arange(4000))
        low, high = coverage
        assert low < share_between(given, classes, MIDDLE_68)[0] < high


def test_a_true_class_of_no_probability_is_at_one_level():
    impossible = Predictions(np.array([[0, 0.5, 0.5], [0.3, 0, 0.7], [0.5, 0.5, 0]]), np.arange(3), np.ones(3), None)
    shares = share_between(impossible, classes_of_width(3, 10.0), [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(shares, np.array([1, 1, 0, 1]) / 3)


@settings(deadline=None)
@given(st.integers(2, 9), st.integers(0, 2**32 - 1))
def test_all_images_are_somewhere(count, seed):
    random = np.random.default_rng(seed)
    given = random.dirichlet(np.full(count, 0.3), 20).round(1)
    predictions = Predictions(given, random.integers(count, size=20), np.ones(20), None)
    shares = share_between(predictions, classes_of_width(count, 10.0), np.linspace(0, 1, 8))
    assert shares.sum() == pytest.approx(1) and (shares >= 0).all()


@pytest.mark.parametrize("temperature", [0.5, 5, 8])
def test_the_temperature_of_a_thousand_classes_is_found(temperature):
    random = np.random.default_rng(1)
    logits = random.normal(0, 2, (2000, 994))
    label = draw_classes(softmax(logits, axis=1), random)
    # As a network gives them: float32, in which the smallest are 0.
    probabilities = softmax((temperature * logits).astype(np.float32), axis=1)
    probabilities[probabilities < np.finfo(np.float32).tiny] = 0
    assert fit_temperature(Predictions(probabilities, label, label, label)) == pytest.approx(temperature, rel=0.04)


def test_even_certainty_has_a_temperature_that_makes_it_right():
    # Half of the images are of the class that alone has a probability.
    label = np.arange(400) % 2 * (1 + np.arange(400) // 2 % 9)
    certain = Predictions(np.eye(10, dtype=np.float32)[np.zeros(400, int)], label, label, label)
    again = certain.with_temperature(fit_temperature(certain)).probabilities
    np.testing.assert_allclose(again[0], [0.5] + 9 * [0.5 / 9], rtol=1e-3)


def test_temperature_undoes_too_much_confidence():
    random = np.random.default_rng(1)
    true = random.dirichlet([1, 1, 1], 4000)
    label = draw_classes(true, random)
    overconfident = Predictions(apply_temperature(true, 0.4), label, np.zeros(4000), np.arange(4000))
    assert fit_temperature(overconfident) == pytest.approx(2.5, rel=0.1)
    again = overconfident.with_temperature(2.5)
    np.testing.assert_allclose(again.probabilities, true, atol=1e-6)
    assert again.label is overconfident.label


def test_predictions_are_held_against_the_truth():
    assert PREDICTIONS.predicted.tolist() == [0, 1, 1, 0] and PREDICTIONS.right.tolist() == [True, True, False, True]
    assert PREDICTIONS.confidence.tolist() == [0.9, 0.8, 0.6, 1.0]
    np.testing.assert_allclose(PREDICTIONS.expected_myr(CLASSES), [60, 130, 110, 50])
    np.testing.assert_allclose(PREDICTIONS.error_myr(CLASSES), [10, 20, 50, 40])
    np.testing.assert_allclose(confusion(PREDICTIONS, 2), [[2 / 3, 1 / 3], [0, 1]])


def test_the_true_class_is_among_five():
    classes = pd.DataFrame(
        {"label": range(7), "t_from_myr": range(7), "t_to_myr": range(1, 8), "t_centre_myr": range(7)}
    ).assign(counts_from="first pericentre")
    ranked = np.array([[0.3, 0.2, 0.16, 0.13, 0.1, 0.07, 0.04]] * 4)
    # The true class is the first, the fifth, the sixth and the last of each.
    predictions = Predictions(ranked, np.array([0, 4, 5, 6]), np.array([0.0, 4.0, 5.0, 6.0]), np.arange(3, 7))
    scores = score_predictions(predictions, predictions, classes, SPLIT, seed=1)
    assert scores["top5_accuracy"] == 0.5 and scores["accuracy"] == 0.25


# The third class has no time, and the fourth image of PREDICTIONS is of it.
UNTIMED = pd.concat([CLASSES, pd.DataFrame([{"label": 2, "name": "no merger"}])], ignore_index=True)
WITH_UNTIMED = Predictions(
    np.array([[0.45, 0.05, 0.5], [0.2, 0.8, 0], [0.2, 0.3, 0.5], [0.1, 0.0, 0.9], [0, 0, 1]]),
    np.array([0, 1, 0, 2, 1]),
    np.array([50.0, 150.0, 60.0, np.nan, 110.0]),
    np.array([3, 4, 5, 6, 6]),
)


def test_times_are_those_given_that_there_is_one():
    assert WITH_UNTIMED.timed.tolist() == [True, True, True, False, True]
    # The last gives no class of time any probability: all are then equally probable.
    np.testing.assert_allclose(WITH_UNTIMED.expected_myr(UNTIMED), [60, 130, 110, 50, 100])
    error = WITH_UNTIMED.error_myr(UNTIMED)
    np.testing.assert_allclose(error[[0, 1, 2, 4]], [10, 20, 50, 10])
    assert np.isnan(error[3])
    distribution, edges = time_distribution(WITH_UNTIMED.probabilities, UNTIMED)
    np.testing.assert_allclose(distribution, [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [1, 0], [0.5, 0.5]])
    assert edges.tolist() == [0, 100, 200]


def test_errors_are_of_images_with_a_time_and_accuracy_of_all():
    split = SPLIT.assign(target_myr=[0, 120, np.nan, 50, 150, 60, np.nan])
    scores = score_predictions(WITH_UNTIMED, WITH_UNTIMED, UNTIMED, split, seed=1)
    assert (scores["test_images"], scores["timed_test_images"], scores["classes"]) == (5, 4, 3)
    assert scores["accuracy"] == 0.4 and scores["counts_from"] == "start of the simulation"
    assert scores["median_error_myr"] == pytest.approx(15) and scores["mean_error_myr"] == pytest.approx(22.5)
    # The most probable classes with a time lie at 50, 150, 150 and, of equals, 50.
    assert scores["most_probable_median_error_myr"] == pytest.approx(30)
    # Median training time 60: errors 10, 90, 0, 50.
    assert scores["baseline_median_error_myr"] == pytest.approx(30)
    # Three steps as without the third class, and one from 0.5 to 1.
    assert scores["coverage_68"] == pytest.approx((0.68 / 0.9 + 0.64 / 0.8 + 0.24 / 0.4 + 0.34 / 0.5) / 4)
    assert scores["median_error_floor_myr"] == pytest.approx(5)  # off by 0, 0, 10 and 40
    # Of two simulations, one has images with a time.
    one = replace(WITH_UNTIMED, label=np.array([0, 1, 2, 2, 2]), target_myr=np.array([50.0, 150, *[np.nan] * 3]))
    scores = score_predictions(one, WITH_UNTIMED, UNTIMED, split, seed=1)
    assert (scores["test_simulations"], scores["timed_test_simulations"]) == (2, 1)
    untimed = WITH_UNTIMED.where(~WITH_UNTIMED.timed)
    with pytest.raises(ValueError, match="No test image has a class with a time"):
        score_predictions(untimed, untimed, UNTIMED, split, seed=1)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=3, max_size=5), st.data())
def test_a_class_without_a_time_never_moves_a_time(probabilities, data):
    without = np.array([probabilities])
    if without.sum() == 0:
        return
    count = without.shape[1]
    edges = np.arange(count + 1) * 10.0
    timed = pd.DataFrame({"t_from_myr": edges[:-1], "t_to_myr": edges[1:], "t_centre_myr": edges[:-1] + 5})
    place, share = data.draw(st.integers(0, count)), data.draw(st.floats(0, 0.9))
    mixed = np.insert((1 - share) * without / without.sum(), place, share, axis=1)
    missing = pd.DataFrame([{"t_centre_myr": np.nan}])
    classes = pd.concat([timed[:place], missing, timed[place:]], ignore_index=True)
    for one, other in zip(time_distribution(mixed, classes), time_distribution(without, timed)):
        np.testing.assert_allclose(one, other, atol=1e-9)


def test_folds_are_scored_together_each_image_by_its_own_training():
    other = SPLIT.assign(split=["test"] * 3 + ["train"] * 4, label=[0, 1, 1, 0, 0, 0, 0])
    split = join_splits([SPLIT, other])
    assert split["fold"].tolist() == [1] * 7 + [2] * 7 and len(split) == 14
    second = Predictions(np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([0, 1]), np.array([0.0, 120.0]), np.array([0, 1]))
    joined = join_predictions([PREDICTIONS, second], split)
    assert joined.row.tolist() == [3, 4, 5, 6, 7, 8] and split["split"].iloc[joined.row].eq("test").all()
    # Each fold has a temperature of its own.
    validations = (VALIDATION, VALIDATION.with_temperature(2))
    validation = join_predictions(validations, split)
    scores = score_predictions(joined, validation, CLASSES, split, seed=1)
    single = [
        score_predictions(*run, seed=1)
        for run in ((PREDICTIONS, VALIDATION, CLASSES, SPLIT), (second, validations[1], CLASSES, other))
    ]
    assert scores["test_images"] == 6 and scores["test_simulations"] == 3
    # Every simulation is trained on in the other fold, which does not count.
    assert scores["test_simulations_trained_on"] == 0
    for name in ("accuracy", "majority_accuracy", "mean_error_myr", "temperature", "coverage_68", "cross_entropy"):
        assert scores[name] == pytest.approx((4 * single[0][name] + 2 * single[1][name]) / 6), name
    assert single[0]["temperature"] != pytest.approx(single[1]["temperature"], rel=0.1)
    # Median training times 120 and 75: errors 70, 30, 60, 30 and 75, 45.
    assert scores["baseline_median_error_myr"] == pytest.approx(52.5)
    # The interval is over the simulations of all folds: a single image of these may be right or wrong.
    assert scores["accuracy_low"] < scores["accuracy"] < scores["accuracy_high"]


def test_predictions_are_written_as_they_are_read(tmp_path):
    WITH_UNTIMED.write(tmp_path / "predictions.hdf5")
    again = Predictions.read(tmp_path / "predictions.hdf5")
    for name, values in vars(WITH_UNTIMED).items():
        np.testing.assert_array_equal(getattr(again, name), values)


def test_repeats_are_summed_up():
    names = {"dataset": "d", "sample": "s", "fold": None, "model": "m", "counts_from": "first pericentre"}
    scores = dict.fromkeys(SUMMARISED, 1.0) | {"median_error_floor_myr": 7.5}
    runs = [
        names | scores | {"workers": workers, "repeat": repeat, "accuracy": accuracy}
        for workers, repeat, accuracy in ((2, 0, 0.5), (2, 1, 0.6), (2, 2, 0.7), (1, 0, 0.9))
    ]
    runs[0] |= {"validation_cross_entropy": 1.3}
    # What is known of a single fold does not count beside all of them.
    runs.append(runs[-1] | {"fold": "1", "accuracy": 0.0})
    runs[-2] |= {"fold": "all"}
    summary = summarise_repeats(pd.DataFrame(runs)).set_index("workers")
    assert list(summary.index) == [1, 2] and summary["repeats"].to_dict() == {1: 1, 2: 3}
    assert summary["validation_cross_entropy"].tolist() == pytest.approx([1.0, 1.1])
    assert summary.loc[2, ["accuracy", "accuracy_sd"]].tolist() == pytest.approx([0.6, 0.1])
    assert summary.loc[2, "cross_entropy_sd"] == 0 and summary["median_error_floor_myr"].tolist() == [7.5, 7.5]
    assert summary.loc[1, "accuracy"] == 0.9 and np.isnan(summary.loc[1, "accuracy_sd"])
