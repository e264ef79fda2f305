"""How well predicted class probabilities date the mergers."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.bootstrap import resampled_interval
from deepgalaxy.evaluation.calibration import (
    MIDDLE_68,
    expected_calibration_error,
    fit_temperature,
    share_between,
)
from deepgalaxy.evaluation.conformal import SHARES
from deepgalaxy.evaluation.folds import whole_samples
from deepgalaxy.evaluation.intervals import conformal_intervals, score_intervals
from deepgalaxy.evaluation.predictions import (
    Predictions,
    most_probable_time,
    time_origin,
)
from deepgalaxy.evaluation.ranking import LOSS

SUMMARISED = [
    *("validation_cross_entropy", "validation_accuracy", "validation_median_error_myr"),
    *("accuracy", "top5_accuracy", "cross_entropy", "median_error_myr", "mean_error_myr", "calibration_error"),
]
"""Metrics whose spread over repeats is reported."""


def score_predictions(
    predictions: Predictions,
    validation: Predictions,
    classes: pd.DataFrame,
    split: pd.DataFrame,
    seed: int,
    splits_before: Sequence[pd.DataFrame] | None = (),
) -> dict[str, Any]:
    """Return the metrics of a run on its test images, given its predictions of the validation images as well.

    ``split`` may be that of all folds together (``join_splits``); what is known from training and validation, the most
    frequent class, the median time and the temperature, is then that of each image's own fold. ``splits_before`` are
    those of the trainings that the weights to begin with come from; None if they are not known. Intervals are those of
    ``resampled_interval``, drawn from ``seed``.

    - ``counts_from``: the event that times count from.
    - ``classes``, ``test_images``, ``test_simulations``: how many there are.
    - ``timed_test_images``, ``timed_test_simulations``: how many of these have a class with a time; all errors in time
      are of these.
    - ``accuracy``: share of images whose most probable class is the true one, with a 95 % interval.
    - ``top5_accuracy``: share of images whose true class is among the five most probable.
    - ``chance``, ``majority_accuracy``: accuracy of a class drawn at random, and of always naming the class that is
      most frequent in training.
    - ``cross_entropy``: mean loss in nats.
    - ``validation_images``, ``validation_simulations``, ``validation_cross_entropy``, ``validation_accuracy``,
      ``validation_median_error_myr``: the same of the validation images; the last is empty if none of them has a class
      with a time.
    - ``test_simulations_trained_on``: how many of the test simulations were trained on, now or before. Any means that
      the split leaks, and that the other metrics are too optimistic; empty if it is not known.
    - ``temperature``: by which probabilities are scaled to fit the validation images; the mean over the test images.

    Besides, there are what ``_errors_in_time`` and ``_calibration`` return, and the scores of ``score_intervals`` for
    SHARES, of intervals that are calibrated on other simulations.

    Raises ValueError if no test image has a class with a time.
    """
    if not (timed := predictions.timed).any():
        raise ValueError("No test image has a class with a time; test more simulations, or choose other classes.")
    group = split["group"].to_numpy()[predictions.row]
    intervals = [conformal_intervals(predictions, validation, classes, split, share) for share in SHARES]
    known = pd.concat(_known_of_training(predictions, validation, split)).sort_index()
    scaled = predictions.with_temperature(known["temperature"])
    accuracy = resampled_interval(np.mean, predictions.right.astype(float), group, seed)
    return {
        **_count_tested(timed, group),
        "test_simulations_trained_on": _count_trained_on(group, known["trained_on"], splits_before),
        "counts_from": time_origin(classes),
        "classes": len(classes),
        **_of_validation(validation, classes, split),
        "accuracy": float(predictions.right.mean()),
        **dict(zip(("accuracy_low", "accuracy_high"), accuracy)),
        "top5_accuracy": _top_k_accuracy(predictions, 5),
        "chance": 1 / len(classes),
        "majority_accuracy": float((predictions.label == known["majority"].to_numpy()).mean()),
        "cross_entropy": _cross_entropy(predictions, classes),
        **_errors_in_time(predictions.where(timed), known["median_myr"][timed], classes, group[timed], seed),
        "temperature": float(known["temperature"].mean()),
        **_calibration(predictions, scaled, classes),
        **score_intervals(intervals, group[timed], seed),
    }


def scale_by_validation(predictions: Predictions, validation: Predictions, split: pd.DataFrame) -> Predictions:
    """Return predictions scaled by the temperature that fits the validation images, of each image's own fold."""
    known = pd.concat(_known_of_training(predictions, validation, split)).sort_index()
    return predictions.with_temperature(known["temperature"])


