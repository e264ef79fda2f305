"""Baselines that compare images by their pixels: nearest neighbours in the space of the principal components."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from deepgalaxy.baselines.fits import NEIGHBOURS
from deepgalaxy.baselines.reduced import reduce_image
from deepgalaxy.baselines.scores import with_truth
from deepgalaxy.dataset.cameras import LINE_OF_SIGHT
from deepgalaxy.evaluation.baseline_predictions import Baseline
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.logs import logger
from deepgalaxy.sample.prepared_file import as_brightness
from deepgalaxy.seeds import derive_seed
from deepgalaxy.views import VIEWS, turned

COMPONENTS = (16, 64, 128)
LARGEST_SIDE = 64
"""Pixels of an image's side; larger images are reduced to it."""
LARGEST_GALLERY = 20_000
"""Training images that are compared with; at 64 pixels they take 330 MB, and components are fitted to a copy."""
BLOCK = 256
"""Images that are read, or projected, at a time."""
NO_LINE = -1


@dataclass(frozen=True)
class Points:
    """Images as points: their principal components ``place`` (n, components), float32, strongest first; their ``row``
    (n,) in the split table; and the ``line`` of sight (n,) that they were seen along, an integer."""

    place: np.ndarray
    row: np.ndarray
    line: np.ndarray


def predict_from_pixels(
    prepared: Mapping[str, str | Path], split: pd.DataFrame, classes: pd.DataFrame, seed: int
) -> Iterator[Baseline]:
    """Yield the baselines that know the pixels of the images in the prepared files of the splits.

    Their probabilities are the shares of the classes among the k images of the gallery that are nearest in the first
    principal components of the brightness. The gallery are the training images; the components are fitted to them, too.

    - ``pixels``: the gallery as it is;
    - ``pixels_other_lines_of_sight``: without the images that were seen along the query's own line of sight. It is left
      out if nothing remains for some query;
    - ``pixels_turned``: with all VIEWS of each image.

    Number of components and k are those of the lowest median error of time on the validation images, the first of
    equals. Images wider than LARGEST_SIDE pixels are reduced, and the first LARGEST_GALLERY of the training images are
    taken, which are a random sample, as a prepared file is shuffled; ``setting`` says so where some are left out.
    ``seed`` decides on the random projections by which the components are found, and on the orientations that those of
    ``pixels_turned`` are fitted to.
    """
    line = split["camera"].map(LINE_OF_SIGHT).to_numpy()
    for name, left_out, gallery, queries in galleries(prepared, line, seed):
        yield _choose_and_predict(name, left_out, gallery, queries, split, classes)


def galleries(
    prepared: Mapping[str, str | Path], line: np.ndarray, seed: int
) -> Iterator[tuple[str, str, Points, dict[str, Points]]]:
    """Yield the name of each baseline of ``predict_from_pixels``, what its setting says of images that are left out,
    the training images that it compares with, and the images that are asked about, by the name of their split.

    ``line`` (n,) has the line of sight of each row of the split table; ``prepared`` and ``seed`` are as there.
    """
    images, row = read_gallery(prepared["train"])
    left_out = _say_what_is_left_out(prepared["train"])
    variants = {1: ("pixels", "pixels_other_lines_of_sight"), VIEWS: ("pixels_turned",)}
    for orientations, names in variants.items():
        if orientations > 1:
            _turn_at_random(images, derive_seed(seed, "orientations"))
        components = _fit_components(images, derive_seed(seed, "components", orientations))
        place = np.concatenate(
            [_project(components, _blocks(turned(images, number))) for number in range(orientations)]
        )
        gallery = Points(place, np.tile(row, orientations), np.tile(line[row], orientations))
        queries = {name: _project_file(components, prepared[name], line) for name in ("validation", "test")}
        for name in names:
            if name != "pixels_other_lines_of_sight":
                reachable = replace(gallery, line=np.full_like(gallery.line, NO_LINE))
            elif _smallest_gallery(gallery, queries.values()):
                reachable = gallery
            else:
                logger.info("%s is left out: some images share their line of sight with all that were trained on", name)
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


