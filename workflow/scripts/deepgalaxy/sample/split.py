"""Splits into training, validation and test images."""

from dataclasses import replace

import numpy as np
import pandas as pd

from deepgalaxy.dataset.cameras import LINE_OF_SIGHT
from deepgalaxy.logs import logger
from deepgalaxy.sample.shares import Shares
from deepgalaxy.sample.time_parts import PARTS, place_among_parts

SPLITS = ("train", "validation", "test")
UNUSED = "unused"


def split_images(
    images: pd.DataFrame,
    by: str | list[str],
    validation: float,
    seed: int,
    test: float = 0.0,
    folds: int | None = None,
    fold: int = 1,
    training_units: int | None = None,
    block_myr: float | None = None,
) -> pd.DataFrame:
    """Return ``images`` with a column ``split``: all images of one unit are in the same split.

    A unit is, as ``by`` says: a ``simulation``; a ``line_of_sight``, the two cameras that see it from opposite sides; a
    ``time_block`` of ``block_myr``; or an ``image`` by itself, as upstream splits, which leaks: neighbouring snapshots
    and mirrored views of an image are then in other splits. The list of ``simulation`` and ``line_of_sight`` splits
    simulations and lines of sight each by themselves, and drops the images whose two units are in different splits, so
    that nothing of a test image's simulation or line of sight is in training or validation; the log says how many.

    ``validation`` and ``test`` are fractions of the units, rounded, at least one each. They are drawn evenly along an
    order of the units (by mass and size ratio, by height of the camera, by time, or by label), so that each split is as
    varied as its number of units allows. With ``folds`` in place of ``test``, the units are dealt into so many parts,
    each even along that order and the same for every ``fold``; the part number ``fold``, from 1, is tested, and
    validation is drawn from the others. With ``training_units``, no more than so many units (of a list, simulations)
    are trained on, the same ones and others if there are to be more; images of the rest are dropped.

    The log warns of classes that are validated or tested on and have no image to train on. Raises ValueError if nothing
    would be left to train on, if there are fewer units than ``training_units``, if a fold would test nothing, or if a
    list would leave one of the splits empty.
    """
    shares = Shares(validation, test, folds, fold, training_units)
    if isinstance(by, str):
        images = images.assign(split=_split_units(images, by, block_myr, shares, seed))
        kept = images[images["split"] != UNUSED].reset_index(drop=True)
        _tell_untrained_classes(kept)
        return kept
    of_others = replace(shares, training_units=None)
    assigned = [
        _split_units(images, name, block_myr, of_others if place else shares, seed) for place, name in enumerate(by)
    ]
    agreed = np.all([one == assigned[0] for one in assigned], axis=0) & (assigned[0] != UNUSED)
    kept = images.assign(split=assigned[0])[agreed].reset_index(drop=True)
    missing = [name for name in SPLITS if name not in set(kept["split"])]
    if missing:
        raise ValueError(
            f"Split by {' and '.join(by)}, no image is left for {' and '.join(missing)}; select more simulations and"
            " cameras, so that each simulation is seen from each line of sight."
        )
    logger.info(
        "%d of %d images lie between the splits by %s and are dropped",
        *(len(images) - len(kept), len(images), " and ".join(by)),
    )
    _tell_untrained_classes(kept)
    return kept


def _tell_untrained_classes(images: pd.DataFrame) -> None:
    """Warn of classes that are validated or tested on and have no image to train on."""
    trained = images.loc[images["split"] == "train", "label"]
    for split in SPLITS[1:]:
        classes = images.loc[images["split"] == split, "label"].unique()
        untrained = np.setdiff1d(classes, trained)
        if len(untrained):
            logger.warning(
                "%d of %d classes of the %s images have no image to train on, so that none of theirs can be named"
                " rightly: %s",
                *(len(untrained), len(classes), split, ", ".join(map(str, untrained))),
            )


def _split_units(images: pd.DataFrame, by: str, block_myr: float | None, shares: Shares, seed: int) -> pd.Series:
    """Return the split of each image, whose units are of one kind."""
    unit, order = _units(images, by, block_myr)
    units = pd.DataFrame({"unit": unit, "order": order}).groupby("unit", sort=True)["order"].first()
    rng = np.random.default_rng(seed)
    # Sorted by the order, isolated galaxies last, ties broken at random.
    ordered = units.index.to_numpy()[np.lexsort((rng.uniform(size=len(units)), units.to_numpy()))]
    validated, tests = shares.count(len(ordered), by)
    if shares.folds is None:
        tested = _evenly(tests, len(ordered), rng)
    else:
        tested = np.flatnonzero(_deal(len(ordered), shares.folds, rng) == shares.fold)
        rng = np.random.default_rng([seed, shares.fold])
    split = dict.fromkeys(ordered, "train") | dict.fromkeys(ordered[tested], "test")
    remaining = np.delete(ordered, tested)
    split |= dict.fromkeys(remaining[_evenly(validated, len(remaining), rng)], "validation")
    if shares.training_units is not None:
        trained = rng.permutation([name for name in ordered if split[name] == "train"])
        split |= dict.fromkeys(trained[shares.training_units :], UNUSED)
    return unit.map(split)


def _evenly(count: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Return ``count`` places, int64, among ``length``: every k-th, from a random start."""
    return np.floor((np.arange(count) + rng.uniform()) * length / count).astype(int)


def _deal(length: int, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Return the part, from 1, of each of ``length`` places, int64: of each ``folds`` neighbours, one goes to each."""
    parts = [rng.permutation(folds) + 1 for _ in range(-(-length // folds))]
    return np.concatenate(parts)[:length]


def _units(images: pd.DataFrame, by: str, block_myr: float | None) -> tuple[pd.Series, pd.Series]:
    """Return for each image the unit it belongs to, and the number by which units are ordered."""
    if by == "simulation":
        return images["group"], images["mass_ratio"] + 1e-3 * images["size_ratio"]
    if by == "line_of_sight":
        line = images["camera"].map(LINE_OF_SIGHT)
        # The first pair is the pole; the others follow at 45, 45, 45, 45, 90 and 90 degrees from it.
        return line, line
    if by == "time_block":
        if block_myr is None:
            raise ValueError("A split by time_block needs `block_myr`, the length of a block in Myr.")
        block = place_among_parts(images["t_myr"], images["t_myr"].min(), block_myr) // PARTS
        block = pd.Series(block.astype(int), images.index)
        return block, block
    if by == "image":
        return images.index.to_series(), images["label"]
    raise ValueError(f"There is no split by {by!r}; choose simulation, line_of_sight, time_block or image.")
