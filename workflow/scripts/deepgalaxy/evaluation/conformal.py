"""Intervals of time that hold for images of a new simulation.

Images of one merger resemble each other, so a level that covers 68 % of some images says little of another merger. Here
whole simulations calibrate: if the new one is exchangeable with these, an image of it is covered with at least the
probability asked for (two-layer conformal prediction: Dunn, Wasserman & Ramdas 2018, arXiv 1809.07441; Lee, Barber &
Willett 2023, arXiv 2306.06342). The promise is of the mean over simulations, not of each of them. Scores are those of
probabilities as the network gives them: a temperature fitted to the images that calibrate would fit these too well.
"""

import math

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.predictions import Predictions, time_distribution

SHARES = (0.68, 0.9)
"""Of the images, how many an interval is to hold."""
ROUNDING = 1e-9
"""Two sums of shares that differ by less are the same."""


def central_scores(predictions: Predictions, classes: pd.DataFrame) -> np.ndarray:
    """Return for each image with a time, in their order, the share of the smallest central interval with its true time.

    This is |2 F(t) - 1|, float64 (n,) in [0, 1], of the cumulative distribution F over time, which rises linearly
    within each interval of ``time_distribution``, so that ``central_interval`` of this share ends at the true time.
    """
    timed = predictions.where(predictions.timed)
    distribution, edges_myr = time_distribution(timed.probabilities, classes)
    cumulative = np.pad(np.cumsum(distribution, axis=1), ((0, 0), (1, 0)))
    level = [np.interp(t, edges_myr, row / row[-1]) for t, row in zip(timed.target_myr, cumulative, strict=True)]
    return np.abs(2 * np.array(level, float) - 1)


def groups_needed(share: float) -> int:
    """Return how many groups it takes to calibrate intervals that cover this ``share``, in (0, 1), of a new one.

    >>> groups_needed(0.68), groups_needed(0.9), groups_needed(0.95)
    (3, 9, 19)
    """
    return max(1, math.ceil(share / (1 - share) - ROUNDING))


def conformal_level(scores: np.ndarray, group: np.ndarray, share: float) -> float | None:
    """Return the level whose ``central_interval`` covers at least ``share`` of the images of a new group.

    ``scores`` (n,) are those of ``central_scores`` of images that the network was not trained on, ``group`` (n,) names
    the simulation of each. Each of the G groups has the weight 1/(G + 1), shared equally among its images, and the new
    one, of which nothing is known, the rest; the level is the ``share``-quantile of the scores with these weights (Lee,
    Barber & Willett 2023, section 3). None if there are fewer groups than ``groups_needed``.
    """
    which, counts = np.unique(group, return_inverse=True, return_counts=True)[1:]
    if len(counts) < groups_needed(share):
        return None
    order = np.argsort(scores, kind="stable")
    weight = 1 / ((len(counts) + 1) * counts[which[order]])
    reached = np.cumsum(weight) >= share - ROUNDING
    return float(scores[order][reached.argmax()])


def levels_by_others(scores: np.ndarray, group: np.ndarray, share: float) -> np.ndarray:
    """Return for each image the ``conformal_level`` of the images of all groups but its own, float64 (n,); NaN if there
    are too few.

    All levels follow from one order of the scores, since the images of a group take from what is reached only at their
    own places.
    """
    which, names = pd.factorize(group)
    if len(names) - 1 < groups_needed(share):
        return np.full(len(scores), np.nan)
    counts, order = np.bincount(which), np.argsort(scores, kind="stable")
    weight = 1 / (len(names) * counts)
    reached = np.cumsum(weight[which[order]])
    places = np.split(np.argsort(which[order], kind="stable"), np.cumsum(counts)[:-1])
    levels = np.empty(len(names))
    for number, own in enumerate(places):
        left_out = np.arange(len(own) + 1)  # so many of its own images lie before the level
        first = np.searchsorted(reached, share - ROUNDING + left_out * weight[number])
        fitting = np.searchsorted(own, first, side="right") == left_out
        levels[number] = scores[order[first[fitting.argmax()]]]
    return levels[which]
