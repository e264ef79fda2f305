"""In which pieces the images of a camera are read: whole HDF5 chunks where they are packed, each of which is then read
and unpacked once."""

import os
from contextlib import suppress
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
        to; as if it were not packed where it refers to several, or to what is not there."""
        image_bytes = int(np.prod(images.shape[1:])) * images.dtype.itemsize
        if images.is_virtual and len(sources := images.virtual_sources()) == 1:
            name = Path(os.path.realpath(images.file.filename)).parent / sources[0].file_name.replace("%%", "%")
            with suppress(OSError, KeyError), h5py.File(name) as file:
                original = cls.of(file[sources[0].dset_name])
                chosen = sources[0].src_space
                whole = chosen.get_select_type() == h5py.h5s.SEL_ALL  # which has no bounds
                first = 0 if whole else chosen.get_select_bounds()[0][0]
                offset = (original.offset + first) % original.together
                return cls(original.together, offset, image_bytes, original.chunk_bytes)
        if images.chunks and images.id.get_create_plist().get_nfilters():
            chunk_bytes = int(np.prod(images.chunks)) * images.dtype.itemsize
            return cls(images.chunks[0], 0, image_bytes, chunk_bytes)
        return cls(1, 0, image_bytes, 0)

    @property
    def least_bytes(self) -> int:
        """Memory that it takes to read the smallest piece."""
        return self.together * self.image_bytes + UNPACKING * self.chunk_bytes

    def longest(self, most_bytes: int, beside: int = 0) -> int:
        """Return how many images a piece may have to be read within ``most_bytes``, at least the smallest piece; each
        may take ``beside`` more bytes."""
        left = most_bytes - UNPACKING * self.chunk_bytes
        return self.together * max(1, left // (self.together * (self.image_bytes + beside)))

    def number(self, snapshots: np.ndarray, longest: int) -> np.ndarray:
        """Return which piece of ``longest`` images each of some snapshots is in."""
        return (snapshots + self.offset) // longest

    def slices(self, count: int, most_bytes: int) -> list[slice]:
        """Return all ``count`` images as slices, each of a piece within ``most_bytes``, or the smallest."""
        longest = self.longest(most_bytes)
        edges = [*range(0, count + self.offset, longest), count + self.offset]
        places = [max(0, edge - self.offset) for edge in edges]
        return [slice(start, stop) for start, stop in pairwise(places)]
