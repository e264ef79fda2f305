"""Reading images; where each lies in a chunk of its own, in less time than HDF5 takes."""

from collections.abc import Iterator, Sequence

import cv2
import h5py
import numpy as np
from zlib_ng import zlib_ng

from deepgalaxy.dataset.pieces import original

SHUFFLE, DEFLATE = h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_DEFLATE


def read_images(images: h5py.Dataset, numbers: Sequence[int] | np.ndarray) -> Iterator[np.ndarray]:
    """Yield the images of these numbers, increasing, each (height, width, channels), as HDF5 reads them.

    Chunks of one image that are packed by gzip, with or without the shuffle of bytes, are unpacked here, one at a time,
    so that an image is still in the processor's cache when it is used. As soon as something is otherwise, HDF5 reads
    all that is left at once. Raises OSError if it cannot.
    """
    done = 0
    with original(images) as (stored, offset):
        if stored.dtype == images.dtype and _packed_one_by_one(stored):
            for number in numbers:
                image = np.empty(images.shape[1:], images.dtype)
                if not _unpack(stored, offset + int(number), image):
                    break
                yield image
                done += 1
    if done < len(numbers):
        rest = images[numbers[done] : numbers[-1] + 1]
        yield from (rest[number - numbers[done]] for number in numbers[done:])


def _packed_one_by_one(stored: h5py.Dataset) -> bool:
    """Return whether each image is a chunk, packed as ``_unpack`` has it."""
    settings = stored.id.get_create_plist()
    filters = [settings.get_filter(number)[0] for number in range(settings.get_nfilters())]
    return stored.chunks == (1, *stored.shape[1:]) and filters in ([DEFLATE], [SHUFFLE, DEFLATE])


def _unpack(stored: h5py.Dataset, number: int, image: np.ndarray) -> bool:
    """Unpack one image, (height, width, channels), into ``image``; return whether it was there and in order."""
    try:
        left_out, packed = stored.id.read_direct_chunk((number, 0, 0, 0))
        values = np.frombuffer(zlib_ng.decompress(packed, bufsize=image.nbytes), np.uint8)
    except (OSError, RuntimeError, zlib_ng.error):  # type: ignore[misc] # which its types take for an instance
        return False
    if left_out or values.nbytes != image.nbytes:
        return False
    parts = image.view(np.uint8).reshape(len(image), -1, image.itemsize)
    if stored.shuffle:  # the first bytes of all values, then the second ones
        cv2.merge(list(values.reshape(image.itemsize, *parts.shape[:2])), dst=parts)
    else:
        parts[:] = values.reshape(parts.shape)
    return True
