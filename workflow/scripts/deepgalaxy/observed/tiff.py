"""TIFF files, each by the one decoder that is known to read its kind of pixels exactly, or not at all."""

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import tifffile
from tifffile import COMPRESSION, PHOTOMETRIC, PLANARCONFIG, PREDICTOR, TiffPage

from deepgalaxy.observed.display import load_display
from deepgalaxy.observed.header import UPRIGHT, ImageHeader, grey, size_when_turned, turned

ORIENTATION = 274
"""The tag that says how the camera was held."""
DEFLATE = (COMPRESSION.ADOBE_DEFLATE, COMPRESSION.DEFLATE)
BY_TIFFFILE = (COMPRESSION.NONE, *DEFLATE, COMPRESSION.LZMA, COMPRESSION.PACKBITS)
"""How pixels may be compressed for tifffile, which leaves all other ways to a further package."""
BY_OPENCV = (COMPRESSION.LZW, *DEFLATE)
"""How they may be compressed for OpenCV."""
BY_PILLOW = (*BY_TIFFFILE, COMPRESSION.LZW, COMPRESSION.JPEG, COMPRESSION.OJPEG, COMPRESSION.ZSTD)
"""How they may be compressed for Pillow, which knows 8 bits only."""
OPACITY = (1, 2)
"""Further samples of a pixel that are opacity, multiplied into the colours or not."""


def tiff_header(path: Path, _start: bytes) -> ImageHeader:
    """Return the header of the first image of a TIFF file; raises ValueError for pixels that nothing here reads."""
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        shallow = _checked_type(page).itemsize == 1
        orientation = page.tags.valueof(ORIENTATION, UPRIGHT)
        width, height = size_when_turned(page.imagewidth, page.imagelength, orientation)
        # Of red, green, blue and something else, such as infrared, the colours.
        most = 4 if _ends_in_opacity(page) else 3
        if _tifffile_reads(page):
            load = partial(_load_by_tifffile, path, orientation, most)
        elif _pillow_reads(page):
            load = partial(load_display, path)
        elif _opencv_reads(page):
            tag = page.tags.get(ORIENTATION)
            load = partial(_load_by_opencv, path, orientation, most, tag and tag.valueoffset)
        else:
            raise ValueError(
                f"{_description(page)}, which is not read here; save it uncompressed, with 8, 16 or 32 bits"
            )
        return ImageHeader(width, height, not shallow, load)


def _checked_type(page: TiffPage) -> np.dtype:
    """Return the type of a page's pixels; raise ValueError for what is no single image in grey or colours."""
    if page.dtype is None:
        raise ValueError("its pixels are of no type that numpy has")
    if page.imagedepth > 1:
        raise ValueError(f"it is a stack of {page.imagedepth} images; save one of them")
    if page.dtype.itemsize > 1 and (not _is_plain(page) or page.dtype.kind == "c"):
        raise ValueError("more than 8 bits per channel are read from grey and RGB images only")
    if page.samplesperpixel in (2, 4) and not _ends_in_opacity(page) and page.photometric == PHOTOMETRIC.MINISBLACK:
        raise ValueError(
            f"it has {page.samplesperpixel} channels, and does not say that the last one is opacity; save one of them"
        )
    return page.dtype


def _ends_in_opacity(page: TiffPage) -> bool:
    """Return whether the last sample of a pixel is opacity, and the others are light."""
    light = 3 if page.photometric == PHOTOMETRIC.RGB else 1
    return page.samplesperpixel == light + 1 and set(page.extrasamples) <= set(OPACITY)


def _is_plain(page: TiffPage) -> bool:
    """Return whether the numbers of a page are the light in grey or in colours, perhaps with opacity."""
    light = page.photometric in (PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.RGB)
    return light and page.axes in ("YX", "YXS", "SYX") and page.samplesperpixel <= 4


def _tifffile_reads(page: TiffPage) -> bool:
    return (
        _is_plain(page)
        and page.compression in BY_TIFFFILE
        and page.predictor in (PREDICTOR.NONE, PREDICTOR.HORIZONTAL)
        and page.bitspersample in (8, 16, 32, 64)
    )


def _pillow_reads(page: TiffPage) -> bool:
    """Pillow takes signed numbers for unsigned ones, and more than two channels for colours only."""
    several = page.photometric == PHOTOMETRIC.MINISBLACK and page.samplesperpixel > 2
    return page.compression in BY_PILLOW and page.dtype in (np.uint8, np.bool_) and not several


def _opencv_reads(page: TiffPage) -> bool:
    """OpenCV mixes up colours in separate planes, takes grey with opacity for 8 bits, and knows no float16."""
    return (
        _is_plain(page)
        and page.compression in BY_OPENCV
        and page.samplesperpixel != 2
        and (page.samplesperpixel == 1) == (page.photometric == PHOTOMETRIC.MINISBLACK)
        and (page.samplesperpixel == 1 or page.planarconfig == PLANARCONFIG.CONTIG)
        and page.bitspersample in (8, 16, 32, 64)
        and page.dtype != np.float16
    )


def _description(page: TiffPage) -> str:
    """Say how the pixels of a page are stored, as far as decoders differ in it."""
    pixels = f"its pixels are {page.bitspersample} bits"
    if page.samplesperpixel > 1:
        planes = "in separate planes" if page.planarconfig == PLANARCONFIG.SEPARATE else "side by side"
        pixels += f" for each of {page.samplesperpixel} channels {planes}"
    compression = getattr(page.compression, "name", page.compression)
    predictor = "" if page.predictor == PREDICTOR.NONE else f" with predictor {page.predictor}"
    return f"{pixels}, with compression {compression}{predictor}"


def _load_by_tifffile(path: Path, orientation: int, most: int) -> np.ndarray:
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        pixels = page.asarray()
        pixels = np.moveaxis(pixels, 0, -1) if page.axes == "SYX" else pixels
        return turned(grey(_first_channels(pixels, most)), orientation)


def _first_channels(pixels: np.ndarray, most: int) -> np.ndarray:
    """Return an image (height, width[, channels]) with no more than so many channels."""
    return pixels if pixels.ndim == 2 else pixels[:, :, :most]


def _load_by_opencv(path: Path, orientation: int, most: int, orientation_at: int | None) -> np.ndarray:
    content = bytearray(path.read_bytes())
    if orientation_at is not None:  # OpenCV would turn some, and refuse others
        content[orientation_at : orientation_at + 2] = b"\0\1" if content.startswith(b"MM") else b"\1\0"
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("the file is damaged or truncated")
    return turned(grey(_first_channels(pixels, most)), orientation)
