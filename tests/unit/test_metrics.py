"""Metrics against cases worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from deepgalaxy.metrics import Predictions, confusion, expected_time, score_predictions
from deepgalaxy.throughput import summarise_throughput
from deepgalaxy.training.record import EpochRecord, RankTimes

CLASSES = pd.DataFrame({"label": [0, 1], "t_centre_myr": [50.0, 150.0]})
SPLIT = pd.DataFrame(
    {
        "group": ["a", "a", "a", "b", "b", "c", "c"],
        "split": ["train"] * 3 + ["test"] * 4,
        "label": [0, 1, 1, 0, 1, 0, 0],
        "t_myr": [0, 120, 130, 50, 150, 60, 90],
    }
)
PREDICTIONS = Predictions(
    np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [1.0, 0.0]]),
    np.array([0, 1, 0, 0]),
    np.array([50.0, 150.0, 60.0, 90.0]),
    np.array([3, 4, 5, 6]),
)


def test_scores():
    scores = score_predictions(PREDICTIONS, CLASSES, SPLIT)
    assert scores["test_images"] == 4 and scores["test_simulations"] == 2 and scores["classes"] == 2
    assert scores["test_simulations_trained_on"] == 0
    leaking = SPLIT.assign(group=["a", "b", "a", "b", "b", "c", "c"])
    assert score_predictions(PREDICTIONS, CLASSES, leaking)["test_simulations_trained_on"] == 1
    assert scores["accuracy"] == 0.75 and scores["chance"] == 0.5
    assert scores["majority_accuracy"] == 0.25  # class 1 is the most frequent in training
    assert scores["cross_entropy"] == pytest.approx(-np.log([0.9, 0.8, 0.4, 1.0]).mean())
    # Expected times 60, 130, 110, 50: errors 10, 20, 50, 40.
    assert scores["median_error_myr"] == pytest.approx(30)
    assert scores["mean_error_myr"] == pytest.approx(30)
    # Median training time 120: errors 70, 30, 60, 30.
    assert scores["baseline_median_error_myr"] == pytest.approx(45)


def test_expected_time_and_confusion():
    np.testing.assert_allclose(expected_time(PREDICTIONS.probabilities, CLASSES["t_centre_myr"]), [60, 130, 110, 50])
    np.testing.assert_allclose(confusion(PREDICTIONS, 2), [[2 / 3, 1 / 3], [0, 1]])


def records(*seconds):
    return [EpochRecord(1, 100, 0, 0, 0, 0, 0, [RankTimes(train=s), RankTimes(train=s / 2)]) for s in seconds]


def test_throughput_leaves_the_warm_up_out():
    summary = summarise_throughput(records(100, 50, 50, 10, 4, 10))
    assert summary == {"epochs_used": 3, "images_per_second_per_worker": 5.0, "images_per_second": 10.0}
    assert summarise_throughput(records(100, 10))["images_per_second"] == 10
    assert summarise_throughput(records(20))["images_per_second"] == 5
    with pytest.raises(ValueError, match="without a finished epoch"):
        summarise_throughput([])
