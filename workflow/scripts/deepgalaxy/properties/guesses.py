"""What predicts properties without a network: the marginal of the training images, and nearest neighbours."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from sklearn.impute import SimpleImputer
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from deepgalaxy.baselines.components import COMPONENTS
from deepgalaxy.baselines.fits import NEIGHBOURS
from deepgalaxy.baselines.morphology import STATISTICS
from deepgalaxy.baselines.pixels import Points, find_neighbours, galleries
from deepgalaxy.dataset.cameras import LINE_OF_SIGHT
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.properties.scores import error_of, labels_of, typical
from deepgalaxy.targets import Target

MARGINAL = "marginal"
PARTS = ("validation", "test")

Find = Callable[[str, int, np.ndarray, int], np.ndarray]
"""What finds neighbours: by the part of the split, the number of components, which training images are known, bool
(n,), and k, it returns places among the training images, (images, k), nearest first."""


@dataclass(frozen=True)
class Guess:
    """What a simple model predicts of one property: its ``name`` and ``setting``, and by the part of the split, the
    rows of the images in the split table, (n,), increasing, and what it gives as a head would, (n, bins)."""

    name: str
    setting: str
    rows: Mapping[str, np.ndarray]
    predicted: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Neighbourhood:
    """Training images and queries as points: ``name`` of the model, ``rows`` (n,) in the split table of the training
    images, and of the queries of each part; ``find`` as Find; ``components`` that may be compared by."""

    name: str
    left_out: str
    training: np.ndarray
    rows: Mapping[str, np.ndarray]
    find: Find
    components: Sequence[int]


def guess_properties(
    components: str | Path, morphology: pd.DataFrame, split: pd.DataFrame, targets: Sequence[Target]
) -> Iterator[tuple[Target, Guess]]:
    """Yield what each simple model predicts of each target that is learnt.

    - ``marginal``: for every image the mean of the training images;
    - ``nearest_neighbours``: the mean of the k training images that are nearest in the statistics of ``morphology``,
      the table of ``measure_morphology``, each scaled to unit variance;
    - ``pixels`` and ``pixels_turned``: that of the k nearest in the first principal components of the pixels, of which
      ``components`` is the file (``galleries``).

    Means are of what is trained on (``labels_of``), over the images of which the property is known. k and the number of
    components have the lowest error (``typical``) on the validation images, the first of equals.
    """
    learnt = [target for target in targets if target.learnt]
    if not learnt:
        return
    rows = {part: np.flatnonzero(split["split"] == part) for part in PARTS}
    for target in learnt:
        true = split.loc[split["split"] == "train", target.columns].to_numpy(float)
        mean = labels_of(true[~np.isnan(true).any(axis=1)], target).mean(axis=0)
        yield target, Guess(MARGINAL, "", rows, {part: np.tile(mean, (len(rows[part]), 1)) for part in PARTS})
    line = split["camera"].map(LINE_OF_SIGHT).to_numpy()
    of_pixels = (
        _by_pixels(name, left_out, gallery, queries)
        for name, left_out, gallery, queries in galleries(components, line)
        if name != "pixels_other_lines_of_sight"
    )
    for neighbourhood in chain([_by_morphology(morphology)], of_pixels):
        for target in learnt:
            yield target, _choose(neighbourhood, split, target)


def _found_once(find: Find) -> Find:
    """Return ``find``, which looks up no neighbours twice: many properties are known of the same images."""
    found: dict[tuple, np.ndarray] = {}

    def find_once(part: str, components: int, known: np.ndarray, k: int) -> np.ndarray:
        key = (part, components, known.tobytes(), k)
        if key not in found:
            found[key] = find(part, components, known, k)
        return found[key]

    return find_once


def _by_morphology(morphology: pd.DataFrame) -> Neighbourhood:
    """Return the images as points in the space of their statistics."""
    scale = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    of_split = {name: morphology[morphology["split"] == name] for name in ("train", *PARTS)}
    scale.fit(of_split["train"][list(STATISTICS)].to_numpy())
    points = {name: scale.transform(table[list(STATISTICS)].to_numpy()) for name, table in of_split.items()}

    def find(part: str, _components: int, known: np.ndarray, k: int) -> np.ndarray:
        there = np.flatnonzero(known)
        search = NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(points["train"][there])
        return there[search.kneighbors(points[part], return_distance=False)]

    rows = {name: table["row"].to_numpy() for name, table in of_split.items()}
    return Neighbourhood("nearest_neighbours", "", rows.pop("train"), rows, _found_once(find), (0,))


def _by_pixels(name: str, left_out: str, gallery: Points, queries: Mapping[str, Points]) -> Neighbourhood:
    """Return the images as points in the space of their principal components."""

    def find(part: str, components: int, known: np.ndarray, k: int) -> np.ndarray:
        there = np.flatnonzero(known)
        some = Points(gallery.place[there], gallery.row[there], gallery.line[there])
        return there[find_neighbours(some, queries[part], components, k)]

    rows = {part: queries[part].row for part in PARTS}
    counts = sorted({min(count, gallery.place.shape[1]) for count in COMPONENTS})
    return Neighbourhood(name, left_out, gallery.row, rows, _found_once(find), counts)


def _choose(images: Neighbourhood, split: pd.DataFrame, target: Target) -> Guess:
    """Return the predictions of one property with the setting that does best on the validation images."""
    values = split[target.columns].to_numpy(float)
    known = ~np.isnan(values[images.training]).any(axis=1)
    labels = np.full((len(known), target.bins), np.nan)
    labels[known] = labels_of(values[images.training][known], target)
    neighbours = [k for k in NEIGHBOURS if k <= known.sum()]
    true = values[images.rows["validation"]]
    asked = ~np.isnan(true).any(axis=1)
    errors = {}
    for components in images.components:
        nearest = images.find("validation", components, known, neighbours[-1])[asked]
        for k, given in _mean_labels(labels, nearest, neighbours):
            errors[components, k] = typical(error_of(given, true[asked], target), target)
    components, k = min(errors, key=lambda setting: errors[setting])
    rows, predicted = {}, {}
    for part in PARTS:
        order = images.rows[part].argsort()
        rows[part] = images.rows[part][order]
        nearest = images.find(part, components, known, neighbours[-1])
        [(_, given)] = _mean_labels(labels, nearest, [k])
        predicted[part] = given[order]
    setting = f"components={components}, k={k}{images.left_out}" if components else f"k={k}"
    return Guess(images.name, setting, rows, predicted)


def _mean_labels(labels: np.ndarray, nearest: np.ndarray, counts: Sequence[int]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each k of ``counts``, which increase, and the mean of the ``labels`` (m, bins) at the first k of the places
    ``nearest`` (n, at least k) of each of n images, float64 (n, bins)."""
    total = np.zeros((len(nearest), labels.shape[1]))
    for start, k in pairwise((0, *counts)):
        places = nearest[:, start:k]
        each = np.arange(0, places.size + 1, k - start)
        total += csr_array((np.ones(places.size), places.ravel(), each), shape=(len(nearest), len(labels))) @ labels
        yield k, total / k


