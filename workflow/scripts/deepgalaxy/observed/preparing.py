"""From observed images to what a network reads, the way simulated ones come to it."""

import csv
from pathlib import Path

import cv2
import h5py
import numpy as np
from astropy.stats import mad_std, sigma_clipped_stats

from deepgalaxy.checksums import sha256
from deepgalaxy.files import whole_file
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.image import density_of, prepare_image, stretch
from deepgalaxy.logs import logger, progress
from deepgalaxy.observed.listing import readable_files
from deepgalaxy.observed.reading import read_header
from deepgalaxy.sample.prepared_file import as_brightness

SMALLEST = 8
"""Pixels that an image must have on each side."""
BORDER = 0.1
"""Part of an image's shorter side, along each edge, in which the background is measured."""
BACKGROUND_PIXELS = 1_000_000
"""Pixels of the border that are enough to measure it."""
NOISE_LEVEL = 3
"""Standard deviations of the noise up to which light is taken for background: simulated images have no noise, and the
stretch would show it as bright as a tail."""
BRIGHT_PERCENTILE = 99
"""Of the pixels of an image, by which its brightness is compared with that of others."""
COMPARED_IMAGES = 1000
"""Training images whose brightness is measured."""


def prepare_observed(
    paths: list[str],
    train: str | Path,
    largest_megapixels: float,
    images_output: str | Path,
    files_output: str | Path,
) -> None:
    """Prepare the images of some files like those of the prepared file ``train``.

    ``images_output`` gets ``images`` (n, pixels, pixels, 1), in the type of the training images, and ``file`` (n,),
    their names. ``files_output`` gets a row for every path: file, sha256, width, height, linear, used, and the reason
    why an image is not used.
    """
    with h5py.File(train) as file:
        pixels, dtype = file["images"].shape[1], file["images"].dtype.name
        brightness = typical_brightness(file["images"])
    readable = set(readable_files(paths))
    images, rows = [], []
    for path in progress(paths, len(paths), "observed images"):
        row = {"file": Path(path).name, "sha256": sha256(path) if path in readable else "", "used": True}
        try:
            header = read_header(path)
            row |= {"width": header.width, "height": header.height, "linear": header.linear}
            _check_size(header.width, header.height, largest_megapixels)
            light = light_above_background(header.load(), pixels)
            images.append(prepare_light(light, header.linear, brightness, dtype))
        except ValueError as error:
            row |= {"used": False, "reason": str(error)}
            logger.warning("%s is not used. %s", row["file"], error)
        rows.append(row)
    with whole_hdf5(images_output) as file:
        file["images"] = np.array(images, dtype).reshape(-1, pixels, pixels, 1)
        file["file"] = np.array([row["file"] for row in rows if row["used"]], h5py.string_dtype())
    with whole_file(files_output) as whole, open(whole, "w", newline="") as text:
        table = csv.DictWriter(text, ["file", "sha256", "width", "height", "linear", "used", "reason"])
        table.writeheader()
        table.writerows(rows)


def typical_brightness(images: h5py.Dataset) -> float:
    """Return the median over the first COMPARED_IMAGES of (n, pixels, pixels, 1) of their BRIGHT_PERCENTILE, in [0, 1].

    In a prepared file, whose images are shuffled, these are a random sample.
    """
    bright = [
        np.percentile(as_brightness(images[number]), BRIGHT_PERCENTILE)
        for number in range(min(len(images), COMPARED_IMAGES))
    ]
    return float(np.median(bright))


def light_above_background(image: np.ndarray, pixels: int) -> np.ndarray:
    """Return the light above background and noise of an image (height, width), float32 of shape (pixels, pixels).

    The background is the sigma-clipped median of the border. Pixels that are not finite count as background, and so
    does, at its final size, what is below NOISE_LEVEL times the noise in the border. Raises ValueError if no pixel is
    finite, or all are the same.
    """
    finite = np.isfinite(image)
    if not finite.any():
        raise ValueError("None of its pixels has a value.")
    if np.ptp(image[finite]) == 0:
        raise ValueError("All of its pixels are the same.")
    light = np.where(finite, image - background_level(image, finite), 0)
    light, covered = (fit_frame(part, pixels) for part in (light, finite))
    light[light < NOISE_LEVEL * noise_level(light, covered > 0.5)] = 0
    return pad_frame(light, pixels)


def fit_frame(image: np.ndarray, pixels: int) -> np.ndarray:
    """Return an image (height, width) as float32 whose longer side is ``pixels``, the shorter one in proportion to the
    nearest pixel, by area interpolation."""
    height, width = (max(1, round(side * pixels / max(image.shape))) for side in image.shape)
    return cv2.resize(image.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)


def pad_frame(light: np.ndarray, pixels: int) -> np.ndarray:
    """Return light above the background (height, width) in the middle of a frame (pixels, pixels) of background."""
    before = [(pixels - side) // 2 for side in light.shape]
    return np.pad(light, [(first, pixels - side - first) for side, first in zip(light.shape, before)])


def background_level(image: np.ndarray, valid: np.ndarray) -> float:
    """Return the median of the border of an image (height, width), clipped at 3 sigma; ``valid`` as in ``border``."""
    values = image[border(valid)]
    return float(sigma_clipped_stats(values[:: max(1, len(values) // BACKGROUND_PIXELS)], sigma=3)[1])


def noise_level(light: np.ndarray, valid: np.ndarray) -> float:
    """Return the standard deviation of the noise in the border of an image (height, width); ``valid`` as in ``border``.

    It is taken from the differences of neighbours in a row, so that light that varies smoothly is no noise, and from
    their median, so that a star is none.
    """
    return float(mad_std(np.diff(light, axis=1)[border(valid[:, 1:] & valid[:, :-1])]) / np.sqrt(2))


def border(valid: np.ndarray) -> np.ndarray:
    """Return which of the ``valid`` pixels (height, width) are in the border of the image; all of them if none is."""
    margin = max(1, round(BORDER * min(valid.shape)))
    chosen = valid.copy()
    chosen[margin:-margin, margin:-margin] = False
    return chosen if chosen.any() else valid


def prepare_light(light: np.ndarray, linear: bool, brightness: float, dtype: str) -> np.ndarray:
    """Return light above the background, (pixels, pixels), as an image of type uint8 in 0..255 or float16 in [0, 1].

    It is scaled so that its BRIGHT_PERCENTILE has the given brightness: before the stretch that simulated images have
    if it is ``linear``; else without one, since it was already stretched for display. Raises ValueError if that
    percentile is not above the background.
    """
    bright = np.percentile(light, BRIGHT_PERCENTILE)
    if bright <= 0:
        raise ValueError("Nothing in it stands out from its background.")
    shown = stretch(light * (density_of(brightness) / bright)) if linear else light * (brightness / bright)
    return prepare_image(np.clip(shown, 0, 1)[:, :, None], len(light), dtype)


def _check_size(width: int, height: int, largest_megapixels: float) -> None:
    """Raise ValueError for an image that is too small to show anything, or too large to be decoded."""
    if min(width, height) < SMALLEST:
        raise ValueError(f"It has {width} × {height} pixels; it needs {SMALLEST} on each side.")
    if width * height > largest_megapixels * 1e6:
        raise ValueError(
            f"It has {width} × {height} pixels, more than the {largest_megapixels:g} million that"
            " `observed: largest_megapixels` allows."
        )
