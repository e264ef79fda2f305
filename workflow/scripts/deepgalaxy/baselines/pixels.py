"""Baselines that compare images by their pixels: nearest neighbours in the space of the principal components."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from deepgalaxy.baselines.components import COMPONENTS, ORIENTATIONS, QUERIES
from deepgalaxy.baselines.fits import NEIGHBOURS
from deepgalaxy.baselines.scores import with_truth
from deepgalaxy.dataset.cameras import LINE_OF_SIGHT
from deepgalaxy.evaluation.baseline_predictions import Baseline
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.logs import logger

BASELINES = {"upright": ("pixels", "pixels_other_lines_of_sight"), "turned": ("pixels_turned",)}
"""The names of those that compare with each of ORIENTATIONS."""
NO_LINE = -1


@dataclass(frozen=True)
class Points:
    """Images as points: their principal components ``place`` (n, components), float32, strongest first; their ``row``
    (n,) in the split table; and the ``line`` of sight (n,) that they were seen along, an integer."""

    place: np.ndarray
    row: np.ndarray
    line: np.ndarray


def predict_from_pixels(components: str | Path, split: pd.DataFrame, classes: pd.DataFrame) -> Iterator[Baseline]:
    """Yield the baselines that know the pixels of the images, by the file of their principal ``components``
    (``write_components``).

    Their probabilities are the shares of the classes among the k images of the gallery that are nearest in the first
    principal components of the brightness. The gallery are the training images; the components are fitted to them, too.

    - ``pixels``: the gallery as it is;
    - ``pixels_other_lines_of_sight``: without the images that were seen along the query's own line of sight. It is left
      out if nothing remains for some query;
    - ``pixels_turned``: with all VIEWS of each image.

    Number of components and k are those of the lowest median error of time on the validation images, the first of
    equals; ``setting`` says so where some training images are left out.
    """
    line = split["camera"].map(LINE_OF_SIGHT).to_numpy()
    for name, left_out, gallery, queries in galleries(components, line):
        yield _choose_and_predict(name, left_out, gallery, queries, split, classes)


def galleries(components: str | Path, line: np.ndarray) -> Iterator[tuple[str, str, Points, dict[str, Points]]]:
    """Yield the name of each baseline of ``predict_from_pixels``, what its setting says of images that are left out,
    the training images that it compares with, and the images that are asked about, by the name of their split.

    ``line`` (n,) has the line of sight of each row of the split table; ``components`` is as there.
    """
    with h5py.File(components) as file:
        left_out = _what_is_left_out(len(file["row/train"]), file.attrs["training_images"])
        for orientation, names in BASELINES.items():
            rows = {part: file[f"row/{part}"][:] for part in ("train", *QUERIES)}
            rows["train"] = np.tile(rows["train"], ORIENTATIONS[orientation])
            queries = {part: Points(file[orientation][part][:], row, line[row]) for part, row in rows.items()}
            gallery = queries.pop("train")
            for name in names:
                if name != "pixels_other_lines_of_sight":
                    reachable = replace(gallery, line=np.full_like(gallery.line, NO_LINE))
                elif _smallest_gallery(gallery, queries.values()):
                    reachable = gallery
                else:
                    logger.info("%s is left out: some images share their line of sight with all training images", name)
                    continue
                yield name, left_out, reachable, queries


def _choose_and_predict(
    name: str,
    left_out: str,
    gallery: Points,
    queries: Mapping[str, Points],
    split: pd.DataFrame,
    classes: pd.DataFrame,
) -> Baseline:
    """Return the baseline whose number of components and k do best on the validation images.

    ``left_out`` is added to its setting. Raises ValueError if no validation image has a class with a time.
    """
    label = split["label"].to_numpy()[gallery.row]

    def predict(part: str, nearest: np.ndarray) -> Predictions:
        return with_truth(class_shares(label[nearest], len(classes)), split, queries[part].row)

    neighbours = [k for k in NEIGHBOURS if k <= _smallest_gallery(gallery, queries.values())]
    median_error_myr = {}
    for count in sorted({min(count, gallery.place.shape[1]) for count in COMPONENTS}):
        nearest = find_neighbours(gallery, queries["validation"], count, neighbours[-1])
        for k in neighbours:
            median_error_myr[count, k] = predict("validation", nearest[:, :k]).median_error_myr(classes)
    count, k = min(median_error_myr, key=lambda setting: median_error_myr[setting])
    predictions = {part: predict(part, find_neighbours(gallery, queries[part], count, k)) for part in queries}
    return Baseline(name, f"components={count}, k={k}{left_out}", **predictions)


def find_neighbours(gallery: Points, queries: Points, components: int, k: int) -> np.ndarray:
    """Return for each query the k nearest in the gallery that are of another line of sight, in the first ``components``
    principal components: their indices, nearest first, int64 (n, k).

    Raises ValueError if the gallery has fewer than k such images for some query.
    """
    nearest = np.empty((len(queries.row), k), np.int64)
    for line in np.unique(queries.line):
        there, asked = np.flatnonzero(gallery.line != line), queries.line == line
        search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(gallery.place[there, :components])
        nearest[asked] = there[search.kneighbors(queries.place[asked, :components], return_distance=False)]
    return nearest


def class_shares(label: np.ndarray, classes: int) -> np.ndarray:
    """Return the shares of the classes in each row of labels (n, k), float64 (n, classes)."""
    counts = np.zeros((len(label), classes))
    np.add.at(counts, (np.arange(len(label))[:, None], label), 1)
    return counts / label.shape[1]


def _smallest_gallery(gallery: Points, queries: Iterable[Points]) -> int:
    """Return how many images of other lines of sight the gallery has at least, over all queries."""
    lines = np.unique(np.concatenate([points.line for points in queries]))
    return int(min((gallery.line != line).sum() for line in lines))


def _what_is_left_out(taken: int, count: int) -> str:
    """Return what a setting says of training images that are not among those taken, nothing if all are; log it too."""
    if taken == count:
        return ""
    logger.info("of %d training images, %d are compared with, drawn by the seed", count, taken)
    return f", {taken} of {count} training images"
