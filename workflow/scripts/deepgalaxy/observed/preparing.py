"""From observed images to what a network reads, the way simulated ones come to it."""

import csv
from pathlib import Path

import cv2
import h5py
import numpy as np

from deepgalaxy.checksums import sha256
from deepgalaxy.files import whole_file
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.image import density_of, prepare_image, stretch
from deepgalaxy.logs import logger, progress
from deepgalaxy.observed.listing import is_readable, printable, shown_name
from deepgalaxy.observed.reading import read_header
from deepgalaxy.observed.sky import light_above_noise, seen
from deepgalaxy.sample.prepared_file import as_brightness

SMALLEST = 8
"""Pixels that an image must have on each side."""
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
    their names as ``shown_name`` has them. ``files_output`` gets a row for every path: file, sha256, width, height,
    linear, used, and the reason why an image is not used.
    """
    with h5py.File(train) as file:
        pixels, dtype = file["images"].shape[1], file["images"].dtype.name
        brightness = typical_brightness(file["images"])
    images, rows = [], []
    for path in progress(paths, len(paths), "observed images"):
        row = {"file": shown_name(path), "used": True}
        try:
            row["sha256"] = sha256(path) if is_readable(path) else ""
            header = read_header(path)
            row |= {"width": header.width, "height": header.height, "linear": header.linear}
            _check_size(header.width, header.height, largest_megapixels)
            light = light_above_background(header.load(), pixels)
            images.append(prepare_light(light, header.linear, brightness, dtype))
        except (ValueError, OSError) as error:
            reason = f"It cannot be read: {error.strerror}." if isinstance(error, OSError) else printable(str(error))
            row |= {"used": False, "reason": reason}
            logger.warning("%s is not used. %s", row["file"], reason)
        rows.append(row)
    with whole_hdf5(images_output) as file:
        file["images"] = np.array(images, dtype).reshape(-1, pixels, pixels, 1)
        file["file"] = np.array([row["file"] for row in rows if row["used"]], h5py.string_dtype())
    with whole_file(files_output) as whole, open(whole, "w", newline="", encoding="utf-8") as text:
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
    """Return the light above sky and noise of an image (height, width), float32 of shape (pixels, pixels).

    Pixels without data count as sky. Sky and noise are measured and taken away at the smaller of both sizes: a mean
    over many pixels has less noise, and of another kind, but what is only enlarged has that of its own pixels. Raises
    ValueError if no pixel is finite, if all are the same, or if data are nowhere the greater part.
    """
    finite = image[np.isfinite(image)]
    if not finite.size:
        raise ValueError("None of its pixels has a value.")
    if np.ptp(finite) == 0:
        raise ValueError("All of its pixels are the same.")
    valid = seen(image)
    if max(image.shape) < pixels:
        return pad_frame(fit_frame(light_above_noise(image, valid), pixels), pixels)
    total, covered = (fit_frame(part, pixels) for part in (np.where(valid, image, 0), valid))
    mean = np.divide(total, covered, out=np.zeros_like(total), where=covered > 0)
    if not (covered > 0.5).any():
        raise ValueError("Too few of its pixels have a value.")
    return pad_frame(light_above_noise(mean, covered > 0.5), pixels)


def fit_frame(image: np.ndarray, pixels: int) -> np.ndarray:
    """Return an image (height, width) as float32 whose longer side is ``pixels``, the shorter one in proportion to the
    nearest pixel, by area interpolation."""
    height, width = (max(1, round(side * pixels / max(image.shape))) for side in image.shape)
    return cv2.resize(image.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)


def pad_frame(light: np.ndarray, pixels: int) -> np.ndarray:
    """Return light above the background (height, width) in the middle of a frame (pixels, pixels) of background."""
    before = [(pixels - side) // 2 for side in light.shape]
    return np.pad(light, [(first, pixels - side - first) for side, first in zip(light.shape, before)])


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
