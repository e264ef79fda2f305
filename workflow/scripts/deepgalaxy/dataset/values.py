"""The values of the images of one camera of a group: what they are, and what is wrong with them."""

from dataclasses import dataclass

import cv2
import h5py
import numpy as np

from deepgalaxy.dataset.contents import image_checksums
from deepgalaxy.dataset.pieces import Pieces
from deepgalaxy.dataset.reading import read_images
from deepgalaxy.image import in_single_precision

READ_BYTES = 64 * 2**20  # to read images at a time, if a piece of them takes no more


@dataclass
class Values:
    """What images hold: the smallest and the largest value, the mean of all, and the checksum of each image."""

    minimum: float
    maximum: float
    mean: float
    checksums: np.ndarray


def describe_values(images: h5py.Dataset, path: str) -> tuple[Values, list[str]]:
    """Return what images, (n, height, width, channels), hold, and what is wrong with it."""
    extremes, checksums = np.full((len(images), 2), np.nan), np.zeros(len(images), np.uint32)
    total, violations = 0.0, []
    for piece in Pieces.of(images).slices(len(images), READ_BYTES):
        numbers = range(piece.start, piece.stop)
        try:
            for number, image in zip(numbers, read_images(images, numbers)):
                extremes[number] = smallest_and_largest(image.reshape(1, -1))[0]
                checksums[number] = image_checksums([image])[0]
                total += sum_of(image)
        except OSError:
            violations += _unreadable(images, path, numbers)
            continue
        violations += [
            f"{path}[{number}] has values that are not numbers"
            for number in numbers
            if np.isnan(extremes[number]).any()
        ]
    known = extremes[~np.isnan(extremes).any(axis=1)]
    minimum, maximum = (known[:, 0].min(), known[:, 1].max()) if len(known) else (np.nan, np.nan)
    violations += _odd_values(extremes, float(minimum), float(maximum), images, path)
    return Values(float(minimum), float(maximum), total / images.size, checksums), violations


def _odd_values(extremes: np.ndarray, minimum: float, maximum: float, images: h5py.Dataset, path: str) -> list[str]:
    """Return what is wrong with values that are numbers: ``extremes`` (n, 2) of each image, and those of all."""
    constant = np.flatnonzero(extremes[:, 0] == extremes[:, 1])
    if 1 < len(constant) == len(images):
        return [f"{path} has a single value everywhere in each of its {len(images)} images"]
    violations = [f"{path}[{number}] has the value {extremes[number, 0]:g} everywhere" for number in constant]
    if images.dtype != np.uint8 and (minimum < 0 or maximum > 1):
        violations.append(f"{path} has values from {minimum:g} to {maximum:g}, outside [0, 1]")
    if images.dtype != np.uint8 and 0 < maximum < 1 / 255:
        violations.append(f"{path} has no value above {maximum:g}, which in the range from 0 to 1 is black")
    if images.dtype == np.uint8 and 0 < maximum <= 1:
        violations.append(f"{path} is of type uint8 but uses only 0 and 1 of its range from 0 to 255")
    return violations


def smallest_and_largest(values: np.ndarray) -> np.ndarray:
    """Return the smallest and the largest value of each row of (n, m), as (n, 2); NaN where any value is NaN.

    Floats from 0 to 1 are in the order of the integers with the same bits (IEEE 754), which numpy compares some 30
    times as fast as float16. Larger, negative (also -0) and undefined floats have larger integers; these are compared
    as floats.
    """
    if values.dtype.kind == "f":
        unsigned = values.dtype.str.replace("f", "u")
        bits = values.view(unsigned)
        extremes = np.stack([bits.min(axis=1), bits.max(axis=1)], axis=1).astype(unsigned)
        if extremes.max() <= np.ones(1, values.dtype).view(unsigned)[0]:
            return extremes.view(values.dtype)
    return np.stack([values.min(axis=1), values.max(axis=1)], axis=1)


def sum_of(image: np.ndarray) -> float:
    """Return the sum of all values of an image (height, width, channels).

    Numbers that are float16 add up in double precision without being rounded, in whatever order: up to 2^29 of [0, 1].
    """
    if image.dtype != np.float16:
        return float(image.sum(dtype=float))
    return float(cv2.sumElems(in_single_precision(image.reshape(len(image), -1)))[0])


def _unreadable(images: h5py.Dataset, path: str, numbers: range) -> list[str]:
    """Name the images among ``numbers`` that cannot be read."""
    errors = {}
    for number in numbers:
        try:
            images[number]
        except OSError as error:
            errors[number] = str(error)
    if 1 < len(errors) == len(images):
        return [f"{path} cannot be read ({errors[0]})"]
    return [f"{path}[{number}] cannot be read ({error})" for number, error in errors.items()]
