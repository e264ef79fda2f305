"""How well predicted class probabilities date the mergers."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import bootstrap
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, top_k_accuracy_score

from deepgalaxy.evaluation.calibration import expected_calibration_error, fit_temperature
from deepgalaxy.evaluation.predictions import Predictions, central_interval, time_distribution

RESAMPLES = 1000
"""Samples of the bootstrap; its 95 % limits then scatter by a few per cent of their distance."""

SUMMARISED = ["accuracy", "top5_accuracy", "cross_entropy", "median_error_myr", "mean_error_myr", "calibration_error"]
"""Metrics whose spread over repeats is reported."""


def resampled_interval(
    statistic: Callable, values: np.ndarray, group: np.ndarray, seed: int
) -> tuple[float | None, float | None]:
    """Return the 95 % bootstrap interval (percentiles) of a statistic of ``values``, resampling whole groups.

    ``values`` has one for each image, (n,), or several that stay together, (n, m), as to compare two models.
    Images of one simulation are not independent evidence, so simulations are drawn rather than images. Both limits are
    None if there is only one group.
    """
    groups = [values[group == name] for name in np.unique(group)]
    if len(groups) == 1:
        return None, None

    def of_groups(drawn: np.ndarray) -> float:
        return statistic(np.concatenate([groups[index] for index in drawn]))

    indices = (np.arange(len(groups)),)
    found = bootstrap(indices, of_groups, n_resamples=RESAMPLES, vectorized=False, method="percentile", rng=seed)
    low, high = found.confidence_interval
    return float(low), float(high)


def score_predictions(
    predictions: Predictions, validation: Predictions, classes: pd.DataFrame, split: pd.DataFrame, seed: int
) -> dict[str, float]:
    """Return the metrics of a run on its test images, given its predictions of the validation images as well.

    - ``accuracy``: share of images whose most probable class is the true one, with the limits of its 95 % interval
      (``resampled_interval``, drawn from ``seed``); ``top5_accuracy``: for which it is among the five most probable;
      ``chance`` is that of drawing a class uniformly, ``majority_accuracy`` that of always naming the class most
      frequent in training;
    - ``test_simulations_trained_on``: how many of the test simulations have images among those trained on; any means
      that the split leaks and the other metrics are too optimistic;
    - ``cross_entropy`` in nats;
    - ``median_error_myr``, with its 95 % interval, and ``mean_error_myr``: of the absolute difference between the
      expected and the true time; 68 % of the images have one between ``error_16_myr`` and ``error_84_myr``;
      ``most_probable_median_error_myr``: the median when the time of the most probable class is taken instead;
      ``baseline_median_error_myr``: the same when the median time of the training images is always given;
    - ``calibration_error``: the expected calibration error; ``temperature``: by which the probabilities have to be
      scaled to fit the validation images; ``scaled_calibration_error``: that of the test images after it;
    - ``coverage_68``: share of images whose true time lies within the middle 68 % of the predicted distribution over
      time; ``scaled_coverage_68``: the same after scaling.
    """
    training = split[split["split"] == "train"]
    error_myr = predictions.error_myr(classes)
    most_probable_myr = classes["t_centre_myr"].to_numpy()[predictions.predicted]
    majority = np.full_like(predictions.label, training["label"].mode()[0])
    group = split["group"].iloc[predictions.row].to_numpy()
    tested = set(group)
    temperature = fit_temperature(validation)
    scaled = predictions.with_temperature(temperature)
    accuracy_interval = resampled_interval(np.mean, predictions.right.astype(float), group, seed)
    error_interval = resampled_interval(np.median, error_myr, group, seed)
    return {
        "test_images": len(predictions.label),
        "test_simulations": len(tested),
        "test_simulations_trained_on": len(tested & set(training["group"])),
        "classes": len(classes),
        "accuracy": accuracy_score(predictions.label, predictions.predicted),
        "accuracy_low": accuracy_interval[0],
        "accuracy_high": accuracy_interval[1],
        "top5_accuracy": _top_k_accuracy(predictions, 5),
        "chance": 1 / len(classes),
        "majority_accuracy": accuracy_score(predictions.label, majority),
        "cross_entropy": log_loss(predictions.label, predictions.probabilities.astype(float), labels=classes["label"]),
        "median_error_myr": float(np.median(error_myr)),
        "median_error_low_myr": error_interval[0],
        "median_error_high_myr": error_interval[1],
        "mean_error_myr": float(np.mean(error_myr)),
        "error_16_myr": float(np.percentile(error_myr, 16)),
        "error_84_myr": float(np.percentile(error_myr, 84)),
        "most_probable_median_error_myr": float(np.median(np.abs(most_probable_myr - predictions.t_myr))),
        "baseline_median_error_myr": float(np.median(np.abs(training["t_myr"].median() - predictions.t_myr))),
        "calibration_error": expected_calibration_error(predictions),
        "temperature": temperature,
        "scaled_calibration_error": expected_calibration_error(scaled),
        "coverage_68": _coverage(predictions, classes),
        "scaled_coverage_68": _coverage(scaled, classes),
    }


def _top_k_accuracy(predictions: Predictions, k: int) -> float:
    """Return the share of images whose true class is among the ``k`` most probable; 1 if there are no more classes."""
    classes = predictions.probabilities.shape[1]
    if k >= classes:
        return 1.0
    return float(top_k_accuracy_score(predictions.label, predictions.probabilities, k=k, labels=np.arange(classes)))


def _coverage(predictions: Predictions, classes: pd.DataFrame) -> float:
    """Return the share of true times within the middle 68 % of the predicted distributions."""
    low, high = central_interval(*time_distribution(predictions.probabilities, classes), share=0.68)
    return float(np.mean((low <= predictions.t_myr) & (predictions.t_myr <= high)))


def summarise_repeats(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard deviation over repeats, which differ only in their seeds.

    ``metrics`` has a row for each run, with the columns dataset, sample, model, workers, repeat and those of
    ``score_predictions``. The table has one row for each combination of the first four: ``repeats``, and of each of
    SUMMARISED the mean and, as ``_sd``, the standard deviation (with n - 1; empty for a single run).
    """
    runs = metrics.groupby(["dataset", "sample", "model", "workers"], sort=False)
    columns = {"repeats": ("repeat", "size")}
    for name in SUMMARISED:
        columns |= {name: (name, "mean"), f"{name}_sd": (name, "std")}
    return runs.agg(**columns).reset_index()


def confusion(predictions: Predictions, classes: int) -> np.ndarray:
    """Return the share of each true class (rows) that is given each class (columns), float64 (classes, classes)."""
    return confusion_matrix(predictions.label, predictions.predicted, labels=np.arange(classes), normalize="true")
