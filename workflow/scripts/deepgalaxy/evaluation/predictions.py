"""Predicted class probabilities, the distributions over time that they imply, and how far these are from the truth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from scipy.special import log_softmax

from deepgalaxy.hdf5 import whole_hdf5

SMALLEST = float(np.finfo(np.float32).tiny)
"""The smallest probability that float32 holds in full precision; what is below it counts as this in a logarithm."""


@dataclass(frozen=True)
class Predictions:
    """What a model gives for n images, and the truth.

    ``probabilities`` (n, classes); true class ``label`` (n,) and true time ``target_myr`` (n,) in Myr, as the classes
    count it, NaN if the true class has no time; ``row`` (n,) in the split table. ``classes``, where a method asks for
    them, are the table of ``label_images``, sorted by label.
    """

    probabilities: np.ndarray
    label: np.ndarray
    target_myr: np.ndarray
    row: np.ndarray

    @classmethod
    def read(cls, path: str | Path) -> "Predictions":
        """Read a file that ``predict_images`` wrote."""
        with h5py.File(path) as file:
            return cls(*(file[name][:] for name in ("probabilities", "label", "target_myr", "row")))

    def write(self, path: str | Path, turns: int | Sequence[int] = 1) -> None:
        """Write a file as ``predict_images`` does; ``turns`` is its attribute, for joined folds that of each."""
        with whole_hdf5(path) as file:
            file.attrs["turns"] = turns
            for name, values in vars(self).items():
                file[name] = values

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

    @property
    def timed(self) -> np.ndarray:
        """Whether the true class has a time, bool (n,)."""
        return np.isfinite(self.target_myr)

    def expected_myr(self, classes: pd.DataFrame) -> np.ndarray:
        """Return the expected time of each image in Myr, (n,)."""
        return expected_time(self.probabilities, classes)

    def error_myr(self, classes: pd.DataFrame) -> np.ndarray:
        """Return the absolute difference between the expected and the true time of each image in Myr, (n,); NaN where
        the true class has no time."""
        return np.abs(self.expected_myr(classes) - self.target_myr)

    def class_error_myr(self, classes: pd.DataFrame) -> np.ndarray:
        """Return how far the centre of the true class of each image is from its true time in Myr, (n,): the error of an
        answer that names the right class and knows no more; NaN where the true class has no time."""
        return np.abs(classes["t_centre_myr"].to_numpy()[self.label] - self.target_myr)

    def median_error_myr(self, classes: pd.DataFrame) -> float:
        """Return the median of ``error_myr`` over the images whose true class has a time; raise ValueError if there are
        none."""
        if not self.timed.any():
            raise ValueError(
                "No image that is validated or tested on has a class with a time; raise the fractions of `split`, lower"
                " `folds`, or choose other classes."
            )
        return float(np.nanmedian(self.error_myr(classes)))

    def cross_entropy(self) -> float:
        """Return the mean of minus the logarithm of the probability of the true class, in nats."""
        logarithms = scaled_logarithms(self.probabilities, 1.0)
        return float(-logarithms[np.arange(len(self.label)), self.label].mean())

    def where(self, chosen: np.ndarray) -> "Predictions":
        """Return the same of some images, ``chosen`` by bool (n,)."""
        return Predictions(self.probabilities[chosen], self.label[chosen], self.target_myr[chosen], self.row[chosen])

    def with_temperature(self, temperature: float | pd.Series) -> "Predictions":
        """Return the same with probabilities scaled by a temperature, or one for each image (``apply_temperature``)."""
        return replace(self, probabilities=apply_temperature(self.probabilities, temperature))


def most_probable(probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the most probable class of each image, int64 (n,), the first of equals, and its probability (n,)."""
    return probabilities.argmax(axis=1), probabilities.max(axis=1)


def most_probable_time(probabilities: np.ndarray, classes: pd.DataFrame) -> np.ndarray:
    """Return the centre in Myr, (n,), of the most probable class that has a time, from probabilities (n, classes)."""
    return classes["t_centre_myr"].dropna().to_numpy()[given_a_time(probabilities, classes).argmax(axis=1)]


