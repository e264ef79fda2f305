"""The scores of an encoder-decoder: how well images come back, and whether similar ones are near in time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from sklearn.metrics import pairwise_distances

from deepgalaxy.baselines.components import LARGEST_GALLERY
from deepgalaxy.dataset.cameras import LINE_OF_SIGHT
from deepgalaxy.encoder.measure import read_measures
from deepgalaxy.encoder.reconstruction import tabulate_reconstruction
from deepgalaxy.encoder.retrieval import (
    LINES,
    OVERLAPPING,
    SIMULATIONS,
    Images,
    find_similar,
    map_of,
    overlap_of_sets,
    purity_by_chance,
    purity_of_points,
    score_retrieval,
    tabulate_retrieval,
)
from deepgalaxy.encoder.spaces import RANDOM, VECTOR, Space, read_spaces
from deepgalaxy.evaluation.bootstrap import resampled_interval
from deepgalaxy.evaluation.error_breakdown import phases
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.logs import logger
from deepgalaxy.observed.similar import NEAREST

LARGEST_MAP = 2000
"""Test images on a map; more take minutes."""
TIMES_ON_MAP = 10
ACTIVE_VARIANCE = 0.01
"""A number of the vector is in use if its mean over the images varies by more (Burda, Grosse & Salakhutdinov 2016)."""
BY_90_DEGREES = 1
"""The view of an image that is turned by 90 degrees."""
TURN_SCORES = (
    *("turned_overlap", "turned_median_difference_myr"),
    *("turns_median_difference_myr", "turns_share_within"),
)


@dataclass(frozen=True)
class Searches:
    """What ``find_similar`` found for test images among training images, by space and kind, and maps of the former.

    ``gallery_row`` (n,) and ``query_row`` (m,) are the rows in the split table of the images that were searched and
    asked about; ``found`` are places among the former, (m, k); ``on_map`` (p,) the places of the test images of the
    ``maps``, (p, 2) for each space.
    """

    gallery_row: np.ndarray
    query_row: np.ndarray
    on_map: np.ndarray
    found: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    maps: dict[str, np.ndarray] = field(default_factory=dict)

    def write(self, path: str | Path) -> None:
        """Write them, with the row of each point of the maps in ``map/row``, ``found/<space>/<kind>``, and
        ``map/places/<space>``."""
        with whole_hdf5(path) as file:
            file["gallery_row"], file["query_row"] = self.gallery_row, self.query_row
            file["map/row"] = self.query_row[self.on_map]
            for space, kinds in self.found.items():
                for kind, places in kinds.items():
                    file[f"found/{space}/{kind}"] = places
            for space, places in self.maps.items():
                file[f"map/places/{space}"] = places


def score_reconstructions(reconstructions: str | Path, split: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the table of ``tabulate_reconstruction`` from a file of ``reconstruct_images``."""
    tables, row = read_measures(reconstructions)
    return tabulate_reconstruction(tables, split["group"].to_numpy()[row], seed)


def score_spaces(
    latent: str | Path,
    prepared: Mapping[str, str | Path],
    morphology: pd.DataFrame,
    split: pd.DataFrame,
    pericentres_myr: Mapping[str, np.ndarray],
    seed: int,
) -> tuple[pd.DataFrame, Searches]:
    """Return the table of ``tabulate_retrieval`` for all spaces of ``read_spaces``, among the images that have a time;
    and what was found, to be drawn. Raises ValueError if no such image is among the training or the test images.

    Test images are the queries, training images what is found. A space has a single row, without a ``gallery``, if for
    some query too few images are of other mergers. What is said of a space is in all of its rows; what is found if
    images are turned (``overlap_of_sets``) is empty where turned images have no points.

    - ``dimensions``: numbers that an image has in this space.
    - ``rate_nats``: of the vector, how much it says of an image: the mean Kullback-Leibler divergence of the test
      images' posteriors from the prior.
    - ``active_units``: of the vector, the numbers whose mean varies by more than ACTIVE_VARIANCE.
    - ``turned_overlap``: overlap of what is found for an image and for the same image turned by 90 degrees, among other
      mergers.
    - ``turned_median_difference_myr``: the median difference in time of what is found for the turned one.
    - ``turns_median_difference_myr``, ``turns_share_within``: as above, if the nearest of an image's eight turned and
      mirrored views counts, which is the same however the image is turned by quarters.
    - ``map_purity``: how pure in time a map in the plane is: the share of an image's nearest points that are of the
      same one of TIMES_ON_MAP equally large parts of the time, for at most LARGEST_MAP test images; with a 95 %
      interval over simulations.
    - ``chance_purity``: the same for shuffled times.
    """
    with h5py.File(latent) as file:
        images = [_images(file[name], split) for name in ("train", "test")]
        timed = [np.isfinite(some.t_myr) for some in images]
        rows_of = [file[name]["row"][: len(some)][some] for name, some in zip(("train", "test"), timed)]
    if not all(len(row) for row in rows_of):
        raise ValueError("No training image, or no test image, has a time to judge similar images by; select mergers.")
    gallery_of, queries_of = (some.where(known) for some, known in zip(images, timed))
    drawn = Searches(rows_of[0], rows_of[1], _chosen_for_map(len(rows_of[1]), seed))
    about_spaces = pd.DataFrame(
        _score_space(name, space.of(*timed), gallery_of, queries_of, drawn, seed)
        for name, space in read_spaces(latent, prepared, morphology, seed)
    )
    phase = phases(split.iloc[rows_of[1]].reset_index(drop=True), pericentres_myr).to_numpy(float, na_value=np.nan)
    table = tabulate_retrieval(drawn.found, gallery_of, queries_of, phase, seed)
    rate, active = _use_of_vector(latent)
    of_vector = about_spaces["space"] == VECTOR
    about_spaces["rate_nats"] = np.where(of_vector, rate, np.nan)
    about_spaces["active_units"] = pd.array(np.where(of_vector, active, pd.NA), "Int64")
    return table.merge(about_spaces, on="space", how="right"), drawn


