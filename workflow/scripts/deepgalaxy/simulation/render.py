"""Stars to images, as each of the fourteen cameras sees them."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial import cKDTree

from deepgalaxy.dataset.cameras import image_axes

# Smoothing lengths in kpc, a factor of two apart, so that each can be applied as one blur of an image.
SMOOTHING_KPC = 0.15 * 2.0 ** np.arange(7)
NEIGHBOUR = 12


@dataclass(frozen=True)
class SmoothedStars:
    """Stars of one snapshot: ``positions`` (n, 3) in kpc, ``masses`` (n,) in 1e10 Msun, and ``level`` (n,), the index
    into SMOOTHING_KPC of the length over which each star's light is spread."""

    positions: np.ndarray
    masses: np.ndarray
    level: np.ndarray

    @classmethod
    def by_density(cls, positions: np.ndarray, masses: np.ndarray) -> "SmoothedStars":
        """Spread each star over half the distance to its twelfth neighbour: sharp nuclei, smooth tails."""
        neighbour = min(NEIGHBOUR, len(positions))
        distance, _ = cKDTree(positions).query(positions, k=[neighbour])
        level = np.round(np.log2(0.5 * distance[:, 0] / SMOOTHING_KPC[0]))
        return cls(positions, masses, np.clip(level, 0, len(SMOOTHING_KPC) - 1).astype(int))


def surface_density(stars: SmoothedStars, direction: np.ndarray, pixels: int, half_width_kpc: float) -> np.ndarray:
    """Return the projected mass in 1e10 Msun/kpc^2, float32 of shape (pixels, pixels), row 0 at the top.

    The camera looks from ``direction``, a unit vector, at the origin; the image extends ``half_width_kpc`` to each
    side.
    """
    right, up = image_axes(direction)
    # In units of the image: 0 is the left or top edge, 1 the other.
    x = 0.5 + stars.positions @ right / (2 * half_width_kpc)
    y = 0.5 - stars.positions @ up / (2 * half_width_kpc)
    inside = (x >= 0) & (x < 1) & (y >= 0) & (y < 1)
    image = np.zeros((pixels, pixels), np.float32)
    for level, smoothing_kpc in enumerate(SMOOTHING_KPC):
        chosen = inside & (stars.level == level)
        if not chosen.any():
            continue
        # A broad blur is as good, and far cheaper, on a coarser grid where it still spans 1.5 to 3 cells.
        grid = pixels
        while grid % 2 == 0 and grid > 32 and smoothing_kpc * grid / (2 * half_width_kpc) > 3:
            grid //= 2
        cell = (y[chosen] * grid).astype(int) * grid + (x[chosen] * grid).astype(int)
        binned = np.bincount(cell, weights=stars.masses[chosen], minlength=grid * grid)
        binned = binned.reshape(grid, grid).astype(np.float32)
        sigma = max(smoothing_kpc * grid / (2 * half_width_kpc), 0.35)
        blurred = cv2.GaussianBlur(binned, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
        if grid != pixels:
            blurred = cv2.resize(blurred, (pixels, pixels), interpolation=cv2.INTER_CUBIC)
            blurred = np.maximum(blurred, 0) * np.float32((grid / pixels) ** 2)
        image += blurred
    return image / np.float32((2 * half_width_kpc / pixels) ** 2)
