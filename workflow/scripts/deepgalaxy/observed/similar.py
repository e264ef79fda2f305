"""Which training images are most like images that were not simulated, however these are turned."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce

import numpy as np
import pandas as pd

from deepgalaxy.views import VIEWS, turned

NEAREST = 5
"""Similar images that are looked at."""
KNOWN = ["id", "file", "field", "used", "reason"]
"""What the table says of each observed image before the similar ones."""
DECIMALS = 4
"""Of a distance: the last bits of a network's output depend on what else is in the batch, and must not decide which of
two images as near as each other comes first."""
BLOCK = 64
"""Most images that are searched for at a time: each has a distance from every point."""
DESCRIBED = ("row", "group", "camera", "target_myr")
"""What the table says of each similar image, besides its distance."""


def search_observed(
    rows: Sequence[dict],
    images: np.ndarray,
    place: Callable[[np.ndarray], np.ndarray],
    points: np.ndarray,
    gallery: pd.DataFrame,
    batch_size: int,
) -> pd.DataFrame:
    """Return the table of ``tabulate_similar`` of observations, in their order, from their ``rows`` and the images of
    the used ones, as ``prepare_observations`` yields both; those that are not used have no similar images.

    ``points`` and ``gallery`` are the places of the images that are searched and what is known of these; ``place`` and
    ``batch_size`` are as in ``distance_of_turns``.
    """
    about = pd.DataFrame(rows).reindex(columns=KNOWN)
    used = about["used"].to_numpy(bool)
    found = tabulate_similar(about[used], distance_of_turns(images, place, points, batch_size), gallery)
    return pd.concat([found, about[~used]]).sort_index()


def distance_of_turns(
    images: np.ndarray, place: Callable[[np.ndarray], np.ndarray], points: np.ndarray, batch_size: int
) -> Iterator[np.ndarray]:
    """Yield for each of the ``images`` (m, pixels, pixels, 1) its distance (n,) from each of the ``points`` (n, d): the
    least of the VIEWS of the image, so that it is the same if the image is turned by a right angle or mirrored, and
    rounded to DECIMALS. ``place`` maps up to ``batch_size`` images (k, pixels, pixels, 1) to points (k, d), float32."""
    from sklearn.metrics import pairwise_distances  # whose import takes long

    step = min(batch_size, BLOCK)
    for start in range(0, len(images), step):
        views = (turned(images[start : start + step], view) for view in range(VIEWS))
        # In double precision: single precision loses half of its digits where two points are close.
        distances = (pairwise_distances(place(some).astype(float), points) for some in views)
        yield from reduce(np.minimum, distances).round(DECIMALS)


def tabulate_similar(about: pd.DataFrame, distance: Iterable[np.ndarray], gallery: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each image: what is known ``about`` it, and the NEAREST images, no two of one simulation.

    ``distance`` has for each image that (n,) from each row of the ``gallery``, with the columns DESCRIBED and
    ``group``. ``spread_myr`` is between the earliest and the latest of the times that the similar images have, empty if
    these are not two; then follow, for each by its number, DESCRIBED and ``distance``, empty where there are fewer
    simulations.
    """
    group, chosen, apart = gallery["group"].to_numpy(), [], []
    for row in distance:
        places = choose_from_several(np.argsort(row, kind="stable"), group, NEAREST)
        chosen.append(places)
        apart.append(row[places])
    times = [gallery["target_myr"].to_numpy(float)[places] for places in chosen]
    columns: dict[str, list] = {"spread_myr": [_spread(of_image[np.isfinite(of_image)]) for of_image in times]}
    for number in range(NEAREST):
        for name in DESCRIBED:
            values = gallery[name].to_numpy()
            columns[f"similar_{number + 1}_{name}"] = [
                values[places[number]] if number < len(places) else None for places in chosen
            ]
        columns[f"similar_{number + 1}_distance"] = [row[number] if number < len(row) else np.nan for row in apart]
    found = pd.DataFrame(columns, index=about.index).convert_dtypes()
    return pd.concat([about, found], axis=1)


def choose_from_several(order: np.ndarray, group: np.ndarray, k: int) -> np.ndarray:
    """Return the first k places of ``order`` (n,), nearest first, no two of which are of the same ``group``; fewer if
    there are fewer groups."""
    _, first = np.unique(group[order], return_index=True)
    return order[np.sort(first)[:k]]


def _spread(t_myr: np.ndarray) -> float:
    """Return the time between the first and the last of some times (n,); NaN if there are not two."""
    return float(np.ptp(t_myr)) if len(t_myr) > 1 else np.nan
