"""Cut-outs of the sky, empty or with other galaxies, whose light is added to training images."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import h5py
import numpy as np

from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.observed.header import check_size
from deepgalaxy.observed.listing import CUTOUTS, shown_name
from deepgalaxy.observed.reading import read_header
from deepgalaxy.observed.sky import background_level, noise_level, seen


def prepare_background(paths: Sequence[str], train: str | Path, output: str | Path, largest_megapixels: float) -> None:
    """Write the ``light`` of image files, float32 (m, pixels, pixels) for m of them, of the size of the images of the
    prepared file ``train``, and their ``file`` (m,).

    Of each, the largest square in the middle is reduced by area. Its sky is 0, and the noise in that has a standard
    deviation of 1.

    Raises ValueError, with the name of the file, if one cannot be read, has more than ``largest_megapixels`` million
    pixels, which are not decoded, is smaller than the images, or has no noise.
    """
    with h5py.File(train) as file:
        pixels = file["images"].shape[1]
    with whole_hdf5(output) as file:
        light = file.create_dataset("light", (len(paths), pixels, pixels), np.float32)
        for number, path in enumerate(paths):
            light[number] = _light(path, pixels, largest_megapixels)
        file["file"] = np.array([shown_name(path) for path in paths], h5py.string_dtype())


def _light(path: str, pixels: int, largest_megapixels: float) -> np.ndarray:
    """Return the light of one file as ``prepare_background`` writes it."""
    where = f"{CUTOUTS}: {shown_name(path)}"
    try:
        header = read_header(path)
        check_size(header, pixels, largest_megapixels)
        image = np.asarray(header.load(), np.float32)
    except ValueError as error:
        raise ValueError(f"{where} cannot be used. {error}") from error
    side = min(image.shape)
    top, left = ((length - side) // 2 for length in image.shape)
    square = image[top : top + side, left : left + side]
    if not np.isfinite(square).all():
        raise ValueError(f"{where} has pixels without a value; give cut-outs that have data everywhere.")
    small = cv2.resize(square, (pixels, pixels), interpolation=cv2.INTER_AREA)
    valid = seen(small)
    noise = noise_level(small, valid)
    if not noise > 0:
        raise ValueError(
            f"{where} has no noise in its sky, by which cut-outs are scaled; give images whose sky was not cut off."
        )
    return (small - background_level(small, valid)) / noise
