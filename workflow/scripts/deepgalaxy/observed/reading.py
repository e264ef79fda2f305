"""Image files as they come: JPEG, PNG, TIFF and FITS, of any depth and colour, sound or not."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import cv2
import imageio.v3 as iio
import numpy as np
import tifffile
from astropy.io import fits

from deepgalaxy.failures import in_one_sentence

Result = TypeVar("Result")


@dataclass(frozen=True)
class ImageHeader:
    """What is known of an image before its pixels are decoded.

    ``linear`` says whether values are proportional to the light. ``load`` returns float32 of shape (height, width),
    grey and with row 0 at the top; what has no value, or is transparent, is NaN.
    """

    width: int
    height: int
    linear: bool
    load: Callable[[], np.ndarray]


def read_header(path: str | Path) -> ImageHeader:
    """Return the header of an image file, whose format is told from its first bytes.

    FITS is linear, as is everything else of more than 8 bits per channel; an image of 8 bits was made to be looked at.
    Raises ValueError for whatever is not an image file that can be read.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError("It is neither a file nor a link to one.")
    try:
        with open(path, "rb") as file:
            start = file.read(26)
    except OSError as error:
        raise ValueError(f"It cannot be read: {error.strerror}.") from error
    if not start:
        raise ValueError("The file is empty.")
    for name, beginnings, reader in FORMATS:
        if start.startswith(beginnings):
            header = _explained(name, partial(reader, path, start))
            return ImageHeader(header.width, header.height, header.linear, partial(_explained, name, header.load))
    raise ValueError("It is not a JPEG, PNG, TIFF or FITS file.")


def _explained(name: str, function: Callable[[], Result]) -> Result:
    """Return what ``function`` returns; raise ValueError for all that goes wrong, since decoders raise anything."""
    try:
        return function()
    except Exception as error:
        raise ValueError(f"It cannot be read as {name}: {in_one_sentence(error.__cause__ or error)}") from error


def _display_header(path: Path, start: bytes) -> ImageHeader:
    """Read the header of a JPEG or PNG file."""
    height, width = iio.improps(path, plugin="pillow").shape[:2]
    if start.startswith(b"\x89PNG") and start[24] == 16:
        return ImageHeader(width, height, True, partial(_load_by_opencv, path))
    return ImageHeader(width, height, False, partial(_load_8_bit, path))


def _tiff_header(path: Path, _start: bytes) -> ImageHeader:
    """Read the header of the first image of a TIFF file."""
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        width, height = page.imagewidth, page.imagelength
        if page.dtype is None:
            raise ValueError("its pixels are of no type that numpy has")
        if page.dtype.itemsize == 1:
            return ImageHeader(width, height, False, partial(_load_8_bit, path))
        light = page.photometric in (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB)
        plane = page.axes in ("YX", "YXS", "SYX") and page.samplesperpixel <= 4
        if not (light and plane) or page.dtype.kind == "c":
            raise ValueError("more than 8 bits per channel are read from grey and RGB images only")
        # Of the usual ways to compress, tifffile leaves this one to a further package.
        load = _load_by_opencv if page.compression == tifffile.COMPRESSION.LZW else _load_tiff
        return ImageHeader(width, height, True, partial(load, path))


def _fits_header(path: Path, _start: bytes) -> ImageHeader:
    """Read the header of the first image of a FITS file: of two axes, or of a third for three colours."""
    with fits.open(path) as file:
        for number, part in enumerate(file):
            axes = [length for length in part.shape if length > 1] if part.is_image else []
            if len(axes) == 2 or (len(axes) == 3 and axes[0] == 3):
                return ImageHeader(axes[-1], axes[-2], True, partial(_load_fits, path, number))
    raise ValueError("it has no image with two axes or three colours")


def _load_8_bit(path: Path) -> np.ndarray:
    """Decode by Pillow, which makes colours of CMYK and of palettes, and turn as the camera was held."""
    return _grey(iio.imread(path, plugin="pillow", index=0, mode="RGBA", rotate=True))


def _load_by_opencv(path: Path) -> np.ndarray:
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("the file is damaged or truncated")
    return _grey(pixels)


def _load_tiff(path: Path) -> np.ndarray:
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        pixels = page.asarray()
        return _grey(np.moveaxis(pixels, 0, -1) if page.axes == "SYX" else pixels)


def _load_fits(path: Path, number: int) -> np.ndarray:
    with fits.open(path) as file:
        pixels = np.squeeze(file[number].data)
        # FITS counts rows from below.
        return _grey(np.moveaxis(pixels, 0, -1) if pixels.ndim == 3 else pixels)[::-1]


def _grey(pixels: np.ndarray) -> np.ndarray:
    """Average colours (height, width[, channels]) as the channels of simulated images are; a last one of an even number
    is opacity."""
    if pixels.ndim == 2:
        return pixels.astype(np.float32)
    colours = pixels.shape[2] - (pixels.shape[2] % 2 == 0)
    grey = pixels[:, :, :colours].mean(axis=2, dtype=np.float32)
    if colours < pixels.shape[2]:
        grey[pixels[:, :, -1] == 0] = np.nan
    return grey


FORMATS = (
    ("JPEG", b"\xff\xd8\xff", _display_header),
    ("PNG", b"\x89PNG", _display_header),
    ("TIFF", (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _tiff_header),
    ("FITS", (b"SIMPLE", b"\x1f\x8b"), _fits_header),  # as it is, or in gzip
)
