"""Image files as they come: JPEG, PNG, TIFF and FITS, of any depth and colour, sound or not."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from deepgalaxy.failures import in_one_sentence
from deepgalaxy.observed.display import display_header
from deepgalaxy.observed.fits import COMPRESSED, fits_header
from deepgalaxy.observed.header import ImageHeader
from deepgalaxy.observed.tiff import tiff_header

Result = TypeVar("Result")


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
            return replace(header, load=partial(_explained, name, header.load))
    raise ValueError("It is not a JPEG, PNG, TIFF or FITS file.")


def _explained(name: str, function: Callable[[], Result]) -> Result:
    """Return what ``function`` returns; raise ValueError for all that goes wrong, since decoders raise anything."""
    try:
        return function()
    except Exception as error:
        raise ValueError(f"It cannot be read as {name}: {in_one_sentence(error.__cause__ or error)}") from error


FORMATS = (
    ("JPEG", b"\xff\xd8\xff", display_header),
    ("PNG", b"\x89PNG", display_header),
    ("TIFF", (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), tiff_header),
    ("FITS", (b"SIMPLE", *COMPRESSED), fits_header),
)
