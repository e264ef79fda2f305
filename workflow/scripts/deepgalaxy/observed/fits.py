"""FITS files, as they are or compressed as a whole."""

import bz2
import gzip
import lzma
import re
import warnings
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from deepgalaxy.observed.header import ImageHeader, grey

COMPRESSED: dict[bytes, tuple[str, Callable[[Path], Any], Callable[[], Any]]] = {
    b"\x1f\x8b": ("gzip", gzip.open, partial(zlib.decompressobj, 16 + zlib.MAX_WBITS)),
    b"BZh": ("bzip2", bz2.open, bz2.BZ2Decompressor),
    b"\xfd7zXZ\0": ("xz", lzma.open, lzma.LZMADecompressor),
}
"""First bytes of compressed files, and for each the name, what opens a file, and what decompresses a stream of it."""
LARGEST_UNPACKED = 2**34
"""Bytes of a compressed file beyond which it is not worth to read on."""
LARGEST_HEADER = 2**22
CHUNK = 2**14
DIFFERENT = 0
"""What astropy says of a checksum that is not the one of the header; that there is none, it says otherwise."""


def fits_header(path: Path, start: bytes) -> ImageHeader:
    """Return the header of the first image of a FITS file: of two axes, or of a third one for three colours."""
    compressed = next((kind for magic, kind in COMPRESSED.items() if start.startswith(magic)), None)
    if compressed:
        _check_start(path, *compressed[:2])
    with fits.open(path) as file:
        shapes = []
        for number, part in enumerate(file):
            shape = tuple(length for length in part.shape if length > 1) if part.is_image else ()
            if len(shape) == 2 or (len(shape) == 3 and 3 in (shape[0], shape[-1])):
                height, width = shape[:-1] if len(shape) == 3 and shape[0] != 3 else shape[-2:]
                return ImageHeader(
                    width, height, True, partial(_load, path, number, compressed), partial(_world, path, number)
                )
            if shape:
                shapes.append(" × ".join(map(str, shape)))
    found = f": what it has is {', '.join(shapes)}" if shapes else ""
    raise ValueError(f"it has no image with two axes or three colours{found}")


def _check_start(path: Path, name: str, opened: Callable[[Path], Any]) -> None:
    """Raise ValueError for a compressed file that holds no FITS file, however large that is."""
    with opened(path) as file:
        start = file.read(LARGEST_HEADER)
    if not start.startswith(b"SIMPLE"):
        raise ValueError(f"it is compressed by {name}, and what is in it is no FITS file")
    if not re.search(rb"END {77}", start):
        raise ValueError("its header has no end")


def _check_whole(path: Path, name: str, decompressor: Callable[[], Any]) -> None:
    """Raise ValueError for a compressed file that is damaged anywhere, whether the image is there or not."""
    size = 0
    with open(path, "rb") as file:
        data = file.read(CHUNK)
        while data.strip(b"\0"):
            stream = decompressor()
            while not stream.eof:
                if not data:
                    raise ValueError(f"what {name} compressed has been cut short")
                try:
                    size += len(stream.decompress(data))
                except (zlib.error, OSError, EOFError, lzma.LZMAError) as error:
                    raise ValueError(f"what {name} compressed is damaged: {error}") from None
                if size > LARGEST_UNPACKED:
                    raise ValueError(f"it is more than {LARGEST_UNPACKED / 1e9:.0f} GB when it is decompressed")
                data = stream.unused_data if stream.eof else file.read(CHUNK)
            data = data or file.read(CHUNK)


def _load(path: Path, number: int, compressed: tuple | None) -> np.ndarray:
    if compressed:
        _check_whole(path, compressed[0], compressed[2])
    pixels = _pixels(path, number)
    colours_first = pixels.ndim == 3 and pixels.shape[0] == 3
    # FITS counts rows from below.
    return grey(np.moveaxis(pixels, 0, -1) if colours_first else pixels)[::-1]


def _world(path: Path, number: int) -> WCS | None:
    """Return the celestial coordinates of an image of a FITS file, or None if its header has none that can be used."""
    with fits.open(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that are put right
        try:
            world = WCS(file[number].header, file).celestial
        except Exception:  # the library raises anything
            return None
        return world if world.has_celestial else None


def _pixels(path: Path, number: int) -> np.ndarray:
    """Return the pixels of an image of a FITS file; raise ValueError if they are not there, or not those that its
    header was written for, where that says so."""
    try:
        # Of what is compressed part by part, the sum is that of the compressed parts.
        with fits.open(path, disable_image_compression=True) as file:
            if file[number].verify_datasum() == DIFFERENT:
                raise ValueError("its pixels are damaged: they are not those of its DATASUM")
        with fits.open(path) as file:
            return np.squeeze(file[number].data)
    except TypeError as error:
        if "buffer is too small" in str(error):
            raise ValueError("the file has been cut short") from None
        raise
