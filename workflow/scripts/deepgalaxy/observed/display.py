"""JPEG and PNG files, and all else of 8 bits per channel: images that were made to be looked at."""

from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps

from deepgalaxy.observed.header import UPRIGHT, ImageHeader, grey, size_when_turned, turned

Image.MAX_IMAGE_PIXELS = None  # The size is known, and checked, before anything is decoded.


def display_header(path: Path, start: bytes) -> ImageHeader:
    """Return the header of the first image of a JPEG or PNG file."""
    with Image.open(path) as image:
        exif = Image.Exif()
        exif.load(image.info.get("exif", b""))  # image.getexif() would decode a PNG file to look for more behind it
        orientation = exif.get(ExifTags.Base.Orientation, UPRIGHT)
        width, height = size_when_turned(*image.size, orientation)
    if start.startswith(b"\x89PNG") and start[24] == 16:
        return ImageHeader(width, height, True, partial(_load_deep_png, path, orientation))
    return ImageHeader(width, height, False, partial(load_display, path))


def load_display(path: Path) -> np.ndarray:
    """Decode by Pillow, which makes colours of CMYK and of palettes, and turn as the camera was held."""
    with Image.open(path) as image:
        return grey(np.asarray(ImageOps.exif_transpose(image).convert("RGBA")))


def _load_deep_png(path: Path, orientation: int) -> np.ndarray:
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise ValueError("the file is damaged or truncated")
    return turned(grey(pixels), orientation)
