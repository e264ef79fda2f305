"""In which pieces the images of a camera are read: whole HDF5 chunks where they are packed, each of which is then read
and unpacked once."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np

UNPACKING = 3
"""Memory that HDF5 takes to unpack a chunk, over what the chunk holds: for gzip, which grows its buffer by doubling,
and for the shuffle of bytes."""


@dataclass(frozen=True)
class Pieces:
    """How images lie in a file: packed ``together``, so many neighbours, of which the first image is number ``offset``;
    ``image_bytes`` each, and ``chunk_bytes`` in a chunk, 0 if nothing is packed."""

    together: int
    offset: int
    image_bytes: int
    chunk_bytes: int

    @classmethod
    def of(cls, images: h5py.Dataset) -> "Pieces":
        """Return how a dataset of images, (n, height, width, channels), lies in its file, or in the one that it refers
        to (``original``)."""
        image_bytes = int(np.prod(images.shape[1:])) * images.dtype.itemsize
        with original(images) as (stored, first):
            if stored.chunks and stored.id.get_create_plist().get_nfilters():
                together = stored.chunks[0]
                chunk_bytes = int(np.prod(stored.chunks)) * stored.dtype.itemsize
                return cls(together, first % together, image_bytes, chunk_bytes)
        return cls(1, 0, image_bytes, 0)

    @property
    def least_bytes(self) -> int:
        """Memory that it takes to read the smallest piece."""
        return self.together * self.image_bytes + UNPACKING * self.chunk_bytes

    def longest(self, most_bytes: int) -> int:
        """Return how many images a piece may have to be read within ``most_bytes``, at least the smallest piece."""
        left = most_bytes - UNPACKING * self.chunk_bytes
        return self.together * max(1, left // (self.together * self.image_bytes))

    def number(self, snapshots: np.ndarray, longest: int) -> np.ndarray:
        """Return which piece of ``longest`` images each of some snapshots is in."""
        return (snapshots + self.offset) // longest

    def slices(self, count: int, most_bytes: int) -> list[slice]:
        """Return all ``count`` images as slices, each of a piece within ``most_bytes``, or the smallest."""
        longest = self.longest(most_bytes)
        edges = [*range(0, count + self.offset, longest), count + self.offset]
        places = [max(0, edge - self.offset) for edge in edges]
        return [slice(start, stop) for start, stop in pairwise(places)]


@contextmanager
def original(images: h5py.Dataset) -> Iterator[tuple[h5py.Dataset, int]]:
    """Yield the dataset in which images are stored, and the number that the first of them has there.

    It is their own, unless they are virtual and all that they refer to are so many neighbours in one other dataset.
    """
    first = 0
    with ExitStack() as files:
        while source := _single_source(images, files):
            images, more = source
            first += more
        yield images, first


def _single_source(images: h5py.Dataset, files: ExitStack) -> tuple[h5py.Dataset, int] | None:
    """Return the dataset in which virtual images are neighbours, of a file that ``files`` closes, and the number of the
    first there; None if they are not virtual, or no neighbours, or it is not there."""
    if not images.is_virtual or len(sources := images.virtual_sources()) != 1:
        return None
    source = sources[0]
    name = Path(os.path.realpath(images.file.filename)).parent / source.file_name.replace("%%", "%")
    try:
        stored = files.enter_context(h5py.File(name))[source.dset_name]
    except (OSError, KeyError):
        return None
    shape = stored.shape
    low, high = (0,) * len(shape), tuple(side - 1 for side in shape)
    if source.src_space.get_select_type() != h5py.h5s.SEL_ALL:  # which has no bounds
        low, high = source.src_space.get_select_bounds()
    box = tuple(last - first + 1 for first, last in zip(low, high))
    neighbours = box == images.shape and box[1:] == shape[1:]
    filled = source.vspace.get_select_npoints() == images.size
    return (stored, int(low[0])) if neighbours and filled else None
