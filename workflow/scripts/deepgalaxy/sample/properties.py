"""The properties of each image's merger that a network may learn besides the class."""

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.dataset.cameras import camera_directions
from deepgalaxy.dataset.layout import recorded_numbers
from deepgalaxy.logs import logger
from deepgalaxy.sample.select import FIRST_SNAPSHOT
from deepgalaxy.targets import AXIS, BINARY, HISTOGRAM, PROPERTIES, Target, as_five_numbers, columns_of, smeared

MOST_BINS = 50
"""Bins of a histogram at most; there are no more than distinct values to train on."""


def add_properties(images: pd.DataFrame, subset: str | Path, names: Sequence[str]) -> pd.DataFrame:
    """Return the table of ``list_images`` with the columns (``columns_of``) of each property in ``names``, float64.

    What is not known is NaN; ``subset`` is the image file, whose groups have attributes.

    - ``t_peri_myr``: Myr since the merger's first pericentre, negative before it;
    - ``log2_mass_ratio``, ``log2_size_ratio``: the binary logarithm of the ratio, without its sign: which galaxy is the
      primary cannot be seen;
    - ``separation_kpc``: the distance in space of the two nuclei (attribute ``separation_kpc``);
    - ``line_of_sight``: the unit vector towards the camera, x, y and z, in the frame of the simulation, where the orbit
      lies in the plane z = 0 (attribute ``camera_rig``);
    - ``merged``: 1 at or after coalescence, 0 before it, or where it is recorded that there was none;
    - ``lone``: 1 for an isolated galaxy, 0 for a merger. Of an isolated galaxy, nothing else is known.
    """
    merging = ~images["isolated"].to_numpy()
    columns: dict[str, np.ndarray] = {}
    with h5py.File(subset) as file:
        for name in names:
            if name == "t_peri_myr":
                values = images["t_myr"].to_numpy(float) - images["first_pericentre_myr"].to_numpy(float)
            elif name in ("log2_mass_ratio", "log2_size_ratio"):
                values = np.abs(np.log2(images[name.removeprefix("log2_")].to_numpy(float)))
            elif name == "separation_kpc":
                values = _separations(file, images)
            elif name == "line_of_sight":
                values = _lines_of_sight(file, images)
            elif name == "merged":
                values = _merged(file, images)
            else:
                columns[name] = images["isolated"].to_numpy(float)
                continue
            values = np.where(merging if values.ndim == 1 else merging[:, None], values, np.nan)
            columns |= zip(columns_of(name), values.reshape(len(images), -1).T)
    return images.assign(**columns)


def _separations(file: h5py.File, images: pd.DataFrame) -> np.ndarray:
    """Return the distance of the nuclei in kpc in each image, (n,), NaN where it is not recorded."""
    values = np.full(len(images), np.nan)
    for (group, camera), rows in images.groupby(["group", "camera"], sort=False):
        recorded = recorded_numbers(file[group], "separation_kpc")
        place = rows["snapshot"].to_numpy() + file[group].attrs.get(FIRST_SNAPSHOT.format(camera), 0)
        if len(recorded) > place.max():
            values[images.index.get_indexer(rows.index)] = recorded[place]
    return values


def _lines_of_sight(file: h5py.File, images: pd.DataFrame) -> np.ndarray:
    """Return the unit vector towards the camera of each image, (n, 3), NaN where the rig is not recorded."""
    values, directions = np.full((len(images), 3), np.nan), camera_directions()
    for group, rows in images.groupby("group", sort=False):
        rig = recorded_numbers(file[group], "camera_rig")
        if rig.size == 9:
            values[images.index.get_indexer(rows.index)] = directions[rows["camera"]] @ rig.reshape(3, 3).T
    return values


def _merged(file: h5py.File, images: pd.DataFrame) -> np.ndarray:
    """Return whether each image shows a merged galaxy, (n,), 0 or 1, NaN where coalescence is not recorded."""
    known = images["group"].map({name: "coalescence_myr" in group.attrs for name, group in file.items()})
    # No merger has coalesced before a time that is NaN.
    return np.where(known, images["t_myr"].to_numpy() >= images["coalescence_myr"].to_numpy(), np.nan)


def describe_targets(split: pd.DataFrame, names: Sequence[str]) -> list[Target]:
    """Return how a network predicts each property in ``names``, by its values in the training images of a split table.

    A histogram reaches half a bin beyond the lowest and the highest value, and has MOST_BINS bins, or as many as there
    are distinct values. The weight is one over the loss of the best constant prediction: the entropy in nats of the
    training values over the bins, smeared as they are trained on, or over true and false; of an axis the mean squared
    distance from the mean matrix. Where nothing is known, or all values are the same, it is 0, and the log says so.
    """
    return [_describe_target(split[split["split"] == "train"], name) for name in names]


def _describe_target(training: pd.DataFrame, name: str) -> Target:
    """Return the target of one property."""
    kind, unit = PROPERTIES[name]
    values = training[columns_of(name)].to_numpy(float)
    known = ~np.isnan(values).any(axis=1)
    share, values = float(known.mean()), values[known]
    distinct = len(np.unique(as_five_numbers(values).round(9) if kind == AXIS else values, axis=0))
    if distinct < 2:
        logger.info("%s is not learnt: %s", name, "it is not known" if not len(values) else "all images agree in it")
        return Target(name, kind, unit, np.nan, np.nan, 0, 0.0, share)
    if kind == HISTOGRAM:
        bins = min(MOST_BINS, distinct)
        half = float(np.ptp(values)) / (bins - 1) / 2
        target = Target(name, kind, unit, float(values.min()) - half, float(values.max()) + half, bins, 0.0, share)
        loss = _entropy(smeared(values[:, 0], target).mean(axis=0))
        return Target(name, kind, unit, target.lower, target.upper, bins, 1 / loss, share)
    if kind == BINARY:
        loss = _entropy(np.array([1 - values.mean(), values.mean()]))
        return Target(name, kind, unit, np.nan, np.nan, 2, 1 / loss, share)
    five = as_five_numbers(values)
    return Target(
        name, kind, unit, np.nan, np.nan, 5, 1 / float(((five - five.mean(axis=0)) ** 2).sum(1).mean()), share
    )


def _entropy(shares: np.ndarray) -> float:
    """Return the entropy of shares (n,) that add up to one, in nats."""
    return float(-(shares * np.log(shares, where=shares > 0, out=np.zeros_like(shares))).sum())
