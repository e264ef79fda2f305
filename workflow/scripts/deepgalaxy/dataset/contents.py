"""What the images of a file hold, as far as a later reader needs it to find that it reads the same ones."""

import os
from collections.abc import Iterable
from pathlib import Path

import h5py
import numpy as np
from zlib_ng import zlib_ng

NEVER_WRITTEN = "was never written, or in part only"
CHECKSUMS = "crc32"
"""The column of the catalogue, and the attribute of selected images, that hold a checksum for each image."""


def image_checksums(images: Iterable[np.ndarray]) -> np.ndarray:
    """Return the CRC-32 of the bytes of each image, (n,) uint32."""
    return np.array([zlib_ng.crc32(np.ascontiguousarray(image).data) for image in images], np.uint32)


def checksums_to_text(checksums: Iterable[int]) -> str:
    """Return checksums as one field of a table, which no reader of tables takes for a number.

    >>> checksums_to_text([1, 255]), checksums_from_text("0x00000001 0x000000ff").tolist()
    ('0x00000001 0x000000ff', [1, 255])
    """
    return " ".join(f"0x{checksum:08x}" for checksum in checksums)


def checksums_from_text(text: str) -> np.ndarray:
    """Return the checksums that ``checksums_to_text`` returned as text, (n,) uint32."""
    return np.array([int(word, 16) for word in text.split()], np.uint32)


def wrong_sources(images: h5py.Dataset, within: frozenset = frozenset()) -> list[str]:
    """Return what is wrong with what virtual images are made of, each as the rest of a sentence about the images.

    HDF5 reads zeros in place of a source that is not there, and does not end where one refers to itself. Sources of
    sources are looked at, too; ``within`` are the files and names of the images that refer to these.
    """
    if not images.is_virtual:
        return []
    place = os.path.realpath(images.file.filename)
    within |= {(place, images.name)}
    used: dict[tuple[str, str], int] = {}
    for source in images.virtual_sources():
        key = source.file_name, source.dset_name
        used[key] = used.get(key, 0) + source.src_space.get_select_npoints()
    # A name with %b stands for several files or datasets, each of which has a part of the images.
    if any("%b" in name.replace("%%", "") for key in used for name in key):
        return []
    wrong = [
        what
        for (name, part), count in used.items()
        for what in _wrong_source(place, name.replace("%%", "%"), part.replace("%%", "%"), count, within)
    ]
    if sum(source.vspace.get_select_npoints() for source in images.virtual_sources()) < images.size:
        wrong.append("is virtual and refers to nothing for some of its pixels")
    return list(dict.fromkeys(wrong))


def _wrong_source(place: str, name: str, part: str, count: int, within: frozenset) -> list[str]:
    """Return what is wrong with the dataset ``part`` of the file ``name``, of which virtual images in the file at
    ``place`` take ``count`` values."""
    directory = Path(place).parent
    # Where HDF5 looks: beside the file, where it really lies, and from the working directory.
    places = [Path(place)] if name == "." else [directory / name, directory / Path(name).name, Path(name)]
    found = next(filter(Path.is_file, places), None)
    if found is None:
        return [f"refers to {name}, which is not there"]
    try:
        with h5py.File(found) as file:
            source = file.get(part)
            if not isinstance(source, h5py.Dataset):
                return [f"refers to {part} in {found.name}, which is no dataset there"]
            if (os.path.realpath(found), source.name) in within:
                return ["refers to itself"]
            if source.is_virtual:
                return wrong_sources(source, within)
            return [f"refers to {part} in {found.name}, which {NEVER_WRITTEN}"] if never_written(source, count) else []
    except (OSError, RuntimeError) as error:
        return [f"refers to {name}, which cannot be opened ({error})"]


def never_written(images: h5py.Dataset, count: int | None = None) -> bool:
    """Return whether a dataset that is not virtual was never written, or, if ``count`` values of it are used, and that
    is all, in part only: HDF5 reads its fill value there."""
    status = images.id.get_space_status()
    if count is None or count >= images.size:
        return status != h5py.h5d.SPACE_STATUS_ALLOCATED
    return status == h5py.h5d.SPACE_STATUS_NOT_ALLOCATED
