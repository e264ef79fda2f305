"""Scores of predicted properties: distributions over a number, axes, and probabilities of true or false."""

import numpy as np

from deepgalaxy.evaluation.conformal import SHARES
from deepgalaxy.targets import AXIS, BINARY, HISTOGRAM, Target, as_five_numbers, axis_of, smeared

MIDDLE = {f"coverage_{100 * share:.0f}": share for share in SHARES}
"""The central shares of a distribution whose coverage is scored."""


def labels_of(true: np.ndarray, target: Target) -> np.ndarray:
    """Return what a perfect head gives, float64 (n, bins), by the known true values (n, columns): as trained on."""
    if target.kind == HISTOGRAM:
        return smeared(true[:, 0], target)
    return as_five_numbers(true) if target.kind == AXIS else np.concatenate([1 - true, true], axis=1)


def cumulated(distribution: np.ndarray) -> np.ndarray:
    """Return the distribution function at the edges, (n, m + 1), of probabilities of bins (n, m)."""
    total = np.cumsum(distribution, axis=1, dtype=float)
    return np.pad(total / total[:, -1:], ((0, 0), (1, 0)))


def median_of(distribution: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the median, (n,), of each distribution (n, m) over bins with ``edges`` (m + 1,), flat within each."""
    return np.array([np.interp(0.5, row, edges) for row in cumulated(distribution)])


def mean_of(distribution: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the mean, (n,), of each distribution (n, m) over bins with ``edges`` (m + 1,)."""
    return distribution @ ((edges[1:] + edges[:-1]) / 2) / distribution.sum(axis=1)


def level_of(distribution: np.ndarray, edges: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return the distribution function, (n,), of each distribution (n, m) at its true value (n,)."""
    return np.array([np.interp(value, edges, row) for value, row in zip(true, cumulated(distribution))])


def crps(distribution: np.ndarray, edges: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return the continuous ranked probability score, (n,), in the unit of the edges: the integral of the squared
    difference between the distribution function and the step at the true value (n,). Lower is better.

    Gneiting & Raftery 2007, JASA 102, 359, section 4.2. The distributions (n, m) are flat within the bins with
    ``edges`` (m + 1,), so that each bin's part is the integral of a parabola on either side of the true value.
    """
    function, width = cumulated(distribution), np.diff(edges)
    left, right = function[:, :-1], function[:, 1:]
    within = np.clip((true[:, None] - edges[:-1]) / width, 0, 1)
    at_true = left + within * (right - left)
    below = within * width * _mean_square(left, at_true)
    above = (1 - within) * width * _mean_square(1 - at_true, 1 - right)
    beyond = np.maximum(edges[0] - true, 0) + np.maximum(true - edges[-1], 0)
    return (below + above).sum(axis=1) + beyond


def _mean_square(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return the mean square of what goes evenly from ``first`` to ``last``."""
    return (first**2 + first * last + last**2) / 3


def angle_between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the angle in degrees, 0 to 90, (n,), between axes given by unit vectors (n, 3) of either sign."""
    return np.degrees(np.arccos(np.clip(np.abs((one * other).sum(axis=1)), 0, 1)))


def error_of(predicted: np.ndarray, true: np.ndarray, target: Target) -> np.ndarray:
    """Return the error of each image, (n,), by what a head gives (n, bins) and the known true values (n, columns).

    That is the distance of the median from the true number in its unit, the angle of an axis in degrees, or the squared
    distance of the probability from what is true, 0 or 1 (Brier 1950).
    """
    if target.kind == AXIS:
        return angle_between(axis_of(predicted), true)
    if target.kind == BINARY:
        return (predicted[:, 1] - true[:, 0]) ** 2
    return np.abs(median_of(predicted, target.edges) - true[:, 0])


def typical(errors: np.ndarray, target: Target) -> float:
    """Return the one number by which predictions of a property are compared: the median of the errors (n,) of
    ``error_of``, and for what is true or false their mean; infinite if there are none."""
    if not len(errors):
        return np.inf
    return float(errors.mean() if target.kind == BINARY else np.median(errors))


def squared_error(predicted: np.ndarray, true: np.ndarray, target: Target) -> np.ndarray:
    """Return the squared distance, (n,), of what is expected from what is true."""
    if target.kind == HISTOGRAM:
        return (mean_of(predicted, target.edges) - true[:, 0]) ** 2
    if target.kind == AXIS:
        return ((predicted - as_five_numbers(true)) ** 2).sum(axis=1)
    return (predicted[:, 1] - true[:, 0]) ** 2