def _count_tested(timed: np.ndarray, group: np.ndarray) -> dict[str, int]:
    """Return how many images are tested, of how many simulations, and of both those that are ``timed``, bool (n,)."""
    return {
        "test_images": len(timed),
        "timed_test_images": int(timed.sum()),
        "test_simulations": len(set(group)),
        "timed_test_simulations": len(set(group[timed])),
    }


def _of_validation(validation: Predictions, classes: pd.DataFrame, split: pd.DataFrame) -> dict[str, float | None]:
    """Return what ``score_predictions`` says of the validation images: how many there are, of how many simulations; the
    cross-entropy, by which runs are ranked; accuracy, and median error, None if none of them has a class with a time.
    """
    return {
        "validation_images": len(validation.label),
        "validation_simulations": split["group"].iloc[validation.row].nunique(),
        "validation_cross_entropy": validation.cross_entropy(),
        "validation_accuracy": float(validation.right.mean()),
        "validation_median_error_myr": validation.median_error_myr(classes) if validation.timed.any() else None,
    }


def _calibration(predictions: Predictions, scaled: Predictions, classes: pd.DataFrame) -> dict[str, float]:
    """Return what ``score_predictions`` says of calibration, as the network gives probabilities and as ``scaled``.

    - ``calibration_error``: the expected calibration error of the class probabilities.
    - ``scaled_calibration_error``: the calibration error after scaling by the temperature.
    - ``coverage_68``: share of images whose true time lies within the middle 68 % of the predicted distribution over
      time.
    - ``scaled_coverage_68``: the same after scaling.
    """
    dated = predictions.where(predictions.timed), scaled.where(predictions.timed)
    coverage, scaled_coverage = (float(share_between(of, classes, MIDDLE_68)[0]) for of in dated)
    return {
        "calibration_error": expected_calibration_error(predictions),
        "scaled_calibration_error": expected_calibration_error(scaled),
        "coverage_68": coverage,
        "scaled_coverage_68": scaled_coverage,
    }


def _count_trained_on(
    group: np.ndarray, trained_on: pd.Series, splits_before: Sequence[pd.DataFrame] | None
) -> int | None:
    """Return how many simulations of test images were trained on, now or before; None if it is not known of before.

    One of the same name counts in whichever dataset: published files show the same mergers in several resolutions.
    """
    if splits_before is None:
        return None
    before = [split.loc[split["split"] == "train", "group"] for split in splits_before]
    return len(set(group[trained_on]) | (set(group) & set().union(*before)))


def _errors_in_time(
    predictions: Predictions, median_myr: pd.Series, classes: pd.DataFrame, group: np.ndarray, seed: int
) -> dict[str, float | None]:
    """Return the metrics of ``score_predictions`` in Myr, of n images that all have a time; ``median_myr`` (n,) is that
    of the training images, ``group`` (n,) the simulation.

    - ``median_error_myr``, ``mean_error_myr``: of the absolute difference between the expected and the true time; the
      median has a 95 % interval.
    - ``error_16_myr``, ``error_84_myr``: between these is that difference for 68 % of the images.
    - ``median_error_floor_myr``: median error of an answer that always names the true class, and gives the centre of
      that class as the time.
    - ``most_probable_median_error_myr``: median error if the time of the most probable class that has one is taken
      instead of the expected time.
    - ``baseline_median_error_myr``: median error of always giving the median time of the training images.
    """
    error_myr = predictions.error_myr(classes)
    interval = resampled_interval(np.median, error_myr, group, seed)
    most_probable_myr = most_probable_time(predictions.probabilities, classes)
    return {
        "median_error_myr": float(np.median(error_myr)),
        "median_error_low_myr": interval[0],
        "median_error_high_myr": interval[1],
        "median_error_floor_myr": float(np.median(predictions.class_error_myr(classes))),
        "mean_error_myr": float(np.mean(error_myr)),
        "error_16_myr": float(np.percentile(error_myr, 16)),
        "error_84_myr": float(np.percentile(error_myr, 84)),
        "most_probable_median_error_myr": float(np.median(np.abs(most_probable_myr - predictions.target_myr))),
        "baseline_median_error_myr": float(np.median(np.abs(median_myr - predictions.target_myr))),
    }


