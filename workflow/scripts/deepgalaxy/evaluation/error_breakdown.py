"""Where predictions go wrong: errors by class, phase of the merger, simulation, camera, and ratio of the galaxies."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.predictions import Predictions, time_origin

GROUPINGS = ["class", "phase", "group", "camera", "size_ratio", "mass_ratio"]


def merger_phase(t_myr: np.ndarray, pericentres_myr: np.ndarray) -> np.ndarray:
    """Return the number of pericentric passages, int64 (n,), at times (n,) in Myr, given the times of the passages.

    A snapshot at a pericentre counts as after it.
    """
    return np.searchsorted(np.sort(pericentres_myr), t_myr, side="right")


def phases(images: pd.DataFrame, pericentres_myr: Mapping[str, np.ndarray]) -> pd.Series:
    """Return the ``merger_phase`` of images, Int64 (n,), NA where it is not known, and of isolated galaxies.

    ``images`` has the columns group, isolated and t_myr; ``pericentres_myr`` gives the passages of each merger that
    records them.
    """
    phase = pd.Series(pd.NA, images.index, "Int64")
    for group, passages in pericentres_myr.items():
        ours = (images["group"] == group) & ~images["isolated"]
        phase[ours] = merger_phase(images.loc[ours, "t_myr"].to_numpy(), passages)
    return phase


def break_down_errors(
    predictions: Predictions, classes: pd.DataFrame, split: pd.DataFrame, pericentres_myr: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Return how well the test images of each class, phase, simulation, camera, size ratio and mass ratio are dated.

    ``pericentres_myr`` gives the times of the pericentric passages of each merger (a group of the dataset) where they
    are known. Isolated galaxies have no phase and no ratios.

    - ``grouping``: by what the images are divided: ``class``, ``phase`` (how many pericentric passages have happened),
      ``group`` (the simulation), ``camera``, ``size_ratio`` or ``mass_ratio``.
    - ``value``: which part it is; of a class, its name.
    - ``images``, ``simulations``: how many there are.
    - ``counts_from``: the event that times count from.
    - ``accuracy``: share of images whose most probable class is the true one.
    - ``median_error_myr``: median of the absolute difference between the expected and the true time; empty where no
      image has a class with a time.
    - ``error_16_myr``, ``error_84_myr``: between these is that difference for 68 % of the images.
    - ``median_error_floor_myr``: as in the metrics.
    """
    images = split.iloc[predictions.row].reset_index(drop=True)
    images["class"] = pd.Categorical.from_codes(predictions.label, classes["name"])
    images["right"] = predictions.right
    images["error_myr"] = predictions.error_myr(classes)
    images["class_error_myr"] = predictions.class_error_myr(classes)
    images["phase"] = phases(images, pericentres_myr)
    rows = [
        {
            "grouping": grouping,
            "value": value,
            "images": len(some),
            "simulations": some["group"].nunique(),
            "accuracy": some["right"].mean(),
            "median_error_myr": some["error_myr"].median(),
            "median_error_floor_myr": some["class_error_myr"].median(),
            "error_16_myr": some["error_myr"].quantile(0.16),
            "error_84_myr": some["error_myr"].quantile(0.84),
            "counts_from": time_origin(classes),
        }
        for grouping in GROUPINGS
        for value, some in images.groupby(grouping, observed=True)
    ]
    return pd.DataFrame(rows)
