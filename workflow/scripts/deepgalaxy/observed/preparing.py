"""From observed images to what a network reads, the way simulated ones come to it."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import h5py
import numpy as np

from deepgalaxy.checksums import sha256
from deepgalaxy.image import cut_to_disc, density_of, prepare_image, stretch
from deepgalaxy.observed.field import Field, find_field, light_in_field, share_in_image
from deepgalaxy.observed.header import ImageHeader, check_size
from deepgalaxy.observed.listing import is_readable, printable, shown_name
from deepgalaxy.observed.observation import Observation
from deepgalaxy.observed.reading import read_header
from deepgalaxy.observed.sky import light_above_noise, seen
from deepgalaxy.resampling import DISC, light_of, sight_of
from deepgalaxy.sample.prepared_file import as_brightness

SMALLEST = 8
"""Pixels that an image must have on each side."""
LARGEST_FIELD = 100
"""Times as large as the image is a field that cannot be meant."""
BRIGHT_PERCENTILE = 99
"""Of the pixels of an image, by which its brightness is compared with that of others."""
COMPARED_IMAGES = 1000
"""Training images whose brightness is measured."""


@dataclass(frozen=True)
class Frame:
    """What the images of a network are like: ``pixels`` on each side, of type ``dtype``; ``shape``, a "square" or a
    "disc" with nothing outside it; ``half_width_kpc``, how much there is to each side of the middle, None if that is
    not known; and ``brightness``, that of a typical one (``typical_brightness``)."""

    pixels: int
    dtype: str
    shape: str
    half_width_kpc: float | None
    brightness: float

    @classmethod
    def of(cls, prepared: str | Path) -> "Frame":
        """Return that of the images of a prepared file."""
        with h5py.File(prepared) as file:
            images = file["images"]
            sight = sight_of(file.attrs, images.shape, images.dtype.name)
            return cls(sight.pixels, sight.dtype, sight.shape, sight.half_width_kpc, typical_brightness(images))


def prepare_observation(
    observation: Observation, frame: Frame, largest_megapixels: float
) -> tuple[dict, np.ndarray | None]:
    """Return what is said of an observation, and its image (pixels, pixels) in the type of the frame, None if it
    cannot be used.

    What is said are ``id``, ``file``, ``sha256``, ``width``, ``height``, ``linear``, ``field``, ``kpc_per_pixel``,
    ``share_in_image`` (docs/observed.md), ``used``, and the ``reason`` why it is not.
    """
    row: dict = {"id": observation.id, "file": shown_name(observation.path), "used": True}
    try:
        row["sha256"] = sha256(observation.path) if is_readable(observation.path) else ""
        header = read_header(observation.path)
        row |= {"width": header.width, "height": header.height, "linear": header.linear}
        check_size(header, SMALLEST, largest_megapixels)
        field, row["field"] = find_field(header, observation, frame.half_width_kpc)
        if field:
            row |= _describe_field(field, header, frame)
            light = light_in_field(header.load(), field, frame.pixels)
        else:
            light = light_above_background(header.load(), frame.pixels)
        if frame.shape == DISC:
            light = cut_to_disc(light)
        return row, prepare_light(light, header.linear, frame.brightness, frame.dtype)
    except (ValueError, OSError, MemoryError) as error:
        reason = f"It cannot be read: {error.strerror}." if isinstance(error, OSError) else printable(str(error))
        return row | {"used": False, "reason": reason or "It does not fit into memory."}, None


def _describe_field(field: Field, header: ImageHeader, frame: Frame) -> dict:
    """Return what the table says of a field; raise ValueError if it is too small, or so large that it shows nothing."""
    across = 2 * min(field.half)
    if across < SMALLEST:
        raise ValueError(
            f"The field of the model is {across:.1f} pixels across in it; it needs {SMALLEST}. Is the scale right?"
        )
    if 4 * field.half[0] * field.half[1] > LARGEST_FIELD * header.width * header.height:
        raise ValueError(
            f"The field of the model is {2 * field.half[1]:.0f} × {2 * field.half[0]:.0f} pixels, and the image"
            f" {header.width} × {header.height}, which is too little of it. Is the scale right?"
        )
    scale = frame.half_width_kpc / field.half[1] if frame.half_width_kpc else None
    return {"kpc_per_pixel": scale, "share_in_image": share_in_image(field, header.height, header.width)}


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


def as_observed(images: np.ndarray, frame: Frame) -> np.ndarray:
    """Return images of a prepared file (n, pixels, pixels, 1) as they would be if they had been observed.

    How bright an observed image is depends on the camera, so that ``prepare_light`` makes all alike; simulated ones are
    as bright as their stars are many. One in which nothing stands out stays as it is.
    """
    light = light_of(images)[:, :, :, 0]
    seen = images.copy()
    for place, one in zip(seen, light):
        with suppress(ValueError):
            place[:, :, 0] = prepare_light(one, True, frame.brightness, frame.dtype)
    return seen
