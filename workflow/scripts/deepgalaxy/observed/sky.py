"""What of an image is sky, where it holds no data, and what in it stands out from the noise."""

import cv2
import numpy as np
from astropy.stats import mad_std, sigma_clipped_stats

BORDER = 0.1
"""Part of an image's shorter side, along the edge of its data, in which the sky is measured."""
CONSTANT_PART = 0.001
"""Part of an image that is of one value and reaches its edge, from which on it may be without data."""
SECTOR_PIXELS = 200
"""Pixels of the border that are looked at together for noise."""
FEWEST_SECTORS = 8
NOISE_LEVEL = 3
"""Standard deviations of the noise up to which light is taken for sky: simulated images have no noise, and the stretch
would show it as bright as a tail."""
NOISE_PERCENTILE = 97.5
"""Of the pixels of a sector, up to which light is taken for sky: no more are lit, whatever the noise is like."""
SMALLEST_FEATURE = 4
"""Pixels side by side that must stand out together: noise that is not Gaussian is lone pixels."""


def seen(image: np.ndarray) -> np.ndarray:
    """Return which pixels of an image (height, width) hold data.

    They are finite, and belong to no area of one value that was put around what a camera saw. Such an area reaches the
    edge, and the data beside it have another level, or scatter to both sides of its value. An area of one value is kept
    if it is the sky itself, clipped or without noise, from which light rises.
    """
    valid = np.isfinite(image)
    while (empty := _constant_border(image, valid)).any():
        valid &= ~empty
    return valid


