"""Splits into training, validation and test images."""

import numpy as np
import pandas as pd

from deepgalaxy.dataset.cameras import LINE_OF_SIGHT

SPLITS = ("train", "validation", "test")


def split_images(
    images: pd.DataFrame, by: str, validation: float, test: float, seed: int, block_myr: float | None = None
) -> pd.DataFrame:
    """Return ``images`` with a column ``split``: all images of one unit are in the same split.

    A unit is, as ``by`` says: a ``simulation``; a ``line_of_sight``, the two cameras that see it from opposite sides; a
    ``time_block`` of ``block_myr``; or an ``image`` by itself, as upstream splits, which leaks: neighbouring snapshots
    and mirrored views of an image are then in other splits. ``validation`` and ``test`` are fractions of the units,
    rounded, at least one each. They are drawn evenly along an order of the units (by mass and size ratio, by height of
    the camera, by time, or by label), so that each split is as varied as its number of units allows.

    Raises ValueError if nothing would be left to train on.
    """
    unit, order = _units(images, by, block_myr)
    units = pd.DataFrame({"unit": unit, "order": order}).groupby("unit", sort=True)["order"].first()
    counts = {"test": max(1, round(test * len(units))), "validation": max(1, round(validation * len(units)))}
    if sum(counts.values()) >= len(units):
        raise ValueError(
            f"A split of {len(units)} units ({by}) into {counts['validation']} for validation and {counts['test']} for"
            " testing leaves none to train on; select more, or lower the fractions."
        )
    rng = np.random.default_rng(seed)
    # Sorted by the order, ties broken at random; then every k-th is taken, from a random start.
    remaining = units.index.to_numpy()[np.lexsort((rng.uniform(size=len(units)), units.to_numpy()))]
    split = dict.fromkeys(remaining, "train")
    for name, count in counts.items():
        taken = np.floor((np.arange(count) + rng.uniform()) * len(remaining) / count).astype(int)
        split |= dict.fromkeys(remaining[taken], name)
        remaining = np.delete(remaining, taken)
    return images.assign(split=unit.map(split))


def _units(images: pd.DataFrame, by: str, block_myr: float | None) -> tuple[pd.Series, pd.Series]:
    """Return for each image the unit it belongs to, and the number by which units are ordered."""
    if by == "simulation":
        return images["group"], images["mass_ratio"] + 1e-3 * images["size_ratio"]
    if by == "line_of_sight":
        line = images["camera"].map(LINE_OF_SIGHT)
        # The first pair is the pole; the others follow at 45, 45, 45, 45, 90 and 90 degrees from it.
        return line, line
    if by == "time_block":
        block = ((images["t_myr"] - images["t_myr"].min()) // block_myr).astype(int)
        return block, block
    if by == "image":
        return images.index.to_series(), images["label"]
    raise ValueError(f"There is no split by {by!r}; choose simulation, line_of_sight, time_block or image.")
