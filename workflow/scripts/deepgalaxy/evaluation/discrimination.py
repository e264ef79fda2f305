"""How well a score tells images of one kind from those of another."""

import numpy as np

from deepgalaxy.evaluation.bootstrap import RESAMPLES


def area_under_curve(score: np.ndarray, positive: np.ndarray) -> float:
    """Return the probability that a ``positive`` image has a higher ``score`` than another one, equals counting half:
    the area under the receiver operating characteristic (Hanley & McNeil 1982, Radiology 143, 29).

    Both are (n,), ``positive`` bool, or 0 and 1. NaN if all images are of one kind, or a score is not known.
    """
    first, second = _of_kinds(score, positive)
    if not len(first) or not len(second) or np.isnan(score).any():
        return float("nan")
    return float(_wins(first, second) / (len(first) * len(second)))


def area_interval(
    score: np.ndarray, positive: np.ndarray, group: np.ndarray, seed: int
) -> tuple[float | None, float | None]:
    """Return the limits of the 95 % interval of ``area_under_curve`` (percentiles of the bootstrap).

    Whole simulations, by ``group`` (n,), are drawn with replacement; those of either kind apart, if none has images of
    both. Draws in which all images are of one kind have no area and are left out. Both limits are None if the images of
    either kind are of one simulation, if a score is not known, or if all draws agree.
    """
    which = np.unique(group, return_inverse=True)[1]
    parts = [
        _of_kinds(score[which == number], positive[which == number]) for number in range(which.max(initial=-1) + 1)
    ]
    counts = np.array([[len(first), len(second)] for first, second in parts]).reshape(-1, 2)
    if np.isnan(score).any() or ((counts > 0).sum(axis=0) < 2).any():
        return None, None
    wins = np.array([[_wins(first, second) for _, second in parts] for first, _ in parts])
    of_both = (counts > 0).all(axis=1).any()
    strata = [np.ones(len(parts), bool)] if of_both else [counts[:, kind] > 0 for kind in (0, 1)]
    rng = np.random.default_rng(seed)
    times = np.zeros((RESAMPLES, len(parts)))
    for stratum in strata:
        drawn = stratum.sum()
        times[:, stratum] = rng.multinomial(drawn, np.full(drawn, 1 / drawn), RESAMPLES)
    pairs = (times @ counts).prod(axis=1)
    won = ((times @ wins) * times).sum(axis=1)
    areas = won[pairs > 0] / pairs[pairs > 0]
    if not len(areas) or np.ptp(areas) < 1e-9:
        return None, None
    low, high = np.percentile(areas, (2.5, 97.5))
    return float(low), float(high)


def _of_kinds(score: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of positive images, and those of the others."""
    chosen = np.asarray(positive).astype(bool)
    return np.asarray(score, float)[chosen], np.asarray(score, float)[~chosen]


def _wins(first: np.ndarray, second: np.ndarray) -> float:
    """Return in how many pairs the first score is above the second, equals counting half."""
    ordered = np.sort(second)
    return float((np.searchsorted(ordered, first, "left") + np.searchsorted(ordered, first, "right")).sum() / 2)
