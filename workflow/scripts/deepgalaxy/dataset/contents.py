"""What the images of a file hold, as far as a later reader needs it to find that it reads the same ones."""

import os
import zlib
from collections.abc import Iterable
from pathlib import Path

import h5py
import numpy as np

CHECKSUMS = "crc32"
"""The column of the catalogue, and the attribute of selected images, that hold a checksum for each image."""


def image_checksums(images: Iterable[np.ndarray]) -> np.ndarray:
    """Return the CRC-32 of the bytes of each image, (n,) uint32."""
    return np.array([zlib.crc32(np.ascontiguousarray(image).data) for image in images], np.uint32)


def checksums_to_text(checksums: Iterable[int]) -> str:
    """Return checksums as one field of a table, which no reader of tables takes for a number.

    >>> checksums_to_text([1, 255]), checksums_from_text("0x00000001 0x000000ff").tolist()
    ('0x00000001 0x000000ff', [1, 255])
    """
    return " ".join(f"0x{checksum:08x}" for checksum in checksums)


def checksums_from_text(text: str) -> np.ndarray:
    """Return the checksums that ``checksums_to_text`` returned as text, (n,) uint32."""
    return np.array([int(word, 16) for word in text.split()], np.uint32)


def missing_sources(images: h5py.Dataset) -> list[str]:
    """Return the files that virtual images refer to and that are not there: HDF5 reads zeros in their place.

    They are looked for where HDF5 does so: beside the file, where it really lies, and from the working directory.
    """
    if not images.is_virtual:
        return []
    directory = Path(os.path.realpath(images.file.filename)).parent
    names = dict.fromkeys(source.file_name for source in images.virtual_sources())
    return [
        name
        for name in names
        # A name with %b stands for several files, each of which has a part of the images.
        if name != "." and "%b" not in name
        if not any(place.is_file() for place in (directory / name, directory / Path(name).name, Path(name)))
    ]