def time_origin(classes: pd.DataFrame) -> str:
    """Return what the times of the classes count from, in words."""
    return classes["counts_from"].iloc[0]


def timed_classes(classes: pd.DataFrame) -> np.ndarray:
    """Return which classes have a time, bool (classes,)."""
    return classes["t_centre_myr"].notna().to_numpy()


def given_a_time(probabilities: np.ndarray, classes: pd.DataFrame) -> np.ndarray:
    """Return the probabilities (n, m) of the m classes that have a time, given that it is one of these.

    Each row adds up to one. All are equal where the probability (n, classes) of each of them is 0.
    """
    timed = probabilities[:, timed_classes(classes)].astype(float)
    total = timed.sum(axis=1, keepdims=True)
    return np.divide(timed, total, out=np.full_like(timed, 1 / timed.shape[1]), where=total > 0)


def expected_time(probabilities: np.ndarray, classes: pd.DataFrame) -> np.ndarray:
    """Return the mean time in Myr, (n,), of distributions over classes (n, classes), given that the class has a time;
    a class counts as its centre."""
    return given_a_time(probabilities, classes) @ classes["t_centre_myr"].dropna().to_numpy()


def scaled_logarithms(probabilities: np.ndarray, temperature: float | pd.Series) -> np.ndarray:
    """Return the logarithms of the probabilities (n, classes), float64, after they are divided by ``temperature``, one
    for all images or one for each (n,), and brought to a sum of one again.

    The network's own logits differ from these logarithms by a constant for each image, which cancels.
    """
    logits = np.log(np.maximum(probabilities.astype(float), SMALLEST))
    return log_softmax(logits / np.reshape(temperature, (-1, 1)), axis=1)


def apply_temperature(probabilities: np.ndarray, temperature: float | pd.Series) -> np.ndarray:
    """Return the probabilities (n, classes), float64, whose logarithms are those of ``scaled_logarithms``."""
    return np.exp(scaled_logarithms(probabilities, temperature))


def places_in_time(classes: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct times in Myr of the classes, increasing, (m,), and the place of each class among them, int64
    (classes,); -1 for a class without a time."""
    timed = timed_classes(classes)
    times, which = np.unique(classes["t_centre_myr"][timed], return_inverse=True)
    places = np.full(len(classes), -1)
    places[timed] = which
    return times, places


def given_times(probabilities: np.ndarray, classes: pd.DataFrame) -> np.ndarray:
    """Return the probabilities (n, m) of the times of ``places_in_time``, given that the class has a time; those of
    several cameras are added up."""
    times, places = places_in_time(classes)
    return given_a_time(probabilities, classes) @ np.eye(len(times))[places[places >= 0]]


def time_distribution(probabilities: np.ndarray, classes: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities over intervals of time (``given_times``), (n, m), and the edges of these in Myr, (m + 1,).

    A class of a single time covers the interval half way to its neighbours.
    """
    distribution, timed = given_times(probabilities, classes), classes[timed_classes(classes)]
    if (timed["t_from_myr"] < timed["t_to_myr"]).all():
        return distribution, np.append(timed["t_from_myr"], timed["t_to_myr"].iloc[-1])
    times, _ = places_in_time(classes)
    middle = (times[1:] + times[:-1]) / 2
    return distribution, np.concatenate([[2 * times[0] - middle[0]], middle, [2 * times[-1] - middle[-1]]])


def central_interval(distribution: np.ndarray, edges_myr: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the times in Myr, each (n,), between which the middle ``share`` of each distribution (n, m) lies.

    Within an interval of time, all times are taken as equally probable. At a limit that many times share, between which
    the probability is 0, the interval has all of them; that of the share 1 has all times.
    """
    cumulative = np.pad(np.cumsum(distribution, axis=1), ((0, 0), (1, 0)))
    cumulative /= cumulative[:, -1:]
    tail = (1 - share) / 2
    # Of equal levels np.interp takes the last, so that the early limit is looked up backwards in time.
    low = [-np.interp(1 - tail, 1 - row[::-1], -edges_myr[::-1]) for row in cumulative]
    high = [np.interp(1 - tail, row, edges_myr) for row in cumulative]
    return np.array(low, float), np.array(high, float)
