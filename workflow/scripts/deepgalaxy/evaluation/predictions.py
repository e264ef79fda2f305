"""Predicted class probabilities, and the distributions over time that they are."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd


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


def time_distribution(probabilities: np.ndarray, classes: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities over intervals of time, (n, m), and the edges of these in Myr, (m + 1,).

    Classes of the same time (of several cameras) are added up. A class of a single time stands for the interval half
    way to its neighbours.
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
