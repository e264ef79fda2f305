"""A rank's share of the prepared images."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import tensorflow as tf


@dataclass(frozen=True)
class Share:
    """Images (n, pixels, pixels, 1) and labels (n,) int32 that one rank holds in memory."""

    images: np.ndarray
    labels: np.ndarray

    def batches(self, batch_size: int, seed: int | None = None) -> tf.data.Dataset:
        """Return pairs of images and labels, ``batch_size`` at a time (the last may be smaller), shuffled by a seed."""
        order = (
            np.arange(len(self.labels)) if seed is None else np.random.default_rng(seed).permutation(len(self.labels))
        )
        with tf.device("CPU"):
            images, labels = tf.constant(self.images), tf.constant(self.labels)
        return (
            tf.data.Dataset.from_tensor_slices(order)
            .batch(batch_size)
            .map(lambda index: (tf.gather(images, index), tf.gather(labels, index)))
            .prefetch(2)
        )


def slab(total: int, rank: int, size: int, equal: bool) -> slice:
    """Return the contiguous part of ``total`` images that belongs to a rank.

    With ``equal`` every rank has the same number, and fewer than ``size`` images at the end belong to none, so that all
    ranks take the same steps; otherwise the parts cover everything and differ by one at most.
    """
    if equal:
        share = total // size
        return slice(rank * share, (rank + 1) * share)
    return slice(rank * total // size, (rank + 1) * total // size)


def read_share(path: str | Path, rank: int, size: int, equal: bool) -> Share:
    """Read a rank's part of a prepared file, and no more than that.

    Raises ValueError if there are fewer images than ranks.
    """
    with h5py.File(path) as file:
        total = len(file["label"])
        if total < size:
            raise ValueError(f"{path} holds {total} images, too few for {size} workers.")
        part = slab(total, rank, size, equal)
        return Share(file["images"][part], file["label"][part])
