"""What is known of an image before its pixels are decoded, and what all formats have in common after that."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

WHOLE_IN_FLOAT32 = 2**24
"""Up to which float32 holds every whole number."""
UPRIGHT = 1
SIDEWAYS = (5, 6, 7, 8)
"""Orientations, as Exif and TIFF number them, in which width and height change places."""


@dataclass(frozen=True)
class ImageHeader:
    """What is known of an image before its pixels are decoded.

    ``linear`` says whether values are proportional to the light. ``load`` returns float32 of shape (height, width),
    grey and with row 0 at the top; what has no value, or is transparent, is NaN. ``world`` returns the celestial
    coordinates of the pixels, an ``astropy.wcs.WCS`` of two axes, or None if the file has none that can be used.
    """

    width: int
    height: int
    linear: bool
    load: Callable[[], np.ndarray]
    world: Callable[[], Any] | None = None


def check_size(header: ImageHeader, smallest: int, largest_megapixels: float) -> None:
    """Raise ValueError for an image of fewer than ``smallest`` pixels on a side, or too large to be decoded."""
    width, height = header.width, header.height
    if min(width, height) < smallest:
        raise ValueError(f"It has {width} × {height} pixels; it needs {smallest} on each side.")
    if width * height > largest_megapixels * 1e6:
        raise ValueError(
            f"It has {width} × {height} pixels, more than the {largest_megapixels:g} million that"
            " `largest_megapixels` allows."
        )


def grey(pixels: np.ndarray) -> np.ndarray:
    """Average colours (height, width[, channels]) as the channels of simulated images are; a last one of an even number
    is opacity."""
    if pixels.ndim == 2:
        return _without_pedestal(pixels).astype(np.float32)
    colours = pixels.shape[2] - (pixels.shape[2] % 2 == 0)
    averaged = pixels[:, :, :colours].mean(axis=2, dtype=np.float32)
    if colours < pixels.shape[2]:
        averaged[pixels[:, :, -1] == 0] = np.nan
    return averaged


def _without_pedestal(pixels: np.ndarray) -> np.ndarray:
    """Take the smallest value away from numbers that float32 would round: the sky is taken away from light anyway."""
    if pixels.dtype.itemsize < 4 or pixels.dtype in (np.float32, ">f4"):
        return pixels
    finite = pixels[np.isfinite(pixels)]
    if not finite.size:
        return pixels
    smallest, largest = float(finite.min()), float(finite.max())
    if np.issubdtype(pixels.dtype, np.integer) and max(abs(smallest), abs(largest)) <= WHOLE_IN_FLOAT32:
        return pixels
    spread = largest - smallest
    rounded = max(abs(smallest), abs(largest)) * np.finfo(np.float32).eps
    return pixels.astype(float) - smallest if 0 < spread < 1e6 * rounded else pixels


def turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Return an image (height, width) as it was seen; ``orientation`` is as Exif and TIFF number it, from 1 to 8."""
    if orientation in SIDEWAYS:
        pixels = pixels.T
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def size_when_turned(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Return the width and the height that an image has after ``turned``."""
    return (height, width) if orientation in SIDEWAYS else (width, height)