def _known_of_training(
    predictions: Predictions, validation: Predictions, split: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    """Yield for each fold, or once if there are none, what its training and validation say of its test images.

    The index is the place among the predictions; the columns are ``majority``, the most frequent class, ``median_myr``,
    the median time, ``trained_on``, whether other images of the simulation were trained on, and ``temperature``.
    """
    fold = split["fold"] if "fold" in split else pd.Series(0, split.index)
    tested, validated = (fold.to_numpy()[images.row] for images in (predictions, validation))
    for number in np.unique(tested):
        training = split[(fold == number) & (split["split"] == "train")]
        places = np.flatnonzero(tested == number)
        yield pd.DataFrame(
            {
                "majority": training["label"].mode()[0],
                "median_myr": training["target_myr"].median(),
                "trained_on": split["group"].iloc[predictions.row[places]].isin(training["group"]).to_numpy(),
                "temperature": fit_temperature(validation.where(validated == number)),
            },
            index=places,
        )


def _cross_entropy(predictions: Predictions, classes: pd.DataFrame) -> float:
    """Return the mean of minus the logarithm of the probability of the true class, in nats."""
    from sklearn.metrics import log_loss  # whose import takes long

    return log_loss(predictions.label, predictions.probabilities.astype(float), labels=classes["label"])


def _top_k_accuracy(predictions: Predictions, k: int) -> float:
    """Return the share of images whose true class is among the ``k`` most probable; 1 if there are no more classes."""
    classes = predictions.probabilities.shape[1]
    if k >= classes:
        return 1.0
    from sklearn.metrics import top_k_accuracy_score

    return float(top_k_accuracy_score(predictions.label, predictions.probabilities, k=k, labels=np.arange(classes)))


def summarise_repeats(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard deviation over repeats, which differ only in their seeds.

    ``metrics`` has a row for each run, with the columns dataset, sample, fold, model, workers, repeat and those of
    ``score_predictions``; of samples with folds, only those of all folds together count. The table has one row for each
    combination of dataset, sample, model, workers and ``counts_from``, with the mean and the deviation of each of
    SUMMARISED. Of each sample, the lowest mean loss on the validation images comes first.

    - ``counts_from``: the event that times count from.
    - ``repeats``: how many there are.
    - ``…_sd``: standard deviation (with n - 1) of the column before it, which has the mean; empty for a single run.
    - ``median_error_floor_myr``: as in the metrics; repeats have it in common.
    """
    metrics = whole_samples(metrics)
    runs = metrics.groupby(["dataset", "sample", "model", "workers", "counts_from"], sort=False)
    columns = {"repeats": ("repeat", "size")}
    for name in SUMMARISED:
        columns |= {name: (name, "mean"), f"{name}_sd": (name, "std")}
    columns["median_error_floor_myr"] = ("median_error_floor_myr", "first")
    summary = runs.agg(**columns).reset_index()
    place = pd.factorize(summary["dataset"] + "/" + summary["sample"])[0]
    return summary.iloc[np.lexsort([summary[LOSS], place])].reset_index(drop=True)


def confusion(predictions: Predictions, classes: int) -> np.ndarray:
    """Return the share of each true class (rows) that is given each class (columns), float64 (classes, classes)."""
    from sklearn.metrics import confusion_matrix

    return confusion_matrix(predictions.label, predictions.predicted, labels=np.arange(classes), normalize="true")
