"""When the observed mergers are, how sure that is, what they are like, and which are like nothing seen in training."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from deepgalaxy.evaluation.calibration import fit_temperature
from deepgalaxy.evaluation.predictions import (
    Predictions,
    apply_temperature,
    central_interval,
    expected_time,
    most_probable,
    time_distribution,
    time_origin,
    timed_classes,
)

NEIGHBOURS = 3
FAMILIAR_PERCENTILE = 95
"""Of the distances of the validation images: one image in twenty of a simulation not seen before gets a warning."""
INTERVAL = 0.68


@dataclass(frozen=True)
class Neighbours:
    """The training images nearest to each of n observed images: ``row`` (n, NEIGHBOURS) in the split table, and
    ``distance`` (n, NEIGHBOURS), increasing. ``familiar_distance`` is that of a validation image, at the
    FAMILIAR_PERCENTILE, to its nearest."""

    row: np.ndarray
    distance: np.ndarray
    familiar_distance: float


def find_neighbours(
    features: np.ndarray, training: np.ndarray, validation: np.ndarray, training_row: np.ndarray
) -> Neighbours:
    """Return the nearest training images in the space of features (n, m), each standardised over the training images.

    That what is far from its nearest neighbours there was not seen in training: Sun et al. 2022, "Out-of-Distribution
    Detection with Deep Nearest Neighbors".
    """
    scaler = StandardScaler().fit(training)
    search = NearestNeighbors(n_neighbors=NEIGHBOURS, algorithm="brute").fit(scaler.transform(training))
    # Together, since there may be no observed image that could be used.
    distance, nearest = search.kneighbors(scaler.transform(np.concatenate([features, validation])))
    own = slice(len(features))
    familiar = np.percentile(distance[len(features) :, 0], FAMILIAR_PERCENTILE)
    return Neighbours(training_row[nearest[own]], distance[own], float(familiar))


def tabulate_observed(
    files: pd.DataFrame, classified: str | Path, validation: Predictions, classes: pd.DataFrame, split: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return two tables of observed images: one row for each of the ``files``, and one for each interval of time.

    ``files`` is the table that ``prepare_observed`` wrote, ``classified`` the file of ``classify_observed``; the images
    in the latter are the used ones of the former. Probabilities are scaled by the temperature that fits the
    ``validation`` predictions. docs/observed.md explains the columns.
    """
    with h5py.File(classified) as file:
        neighbours = find_neighbours(
            file["features"][:], file["train/features"][:], file["validation/features"][:], file["train/row"][:]
        )
        probabilities = file["probabilities"][:]
    probabilities = apply_temperature(probabilities, fit_temperature(validation))
    label, probability = most_probable(probabilities)
    distribution, edges_myr = time_distribution(probabilities, classes)
    intervals = [central_interval(row[None], edges_myr, INTERVAL) for row in distribution]
    low_myr, high_myr = np.array(intervals).reshape(-1, 2).T
    novelty = neighbours.distance[:, 0] / neighbours.familiar_distance
    names = files.loc[files["used"], "file"].to_numpy()
    results = {
        "file": names,
        "label": label,
        "class": classes["name"].to_numpy()[label],
        "probability": probability,
        "timed_probability": probabilities[:, timed_classes(classes)].sum(axis=1),
        "counts_from": time_origin(classes),
        "expected_myr": expected_time(probabilities, classes),
        "low_myr": low_myr,
        "high_myr": high_myr,
        "novelty": novelty,
        "warning": [warning_of(value) for value in novelty],
    }
    for number in range(NEIGHBOURS):
        row = neighbours.row[:, number]
        results[f"neighbour_{number + 1}_row"] = row
        for column in ("group", "camera", "target_myr"):
            results[f"neighbour_{number + 1}_{column}"] = split[column].to_numpy()[row]
        results[f"neighbour_{number + 1}_class"] = classes["name"].to_numpy()[split["label"].to_numpy()[row]]
        results[f"neighbour_{number + 1}_distance"] = neighbours.distance[:, number]
    times = {
        "file": np.repeat(names, distribution.shape[1]),
        "t_from_myr": np.tile(edges_myr[:-1], len(names)),
        "t_to_myr": np.tile(edges_myr[1:], len(names)),
        "probability": distribution.ravel(),
    }
    # Whole numbers stay whole beside the files that have none.
    table = files.convert_dtypes().merge(pd.DataFrame(results).convert_dtypes(), on="file", how="left")
    return table, pd.DataFrame(times)


def warning_of(novelty: float) -> str:
    """Return the sentence that warns of an image far from everything seen in training; empty if it is not."""
    if not novelty > 1:
        return ""
    return (
        f"It is {novelty:.1f} times as far from its nearest training image as {FAMILIAR_PERCENTILE} % of the validation"
        " images are at most: its time may mean nothing."
    )