def light_above_noise(image: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return the light of an image (height, width) above sky and noise, float32 of the same shape, and 0 elsewhere."""
    light = np.where(valid, image - background_level(image, valid), 0).astype(np.float32)
    lit = (light > max(NOISE_LEVEL * noise_level(light, valid), noise_peak(light, valid))).astype(np.uint8)
    _, labels, areas, _ = cv2.connectedComponentsWithStats(lit, connectivity=8)
    large = areas[:, cv2.CC_STAT_AREA] >= SMALLEST_FEATURE
    large[0] = False  # all that is not lit
    return np.where(large[labels], light, 0)


def background_level(image: np.ndarray, valid: np.ndarray) -> float:
    """Return the median of the border of an image (height, width), clipped at 3 sigma; ``valid`` as in ``border``."""
    return float(sigma_clipped_stats(image[border(valid)], sigma=3)[1])


def noise_level(light: np.ndarray, valid: np.ndarray) -> float:
    """Return the standard deviation of the noise in the border of an image (height, width); ``valid`` as in ``border``.

    It is taken from the differences of neighbours in a row, so that light that varies smoothly is no noise, and from
    their median, so that a star is none. Without neighbours it is 0.
    """
    differences = np.diff(light, axis=1)[border(valid[:, 1:] & valid[:, :-1])]
    return float(mad_std(differences) / np.sqrt(2)) if len(differences) else 0.0


def noise_peak(light: np.ndarray, valid: np.ndarray) -> float:
    """Return how far above the sky noise of any kind, such as that of few counts, reaches in the border of an image
    (height, width); ``valid`` as in ``border``.

    Of each sector it is the NOISE_PERCENTILE above the median, or NOISE_LEVEL standard deviations if that is more,
    since neighbours may share their noise; of these, the median, so that stars and tails in some sectors do not count.
    """
    rows, columns = np.nonzero(border(valid))
    middle = [(side - 1) / 2 for side in light.shape]
    around = np.argsort(np.arctan2(rows - middle[0], columns - middle[1]), kind="stable")
    values = light[rows[around], columns[around]]
    sectors = np.array_split(values, max(FEWEST_SECTORS, len(values) // SECTOR_PIXELS))
    return float(np.median([_reach(sector) for sector in sectors if len(sector)]))


def _reach(values: np.ndarray) -> float:
    """Return how far above their median the noise of some pixels reaches."""
    return max(np.percentile(values, NOISE_PERCENTILE) - np.median(values), NOISE_LEVEL * mad_std(values))


def border(valid: np.ndarray) -> np.ndarray:
    """Return which of the ``valid`` pixels (height, width) are along the edge of the image, or of its data; all of them
    if none is. Gaps that are thinner than half of the border are no edge."""
    margin = _margin(valid)
    gap = 2 * (margin // 4) + 1
    outside = cv2.morphologyEx(_outside(valid, gap), cv2.MORPH_OPEN, np.ones((gap, gap), np.uint8))
    chosen = valid & (_distance(outside)[gap:-gap, gap:-gap] <= margin)
    return chosen if chosen.any() else valid


def _margin(image: np.ndarray) -> int:
    """Return the width of the border of an image (height, width) in pixels."""
    return max(1, round(BORDER * min(image.shape)))


def _outside(valid: np.ndarray, frame: int) -> np.ndarray:
    """Return, as 0 and 1, uint8, which pixels are not ``valid`` and connected to the edge of the image; a frame that is
    so many pixels wide is added around it."""
    missing = np.pad(~valid, frame, constant_values=True).astype(np.uint8)
    cv2.floodFill(missing, None, (0, 0), 2)
    return (missing == 2).astype(np.uint8)


def _distance(chosen: np.ndarray) -> np.ndarray:
    """Return how many steps, diagonal ones too, each pixel is away from the nearest one that is not 0; float32."""
    return cv2.distanceTransform((chosen == 0).astype(np.uint8), cv2.DIST_C, 3)


def _constant_border(image: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return which of the ``valid`` pixels (height, width) are in areas of one value along the edge that are no sky."""
    edge = valid & (_distance(_outside(valid, 1))[1:-1, 1:-1] == 1)
    values, counts = np.unique(image[edge], return_counts=True)
    empty = np.zeros(image.shape, bool)
    # By far the most edges have no such area, and one that has few pixels at the edge has few of them.
    for value in values[counts**2 >= CONSTANT_PART * image.size]:
        same = valid & (image == value)
        _, labels, areas, _ = cv2.connectedComponentsWithStats(same.astype(np.uint8), connectivity=4)
        large = areas[:, cv2.CC_STAT_AREA] >= CONSTANT_PART * image.size
        at_edge = np.zeros(len(areas), bool)
        at_edge[labels[same & edge]] = True
        area = (large & at_edge)[labels]
        if area.any() and not _is_sky(image, valid & ~area, area, value):
            empty |= area
    return empty


def _is_sky(image: np.ndarray, rest: np.ndarray, area: np.ndarray, value: float) -> bool:
    """Return whether an ``area`` of one value is sky, by what the ``rest`` of the data is like.

    Light rises from a sky: further inside it is brighter than beside the area by at least as much as that is than the
    area, and nearly nothing is darker; or nothing is further inside. Noise of few counts or steps is ragged: such areas
    are, or what is beside them is lone pixels. Without noise, steps of brightness are areas of one value, too, and so
    is the sky beside a frame, which differs from it by more than a few steps.
    """
    distance, margin = _distance(area), _margin(image)
    beside, inside = rest & (distance <= 2), rest & (distance > margin / 2) & (distance <= margin)
    if not inside.any() or not beside.any():
        return not inside.any()  # what other gaps keep apart from the data is no sky of theirs
    if _solid(area)[area].mean() < 0.5 or _solid(rest)[beside].mean() < 0.5:
        return True
    level, level_inside = np.median(image[beside]), np.median(image[inside])
    jump, rises = abs(level - value), level_inside - level >= abs(level - value)
    near = rest & (distance <= margin)
    same = np.diff(image, axis=1)[near[:, 1:] & near[:, :-1]] == 0
    if same.sum() > len(same) / 2:  # no noise
        steps = np.diff(np.unique(image[near]))
        return bool(rises or (len(steps) and jump <= 3 * steps.min()))
    return bool(rises and np.mean(image[inside] < value) < 0.25)


def _solid(chosen: np.ndarray) -> np.ndarray:
    """Return which of the ``chosen`` pixels are in a square of 3 × 3 of them; the image goes on beyond its edge."""
    wider = cv2.copyMakeBorder(chosen.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return cv2.morphologyEx(wider, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))[1:-1, 1:-1]