def read_gallery(prepared: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the brightness of the first LARGEST_GALLERY images of a prepared file, float32 (n, side, side), and their
    rows (n,) in the split table."""
    with h5py.File(prepared) as file:
        row = file["row"][:LARGEST_GALLERY]
        side = min(LARGEST_SIDE, file["images"].shape[1])
    images = np.empty((len(row), side, side), np.float32)
    for start, block in zip(range(0, len(row), BLOCK), _read_blocks(prepared, len(row))):
        images[start : start + BLOCK] = block
    return images, row


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


def _read_blocks(prepared: str | Path, count: int) -> Iterator[np.ndarray]:
    """Yield the brightness of the first ``count`` images of a prepared file, float32, at most BLOCK at a time.

    Images larger than LARGEST_SIDE are reduced to it by averaging over areas, one after the other.
    """
    with h5py.File(prepared) as file:
        images = file["images"]
        for start in range(0, count, BLOCK):
            numbers = range(start, min(start + BLOCK, count))
            yield np.array([reduce_image(as_brightness(images[number, :, :, 0]), LARGEST_SIDE) for number in numbers])


def _blocks(images: np.ndarray) -> Iterator[np.ndarray]:
    """Yield images, (n, side, side), at most BLOCK at a time."""
    for start in range(0, len(images), BLOCK):
        yield images[start : start + BLOCK]


def _fit_components(images: np.ndarray, seed: int) -> PCA:
    """Return the strongest principal components of images (n, side, side), as many as the largest of COMPONENTS.

    There are fewer if there are fewer images or pixels. They are found by random projections (Halko, Martinsson & Tropp
    2011, SIAM Review 53, 217).
    """
    pixels = images.reshape(len(images), -1)
    count = min(COMPONENTS[-1], *pixels.shape)
    return PCA(count, svd_solver="randomized", random_state=seed).fit(pixels)


def _project(components: PCA, blocks: Iterable[np.ndarray]) -> np.ndarray:
    """Return the principal components of images, given in blocks (m, side, side), as (n, components)."""
    return np.concatenate([components.transform(block.reshape(len(block), -1)) for block in blocks])


def _project_file(components: PCA, prepared: str | Path, line: np.ndarray) -> Points:
    """Return all images of a prepared file as points; ``line`` has the line of sight of each row of the split table."""
    with h5py.File(prepared) as file:
        row = file["row"][:]
    return Points(_project(components, _read_blocks(prepared, len(row))), row, line[row])


def _turn_at_random(images: np.ndarray, seed: int) -> None:
    """Replace each of the images (n, side, side) by one of its VIEWS.

    Components are then fitted to all orientations alike, and the images with all of theirs are the same set as before.
    """
    number = np.random.default_rng(seed).integers(VIEWS, size=len(images))
    for start in range(0, len(images), BLOCK):
        block, drawn = images[start : start + BLOCK], number[start : start + BLOCK]
        for one in range(1, VIEWS):
            block[drawn == one] = turned(block[drawn == one], one)


def _smallest_gallery(gallery: Points, queries: Iterable[Points]) -> int:
    """Return how many images of other lines of sight the gallery has at least, over all queries."""
    lines = np.unique(np.concatenate([points.line for points in queries]))
    return int(min((gallery.line != line).sum() for line in lines))


def _say_what_is_left_out(prepared: str | Path) -> str:
    """Return what a setting says of training images beyond LARGEST_GALLERY, nothing if there are none; log it too."""
    with h5py.File(prepared) as file:
        count = len(file["row"])
    if count <= LARGEST_GALLERY:
        return ""
    logger.info("of %d training images, %d are compared with, drawn by the seed", count, LARGEST_GALLERY)
    return f", {LARGEST_GALLERY} of {count} training images"
