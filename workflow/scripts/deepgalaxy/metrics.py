"""How well predicted class probabilities date the mergers."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss


@dataclass(frozen=True)
class Predictions:
    """``probabilities`` (n, classes), true ``label`` (n,) and ``t_myr`` (n,), and ``row`` (n,) in the split table."""

    probabilities: np.ndarray
    label: np.ndarray
    t_myr: np.ndarray
    row: np.ndarray

    @classmethod
    def read(cls, path: str | Path) -> "Predictions":
        """Read a file that ``predict_images`` wrote."""
        with h5py.File(path) as file:
            return cls(*(file[name][:] for name in ("probabilities", "label", "t_myr", "row")))


def expected_time(probabilities: np.ndarray, t_centre_myr: np.ndarray) -> np.ndarray:
    """Return the mean time in Myr, (n,), of the distributions over classes (n, classes) with the given centres."""
    return probabilities @ t_centre_myr


def score_predictions(predictions: Predictions, classes: pd.DataFrame, split: pd.DataFrame) -> dict[str, float]:
    """Return the metrics of a run on its test images.

    - ``accuracy``: share of images whose most probable class is the true one; ``chance`` is that of drawing a class
      uniformly, ``majority_accuracy`` that of always naming the class most frequent in training;
    - ``test_simulations_trained_on``: how many of the test simulations have images among those trained on; any means
      that the split leaks and the other metrics flatter;
    - ``cross_entropy`` in nats;
    - ``median_error_myr`` and ``mean_error_myr``: of the absolute difference between the expected and the true time;
      ``baseline_median_error_myr``: the same when the median time of the training images is always given.
    """
    predicted = predictions.probabilities.argmax(axis=1)
    training = split[split["split"] == "train"]
    error_myr = np.abs(expected_time(predictions.probabilities, classes["t_centre_myr"].to_numpy()) - predictions.t_myr)
    majority = np.full_like(predictions.label, training["label"].mode()[0])
    tested = set(split["group"].iloc[predictions.row])
    return {
        "test_images": len(predictions.label),
        "test_simulations": len(tested),
        "test_simulations_trained_on": len(tested & set(training["group"])),
        "classes": len(classes),
        "accuracy": accuracy_score(predictions.label, predicted),
        "chance": 1 / len(classes),
        "majority_accuracy": accuracy_score(predictions.label, majority),
        "cross_entropy": log_loss(predictions.label, predictions.probabilities.astype(float), labels=classes["label"]),
        "median_error_myr": float(np.median(error_myr)),
        "mean_error_myr": float(np.mean(error_myr)),
        "baseline_median_error_myr": float(np.median(np.abs(training["t_myr"].median() - predictions.t_myr))),
    }


def confusion(predictions: Predictions, classes: int) -> np.ndarray:
    """Return the share of each true class (rows) that is given each class (columns), float64 (classes, classes)."""
    return confusion_matrix(
        predictions.label, predictions.probabilities.argmax(axis=1), labels=np.arange(classes), normalize="true"
    )
