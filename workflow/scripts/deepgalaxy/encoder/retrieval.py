"""Search for similar images, and its scores: whether images that are near each other in some space are so in time."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.bootstrap import resampled_interval
from deepgalaxy.observed.similar import NEAREST

WITHIN_MYR = 15.0
"""A similar image is right if its time is within this of the query's."""
OVERLAPPING = 10
"""Similar images whose sets are compared when the query is turned."""
NEIGHBOURS_IN_MAP = 10
PERPLEXITY = 30
MAPPED_BY_ONE_THREAD = 1000
"""Points of a map up to which one thread takes seconds; several take fifty times as long if others need the cores."""
SIMULATIONS, LINES = "other mergers", "other mergers and lines of sight"
COLUMNS = (
    *("space", "gallery", "phase", "queries", "simulations"),
    *("median_difference_myr", "median_difference_low_myr", "median_difference_high_myr"),
    *("share_within", "share_within_low", "share_within_high", "same_line"),
)
"""Those of the table of ``tabulate_retrieval``, which may have no rows."""


@dataclass(frozen=True)
class Images:
    """What is known of n images: the simulation ``group`` (n,), the ``line`` of sight (n,) as an integer, the
    ``snapshot`` (n,) and the time ``t_myr`` (n,) in Myr."""

    group: np.ndarray
    line: np.ndarray
    snapshot: np.ndarray
    t_myr: np.ndarray

    def where(self, chosen: np.ndarray) -> "Images":
        """Return the same of some of them, by bool (n,) or by place."""
        return Images(self.group[chosen], self.line[chosen], self.snapshot[chosen], self.t_myr[chosen])


def find_similar(
    gallery: np.ndarray, gallery_of: Images, queries: np.ndarray, queries_of: Images, k: int, apart: str
) -> np.ndarray:
    """Return for each of the ``queries`` (m, d) the k nearest points of the ``gallery`` (n, d), int64 (m, k), nearest
    first, of those of ``apart``: SIMULATIONS, all but the query's own merger, or LINES, without its line of sight too.

    Raises ValueError if for some query fewer than k are left.
    """
    from sklearn.neighbors import NearestNeighbors  # whose import takes long

    found = np.empty((len(queries), k), np.int64)
    kinds = pd.DataFrame({"group": queries_of.group, "line": queries_of.line})
    for (group, line), places in kinds.groupby(["group", "line"]).indices.items():
        left = gallery_of.group != group
        if apart == LINES:
            left &= gallery_of.line != line
        there = np.flatnonzero(left)
        if len(there) < k:
            raise ValueError(
                f"Only {len(there)} images are of {apart}, and {k} are asked for; select more to train on."
            )
        search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(gallery[there])
        found[places] = there[search.kneighbors(queries[places], return_distance=False)]
    return found


def score_retrieval(
    found: np.ndarray, gallery_of: Images, queries_of: Images, seed: int
) -> dict[str, float | int | None]:
    """Return how far in time similar images are from the queries, by ``found`` (m, k), those of ``find_similar``.

    Intervals are those of ``resampled_interval`` over the queries' simulations, drawn from ``seed``.

    - ``queries``, ``simulations``: how many images were looked for, and how many simulations these show.
    - ``median_difference_myr``: median difference in time of a query and its NEAREST nearest images, with a 95 %
      interval.
    - ``share_within``: share of these that are within WITHIN_MYR Myr of the query, with a 95 % interval.
    - ``same_line``: share of these that were seen along the query's line of sight.
    """
    nearest = found[:, :NEAREST]
    difference = np.abs(gallery_of.t_myr[nearest] - queries_of.t_myr[:, None])
    group = queries_of.group
    median = resampled_interval(np.median, difference, group, seed)
    share = resampled_interval(_share_within, difference, group, seed)
    return {
        "queries": len(found),
        "simulations": len(np.unique(group)),
        "median_difference_myr": float(np.median(difference)),
        "median_difference_low_myr": median[0],
        "median_difference_high_myr": median[1],
        "share_within": _share_within(difference),
        "share_within_low": share[0],
        "share_within_high": share[1],
        "same_line": float((gallery_of.line[nearest] == queries_of.line[:, None]).mean()),
    }


