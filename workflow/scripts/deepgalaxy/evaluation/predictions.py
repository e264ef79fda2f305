"""Predicted class probabilities, the distributions over time that they imply, and how far these are from the truth."""

from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Predictions:
    """What a model gives for n images, and the truth.

    ``probabilities`` (n, classes); true class ``label`` (n,) and true time ``t_myr`` (n,) in Myr; ``row`` (n,) in
    the split table. ``classes``, where a method asks for them, are the table of ``label_images``, sorted by label.
    """

    probabilities: np.ndarray
    label: np.ndarray
    t_myr: np.ndarray
    row: np.ndarray

    @classmethod
    def read(cls, path: str | Path) -> "Predictions":
        """Read a file that ``predict_images`` wrote."""
        with h5py.File(path) as file:
            return cls(*(file[name][:] for name in ("probabilities", "label", "t_myr", "row")))

    @property
    def predicted(self) -> np.ndarray:
        """The most probable class of each image, int64 (n,)."""
        return most_probable(self.probabilities)[0]

    @property
    def confidence(self) -> np.ndarray:
        """The probability of that class, (n,)."""
        return most_probable(self.probabilities)[1]

    @property
    def right(self) -> np.ndarray:
        """Whether that class is the true one, bool (n,)."""
        return self.predicted == self.label

    def expected_myr(self, classes: pd.DataFrame) -> np.ndarray:
        """Return the expected time of each image in Myr, (n,)."""
        return expected_time(self.probabilities, classes)

    def error_myr(self, classes: pd.DataFrame) -> np.ndarray:
        """Return the absolute difference between the expected and the true time of each image in Myr, (n,)."""
        return np.abs(self.expected_myr(classes) - self.t_myr)

    def with_temperature(self, temperature: float) -> "Predictions":
        """Return the same with probabilities scaled by a temperature (``apply_temperature``), float64."""
        return replace(self, probabilities=apply_temperature(self.probabilities, temperature))


def most_probable(probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the most probable class of each image, int64 (n,), the first of equals, and its probability (n,)."""
    return probabilities.argmax(axis=1), probabilities.max(axis=1)


def expected_time(probabilities: np.ndarray, classes: pd.DataFrame) -> np.ndarray:
    """Return the mean time in Myr, (n,), of distributions over classes (n, classes); a class counts as its centre."""
    return probabilities @ classes["t_centre_myr"].to_numpy()


def apply_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return the probabilities (n, classes), float64, after their logarithms are divided by ``temperature``.

    The network's own logits differ from these logarithms by a constant for each image, which cancels.
    """
    logits = np.log(np.maximum(probabilities.astype(float), 1e-12)) / temperature
    scaled = np.exp(logits - logits.max(axis=1, keepdims=True))
    return scaled / scaled.sum(axis=1, keepdims=True)


def time_distribution(probabilities: np.ndarray, classes: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities over intervals of time, (n, m), and the edges of these in Myr, (m + 1,).

    Classes of the same time (of several cameras) are added up. A class of a single time covers the interval half way
    to its neighbours.
    """
    times, which = np.unique(classes["t_centre_myr"], return_inverse=True)
    distribution = probabilities @ np.eye(len(times))[which]
    if (classes["t_from_myr"] < classes["t_to_myr"]).all():
        return distribution, np.append(classes["t_from_myr"], classes["t_to_myr"].iloc[-1])
    middle = (times[1:] + times[:-1]) / 2
    return distribution, np.concatenate([[2 * times[0] - middle[0]], middle, [2 * times[-1] - middle[-1]]])


def central_interval(distribution: np.ndarray, edges_myr: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the times in Myr, each (n,), between which the middle ``share`` of each distribution (n, m) lies.

    Within an interval of time, all times are taken as equally probable.
    """
    cumulative = np.pad(np.cumsum(distribution, axis=1), ((0, 0), (1, 0)))
    levels = ((1 - share) / 2, (1 + share) / 2)
    low, high = np.array([np.interp(levels, row / row[-1], edges_myr) for row in cumulative]).T
    return low, high