def _score_space(
    name: str, space: Space, gallery_of: Images, queries_of: Images, drawn: Searches, seed: int
) -> dict[str, Any]:
    """Return what is the same in all rows of a space, and let ``drawn`` have what was found in it and its map."""
    logger.info("similar images, turned images and map of %s", name)
    drawn.found[name] = _search(space, gallery_of, queries_of)
    about = _turn_scores(space, drawn.found[name].get(SIMULATIONS), gallery_of, queries_of, seed)
    if name != RANDOM:
        drawn.maps[name] = map_of(space.queries[drawn.on_map], seed % 2**32)
        about |= _purities(drawn.maps[name], queries_of.where(drawn.on_map), seed)
    return {"space": name, "dimensions": space.gallery.shape[1]} | about


def _images(group: h5py.Group, split: pd.DataFrame) -> Images:
    """Return what is known of the images of a split, by the rows in its group; as many as are searched."""
    rows = split.iloc[group["row"][:LARGEST_GALLERY]]
    line = rows["camera"].map(LINE_OF_SIGHT).to_numpy()
    t_myr = group["target_myr"][:LARGEST_GALLERY]
    return Images(rows["group"].to_numpy(), line, rows["snapshot"].to_numpy(), t_myr)


def _search(space: Space, gallery_of: Images, queries_of: Images) -> dict[str, np.ndarray]:
    """Return what ``find_similar`` finds, by kind; without a kind of which there are too few images."""
    found = {}
    for kind in (SIMULATIONS, LINES):
        try:
            found[kind] = find_similar(space.gallery, gallery_of, space.queries, queries_of, OVERLAPPING, kind)
        except ValueError as error:
            logger.info("%s", error)
    return found


def _turn_scores(
    space: Space, found: np.ndarray | None, gallery_of: Images, queries_of: Images, seed: int
) -> dict[str, float | int | None]:
    """Return how the search goes for turned images, by the names of TURN_SCORES; None if they have no points, or if
    nothing was ``found`` for the images as they are."""
    if space.turned is None or found is None:
        return dict.fromkeys(TURN_SCORES)
    turned = space.turned[BY_90_DEGREES]
    again = find_similar(space.gallery, gallery_of, turned, queries_of, OVERLAPPING, SIMULATIONS)
    of_turned = score_retrieval(again, gallery_of, queries_of, seed)
    of_all = score_retrieval(find_by_turns(space, gallery_of, queries_of, NEAREST), gallery_of, queries_of, seed)
    scores = (
        overlap_of_sets(found, again, gallery_of),
        of_turned["median_difference_myr"],
        of_all["median_difference_myr"],
        of_all["share_within"],
    )
    return dict(zip(TURN_SCORES, scores))


def find_by_turns(space: Space, gallery_of: Images, queries_of: Images, k: int) -> np.ndarray:
    """Return for each query the k images of other mergers that are nearest to any of its views, int64 (m, k), nearest
    first. Raises ValueError if turned images have no points."""
    if space.turned is None:
        raise ValueError("There are no points of turned images in this space.")
    found = np.empty((len(space.queries), k), np.int64)
    for places in _blocks(len(found), 64):
        distance = np.min([pairwise_distances(view[places], space.gallery) for view in space.turned], axis=0)
        distance[queries_of.group[places, None] == gallery_of.group[None]] = np.inf
        found[places] = np.argsort(distance, axis=1, kind="stable")[:, :k]
    return found


def _blocks(count: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def _chosen_for_map(count: int, seed: int) -> np.ndarray:
    """Return the places of at most LARGEST_MAP of ``count`` test images, at random."""
    return np.random.default_rng(seed).permutation(count)[:LARGEST_MAP]


def _purities(place: np.ndarray, images: Images, seed: int) -> dict[str, float | None]:
    """Return the purity of a map (p, 2) of some images, with its interval over simulations, and that of shuffled
    times."""
    edges = np.quantile(images.t_myr, np.linspace(0, 1, TIMES_ON_MAP + 1)[1:-1])
    label = np.searchsorted(edges, images.t_myr, side="right")
    pure = purity_of_points(place, label)
    low, high = resampled_interval(np.mean, pure, images.group, seed)
    return {
        "map_purity": float(pure.mean()),
        "map_purity_low": low,
        "map_purity_high": high,
        "chance_purity": purity_by_chance(label),
    }


def _use_of_vector(latent: str | Path) -> tuple[float, int]:
    """Return the rate in nats, and how many numbers of the vector are active, over the test images."""
    with h5py.File(latent) as file:
        mean, log_variance = (file["test"][name][:].astype(float) for name in ("mean", "log_variance"))
    rate = (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1).mean() / 2
    return float(rate), int((mean.var(axis=0) > ACTIVE_VARIANCE).sum())
