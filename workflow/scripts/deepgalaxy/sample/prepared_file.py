"""What the images of a prepared file mean, and how they are read."""

from collections.abc import Iterator

import h5py
import numpy as np


def as_brightness(images: np.ndarray, dtype: type = np.float32) -> np.ndarray:
    """Return images as they are stored, uint8 in 0..255 or float16 in [0, 1], as brightness in [0, 1], of any shape."""
    return images.astype(dtype) / (255 if images.dtype == np.uint8 else 1)


def batches_of(images: h5py.Dataset, count: int, size: int) -> Iterator[np.ndarray]:
    """Yield the first ``count`` of the images of a prepared file, (n, pixels, pixels, 1), ``size`` at a time."""
    for start in range(0, count, size):
        yield images[start : min(start + size, count)]