def write_guesses(guesses: Iterator[tuple[Target, Guess]], output: str | Path) -> None:
    """Write what ``guess_properties`` yields: a group for each property, in it one for each model, in order of the
    attribute ``order``, with the attribute ``setting``, and ``<part>/row`` and ``<part>/predicted``."""
    with whole_hdf5(output) as file:
        for target, guess in guesses:
            of_target = file.require_group(target.name)
            of_target.attrs["order"] = [*of_target.attrs.get("order", []), guess.name]
            group = of_target.create_group(guess.name)
            group.attrs["setting"] = guess.setting
            for part in PARTS:
                group[f"{part}/row"] = guess.rows[part]
                predicted = guess.predicted[part].astype(np.float32)
                group.create_dataset(f"{part}/predicted", data=predicted, compression="gzip")


def read_guesses(path: str | Path, target: Target) -> list[Guess]:
    """Return what ``write_guesses`` wrote of one property, none if it is not learnt."""
    with h5py.File(path) as file:
        if target.name not in file:
            return []
        of_target = file[target.name]
        return [
            Guess(
                name,
                of_target[name].attrs["setting"],
                {part: of_target[name][part]["row"][:] for part in PARTS},
                {part: of_target[name][part]["predicted"][:] for part in PARTS},
            )
            for name in of_target.attrs["order"]
        ]


def read_network(test: str | Path, validation: str | Path, target: Target) -> Guess:
    """Return what a network predicts of one property, as Guess, from the files of ``predict_images``."""
    rows, predicted = {}, {}
    for part, path in (("test", test), ("validation", validation)):
        with h5py.File(path) as file:
            order = file["row"][:].argsort()
            rows[part] = file["row"][:][order]
            predicted[part] = file[f"properties/{target.name}/predicted"][:][order]
    return Guess("network", "", rows, predicted)


def read_all(
    test: str | Path, validation: str | Path, guesses: str | Path, targets: Sequence[Target]
) -> dict[str, list[Guess]]:
    """Return by the name of each target that is learnt what the network predicts, and then the simple models."""
    return {
        target.name: [read_network(test, validation, target), *read_guesses(guesses, target)]
        for target in targets
        if target.learnt
    }
