"""What is done to a single image, simulated or observed: light to brightness, brightness to what a network reads."""

from functools import cache

import cv2
import numpy as np

FAINTEST, BRIGHTEST = 1e-4, 0.1  # surface densities shown as black and white, 1e10 Msun/kpc^2


def stretch(density: np.ndarray) -> np.ndarray:
    """Return brightness in [0, 1], float32: the inverse hyperbolic sine of the surface density, so that faint tails and
    bright nuclei show together (Lupton et al. 2004, PASP 116, 133)."""
    return np.clip(np.arcsinh(density / FAINTEST) / np.arcsinh(BRIGHTEST / FAINTEST), 0, 1).astype(np.float32)


def density_of(brightness: np.ndarray | float) -> np.ndarray:
    """Return the surface density, float64, that ``stretch`` shows with a brightness in [0, 1], of any shape."""
    return FAINTEST * np.sinh(np.asarray(brightness, float) * np.arcsinh(BRIGHTEST / FAINTEST))


def prepare_image(image: np.ndarray, pixels: int, dtype: str) -> np.ndarray:
    """Return one image, (height, width, channels), as (pixels, pixels) of type uint8 in 0..255 or float16 in [0, 1].

    Channels are averaged; the size is changed by area interpolation, so that brightness is kept.
    """
    grey = image[:, :, 0] if image.shape[2] == 1 else image.mean(axis=2, dtype=np.float32)
    scale = 255 if image.dtype == np.uint8 else 1
    if grey.shape != (pixels, pixels):
        grey = cv2.resize(in_single_precision(grey), (pixels, pixels), interpolation=cv2.INTER_AREA)
    if dtype == "uint8":
        # Scaled, rounded and limited to 0..255 in one pass; brightness is never negative.
        return cv2.convertScaleAbs(grey, alpha=255 / scale)
    return (grey / np.float32(scale)).astype(np.float16)


def in_single_precision(image: np.ndarray) -> np.ndarray:
    """Return an image, (height, width), as float32 if it is float16, by a table: in a third of the time that NumPy
    takes. Other types stay what they are."""
    return cv2.LUT(image.view(np.uint16), _half_precision()) if image.dtype == np.float16 else image


@cache
def _half_precision() -> np.ndarray:
    """The numbers that are float16, (65536,) float32, by their bits."""
    return np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)


def cut_to_disc(image: np.ndarray) -> np.ndarray:
    """Return an image (pixels, pixels) with what lies outside its inscribed circle black.

    So no corner says how an image was turned. Pixels that the circle crosses keep the part of their light that is
    inside, to about a percent.
    """
    return (image * disc(len(image))).astype(image.dtype)


@cache
def disc(pixels: int) -> np.ndarray:
    """Return how much of each pixel of a frame (pixels, pixels) is inside the inscribed circle, float32 in [0, 1]."""
    from_centre = np.arange(pixels) - (pixels - 1) / 2
    distance = np.hypot(from_centre, from_centre[:, None])
    return np.clip(pixels / 2 - distance + 0.5, 0, 1).astype(np.float32)