def _share_within(difference_myr: np.ndarray) -> float:
    return float((difference_myr <= WITHIN_MYR).mean())


def overlap_of_sets(found: np.ndarray, other: np.ndarray, gallery_of: Images) -> float:
    """Return how far two searches by the same queries agree, as when these were turned: the mean over the queries of
    the Jaccard index, in [0, 1], of the sets of simulation and snapshot of the first OVERLAPPING images, by ``found``
    and ``other``, both (m, k)."""
    names = pd.factorize(pd.MultiIndex.from_arrays([gallery_of.group, gallery_of.snapshot]))[0]
    pairs = zip(names[found[:, :OVERLAPPING]], names[other[:, :OVERLAPPING]])
    return float(np.mean([len(set(one) & set(two)) / len(set(one) | set(two)) for one, two in pairs]))


def map_of(points: np.ndarray, seed: int) -> np.ndarray:
    """Return a plane map (n, 2) of ``points`` (n, d) by t-SNE (van der Maaten & Hinton 2008), which begins with the
    first two principal components (Kobak & Berens 2019, Nat. Commun. 10, 5416); the same for the same ``seed``."""
    settings = {"perplexity": min(PERPLEXITY, max(1, (len(points) - 1) / 3)), "random_state": seed % 2**32}
    from sklearn.manifold import TSNE  # whose import takes long
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1 if len(points) <= MAPPED_BY_ONE_THREAD else None, "openmp"):
        return TSNE(init="pca", learning_rate="auto", **settings).fit_transform(points)


def purity_of_points(places: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return the share (n,) of the NEIGHBOURS_IN_MAP nearest of each point, by ``places`` (n, d), that have its
    ``label`` (n,)."""
    from sklearn.neighbors import NearestNeighbors

    k = min(NEIGHBOURS_IN_MAP, len(places) - 1)
    nearest = NearestNeighbors(n_neighbors=k).fit(places).kneighbors(return_distance=False)
    return (label[nearest] == label[:, None]).mean(axis=1)


def purity_by_chance(label: np.ndarray) -> float:
    """Return the mean of ``purity_of_points`` to expect of a map in which the labels (n,) are shuffled."""
    counts = np.unique(label, return_counts=True)[1]
    return float((counts * (counts - 1)).sum() / (len(label) * (len(label) - 1)))


def tabulate_retrieval(
    searches: Mapping[str, Mapping[str, np.ndarray]],
    gallery_of: Images,
    queries_of: Images,
    phase: np.ndarray,
    seed: int,
) -> pd.DataFrame:
    """Return a row for each space and each kind of search, over all queries and by the ``phase``, float (m,), of each,
    NaN for none, with the scores of ``score_retrieval``. Its columns are COLUMNS, also if there are no searches.

    ``searches`` has for each space, by name, and each kind of search what ``find_similar`` returned.

    - ``space``: what images were compared by: the vector of the encoder, or something that needs none.
    - ``gallery``: what was searched: other mergers, or other mergers along other lines of sight.
    - ``phase``: ``all``, or how many pericentric passages of the query have happened.
    """
    rows = []
    for space, kinds in searches.items():
        for kind, found in kinds.items():
            about = {"space": space, "gallery": kind}
            rows.append(about | {"phase": "all"} | score_retrieval(found, gallery_of, queries_of, seed))
            for number in np.unique(phase[np.isfinite(phase)]):
                some = phase == number
                scores = score_retrieval(found[some], gallery_of, queries_of.where(some), seed)
                rows.append(about | {"phase": f"{number:.0f}"} | scores)
    return pd.DataFrame(rows, columns=COLUMNS)
